// SPDX-License-Identifier: Apache-2.0
// Paid by the telephone bill instead of a purse: the till's request goes to the phone as a slip,
// the telephone company puts it on its owner's bill, and what it signed about that comes back with
// the phone, which has the network that this machine has not. docs/flows.md tells it step by step.
#include "host/vend/vend_private.h"

#include "apdu/command/exchange.h"
#include "apdu/command/slip.h"
#include "apdu/octets/tlv.h"
#include "base/calendar.h"
#include "base/files.h"

#include <stdio.h>
#include <string.h>

enum { MS_IN_S = 1000, DIGEST = 16 };

// ---- the phone's own application ---------------------------------------------------------------

/// One command to the phone; its status word, 0: it is gone.
static uint16_t say(struct vend *vend, const struct apdu_command *command, uint8_t *buffer,
                    size_t capacity, struct bytes *answer) {
    struct purse_client *customer = &vend->machine.customer;
    struct apdu_response response = {0};
    enum link_status status =
        exchange(customer->link, command, buffer, capacity, &response, &customer->count);
    *answer = response.data;
    return status == LINK_OK ? response.sw : 0;
}

static uint16_t select_slip(struct vend *vend) {
    static const uint8_t aid[] = AID_SLIP;
    uint8_t buffer[SLIP_PIECE + 2];
    struct bytes answer;
    const struct apdu_command command = {.ins = 0xA4, .p1 = 0x04, .data = BYTES_OF(aid)};
    return say(vend, &command, buffer, sizeof buffer, &answer);
}

bool vend_bill_offered(struct vend *vend) {
    return vend->options.bill != VEND_BY_PURSE && select_slip(vend) == SW_OK;
}

/// The flow stops here: the phone said no, or is gone.
static bool stop(struct flow *flow, uint16_t sw) {
    flow->by = "payer";
    flow->step = "SLIP";
    flow->sw = sw;
    flow->status = sw == 0 ? FLOW_OPEN : FLOW_REFUSED;
    return false;
}

// ---- the request -------------------------------------------------------------------------------

struct search {
    const struct vend *vend;
    struct sale_record *found;
};

/// Did this phone ask for the same before, and was not answered yet?
static bool compare(void *context, const struct sale_record *record) {
    struct search *search = context;
    const struct sale_record *own = &search->vend->record;
    bool same = record->by_bill && record->state == SALE_REQUESTED &&
                strcmp(record->payer, search->vend->machine.customer.selection.id) == 0 &&
                strcmp(record->item, own->item) == 0 && record->amount == own->amount &&
                record->unit == own->unit;
    if (same)
        *search->found = *record;
    return !same;
}

/// The order at hand gives way to an earlier one of the same phone for the same article.
static bool take_up(struct vend *vend) {
    struct machine *machine = &vend->machine;
    struct sale_record found = {0};
    struct search search = {vend, &found};
    struct failure failure;
    if (vend->record.state != SALE_BEGUN)
        return true;
    if (!sale_store_each(machine->store, false, compare, &search) ||
        (found.state != 0 && !sale_give_up(&machine->sales, &vend->record, NULL, &failure))) {
        machine->flow.status = FLOW_FAILED;
        return false;
    }
    if (found.state != 0)
        vend->record = found;
    machine->flow.record = vend->record;
    return true;
}

/// A number of the till, whose request nobody can pay by a purse any more: it is void at once.
static bool ask(struct vend *vend) {
    struct flow *flow = &vend->machine.flow;
    struct purse_object voided;
    if (flow->record.by_bill)
        return purse_object_set(&flow->request, OBJECT_PAYMENT_REQUEST,
                                bytes_of(flow->record.log, flow->record.log_size));
    if (!flow_greet(flow) || !flow_request(flow) ||
        !flow_went(flow, flow->payee, client_void(flow->payee, flow->n, &voided)))
        return false;
    flow->record.by_bill = true;
    return true;
}

/// The request is what the record keeps where a payment by purse has its usage log.
static bool note(struct vend *vend, enum sale_state state) {
    struct flow *flow = &vend->machine.flow;
    flow->log = flow->request;
    flow->has_log = true;
    flow->n = (uint32_t)object_uint(&flow->request.object, FIELD_N);
    return flow_record(flow, state);
}

static bool is_payer(const struct vend *vend) {
    const struct flow *flow = &vend->machine.flow;
    return flow->record.payer[0] == '\0' ||
           strcmp(flow->record.payer, flow->payer->selection.id) == 0;
}

// ---- the slip ----------------------------------------------------------------------------------

static bool hand_over(struct vend *vend) {
    struct flow *flow = &vend->machine.flow;
    uint8_t slip[SLIP_MAX], buffer[SLIP_PIECE + 2];
    struct tlv_writer writer = tlv_writer_over(slip, sizeof slip);
    struct bytes till, answer;
    if (!flow_went(flow, flow->payee, client_read_certificate(flow->payee, &till)))
        return false;
    tlv_put(&writer, SLIP_REQUEST, bytes_of(flow->request.octets, flow->request.size));
    tlv_put(&writer, SLIP_TILL, till);
    tlv_put(&writer, SLIP_TEXT, bytes_of_string(flow->record.text));
    const struct apdu_command command = {
        .cla = SLIP_CLA, .ins = SLIP_PUT, .data = tlv_writer_bytes(&writer)};
    uint16_t sw = tlv_writer_ok(&writer) ? select_slip(vend) : SW_NO_SPACE;
    sw = sw == SW_OK ? say(vend, &command, buffer, sizeof buffer, &answer) : sw;
    return sw == SW_OK || stop(flow, sw);
}

/// What the telephone company said so far, piece by piece. False: nothing yet, or the phone is
/// gone.
static bool fetch(struct vend *vend, uint8_t out[SLIP_ANSWER_MAX], size_t *size) {
    uint8_t buffer[SLIP_PIECE + 2];
    struct bytes piece = {buffer, SLIP_PIECE};
    for (*size = 0; piece.size == SLIP_PIECE; *size += piece.size) {
        const struct apdu_command command = {.cla = SLIP_CLA,
                                             .ins = SLIP_GET,
                                             .p1 = (uint8_t)(*size >> 8),
                                             .p2 = (uint8_t)*size,
                                             .le = APDU_SHORT_LE_MAX};
        uint16_t sw = say(vend, &command, buffer, sizeof buffer, &piece);
        if (sw != SW_OK || piece.size > SLIP_ANSWER_MAX - *size)
            return stop(&vend->machine.flow, sw == SW_CONDITIONS ? 0 : sw);
        memcpy(out + *size, piece.data, piece.size);
    }
    return true;
}

// ---- the answer --------------------------------------------------------------------------------

/// Signed by a telephone company below our root, about this request.
static bool is_genuine(struct vend *vend, const struct purse_object *answer, struct bytes authority,
                       struct bytes signer) {
    const struct machine_options *options = &vend->machine.options;
    const struct bytes chain[] = {bytes_of(vend->root, vend->root_size), authority, signer};
    struct certificate root, telco;
    uint8_t digest[SHA256_SIZE];
    uint32_t today = date_of_time((int64_t)(clock_now_ms(options->clock) / MS_IN_S));
    return certificate_parse(chain[0], &root) == CERTIFICATE_OK &&
           certificate_verify_chain(chain, 3, root.signing_point, today, options->crypto, &telco) ==
               CERTIFICATE_OK &&
           (telco.roles & ROLE_TELCO) != 0 &&
           bytes_equal(answer->object.fields[FIELD_ACTIVATOR], telco.holder) &&
           object_verify(&answer->object, options->crypto, telco.signing_point) &&
           object_digest(&vend->machine.flow.request.object, options->crypto, digest) &&
           bytes_equal(answer->object.fields[FIELD_TICKET], bytes_of(digest, DIGEST));
}

/// It is paid, or will never be. False where the flow stops.
static bool decide(struct vend *vend, struct bytes said) {
    struct flow *flow = &vend->machine.flow;
    struct tlv answer, authority, signer;
    if (!tlv_find(said, SLIP_ANSWER, &answer) || !tlv_find(said, SLIP_AUTHORITY, &authority) ||
        !tlv_find(said, SLIP_SIGNER, &signer) ||
        !purse_object_set(&flow->receipt, OBJECT_SETTLEMENT_ANSWER, answer.value) ||
        !is_genuine(vend, &flow->receipt, authority.value, signer.value))
        return stop(flow, SW_BAD_SIGNATURE);
    flow->has_receipt = true;
    bool accepted = flow->receipt.object.fields[FIELD_RESULT].data[0] == 1;
    if (!note(vend, accepted ? SALE_PAID : SALE_VOID))
        return false;
    return accepted || stop(flow, SW_NOT_ALLOWED);
}

// ---- a tap -------------------------------------------------------------------------------------

/// Goods first, where whoever runs the machine wants it so: what the phone has kept is enough.
static bool trust(struct vend *vend) {
    struct flow *flow = &vend->machine.flow;
    flow->receipt = flow->request;
    flow->has_receipt = true;
    return note(vend, SALE_PAID);
}

static bool run(struct vend *vend, bool *waits) {
    struct flow *flow = &vend->machine.flow;
    uint8_t said[SLIP_ANSWER_MAX];
    size_t size = 0;
    if (!flow_begin_sale(flow) || !flow_select(flow) || !take_up(vend))
        return false;
    if (!is_payer(vend))
        return stop(flow, 0);
    bool known = flow->record.by_bill;
    if (!ask(vend) || (!known && !note(vend, SALE_REQUESTED)) || !hand_over(vend))
        return false;
    if (vend->options.bill == VEND_BILL_GOODS_FIRST)
        return trust(vend);
    *waits = true;
    return fetch(vend, said, &size) && decide(vend, bytes_of(said, size));
}

const char *vend_bill_tap(struct vend *vend) {
    struct flow *flow = &vend->machine.flow;
    struct failure failure;
    bool waits = false;
    bool done = run(vend, &waits);
    if (done || flow->status == FLOW_DONE)
        return "paid";
    if (flow->status == FLOW_REFUSED && flow->sw == SW_SECURITY_STATUS) // its owner said no
        (void)sale_end_unpaid(&vend->machine.sales, &flow->record, &failure);
    if (flow->status == FLOW_REFUSED && waits)
        return "bill-refused";
    if (flow->status == FLOW_OPEN && waits)
        return "bill-waits";
    return is_payer(vend) ? words_of_flow(flow) : "same-card";
}

// ---- opening -----------------------------------------------------------------------------------

bool vend_bill_open(struct vend *vend, struct failure *failure) {
    if (vend->options.bill == VEND_BY_PURSE)
        return true;
    if (vend->options.root == NULL)
        return fail(failure, EXIT_USAGE, "--bill needs --root, the certificate to trust");
    return files_read(vend->options.root, vend->root, sizeof vend->root, &vend->root_size) ||
           fail_errno(failure, "cannot read the root certificate %s", vend->options.root);
}

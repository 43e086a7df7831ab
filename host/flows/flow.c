// SPDX-License-Identifier: Apache-2.0
#include "host/flows/flow.h"
#include "base/must.h"
#include "services/wire/revocations.h"

#include <string.h>

void flow_over(struct flow *flow, struct purse_client *payer, struct purse_client *payee,
               struct purse_client *customer) {
    memset(flow, 0, sizeof *flow);
    flow->payer = payer;
    flow->payee = payee;
    flow->customer = customer;
    flow->by = flow->step = "";
}

const char *flow_status_word(enum flow_status status) {
    static const char *const words[] = {"done", "refused", "absent", "open", "locked", "failed"};
    return words[status];
}

static bool stop(struct flow *flow, enum flow_status status) {
    flow->status = status;
    return false;
}

bool flow_went(struct flow *flow, const struct purse_client *client, enum purse_outcome outcome) {
    static const enum flow_status statuses[] = {
        [PURSE_OK] = FLOW_DONE,     [PURSE_REFUSED] = FLOW_REFUSED, [PURSE_ABSENT] = FLOW_ABSENT,
        [PURSE_BROKEN] = FLOW_OPEN, [PURSE_LOCKED] = FLOW_LOCKED,   [PURSE_GARBLED] = FLOW_FAILED,
    };
    must_cover(statuses, PURSE_OUTCOME_COUNT);
    if (outcome == PURSE_OK)
        return true;
    flow->sw = client->sw;
    flow->by = client == flow->payer ? "payer" : "payee";
    flow->step = client->step;
    return stop(flow, statuses[outcome]);
}

/// As went, where value is already on its way: nothing but the next meeting can tell the end.
static bool went_under_way(struct flow *flow, const struct purse_client *client,
                           enum purse_outcome outcome) {
    if (flow_went(flow, client, outcome))
        return true;
    return stop(flow, FLOW_OPEN);
}

// ---- the sale's record -------------------------------------------------------------------------

static void fill_record(struct flow *flow) {
    struct sale_record *record = &flow->record;
    must(flow->terms.reference_size <= sizeof record->reference, "terms hold a whole reference");
    record->amount = flow->terms.amount;
    record->unit = flow->terms.unit;
    record->reference_size = flow->terms.reference_size;
    memcpy(record->reference, flow->terms.reference, flow->terms.reference_size);
}

/// The stored outcome of a sale that is paid.
static bool end_with_record(struct flow *flow) {
    const struct sale_record *record = &flow->record;
    flow->settled = flow->ratified = true;
    flow->n = record->n;
    flow->cash = CASH_STACK;
    flow->has_log =
        record->log_size > 0 &&
        purse_object_set(&flow->log, OBJECT_USAGE_LOG, bytes_of(record->log, record->log_size));
    flow->has_receipt = record->receipt_size > 0 &&
                        purse_object_set(&flow->receipt, OBJECT_RECEIVE_LOG,
                                         bytes_of(record->receipt, record->receipt_size));
    return stop(flow, FLOW_DONE);
}

bool flow_begin_sale(struct flow *flow) {
    if (flow->journal == NULL)
        return true;
    struct bytes reference = bytes_of(flow->terms.reference, flow->terms.reference_size);
    enum journal_answer answer = flow->journal->find(flow->journal, reference, &flow->record);
    if (answer == JOURNAL_FAILED)
        return stop(flow, FLOW_FAILED);
    if (answer == JOURNAL_NONE) {
        memset(&flow->record, 0, sizeof flow->record);
        fill_record(flow);
        return flow_record(flow, SALE_BEGUN);
    }
    if (flow->record.amount != flow->terms.amount || flow->record.unit != flow->terms.unit) {
        flow->sw = SW_MISMATCH;
        flow->by = "journal";
        return stop(flow, FLOW_REFUSED);
    }
    return sale_record_paid(&flow->record) ? end_with_record(flow) : true;
}

bool flow_record(struct flow *flow, enum sale_state state) {
    struct sale_record *record = &flow->record;
    if (flow->journal == NULL || (flow->settled && state == SALE_REQUESTED))
        return true;
    must(state != SALE_PAID || flow->has_receipt, "a sale is paid by a receipt at hand");
    record->state = state;
    memcpy(record->payer, flow->payer->selection.id, sizeof record->payer);
    memcpy(record->payee, flow->payee->selection.id, sizeof record->payee);
    record->n = flow->n;
    record->log_size = flow->has_log ? flow->log.size : 0;
    must(record->log_size <= sizeof record->log, "a record has room for a usage log");
    memcpy(record->log, flow->log.octets, record->log_size);
    record->receipt_size = flow->has_receipt ? flow->receipt.size : 0;
    must(record->receipt_size <= sizeof record->receipt, "a record has room for a receipt");
    memcpy(record->receipt, flow->receipt.octets, record->receipt_size);
    return flow->journal->save(flow->journal, record) || stop(flow, FLOW_FAILED);
}

// ---- meeting -----------------------------------------------------------------------------------

static struct purse_client *terminal_of(const struct flow *flow) {
    return flow->customer == flow->payer ? flow->payee : flow->payer;
}

bool flow_select(struct flow *flow) {
    struct purse_client *own = terminal_of(flow);
    if (flow->selected) {
        flow->selected = false; // a second run selects anew
        return true;
    }
    return flow_went(flow, own, client_select(own)) &&
           flow_went(flow, flow->customer, client_select(flow->customer));
}

// ---- the terminal's hotlist --------------------------------------------------------------------

static bool refuse_by_list(struct flow *flow, uint16_t sw) {
    flow->sw = sw;
    flow->by = "hotlist";
    flow->step = "look-up";
    return stop(flow, FLOW_REFUSED);
}

/// Below one root stand several centers, and each could list the others' holders, or put a list
/// that spares its own in the place of another's: the one that the terminal's purse obeys counts.
static bool admit_list(struct flow *flow) {
    struct purse_client *own = terminal_of(flow);
    char center[HOLDER_MAX + 1];
    if (!flow_went(flow, own, client_read_center(own, center)))
        return false;
    return revocations_are_of(flow->revoked, bytes_of_string(center)) ||
           refuse_by_list(flow, SW_WRONG_CENTER);
}

/// A customer whom the terminal's purse knows: by the digest that it claims, and by its name, which
/// is the one that the purse will go by.
static bool admit_known(struct flow *flow) {
    struct purse_client *own = terminal_of(flow);
    const struct purse_selection *customer = &flow->customer->selection;
    struct certificate mine;
    struct bytes answer;
    struct bytes id = bytes_of_string(customer->id);
    if (flow->revoked == NULL)
        return true;
    if (!admit_list(flow) || !flow_went(flow, own, client_read_certificate(own, &answer)))
        return false;
    bool listed = revocations_have(flow->revoked, customer->digest) ||
                  certificate_parse(answer, &mine) != CERTIFICATE_OK ||
                  revocations_have_holder(flow->revoked, mine.issuer, id);
    // a name of another authority is marked by that authority's, which only its certificate tells
    flow->foreign = !listed && !bytes_equal(holder_space(id), holder_space(mine.holder));
    return listed ? refuse_by_list(flow, SW_HOTLISTED) : true;
}

/// Whoever shows a certificate is judged by it, so it must be of the name that the purse goes by.
static bool admit_stranger(struct flow *flow, struct bytes certificate) {
    struct certificate theirs;
    if (flow->revoked == NULL)
        return true;
    bool listed = revocations_have_certificate(flow->revoked, certificate) ||
                  certificate_parse(certificate, &theirs) != CERTIFICATE_OK ||
                  !bytes_equal(theirs.holder, bytes_of_string(flow->customer->selection.id));
    return listed ? refuse_by_list(flow, SW_HOTLISTED) : true;
}

bool flow_meet(struct flow *flow) {
    uint8_t mine[CERTIFICATE_MAX], theirs[CERTIFICATE_MAX];
    struct purse_client *own = terminal_of(flow);
    struct bytes answer;
    if (flow->met)
        return stop(flow, FLOW_REFUSED);
    flow->met = true;
    if (!flow_went(flow, own, client_read_certificate(own, &answer)))
        return false;
    if (answer.size > sizeof mine)
        return stop(flow, FLOW_FAILED);
    memcpy(mine, answer.data, answer.size);
    if (!flow_went(flow, flow->customer,
                   client_exchange(flow->customer, bytes_of(mine, answer.size), &answer)))
        return false;
    if (answer.size > sizeof theirs)
        return stop(flow, FLOW_FAILED);
    memcpy(theirs, answer.data, answer.size);
    struct bytes certificate = bytes_of(theirs, answer.size);
    return admit_stranger(flow, certificate) &&
           flow_went(flow, own, client_exchange(own, certificate, &answer));
}

bool flow_greet(struct flow *flow) {
    struct purse_client *own = terminal_of(flow);
    bool known = false;
    if (flow->settled)
        return true;
    if (!admit_known(flow))
        return false;
    if (flow->foreign && !flow->met)
        return flow_meet(flow);
    enum purse_outcome outcome = client_read_known(own, flow->customer->selection.digest, &known);
    if (outcome == PURSE_REFUSED || known)
        return true;
    return flow_went(flow, own, outcome) && flow_meet(flow);
}

/// Was this refused only because the two have not met?
static bool are_strangers(const struct flow *flow, enum purse_outcome outcome,
                          const struct purse_client *client) {
    return outcome == PURSE_REFUSED && client->sw == SW_UNKNOWN_CERTIFICATE && !flow->met;
}

// ---- what an earlier tap left ------------------------------------------------------------------

/// Takes a receipt to the payer: the entry ends ratified or voided.
static bool give_receipt(struct flow *flow) {
    bool voided = flow->receipt.object.type == OBJECT_VOID;
    enum purse_outcome outcome = voided ? client_take_void(flow->payer, &flow->receipt)
                                        : client_ratify(flow->payer, &flow->receipt);
    if (!went_under_way(flow, flow->payer, outcome))
        return false;
    flow->ratified = true;
    return true;
}

static bool same_terms(const struct purse_terms *one, const struct purse_terms *other) {
    return one->amount == other->amount && one->unit == other->unit &&
           bytes_equal(bytes_of(one->reference, one->reference_size),
                       bytes_of(other->reference, other->reference_size));
}

/// Is the entry that was just finished the payment of the sale in hand? Without its log a till
/// tells what the number was for.
static bool is_this_sale(struct flow *flow) {
    struct purse_sale sale;
    if (flow->terms.amount == 0)
        return false;
    if (flow->has_log)
        return purse_terms_match(&flow->terms, &flow->log.object);
    return client_read_sale(flow->payee, flow->n, &sale) == PURSE_OK &&
           same_terms(&flow->terms, &sale.request.terms);
}

/// Looks for n among the payee's open numbers.
static bool find_open(struct flow *flow, uint32_t n, struct purse_open *found, bool *open) {
    struct purse_open list[32];
    size_t count = 0;
    *open = false;
    if (!flow_went(flow, flow->payee,
                   client_read_open(flow->payee, flow->payer->selection.id, list,
                                    sizeof list / sizeof list[0], &count)))
        return false;
    for (size_t i = 0; i < count && !*open; i++)
        if (list[i].n == n) {
            *open = true;
            *found = list[i];
        }
    return true;
}

/// The terms of an open number: those of the sale in hand know more of it than the payee tells.
static const struct purse_terms *terms_of(const struct flow *flow, const struct purse_open *open) {
    return same_terms(&flow->terms, &open->terms) ? &flow->terms : &open->terms;
}

/// A wallet that keeps its totals to itself gives the log to its payee alone, who asks for the same
/// payment anew. has_log stays false where the payee cannot: the number is closed, or it may not
/// sign any more.
static bool ask_as_payee(struct flow *flow, uint32_t n) {
    struct purse_object request;
    struct purse_open found;
    bool open = false;
    if (!find_open(flow, n, &found, &open))
        return false;
    if (!open || client_request(flow->payee, &flow->payer->selection, terms_of(flow, &found),
                                &request) != PURSE_OK)
        return true;
    enum purse_outcome outcome = client_debit(flow->payer, &request, &flow->log);
    flow->has_log = outcome == PURSE_OK;
    return outcome == PURSE_REFUSED || went_under_way(flow, flow->payer, outcome);
}

/// The log of an entry, where it can be had.
static bool fetch_log(struct flow *flow, const struct purse_entry *entry) {
    flow->has_log = false;
    enum purse_outcome outcome = client_get_log(flow->payer, entry->slot, &flow->log);
    if (outcome == PURSE_REFUSED && flow->payer->sw == SW_SECURITY_STATUS)
        return ask_as_payee(flow, entry->n);
    flow->has_log = outcome == PURSE_OK;
    return went_under_way(flow, flow->payer, outcome);
}

/// A payer that has ratified tells of it no more, its log to a till or that there was one to a
/// deposit machine: of the sale in hand both are on record before.
static bool record_end(struct flow *flow) {
    return flow->receipt.object.type != OBJECT_RECEIVE_LOG || !is_this_sale(flow) ||
           flow_record(flow, SALE_PAID);
}

/// With its log a debit is credited; without one, VOID answers how the number ended, or ends it.
static bool finish_entry(struct flow *flow, const struct purse_entry *entry, bool void_first) {
    if (!fetch_log(flow, entry))
        return false;
    enum purse_outcome outcome = void_first || !flow->has_log
                                     ? client_void(flow->payee, entry->n, &flow->receipt)
                                     : client_credit(flow->payee, &flow->log, &flow->receipt);
    if (!flow_went(flow, flow->payee, outcome))
        return false;
    flow->has_receipt = true;
    flow->n = entry->n;
    if (!record_end(flow) || !give_receipt(flow))
        return false;
    flow->finished++;
    return true;
}

static bool finish_entries(struct flow *flow, bool void_first) {
    struct purse_entry entries[PURSE_OPEN_MAX];
    size_t count = 0;
    if (flow->payer->selection.unratified == 0)
        return true;
    if (!flow_went(flow, flow->payer,
                   client_read_unratified(flow->payer, entries, PURSE_OPEN_MAX, &count)))
        return false;
    for (size_t i = 0; i < count && !flow->settled; i++) {
        if (strcmp(entries[i].payee, flow->payee->selection.id) != 0)
            continue;
        if (!finish_entry(flow, &entries[i], void_first))
            return false;
        flow->settled = is_this_sale(flow) && flow->receipt.object.type == OBJECT_RECEIVE_LOG;
    }
    return flow->settled || flow_went(flow, flow->payer, client_select(flow->payer));
}

/// Forgets the objects of an older sale.
static void clear_objects(struct flow *flow) {
    if (flow->settled)
        return;
    flow->has_log = flow->has_receipt = flow->ratified = false;
    flow->n = 0;
}

bool flow_finish_old(struct flow *flow) {
    bool done = finish_entries(flow, false);
    if (done && flow->terms.amount != 0)
        clear_objects(flow);
    return done;
}

bool flow_void_old(struct flow *flow) {
    return finish_entries(flow, true);
}

bool flow_void_open(struct flow *flow) {
    struct purse_open list[32];
    struct purse_object receipt;
    size_t count = 0;
    do {
        if (!flow_went(flow, flow->payee,
                       client_read_open(flow->payee, flow->payer->selection.id, list,
                                        sizeof list / sizeof list[0], &count)))
            return false;
        for (size_t i = 0; i < count; i++, flow->voided++)
            if (!flow_went(flow, flow->payee, client_void(flow->payee, list[i].n, &receipt)))
                return false;
    } while (count == sizeof list / sizeof list[0]);
    return true;
}

/// The record's number was ended in the meantime: VOID answers how.
static bool ask_end(struct flow *flow) {
    if (!flow_went(flow, flow->payee, client_void(flow->payee, flow->record.n, &flow->receipt)))
        return false;
    flow->settled = flow->receipt.object.type == OBJECT_RECEIVE_LOG;
    flow->has_receipt = flow->settled;
    flow->n = flow->settled ? flow->record.n : 0;
    return true;
}

bool flow_look_up_number(struct flow *flow) {
    struct purse_open found;
    bool open = false;
    if (flow->settled || flow->journal == NULL || flow->record.state != SALE_REQUESTED ||
        strcmp(flow->record.payee, flow->payee->selection.id) != 0)
        return true;
    if (!find_open(flow, flow->record.n, &found, &open))
        return false;
    return open || ask_end(flow);
}

// ---- the transfer ------------------------------------------------------------------------------

bool flow_request(struct flow *flow) {
    if (flow->settled)
        return true;
    enum purse_outcome outcome =
        client_request(flow->payee, &flow->payer->selection, &flow->terms, &flow->request);
    if (are_strangers(flow, outcome, flow->payee)) {
        if (!flow_meet(flow))
            return false;
        outcome =
            client_request(flow->payee, &flow->payer->selection, &flow->terms, &flow->request);
    }
    if (!flow_went(flow, flow->payee, outcome))
        return false;
    flow->has_request = true;
    flow->n = (uint32_t)object_uint(&flow->request.object, FIELD_N);
    return true;
}

/// The payer said no: the payee need not keep the number. Why it said no stays the flow's answer.
static bool give_up(struct flow *flow) {
    struct purse_object receipt;
    struct flow refused = *flow;
    enum purse_outcome outcome = client_void(flow->payee, flow->n, &receipt);
    flow->voided += outcome == PURSE_OK && receipt.object.type == OBJECT_VOID;
    if (outcome == PURSE_OK)
        flow_record(flow, SALE_VOID);
    flow->status = refused.status;
    return false;
}

/// The owner's PIN, where one was given: it allows one debit.
static bool consent(struct flow *flow) {
    return flow->pin == NULL ||
           flow_went(flow, flow->payer, client_verify_pin(flow->payer, flow->pin));
}

bool flow_debit(struct flow *flow) {
    if (flow->settled)
        return true;
    if (!consent(flow))
        return give_up(flow);
    enum purse_outcome outcome = client_debit(flow->payer, &flow->request, &flow->log);
    if (are_strangers(flow, outcome, flow->payer)) {
        if (!flow_meet(flow))
            return false;
        outcome = client_debit(flow->payer, &flow->request, &flow->log);
    }
    if (outcome == PURSE_REFUSED) {
        flow_went(flow, flow->payer, outcome);
        return give_up(flow);
    }
    flow->has_log = outcome == PURSE_OK;
    return went_under_way(flow, flow->payer, outcome);
}

bool flow_credit(struct flow *flow) {
    if (flow->settled)
        return true;
    if (!went_under_way(flow, flow->payee, client_credit(flow->payee, &flow->log, &flow->receipt)))
        return false;
    if (flow->receipt.object.type == OBJECT_VOID) {
        if (!give_receipt(flow) || !flow_record(flow, SALE_VOID))
            return false;
        flow->sw = SW_VOIDED;
        flow->by = "payee";
        return stop(flow, FLOW_REFUSED);
    }
    flow->has_receipt = true;
    return true;
}

bool flow_ratify(struct flow *flow) {
    if (!flow->ratified && flow->has_receipt)
        flow->ratified = client_ratify(flow->payer, &flow->receipt) == PURSE_OK;
    return true;
}

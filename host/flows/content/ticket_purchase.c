// SPDX-License-Identifier: Apache-2.0
#include "host/flows/content/ticket_purchase.h"

#include "apdu/octets/unit.h"
#include "host/flows/meeting.h"
#include "host/flows/report.h"
#include "host/flows/tickets/ticket_delivery.h"
#include "host/flows/tickets/ticket_docket.h"
#include "host/purse/purse_failure.h"
#include "host/service/refusals.h"
#include "host/tickets/ticket_failure.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

enum { DELIVERIES = 8 }; // of older orders, in front of this one

static bool save(struct ticket_purchase *purchase) {
    return purchase_save(purchase->state, &purchase->record, purchase->failure);
}

// ---- ask ---------------------------------------------------------------------------------------

/// What was typed is what it costs.
static bool compare(struct ticket_purchase *purchase, uint64_t amount, uint16_t unit) {
    const struct purchase_order *order = purchase->order;
    char name[UNIT_NAME_MAX], typed[UNIT_NAME_MAX];
    return (amount == order->amount && unit == order->unit) ||
           fail(purchase->failure, EXIT_REFUSED,
                "charge: %s costs %" PRIu64 " %s, not %" PRIu64 " %s; nothing was paid",
                order->number, amount, unit_name(unit, name), order->amount,
                unit_name(order->unit, typed));
}

static bool ask(struct ticket_purchase *purchase) {
    return licence_ask_offer(purchase->client, purchase->order->number, purchase->root,
                             purchase->today, &purchase->offered, purchase->failure) &&
           compare(purchase, purchase->offered.amount, purchase->offered.unit);
}

// ---- begin -------------------------------------------------------------------------------------

static bool draw(struct ticket_purchase *purchase) {
    const struct crypto *crypto = purchase->client->crypto;
    uint8_t drawn[PURCHASE_INSTANCE_SIZE];
    if (!crypto->ops->random(crypto, drawn, sizeof drawn))
        return fail(purchase->failure, EXIT_REFUSED, "the random generator failed");
    for (size_t i = 0; i < sizeof drawn; i++)
        snprintf(purchase->record.instance + 2 * i, 3, "%02x", drawn[i]);
    return true;
}

static bool begin_record(struct ticket_purchase *purchase) {
    const struct purchase_order *order = purchase->order;
    struct purchase *record = &purchase->record;
    bool docket = purchase->docket != NULL;
    *record = (struct purchase){.amount = order->amount,
                                .unit = order->unit,
                                .docket = docket,
                                .ticket_first = order->ticket_first || docket,
                                .at_kiosk = order->at_kiosk != NULL};
    snprintf(record->number, sizeof record->number, "%s", order->number);
    snprintf(record->enterprise, sizeof record->enterprise, "%s", purchase->offered.enterprise);
    if (order->at_kiosk != NULL)
        snprintf(record->instance, sizeof record->instance, "%s", order->at_kiosk);
    return (order->at_kiosk != NULL || draw(purchase)) && save(purchase);
}

/// The one that is under way is the one that is meant.
static bool is_same(struct ticket_purchase *purchase) {
    const struct purchase *record = &purchase->record;
    const char *order = purchase->order->at_kiosk;
    if (strcmp(record->enterprise, purchase->offered.enterprise) != 0)
        return fail(purchase->failure, EXIT_REFUSED,
                    "wrong-enterprise: a purchase of %s from %s is under way, and this is %s",
                    record->number, record->enterprise, purchase->offered.enterprise);
    if (order == NULL || strcmp(record->instance, order) == 0)
        return true;
    return fail(purchase->failure, EXIT_REFUSED,
                "another purchase of %s is under way, %s; say the same without --order first",
                record->number, record->instance);
}

/// While no till was met and no ticket came, it may be settled otherwise than it was begun.
static bool resume_record(struct ticket_purchase *purchase) {
    struct purchase *record = &purchase->record;
    bool docket = purchase->docket != NULL;
    if (record->docket == docket || record->paid || record->here || record->till_size > 0)
        return true;
    record->docket = docket;
    record->ticket_first = purchase->order->ticket_first || docket;
    return save(purchase);
}

/// What payment and order have in common: the name of the sale.
static bool name_sale(struct ticket_purchase *purchase) {
    struct licence_sale_order *sale = &purchase->sale;
    *sale = (struct licence_sale_order){.client = purchase->client,
                                        .offered = &purchase->offered,
                                        .number = purchase->record.number,
                                        .mail = purchase->order->mail,
                                        .instance = purchase->record.instance,
                                        .reference = {REFERENCE_TICKET},
                                        .root = purchase->root,
                                        .authority = purchase->authority};
    return purchase_sale(&purchase->record, purchase->client->crypto, sale->reference + 1) ||
           fail(purchase->failure, EXIT_REFUSED, "the purchase of %s is damaged",
                purchase->record.number);
}

static bool begin(struct ticket_purchase *purchase) {
    bool found = false;
    if (!purchase_find(purchase->state, purchase->order->number, &purchase->record, &found,
                       purchase->failure))
        return false;
    purchase->before = found;
    return (found ? is_same(purchase) && resume_record(purchase) : begin_record(purchase)) &&
           name_sale(purchase);
}

// ---- pay ---------------------------------------------------------------------------------------

/// The till is one whose receipt this seller takes; else money would go where no ticket comes from.
static bool judge_till(struct ticket_purchase *purchase, struct bytes certificate) {
    struct purchase *record = &purchase->record;
    struct bytes chain[3] = {purchase->root, purchase->authority, certificate};
    struct certificate root, till;
    if (certificate.size > sizeof record->till ||
        certificate_parse(purchase->root, &root) != CERTIFICATE_OK ||
        certificate_verify_chain(chain, 3, root.signing_point, purchase->today,
                                 purchase->client->crypto, &till) != CERTIFICATE_OK ||
        (till.roles & ROLE_TILL) == 0)
        return fail(purchase->failure, EXIT_REFUSED,
                    "%s: unknown-certificate: this is no till that is certified today; nothing was "
                    "paid",
                    purchase->till->link->name);
    if (!bytes_equal(till.enterprise, bytes_of_string(record->enterprise)))
        return fail(purchase->failure, EXIT_REFUSED,
                    "%s: wrong-enterprise: this is no till of %s, who sells %s; nothing was paid",
                    purchase->till->link->name, record->enterprise, record->number);
    memcpy(record->till, certificate.data, certificate.size);
    record->till_size = certificate.size;
    return true;
}

static bool meet_till(struct ticket_purchase *purchase) {
    struct purse_client *till = purchase->till;
    struct bytes certificate;
    if (till == NULL && purchase->record.docket)
        return fail(purchase->failure, EXIT_REFUSED,
                    "%s: proxy settlement is not possible; pay with --till LINK",
                    purchase->record.answer);
    if (till == NULL)
        return fail(purchase->failure, EXIT_USAGE, "%s is not paid yet: say --till LINK",
                    purchase->record.number);
    return purse_went(till, client_select(till), purchase->failure) &&
           purse_went(till, client_read_certificate(till, &certificate), purchase->failure) &&
           judge_till(purchase, certificate) && save(purchase);
}

/// Paid once, whoever forgets what: the journal knows a sale that is paid, and then asks no card.
static bool transfer(struct ticket_purchase *purchase) {
    struct flow *flow = &purchase->flow;
    const struct purchase *record = &purchase->record;
    struct purse_client *till = purchase->till != NULL ? purchase->till : purchase->purse;
    flow_over(flow, purchase->purse, till, purchase->purse);
    flow->journal = &purchase->journal.journal;
    flow->pin = purchase->pin;
    flow->terms.amount = record->amount;
    flow->terms.unit = record->unit;
    flow->terms.reference_size = sizeof purchase->sale.reference;
    memcpy(flow->terms.reference, purchase->sale.reference, sizeof purchase->sale.reference);
    payment_run(flow);
    if (flow->status == FLOW_OPEN)
        return fail(purchase->failure, EXIT_OPEN,
                    "%s: %s: it is not known whether %s was paid; run the same again at the same "
                    "till, and it is paid once",
                    purchase->till->link->name, flow->step, record->number);
    return fail_flow(flow, &purchase->journal.failure, purchase->failure);
}

/// The purse keeps the receipt, too, where a run broke before it had it. Its failure ends nothing.
static void ratify(struct ticket_purchase *purchase) {
    if (purchase->before && client_select(purchase->purse) == PURSE_OK)
        (void)client_ratify(purchase->purse, &purchase->flow.receipt);
}

static bool pay(struct ticket_purchase *purchase) {
    struct purchase *record = &purchase->record;
    struct licence_sale_order *sale = &purchase->sale;
    const struct flow *flow = &purchase->flow;
    if (!record->paid && !meet_till(purchase))
        return false;
    if (!transfer(purchase))
        return false;
    if (!flow->has_log || !flow->has_receipt)
        return fail(purchase->failure, EXIT_REFUSED,
                    "%s was paid, and its receipt is not in %s/sales", record->number,
                    purchase->state->directory);
    ratify(purchase);
    sale->usage = bytes_of(flow->log.octets, flow->log.size);
    sale->receipt = bytes_of(flow->receipt.octets, flow->receipt.size);
    sale->till = bytes_of(record->till, record->till_size);
    bool first = !record->paid;
    record->paid = true;
    snprintf(record->by, sizeof record->by, "purse");
    return !first || save(purchase);
}

// ---- order -------------------------------------------------------------------------------------

static bool deliver(struct ticket_purchase *purchase, struct ticket_delivery *delivery) {
    struct seller seller = licence_seller_of(&purchase->sale);
    return ticket_delivery_run(delivery, purchase->store, &seller, purchase->client->crypto,
                               purchase->failure);
}

/// A card's number that an older order used brings that order's ticket first.
static bool deliver_all(struct ticket_purchase *purchase) {
    struct ticket_delivery *delivery = calloc(1, sizeof *delivery);
    bool done = delivery != NULL || fail(purchase->failure, EXIT_REFUSED, "out of memory");
    purchase->sale.other = done;
    for (unsigned i = 0; done && purchase->sale.other && i < DELIVERIES; i++)
        done = deliver(purchase, delivery);
    free(delivery);
    return done;
}

static bool keep_name(struct ticket_purchase *purchase) {
    uint8_t name[TICKET_NAME_SIZE];
    if (!ticket_name(&purchase->sale.header, purchase->client->crypto, name))
        return fail(purchase->failure, EXIT_REFUSED, "cannot take the digest of a ticket");
    ticket_name_text(name, purchase->record.name);
    purchase->record.here = true;
    return save(purchase);
}

static bool order(struct ticket_purchase *purchase) {
    return purchase->record.here || (deliver_all(purchase) && keep_name(purchase));
}

/// Only of what was ordered before it was paid: the seller's word that it is settled.
static bool activate(struct ticket_purchase *purchase) {
    uint8_t answer[TICKET_ONE_MAX];
    size_t size = 0;
    struct ticket_client *store = purchase->store;
    const struct licence_offered *offered = &purchase->offered;
    if (!purchase->record.ticket_first)
        return true;
    return licence_ask_activation(&purchase->sale, answer, sizeof answer, &size,
                                  purchase->failure) &&
           ticket_went(store, ticket_client_select(store), purchase->failure) &&
           ticket_open(store, bytes_of(answer, size),
                       bytes_of(offered->certificate, offered->certificate_size),
                       purchase->failure);
}

// ---- by docket ---------------------------------------------------------------------------------

/// Who shows a docket shows who signed it, also where an earlier run took the delivery.
static bool read_buyer(struct ticket_purchase *purchase) {
    struct ticket_client *store = purchase->store;
    struct licence_sale_order *sale = &purchase->sale;
    struct bytes own;
    if (!ticket_went(store, ticket_client_select(store), purchase->failure) ||
        !ticket_went(store, ticket_client_certificate(store, &own), purchase->failure))
        return false;
    if (own.size > sizeof sale->own)
        return fail(purchase->failure, EXIT_REFUSED, "the card's certificate is too long");
    memcpy(sale->own, own.data, own.size);
    sale->own_size = own.size;
    return true;
}

/// Is the seller on the registry's list of whom nobody settles with?
static bool look_up(struct ticket_purchase *purchase, bool *listed) {
    struct service_client *registry = purchase->docket->registry;
    *listed = false;
    return registry == NULL || refusals_ask(registry, purchase->root, purchase->today,
                                            purchase->record.enterprise, listed, purchase->failure);
}

static bool settle_with(struct ticket_purchase *purchase, const uint8_t name[TICKET_NAME_SIZE]) {
    const struct licence_offered *offered = &purchase->offered;
    const struct licence_sale_order *sale = &purchase->sale;
    struct purchase *record = &purchase->record;
    struct ticket_docket docket = {
        .store = purchase->store,
        .name = name,
        .mail = purchase->order->mail,
        .today = purchase->today,
        .buyer = {purchase->root, purchase->authority, bytes_of(sale->own, sale->own_size)},
        .seller = {purchase->root, bytes_of(offered->authority, offered->authority_size),
                   bytes_of(offered->certificate, offered->certificate_size)},
        .settles = purchase->docket->settles};
    if (!ticket_docket_run(&docket, purchase->docket->settler, purchase->failure))
        return false;
    snprintf(record->answer, sizeof record->answer, "%s", docket.outcome);
    snprintf(record->by, sizeof record->by, "%s", docket.settled ? purchase->docket->by : "");
    return save(purchase);
}

/// Settled by docket, or told why not: a refusal is for ever.
static bool settle(struct ticket_purchase *purchase) {
    struct purchase *record = &purchase->record;
    uint8_t name[TICKET_NAME_SIZE];
    struct object header;
    struct ticket_left left;
    bool listed = false;
    if (record->by[0] != '\0' || record->answer[0] != '\0')
        return true;
    if (purchase->docket == NULL)
        return fail(purchase->failure, EXIT_USAGE,
                    "%s is under way by docket: say --telco URL or --bank URL as before",
                    record->number);
    if (!purchase_ticket(record, name))
        return fail(purchase->failure, EXIT_REFUSED, "the purchase of %s is damaged",
                    record->number);
    if (!read_buyer(purchase) ||
        !ticket_went(purchase->store, ticket_client_read(purchase->store, name, &header, &left),
                     purchase->failure))
        return false;
    if ((left.flags & LEFT_SEALED) == 0) { // nobody has to settle it, or an earlier run heard so
        snprintf(record->by, sizeof record->by, "before");
        return save(purchase);
    }
    if (!look_up(purchase, &listed))
        return false;
    if (!listed)
        return settle_with(purchase, name);
    snprintf(record->answer, sizeof record->answer, "listed");
    return save(purchase);
}

static bool is_settled(const struct ticket_purchase *purchase) {
    const char *by = purchase->record.by;
    return by[0] != '\0' && strcmp(by, "purse") != 0;
}

// ---- the chart ---------------------------------------------------------------------------------

static bool pay_and_order(struct ticket_purchase *purchase) {
    return pay(purchase)       // till, short range: sale's name and charge; receipt, durable
           && order(purchase); // network: number, receipt; ticket for this card, into its store
}

static bool order_and_pay(struct ticket_purchase *purchase) {
    return order(purchase)        // network: number; ticket for this card, unsettled
           && pay(purchase)       // till, short range: sale's name and charge; receipt, durable
           && activate(purchase); // network: receipt; the ticket opens
}

static bool order_and_settle(struct ticket_purchase *purchase) {
    return order(purchase)     // network: number; ticket for this card, sealed
           && settle(purchase) // network: docket; the settler's answer, and the ticket opens
           && (is_settled(purchase) || // or the sale is given back, and the purse pays it
               (pay(purchase) && activate(purchase)));
}

static bool fetch(struct ticket_purchase *purchase) {
    return order(purchase); // network: number, the kiosk's order; ticket for this card
}

typedef bool chart(struct ticket_purchase *purchase);

static chart *chart_of(const struct purchase *record) {
    return record->at_kiosk       ? fetch
           : record->docket       ? order_and_settle
           : record->ticket_first ? order_and_pay
                                  : pay_and_order;
}

bool ticket_purchase_run(struct ticket_purchase *purchase) {
    return journal_file_open(&purchase->journal, purchase->state->directory, purchase->failure) &&
           ask(purchase)      // network: what the number costs, who sells it; as it was typed?
           && begin(purchase) // phone: an instance of its own, durable before any debit
           && chart_of(&purchase->record)(purchase);
}

bool ticket_purchase_close(struct ticket_purchase *purchase) {
    return purchase_close(purchase->state, &purchase->record, purchase->failure);
}

// ---- report ------------------------------------------------------------------------------------

void ticket_purchase_report(const struct ticket_purchase *purchase, FILE *out, bool json) {
    const struct purchase *record = &purchase->record;
    char unit[UNIT_NAME_MAX];
    unit_name(record->unit, unit);
    if (json) {
        report_line(out, json_pack("{s:s, s:s, s:s, s:s, s:I, s:s, s:s, s:s, s:s, s:b}", "status",
                                   "done", "number", record->number, "content",
                                   purchase->offered.content, "ticket", record->name, "paid",
                                   (json_int_t)record->amount, "unit", unit, "by", record->by,
                                   "answer", record->answer, "instance", record->instance,
                                   "resumed", purchase->before));
        return;
    }
    fprintf(out, "%s  %s  %" PRIu64 " %s  ", record->number, purchase->offered.content,
            record->amount, unit);
    report_word(out, REPORT_GREEN, "done");
    fprintf(out, " by %s%s\n", record->by, purchase->before ? " (begun by an earlier run)" : "");
}

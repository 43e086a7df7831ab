// SPDX-License-Identifier: Apache-2.0
// A ticket of the licence centre: asked for when it is chosen, ordered when the centre can be told
// whose purse pays, handed over in the same tap. What the centre has not heard of stays on file.
#include "host/kiosk/kiosk_private.h"

#include "base/calendar.h"
#include "base/files.h"
#include "base/must.h"
#include "host/flows/tickets/ticket_delivery.h"
#include "host/licence/licence_orders.h"

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { ORDER_FILE_MAX = 1024, AGAIN_MS = 10000, SUFFIX = sizeof ".json" - 1 };

/// What the screen says of a call that failed; the operator reads why.
static const char *unsold(const struct failure *failure) {
    bool away = failure->code == EXIT_ABSENT || failure->code == EXIT_OPEN;
    fprintf(stderr, "tessera kiosk: the centre: %s\n", failure->text);
    return away ? "no-network" : "not-sold";
}

// ---- orders on file ----------------------------------------------------------------------------

static bool order_path(const struct kiosk *kiosk, struct bytes reference, char out[PATH_MAX]) {
    char name[2 * PURSE_REFERENCE_MAX + SUFFIX + 1] = "", folder[PATH_MAX];
    for (size_t i = 0; i < reference.size; i++)
        snprintf(name + 2 * i, 3, "%02X", reference.data[i]);
    snprintf(name + 2 * reference.size, SUFFIX + 1, ".json");
    return files_path(folder, sizeof folder, kiosk->options.state, "orders") &&
           files_path(out, PATH_MAX, folder, name);
}

static bool keep_order(const struct kiosk *kiosk, struct failure *failure) {
    const struct kiosk_ticket *ticket = &kiosk->order.ticket;
    const struct sale_record *record = &kiosk->order.record;
    char path[PATH_MAX];
    json_t *json = json_pack("{s:s, s:s, s:s}", "number", ticket->number, "instance",
                             ticket->instance, "payer", ticket->payer);
    char *text = json != NULL ? json_dumps(json, JSON_INDENT(2)) : NULL;
    bool done = text != NULL &&
                order_path(kiosk, bytes_of(record->reference, record->reference_size), path) &&
                files_write(path, bytes_of_string(text), FILES_SECRET, FILES_REPLACE);
    free(text);
    json_decref(json);
    return done || fail_errno(failure, "cannot write in %s/orders", kiosk->options.state);
}

static bool read_order(const char *path, struct kiosk_ticket *ticket) {
    uint8_t text[ORDER_FILE_MAX];
    size_t size = 0;
    const char *number, *instance, *payer;
    if (!files_read(path, text, sizeof text, &size))
        return false;
    json_t *json = json_loadb((const char *)text, size, JSON_REJECT_DUPLICATES, NULL);
    bool done = json_unpack(json, "{s:s, s:s, s:s}", "number", &number, "instance", &instance,
                            "payer", &payer) == 0 &&
                strlen(number) <= HOLDER_MAX && strlen(instance) == LICENCE_INSTANCE_SIZE &&
                strlen(payer) <= HOLDER_MAX;
    if (done) {
        *ticket = (struct kiosk_ticket){.wanted = true};
        snprintf(ticket->number, sizeof ticket->number, "%s", number);
        snprintf(ticket->instance, sizeof ticket->instance, "%s", instance);
        snprintf(ticket->payer, sizeof ticket->payer, "%s", payer);
    }
    json_decref(json);
    return done;
}

void kiosk_recall_order(struct kiosk *kiosk) {
    const struct sale_record *record = &kiosk->order.record;
    char path[PATH_MAX];
    struct kiosk_ticket *ticket = &kiosk->order.ticket;
    *ticket = (struct kiosk_ticket){.wanted = false};
    if (kiosk->options.centre != NULL &&
        order_path(kiosk, bytes_of(record->reference, record->reference_size), path))
        (void)read_order(path, ticket);
}

bool kiosk_open_orders(struct kiosk *kiosk, struct failure *failure) {
    char folder[PATH_MAX];
    kiosk->orders_ms = kiosk_now_ms();
    return kiosk->options.centre == NULL ||
           (files_path(folder, sizeof folder, kiosk->options.state, "orders") &&
            (mkdir(folder, 0700) == 0 || errno == EEXIST)) ||
           fail_errno(failure, "cannot make %s/orders", kiosk->options.state);
}

// ---- the order ---------------------------------------------------------------------------------

static bool ask_offer(struct kiosk *kiosk, struct failure *failure) {
    const struct kiosk_centre *centre = kiosk->options.centre;
    struct kiosk_ticket *ticket = &kiosk->order.ticket;
    uint32_t today = date_of_time((int64_t)(clock_now_ms(kiosk->options.clock) / 1000));
    return licence_ask_offer(centre->client, ticket->number, centre->root, today, &ticket->offered,
                             failure);
}

const char *kiosk_ask_centre(struct kiosk *kiosk) {
    struct kiosk_ticket *ticket = &kiosk->order.ticket;
    const struct sale_record *record = &kiosk->order.record;
    struct failure failure = {0};
    *ticket = (struct kiosk_ticket){.wanted = true};
    snprintf(ticket->number, sizeof ticket->number, "%.16s", record->item);
    bool known = ask_offer(kiosk, &failure);
    if (known && (ticket->offered.amount != record->amount || ticket->offered.unit != record->unit))
        known = fail(&failure, EXIT_REFUSED,
                     "charge: the price list has another price of %s than its seller %s",
                     ticket->number, ticket->offered.enterprise);
    return known ? NULL : unsold(&failure);
}

static bool place(struct kiosk *kiosk, const char *payer, struct failure *failure) {
    const struct kiosk_centre *centre = kiosk->options.centre;
    struct kiosk_ticket *ticket = &kiosk->order.ticket;
    struct sale_record *record = &kiosk->order.record;
    const struct licence_order order = {ticket->offered.enterprise, ticket->number, payer,
                                        record->amount, record->unit};
    struct licence_placed placed;
    char key[LICENCE_REQUEST_KEY];
    if (!licence_request_key(centre->client, key, failure) ||
        !licence_place_order(centre->client, key, &order, &placed, failure))
        return false;
    snprintf(ticket->instance, sizeof ticket->instance, "%s", placed.instance);
    snprintf(ticket->payer, sizeof ticket->payer, "%s", payer);
    memcpy(record->reference, placed.reference, sizeof placed.reference);
    record->reference_size = sizeof placed.reference;
    return keep_order(kiosk, failure) && kiosk_begin_sale(kiosk, failure);
}

const char *kiosk_place_order(struct kiosk *kiosk) {
    struct kiosk_order *order = &kiosk->order;
    struct kiosk_ticket *ticket = &order->ticket;
    const char *payer = order->customer.selection.id;
    struct failure failure = {0};
    if (ticket->instance[0] == '\0' && !place(kiosk, payer, &failure)) {
        order->flow.status = FLOW_REFUSED;
        return unsold(&failure);
    }
    if (strcmp(ticket->payer, payer) == 0)
        return NULL;
    order->flow.status = FLOW_ABSENT;
    return "same-card";
}

// ---- its receipt -------------------------------------------------------------------------------

/// One order on its way to the centre; as a seller it delivers to a store what comes back.
struct handing {
    const struct kiosk_centre *centre;
    const struct kiosk_ticket *ticket;
    const struct sale_record *record;
    uint8_t till[CERTIFICATE_MAX], own[CERTIFICATE_MAX];
    size_t till_size, own_size;
    bool done; // the centre has the receipt
    struct ticket_client store;
    struct ticket_delivery delivery;
};

static bool begin(void *context, struct bytes buyer, uint8_t reference[SELLER_REFERENCE_SIZE],
                  struct failure *failure) {
    struct handing *handing = context;
    if (buyer.size > sizeof handing->own)
        return fail(failure, EXIT_REFUSED, "the card's certificate is too long");
    memcpy(handing->own, buyer.data, buyer.size);
    handing->own_size = buyer.size;
    memcpy(reference, handing->record->reference, SELLER_REFERENCE_SIZE);
    return true;
}

static struct licence_envelope receipt_of(const struct handing *handing) {
    const struct kiosk_centre *centre = handing->centre;
    const struct sale_record *record = handing->record;
    return (struct licence_envelope){
        bytes_of(record->receipt, record->receipt_size),
        {centre->root, centre->authority, bytes_of(handing->till, handing->till_size)},
        bytes_of(record->log, record->log_size)};
}

/// request: of the card's store; empty: the ticket is fetched over the network.
static bool wrap(void *context, struct bytes request, uint8_t *out, size_t capacity,
                 struct bytes *delivery, struct failure *failure) {
    struct handing *handing = context;
    const struct kiosk_centre *centre = handing->centre;
    const struct licence_envelope receipt = receipt_of(handing);
    const struct licence_envelope reception = {
        request, {centre->root, centre->authority, bytes_of(handing->own, handing->own_size)}, {0}};
    char key[LICENCE_REQUEST_KEY];
    must(capacity >= SELLER_DELIVERY_MAX, "a delivery has room");
    handing->done = licence_request_key(centre->client, key, failure) &&
                    licence_pay_order(centre->client, key, handing->ticket->instance, &receipt,
                                      request.size > 0 ? &reception : NULL, out, delivery, failure);
    return handing->done;
}

/// The service asks no receipt: the card answers for itself at its next order.
static bool end(void *context, struct bytes receipt, struct failure *failure) {
    (void)context, (void)receipt, (void)failure;
    return true;
}

static bool read_till(struct kiosk *kiosk, struct handing *handing, struct failure *failure) {
    struct bytes certificate;
    if (!kiosk_find_till(kiosk, failure))
        return false;
    if (client_read_certificate(&kiosk->till, &certificate) != PURSE_OK ||
        certificate.size > sizeof handing->till)
        return fail(failure, EXIT_OPEN, "the till does not tell its certificate");
    memcpy(handing->till, certificate.data, certificate.size);
    handing->till_size = certificate.size;
    return true;
}

/// Into the card that is held there.
static bool deliver(struct kiosk *kiosk, struct handing *handing, struct link *card,
                    struct failure *failure) {
    const struct licence_offered *offered = &handing->ticket->offered;
    const struct seller seller = {handing,
                                  offered->seller,
                                  bytes_of(offered->certificate, offered->certificate_size),
                                  begin,
                                  wrap,
                                  end};
    if (offered->seller[0] == '\0' && !ask_offer(kiosk, failure))
        return false;
    ticket_client_over(&handing->store, card);
    bool done = ticket_delivery_run(&handing->delivery, &handing->store, &seller,
                                    kiosk->options.crypto, failure);
    ticket_client_erase(&handing->store);
    return done;
}

/// Brings the receipt of a sale that was paid; card: whose store takes the ticket, NULL: none.
/// False: the centre does not have it yet. *here: the ticket is on the card.
static bool hand_in(struct kiosk *kiosk, const struct sale_record *record,
                    const struct kiosk_ticket *ticket, struct link *card, bool *here,
                    struct failure *failure) {
    struct bytes nothing;
    uint8_t out[SELLER_DELIVERY_MAX];
    struct handing *handing = calloc(1, sizeof *handing);
    if (handing == NULL)
        return fail(failure, EXIT_REFUSED, "out of memory");
    handing->centre = kiosk->options.centre;
    handing->ticket = ticket;
    handing->record = record;
    bool ready = read_till(kiosk, handing, failure);
    *here = ready && card != NULL && deliver(kiosk, handing, card, failure);
    if (ready && !*here && !handing->done)
        (void)wrap(handing, bytes_of(NULL, 0), out, sizeof out, &nothing, failure);
    bool done = handing->done;
    if (!*here && failure->text[0] != '\0')
        fprintf(stderr, "tessera kiosk: order %s: %s\n", ticket->instance, failure->text);
    free(handing);
    return done;
}

static void forget_order(const struct kiosk *kiosk, const struct sale_record *record) {
    char path[PATH_MAX];
    if (order_path(kiosk, bytes_of(record->reference, record->reference_size), path))
        (void)files_remove(path);
}

const char *kiosk_hand_over(struct kiosk *kiosk, struct link *card) {
    struct kiosk_order *order = &kiosk->order;
    struct sale_record record = order->record;
    struct failure failure = {0};
    if (!sale_read(&kiosk->machine, &record, &failure))
        return "paid-fetch";
    if (hand_in(kiosk, &record, &order->ticket, card, &order->ticket.here, &failure))
        forget_order(kiosk, &record);
    return order->ticket.here ? "paid-ticket" : "paid-fetch";
}

// ---- money that goes back ----------------------------------------------------------------------

static bool cancel(struct kiosk *kiosk, const struct sale_record *record, struct failure *failure) {
    struct handing handing = {.centre = kiosk->options.centre, .record = record};
    struct certificate till;
    char enterprise[HOLDER_MAX + 1];
    if (!read_till(kiosk, &handing, failure))
        return false;
    if (certificate_parse(bytes_of(handing.till, handing.till_size), &till) != CERTIFICATE_OK)
        return fail(failure, EXIT_REFUSED, "the till's certificate is damaged");
    snprintf(enterprise, sizeof enterprise, "%.*s", (int)till.enterprise.size,
             (const char *)till.enterprise.data);
    const struct licence_envelope receipt = receipt_of(&handing);
    return licence_cancel_receipt(handing.centre->client, enterprise, &receipt, failure);
}

const char *kiosk_cancel_ticket(struct kiosk *kiosk, uint32_t n) {
    struct purse_sale sale;
    struct sale_record record;
    struct failure failure = {0};
    struct journal *journal = kiosk->machine.journal;
    if (client_read_sale(&kiosk->till, n, &sale) != PURSE_OK)
        return "call-staff";
    const struct purse_terms *terms = &sale.request.terms;
    if (terms->reference[0] != REFERENCE_TICKET || terms->reference_size != SELLER_REFERENCE_SIZE)
        return NULL;
    if (kiosk->options.centre == NULL)
        return "no-refund";
    if (journal->find(journal, bytes_of(terms->reference, terms->reference_size), &record) !=
        JOURNAL_FOUND)
        return "ticket-sold"; // at another machine, to which it is brought
    if (!cancel(kiosk, &record, &failure))
        return strcmp(unsold(&failure), "no-network") == 0 ? "no-refund" : "ticket-sold";
    forget_order(kiosk, &record);
    return NULL;
}

// ---- what the centre has not heard of ----------------------------------------------------------

/// By the name of its file.
static bool find_sale(struct kiosk *kiosk, const char *name, struct sale_record *record) {
    size_t digits = strlen(name) - SUFFIX;
    uint8_t reference[PURSE_REFERENCE_MAX];
    if (digits % 2 != 0 || digits / 2 > sizeof reference)
        return false;
    for (size_t i = 0; i < digits; i++) {
        int digit = hex_digit(name[i]);
        if (digit < 0)
            return false;
        reference[i / 2] = (uint8_t)(i % 2 == 0 ? digit << 4 : reference[i / 2] | digit);
    }
    struct journal *journal = kiosk->machine.journal;
    enum journal_answer answer = journal->find(journal, bytes_of(reference, digits / 2), record);
    if (answer == JOURNAL_NONE) {
        *record = (struct sale_record){.state = SALE_VOID, .reference_size = digits / 2};
        memcpy(record->reference, reference, digits / 2);
    }
    return answer != JOURNAL_FAILED;
}

/// True: the centre answers; the next one may be tried.
static bool bring(struct kiosk *kiosk, const char *path, const char *name) {
    struct sale_record record;
    struct kiosk_ticket ticket;
    struct failure failure = {0};
    bool here;
    if (!find_sale(kiosk, name, &record) || !read_order(path, &ticket))
        return true;
    bool over = sale_record_paid(&record) ? hand_in(kiosk, &record, &ticket, NULL, &here, &failure)
                                          : record.state == SALE_VOID;
    if (over)
        forget_order(kiosk, &record);
    return failure.code != EXIT_ABSENT;
}

void kiosk_bring_orders(struct kiosk *kiosk) {
    char folder[PATH_MAX], path[PATH_MAX];
    if (kiosk->options.centre == NULL || kiosk->phase != KIOSK_IDLE ||
        kiosk_now_ms() < kiosk->orders_ms ||
        !files_path(folder, sizeof folder, kiosk->options.state, "orders"))
        return;
    kiosk->orders_ms = kiosk_now_ms() + AGAIN_MS;
    DIR *directory = opendir(folder);
    if (directory == NULL)
        return;
    bool answers = true;
    for (struct dirent *entry; answers && (entry = readdir(directory)) != NULL;) {
        size_t size = strlen(entry->d_name);
        if (size > SUFFIX && strcmp(entry->d_name + size - SUFFIX, ".json") == 0 &&
            files_path(path, sizeof path, folder, entry->d_name))
            answers = bring(kiosk, path, entry->d_name);
    }
    closedir(directory);
}

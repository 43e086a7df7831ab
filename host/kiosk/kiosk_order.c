// SPDX-License-Identifier: Apache-2.0
// One order from its beginning to its end, whoever began it: screen, command, or an earlier run.
#include "host/kiosk/kiosk_private.h"

#include "base/files.h"
#include "base/heap.h"
#include "host/flows/report.h"
#include "host/kiosk/receipt.h"
#include "host/terminal/terminal_control.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { SEEK_MS = 5000, AGAIN_MS = 300 };

// ---- what is served: a receipt, whole or absent ------------------------------------------------

static bool receipt_path(const struct kiosk *kiosk, const struct sale_record *record, char *out,
                         size_t capacity) {
    char name[2 * PURSE_REFERENCE_MAX + sizeof ".json"] = "";
    for (size_t i = 0; i < record->reference_size; i++)
        snprintf(name + 2 * i, sizeof name - 2 * i, "%02X", record->reference[i]);
    snprintf(name + 2 * record->reference_size, 6, ".json");
    return files_path(out, capacity, kiosk->receipts, name);
}

static void serve(struct sale_server *server, const struct sale_record *record) {
    const struct kiosk *kiosk = server->context;
    char path[PATH_MAX];
    json_t *json = receipt_to_json(record);
    char *text = json != NULL ? json_dumps(json, JSON_INDENT(2)) : NULL;
    if (text != NULL && receipt_path(kiosk, record, path, sizeof path))
        (void)files_write(path, bytes_of_string(text), FILES_SECRET, FILES_REPLACE);
    free(text);
    json_decref(json);
}

static enum sale_sense sense(struct sale_server *server, const struct sale_record *record) {
    const struct kiosk *kiosk = server->context;
    char path[PATH_MAX];
    if (!receipt_path(kiosk, record, path, sizeof path))
        return SALE_SENSE_UNSURE;
    if (access(path, F_OK) == 0)
        return SALE_SENSE_SERVED;
    return errno == ENOENT ? SALE_SENSE_UNTOUCHED : SALE_SENSE_UNSURE;
}

struct sale_server kiosk_server(struct kiosk *kiosk) {
    return (struct sale_server){serve, NULL, sense, kiosk};
}

/// Paper may be out or jam: the receipt is in its directory and on the screen, too.
static void print(const struct kiosk *kiosk) {
    struct buffer octets;
    if (kiosk->options.printer == NULL)
        return;
    buffer_init(&octets, &host_memory);
    receipt_print(&kiosk->order.record, kiosk->order.language, &octets);
    if (!files_append(kiosk->options.printer, buffer_bytes(&octets), FILES_SECRET))
        fprintf(stderr, "tessera kiosk: cannot print to %s: %s\n", kiosk->options.printer,
                strerror(errno));
    buffer_free(&octets);
}

// ---- waiting -----------------------------------------------------------------------------------

void kiosk_rest(struct kiosk *kiosk) {
    kiosk->give_up_ms = kiosk->seek_ms = 0;
    kiosk_say(kiosk, KIOSK_IDLE, "choose");
}

void kiosk_seek(struct kiosk *kiosk) {
    struct card_slot *slot = kiosk->options.customer;
    kiosk->seek_ms = 0;
    if (card_slot_seek(slot, SEEK_MS))
        return;
    fprintf(stderr, "tessera kiosk: %s\n", slot->error);
    kiosk->seek_ms = kiosk_now_ms() + 10 * AGAIN_MS;
}

void kiosk_await_card(struct kiosk *kiosk, const char *say) {
    unsigned wait = kiosk->options.wait_ms > 0 ? kiosk->options.wait_ms : KIOSK_WAIT_MS;
    kiosk->give_up_ms = kiosk_now_ms() + wait;
    kiosk_say(kiosk, KIOSK_TAP, say);
    kiosk_seek(kiosk);
}

bool kiosk_begin_sale(struct kiosk *kiosk, struct failure *failure) {
    bool known;
    if (sale_open(&kiosk->machine, &kiosk->order.record, &known, failure))
        return true;
    const struct failure *why = sale_store_failure(kiosk->store);
    if (why->text[0] != '\0')
        fprintf(stderr, "tessera kiosk: %s\n", why->text);
    return false;
}

// ---- ends --------------------------------------------------------------------------------------

/// The order is over; the screen tells how for a while.
static void end_order(struct kiosk *kiosk, int code, const char *say) {
    struct kiosk_order *order = &kiosk->order;
    card_slot_stop(kiosk->options.customer);
    bytes_erase(order->pin, sizeof order->pin);
    kiosk->seek_ms = 0;
    kiosk->give_up_ms = kiosk_now_ms() + KIOSK_SHOW_MS;
    kiosk_say(kiosk, KIOSK_END, say);
    terminal_control_answer(order->reply,
                            order->reply < 0 ? NULL : kiosk_answer(kiosk, code, NULL));
    order->reply = -1;
}

/// Everything that needs no card: the receipt is written, and seen to be there.
static void finish_sale(struct kiosk *kiosk, const char *say) {
    struct kiosk_order *order = &kiosk->order;
    enum sale_due due = sale_drive(&kiosk->machine, &order->record);
    if (due == SALE_DUE_NOTHING && order->record.state == SALE_SERVED) {
        print(kiosk);
        end_order(kiosk, EXIT_DONE, say);
        return;
    }
    end_order(kiosk, EXIT_REFUSED, due == SALE_DUE_NOTHING ? "cancelled" : "call-staff");
}

/// The till itself ends a number that a card may have paid; then nothing is open any more.
void kiosk_give_up(struct kiosk *kiosk, const char *say) {
    struct kiosk_order *order = &kiosk->order;
    struct failure failure;
    card_slot_stop(kiosk->options.customer);
    int code = strcmp(say, "no-card") == 0 ? EXIT_ABSENT : EXIT_REFUSED;
    if (order->kind == KIOSK_BALANCE || order->record.state == 0) {
        end_order(kiosk, code, say);
        return;
    }
    bool own = order->kind == KIOSK_SALE && kiosk_find_till(kiosk, &failure);
    if (!sale_give_up(&kiosk->machine, &order->record, own ? &kiosk->till : NULL, &failure)) {
        end_order(kiosk, EXIT_OPEN, "unfinished");
        return;
    }
    if (order->record.state == SALE_VOID)
        end_order(kiosk, code, say);
    else
        finish_sale(kiosk, "paid");
}

// ---- a card ------------------------------------------------------------------------------------

/// The same sale goes on with the same card, when it comes back.
static void try_again(struct kiosk *kiosk, const char *say) {
    kiosk_say(kiosk, KIOSK_TAP, say);
    kiosk->seek_ms = kiosk_now_ms() + AGAIN_MS;
}

static void after_tap(struct kiosk *kiosk, const char *say) {
    struct kiosk_order *order = &kiosk->order;
    struct failure failure;
    bool recorded = order->kind != KIOSK_BALANCE && order->record.state != 0;
    if (recorded && !sale_read(&kiosk->machine, &order->record, &failure)) {
        end_order(kiosk, EXIT_OPEN, "call-staff");
        return;
    }
    if (recorded && order->record.state >= SALE_PAID)
        finish_sale(kiosk, order->flow.status == FLOW_DONE ? say
                           : order->kind == KIOSK_REFUND   ? "refunded"
                                                           : "paid");
    else if (order->flow.status == FLOW_DONE)
        end_order(kiosk, EXIT_DONE, say);
    else if (order->flow.status == FLOW_REFUSED)
        kiosk_give_up(kiosk, say);
    else if (order->flow.status == FLOW_FAILED)
        end_order(kiosk, EXIT_OPEN, "call-staff");
    else
        try_again(kiosk, say);
}

void kiosk_card_came(struct kiosk *kiosk) {
    enum link_status why;
    struct link *card = card_slot_take(kiosk->options.customer, KIOSK_TAP_MS, &why);
    if (card == NULL) {
        const char *say = words_of_absence(why);
        try_again(kiosk, say != NULL ? say : kiosk->say);
        return;
    }
    kiosk_say(kiosk, KIOSK_HOLD, "hold-still");
    int64_t until = kiosk_now_ms() + KIOSK_TAP_MS;
    const char *say = kiosk_tap(kiosk, card);
    link_close(card);
    bool slow = strcmp(say, "tap-again") == 0 && kiosk_now_ms() >= until;
    after_tap(kiosk, slow ? "slow-card" : say);
}

// ---- after a restart ---------------------------------------------------------------------------

struct left_over {
    struct kiosk *kiosk;
    struct sale_record tap; // the newest that waits for a card; state 0: none
};

static bool look_at(void *context, const struct sale_record *record) {
    struct left_over *left = context;
    struct kiosk *kiosk = left->kiosk;
    struct failure failure;
    struct sale_record copy = *record;
    enum sale_due due = sale_drive(&kiosk->machine, &copy);
    if (due == SALE_DUE_TAP && copy.state == SALE_BEGUN) // nobody was asked for anything
        (void)sale_give_up(&kiosk->machine, &copy, NULL, &failure);
    else if (due == SALE_DUE_TAP)
        left->tap = copy;
    return true;
}

bool kiosk_resume(struct kiosk *kiosk, struct failure *failure) {
    struct left_over left = {.kiosk = kiosk};
    if (!sale_store_each(kiosk->store, false, look_at, &left)) {
        *failure = *sale_store_failure(kiosk->store);
        return false;
    }
    kiosk->order.reply = -1;
    kiosk_rest(kiosk);
    bool refund = left.tap.reference[0] == REFERENCE_REFUND;
    if (left.tap.state == 0 || refund) // a refund is asked for again by its command
        return true;
    kiosk->order.kind = KIOSK_SALE;
    kiosk->order.record = left.tap;
    kiosk_recall_order(kiosk);
    kiosk_await_card(kiosk, "unfinished");
    return true;
}

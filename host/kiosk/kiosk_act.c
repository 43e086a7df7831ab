// SPDX-License-Identifier: Apache-2.0
// What people and programs ask for. An act that does not fit the moment is nothing: a screen that
// is a second behind asks for something that is over.
#include "host/kiosk/kiosk_private.h"

#include "apdu/octets/unit.h"
#include "host/flows/sale_record.h"
#include "host/terminal/terminal_control.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

enum { ITEMS_MAX = 99 };

static bool is_free(const struct kiosk *kiosk) {
    return kiosk->phase == KIOSK_IDLE || kiosk->phase == KIOSK_END;
}

static void new_order(struct kiosk *kiosk, enum kiosk_order_kind kind) {
    memset(&kiosk->order, 0, sizeof kiosk->order);
    kiosk->order.kind = kind;
    kiosk->order.reply = -1;
    kiosk->order.language = kiosk->options.language;
    kiosk->order.record.time_ms = clock_now_ms(kiosk->options.clock);
}

static bool set_reference(struct sale_record *record, uint8_t kind, const char *text) {
    struct purse_terms terms;
    if (text[0] == '\0' || !purse_terms_refer(&terms, kind, text))
        return false;
    memcpy(record->reference, terms.reference, terms.reference_size);
    record->reference_size = terms.reference_size;
    return true;
}

// ---- prices ------------------------------------------------------------------------------------

bool kiosk_read_prices(struct kiosk *kiosk, struct failure *failure) {
    static struct price_list fresh;
    struct stat about;
    const char *path = kiosk->options.prices;
    if (path == NULL)
        return true;
    if (stat(path, &about) != 0)
        return fail_errno(failure, "cannot read the price list %s", path);
    int64_t changed = about.st_mtim.tv_sec * INT64_C(1000000000) + about.st_mtim.tv_nsec;
    if (changed == kiosk->prices_changed_ns)
        return true;
    if (!price_list_open(&fresh, path, failure))
        return false;
    kiosk->prices = fresh;
    kiosk->prices_changed_ns = changed;
    kiosk->list++;
    return true;
}

// ---- the screen's acts -------------------------------------------------------------------------

/// Adds an article to the order. False: not of the list, of another unit, too many.
static bool add_item(const struct kiosk *kiosk, struct sale_record *record, const char *id,
                     json_int_t count, enum price_kind *kind) {
    const struct price *price = price_list_find(&kiosk->prices, id);
    size_t used = strlen(record->text);
    if (price == NULL || count < 1 || count > ITEMS_MAX ||
        price->amount > (UINT64_C(1) << 62) / ITEMS_MAX)
        return false;
    if (record->unit != 0 && record->unit != price->unit)
        return false;
    record->unit = price->unit;
    record->amount += price->amount * (uint64_t)count;
    if (record->item[0] == '\0')
        snprintf(record->item, sizeof record->item, "%s", price->id);
    if (price->kind == PRICE_TICKET)
        *kind = PRICE_TICKET;
    const char *name = price->names[kiosk->order.language];
    if (used + strlen(name) + 8 < sizeof record->text) // what does not fit is in the amount
        snprintf(record->text + used, sizeof record->text - used, "%s%s \xC3\x97%d",
                 used > 0 ? ", " : "", name, (int)count);
    return record->amount <= INT64_MAX;
}

/// Tickets are sold one at a time: a receipt buys one.
static bool add_items(const struct kiosk *kiosk, struct sale_record *record, json_t *items,
                      enum price_kind *kind) {
    const char *id;
    json_t *count;
    json_int_t sum = 0;
    json_object_foreach(items, id, count) {
        if (!json_is_integer(count) ||
            !add_item(kiosk, record, id, json_integer_value(count), kind))
            return false;
        sum += json_integer_value(count);
    }
    return sum > 0 && (*kind != PRICE_TICKET || sum == 1);
}

static bool draw_reference(struct kiosk *kiosk, struct sale_record *record, uint8_t kind) {
    uint8_t random[8];
    char text[17];
    if (!kiosk->options.crypto->ops->random(kiosk->options.crypto, random, sizeof random))
        return false;
    snprintf(text, sizeof text, "%016" PRIX64, bytes_get_be(random, sizeof random));
    return set_reference(record, kind, text);
}

/// The page's language, where it says one.
static void set_language(struct kiosk_order *order, const char *language) {
    if (language != NULL)
        order->language = strcmp(language, "ja") == 0 ? LANGUAGE_JAPANESE : LANGUAGE_ENGLISH;
}

/// What was chosen becomes a sale; a ticket of the centre's, when a card says whose. NULL, or what
/// the screen says instead.
static const char *begin_order(struct kiosk *kiosk, enum price_kind kind) {
    struct failure failure = {0};
    if (kind == PRICE_TICKET && kiosk->options.centre != NULL)
        return kiosk_ask_centre(kiosk);
    uint8_t reference = kind == PRICE_TICKET ? REFERENCE_TICKET : REFERENCE_GOODS;
    if (draw_reference(kiosk, &kiosk->order.record, reference) && kiosk_begin_sale(kiosk, &failure))
        return NULL;
    fprintf(stderr, "tessera kiosk: %s\n", failure.text);
    return "out-of-order";
}

static void act_order(struct kiosk *kiosk, json_t *act) {
    struct failure failure;
    enum price_kind kind = PRICE_GOODS;
    struct sale_record *record = &kiosk->order.record;
    if (!is_free(kiosk))
        return;
    if (!kiosk_read_prices(kiosk, &failure))
        fprintf(stderr, "tessera kiosk: %s\n", failure.text);
    if ((uint64_t)json_integer_value(json_object_get(act, "list")) != kiosk->list) {
        kiosk_say(kiosk, KIOSK_IDLE, "prices-changed");
        return;
    }
    new_order(kiosk, KIOSK_SALE);
    set_language(&kiosk->order, json_string_value(json_object_get(act, "language")));
    if (!add_items(kiosk, record, json_object_get(act, "items"), &kind)) {
        kiosk_rest(kiosk);
        return;
    }
    const char *refused = begin_order(kiosk, kind);
    if (refused == NULL)
        kiosk_await_card(kiosk, "tap-card");
    else
        kiosk_say(kiosk, KIOSK_IDLE, refused);
}

static void act_balance(struct kiosk *kiosk, json_t *act) {
    (void)act;
    if (!is_free(kiosk))
        return;
    new_order(kiosk, KIOSK_BALANCE);
    kiosk_await_card(kiosk, "tap-balance");
}

static void act_cancel(struct kiosk *kiosk, json_t *act) {
    (void)act;
    if (kiosk->phase == KIOSK_TAP)
        kiosk_give_up(kiosk, "cancelled");
}

static void act_done(struct kiosk *kiosk, json_t *act) {
    (void)act;
    if (kiosk->phase == KIOSK_END)
        kiosk_rest(kiosk);
}

void kiosk_act(struct kiosk *kiosk, json_t *act) {
    static const struct {
        const char *word;
        void (*act)(struct kiosk *, json_t *);
    } acts[] = {
        {"order", act_order}, {"balance", act_balance}, {"cancel", act_cancel}, {"done", act_done}};
    const char *word = json_string_value(json_object_get(act, "do"));
    for (size_t i = 0; word != NULL && i < sizeof acts / sizeof acts[0]; i++)
        if (strcmp(word, acts[i].word) == 0)
            acts[i].act(kiosk, act);
}

// ---- commands ----------------------------------------------------------------------------------

/// What "pay" asks for, in the order's record.
static bool take_pay(struct kiosk *kiosk, json_t *command, struct failure *failure) {
    struct sale_record *record = &kiosk->order.record;
    const char *reference = "", *unit = "JPY", *text = "";
    json_int_t amount = 0;
    int kind = REFERENCE_GOODS;
    if (json_unpack(command, "{s:I, s:s, s?s, s?s, s?i}", "amount", &amount, "ref", &reference,
                    "unit", &unit, "text", &text, "kind", &kind) != 0 ||
        amount < 1)
        return fail(failure, EXIT_USAGE, "pay needs an amount and a reference");
    record->amount = (uint64_t)amount;
    record->unit = unit_from_name(unit);
    snprintf(record->text, sizeof record->text, "%s", text);
    if (!set_reference(record, (uint8_t)kind, reference))
        return fail(failure, EXIT_USAGE, "--ref '%s' is not 1 to %d characters long", reference,
                    PURSE_REFERENCE_MAX - 1);
    return record->unit != 0 || fail(failure, EXIT_USAGE, "--unit '%s' is no unit", unit);
}

/// The sale is over already: this reference says how.
static bool is_known(const struct sale_record *record) {
    return sale_due(record) == SALE_DUE_NOTHING && record->state != SALE_VOID;
}

static bool command_pay(struct kiosk *kiosk, json_t *command, int reply, struct failure *failure) {
    new_order(kiosk, KIOSK_SALE);
    if (!take_pay(kiosk, command, failure) || !kiosk_begin_sale(kiosk, failure)) {
        kiosk_rest(kiosk);
        return false;
    }
    kiosk->order.reply = reply;
    if (!is_known(&kiosk->order.record)) {
        kiosk_await_card(kiosk, "tap-card");
        return true;
    }
    kiosk->say = "paid";
    terminal_control_answer(reply, kiosk_answer(kiosk, EXIT_DONE, NULL));
    kiosk_rest(kiosk);
    return true;
}

/// "order": one article of the price list, as the screen orders it.
static bool command_order(struct kiosk *kiosk, json_t *command, int reply,
                          struct failure *failure) {
    enum price_kind kind = PRICE_GOODS;
    const char *id = json_string_value(json_object_get(command, "item"));
    if (!kiosk_read_prices(kiosk, failure))
        return false;
    new_order(kiosk, KIOSK_SALE);
    if (id == NULL || !add_item(kiosk, &kiosk->order.record, id, 1, &kind)) {
        kiosk_rest(kiosk);
        return fail(failure, EXIT_USAGE, "'%s' is not on the price list", id != NULL ? id : "");
    }
    const char *refused = begin_order(kiosk, kind);
    if (refused != NULL) {
        kiosk_rest(kiosk);
        return fail(failure, strcmp(refused, "no-network") == 0 ? EXIT_ABSENT : EXIT_REFUSED, "%s",
                    words_text(refused, LANGUAGE_ENGLISH));
    }
    kiosk->order.reply = reply;
    kiosk_await_card(kiosk, "tap-card");
    return true;
}

static bool command_refund(struct kiosk *kiosk, json_t *command, int reply,
                           struct failure *failure) {
    struct kiosk_order *order = &kiosk->order;
    const char *sale = "", *pin = "";
    json_int_t amount = 0, n = 0;
    new_order(kiosk, KIOSK_REFUND);
    if (json_unpack(command, "{s?s, s?I, s?I, s?s}", "ref", &sale, "amount", &amount, "n", &n,
                    "pin", &pin) != 0 ||
        strlen(sale) >= sizeof order->sale || strlen(pin) >= sizeof order->pin || amount < 0 ||
        n < 0 || n > UINT32_MAX)
        return fail(failure, EXIT_USAGE, "a refund names a sale by --ref or --sale");
    snprintf(order->sale, sizeof order->sale, "%s", sale);
    snprintf(order->pin, sizeof order->pin, "%s", pin);
    order->refund = (struct refund_order){.n = (uint32_t)n,
                                          .reference = sale[0] != '\0' ? order->sale : NULL,
                                          .amount = (uint64_t)amount,
                                          .unit = UNIT_JPY,
                                          .turn = -1};
    order->reply = reply;
    kiosk_await_card(kiosk, "tap-card");
    return true;
}

static bool command_pending(struct kiosk *kiosk, json_t *command, int reply,
                            struct failure *failure) {
    (void)command;
    (void)failure;
    terminal_control_answer(reply,
                            json_pack("{s:i, s:s, s:o, s:o}", "code", EXIT_DONE, "say", kiosk->say,
                                      "sales", kiosk_pending(kiosk), "notes", kiosk_notes(kiosk)));
    return true;
}

static bool command_close(struct kiosk *kiosk, json_t *command, int reply,
                          struct failure *failure) {
    (void)command;
    json_t *report = kiosk_close_day(kiosk, failure);
    if (report == NULL)
        return false;
    terminal_control_answer(reply, report);
    return true;
}

/// A person says how a sale ended that the machine cannot judge.
static bool command_settle(struct kiosk *kiosk, json_t *command, int reply,
                           struct failure *failure) {
    const char *reference = "", *end = "";
    struct sale_record record = {0}, found;
    if (json_unpack(command, "{s:s, s:s}", "ref", &reference, "end", &end) != 0)
        return fail(failure, EXIT_USAGE, "settle needs a reference and served or returned");
    for (uint8_t kind = REFERENCE_TICKET; kind <= REFERENCE_CONTENT; kind++) {
        if (!set_reference(&record, kind, reference) ||
            kiosk->machine.journal->find(kiosk->machine.journal,
                                         bytes_of(record.reference, record.reference_size),
                                         &found) != JOURNAL_FOUND)
            continue;
        if (!sale_decide(&kiosk->machine, &found,
                         strcmp(end, "served") == 0 ? SALE_SERVED : SALE_RETURNED, failure))
            return false;
        terminal_control_answer(reply, json_pack("{s:i, s:s}", "code", EXIT_DONE, "state",
                                                 sale_state_word(found.state)));
        return true;
    }
    return fail(failure, EXIT_REFUSED, "not-open: there is no sale '%s'", reference);
}

void kiosk_command(struct kiosk *kiosk, json_t *command, int reply) {
    static const struct {
        const char *word;
        bool (*run)(struct kiosk *, json_t *, int, struct failure *);
        bool order; // begins one
    } commands[] = {{"pay", command_pay, true},       {"order", command_order, true},
                    {"refund", command_refund, true}, {"pending", command_pending, false},
                    {"close", command_close, false},  {"settle", command_settle, false}};
    const char *word = json_string_value(json_object_get(command, "do"));
    struct failure failure = {EXIT_USAGE, "there is no such command"};
    for (size_t i = 0; word != NULL && i < sizeof commands / sizeof commands[0]; i++) {
        if (strcmp(word, commands[i].word) != 0)
            continue;
        if (commands[i].order && !is_free(kiosk))
            fail(&failure, EXIT_REFUSED, "another order is under way; try again");
        else if (commands[i].run(kiosk, command, reply, &failure))
            return;
    }
    terminal_control_answer(reply, terminal_control_failure(&failure));
}

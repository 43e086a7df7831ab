// SPDX-License-Identifier: Apache-2.0
// What the files of the kiosk share; nobody else includes it. kiosk.c opens, waits and closes,
// kiosk_act.c takes what is asked, kiosk_order.c follows one order to its end, kiosk_tap.c is one
// tap, kiosk_ticket.c sells a centre's tickets, kiosk_day.c closes a day, kiosk_notes.c warns,
// kiosk_show.c says how it stands.
#ifndef HOST_KIOSK_KIOSK_PRIVATE_H
#define HOST_KIOSK_KIOSK_PRIVATE_H

#include "base/buffer.h"
#include "host/flows/flow.h"
#include "host/kiosk/kiosk.h"
#include "host/kiosk/kiosk_centre.h"
#include "host/kiosk/price_list.h"
#include "host/sale/sale_machine.h"
#include "host/sale/sale_store.h"
#include "host/terminal/terminal_screen.h"

#include <limits.h>

/// What the screen shows.
enum kiosk_phase {
    KIOSK_IDLE, // choose
    KIOSK_TAP,  // hold a card
    KIOSK_HOLD, // keep it there
    KIOSK_END,  // how it ended
    KIOSK_PHASE_COUNT,
};

enum kiosk_order_kind { KIOSK_SALE, KIOSK_REFUND, KIOSK_BALANCE };

struct kiosk_order {
    enum kiosk_order_kind kind;
    struct sale_record record;      // of a sale; of a refund from its tap on
    struct refund_order refund;     //
    char sale[PURSE_REFERENCE_MAX]; // the reference that the refund names
    char pin[16];                   // of the till, for a refund; "": none
    int reply;                      // who waits for its end; -1: the screen
    enum language language;         // in which it is told and printed
    bool refused;                   // its last tap was
    struct flow flow;               // of its last tap
    struct purse_client customer;   //
    struct purse_balance balances[PURSE_POCKETS_MAX];
    size_t balance_count;
    bool has_balances;
    struct kiosk_ticket ticket; // what the licence centre knows of it
};

struct kiosk {
    struct kiosk_options options;
    struct sale_store *store;
    struct sale_machine machine;
    struct sale_server server;
    struct price_list prices;
    uint64_t list; // which reading of the prices it is
    int64_t prices_changed_ns;
    struct terminal_screen *screen; // NULL: none
    int control;                    // listening socket
    struct link *till_link;         // NULL: not here
    struct purse_client till;
    enum kiosk_phase phase;
    const char *say; // key of the sentence
    struct kiosk_order order;
    int64_t give_up_ms; // when a wait is over, monotonic; 0: none
    int64_t seek_ms;    // when a card is looked for again; 0: it is now, or none is
    int64_t orders_ms;  // when orders on file are brought to the centre again
    char receipts[PATH_MAX];
};

/// Milliseconds of a clock that never goes back: give_up_ms, seek_ms and orders_ms are of it.
int64_t kiosk_now_ms(void);

// ---- kiosk_show.c

/// Tells the screen how it stands.
void kiosk_show(struct kiosk *kiosk);
void kiosk_say(struct kiosk *kiosk, enum kiosk_phase phase, const char *say);
/// What a command hears about the order.
json_t *kiosk_answer(const struct kiosk *kiosk, int code, const char *error);

// ---- kiosk_order.c

/// Begins a sale on these terms: reference, amount, unit, item and text of the order's record.
/// False: refused.
bool kiosk_begin_sale(struct kiosk *kiosk, struct failure *failure);
/// Waits for a card for the order that was filled in.
void kiosk_await_card(struct kiosk *kiosk, const char *say);
/// Looks for the card now.
void kiosk_seek(struct kiosk *kiosk);
/// The slot has something to say.
void kiosk_card_came(struct kiosk *kiosk);
/// Ends the wait: nobody came, or nobody wants it any more. say: what the screen then says.
void kiosk_give_up(struct kiosk *kiosk, const char *say);
/// What an earlier run left.
bool kiosk_resume(struct kiosk *kiosk, struct failure *failure);
/// Back to choosing.
void kiosk_rest(struct kiosk *kiosk);
/// The part of the machine that serves: receipts, whole or absent.
struct sale_server kiosk_server(struct kiosk *kiosk);

// ---- kiosk_tap.c

/// The till's purse, found again if need be.
bool kiosk_find_till(struct kiosk *kiosk, struct failure *failure);
/// Lets a till go that does not answer any more.
void kiosk_lose_till(struct kiosk *kiosk);
/// One tap for the order, over the customer's card. Returns the key of how it went.
const char *kiosk_tap(struct kiosk *kiosk, struct link *card);

// ---- kiosk_ticket.c

/// Makes STATE/orders, where there is a centre.
bool kiosk_open_orders(struct kiosk *kiosk, struct failure *failure);
/// Asks the centre for the ticket that the order's record names, before a card is asked for.
/// NULL: it sells it at this price; else what the screen says.
const char *kiosk_ask_centre(struct kiosk *kiosk);
/// Orders it for the customer's purse, which was selected; durable, and the sale has begun under
/// the centre's reference. NULL: done, or done by an earlier tap of the same card.
const char *kiosk_place_order(struct kiosk *kiosk);
/// Brings the receipt of the order, which is paid, and the ticket back to the card. Returns what
/// the screen says: it is there, or is to be fetched over the network.
const char *kiosk_hand_over(struct kiosk *kiosk, struct link *card);
/// Before a refund: is the receipt of number n of the till good for a ticket, then the centre
/// cancels it. NULL: the money may go back; else what the screen says.
const char *kiosk_cancel_ticket(struct kiosk *kiosk, uint32_t n);
/// The order at the centre of the record that an earlier run left.
void kiosk_recall_order(struct kiosk *kiosk);
/// Now and then: receipts that the centre does not have yet.
void kiosk_bring_orders(struct kiosk *kiosk);

// ---- kiosk_act.c

/// An act of the screen.
void kiosk_act(struct kiosk *kiosk, json_t *act);
/// A command; reply is answered now or at the end of its order.
void kiosk_command(struct kiosk *kiosk, json_t *command, int reply);
/// Reads the price list again where the file has changed. False: it cannot be read; the old one
/// stays.
bool kiosk_read_prices(struct kiosk *kiosk, struct failure *failure);

// ---- kiosk_day.c

/// The till's batch and what is to be uploaded with it. NULL with a failure.
json_t *kiosk_close_day(struct kiosk *kiosk, struct failure *failure);
/// Sales that are not over.
json_t *kiosk_pending(struct kiosk *kiosk);

// ---- kiosk_notes.c

/// What should be seen to, as an array of {"note", "number"}.
json_t *kiosk_notes(struct kiosk *kiosk);

#endif

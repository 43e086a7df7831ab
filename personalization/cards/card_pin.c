// SPDX-License-Identifier: Apache-2.0
#include "personalization/cards/card_pin.h"

#include "apdu/command/applets/piv_commands.h"
#include "apdu/command/applets/purse_commands.h"
#include "apdu/command/exchange.h"
#include "apdu/command/purse.h"
#include "apdu/command/tickets.h"
#include "apdu/octets/status.h"
#include "apdu/octets/tlv.h"
#include "base/must.h"

#include <string.h>

enum {
    PIV_PADDED = 8,
    PIV_SHORTEST = 6,
    PURSE_SHORTEST = 4,
    PURSE_LONGEST = 12,
    REFERENCE = 0x80,
    PRESENT = 0x80,
    NEW = 0x81,
    DATA_MAX = 2 * (2 + PURSE_LONGEST),
    ANSWER_MAX = 258,
};

// ---- what is sent -------------------------------------------------------------------------------

static bool is_value(const struct card_pin_order *order, const char *value, bool puk) {
    size_t size = strlen(value);
    bool piv = order->owner == CARD_PIN_PIV;
    size_t least = piv ? (puk ? PIV_PADDED : PIV_SHORTEST) : PURSE_SHORTEST;
    size_t most = piv ? PIV_PADDED : PURSE_LONGEST;
    return size >= least && size <= most && strspn(value, "0123456789") == size;
}

static bool check(const struct card_pin_order *order, struct failure *failure) {
    bool puk = order->step == CARD_PIN_UNBLOCK, piv = order->owner == CARD_PIN_PIV;
    if (!is_value(order, order->present, puk))
        return fail(failure, EXIT_USAGE, "the %s is not of %s digits; nothing was sent",
                    puk ? "PUK" : "PIN",
                    !piv  ? "4 to 12"
                    : puk ? "8"
                          : "6 to 8");
    return is_value(order, order->new, false) ||
           fail(failure, EXIT_USAGE, "the new PIN is not of %s digits; nothing was sent",
                piv ? "6 to 8" : "4 to 12");
}

static void pad(uint8_t out[PIV_PADDED], const char *value) {
    memset(out, 0xFF, PIV_PADDED);
    memcpy(out, value, strlen(value));
}

/// Two values as the application takes them.
static size_t form_data(const struct card_pin_order *order, uint8_t data[DATA_MAX]) {
    struct tlv_writer out = tlv_writer_over(data, DATA_MAX);
    if (order->owner == CARD_PIN_PIV) {
        pad(data, order->present);
        pad(data + PIV_PADDED, order->new);
        return (size_t)2 * PIV_PADDED;
    }
    tlv_put(&out, PRESENT, bytes_of_string(order->present));
    tlv_put(&out, NEW, bytes_of_string(order->new));
    return tlv_writer_bytes(&out).size;
}

// ---- what comes back ----------------------------------------------------------------------------

static bool send(struct link *link, const struct apdu_command *command, uint16_t *sw,
                 struct failure *failure) {
    uint8_t answer[ANSWER_MAX];
    struct apdu_response response;
    struct exchange_count count = {0};
    enum link_status status = exchange(link, command, answer, sizeof answer, &response, &count);
    *sw = status == LINK_OK ? response.sw : 0;
    return status == LINK_OK || fail(failure,
                                     status == LINK_NO_CARD  ? EXIT_ABSENT
                                     : status == LINK_LOCKED ? EXIT_LOCKED
                                                             : EXIT_OPEN,
                                     "%s: %s", link->name, link->error);
}

const char *card_pin_owner_name(enum card_pin_owner owner) {
    static const char *const names[] = {
        [CARD_PIN_FOUND] = "purse and no ticket store",
        [CARD_PIN_PURSE] = "purse",
        [CARD_PIN_TICKETS] = "ticket store",
        [CARD_PIN_PIV] = "PIV application",
    };
    must_cover(names, CARD_PIN_OWNER_COUNT);
    return names[owner];
}

static bool select_one(struct link *link, enum card_pin_owner owner, uint16_t *sw,
                       struct failure *failure) {
    static const uint8_t purse[] = AID_PURSE, tickets[] = AID_TICKETS;
    struct bytes aid = owner == CARD_PIN_PURSE ? BYTES_OF(purse) : BYTES_OF(tickets);
    if (owner == CARD_PIN_PIV)
        aid = bytes_of(piv_application.aid, piv_application.aid_size);
    struct apdu_command select = {.ins = 0xA4, .p1 = 0x04, .data = aid, .le = APDU_SHORT_LE_MAX};
    return send(link, &select, sw, failure);
}

static bool select_application(struct link *link, struct card_pin_order *order,
                               struct failure *failure) {
    static const enum card_pin_owner usual[] = {CARD_PIN_PURSE, CARD_PIN_TICKETS};
    bool any = order->owner == CARD_PIN_FOUND;
    const enum card_pin_owner *owners = any ? usual : &order->owner;
    uint16_t sw = SW_NOT_FOUND;
    for (size_t i = 0; i < (any ? 2 : 1) && sw == SW_NOT_FOUND; i++) {
        enum card_pin_owner owner = owners[i];
        if (!select_one(link, owner, &sw, failure))
            return false;
        if (sw == SW_OK)
            order->owner = owner;
    }
    return sw == SW_OK || fail(failure, EXIT_REFUSED, "%s: the card has no %s (%04X)", link->name,
                               card_pin_owner_name(order->owner), sw);
}

static bool judge(const struct link *link, const struct card_pin_order *order, uint16_t sw,
                  struct failure *failure) {
    const char *what = order->step == CARD_PIN_UNBLOCK ? "PUK" : "PIN";
    if (sw == SW_OK)
        return true;
    if ((sw & 0xFFF0) == SW_TRIES_LEFT)
        return fail(failure, EXIT_REFUSED, "%s: the %s is wrong; tries left: %u", link->name, what,
                    sw & 0x0F);
    if (sw == SW_PIN_BLOCKED)
        return fail(failure, EXIT_LOCKED, "%s: the %s is blocked%s", link->name, what,
                    order->step == CARD_PIN_CHANGE ? "; unblock it with the PUK: tessera card pin "
                                                     "unblock"
                                                   : ", for ever");
    return fail(failure, EXIT_REFUSED, "%s: the card answers %04X (%s)", link->name, sw,
                status_text(sw));
}

bool card_pin_set(struct link *link, struct card_pin_order *order, struct failure *failure) {
    uint8_t data[DATA_MAX];
    uint16_t sw = 0;
    if (!check(order, failure) || !select_application(link, order, failure))
        return false;
    struct apdu_command command = {.ins = order->step == CARD_PIN_UNBLOCK ? 0x2C : 0x24,
                                   .p2 = REFERENCE,
                                   .data = bytes_of(data, form_data(order, data))};
    bool done = send(link, &command, &sw, failure) && judge(link, order, sw, failure);
    bytes_erase(data, sizeof data);
    return done;
}

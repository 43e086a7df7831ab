// SPDX-License-Identifier: Apache-2.0
// Reading: GET DATA, GET LOG, and EXCHANGE CERTIFICATES, by which two holders meet. What a purse
// holds is shown to whom its owner allows: under free reading, or after the PIN. docs/purse.md,
// "Reading".
#include "card/applets/purse/commands.h"
#include "card/applets/purse/consent.h"
#include "card/applets/purse/identity.h"
#include "card/applets/purse/pocket.h"
#include "card/applets/purse/ring.h"
#include "card/applets/purse/trust.h"
#include "card/applets/purse/window.h"

enum { LIST_ROOM = 80 }; // octets that one more row of a list may take

uint16_t purse_exchange_certificates(struct card_call *call) {
    uint16_t sw = peer_learn(call, call->command.data);
    return sw == SW_OK ? identity_put_certificate(call) : sw;
}

static void put_number(struct card_call *call, enum field field, uint64_t value) {
    tlv_put_uint(&call->answer, field_specs[field].tag, value);
}

static void put_date(struct card_call *call, enum field field, uint64_t date) {
    uint8_t packed[4];
    for (size_t i = sizeof packed; i-- > 0; date /= 100)
        packed[i] = (uint8_t)(date % 100 / 10 << 4 | date % 10);
    if (bytes_get_be(packed, sizeof packed) != 0)
        tlv_put(&call->answer, field_specs[field].tag, BYTES_OF(packed));
}

static void put_text(struct card_call *call, tlv_tag tag, enum text text) {
    uint8_t buffer[HOLDER_MAX];
    struct bytes value = text_get(call, text, buffer);
    if (value.size > 0)
        tlv_put(&call->answer, tag, value);
}

static bool list_is_full(const struct card_call *call) {
    return call->answer.capacity - call->answer.size < LIST_ROOM;
}

static uint16_t get_pockets(struct card_call *call) {
    if (!session_may_read(call))
        return SW_SECURITY_STATUS;
    size_t mark = tlv_begin(&call->answer, field_specs[FIELD_POCKETS].tag);
    pockets_put(call, &call->answer);
    tlv_end(&call->answer, mark);
    return SW_OK;
}

static uint16_t get_counters(struct card_call *call) {
    struct once once = window_at(call);
    put_number(call, FIELD_COUNTER, number_get(call, NUMBER_COUNTER));
    put_number(call, FIELD_N, once.next);
    put_number(call, FIELD_STATE_NUMBER, number_get(call, NUMBER_STATE));
    put_number(call, FIELD_SERIAL, number_get(call, NUMBER_SERIAL));
    put_number(call, FIELD_REVISION, number_get(call, NUMBER_REVISION));
    return SW_OK;
}

static void put_open(struct card_call *call, uint32_t n, const struct window_record *record) {
    size_t mark = tlv_begin(&call->answer, PURSE_TAG_OPEN);
    uint8_t unit[2];
    bytes_put_be(unit, sizeof unit, record->unit);
    put_number(call, FIELD_N, n);
    tlv_put(&call->answer, field_specs[FIELD_PAYER].tag,
            bytes_of(record->payer, record->payer_size));
    put_number(call, FIELD_AMOUNT, record->amount);
    tlv_put(&call->answer, field_specs[FIELD_UNIT].tag, BYTES_OF(unit));
    tlv_put(&call->answer, field_specs[FIELD_REFERENCE].tag,
            bytes_of(record->reference, record->reference_size));
    tlv_end(&call->answer, mark);
}

static uint16_t get_window(struct card_call *call) {
    struct once once = window_at(call);
    struct window_record record;
    put_number(call, FIELD_BASE, once.base);
    put_number(call, FIELD_N, once.next);
    put_number(call, FIELD_FIRST_N, number_get(call, NUMBER_SETTLED));
    for (uint32_t n = once.base; once_next_open(call, &once, n, once.next, &n); n++) {
        if (list_is_full(call))
            break;
        window_read(call, &once, n, &record);
        put_open(call, n, &record);
    }
    return SW_OK;
}

static uint16_t get_time(struct card_call *call) {
    put_date(call, FIELD_DATE, number_get(call, NUMBER_DATE));
    put_number(call, FIELD_VERSION, number_get(call, NUMBER_HOTLIST_VERSION));
    return SW_OK;
}

/// Is this a stranger's reader over a wallet whose owner does not allow free reading?
static bool is_private(const struct card_call *call) {
    return call->interface == CARD_CONTACTLESS && (purse_roles(call) & ROLE_WALLET) != 0 &&
           !session_may_read(call);
}

static uint16_t get_limits(struct card_call *call) {
    static const struct {
        enum field field;
        enum number number;
    } LIMITS[] = {
        {FIELD_LIMIT_BALANCE, NUMBER_LIMIT_BALANCE}, {FIELD_LIMIT_SINGLE, NUMBER_LIMIT_SINGLE},
        {FIELD_NO_PIN_SINGLE, NUMBER_NO_PIN_SINGLE}, {FIELD_NO_PIN_SUM, NUMBER_NO_PIN_SUM},
        {FIELD_NO_PIN_COUNT, NUMBER_NO_PIN_COUNT},   {FIELD_OFFLINE_COUNT, NUMBER_OFFLINE_COUNT},
        {FIELD_OFFLINE_SUM, NUMBER_OFFLINE_SUM},
    };
    if (is_private(call))
        return SW_SECURITY_STATUS;
    for (size_t i = 0; i < sizeof LIMITS / sizeof LIMITS[0]; i++) {
        uint64_t limit = number_get(call, LIMITS[i].number);
        if (limit != UNLIMITED)
            put_number(call, LIMITS[i].field, limit);
    }
    put_date(call, FIELD_EXPIRY, number_get(call, NUMBER_ISSUE_EXPIRY));
    return SW_OK;
}

static uint16_t get_identity(struct card_call *call) {
    uint8_t roles[2], options = (uint8_t)number_get(call, NUMBER_OPTIONS);
    bytes_put_be(roles, sizeof roles, purse_roles(call));
    put_text(call, field_specs[FIELD_HOLDER].tag, TEXT_HOLDER);
    tlv_put(&call->answer, field_specs[FIELD_ROLES].tag, BYTES_OF(roles));
    if (!is_private(call)) {
        put_text(call, field_specs[FIELD_DEVICE].tag, TEXT_DEVICE);
        put_text(call, field_specs[FIELD_USER].tag, TEXT_USER);
    }
    tlv_put(&call->answer, PURSE_TAG_OPTIONS, bytes_of(&options, 1));
    return SW_OK;
}

static void put_entry(struct card_call *call, const struct ring_entry *entry) {
    size_t mark = tlv_begin(&call->answer, PURSE_TAG_ENTRY);
    tlv_put_uint(&call->answer, PURSE_TAG_STATE, entry->state);
    tlv_put_uint(&call->answer, PURSE_TAG_SLOT, entry->slot);
    put_number(call, FIELD_COUNTER, entry->counter);
    tlv_put(&call->answer, field_specs[FIELD_PAYEE].tag, bytes_of(entry->payee, entry->payee_size));
    put_number(call, FIELD_N, entry->n);
    tlv_end(&call->answer, mark);
}

static uint16_t get_unratified(struct card_call *call) {
    uint16_t slots = geometry(call).ring;
    for (uint16_t slot = 0; slot < slots && !list_is_full(call); slot++) {
        struct ring_entry entry = ring_at(call, slot);
        if (entry.state == PURSE_ENTRY_UNRATIFIED)
            put_entry(call, &entry);
    }
    return SW_OK;
}

/// A machine shows its own terminal whom it knows; a wallet's acquaintances are its owner's affair.
static uint16_t get_peers(struct card_call *call) {
    if (call->interface == CARD_CONTACTLESS)
        return SW_INTERFACE;
    if ((purse_roles(call) & ROLE_WALLET) != 0 && !session_may_read(call))
        return SW_SECURITY_STATUS;
    peers_put(call);
    return SW_OK;
}

static const struct {
    uint16_t data;
    uint16_t (*get)(struct card_call *call);
} DATA[] = {
    {PURSE_DATA_POCKETS, get_pockets},
    {PURSE_DATA_COUNTERS, get_counters},
    {PURSE_DATA_WINDOW, get_window},
    {PURSE_DATA_TIME, get_time},
    {PURSE_DATA_LIMITS, get_limits},
    {PURSE_DATA_IDENTITY, get_identity},
    {PURSE_DATA_UNRATIFIED, get_unratified},
    {PURSE_DATA_PEERS, get_peers},
    {PURSE_DATA_CERTIFICATE, identity_put_certificate},
};

uint16_t purse_get_data(struct card_call *call) {
    uint16_t wanted = (uint16_t)(call->command.p1 << 8 | call->command.p2);
    for (size_t i = 0; i < sizeof DATA / sizeof DATA[0]; i++)
        if (DATA[i].data == wanted)
            return DATA[i].get(call);
    return SW_REFERENCE_NOT_FOUND;
}

/// An unratified log may be fetched by anyone over any interface: it is of use to its payee only,
/// and must reach it. Closed ones are history, which stays off the air.
uint16_t purse_get_log(struct card_call *call) {
    uint8_t log[RING_LOG_MAX];
    uint16_t slot = (uint16_t)(call->command.p1 << 8 | call->command.p2);
    if (slot >= geometry(call).ring)
        return SW_RECORD_NOT_FOUND;
    struct ring_entry entry = ring_at(call, slot);
    if (entry.state == PURSE_ENTRY_FREE)
        return SW_RECORD_NOT_FOUND;
    bool history = entry.state != PURSE_ENTRY_UNRATIFIED;
    if (history && (call->interface == CARD_CONTACTLESS || !session_may_read(call)))
        return SW_SECURITY_STATUS;
    size_t size = ring_log(call, slot, log);
    tlv_put_raw(&call->answer, bytes_of(log, size));
    return SW_OK;
}

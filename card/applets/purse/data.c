// SPDX-License-Identifier: Apache-2.0
// Reading: GET DATA, GET LOG, and EXCHANGE CERTIFICATES, by which two holders meet. What a purse
// holds is shown to whom its owner allows: under free reading, or after the PIN. docs/purse.md,
// "Reading".
#include "card/applets/purse/commands.h"
#include "card/applets/purse/state/consent.h"
#include "card/applets/purse/state/pocket.h"
#include "card/applets/purse/state/ring.h"
#include "card/applets/purse/state/window.h"
#include "card/identity/identity.h"
#include "card/identity/learn.h"
#include "card/identity/peers.h"

enum { LIST_ROOM = 80 }; // octets that one more row of a list may take

uint16_t purse_exchange_certificates(struct purse *purse) {
    return learn_exchange(purse->call);
}

static void put_number(struct purse *purse, enum field field, uint64_t value) {
    tlv_put_uint(&purse->call->answer, field_specs[field].tag, value);
}

static void put_date(struct purse *purse, enum field field, uint64_t date) {
    uint8_t packed[4];
    for (size_t i = sizeof packed; i-- > 0; date /= 100)
        packed[i] = (uint8_t)(date % 100 / 10 << 4 | date % 10);
    if (bytes_get_be(packed, sizeof packed) != 0)
        tlv_put(&purse->call->answer, field_specs[field].tag, BYTES_OF(packed));
}

static void put_text(struct purse *purse, tlv_tag tag, enum text text) {
    uint8_t buffer[HOLDER_MAX];
    struct bytes value = text_get(purse, text, buffer);
    if (value.size > 0)
        tlv_put(&purse->call->answer, tag, value);
}

static bool list_is_full(const struct purse *purse) {
    return purse->call->answer.capacity - purse->call->answer.size < LIST_ROOM;
}

static uint16_t get_pockets(struct purse *purse) {
    if (!session_may_read(purse))
        return SW_SECURITY_STATUS;
    size_t mark = tlv_begin(&purse->call->answer, field_specs[FIELD_POCKETS].tag);
    pockets_put(purse, &purse->call->answer);
    tlv_end(&purse->call->answer, mark);
    return SW_OK;
}

static uint16_t get_counters(struct purse *purse) {
    struct once once = window_at(purse);
    put_number(purse, FIELD_COUNTER, number_get(purse, NUMBER_COUNTER));
    put_number(purse, FIELD_N, once.next);
    put_number(purse, FIELD_STATE_NUMBER, number_get(purse, NUMBER_STATE));
    put_number(purse, FIELD_SERIAL, number_get(purse, NUMBER_SERIAL));
    put_number(purse, FIELD_REVISION, number_get(purse, NUMBER_REVISION));
    return SW_OK;
}

static void put_open(struct purse *purse, uint32_t n, const struct window_record *record) {
    size_t mark = tlv_begin(&purse->call->answer, PURSE_TAG_OPEN);
    uint8_t unit[2];
    bytes_put_be(unit, sizeof unit, record->unit);
    put_number(purse, FIELD_N, n);
    tlv_put(&purse->call->answer, field_specs[FIELD_PAYER].tag,
            bytes_of(record->payer, record->payer_size));
    put_number(purse, FIELD_AMOUNT, record->amount);
    tlv_put(&purse->call->answer, field_specs[FIELD_UNIT].tag, BYTES_OF(unit));
    tlv_put(&purse->call->answer, field_specs[FIELD_REFERENCE].tag,
            bytes_of(record->reference, record->reference_size));
    tlv_end(&purse->call->answer, mark);
}

static uint16_t get_window(struct purse *purse) {
    struct once once = window_at(purse);
    struct window_record record;
    put_number(purse, FIELD_BASE, once.base);
    put_number(purse, FIELD_N, once.next);
    if ((purse->roles & ROLE_TILL) != 0)
        put_number(purse, FIELD_FIRST_N, number_get(purse, NUMBER_BATCHED));
    for (uint32_t n = once.base; once_next_open(purse->call, &once, n, once.next, &n); n++) {
        if (list_is_full(purse))
            break;
        window_read(purse, &once, n, &record);
        put_open(purse, n, &record);
    }
    return SW_OK;
}

static uint16_t get_time(struct purse *purse) {
    identity_put_center(purse->call);
    put_date(purse, FIELD_DATE, clock_today(purse->call));
    put_number(purse, FIELD_VERSION, identity_get(purse->call, IDENTITY_HOTLIST_VERSION));
    return SW_OK;
}

/// Is this a stranger's reader over a wallet whose owner does not allow free reading?
static bool is_private(const struct purse *purse) {
    return purse->call->interface == CARD_CONTACTLESS && (purse->roles & ROLE_WALLET) != 0 &&
           !session_may_read(purse);
}

static uint16_t get_limits(struct purse *purse) {
    static const struct {
        enum field field;
        enum number number;
    } LIMITS[] = {
        {FIELD_LIMIT_BALANCE, NUMBER_LIMIT_BALANCE}, {FIELD_LIMIT_SINGLE, NUMBER_LIMIT_SINGLE},
        {FIELD_NO_PIN_SINGLE, NUMBER_NO_PIN_SINGLE}, {FIELD_NO_PIN_SUM, NUMBER_NO_PIN_SUM},
        {FIELD_NO_PIN_COUNT, NUMBER_NO_PIN_COUNT},   {FIELD_OFFLINE_COUNT, NUMBER_OFFLINE_COUNT},
        {FIELD_OFFLINE_SUM, NUMBER_OFFLINE_SUM},
    };
    if (is_private(purse))
        return SW_SECURITY_STATUS;
    for (size_t i = 0; i < sizeof LIMITS / sizeof LIMITS[0]; i++) {
        uint64_t limit = number_get(purse, LIMITS[i].number);
        if (limit != UNLIMITED)
            put_number(purse, LIMITS[i].field, limit);
    }
    put_date(purse, FIELD_EXPIRY, number_get(purse, NUMBER_ISSUE_EXPIRY));
    return SW_OK;
}

static uint16_t get_identity(struct purse *purse) {
    uint8_t roles[2], holder[HOLDER_MAX];
    uint8_t options = (uint8_t)number_get(purse, NUMBER_OPTIONS);
    bytes_put_be(roles, sizeof roles, purse->roles);
    tlv_put(&purse->call->answer, field_specs[FIELD_HOLDER].tag,
            identity_text(purse->call, IDENTITY_HOLDER, holder));
    tlv_put(&purse->call->answer, field_specs[FIELD_ROLES].tag, BYTES_OF(roles));
    if (!is_private(purse)) {
        put_text(purse, field_specs[FIELD_DEVICE].tag, TEXT_DEVICE);
        put_text(purse, field_specs[FIELD_USER].tag, TEXT_USER);
    }
    tlv_put(&purse->call->answer, PURSE_TAG_OPTIONS, bytes_of(&options, 1));
    return SW_OK;
}

static void put_entry(struct purse *purse, const struct ring_entry *entry) {
    size_t mark = tlv_begin(&purse->call->answer, PURSE_TAG_ENTRY);
    tlv_put_uint(&purse->call->answer, PURSE_TAG_STATE, entry->state);
    tlv_put_uint(&purse->call->answer, PURSE_TAG_SLOT, entry->slot);
    put_number(purse, FIELD_COUNTER, entry->counter);
    tlv_put(&purse->call->answer, field_specs[FIELD_PAYEE].tag,
            bytes_of(entry->payee, entry->payee_size));
    put_number(purse, FIELD_N, entry->n);
    tlv_end(&purse->call->answer, mark);
}

static uint16_t get_unratified(struct purse *purse) {
    uint16_t slots = purse->tables.ring;
    for (uint16_t slot = 0; slot < slots && !list_is_full(purse); slot++) {
        struct ring_entry entry = ring_at(purse, slot);
        if (entry.state == PURSE_ENTRY_UNRATIFIED)
            put_entry(purse, &entry);
    }
    return SW_OK;
}

/// A machine shows its own terminal whom it knows; a wallet's acquaintances are its owner's affair.
static uint16_t get_peers(struct purse *purse) {
    if (purse->call->interface == CARD_CONTACTLESS)
        return SW_INTERFACE;
    if ((purse->roles & ROLE_WALLET) != 0 && !session_may_read(purse))
        return SW_SECURITY_STATUS;
    peers_put(purse->call);
    return SW_OK;
}

static uint16_t get_certificate(struct purse *purse) {
    return identity_put_certificate(purse->call);
}

static const struct {
    uint16_t data;
    uint16_t (*get)(struct purse *purse);
} DATA[] = {
    {PURSE_DATA_POCKETS, get_pockets},         {PURSE_DATA_COUNTERS, get_counters},
    {PURSE_DATA_WINDOW, get_window},           {PURSE_DATA_TIME, get_time},
    {PURSE_DATA_LIMITS, get_limits},           {PURSE_DATA_IDENTITY, get_identity},
    {PURSE_DATA_UNRATIFIED, get_unratified},   {PURSE_DATA_PEERS, get_peers},
    {PURSE_DATA_CERTIFICATE, get_certificate},
};

uint16_t purse_get_data(struct purse *purse) {
    uint16_t wanted = (uint16_t)(purse->call->command.p1 << 8 | purse->call->command.p2);
    for (size_t i = 0; i < sizeof DATA / sizeof DATA[0]; i++)
        if (DATA[i].data == wanted)
            return DATA[i].get(purse);
    return SW_REFERENCE_NOT_FOUND;
}

/// An unratified log must reach its payee, and may be fetched over any interface, but for a wallet
/// that keeps its totals to itself: that one gives it in answer to its payee's request (DEBIT).
/// Closed ones are history, which stays off the air.
uint16_t purse_get_log(struct purse *purse) {
    uint8_t log[RING_LOG_MAX];
    uint16_t slot = (uint16_t)(purse->call->command.p1 << 8 | purse->call->command.p2);
    if (slot >= purse->tables.ring)
        return SW_RECORD_NOT_FOUND;
    struct ring_entry entry = ring_at(purse, slot);
    if (entry.state == PURSE_ENTRY_FREE)
        return SW_RECORD_NOT_FOUND;
    bool history = entry.state != PURSE_ENTRY_UNRATIFIED;
    if (history && (purse->call->interface == CARD_CONTACTLESS || !session_may_read(purse)))
        return SW_SECURITY_STATUS;
    if (!session_tells_totals(purse))
        return SW_SECURITY_STATUS;
    size_t size = ring_log(purse, slot, log);
    tlv_put_raw(&purse->call->answer, bytes_of(log, size));
    return SW_OK;
}

/// What became of one number of a till, for its terminal: before a refund, or after a loss of
/// memory.
uint16_t purse_get_sale(struct purse *purse) {
    static const struct schema_field FIELDS[] = {{FIELD_N, false}};
    struct card_call *call = purse->call;
    struct object named;
    struct window_record record;
    struct once once = window_at(purse);
    if ((purse->roles & ROLE_TILL) == 0)
        return SW_WRONG_ROLE;
    if (!fields_decode(call->command.data, FIELDS, 1, named.fields))
        return SW_WRONG_DATA;
    uint32_t n = (uint32_t)object_uint(&named, FIELD_N);
    enum once_state state = once_state(call, &once, n);
    if (state == ONCE_NEVER || state == ONCE_FORGOTTEN)
        return state == ONCE_NEVER ? SW_NOT_OPEN : SW_ASK_CENTER;
    window_read(purse, &once, n, &record);
    tlv_put_uint(&call->answer, PURSE_TAG_STATE, state);
    put_open(purse, n, &record);
    tlv_put_uint(&call->answer, PURSE_TAG_REFUNDED, record.refunded);
    tlv_put_uint(&call->answer, PURSE_TAG_REFUNDS, record.refunds);
    return SW_OK;
}

// SPDX-License-Identifier: Apache-2.0
// The way of a command through the card: class, channel and secure messaging, instruction, P1 P2,
// chaining, length, interface, life cycle, then the handler in its transaction, then as much of the
// answer as Le and the caller's buffer take. ISO/IEC 7816-4 5; the order of checks:
// docs/card-os.md.
#include <string.h>

#include "apdu/command/applets/os_commands.h"
#include "base/must.h"
#include "card/os/context.h"

enum {
    CLA_CHAIN = APDU_CLA_CHAINING,
    CLA_SECURE = 0x0C,
    CLA_CHANNEL = 0x03,
    CLA_READER = 0xFF, // commands that readers answer, or hand on: no channel, chain or messaging
    GET_RESPONSE_INS = 0xC0,
};

/// What the dispatcher found out about one command.
struct route {
    const struct catalogue_command *row;
    card_handler *handle;
    bool wrapped; // secure messaging to be removed and added
};

static uint16_t get_uid(struct card_call *call) {
    tlv_put_raw(&call->answer, bytes_of(call->card->uid, sizeof call->card->uid));
    return SW_OK;
}

static card_handler *const os_handlers[] = {
    [COMMAND_SELECT] = select_by_name,
    [COMMAND_GET_RESPONSE] = NULL, // bypasses the transaction
    [COMMAND_GET_UID] = get_uid,
};

must_cover(os_handlers, COMMAND_OS_COUNT);

static bool is(const struct route *route, enum os_command command) {
    return route->row == &os_commands[command];
}

// ---- answers -----------------------------------------------------------------------------------

static void drop_answer(struct card *card) {
    bytes_erase(card->answer, card->waiting.end);
    card->waiting = (struct card_waiting){0};
}

static void drop_chain(struct card *card) {
    bytes_erase(card->command, card->chain.size);
    card->chain = (struct card_chain){0};
}

static size_t put_sw(uint8_t *answer, size_t size, uint16_t sw) {
    bytes_put_be(answer + size, 2, sw);
    return size + 2;
}

/// Gives up to limit octets of what waits, then 61xx or the command's own status word.
static size_t put_waiting(struct card *card, size_t limit, uint8_t *answer, size_t capacity) {
    struct card_waiting *waiting = &card->waiting;
    size_t left = waiting->end - waiting->at;
    size_t size = left < limit ? left : limit;
    if (size > capacity - 2)
        size = capacity - 2;
    memcpy(answer, card->answer + waiting->at, size);
    waiting->at += size;
    left -= size;
    if (left > 0)
        return put_sw(answer, size, (uint16_t)(SW_MORE_DATA | (left > 0xFF ? 0 : left)));
    uint16_t sw = waiting->sw;
    drop_answer(card);
    return put_sw(answer, size, sw);
}

static size_t get_response(struct card *card, const struct apdu_command *command, uint8_t *answer,
                           size_t capacity) {
    size_t left = card->waiting.end - card->waiting.at;
    if (apdu_command_case(command) != APDU_CASE_2)
        return put_sw(answer, 0, SW_WRONG_LENGTH);
    if (left == 0)
        return put_sw(answer, 0, SW_CONDITIONS);
    bool all = command->le == (command->extended ? APDU_EXTENDED_LE_MAX : APDU_SHORT_LE_MAX);
    if (!all && command->le > left)
        return put_sw(answer, 0, (uint16_t)(SW_WRONG_LE | (left > 0xFF ? 0 : left)));
    return put_waiting(card, command->le, answer, capacity);
}

/// Without Le an answer waits behind 61xx, but for the commands whose clients in the field leave Le
/// out and expect it at once.
static size_t reply(struct card *card, const struct catalogue_command *row,
                    const struct apdu_command *command, size_t size, uint16_t sw, uint8_t *answer,
                    size_t capacity) {
    card->waiting = (struct card_waiting){.end = size, .sw = sw};
    bool unasked = command->le == 0 && row->unasked;
    return put_waiting(card, unasked ? APDU_SHORT_LE_MAX : command->le, answer, capacity);
}

// ---- finding -----------------------------------------------------------------------------------

/// Looks a header up in one table; keeps in *best the status word of the nearest miss.
static bool look_up(const struct application *application, card_handler *const *handlers,
                    uint8_t cla, const uint8_t header[4], struct route *route, uint16_t *best) {
    for (size_t i = 0; i < application->command_count; i++) {
        const struct catalogue_command *row = &application->commands[i];
        if (row->cla != cla)
            continue;
        if (*best == SW_CLA_NOT_SUPPORTED)
            *best = SW_INS_NOT_SUPPORTED;
        if (row->ins != header[1])
            continue;
        *best = SW_WRONG_P1P2;
        if ((header[2] & row->p1_mask) != row->p1 || (header[3] & row->p2_mask) != row->p2)
            continue;
        route->row = row;
        route->handle = handlers[i];
        return true;
    }
    return false;
}

static uint16_t find_exact(const struct card *card, uint8_t cla, const uint8_t header[4],
                           struct route *route) {
    const struct applet *applet = card->instances[card->selected].applet;
    uint16_t best = SW_CLA_NOT_SUPPORTED;
    if (look_up(&os_application, os_handlers, cla, header, route, &best) ||
        look_up(applet->application, applet->handlers, cla, header, route, &best))
        return SW_OK;
    return best;
}

/// Class byte first: interindustry and GlobalPlatform classes on channel 0, and the readers' FF.
static uint16_t find_route(const struct card *card, const uint8_t header[4], struct route *route) {
    uint8_t cla = header[0];
    route->wrapped = false;
    if (cla == CLA_READER)
        return find_exact(card, cla, header, route);
    if ((cla & 0xC0) == 0x40)
        return SW_CHANNEL_NOT_SUPPORTED; // further interindustry class: channels 4..19
    if ((cla & 0x60) != 0)
        return SW_CLA_NOT_SUPPORTED;
    if ((cla & CLA_CHANNEL) != 0)
        return SW_CHANNEL_NOT_SUPPORTED;
    cla = (uint8_t)(cla & ~CLA_CHAIN);
    if ((cla & CLA_SECURE) == 0 || find_exact(card, cla, header, route) == SW_OK)
        return find_exact(card, cla, header, route);
    if (card->secure == NULL)
        return SW_SECURE_MESSAGING_NOT_SUPPORTED;
    route->wrapped = true;
    return find_exact(card, (uint8_t)(cla & ~CLA_SECURE), header, route);
}

// ---- checks ------------------------------------------------------------------------------------

_Static_assert(OVER_CONTACT == 1 << CARD_CONTACT && OVER_CONTACTLESS == 1 << CARD_CONTACTLESS &&
                   OVER_INTERNAL == 1 << CARD_INTERNAL &&
                   OVER_ANY == (1 << CARD_INTERFACE_COUNT) - 1,
               "the catalogue's bits are the card's interfaces");

static bool over_interface(const struct catalogue_command *row, enum card_interface interface) {
    return (row->interfaces & 1u << interface) != 0;
}

/// GlobalPlatform 5.1.1: a locked card keeps its security domain, a terminated one its GET DATA.
static bool in_life_cycle(const struct card *card, const struct catalogue_command *row) {
    if (card->life_cycle != CARD_LOCKED && card->life_cycle != CARD_TERMINATED)
        return true;
    return row->terminated ||
           (card->life_cycle == CARD_LOCKED && card->selected == CARD_DEFAULT_INSTANCE);
}

/// Is the selected instance as far as its applet asks for this command?
static bool is_ready(const struct card *card, const struct catalogue_command *row) {
    const struct applet_instance *instance = &card->instances[card->selected];
    return row->early || instance->life_cycle >= instance->applet->life_cycle;
}

static uint16_t check(const struct card *card, const struct catalogue_command *row,
                      const struct apdu_command *command, enum card_interface interface) {
    if ((row->cases & 1u << apdu_command_case(command)) == 0)
        return SW_WRONG_LENGTH;
    if (command->data.size > 0 &&
        (command->data.size < row->lc_min || command->data.size > row->lc_max))
        return SW_WRONG_LENGTH;
    if (!over_interface(row, interface))
        return SW_INTERFACE;
    return in_life_cycle(card, row) && is_ready(card, row) ? SW_OK : SW_LIFE_CYCLE;
}

// ---- chaining ----------------------------------------------------------------------------------

static bool belongs(const struct card *card, const uint8_t header[4]) {
    return (header[0] & ~CLA_CHAIN) == card->chain.header[0] &&
           memcmp(header + 1, card->chain.header + 1, 3) == 0;
}

static uint16_t append(struct card *card, const uint8_t header[4], struct bytes data) {
    if (data.size > sizeof card->command - card->chain.size)
        return SW_WRONG_LENGTH;
    memcpy(card->chain.header, header, sizeof card->chain.header);
    card->chain.header[0] = (uint8_t)(header[0] & ~CLA_CHAIN);
    if (data.size > 0)
        memcpy(card->command + card->chain.size, data.data, data.size);
    card->chain.size += data.size;
    card->chain.open = true;
    return SW_OK;
}

/// One piece of a chain that goes on. SW_OK is its answer too.
static uint16_t take_piece(struct card *card, const struct route *route, const uint8_t header[4],
                           const struct apdu_command *command, enum card_interface interface) {
    uint16_t sw = SW_OK;
    if (route->row->lc_max <= APDU_SHORT_LC_MAX && !route->wrapped)
        sw = SW_CHAINING_NOT_SUPPORTED;
    else if (command->data.size == 0)
        sw = SW_WRONG_LENGTH;
    else if (!over_interface(route->row, interface))
        sw = SW_INTERFACE;
    else if (!in_life_cycle(card, route->row))
        sw = SW_LIFE_CYCLE;
    else
        sw = append(card, header, command->data);
    if (sw != SW_OK)
        drop_chain(card);
    return sw;
}

/// The last piece: the command gets the joined data.
static uint16_t join(struct card *card, const uint8_t header[4], struct apdu_command *command) {
    uint16_t sw = append(card, header, command->data);
    card->chain.open = false;
    command->data = bytes_of(card->command, card->chain.size);
    return sw;
}

// ---- running -----------------------------------------------------------------------------------

/// Brings the data to where it may be changed, then removes the protection.
static uint16_t unwrap(struct card_call *call) {
    struct card *card = call->card;
    struct bytes *data = &call->command.data;
    if (data->size > sizeof card->command)
        return SW_WRONG_LENGTH;
    if (data->data != card->command && data->size > 0)
        memcpy(card->command, data->data, data->size);
    card->chain.size = data->size; // so that it is erased afterwards
    data->data = card->command;
    uint16_t sw = card->secure->unwrap(call, card->command);
    call->command.cla = (uint8_t)(call->command.cla & ~CLA_SECURE);
    if (sw != SW_OK)
        card->secure = NULL;
    return sw;
}

static bool carries_data(uint16_t sw) {
    return sw == SW_OK || sw >> 8 == 0x62 || sw >> 8 == 0x63;
}

static uint16_t run(struct card_call *call, const struct route *route) {
    struct card *card = call->card;
    uint16_t sw = check(card, route->row, &call->command, call->interface);
    if (sw == SW_OK)
        sw = card_run(call, route->handle);
    if (!carries_data(sw)) {
        bytes_erase(card->answer, call->answer.size);
        call->answer.size = 0;
    }
    return sw;
}

/// Removes secure messaging, runs, puts it back.
static uint16_t run_wrapped(struct card_call *call, const struct route *route) {
    struct card *card = call->card;
    uint16_t sw = unwrap(call);
    if (sw != SW_OK)
        return sw;
    sw = run(call, route);
    if (card->secure != NULL && !card->secure->wrap(call, sw)) {
        card->secure = NULL;
        call->answer.size = 0;
        return SW_UNKNOWN;
    }
    return sw;
}

/// A change of interface ends selection, chain and waiting answer; clear-on-reset memory stays.
static void follow_interface(struct card *card, enum card_interface interface) {
    if (card->interface == interface)
        return;
    select_none(card, card->interface);
    drop_chain(card);
    drop_answer(card);
    card->interface = interface;
}

static size_t execute(struct card *card, const struct route *route, struct apdu_command *command,
                      uint8_t *answer, size_t capacity) {
    struct card_call call = card_call_to(card, card->interface, card->selected);
    command->cla = (uint8_t)(command->cla & ~(command->cla == CLA_READER ? 0 : CLA_CHAIN));
    call.command = *command;
    uint16_t sw = route->wrapped ? run_wrapped(&call, route) : run(&call, route);
    drop_chain(card);
    if (card->nvm.dead) {
        bytes_erase(card->answer, call.answer.size);
        return put_sw(answer, 0, SW_MEMORY_FAILURE);
    }
    return reply(card, route->row, command, call.answer.size, sw, answer, capacity);
}

static size_t dispatch(struct card *card, struct bytes wire, uint8_t *answer, size_t capacity) {
    struct apdu_command command;
    struct route route;
    uint8_t header[APDU_HEADER_SIZE];
    uint16_t sw = SW_WRONG_LENGTH;
    card->commands += !card->chain.open;
    if (!apdu_command_parse(wire, &command))
        goto refuse;
    memcpy(header, wire.data, sizeof header);
    sw = find_route(card, header, &route);
    if (sw == SW_OK && is(&route, COMMAND_GET_RESPONSE) && !card->chain.open)
        return get_response(card, &command, answer, capacity);
    drop_answer(card);
    bool broken = card->chain.open && !belongs(card, header);
    if (broken)
        drop_chain(card);
    if (broken && (sw != SW_OK || !is(&route, COMMAND_SELECT)))
        sw = SW_LAST_COMMAND_EXPECTED;
    if (sw != SW_OK)
        goto refuse;
    if (header[0] != CLA_READER && (header[0] & CLA_CHAIN) != 0)
        return put_sw(answer, 0, take_piece(card, &route, header, &command, card->interface));
    if (card->chain.open)
        sw = join(card, header, &command);
    if (sw == SW_OK)
        return execute(card, &route, &command, answer, capacity);
refuse:
    drop_chain(card);
    drop_answer(card);
    return put_sw(answer, 0, sw);
}

size_t card_transmit(struct card *card, enum card_interface interface, struct bytes command,
                     uint8_t *answer, size_t capacity) {
    if (capacity < 2)
        return 0;
    if (!card->powered || card->nvm.dead)
        return put_sw(answer, 0, SW_MEMORY_FAILURE);
    if (card->nvm.halted)
        return put_sw(answer, 0, SW_UNKNOWN);
    follow_interface(card, interface);
    size_t size = dispatch(card, command, answer, capacity);
    if (card->nvm.halted)
        size = put_sw(answer, 0, SW_UNKNOWN);
    return card->nvm.dead ? put_sw(answer, 0, SW_MEMORY_FAILURE) : size;
}

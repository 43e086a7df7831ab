// SPDX-License-Identifier: Apache-2.0
// The phone's card as readers meet it: only the applications of a wallet are there, and a debit
// waits for its owner. Until then the phone goes dark, as if it had left the field: the till keeps
// the sale open, and the tap after the confirmation pays it.
#include "host/household/handset_private.h"

#include "apdu/command/applets/purse_commands.h"
#include "apdu/command/purse.h"
#include "apdu/command/tickets.h"
#include "apdu/octets/codec.h"
#include "apdu/octets/status.h"
#include "apdu/octets/unit.h"
#include "base/files.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { TAPS_SHOWN = 8, TAPS_READ = 8192, CHANNELS = 0x03, DECLINED_MS = 20000 };

static void wake(struct handset *handset) {
    handset->air.changed = true;
    (void)!write(handset->air.pipe[1], "!", 1);
}

// ---- taps on record ----------------------------------------------------------------------------

static bool taps_path(const struct handset *handset, char out[PATH_MAX]) {
    return files_path(out, PATH_MAX, handset->state.directory, "taps");
}

/// The lines at the end of the file.
static char *read_end(const char *path) {
    char *text = calloc(1, TAPS_READ + 1);
    FILE *file = fopen(path, "re");
    if (file != NULL && text != NULL) {
        if (fseek(file, -TAPS_READ, SEEK_END) != 0)
            rewind(file);
        size_t size = fread(text, 1, TAPS_READ, file);
        text[size] = '\0';
    }
    if (file != NULL)
        (void)fclose(file);
    return text;
}

json_t *handset_read_taps(const struct handset *handset) {
    char path[PATH_MAX];
    json_t *taps = json_array();
    char *text = taps_path(handset, path) ? read_end(path) : NULL, *rest = text;
    for (char *line; rest != NULL && (line = strsep(&rest, "\n")) != NULL;) {
        json_t *tap = json_loads(line, 0, NULL); // the first one may be cut
        if (json_is_object(tap))
            json_array_insert_new(taps, 0, tap);
        else
            json_decref(tap);
    }
    free(text);
    while (json_array_size(taps) > TAPS_SHOWN)
        json_array_remove(taps, TAPS_SHOWN);
    return taps;
}

/// sign: "-" went out, "+" came in. What cannot be written is on the card all the same.
static void keep_tap(struct handset *handset, const char *sign, const struct handset_terms *terms,
                     bool by_bill) {
    char path[PATH_MAX], unit[UNIT_NAME_MAX], line[512];
    json_t *tap =
        json_pack("{s:s, s:s, s:I, s:s, s:I, s:b}", "sign", sign, "other", terms->payee, "amount",
                  (json_int_t)terms->amount, "unit", unit_name(terms->unit, unit), "time_ms",
                  (json_int_t)clock_now_ms(handset->options.clock), "bill", by_bill);
    char *text = tap != NULL ? json_dumps(tap, JSON_COMPACT) : NULL;
    int size = text != NULL ? snprintf(line, sizeof line, "%s\n", text) : -1;
    if (size > 0 && size < (int)sizeof line && taps_path(handset, path))
        (void)files_append(path, bytes_of(line, (size_t)size), FILES_SECRET);
    free(text);
    json_array_insert_new(handset->air.taps, 0, tap);
    while (json_array_size(handset->air.taps) > TAPS_SHOWN)
        json_array_remove(handset->air.taps, TAPS_SHOWN);
}

// ---- what the owner allows ---------------------------------------------------------------------

void handset_arm(struct handset *handset, const struct handset_terms *terms) {
    struct handset_air *air = &handset->air;
    pthread_mutex_lock(&air->lock);
    air->armed = *terms;
    air->is_armed = true;
    air->armed_until_ms = handset_now_ms() + HANDSET_ARMED_MS;
    air->asked = (struct handset_terms){.amount = 0};
    pthread_mutex_unlock(&air->lock);
}

void handset_disarm(struct handset *handset) {
    pthread_mutex_lock(&handset->air.lock);
    handset->air.is_armed = false;
    handset->air.asked = (struct handset_terms){.amount = 0};
    pthread_mutex_unlock(&handset->air.lock);
}

void handset_decline(struct handset *handset) {
    struct handset_air *air = &handset->air;
    pthread_mutex_lock(&air->lock);
    air->declined = air->asked;
    air->declined_until_ms = handset_now_ms() + DECLINED_MS;
    pthread_mutex_unlock(&air->lock);
    handset_disarm(handset);
}

bool handset_hold(struct handset *handset, bool own) {
    pthread_mutex_lock(&handset->air.lock);
    bool free = !own || handset->air.link == NULL;
    if (free)
        handset->air.own = own;
    pthread_mutex_unlock(&handset->air.lock);
    return free;
}

static bool is_same(const struct handset_terms *a, const struct handset_terms *b) {
    return strcmp(a->payee, b->payee) == 0 && a->amount == b->amount && a->unit == b->unit;
}

/// Armed for whoever it is: up to the amount, in its unit. Else exactly what was shown.
static bool may_debit(const struct handset_air *air, const struct handset_terms *terms) {
    const struct handset_terms *armed = &air->armed;
    if (!air->is_armed || handset_now_ms() > air->armed_until_ms || armed->unit != terms->unit)
        return false;
    if (armed->payee[0] == '\0')
        return terms->amount <= armed->amount;
    return is_same(armed, terms);
}

static bool is_declined(const struct handset_air *air, const struct handset_terms *terms) {
    return handset_now_ms() < air->declined_until_ms && is_same(&air->declined, terms);
}

// ---- commands ----------------------------------------------------------------------------------

static bool is_command(const struct apdu_command *command, enum purse_command number) {
    const struct catalogue_command *row = &purse_commands[number];
    return (command->cla & ~(CHANNELS | APDU_CLA_CHAINING)) == row->cla && command->ins == row->ins;
}

static bool take_terms(enum object_type type, enum field other, struct bytes data,
                       struct handset_terms *terms) {
    struct object object;
    if (!object_decode_as(type, data, &object) || object.fields[other].size > HOLDER_MAX)
        return false;
    *terms = (struct handset_terms){.amount = object_uint(&object, FIELD_AMOUNT),
                                    .unit = object_unit(&object)};
    memcpy(terms->payee, object.fields[other].data, object.fields[other].size);
    return terms->payee[0] != '\0';
}

/// SELECT of what a wallet shows to the world; what else is on the card does not exist out there.
static bool route(struct handset *handset, const struct apdu_command *command) {
    static const uint8_t purse[] = AID_PURSE, tickets[] = AID_TICKETS, slips[] = AID_SLIP;
    struct handset_air *air = &handset->air;
    static const uint8_t ndef[] = {0xD2, 0x76, 0x00, 0x00, 0x85, 0x01, 0x01};
    struct bytes name = command->data;
    air->route =
        bytes_equal(name, BYTES_OF(purse))                                          ? ROUTE_PURSE
        : bytes_equal(name, BYTES_OF(tickets)) || bytes_equal(name, BYTES_OF(ndef)) ? ROUTE_OTHER
        : bytes_equal(name, BYTES_OF(slips)) && handset->options.telco != NULL      ? ROUTE_SLIP
                                                                                    : ROUTE_NONE;
    air->slip_size = 0;
    air->slip_name[0] = '\0';
    return air->route != ROUTE_NONE;
}

static size_t say_word(uint16_t sw, uint8_t *answer, size_t capacity) {
    if (capacity < 2)
        return 0;
    answer[0] = (uint8_t)(sw >> 8);
    answer[1] = (uint8_t)sw;
    return 2;
}

static size_t forward(struct handset_air *air, struct bytes command, uint8_t *answer,
                      size_t capacity) {
    size_t size = 0;
    return link_transmit(air->link, command, answer, capacity, &size) == LINK_OK ? size : 0;
}

static bool went_well(const uint8_t *answer, size_t size) {
    return size >= 2 &&
           ((answer[size - 2] == 0x90 && answer[size - 1] == 0x00) || answer[size - 2] == 0x61);
}

enum handset_consent handset_consent(struct handset *handset, const struct handset_terms *terms) {
    struct handset_air *air = &handset->air;
    if (is_declined(air, terms))
        return CONSENT_NO;
    if (may_debit(air, terms))
        return CONSENT_YES;
    air->asked = *terms;
    air->is_armed = false;
    link_close(air->link); // dark until the owner has said yes or no
    air->link = NULL;
    wake(handset);
    return CONSENT_ASKED;
}

void handset_paid(struct handset *handset, const struct handset_terms *terms, bool by_bill) {
    struct handset_air *air = &handset->air;
    air->is_armed = false;
    air->asked = (struct handset_terms){.amount = 0};
    air->slips_due = air->slips_due || by_bill;
    keep_tap(handset, "-", terms, by_bill);
    wake(handset);
}

static size_t debit(struct handset *handset, const struct handset_terms *terms,
                    struct bytes command, uint8_t *answer, size_t capacity) {
    enum handset_consent consent = handset_consent(handset, terms);
    if (consent != CONSENT_YES)
        return consent == CONSENT_NO ? say_word(SW_SECURITY_STATUS, answer, capacity) : 0;
    size_t size = forward(&handset->air, command, answer, capacity);
    if (went_well(answer, size))
        handset_paid(handset, terms, false);
    return size;
}

static size_t credit(struct handset *handset, const struct handset_terms *terms,
                     struct bytes command, uint8_t *answer, size_t capacity) {
    size_t size = forward(&handset->air, command, answer, capacity);
    if (went_well(answer, size)) {
        keep_tap(handset, "+", terms, false);
        wake(handset);
    }
    return size;
}

static size_t answer_reader(struct handset *handset, struct bytes wire, uint8_t *answer,
                            size_t capacity) {
    struct handset_air *air = &handset->air;
    struct handset_terms terms;
    struct apdu_command command;
    if (!apdu_command_parse(wire, &command))
        return say_word(SW_WRONG_LENGTH, answer, capacity);
    if ((command.cla & ~CHANNELS) == 0x00 && command.ins == 0xA4 && command.p1 == 0x04)
        return !route(handset, &command)  ? say_word(SW_NOT_FOUND, answer, capacity)
               : air->route == ROUTE_SLIP ? say_word(SW_OK, answer, capacity)
                                          : forward(air, wire, answer, capacity);
    if (air->route == ROUTE_NONE)
        return say_word(SW_CONDITIONS, answer, capacity);
    if (air->route == ROUTE_SLIP)
        return handset_slip(handset, &command, answer, capacity);
    if (air->route == ROUTE_PURSE && is_command(&command, COMMAND_PURSE_DEBIT)) {
        bool clear = (command.cla & APDU_CLA_CHAINING) == 0 &&
                     take_terms(OBJECT_PAYMENT_REQUEST, FIELD_PAYEE, command.data, &terms);
        return clear ? debit(handset, &terms, wire, answer, capacity)
                     : say_word(SW_CONDITIONS, answer, capacity);
    }
    if (air->route == ROUTE_PURSE && is_command(&command, COMMAND_PURSE_CREDIT) &&
        take_terms(OBJECT_USAGE_LOG, FIELD_PAYER, command.data, &terms))
        return credit(handset, &terms, wire, answer, capacity);
    return forward(air, wire, answer, capacity);
}

// ---- the thread of the air ---------------------------------------------------------------------

bool handset_air_power(struct handset *handset, bool on) {
    struct handset_air *air = &handset->air;
    pthread_mutex_lock(&air->lock);
    link_close(air->link);
    bool was = air->link != NULL;
    air->link = NULL;
    air->route = ROUTE_NONE;
    bool asks = air->asked.payee[0] != '\0' && !air->is_armed;
    if (on && !air->own && !asks)
        air->link = handset->options.open_air(handset->options.context);
    bool started = air->link != NULL;
    if (was && !started)
        wake(handset);
    pthread_mutex_unlock(&air->lock);
    return started;
}

size_t handset_air_transmit(struct handset *handset, struct bytes command, uint8_t *answer,
                            size_t capacity) {
    struct handset_air *air = &handset->air;
    pthread_mutex_lock(&air->lock);
    size_t size = air->link != NULL ? answer_reader(handset, command, answer, capacity) : 0;
    pthread_mutex_unlock(&air->lock);
    return size;
}

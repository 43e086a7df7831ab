// SPDX-License-Identifier: Apache-2.0
// One handler a verb; every refusal names the value and what would be right.
#include "readers/field/orders.h"

#include "readers/field/apps.h"
#include "readers/field/fault.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

// ---- replies and words ----------------------------------------------------------------------

static void __attribute__((format(printf, 3, 4)))
say(char *reply, size_t size, const char *format, ...) {
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(reply, size, format, arguments);
    va_end(arguments);
}

static bool number_of(const char *word, unsigned long max, unsigned long *value) {
    char *end;
    if (word[0] < '0' || word[0] > '9')
        return false;
    *value = strtoul(word, &end, 0);
    return *end == '\0' && *value <= max;
}

static bool want_words(size_t argc, size_t count, const char *usage, char *reply, size_t size) {
    if (argc >= count)
        return true;
    say(reply, size, "error too few words; write: %s", usage);
    return false;
}

static bool want_number(const char *word, unsigned long max, unsigned long *value, char *reply,
                        size_t size) {
    if (number_of(word, max, value))
        return true;
    say(reply, size, "error \"%s\" is no number from 0 to %lu", word, max);
    return false;
}

static struct field_chip *want_reader(struct rf_field *field, const char *name, char *reply,
                                      size_t size) {
    int chip = field_find_chip(field, name);
    if (chip >= 0)
        return &field->chips[chip];
    size_t used = (size_t)snprintf(reply, size, "error no reader \"%s\"; there are:", name);
    for (unsigned i = 0; i < field->chip_count && used < size; i++)
        used += (size_t)snprintf(reply + used, size - used, " %s", field->chips[i].name);
    return NULL;
}

/// A card by its name, however it is written; -1: none.
static int find_card(const struct field_orders *orders, const char *name) {
    const struct rf_field *field = orders->field;
    int card = field_find_card(field, name);
    for (int i = 0; card < 0 && orders->is_same != NULL && i < FIELD_CARDS_MAX; i++)
        if (field->places[FIELD_CHIPS_MAX + i].picc != NULL &&
            orders->is_same(orders->context, field->cards[i].name, name))
            card = i;
    return card;
}

static struct field_card *want_card(const struct field_orders *orders, const char *name,
                                    char *reply, size_t size) {
    int card = find_card(orders, name);
    if (card >= 0)
        return &orders->field->cards[card];
    say(reply, size, "error no card \"%s\" here; tap it on a reader first", name);
    return NULL;
}

static bool want_switch(const char *word, const char *on, const char *off, bool *value, char *reply,
                        size_t size) {
    *value = strcmp(word, on) == 0;
    if (*value || strcmp(word, off) == 0)
        return true;
    say(reply, size, "error \"%s\" is neither %s nor %s", word, on, off);
    return false;
}

// ---- places ---------------------------------------------------------------------------------

static int find_or_open(struct field_orders *orders, const char *what, char *error, size_t size) {
    int card = find_card(orders, what);
    if (card < 0)
        card = field_add_builtin(orders->field, what, what);
    if (card < 0 && orders->open_card != NULL)
        return orders->open_card(orders->context, what, error, size);
    if (card < 0)
        say(error, size, "no card \"%s\"", what);
    return card;
}

static bool tap_chip(struct rf_field *field, int chip, int reader, char *error, size_t size) {
    int at = field->places[chip].at;
    if (chip == reader) {
        say(error, size, "reader %s cannot be tapped on itself", field->chips[chip].name);
        return false;
    }
    if (at != FIELD_NOWHERE && at != reader) {
        say(error, size, "reader %s lies on %s already; untap it first", field->chips[chip].name,
            field->chips[at].name);
        return false;
    }
    field_place_chip(field, chip, reader);
    return true;
}

bool field_tap(struct field_orders *orders, const char *what, const char *reader, char *error,
               size_t size) {
    struct rf_field *field = orders->field;
    char reply[CONTROL_LINE_MAX];
    if (want_reader(field, reader, reply, sizeof reply) == NULL) {
        say(error, size, "%s", reply + strlen("error "));
        return false;
    }
    int target = field_find_chip(field, reader), chip = field_find_chip(field, what);
    if (chip >= 0)
        return tap_chip(field, chip, target, error, size);
    int card = find_or_open(orders, what, error, size);
    if (card < 0)
        return false;
    int at = field->places[FIELD_CHIPS_MAX + card].at;
    if (at != FIELD_NOWHERE) {
        say(error, size, "card %s lies on reader %s already; untap it first", what,
            field->chips[at].name);
        return false;
    }
    field_place_card(field, card, target);
    return true;
}

static void tap(void *context, size_t argc, char **argv, char *reply, size_t size) {
    struct field_orders *orders = context;
    char error[CONTROL_LINE_MAX - 16];
    if (!want_words(argc, 3, "tap WHAT READER", reply, size))
        return;
    if (field_tap(orders, argv[1], argv[2], error, sizeof error))
        say(reply, size, "ok");
    else
        say(reply, size, "error %s", error);
}

static void take_away(struct field_orders *orders, int card) {
    field_place_card(orders->field, card, FIELD_NOWHERE);
    field_drop_card(orders->field, card);
    if (orders->close_card != NULL)
        orders->close_card(orders->context, card);
}

// Everything that lies on a reader's antenna; returns how much it was.
static unsigned clear_reader(struct field_orders *orders, int chip) {
    struct rf_field *field = orders->field;
    unsigned count = 0;
    for (int i = 0; i < FIELD_CARDS_MAX; i++)
        if (field->places[FIELD_CHIPS_MAX + i].picc != NULL &&
            field->places[FIELD_CHIPS_MAX + i].at == chip) {
            take_away(orders, i);
            count++;
        }
    for (int i = 0; i < (int)field->chip_count; i++)
        if (field->places[i].at == chip) {
            field_place_chip(field, i, FIELD_NOWHERE);
            count++;
        }
    return count;
}

static void untap(void *context, size_t argc, char **argv, char *reply, size_t size) {
    struct field_orders *orders = context;
    struct rf_field *field = orders->field;
    if (!want_words(argc, 2, "untap CARD-OR-READER", reply, size))
        return;
    int chip = field_find_chip(field, argv[1]), card = find_card(orders, argv[1]);
    unsigned count = 0;
    if (card >= 0) {
        take_away(orders, card);
        count = 1;
    } else if (chip >= 0) {
        count = clear_reader(orders, chip);
        count += field->places[chip].at != FIELD_NOWHERE;
        field_place_chip(field, chip, FIELD_NOWHERE);
    } else {
        say(reply, size, "error \"%s\" is neither a card nor a reader here", argv[1]);
        return;
    }
    if (count > 0)
        say(reply, size, "ok %u taken away", count);
    else
        say(reply, size, "error nothing lies on %s", argv[1]);
}

static void status(void *context, size_t argc, char **argv, char *reply, size_t size) {
    const struct rf_field *field = ((struct field_orders *)context)->field;
    size_t used = (size_t)snprintf(reply, size, "ok");
    (void)argc;
    (void)argv;
    for (unsigned i = 0; i < field->chip_count && used < size; i++)
        used += (size_t)snprintf(
            reply + used, size - used, " %s:%s%s%s", field->chips[i].name,
            field->chips[i].chip.field_on ? "field" : "dark", field->places[i].at >= 0 ? "@" : "",
            field->places[i].at >= 0 ? field->chips[field->places[i].at].name : "");
    for (unsigned i = 0; i < FIELD_CARDS_MAX && used < size; i++) {
        const struct field_place *place = &field->places[FIELD_CHIPS_MAX + i];
        if (place->picc != NULL)
            used += (size_t)snprintf(reply + used, size - used, " %s@%s", field->cards[i].name,
                                     place->at >= 0 ? field->chips[place->at].name : "nowhere");
    }
}

// ---- how cards behave -----------------------------------------------------------------------

static bool hex_uid(const char *word, struct picc *picc) {
    size_t size = strlen(word) / 2;
    uint8_t uid[PICC_UID_MAX];
    if (strlen(word) % 2 != 0 || (size != 4 && size != 7 && size != 10))
        return false;
    if (strspn(word, "0123456789abcdefABCDEF") != 2 * size)
        return false;
    for (size_t i = 0; i < size; i++)
        if (sscanf(word + 2 * i, "%2hhx", &uid[i]) != 1)
            return false;
    return picc_set_uid(picc, bytes_of(uid, size));
}

static void uid(void *context, size_t argc, char **argv, char *reply, size_t size) {
    struct field_card *card;
    if (!want_words(argc, 3, "uid CARD HEX|random", reply, size) ||
        (card = want_card(context, argv[1], reply, size)) == NULL)
        return;
    card->random_uid = strcmp(argv[2], "random") == 0;
    if (!card->random_uid && !hex_uid(argv[2], &card->picc))
        say(reply, size,
            "error \"%s\" is no UID; write 4, 7 or 10 octets in hex (of 4, the first is not "
            "88, the cascade tag), or random",
            argv[2]);
    else
        say(reply, size, "ok from its next power-up on");
}

static void delay(void *context, size_t argc, char **argv, char *reply, size_t size) {
    struct field_card *card;
    unsigned long ms = 0;
    if (!want_words(argc, 3, "delay CARD MS", reply, size) ||
        (card = want_card(context, argv[1], reply, size)) == NULL ||
        !want_number(argv[2], 600000, &ms, reply, size))
        return;
    card->delay_ns = (uint64_t)ms * 1000000;
    say(reply, size, "ok");
}

static void wtx(void *context, size_t argc, char **argv, char *reply, size_t size) {
    struct field_card *card;
    if (!want_words(argc, 3, "wtx CARD endless|normal", reply, size) ||
        (card = want_card(context, argv[1], reply, size)) == NULL)
        return;
    if (want_switch(argv[2], "endless", "normal", &card->endless, reply, size))
        say(reply, size, "ok");
}

// leave CARD OCTETS, or leave CARD FRAMES before|during
static void leave(void *context, size_t argc, char **argv, char *reply, size_t size) {
    struct field_card *card;
    unsigned long count = 0;
    bool during = false;
    if (!want_words(argc, 3, "leave CARD OCTETS, or leave CARD FRAMES before|during", reply,
                    size) ||
        (card = want_card(context, argv[1], reply, size)) == NULL ||
        !want_number(argv[2], 1000000, &count, reply, size) ||
        (argc > 3 && !want_switch(argv[3], "during", "before", &during, reply, size)))
        return;
    card->leaving = argc == 3 ? LEAVE_OCTETS : during ? LEAVE_DURING : LEAVE_BEFORE;
    card->leave_after = count;
    card->leave_frame = (unsigned)count;
    say(reply, size, "ok");
}

// ---- how chips behave -----------------------------------------------------------------------

static void fault(void *context, size_t argc, char **argv, char *reply, size_t size) {
    static const char usage[] = "fault READER KIND [VALUE [AFTER [COUNT]]]";
    struct field_chip *chip;
    unsigned long value = 0, after = 0, count = 1;
    if (!want_words(argc, 3, usage, reply, size) ||
        (chip = want_reader(((struct field_orders *)context)->field, argv[1], reply, size)) == NULL)
        return;
    const struct field_fault_kind *kind = field_fault_find(argv[2]);
    if (kind == NULL) {
        size_t used = (size_t)snprintf(reply, size, "error no fault \"%s\"; known:", argv[2]);
        for (size_t i = 0; i < field_fault_kind_count && used < size; i++)
            used += (size_t)snprintf(reply + used, size - used, " %s", field_fault_kinds[i].name);
        return;
    }
    if (kind->needs_value && !want_words(argc, 4, usage, reply, size))
        return;
    if ((argc > 3 && !want_number(argv[3], 100000, &value, reply, size)) ||
        (argc > 4 && !want_number(argv[4], 1000000, &after, reply, size)) ||
        (argc > 5 && !want_number(argv[5], 1000000, &count, reply, size)))
        return;
    if (count == 0 ||
        !field_fault_arm(chip, kind, (unsigned)after, (unsigned)count, (unsigned)value))
        say(reply, size,
            "error cannot arm %s %lu: a status lies from 1 to 127, COUNT is at least "
            "1, and %d faults wait at most",
            kind->name, value, FIELD_FAULTS_MAX);
    else
        say(reply, size, "ok");
}

static void rate(void *context, size_t argc, char **argv, char *reply, size_t size) {
    struct field_chip *chip;
    unsigned long value = 0;
    if (!want_words(argc, 3, "rate READER 106|212|424|848", reply, size) ||
        (chip = want_reader(((struct field_orders *)context)->field, argv[1], reply, size)) == NULL)
        return;
    if (!number_of(argv[2], 848, &value) ||
        (value != 106 && value != 212 && value != 424 && value != 848)) {
        say(reply, size, "error \"%s\" is no bit rate; write 106, 212, 424 or 848", argv[2]);
        return;
    }
    chip->chip.rate = (unsigned)value;
    say(reply, size, "ok from the next activation on");
}

static void baud(void *context, size_t argc, char **argv, char *reply, size_t size) {
    struct field_chip *chip;
    unsigned long value = 0;
    if (!want_words(argc, 3, "baud READER BITS-PER-SECOND", reply, size) ||
        (chip = want_reader(((struct field_orders *)context)->field, argv[1], reply, size)) ==
            NULL ||
        !want_number(argv[2], 10000000, &value, reply, size))
        return;
    chip->line.baud = (unsigned)value;
    say(reply, size, "ok");
}

static void wake(void *context, size_t argc, char **argv, char *reply, size_t size) {
    struct field_chip *chip;
    if (!want_words(argc, 3, "wake READER all|idle", reply, size) ||
        (chip = want_reader(((struct field_orders *)context)->field, argv[1], reply, size)) == NULL)
        return;
    if (want_switch(argv[2], "all", "idle", &chip->chip.wake_halted, reply, size))
        say(reply, size, "ok");
}

// ---- the field itself -----------------------------------------------------------------------

static void timing(void *context, size_t argc, char **argv, char *reply, size_t size) {
    struct rf_field *field = ((struct field_orders *)context)->field;
    if (want_words(argc, 2, "time real|ideal", reply, size) &&
        want_switch(argv[1], "real", "ideal", &field->timed, reply, size))
        say(reply, size, "ok");
}

static void noise(void *context, size_t argc, char **argv, char *reply, size_t size) {
    unsigned long value = 0;
    if (!want_words(argc, 2, "noise FRAMES-IN-A-THOUSAND", reply, size) ||
        !want_number(argv[1], 1000, &value, reply, size))
        return;
    ((struct field_orders *)context)->field->noise = (unsigned)value;
    say(reply, size, "ok");
}

static void seed(void *context, size_t argc, char **argv, char *reply, size_t size) {
    unsigned long value = 0;
    if (!want_words(argc, 2, "seed N", reply, size) ||
        !want_number(argv[1], ~0UL, &value, reply, size))
        return;
    ((struct field_orders *)context)->field->random = value;
    say(reply, size, "ok");
}

const struct control_verb field_verbs[] = {
    {"tap", "tap WHAT READER", tap},
    {"untap", "untap CARD-OR-READER", untap},
    {"status", "status", status},
    {"uid", "uid CARD HEX|random", uid},
    {"delay", "delay CARD MS", delay},
    {"wtx", "wtx CARD endless|normal", wtx},
    {"leave", "leave CARD OCTETS, or leave CARD FRAMES before|during", leave},
    {"fault", "fault READER KIND [VALUE [AFTER [COUNT]]]", fault},
    {"rate", "rate READER 106|212|424|848", rate},
    {"baud", "baud READER BITS-PER-SECOND", baud},
    {"wake", "wake READER all|idle", wake},
    {"time", "time real|ideal", timing},
    {"noise", "noise FRAMES-IN-A-THOUSAND", noise},
    {"seed", "seed N", seed},
};

const size_t field_verb_count = sizeof field_verbs / sizeof field_verbs[0];

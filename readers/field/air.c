// SPDX-License-Identifier: Apache-2.0
// Frames on the air: down to every powered place, answers up (one, none, or several at once), time,
// waiting time extension, loss. An exchange is numbered; what belongs to an older number is
// dropped.
#include "readers/field/air.h"

#include "readers/field/events.h"
#include "readers/field/fault.h"
#include "readers/field/line.h"
#include "readers/field/places.h"

#include <string.h>

static struct field_card *card_of(struct rf_field *field, unsigned place) {
    return place < FIELD_CHIPS_MAX ? NULL : &field->cards[place - FIELD_CHIPS_MAX];
}

static void trace(struct rf_field *field, unsigned chip, enum field_trace_kind kind,
                  const struct rf_frame *frame) {
    if (field->ports.trace != NULL)
        field->ports.trace(field->ports.context, field->now, chip, kind, frame);
}

static uint64_t air_time(const struct rf_field *field, const struct field_chip *chip,
                         const struct rf_frame *frame) {
    return field->timed ? rf_air_ns(frame, chip->chip.rate_now) + RF_DELAY_NS : 0;
}

static void flip_a_bit(struct rf_field *field, struct rf_frame *frame) {
    size_t bits = rf_frame_bits(frame);
    if (bits == 0)
        return;
    size_t bit = (size_t)(field_random(field) % bits);
    frame->data[bit / 8] ^= (uint8_t)(1U << (bit % 8));
}

static bool noise_strikes(struct rf_field *field) {
    return field->noise > 0 && field_random(field) % 1000 < field->noise;
}

// ---- up: from card to reader ----------------------------------------------------------------

static void deliver_up(struct rf_field *field, unsigned index, uint64_t number) {
    struct field_chip *chip = &field->chips[index];
    if (!chip->waiting || number != chip->exchange)
        return;
    chip->waiting = false;
    if (chip->outcome != RF_SILENCE) {
        field->octets += chip->up.size;
        trace(field, index, FIELD_TRACE_UP, &chip->up);
    }
    struct rf_frame frame = chip->up; // the chip may send again while it looks at this one
    pn532_radio(&chip->chip, chip->outcome, &frame);
}

static void time_out(struct rf_field *field, unsigned index, uint64_t number) {
    struct field_chip *chip = &field->chips[index];
    if (!chip->waiting || number != chip->exchange || chip->answered)
        return;
    chip->outcome = RF_SILENCE;
    chip->up.size = 0;
    deliver_up(field, index, number);
}

// Does the whole frame pass before the card leaves? When not, it leaves now; *passed tells how many
// octets of the frame it still sent or heard.
static bool still_here(struct rf_field *field, unsigned place, size_t octets, size_t *passed) {
    struct field_card *card = card_of(field, place);
    *passed = octets;
    if (card == NULL || card->leaving == LEAVE_NEVER)
        return true;
    if (card->leaving == LEAVE_OCTETS && octets <= card->leave_after) {
        card->leave_after -= octets;
        return true;
    }
    if (card->leaving != LEAVE_OCTETS && card->leave_frame > 0) {
        card->leave_frame--;
        return true;
    }
    *passed = card->leaving == LEAVE_OCTETS   ? card->leave_after
              : card->leaving == LEAVE_DURING ? octets / 2
                                              : 0;
    field_place_card(field, (int)(place - FIELD_CHIPS_MAX), FIELD_NOWHERE);
    return false;
}

static void spoil_up(struct rf_field *field, struct field_chip *chip) {
    unsigned value = 0;
    const struct field_fault_kind *fault = field_fault_strike(chip, FAULT_UP, &value);
    if (fault == NULL && noise_strikes(field))
        flip_a_bit(field, &chip->up);
    if (fault == NULL)
        return;
    if (fault->effect == EFFECT_CORRUPT)
        flip_a_bit(field, &chip->up);
    if (fault->effect == EFFECT_COLLIDE)
        chip->outcome = RF_COLLISION;
    if (fault->effect == EFFECT_DROP)
        chip->answered = false;
}

// The answer that is in chip->up starts on its way.
static void start_up(struct rf_field *field, struct field_chip *chip, enum rf_outcome outcome) {
    chip->outcome = outcome;
    chip->answered = true;
    spoil_up(field, chip);
    uint64_t due = field->now + air_time(field, chip, &chip->up);
    if (chip->answered)
        field_schedule(field, due, deliver_up, chip->index, chip->exchange);
    else if (!field->timed)
        field_schedule(field, due, time_out, chip->index, chip->exchange);
}

// A place speaks to the reader that asked it; nobody listens when that exchange is over.
static void answer_from(struct rf_field *field, unsigned place, const struct rf_frame *frame) {
    int reader = field->places[place].reader;
    if (reader < 0 || !field_sees(field, (unsigned)reader, place))
        return;
    struct field_chip *chip = &field->chips[reader];
    if (!chip->waiting || chip->answered)
        return;
    size_t passed = 0;
    chip->up = *frame;
    if (!still_here(field, place, frame->size, &passed))
        chip->up.size = passed; // the rest never came; its CRC is missing
    if (chip->up.size > 0)
        start_up(field, chip, RF_RECEIVED);
    else if (!field->timed)
        field_schedule(field, field->now, time_out, chip->index, chip->exchange);
}

// ---- a card's own time ----------------------------------------------------------------------

static void more_time(struct rf_field *field, unsigned place, uint64_t turn);

static void schedule_more_time(struct rf_field *field, unsigned place) {
    const struct field_place *owner = &field->places[place];
    uint64_t waiting = picc_waiting_ns(owner->picc);
    field_schedule(field, field->now + waiting - waiting / 4, more_time, place, owner->turn);
}

static void more_time(struct rf_field *field, unsigned place, uint64_t turn) {
    struct field_place *owner = &field->places[place];
    struct rf_frame frame;
    if (owner->picc == NULL || owner->turn != turn || !picc_owes(owner->picc))
        return;
    if (!owner->picc->raw && isodep_picc_extend(&owner->picc->isodep, &frame))
        answer_from(field, place, &frame);
    schedule_more_time(field, place);
}

// The card's application has come to its answer.
static void card_done(struct rf_field *field, unsigned place, uint64_t turn) {
    struct field_card *card = card_of(field, place);
    struct isodep_picc *isodep = &card->picc.isodep;
    uint8_t answer[ISODEP_APDU_MAX];
    struct rf_frame frame;
    if (field->places[place].turn != turn || !isodep->busy)
        return;
    size_t size = card->app.transmit(
        card->app.context, bytes_of(isodep->command, isodep->command_size), answer, sizeof answer);
    if (size > 0 && picc_answer(&card->picc, bytes_of(answer, size), &frame))
        answer_from(field, place, &frame);
}

static void begin_turn(struct rf_field *field, unsigned place) {
    struct field_card *card = card_of(field, place);
    uint64_t turn = ++field->places[place].turn;
    schedule_more_time(field, place);
    if (card != NULL && !card->endless)
        field_schedule(field, field->now + card->delay_ns, card_done, place, turn);
}

// ---- down: from reader to cards -------------------------------------------------------------

// Bits up to the first that differs; true when there is one.
static bool merge(struct rf_frame *frame, const struct rf_frame *other) {
    size_t bits = rf_frame_bits(frame), others = rf_frame_bits(other);
    size_t shorter = bits < others ? bits : others, same = 0;
    while (same < shorter &&
           (((frame->data[same / 8] ^ other->data[same / 8]) >> (same % 8)) & 1) == 0)
        same++;
    if (same == shorter && bits == others)
        return false;
    frame->size = (same + 7) / 8;
    frame->last_bits = (uint8_t)(same % 8);
    if (frame->last_bits != 0)
        frame->data[frame->size - 1] &= (uint8_t)((1U << frame->last_bits) - 1);
    return true;
}

// One place hears the frame. Returns whether it answers at once.
static bool hear(struct rf_field *field, struct field_chip *chip, unsigned place,
                 struct rf_frame *answer) {
    struct field_place *owner = &field->places[place];
    struct picc *picc = owner->picc;
    size_t passed;
    if (picc->state == PICC_OFF || !still_here(field, place, chip->down.size, &passed))
        return false;
    bool owed = picc_owes(picc);
    owner->reader = (int)chip->index;
    bool answers = picc_receive(picc, &chip->down, answer);
    if (!owed && picc_owes(picc))
        begin_turn(field, place);
    return answers && still_here(field, place, answer->size, &passed);
}

// Everybody on the antenna hears the frame; answers at the same time collide.
static unsigned hear_all(struct rf_field *field, struct field_chip *chip, bool *owed,
                         enum rf_outcome *outcome) {
    unsigned answers = 0;
    *owed = false;
    *outcome = RF_RECEIVED;
    for (unsigned place = 0; place < FIELD_SEATS_MAX; place++) {
        struct rf_frame answer;
        if (!field_sees(field, chip->index, place))
            continue;
        if (hear(field, chip, place, &answer)) {
            if (answers++ == 0)
                chip->up = answer;
            else if (merge(&chip->up, &answer))
                *outcome = RF_COLLISION;
        }
        *owed =
            *owed || (field->places[place].picc != NULL && picc_owes(field->places[place].picc));
    }
    return answers;
}

static void deliver_down(struct rf_field *field, unsigned index, uint64_t number) {
    struct field_chip *chip = &field->chips[index];
    enum rf_outcome outcome = RF_RECEIVED;
    unsigned value = 0, answers = 0;
    bool owed = false;
    if (!chip->waiting || number != chip->exchange)
        return;
    field->octets += chip->down.size;
    trace(field, index, FIELD_TRACE_DOWN, &chip->down);
    const struct field_fault_kind *fault = field_fault_strike(chip, FAULT_DOWN, &value);
    if ((fault != NULL && fault->effect == EFFECT_CORRUPT) || (!fault && noise_strikes(field)))
        flip_a_bit(field, &chip->down);
    if (fault == NULL || fault->effect != EFFECT_DROP)
        answers = hear_all(field, chip, &owed, &outcome);
    if (answers > 0)
        start_up(field, chip, outcome);
    else if (!owed && !field->timed) // nobody will ever answer: no need to wait
        field_schedule(field, field->now, time_out, index, number);
}

// ---- ports of a chip ------------------------------------------------------------------------

static void on_send(void *context, const struct rf_frame *frame, uint64_t waiting_ns) {
    struct field_chip *chip = context;
    struct rf_field *field = chip->field;
    chip->exchange++;
    chip->waiting = true;
    chip->answered = false;
    chip->down = *frame;
    uint64_t there = field->now + air_time(field, chip, frame);
    field_schedule(field, there, deliver_down, chip->index, chip->exchange);
    field_schedule(field, there + waiting_ns, time_out, chip->index, chip->exchange);
}

static void on_cancel(void *context) {
    struct field_chip *chip = context;
    chip->waiting = false;
    chip->exchange++;
    chip->timer++;
}

static void timer_ran(struct rf_field *field, unsigned index, uint64_t number) {
    struct field_chip *chip = &field->chips[index];
    if (number == chip->timer)
        pn532_timer(&chip->chip);
}

static void on_timer(void *context, uint64_t delay_ns) {
    struct field_chip *chip = context;
    field_schedule(chip->field, chip->field->now + delay_ns, timer_ran, chip->index, ++chip->timer);
}

static void on_field(void *context, bool on) {
    struct field_chip *chip = context;
    trace(chip->field, chip->index, on ? FIELD_TRACE_ON : FIELD_TRACE_OFF, NULL);
    field_refresh(chip->field);
}

static void on_listen(void *context, bool on) {
    struct field_chip *chip = context;
    chip->listening = on;
    field_refresh(chip->field);
}

static void on_answer(void *context, const struct rf_frame *frame) {
    struct field_chip *chip = context;
    answer_from(chip->field, chip->index, frame);
}

static uint8_t on_exchange(void *context) {
    unsigned value = 0;
    return field_fault_strike(context, FAULT_EXCHANGE, &value) == NULL ? 0 : (uint8_t)value;
}

struct pn532_ports air_ports(struct field_chip *chip) {
    return (struct pn532_ports){
        .context = chip,
        .to_host = field_to_host,
        .field = on_field,
        .send = on_send,
        .cancel = on_cancel,
        .timer = on_timer,
        .listen = on_listen,
        .answer = on_answer,
        .exchange = on_exchange,
    };
}

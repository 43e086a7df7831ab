// SPDX-License-Identifier: Apache-2.0
#include "apdu/script/tools/mutate.h"

#include <string.h>

enum { TORN_OCTETS = 24 }; // of a write that is cut: within the head of a journal record

static const char *const words[] = {"none", "drop", "repeat", "swap", "truncate", "flip", "tear"};

const char *mutation_word(enum mutation_kind kind) {
    return words[kind];
}

enum mutation_kind mutation_find(struct bytes word) {
    unsigned kind = MUTATION_NONE;
    while (kind < MUTATION_KINDS && !bytes_equal(word, bytes_of_string(words[kind])))
        kind++;
    return (enum mutation_kind)kind;
}

struct mutation_tear mutation_tear(size_t parameter, uint64_t writes) {
    if (parameter >= 2 * writes)
        return (struct mutation_tear){.write = writes, .answer_only = true};
    bool within = parameter % 2 != 0;
    return (struct mutation_tear){
        .write = parameter / 2, .octets = within ? TORN_OCTETS : 0, .gives_up = !within};
}

size_t mutation_variants(enum mutation_kind kind, size_t size, bool next, uint64_t writes) {
    switch (kind) {
    case MUTATION_DROP:
    case MUTATION_REPEAT:
        return 1;
    case MUTATION_SWAP:
        return next ? 1 : 0;
    case MUTATION_TRUNCATE:
        return size > 1 ? size - 1 : 0;
    case MUTATION_FLIP:
        return size;
    case MUTATION_TEAR:
        return (size_t)(2 * writes + 1);
    default:
        return 0;
    }
}

// ---- the log ---------------------------------------------------------------------------------

static void log_event(const struct mutated_link *link, const char *event) {
    if (link->exchange->log != NULL)
        buffer_format(link->exchange->log, "%s: %s\n", link->name, event);
}

static void log_cut(const struct mutated_link *link, uint64_t writes, size_t octets) {
    struct buffer *log = link->exchange->log;
    if (log == NULL)
        return;
    buffer_format(log, "%s: power-cut after %l writes", link->name, writes);
    if (octets > 0)
        buffer_format(log, "  # and %z octets of the next", octets);
    buffer_text(log, "\n");
}

static void log_exchange(const struct mutated_link *link, struct bytes command,
                         enum link_status status, struct bytes answer) {
    struct buffer *log = link->exchange->log;
    if (log == NULL || command.size == 0)
        return;
    buffer_format(log, "%s: tx %h\n", link->name, command);
    if (status == LINK_OK && answer.size >= 2)
        buffer_format(log, "  sw %H\n", bytes_of(answer.data + answer.size - 2, 2));
    else
        buffer_text(log, "  mute\n");
}

// ---- the mistakes ----------------------------------------------------------------------------

static enum link_status pass(struct mutated_link *link, struct bytes command, uint8_t *answer,
                             size_t capacity, size_t *answer_size) {
    enum link_status status = link_transmit(link->inner, command, answer, capacity, answer_size);
    if (status != LINK_OK)
        memcpy(link->link.error, link->inner->error, sizeof link->link.error);
    log_exchange(link, command, status, bytes_of(answer, status == LINK_OK ? *answer_size : 0));
    return status;
}

static enum link_status lost(uint8_t *answer, size_t *answer_size) {
    answer[0] = 0x6F; // what a host makes of a lost answer
    answer[1] = 0x00;
    *answer_size = 2;
    return LINK_OK;
}

static enum link_status flipped(struct mutated_link *link, struct bytes command, uint8_t *answer,
                                size_t capacity, size_t *answer_size) {
    static _Thread_local uint8_t copy[APDU_EXTENDED_COMMAND_MAX];
    size_t at = link->exchange->parameter;
    if (command.size > sizeof copy || at >= command.size)
        return pass(link, command, answer, capacity, answer_size);
    memcpy(copy, command.data, command.size);
    copy[at] ^= (uint8_t)(1u << at % 8);
    return pass(link, bytes_of(copy, command.size), answer, capacity, answer_size);
}

/// The next command first. Its answer waits until the script sends it.
static enum link_status swapped(struct mutated_link *link, struct bytes command, uint8_t *answer,
                                size_t capacity, size_t *answer_size) {
    struct mutated_exchange *exchange = link->exchange;
    exchange->held_status = pass(exchange->links[exchange->next_card], exchange->next,
                                 exchange->held, sizeof exchange->held, &exchange->held_size);
    exchange->answer_held = true;
    return pass(link, command, answer, capacity, answer_size);
}

static enum link_status give_held(struct mutated_exchange *exchange, uint8_t *answer,
                                  size_t capacity, size_t *answer_size) {
    exchange->answer_held = false;
    if (exchange->held_status != LINK_OK || exchange->held_size > capacity)
        return exchange->held_status;
    memcpy(answer, exchange->held, exchange->held_size);
    *answer_size = exchange->held_size;
    return LINK_OK;
}

static enum link_status torn(struct mutated_link *link, struct bytes command, uint8_t *answer,
                             size_t capacity, size_t *answer_size) {
    struct mutated_exchange *exchange = link->exchange;
    const struct mutation_power *power = &exchange->power;
    struct mutation_tear tear = mutation_tear(exchange->parameter, exchange->writes);
    if (!tear.answer_only) {
        if (!power->cut(power->context, link->card, tear.write, tear.octets))
            return LINK_UNSUPPORTED;
        log_cut(link, tear.write, tear.octets);
    }
    enum link_status status = pass(link, command, answer, capacity, answer_size);
    power->fail(power->context, link->card); // it went already, unless only the answer is lost
    if (link_reset(link->inner, LINK_RESET_COLD, NULL, 0, NULL) != LINK_OK)
        return LINK_NO_CARD;
    log_event(link, "cold-reset");
    if (exchange->recovered != NULL)
        exchange->recovered(exchange->context, link->card);
    if (!tear.gives_up)
        return lost(answer, answer_size);
    power->fail(power->context, link->card);
    return status == LINK_OK ? LINK_BROKEN : status;
}

static enum link_status mistaken(struct mutated_link *link, struct bytes command, uint8_t *answer,
                                 size_t capacity, size_t *answer_size) {
    size_t keep = link->exchange->parameter + 1;
    switch (link->exchange->kind) {
    case MUTATION_DROP:
        return lost(answer, answer_size);
    case MUTATION_REPEAT:
        pass(link, command, answer, capacity, answer_size);
        break;
    case MUTATION_SWAP:
        return swapped(link, command, answer, capacity, answer_size);
    case MUTATION_TRUNCATE:
        command.size = keep < command.size ? keep : command.size;
        break;
    case MUTATION_FLIP:
        return flipped(link, command, answer, capacity, answer_size);
    case MUTATION_TEAR:
        return torn(link, command, answer, capacity, answer_size);
    default:
        break;
    }
    return pass(link, command, answer, capacity, answer_size);
}

// ---- on the link -----------------------------------------------------------------------------

static enum link_status mutated_transmit(struct link *outer, struct bytes command, uint8_t *answer,
                                         size_t capacity, size_t *answer_size) {
    struct mutated_link *link = (struct mutated_link *)outer;
    struct mutated_exchange *exchange = link->exchange;
    size_t step = exchange->counter++;
    if (exchange->kind == MUTATION_NONE && exchange->before != NULL)
        exchange->before(exchange->context, link->card, command);
    if (exchange->kind != MUTATION_NONE && step == exchange->step)
        return mistaken(link, command, answer, capacity, answer_size);
    if (exchange->answer_held)
        return give_held(exchange, answer, capacity, answer_size);
    enum link_status status = pass(link, command, answer, capacity, answer_size);
    if (exchange->kind == MUTATION_NONE && exchange->after != NULL)
        exchange->after(exchange->context, link->card);
    return status;
}

static enum link_status mutated_reset(struct link *outer, enum link_reset kind, uint8_t *atr,
                                      size_t capacity, size_t *atr_size) {
    struct mutated_link *link = (struct mutated_link *)outer;
    log_event(link, kind == LINK_RESET_COLD ? "cold-reset" : "reset");
    return link_reset(link->inner, kind, atr, capacity, atr_size);
}

static void mutated_close(struct link *link) {
    (void)link;
}

static enum link_status mutated_cut(const struct script_control *control, uint64_t writes) {
    const struct mutated_link *link = control->context;
    log_cut(link, writes, 0);
    return link->inner_control->power_cut(link->inner_control, writes);
}

static enum link_status mutated_insert(const struct script_control *control) {
    const struct mutated_link *link = control->context;
    log_event(link, "insert");
    return link->inner_control->insert(link->inner_control);
}

static enum link_status mutated_remove(const struct script_control *control) {
    const struct mutated_link *link = control->context;
    log_event(link, "remove");
    return link->inner_control->remove(link->inner_control);
}

struct script_card mutated_link_init(struct mutated_link *link, const struct script_card *card,
                                     size_t number, struct mutated_exchange *exchange) {
    static const struct link_ops ops = {mutated_transmit, mutated_reset, mutated_close};
    *link = (struct mutated_link){.inner = card->link, .exchange = exchange, .card = number};
    link->link = *card->link;
    link->link.ops = &ops;
    link->name = card->name;
    link->inner_control = card->control;
    if (card->control != NULL)
        link->control =
            (struct script_control){card->control->power_cut != NULL ? mutated_cut : NULL,
                                    card->control->insert != NULL ? mutated_insert : NULL,
                                    card->control->remove != NULL ? mutated_remove : NULL, link};
    exchange->links[number] = link;
    return (struct script_card){card->name, &link->link,
                                card->control != NULL ? &link->control : NULL};
}

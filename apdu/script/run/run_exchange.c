// SPDX-License-Identifier: Apache-2.0
// One command over the link: the measured exchange, what `auto` asks for, silence after a power
// cut, and resets.
#include "apdu/script/run/run_internal.h"
#include "apdu/script/run/run_secure.h"

#include <string.h>

static void tell_exchange(struct runner *runner, const struct statement *statement,
                          struct bytes wire, struct bytes answer) {
    const struct script_listener *listener = runner->listener;
    runner->now->exchanges++;
    if (listener->exchange == NULL)
        return;
    const struct evaluation *evaluation = &runner->evaluation;
    struct script_exchange what = {.card = runner->card, .at = statement->at, .command = wire};
    what.card_name = runner->cards[runner->card].name;
    what.begin = runner->begin;
    what.end = runner->begin + runner->elapsed;
    what.answer = answer;
    what.secrets = evaluation->secrets;
    what.secret_count = evaluation->secret_count;
    what.secret =
        evaluation->secret_overflow || (statement->command != NULL && statement->command->secret);
    what.unknown = evaluation->unknown || runner->undecided > 0;
    what.automatic = runner->automatic;
    what.secured = runner->secure != NULL && runner->secure->card == runner->card;
    if (answer.data == runner->wire_answer.data && answer.size > 0) {
        what.clear_command = buffer_bytes(&runner->command);
        what.clear_answer = bytes_of(runner->answer, runner->answer_size);
    }
    listener->exchange(listener, &what);
}

static enum link_status transmit(struct runner *runner, const struct statement *statement,
                                 struct bytes wire) {
    struct link *link = runner->cards[runner->card].link;
    runner->begin = runner->ports->now(runner->ports);
    runner->answer_size = 0;
    enum link_status status =
        link_transmit(link, wire, runner->answer, sizeof runner->answer, &runner->answer_size);
    runner->elapsed = runner->ports->now(runner->ports) - runner->begin;
    if (status == LINK_OK && runner->answer_size == 0) // a reader may report silence like this
        status = LINK_BROKEN;
    if (status != LINK_OK)
        runner->answer_size = 0;
    runner->answered = status == LINK_OK && runner->answer_size >= 2;
    bool secured = wire.data == runner->wire.data && runner->answered;
    if (!secured) // the others are told when their protection is off
        tell_exchange(runner, statement, wire, bytes_of(runner->answer, runner->answer_size));
    return status;
}

static bool is_silence(enum link_status status) {
    return status == LINK_NO_CARD || status == LINK_BROKEN;
}

static enum flow send(struct runner *runner, const struct statement *statement, struct bytes wire) {
    enum link_status status = transmit(runner, statement, wire);
    if (status == LINK_OK && runner->answer_size >= 2)
        return FLOW_ON;
    if (status == LINK_OK)
        return runner_fail(runner, OUTCOME_FAILED, &statement->at,
                           "the answer is shorter than a status word", NULL);
    if (is_silence(status) && expects_mute(statement->expectations))
        return FLOW_ON;
    return runner_link_failed(runner, &statement->at, status, runner->cards[runner->card].link);
}

// ---- what `auto` asks for --------------------------------------------------------------------

/// 6Cxx: the same command with the Le that the card names.
static enum flow repeat_with_le(struct runner *runner, const struct statement *statement,
                                struct bytes wire) {
    struct apdu_command command;
    uint8_t again[APDU_SHORT_COMMAND_MAX];
    uint16_t sw = runner_answer_sw(runner);
    if (sw >> 8 != 0x6C || !apdu_command_parse(wire, &command))
        return FLOW_ON;
    command.le = (sw & 0xFF) == 0 ? APDU_SHORT_LE_MAX : sw & 0xFF;
    size_t size = apdu_command_encode(&command, again, sizeof again);
    return size == 0 ? FLOW_ON : send(runner, statement, bytes_of(again, size));
}

/// GET RESPONSE for what 61xx announces; where a wrong Le is repeated, this one is too.
static enum flow fetch(struct runner *runner, const struct statement *statement, uint8_t cla,
                       uint8_t le) {
    uint8_t get_response[] = {cla & 0x03, 0xC0, 0x00, 0x00, le};
    enum flow flow = send(runner, statement, BYTES_OF(get_response));
    if (flow == FLOW_ON && (runner->automatic & AUTO_LE) != 0 && runner->answered)
        flow = repeat_with_le(runner, statement, BYTES_OF(get_response));
    return flow;
}

/// Asking again makes sense: more is announced, there is room, octets came, and it is not too late.
static bool goes_on(const struct runner *runner, size_t fetched, size_t before) {
    return runner->answered && runner_answer_sw(runner) >> 8 == 0x61 &&
           fetched < APDU_EXTENDED_LE_MAX && fetched > before && !time_is_up(runner);
}

/// 61xx: fetches and joins, until a part brings no octet. The parts stand one behind the other in
/// runner->answer at the end.
static enum flow fetch_rest(struct runner *runner, const struct statement *statement, uint8_t cla) {
    struct buffer whole;
    enum flow flow = FLOW_ON;
    buffer_init(&whole, runner->ports->memory);
    uint64_t elapsed = runner->elapsed;
    bool more = runner->answered && runner_answer_sw(runner) >> 8 == 0x61; // the first has no data
    while (flow == FLOW_ON && more) {
        uint8_t le = (uint8_t)runner_answer_sw(runner);
        buffer_put(&whole, runner_answer_data(runner));
        flow = fetch(runner, statement, cla, le);
        elapsed += runner->elapsed;
        more = goes_on(runner, whole.size + runner_answer_data(runner).size, whole.size);
    }
    if (whole.size > 0 && whole.size + runner->answer_size <= sizeof runner->answer) {
        memmove(runner->answer + whole.size, runner->answer, runner->answer_size);
        memcpy(runner->answer, whole.data, whole.size);
        runner->answer_size += whole.size;
    }
    runner->elapsed = elapsed;
    buffer_free(&whole);
    return flow;
}

static enum flow automatic(struct runner *runner, const struct statement *statement,
                           struct bytes wire) {
    enum flow flow = FLOW_ON;
    if ((runner->automatic & AUTO_LE) != 0 && runner->answered)
        flow = repeat_with_le(runner, statement, wire);
    if (flow == FLOW_ON && (runner->automatic & AUTO_RESPONSE) != 0 && runner->answered)
        flow = fetch_rest(runner, statement, wire.data[0]);
    return flow;
}

/// More octets than Le allows is a fault of the card or of the link.
static enum flow check_announced(struct runner *runner, const struct statement *statement,
                                 struct bytes wire) {
    struct apdu_command command;
    size_t size = runner_answer_data(runner).size;
    if (runner->automatic != 0 || !apdu_command_parse(wire, &command) || command.le == 0 ||
        size <= command.le)
        return FLOW_ON;
    struct buffer message;
    buffer_init(&message, runner->ports->memory);
    buffer_format(&message, "the answer has %z octets of data, Le announced at most %u", size,
                  (unsigned)command.le);
    enum flow flow =
        runner_fail(runner, OUTCOME_FAILED, &statement->at, buffer_string(&message), NULL);
    buffer_free(&message);
    return flow;
}

enum flow run_raw(struct runner *runner, const struct statement *statement, struct bytes command) {
    return send(runner, statement, command);
}

static enum flow transmit_dry(struct runner *runner, const struct statement *statement) {
    runner->answer_size = 0;
    runner->begin = runner->ports->now(runner->ports);
    tell_exchange(runner, statement, buffer_bytes(&runner->command), (struct bytes){NULL, 0});
    return run_expectations(runner, statement->expectations);
}

/// Keeps the octets of the wire for the listener.
static enum flow unwrap(struct runner *runner, const struct statement *statement, struct bytes wire,
                        enum flow flow) {
    buffer_clear(&runner->wire_answer);
    buffer_put(&runner->wire_answer, bytes_of(runner->answer, runner->answer_size));
    if (flow == FLOW_ON)
        flow = secure_unwrap(runner, statement);
    tell_exchange(runner, statement, wire, buffer_bytes(&runner->wire_answer));
    return flow;
}

/// A channel of level 00 protects nothing: its commands go as they are.
static bool is_secured(const struct runner *runner) {
    return runner->secure != NULL && runner->secure->card == runner->card &&
           (runner->secure->scp02 ? runner->secure->older.level : runner->secure->session.level) !=
               0;
}

enum flow run_transmit(struct runner *runner, const struct statement *statement) {
    struct bytes wire = buffer_bytes(&runner->command);
    if (runner->command.failed)
        return runner_fail(runner, OUTCOME_ERROR, &statement->at, "out of memory", NULL);
    if (runner->options->dry_run)
        return transmit_dry(runner, statement);
    bool secured = is_secured(runner);
    enum flow flow = secured ? secure_wrap(runner, statement, &wire) : FLOW_ON;
    if (flow == FLOW_ON)
        flow = send(runner, statement, wire);
    if (flow == FLOW_ON)
        flow = automatic(runner, statement, wire);
    if (flow == FLOW_ON && runner->answered)
        flow = check_announced(runner, statement, wire);
    if (secured && runner->answered)
        flow = unwrap(runner, statement, wire, flow);
    return flow == FLOW_ON ? run_expectations(runner, statement->expectations) : flow;
}

enum flow run_reset(struct runner *runner, const struct statement *statement) {
    bool cold = statement->kind == STATEMENT_COLD_RESET;
    const struct script_card *card = &runner->cards[runner->card];
    struct script_event event = {.kind = cold ? EVENT_COLD_RESET : EVENT_RESET,
                                 .card = runner->card};
    enum link_status status = LINK_OK;
    runner->answered = false;
    runner->atr_size = 0;
    if (!runner->options->dry_run)
        status = link_reset(card->link, cold ? LINK_RESET_COLD : LINK_RESET_WARM, runner->atr,
                            sizeof runner->atr, &runner->atr_size);
    if (status != LINK_OK)
        return runner_link_failed(runner, &statement->at, status, card->link);
    event.card_name = card->name;
    event.atr = bytes_of(runner->atr, runner->atr_size);
    event.at = runner->ports->now(runner->ports);
    if (runner->listener->event != NULL)
        runner->listener->event(runner->listener, &event);
    return run_expectations(runner, statement->expectations);
}

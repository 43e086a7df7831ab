// SPDX-License-Identifier: Apache-2.0
#include "apdu/script/tools/campaign_child.h"

#include <stddef.h>
#include <string.h>
#include <unistd.h>

enum { MUTANT_SECONDS = 60 };

static void on_failure(const struct script_listener *listener, const struct script_failure *what) {
    struct buffer *text = listener->context;
    diagnostic_render(&what->diagnostic, text);
    buffer_text(text, what->detail);
}

static void write_all(int to, struct bytes octets) {
    while (octets.size > 0) {
        ssize_t done = write(to, octets.data, octets.size);
        if (done <= 0)
            _exit(1);
        octets = bytes_of(octets.data + done, octets.size - (size_t)done);
    }
}

// ---- parts of the script ---------------------------------------------------------------------

static enum script_outcome run_part(struct campaign *campaign, struct script_program *program,
                                    enum script_part part, struct script_memo *memo,
                                    const struct script_card *cards,
                                    const struct script_listener *listener) {
    static const struct script_listener nobody = {.context = NULL};
    struct script_options options = campaign->options->run;
    options.part = part;
    options.memo = memo;
    options.keep_going = part == PART_BODY && listener == NULL;
    return run_script(program, campaign->ports, &options, cards, campaign->cards->count,
                      listener != NULL ? listener : &nobody)
        .outcome;
}

enum script_outcome body_run(struct campaign *campaign, const struct script_listener *listener) {
    struct script_memo *memo =
        campaign->program == campaign->rules ? &campaign->rules_memo : &campaign->memo;
    return run_part(campaign, campaign->program, PART_BODY, memo, campaign->wrapped, listener);
}

bool setup_run(struct campaign *campaign, struct script_program *program,
               struct script_memo *memo) {
    struct script_listener listener = {.failure = on_failure, .context = &campaign->failure};
    return run_part(campaign, program, PART_SETUP, memo, campaign->wrapped, &listener) ==
           OUTCOME_PASSED;
}

/// Whatever happened to it, a card is put in and powered up again.
static bool revive(struct campaign *campaign, size_t i) {
    const struct script_card *card = &campaign->cards->cards[i];
    if (card->control != NULL && card->control->insert != NULL)
        (void)card->control->insert(card->control);
    campaign->cards->power.fail(campaign->cards->power.context, i);
    if (link_reset(card->link, LINK_RESET_COLD, NULL, 0, NULL) == LINK_OK)
        return true;
    buffer_format(&campaign->failure, "card %s does not start again\n", card->name);
    return false;
}

static bool invariants_hold(struct campaign *campaign) {
    struct script_listener listener = {.failure = on_failure, .context = &campaign->failure};
    for (size_t i = 0; i < campaign->cards->count; i++)
        if (!revive(campaign, i))
            return false;
    return run_part(campaign, campaign->rules, PART_INVARIANTS, &campaign->rules_memo,
                    campaign->cards->cards, &listener) == OUTCOME_PASSED;
}

// ---- scouts ----------------------------------------------------------------------------------

static void note_state(void *context) {
    struct campaign *campaign = context;
    const struct campaign_cards *cards = campaign->cards;
    struct campaign_scout *scout = &campaign->scout;
    scout->comparable =
        scout->comparable && scout->states < CAMPAIGN_STATES_MAX &&
        cards->state(cards->context, campaign->scouted_card, scout->state[scout->states]);
    scout->states += scout->comparable;
}

void scout_begin(struct campaign *campaign, size_t card) {
    const struct campaign_cards *cards = campaign->cards;
    campaign->role = CAMPAIGN_SCOUT;
    campaign->scouted_card = card;
    campaign->scouted_writes = cards->writes(cards->context, card);
    memset(&campaign->scout, 0, offsetof(struct campaign_scout, state));
    campaign->scout.comparable = campaign->options->repeatable;
    note_state(campaign);
    if (campaign->scout.comparable)
        cards->watch(cards->context, card, note_state, campaign);
}

void scout_after(struct campaign *campaign, size_t card) {
    const struct campaign_cards *cards = campaign->cards;
    campaign->scout.writes = cards->writes(cards->context, card) - campaign->scouted_writes;
    cards->watch(cards->context, card, NULL, NULL);
    note_state(campaign);
}

void scout_end(struct campaign *campaign, size_t card, struct bytes next) {
    struct campaign_scout *scout = &campaign->scout;
    scout->next_card = card;
    scout->next_size = next.size <= sizeof scout->next ? next.size : 0;
    if (scout->next_size > 0)
        memcpy(scout->next, next.data, next.size);
    size_t used = offsetof(struct campaign_scout, next) + scout->next_size;
    write_all(campaign->told, bytes_of((const uint8_t *)scout, used));
    _exit(0);
}

bool scout_read(struct campaign_scout *scout, const struct buffer *told) {
    if (told->failed || told->size < offsetof(struct campaign_scout, next) ||
        told->size > sizeof *scout)
        return false;
    memcpy(scout, told->data, told->size);
    return told->size == offsetof(struct campaign_scout, next) + scout->next_size;
}

// ---- mutants ---------------------------------------------------------------------------------

noreturn static void tell(struct campaign *campaign, bool held, enum script_outcome outcome) {
    struct campaign_verdict verdict = {.held = held, .outcome = outcome};
    verdict.compared = campaign->compared > 0;
    if (!held)
        verdict.text_size = (uint32_t)campaign->failure.size;
    write_all(campaign->told, bytes_of((const uint8_t *)&verdict, sizeof verdict));
    if (!held) {
        write_all(campaign->told, buffer_bytes(&campaign->failure));
        write_all(campaign->told, buffer_bytes(&campaign->log));
    }
    _exit(0);
}

/// The torn card stands as before the command or as behind one of its commits; when only the answer
/// was lost, as behind the last.
static void check_recovered(void *context, size_t card) {
    struct campaign *campaign = context;
    const struct campaign_scout *scout = &campaign->scout;
    const struct campaign_cards *cards = campaign->cards;
    uint8_t digest[SHA256_SIZE];
    if (!scout->comparable || !cards->state(cards->context, card, digest))
        return;
    campaign->compared++;
    size_t first = 0, i;
    if (mutation_tear(campaign->exchange.parameter, scout->writes).answer_only)
        first = scout->states - 1;
    for (i = first; i < scout->states; i++)
        if (memcmp(scout->state[i], digest, sizeof digest) == 0)
            break;
    if (i == scout->states)
        buffer_format(&campaign->fault, "card %s is not as before or after the torn command\n",
                      cards->cards[card].name);
}

void mutant_begin(struct campaign *campaign, enum mutation_kind kind, size_t parameter) {
    struct mutated_exchange *exchange = &campaign->exchange;
    campaign->role = CAMPAIGN_MUTANT;
    campaign->compared = 0;
    exchange->kind = kind;
    exchange->step = exchange->counter - 1;
    exchange->parameter = parameter;
    exchange->writes = campaign->scout.writes;
    exchange->next_card = campaign->scout.next_card;
    exchange->next = bytes_of(campaign->scout.next, campaign->scout.next_size);
    exchange->recovered = check_recovered;
    alarm(MUTANT_SECONDS);
}

void mutant_end(struct campaign *campaign, enum script_outcome outcome) {
    bool held = invariants_hold(campaign) && campaign->fault.size == 0;
    buffer_put(&campaign->failure, buffer_bytes(&campaign->fault));
    tell(campaign, held, outcome);
}

void clean_run(struct campaign *campaign) {
    struct script_listener listener = {.failure = on_failure, .context = &campaign->failure};
    enum script_outcome outcome = body_run(campaign, &listener);
    tell(campaign, outcome == OUTCOME_PASSED && invariants_hold(campaign), outcome);
}

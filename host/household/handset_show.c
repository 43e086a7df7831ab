// SPDX-License-Identifier: Apache-2.0
// How the phone stands, as one JSON object for its page.
#include "host/household/handset_private.h"

#include "apdu/octets/unit.h"
#include "base/must.h"

static const char *const phases[] = {[HANDSET_IDLE] = "idle",
                                     [HANDSET_ASK] = "ask",
                                     [HANDSET_ARMED] = "armed",
                                     [HANDSET_BUSY] = "busy",
                                     [HANDSET_END] = "end"};
must_cover(phases, HANDSET_PHASE_COUNT);

static json_t *terms_to_json(const struct handset *handset, const struct handset_terms *terms) {
    char unit[UNIT_NAME_MAX];
    return json_pack("{s:s, s:I, s:s, s:b}", "payee", terms->payee, "amount",
                     (json_int_t)terms->amount, "unit", unit_name(terms->unit, unit), "pin",
                     terms->amount > handset->options.limit);
}

/// What the page may offer: a command that lacks its other side is not shown.
static json_t *can_to_json(const struct handset_options *options) {
    return json_pack(
        "{s:b, s:b, s:b, s:I}", "buy", options->licence != NULL && options->till != NULL, "give",
        options->home != NULL, "play", options->card != NULL, "limit", (json_int_t)options->limit);
}

json_t *handset_state(struct handset *handset) {
    struct handset_air *air = &handset->air;
    json_t *state = json_pack("{s:s, s:s, s:s}", "phase", phases[handset->phase], "say",
                              handset->say, "detail", handset->detail);
    pthread_mutex_lock(&air->lock);
    json_object_set_new(state, "taps", json_deep_copy(air->taps));
    if (handset->phase == HANDSET_ASK)
        json_object_set_new(state, "ask", terms_to_json(handset, &air->asked));
    if (handset->phase == HANDSET_ARMED)
        json_object_set_new(state, "ask", terms_to_json(handset, &air->armed));
    pthread_mutex_unlock(&air->lock);
    return state;
}

bool handset_asks(struct handset *handset, const json_t *shown) {
    pthread_mutex_lock(&handset->air.lock);
    json_t *asked = terms_to_json(handset, &handset->air.asked);
    pthread_mutex_unlock(&handset->air.lock);
    bool same = json_equal(asked, shown) != 0;
    json_decref(asked);
    return same;
}

void handset_show(struct handset *handset) {
    if (handset->screen == NULL)
        return;
    json_t *state = handset_state(handset);
    json_object_set(state, "purse", handset->purse);
    json_object_set(state, "tickets", handset->tickets);
    json_object_set_new(state, "can", can_to_json(&handset->options));
    terminal_screen_show(handset->screen, state);
}

void handset_say(struct handset *handset, enum handset_phase phase, const char *say) {
    bool stays = phase == HANDSET_IDLE || phase == HANDSET_BUSY;
    handset->phase = phase;
    handset->say = say;
    handset->until_ms = stays ? 0 : handset_now_ms() + HANDSET_ARMED_MS;
    if (phase != HANDSET_END)
        handset->detail[0] = '\0';
    handset_show(handset);
}

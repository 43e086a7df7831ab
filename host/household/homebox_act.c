// SPDX-License-Identifier: Apache-2.0
// What is touched at the home server's page, what comes of it, and how it stands. An act that does
// not fit the moment is nothing.
#include "host/household/homebox_private.h"

#include "base/must.h"

#include <stdio.h>
#include <string.h>

static const char *const phases[] = {
    [HOMEBOX_IDLE] = "idle", [HOMEBOX_BUSY] = "busy", [HOMEBOX_END] = "end"};
must_cover(phases, HOMEBOX_PHASE_COUNT);

// ---- how it stands -----------------------------------------------------------------------------

/// What the page may offer: a command that lacks its other side is not shown.
static json_t *can_to_json(const struct homebox_options *options) {
    return json_pack("{s:b, s:b, s:b}", "fetch",
                     options->content != NULL || options->medium != NULL, "from",
                     options->from != NULL, "card", options->card != NULL);
}

void homebox_show(struct homebox *homebox) {
    if (homebox->screen == NULL)
        return;
    terminal_screen_show(
        homebox->screen,
        json_pack("{s:s, s:s, s:s, s:O?, s:O?, s:O?, s:O?, s:o}", "phase", phases[homebox->phase],
                  "say", homebox->say, "detail", homebox->detail, "library",
                  homebox->shown[SHOW_LIBRARY], "tickets", homebox->shown[SHOW_TICKETS], "devices",
                  homebox->shown[SHOW_DEVICES], "catalogue", homebox->shown[SHOW_CATALOGUE], "can",
                  can_to_json(&homebox->options)));
}

static void say(struct homebox *homebox, enum homebox_phase phase, const char *sentence) {
    homebox->phase = phase;
    homebox->say = sentence;
    homebox_show(homebox);
}

// ---- errands -----------------------------------------------------------------------------------

static void start(struct homebox *homebox, enum homebox_errand what, const char *program,
                  const struct errand_words *words, const char *secret) {
    struct failure failure;
    homebox->running = what;
    if (errand_start(&homebox->errand, program, words, secret, &failure))
        return;
    snprintf(homebox->detail, sizeof homebox->detail, "%s", failure.text);
    say(homebox, HOMEBOX_END, "phone-failed");
}

/// "tessera home ACTION ..." of this home server.
static struct errand_words home_words(const struct homebox *homebox, const char *action) {
    struct errand_words words = {.count = 0};
    errand_word(&words, action);
    errand_option(&words, "--state", homebox->state.directory);
    errand_option(&words, "--tls", homebox->options.tls);
    errand_word(&words, "--json");
    return words;
}

void homebox_next(struct homebox *homebox) {
    const char *store = homebox->options.store;
    static const char *const programs[] = {"home", "ticket", "device", "home"};
    struct errand_words words[] = {home_words(homebox, "library"),
                                   {{"list", store, "--json"}, 3},
                                   {{"list", store, "--json"}, 3},
                                   home_words(homebox, "catalogue")};
    must_cover(programs, SHOWN_COUNT);
    errand_option(&words[SHOW_CATALOGUE], "--content", homebox->options.content);
    if (homebox->options.content == NULL || homebox->options.medium != NULL)
        homebox->due[SHOW_CATALOGUE] = false;
    for (size_t i = 0; i < SHOWN_COUNT && !errand_runs(&homebox->errand); i++)
        if (homebox->due[i]) {
            homebox->due[i] = false;
            start(homebox, (enum homebox_errand)i, programs[i], &words[i], NULL);
        }
}

void homebox_ended(struct homebox *homebox) {
    const struct errand *errand = &homebox->errand;
    bool done = errand->code == EXIT_DONE;
    if (homebox->running == SHOW_CATALOGUE && !done) // no network, say: what was known stays
        return;
    if (homebox->running != OWN_ERRAND) {
        json_decref(homebox->shown[homebox->running]);
        homebox->shown[homebox->running] = errand_lines(errand);
        homebox_show(homebox);
        return;
    }
    for (size_t i = 0; i < SHOWN_COUNT; i++)
        homebox->due[i] = true;
    snprintf(homebox->detail, sizeof homebox->detail, "%s", done ? "" : errand_sentence(errand));
    say(homebox, HOMEBOX_END, done ? "phone-done" : "phone-failed");
}

// ---- acts --------------------------------------------------------------------------------------

static const char *text_of(json_t *act, const char *field) {
    const char *text = json_string_value(json_object_get(act, field));
    return text != NULL ? text : "";
}

static void run(struct homebox *homebox, const char *program, const struct errand_words *words,
                const char *secret, const char *sentence) {
    if (errand_runs(&homebox->errand)) // it reads a list; that is done again afterwards
        errand_stop(&homebox->errand);
    say(homebox, HOMEBOX_BUSY, sentence);
    start(homebox, OWN_ERRAND, program, words, secret);
}

static void act_fetch(struct homebox *homebox, json_t *act) {
    const char *id = text_of(act, "id");
    const struct homebox_options *options = &homebox->options;
    struct errand_words words = home_words(homebox, "fetch");
    if (!errand_is_word(id))
        return;
    errand_word(&words, id);
    errand_option(&words, "--content", options->medium == NULL ? options->content : NULL);
    errand_option(&words, "--medium", options->medium);
    run(homebox, "home", &words, NULL, "home-fetching");
}

/// from: the ticket comes from the phone that is held there.
static void act_play(struct homebox *homebox, json_t *act) {
    const char *id = text_of(act, "id");
    bool from = json_is_true(json_object_get(act, "from"));
    const struct homebox_options *options = &homebox->options;
    struct errand_words words = home_words(homebox, "play");
    if (!errand_is_word(id))
        return;
    errand_word(&words, id);
    errand_option(&words, "--store", options->store);
    errand_option(&words, "--from", from ? options->from : NULL);
    errand_option(&words, "--player", options->player);
    if (options->headless)
        errand_word(&words, "--headless");
    run(homebox, "home", &words, NULL, from ? "home-tap" : "phone-playing");
}

static void act_to_card(struct homebox *homebox, json_t *act) {
    const char *id = text_of(act, "id");
    struct errand_words words = home_words(homebox, "to-card");
    if (!errand_is_word(id) || homebox->options.card == NULL)
        return;
    errand_word(&words, id);
    errand_word(&words, homebox->options.card);
    run(homebox, "home", &words, NULL, "home-copying");
}

static void change_device(struct homebox *homebox, json_t *act, const char *action) {
    const char *id = text_of(act, "id"), *pin = text_of(act, "pin");
    struct errand_words words = {{action, homebox->options.store, id, "--pin-fd", "3"}, 5};
    if (errand_is_word(id) && pin[0] != '\0')
        run(homebox, "device", &words, pin, "home-changing");
}

static void act_add(struct homebox *homebox, json_t *act) {
    change_device(homebox, act, "add");
}

static void act_remove(struct homebox *homebox, json_t *act) {
    change_device(homebox, act, "remove");
}

void homebox_act(struct homebox *homebox, json_t *act) {
    static const struct {
        const char *word;
        void (*act)(struct homebox *, json_t *);
    } acts[] = {{"fetch", act_fetch},
                {"play", act_play},
                {"to-card", act_to_card},
                {"add", act_add},
                {"remove", act_remove}};
    const char *word = text_of(act, "do");
    if (strcmp(word, "done") == 0 && homebox->phase == HOMEBOX_END)
        say(homebox, HOMEBOX_IDLE, "home-ready");
    for (size_t i = 0; homebox->phase == HOMEBOX_IDLE && i < sizeof acts / sizeof acts[0]; i++)
        if (strcmp(word, acts[i].word) == 0)
            acts[i].act(homebox, act);
}

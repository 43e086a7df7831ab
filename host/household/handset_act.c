// SPDX-License-Identifier: Apache-2.0
// What is touched at the phone, and what comes of it. An act that does not fit the moment is
// nothing: a page that is a second behind asks for something that is over.
#include "host/household/handset_private.h"

#include <stdio.h>
#include <string.h>

#include "apdu/octets/unit.h"

enum { SHOWN_MS = 20000, NUMBER_TEXT = 24, BILL_AGAIN_MS = 5000 };

// ---- errands -----------------------------------------------------------------------------------

/// Options of "tessera phone ..." on this phone, behind its first word; "": none.
static struct errand_words phone_words(const struct handset *handset, const char *action) {
    struct errand_words words = {.count = 0};
    if (action[0] != '\0')
        errand_word(&words, action);
    errand_option(&words, "--state", handset->state.directory);
    errand_option(&words, "--trm", handset->options.trm);
    errand_option(&words, "--profile", handset->options.profile);
    errand_word(&words, "--json");
    return words;
}

static void start(struct handset *handset, enum handset_errand what, const char *program,
                  const struct errand_words *words, const char *secret) {
    struct failure failure;
    handset->running = what;
    if (errand_start(&handset->errand, program, words, secret, &failure))
        return;
    handset->running = ERRAND_NONE;
    (void)handset_hold(handset, false);
    snprintf(handset->detail, sizeof handset->detail, "%s", failure.text);
    handset_say(handset, HANDSET_END, "phone-failed");
}

/// Is the phone at rest, with its card at hand?
static bool may_start(struct handset *handset) {
    return !errand_runs(&handset->errand) && handset_hold(handset, true);
}

/// The phone reads its card or brings slips away just now: the act's turn comes when that is over.
static void wait_turn(struct handset *handset, json_t *act) {
    json_decref(handset->waiting);
    handset->waiting = json_incref(act);
}

static void take_turn(struct handset *handset) {
    json_t *act = handset->waiting;
    handset->waiting = NULL;
    if (handset->phase == HANDSET_BUSY)
        handset->phase = HANDSET_IDLE; // as it was when it was asked for
    handset_act(handset, act);
    json_decref(act);
}

/// The telephone company gets what machines handed out; no card is needed for it.
static void bring_slips(struct handset *handset) {
    struct errand_words words = {{"slips"}, 1};
    struct failure failure;
    char tls[PATH_MAX];
    handset->bill_ms = 0;
    if (!machine_state_find(&handset->state, handset->options.tls, "tls", tls, &failure))
        return;
    errand_option(&words, "--state", handset->state.directory);
    errand_option(&words, "--charge", handset->options.telco);
    errand_option(&words, "--tls", tls);
    errand_option(&words, "--mail", handset->options.mail);
    errand_option(&words, "--profile", handset->options.profile);
    start(handset, ERRAND_BILL, "charge", &words, NULL);
}

void handset_next(struct handset *handset) {
    struct errand_words words;
    if (handset->waiting != NULL && !errand_runs(&handset->errand)) {
        take_turn(handset);
        return;
    }
    if (handset->bill_ms != 0 && handset_now_ms() >= handset->bill_ms &&
        !errand_runs(&handset->errand)) {
        bring_slips(handset);
        return;
    }
    if ((!handset->show_due && !handset->tickets_due) || !may_start(handset))
        return;
    if (handset->show_due) {
        words = (struct errand_words){{"show", handset->options.trm, "--json"}, 3};
        handset->show_due = false;
        start(handset, ERRAND_SHOW, "purse", &words, NULL);
        return;
    }
    words = phone_words(handset, "tickets");
    handset->tickets_due = false;
    start(handset, ERRAND_TICKETS, "phone", &words, NULL);
}

static void end_own(struct handset *handset) {
    const struct errand *errand = &handset->errand;
    handset->show_due = handset->tickets_due = true;
    snprintf(handset->detail, sizeof handset->detail, "%s",
             errand->code == EXIT_DONE ? "" : errand_sentence(errand));
    handset_say(handset, HANDSET_END, errand->code == EXIT_DONE ? "phone-done" : "phone-failed");
    handset->until_ms = handset_now_ms() + SHOWN_MS;
}

static void arm_asked(struct handset *handset) {
    pthread_mutex_lock(&handset->air.lock);
    struct handset_terms terms = handset->air.asked;
    pthread_mutex_unlock(&handset->air.lock);
    if (terms.payee[0] == '\0')
        return;
    handset_arm(handset, &terms);
    handset_say(handset, HANDSET_ARMED, "phone-hold");
}

void handset_ended(struct handset *handset) {
    enum handset_errand was = handset->running;
    const struct errand *errand = &handset->errand;
    handset->running = ERRAND_NONE;
    if (was != ERRAND_BILL)
        (void)handset_hold(handset, false);
    else if (errand->code != EXIT_DONE) // no network now, say
        handset->bill_ms = handset_now_ms() + BILL_AGAIN_MS;
    if (was == ERRAND_OWN)
        end_own(handset);
    else if (was == ERRAND_PIN && errand->code == EXIT_DONE)
        arm_asked(handset);
    else if (was == ERRAND_PIN)
        handset_say(handset, HANDSET_ASK, "pin-wrong");
    if ((was == ERRAND_SHOW || was == ERRAND_PIN) && errand->code == EXIT_DONE) {
        json_decref(handset->purse);
        handset->purse = json_loads(errand->text, 0, NULL);
    }
    if (was == ERRAND_TICKETS && errand->code == EXIT_DONE) {
        json_decref(handset->tickets);
        handset->tickets = errand_lines(errand);
    }
    handset_show(handset);
}

// ---- the air -----------------------------------------------------------------------------------

void handset_heard(struct handset *handset) {
    pthread_mutex_lock(&handset->air.lock);
    bool asked = handset->air.asked.payee[0] != '\0', armed = handset->air.is_armed;
    bool free = handset->air.link == NULL, changed = handset->air.changed;
    handset->air.changed = handset->air.changed && !free;
    if (handset->air.slips_due)
        handset->bill_ms = handset_now_ms();
    handset->air.slips_due = false;
    pthread_mutex_unlock(&handset->air.lock);
    if (asked && !armed && handset->phase != HANDSET_ASK && handset->phase != HANDSET_BUSY)
        handset_say(handset, HANDSET_ASK, "phone-ask");
    else if (!armed && handset->phase == HANDSET_ARMED) {
        handset_say(handset, HANDSET_END, "phone-paid");
        handset->until_ms = handset_now_ms() + SHOWN_MS;
    } else
        handset_show(handset);
    if (free && changed)
        handset->show_due = true;
}

// ---- acts --------------------------------------------------------------------------------------

static const char *text_of(json_t *act, const char *field) {
    const char *text = json_string_value(json_object_get(act, field));
    return text != NULL ? text : "";
}

static void act_confirm(struct handset *handset, json_t *act) {
    const char *pin = text_of(act, "pin");
    const json_t *shown = json_object_get(act, "ask"); // NULL: a command's, which saw nothing
    if (handset->phase != HANDSET_ASK || (shown != NULL && !handset_asks(handset, shown)))
        return;
    pthread_mutex_lock(&handset->air.lock);
    bool needs = handset->air.asked.amount > handset->options.limit;
    pthread_mutex_unlock(&handset->air.lock);
    if (!needs) {
        arm_asked(handset);
        return;
    }
    if (!may_start(handset)) {
        if (shown != NULL)
            wait_turn(handset, act);
        return;
    }
    const struct errand_words words = {{"show", handset->options.trm, "--json", "--pin-fd", "3"},
                                       5}; // ERRAND_SECRET_FD
    start(handset, ERRAND_PIN, "purse", &words, pin);
}

static void act_arm(struct handset *handset, json_t *act) {
    const struct handset_terms terms = {.amount = handset->options.limit, .unit = UNIT_JPY};
    (void)act;
    if (handset->phase != HANDSET_IDLE || terms.amount == 0)
        return;
    handset_arm(handset, &terms);
    handset_say(handset, HANDSET_ARMED, "phone-hold");
}

static void act_decline(struct handset *handset, json_t *act) {
    (void)act;
    if (handset->phase != HANDSET_ASK && handset->phase != HANDSET_ARMED)
        return;
    handset_decline(handset);
    handset_say(handset, HANDSET_IDLE, "phone-ready");
}

static void act_done(struct handset *handset, json_t *act) {
    (void)act;
    if (handset->phase == HANDSET_END)
        handset_say(handset, HANDSET_IDLE, "phone-ready");
}

/// What an act starts: a program with its words, and what the page says meanwhile.
struct own_errand {
    const char *program, *say, *secret; // secret: NULL or a PIN
    const struct errand_words *words;
};

static void end_at_reader(struct handset *handset) {
    snprintf(handset->detail, sizeof handset->detail,
             "a reader has the card; take the phone away from it and ask again");
    handset_say(handset, HANDSET_END, "phone-failed");
    handset->until_ms = handset_now_ms() + SHOWN_MS;
}

static void run_own(struct handset *handset, json_t *act, const struct own_errand *own) {
    if (errand_runs(&handset->errand)) {
        wait_turn(handset, act);
        handset_say(handset, HANDSET_BUSY, own->say);
    } else if (!handset_hold(handset, true))
        end_at_reader(handset);
    else {
        handset_say(handset, HANDSET_BUSY, own->say);
        start(handset, ERRAND_OWN, own->program, own->words, own->secret);
    }
}

static void act_buy(struct handset *handset, json_t *act) {
    const struct handset_options *options = &handset->options;
    const char *number = text_of(act, "number");
    const char *pin = text_of(act, "pin");
    json_int_t charge = json_integer_value(json_object_get(act, "charge"));
    char text[NUMBER_TEXT];
    if (handset->phase != HANDSET_IDLE || !errand_is_word(number) || charge < 1 ||
        options->licence == NULL)
        return;
    struct errand_words words = phone_words(handset, "");
    snprintf(text, sizeof text, "%lld", (long long)charge);
    errand_word(&words, number);
    errand_option(&words, "--charge", text);
    errand_option(&words, "--licence", options->licence);
    errand_option(&words, "--till", options->till);
    errand_option(&words, "--tls", options->tls);
    errand_option(&words, "--mail", options->mail);
    errand_option(&words, "--pin-fd", pin[0] != '\0' ? "3" : NULL);
    const char *secret = pin[0] != '\0' ? pin : NULL;
    run_own(handset, act, &(struct own_errand){"phone-buy", "phone-buying", secret, &words});
}

static void act_give(struct handset *handset, json_t *act) {
    const char *number = text_of(act, "number");
    if (handset->phase != HANDSET_IDLE || !errand_is_word(number) || handset->options.home == NULL)
        return;
    struct errand_words words = phone_words(handset, "give");
    errand_word(&words, number);
    errand_word(&words, handset->options.home);
    run_own(handset, act, &(struct own_errand){"phone", "phone-giving", NULL, &words});
}

static void act_play(struct handset *handset, json_t *act) {
    const char *content = text_of(act, "content");
    if (handset->phase != HANDSET_IDLE || !errand_is_word(content) || handset->options.card == NULL)
        return;
    struct errand_words words = phone_words(handset, "play");
    errand_word(&words, content);
    errand_option(&words, "--card", handset->options.card);
    errand_option(&words, "--player", handset->options.player);
    errand_option(&words, "--tls", handset->options.tls);
    if (handset->options.headless)
        errand_word(&words, "--headless");
    run_own(handset, act, &(struct own_errand){"phone", "phone-playing", NULL, &words});
}

void handset_act(struct handset *handset, json_t *act) {
    static const struct {
        const char *word;
        void (*act)(struct handset *, json_t *);
    } acts[] = {{"arm", act_arm},   {"confirm", act_confirm}, {"decline", act_decline},
                {"done", act_done}, {"buy", act_buy},         {"give", act_give},
                {"play", act_play}};
    const char *word = text_of(act, "do");
    for (size_t i = 0; i < sizeof acts / sizeof acts[0]; i++)
        if (strcmp(word, acts[i].word) == 0)
            acts[i].act(handset, act);
}

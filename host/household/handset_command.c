// SPDX-License-Identifier: Apache-2.0
// What a command says to the phone that runs, in its owner's place: the acts of its page, and an
// answer when something came of them.
#include "host/household/handset_private.h"

#include "host/terminal/terminal_control.h"

#include <string.h>

enum { WAIT_MS = 60000 };

static bool is(const struct handset *handset, const char *word) {
    const char *wanted = json_string_value(json_object_get(handset->command, "do"));
    return wanted != NULL && strcmp(wanted, word) == 0;
}

static void answer(struct handset *handset, int code, const char *error) {
    json_t *answer = handset_state(handset);
    json_object_set_new(answer, "code", json_integer(code));
    if (error != NULL)
        json_object_set_new(answer, "error", json_string(error));
    terminal_control_answer(handset->reply, answer);
    handset->reply = -1;
    json_decref(handset->command);
    handset->command = NULL;
}

/// A payment that is asked for is what this command is about; its act was done.
static void follow(struct handset *handset) {
    if (handset->phase != HANDSET_ASK) // armed or declined, and perhaps paid by now
        answer(handset, EXIT_DONE, NULL);
    else if (handset->running != ERRAND_PIN && strcmp(handset->say, "pin-wrong") == 0)
        answer(handset, EXIT_REFUSED, "the PIN is wrong");
    else if (handset->running != ERRAND_PIN)
        handset_act(handset, handset->command); // the card was busy
}

void handset_command_next(struct handset *handset) {
    bool asked = handset->phase == HANDSET_ASK;
    if (handset->command == NULL)
        return;
    if (handset->command_acted)
        follow(handset);
    else if (is(handset, "look"))
        answer(handset, EXIT_DONE, NULL);
    else if (is(handset, "arm") ? handset->phase == HANDSET_IDLE : asked) {
        handset->command_acted = true;
        if (asked)
            handset_say(handset, HANDSET_ASK,
                        "phone-ask"); // an earlier PIN's fault is not this one's
        handset_act(handset, handset->command);
        follow(handset);
    } else if (handset_now_ms() >= handset->command_until_ms)
        answer(handset, EXIT_ABSENT, "nobody asks this phone for money");
}

void handset_command_take(struct handset *handset) {
    struct failure failure = {EXIT_REFUSED, "another command waits for this phone"};
    int reply;
    json_t *command = terminal_control_take(handset->control, &reply);
    if (command == NULL)
        return;
    if (handset->command != NULL) {
        terminal_control_answer(reply, terminal_control_failure(&failure));
        json_decref(command);
        return;
    }
    handset->command = command;
    handset->reply = reply;
    handset->command_acted = false;
    handset->command_until_ms = handset_now_ms() + WAIT_MS;
    static const char *const words[] = {"arm", "confirm", "decline", "look"};
    for (size_t i = 0; i < sizeof words / sizeof words[0]; i++)
        if (is(handset, words[i])) {
            handset_command_next(handset);
            return;
        }
    answer(handset, EXIT_USAGE, "there is no such command");
}

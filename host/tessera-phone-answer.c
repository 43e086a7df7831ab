// SPDX-License-Identifier: Apache-2.0
// tessera phone answer: says to a phone that runs what its owner would touch at its page.
// docs/man/tessera-phone-answer.1 describes it.
#include "base/options/options.h"
#include "host/machine/machine_main.h"

#include <stdio.h>
#include <string.h>

enum { PIN_TEXT_MAX = 13 };

struct arguments {
    const char *state;
    char pin[PIN_TEXT_MAX];
    bool json;
};

/// Payee and amount that are asked for or allowed.
static void print_state(json_t *answer) {
    json_t *ask = json_object_get(answer, "ask");
    printf("%s", machine_field(answer, "phase"));
    if (ask != NULL)
        printf("  %s  %lld %s", machine_field(ask, "payee"),
               (long long)json_integer_value(json_object_get(ask, "amount")),
               machine_field(ask, "unit"));
    printf("\n");
}

static int tell(struct arguments *arguments, const char *word, struct failure *failure) {
    json_t *question = json_pack("{s:s, s:s}", "do", word, "pin", arguments->pin);
    int code = machine_ask(arguments->state, question, arguments->json, print_state, failure);
    bytes_erase(arguments->pin, sizeof arguments->pin);
    return code;
}

static int run_arm(void *context, struct failure *failure) {
    return tell(context, "arm", failure);
}

static int run_confirm(void *context, struct failure *failure) {
    return tell(context, "confirm", failure);
}

static int run_decline(void *context, struct failure *failure) {
    return tell(context, "decline", failure);
}

static int run_look(void *context, struct failure *failure) {
    return tell(context, "look", failure);
}

// ---- arguments ---------------------------------------------------------------------------------

enum { ARM = 1, CONFIRM = 2, DECLINE = 4, LOOK = 8 };

#define AT(member) offsetof(struct arguments, member)

static const struct option_row rows[] = {
    {"state", "DIR", OPTION_DIRECTORY, "of the phone that runs", .at = AT(state),
     .needed = OPTION_EVERY},
    {"pin-fd", "N", OPTION_SECRET, "PIN of the purse, one line from descriptor N", .at = AT(pin),
     .only = CONFIRM, .most = PIN_TEXT_MAX},
    OPTION_JSON_ROW(AT(json)),
};

static const struct action actions[] = {
    {ARM, "arm", "the next payment up to the limit needs no question", run_arm, NULL},
    {CONFIRM, "confirm", "yes to the payment that is asked for, or is within a minute", run_confirm,
     NULL},
    {DECLINE, "decline", "no to it", run_decline, NULL},
    {LOOK, "look", "what the phone shows", run_look, NULL}};

static const struct command phone_answer = {
    .name = "phone answer",
    .purpose = "say to a phone that runs what its owner would touch",
    .rows = rows,
    .row_count = sizeof rows / sizeof rows[0],
    .actions = actions,
    .action_count = sizeof actions / sizeof actions[0],
};

int main(int argc, char **argv) {
    struct arguments arguments = {.json = false};
    return command_main(&phone_answer, &arguments, argc, argv);
}

// SPDX-License-Identifier: Apache-2.0
// tessera card run: puts a card image into a virtual PC/SC reader and serves it until SIGTERM. One
// process, one thread, one card; the orders of --control stand in orders[]. docs/readers.md.
#include <stdio.h>
#include <string.h>

#include "base/options/programs.h"
#include "card/applets.h"
#include "card/port/presenter.h"
#include "readers/vpcd_run.h"

struct runner {
    struct presenter presenter; // first: orders take it for their context
    struct vpcd_run run;
    struct control control;
};

// ---- the card behind the reader --------------------------------------------------------------
static void on_power(void *context, enum vpcd_power what) {
    struct runner *runner = context;
    if (what == VPCD_POWER_OFF)
        chip_power_off(&runner->presenter.chip);
    else if (what == VPCD_RESET)
        chip_reset(&runner->presenter.chip);
    else
        (void)chip_power_on(&runner->presenter.chip); // a card that does not start stays silent
}

static size_t on_atr(void *context, uint8_t atr[VPCD_ATR_MAX]) {
    const struct runner *runner = context;
    return card_atr(runner->presenter.chip.interface, atr);
}

static size_t on_transmit(void *context, struct bytes command, uint8_t *answer, size_t capacity) {
    struct runner *runner = context;
    return chip_transmit(&runner->presenter.chip, command, answer, capacity);
}

// ---- orders ----------------------------------------------------------------------------------
static void order_status(void *context, size_t argc, char **argv, char *reply, size_t size) {
    const struct runner *runner = context;
    char card[96];
    (void)argc, (void)argv;
    presenter_status(&runner->presenter, card, sizeof card);
    snprintf(reply, size, "ok connected=%s %s", runner->run.vpcd.socket >= 0 ? "yes" : "no", card);
}

static void order_insert(void *context, size_t argc, char **argv, char *reply, size_t size) {
    struct runner *runner = context;
    (void)argc, (void)argv;
    runner->presenter.inserted = true;
    vpcd_run_insert(&runner->run);
    snprintf(reply, size, "ok");
}

static void order_remove(void *context, size_t argc, char **argv, char *reply, size_t size) {
    struct runner *runner = context;
    (void)argc, (void)argv;
    runner->presenter.inserted = false;
    vpcd_run_remove(&runner->run);
    chip_power_off(&runner->presenter.chip);
    snprintf(reply, size, "ok");
}

static const struct control_verb orders[] = {
    {"status", "status", order_status},
    {"insert", "insert", order_insert},
    {"remove", "remove", order_remove},
    PRESENTER_ORDERS,
};

// ---- life ------------------------------------------------------------------------------------

static int serve(struct runner *runner, struct failure *failure) {
    const char *control = runner->presenter.arguments.control;
    char error[256];
    control_none(&runner->control);
    runner->run.signals = presenter_signals();
    if (control != NULL &&
        !control_listen(&runner->control, control, orders, sizeof orders / sizeof orders[0], runner,
                        error, sizeof error)) {
        fail(failure, EXIT_USAGE, "%s", error);
        return EXIT_USAGE;
    }
    runner->run.card = (struct vpcd_card){on_power, on_atr, on_transmit, runner};
    runner->run.control = &runner->control;
    runner->run.stay = runner->presenter.arguments.stay;
    runner->run.inserted = true;
    int code = vpcd_run(&runner->run, failure);
    control_close(&runner->control);
    return code;
}

static bool split_reader(struct runner *runner, struct failure *failure) {
    const struct presenter_arguments *arguments = &runner->presenter.arguments;
    if (arguments->reader != NULL && arguments->nfc != NULL)
        return fail(failure, EXIT_USAGE,
                    "--reader and --nfc exclude each other: one card, one reader");
    if (arguments->nfc != NULL)
        return fail(failure, EXIT_ABSENT, "--nfc needs the program tessera-card-run-nfc");
    if (arguments->reader == NULL)
        return fail(failure, EXIT_USAGE,
                    "--reader vpcd:HOST:PORT is missing; see 'tessera card run --help'");
    return (strncmp(arguments->reader, "vpcd:", 5) == 0 &&
            vpcd_address(arguments->reader + 5, runner->run.host, sizeof runner->run.host,
                         runner->run.port, sizeof runner->run.port)) ||
           fail(failure, EXIT_USAGE, "--reader '%s' is not vpcd:HOST:PORT", arguments->reader);
}

static int run_card(void *context, struct failure *failure) {
    struct runner *runner = context;
    if (!split_reader(runner, failure) ||
        !presenter_open(&runner->presenter, &standard_rom, failure))
        return failure->code;
    int code = serve(runner, failure);
    presenter_close(&runner->presenter);
    return code;
}

static const struct option_row rows[] = {
    {"reader", "vpcd:HOST:PORT", OPTION_TEXT,
     "the slot of a vpcd driver in pcscd that listens there; waits while nobody does yet",
     .at = PRESENTER_AT(reader)},
    {"nfc", "CONNSTRING", OPTION_TEXT,
     "a libnfc device that presents the card as a target; see tessera-card-run-nfc(1)",
     .at = PRESENTER_AT(nfc)},
    PRESENTER_ROWS,
    {"stay", NULL, OPTION_FLAG, "connect again when the reader hangs up", .at = PRESENTER_AT(stay)},
};

static const struct action actions[] = {
    {1, NULL, "", run_card,
     "IMAGE --reader vpcd:HOST:PORT [OPTION]...\nIMAGE --nfc CONNSTRING [OPTION]..."}};

static const struct command card_run = {
    .name = "card run",
    .purpose = "put a card into a virtual reader or phone",
    .notes = "Prints \"ready\" once it is in the reader.\n\n"
             "exit: 0 SIGTERM or the reader hung up, 1 damaged image, 2 usage or image not usable, "
             "3 no reader, 5 image locked or no permission",
    .rows = rows,
    .row_count = sizeof rows / sizeof rows[0],
    .actions = actions,
    .action_count = 1,
};

/// Is the option among the words?
static bool has_option(char **argv, const char *option) {
    size_t size = strlen(option);
    for (; *argv != NULL && strcmp(*argv, "--") != 0; argv++)
        if (strncmp(*argv, option, size) == 0 && ((*argv)[size] == '\0' || (*argv)[size] == '='))
            return true;
    return false;
}

int main(int argc, char **argv) {
    static struct runner runner; // the card on the air is a program of its own: it needs libnfc
    if (has_option(argv, "--nfc") && !has_option(argv, "--reader"))
        program_become("card-run-nfc", argv);
    return command_main(&card_run, &runner, argc, argv);
}

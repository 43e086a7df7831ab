// SPDX-License-Identifier: Apache-2.0
#include "host/machine/machine_main.h"

#include "apdu/crypto/crypto_run.h"
#include "host/flows/report.h"
#include "host/terminal/terminal_control.h"
#include "services/wire/notify.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

const char *machine_program_state(struct machine_program *program) {
    const char *state = getenv("XDG_STATE_HOME"), *home = getenv("HOME");
    if (program->state != NULL)
        return program->state;
    if (state != NULL && state[0] == '/')
        snprintf(program->place, sizeof program->place, "%s/tessera-%s", state, program->name);
    else
        snprintf(program->place, sizeof program->place, "%s/.local/state/tessera-%s",
                 home != NULL ? home : "", program->name);
    return program->place;
}

// ---- run ---------------------------------------------------------------------------------------

static bool open_hotlist(struct machine_program *program, struct failure *failure) {
    if (program->hotlist == NULL)
        return true;
    if (program->root == NULL)
        return fail(failure, EXIT_USAGE, "--hotlist needs --root, the certificate to trust");
    return revocations_open(&program->revoked, program->hotlist, program->root, program->crypto,
                            program->run.today, failure);
}

bool machine_program_begin(struct machine_program *program, struct failure *failure) {
    program->crypto = crypto_for_run(&program->run, failure);
    return program->crypto != NULL && open_hotlist(program, failure);
}

void machine_program_close(struct machine_program *program) {
    revocations_close(&program->revoked);
    crypto_openssl_free(program->crypto);
}

void machine_ready(const char *url) {
    if (url != NULL)
        printf("screen %s\n", url);
    printf("ready\n");
    fflush(stdout);
    notify_send(getenv("NOTIFY_SOCKET"), "READY=1");
}

bool machine_serve(struct machine *machine, const struct interrupt *interrupt,
                   struct failure *failure) {
    machine_ready(machine_url(machine));
    return machine_run(machine, interrupt, failure);
}

int machine_program_run(struct machine_program *program, struct card_slot *own,
                        struct card_slot *const customers[MACHINE_READERS],
                        bool (*serve)(void *context, const struct machine_options *options,
                                      const struct interrupt *interrupt, struct failure *failure),
                        void *context, struct failure *failure) {
    signal(SIGPIPE, SIG_IGN);
    struct interrupt *interrupt = interrupt_watch();
    struct machine_options options = {.state = machine_program_state(program),
                                      .address = program->http,
                                      .wait_ms = (unsigned)program->wait_s * 1000,
                                      .show_ms = (unsigned)program->show_s * 1000,
                                      .own = own,
                                      .clock = &clock_system};
    memcpy(options.customers, customers, sizeof options.customers);
    bool done = own != NULL && customers[0] != NULL && machine_program_begin(program, failure);
    options.crypto = program->crypto;
    options.revoked = program->hotlist != NULL ? &program->revoked : NULL;
    done = done && serve(context, &options, interrupt, failure);
    card_slot_close(own);
    for (int i = 0; i < MACHINE_READERS; i++)
        card_slot_close(customers[i]);
    interrupt_end(interrupt);
    return exit_of(done, failure);
}

// ---- commands to one that runs -----------------------------------------------------------------

int machine_ask(const char *state, json_t *question, bool json, void (*print)(json_t *answer),
                struct failure *failure) {
    failure->code = EXIT_DONE;
    json_t *answer = terminal_control_ask(state, question, failure);
    if (answer != NULL && json)
        report_line(stdout, json_incref(answer));
    else if (answer != NULL && failure->code == EXIT_DONE)
        print(answer);
    json_decref(answer);
    return failure->code;
}

int machine_program_ask(struct machine_program *program, json_t *question,
                        void (*print)(json_t *answer), struct failure *failure) {
    return machine_ask(machine_program_state(program), question, program->json, print, failure);
}

const char *machine_field(json_t *answer, const char *field) {
    const char *text = json_string_value(json_object_get(answer, field));
    return text != NULL ? text : "";
}

static void print_pending(json_t *answer) {
    json_t *sale;
    size_t i;
    json_array_foreach(json_object_get(answer, "sales"), i, sale) printf(
        "%-9s  %10lld %-5s  %s %s\n", machine_field(sale, "state"),
        (long long)json_integer_value(json_object_get(sale, "amount")), machine_field(sale, "unit"),
        machine_field(sale, "payee"), machine_field(sale, "text"));
}

void machine_print_state(json_t *answer) {
    printf("%s\n", machine_field(answer, "state"));
}

int machine_run_pending(void *context, struct failure *failure) {
    return machine_program_ask(context, json_pack("{s:s}", "do", "pending"), print_pending,
                               failure);
}

int machine_run_settle(void *context, struct failure *failure) {
    struct machine_program *program = context;
    json_t *question = json_pack("{s:s, s:s, s:s}", "do", "settle", "ref", program->reference,
                                 "end", program->end);
    return machine_program_ask(program, question, machine_print_state, failure);
}

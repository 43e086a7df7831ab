// SPDX-License-Identifier: Apache-2.0
#include "host/machine/machine_main.h"

#include "host/flows/report.h"
#include "host/terminal/terminal_control.h"
#include "services/wire/notify.h"

#include <stdio.h>
#include <stdlib.h>

const char *machine_place(const char *given, const char *name, char *place, size_t capacity) {
    const char *state = getenv("XDG_STATE_HOME"), *home = getenv("HOME");
    if (given != NULL)
        return given;
    if (state != NULL && state[0] == '/')
        snprintf(place, capacity, "%s/tessera-%s", state, name);
    else
        snprintf(place, capacity, "%s/.local/state/tessera-%s", home != NULL ? home : "", name);
    return place;
}

bool machine_hotlist(struct revocations *revoked, const char *file, const char *root,
                     struct crypto *crypto, uint32_t today, struct failure *failure) {
    if (file == NULL)
        return true;
    if (root == NULL)
        return fail(failure, EXIT_USAGE, "--hotlist needs --root, the certificate to trust");
    return revocations_open(revoked, file, root, crypto, today, failure);
}

bool machine_serve(struct machine *machine, const struct interrupt *interrupt,
                   struct failure *failure) {
    if (machine_url(machine) != NULL)
        printf("screen %s\n", machine_url(machine));
    printf("ready\n");
    fflush(stdout);
    notify_send(getenv("NOTIFY_SOCKET"), "READY=1");
    return machine_run(machine, interrupt, failure);
}

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

const char *machine_field(json_t *answer, const char *field) {
    const char *text = json_string_value(json_object_get(answer, field));
    return text != NULL ? text : "";
}

void machine_print_pending(json_t *answer) {
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

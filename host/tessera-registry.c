// SPDX-License-Identifier: Apache-2.0
// tessera registry: who is trusted with proxy settlement. docs/man/tessera-registry.1 describes it.
#include "base/options/options.h"
#include "host/service/service_client.h"
#include "services/wire/api/registry_api.h"

#include <stdio.h>

struct arguments {
    const char *id, *url, *tls, *address;
    struct program_run run;
};

enum { CHECK = 1, ADD = 2, REMOVE = 4, CHALLENGE = 16 };

static bool check(struct service_client *client, void *context, struct failure *failure) {
    const struct arguments *arguments = context;
    struct form in, out;
    uint8_t challenge[CHALLENGE];
    service_client_form(client, &registry_inquiry, &in);
    form_set_text(&in, NAME_ENTERPRISE, arguments->id);
    if (!client->crypto->ops->random(client->crypto, challenge, sizeof challenge))
        return fail(failure, EXIT_REFUSED, "the random generator failed");
    form_set_octets(&in, NAME_CHALLENGE, BYTES_OF(challenge));
    if (!service_client_ask(client, &registry_inquiry, &in, &out, failure))
        return false;
    printf("%u\n", (unsigned)form_uint(&out, NAME_TRUSTED));
    return true;
}

static bool change(struct service_client *client, const struct endpoint *row,
                   const struct arguments *arguments, struct failure *failure) {
    struct form in, out;
    service_client_form(client, row, &in);
    form_set_text(&in, NAME_ENTERPRISE, arguments->id);
    if (arguments->address != NULL)
        form_set_text(&in, NAME_ADDRESS, arguments->address);
    if (!service_client_ask(client, row, &in, &out, failure))
        return false;
    printf("version %llu\n", (unsigned long long)form_uint(&out, NAME_VERSION));
    return true;
}

static bool add(struct service_client *client, void *context, struct failure *failure) {
    const struct arguments *arguments = context;
    return change(client, &registry_add, arguments, failure);
}

static bool remove_one(struct service_client *client, void *context, struct failure *failure) {
    const struct arguments *arguments = context;
    return change(client, &registry_remove, arguments, failure);
}

static int run(struct arguments *arguments, service_action *action, struct failure *failure) {
    const struct service_visit visit = {"registry", arguments->url, arguments->tls,
                                        &arguments->run};
    return service_client_run(&visit, action, arguments, failure);
}

static int run_check(void *context, struct failure *failure) {
    return run(context, check, failure);
}

static int run_add(void *context, struct failure *failure) {
    return run(context, add, failure);
}

static int run_remove(void *context, struct failure *failure) {
    return run(context, remove_one, failure);
}

#define AT(member) offsetof(struct arguments, member)

static const struct option_row rows[] = {
    {NULL, "ID", OPTION_TEXT, "an enterprise, or its network address", .at = AT(id),
     .needed = OPTION_EVERY},
    {"registry", "URL", OPTION_TEXT, "https://HOST:PORT of the registry", .at = AT(url),
     .needed = OPTION_EVERY},
    {"tls", "DIR", OPTION_DIRECTORY,
     "keys and certificates of who asks, from 'tessera ca issue': an operator of the registry, "
     "for check also a telephone company",
     .at = AT(tls), .needed = OPTION_EVERY},
    {"address", "ADDRESS", OPTION_TEXT, "under which it is known, too", .at = AT(address),
     .only = ADD},
    OPTION_CLOCK_ROW(AT(run)),
    OPTION_SEED_ROW(AT(run)),
};

static const struct action actions[] = {
    {CHECK, "check", "print 1 for an enterprise that is trusted, 0 for any other", run_check, NULL},
    {ADD, "add", "trust an enterprise", run_add, NULL},
    {REMOVE, "remove", "refuse an enterprise from now on", run_remove, NULL},
};

static const struct command registry = {
    .name = "registry",
    .purpose = "who is trusted with proxy settlement",
    .rows = rows,
    .row_count = sizeof rows / sizeof rows[0],
    .actions = actions,
    .action_count = sizeof actions / sizeof actions[0],
};

int main(int argc, char **argv) {
    struct arguments arguments = {.run = program_run_now()};
    int code = command_main(&registry, &arguments, argc, argv);
    return code;
}

// SPDX-License-Identifier: Apache-2.0
// tessera device: whom a ticket store gives tickets to and takes them from.
// docs/man/tessera-device.1 describes it.
#include "apdu/trace/tracing.h"
#include "base/options/options.h"
#include "host/flows/report.h"
#include "host/flows/tickets/ticket_meeting.h"
#include "host/tickets/ticket_failure.h"
#include "readers/link/link_open.h"

#include <stdio.h>
#include <string.h>

enum { PIN_TEXT_MAX = 13 };

struct arguments {
    const char *link, *id;
    bool json;
    char pin[PIN_TEXT_MAX];
    struct tracing tracing;
};

static struct ticket_side *open_side(struct arguments *arguments, struct failure *failure) {
    struct ticket_side *side =
        ticket_side_over(link_of(arguments->link, &arguments->tracing, NULL, failure), failure);
    if (side == NULL || ticket_side_select(side, failure))
        return side;
    ticket_side_close(side);
    return NULL;
}

// ---- add, remove -------------------------------------------------------------------------------

static bool set(struct ticket_client *client, const struct arguments *arguments, bool add,
                struct failure *failure) {
    if (!ticket_went(client, ticket_client_verify(client, arguments->pin), failure))
        return false;
    enum ticket_outcome outcome = ticket_client_set_device(client, add, arguments->id);
    if (outcome == TICKET_REFUSED && client->sw == SW_NO_SPACE)
        return fail(failure, EXIT_REFUSED,
                    "no-space: the list of %s is full; remove a device first ('tessera device "
                    "list' shows them)",
                    client->selection.id);
    if (outcome == TICKET_REFUSED && client->sw == SW_NOT_LISTED_HERE)
        return fail(failure, EXIT_REFUSED, "not-listed-here: %s has no device '%s'",
                    client->selection.id, arguments->id);
    return ticket_went(client, outcome, failure);
}

static int change(struct arguments *arguments, bool add, struct failure *failure) {
    size_t size = strlen(arguments->id);
    if (size > TICKET_ID_MAX) {
        failure_set(failure, EXIT_USAGE, "'%s' has %zu characters; a device's id has 1 to %d",
                    arguments->id, size, TICKET_ID_MAX);
        return EXIT_USAGE;
    }
    struct ticket_side *side = open_side(arguments, failure);
    bool done = side != NULL && set(&side->client, arguments, add, failure);
    if (done && arguments->json)
        report_line(stdout,
                    json_pack("{s:s, s:s, s:s}", "status", "done", add ? "added" : "removed",
                              arguments->id, "store", side->client.selection.id));
    ticket_side_close(side);
    return exit_of(done, failure);
}

static int run_add(void *context, struct failure *failure) {
    return change(context, true, failure);
}

static int run_remove(void *context, struct failure *failure) {
    return change(context, false, failure);
}

// ---- list --------------------------------------------------------------------------------------

static int run_list(void *context, struct failure *failure) {
    struct arguments *arguments = context;
    struct ticket_device devices[TICKET_DEVICES_MAX];
    size_t count = 0;
    struct ticket_side *side = open_side(arguments, failure);
    bool done =
        side != NULL &&
        ticket_went(&side->client, ticket_client_devices(&side->client, devices, &count), failure);
    for (size_t i = 0; i < count && done; i++)
        if (arguments->json)
            report_line(stdout, json_pack("{s:s}", "id", devices[i].id));
        else
            puts(devices[i].id);
    ticket_side_close(side);
    return exit_of(done, failure);
}

// ---- arguments ---------------------------------------------------------------------------------

enum { ADD = 1, REMOVE = 2, LIST = 4 };

#define AT(member) offsetof(struct arguments, member)

static const struct option_row rows[] = {
    {NULL, "LINK", OPTION_LINK, OPTION_LINK_HELP, .at = AT(link), .needed = OPTION_EVERY},
    {NULL, "ID", OPTION_TEXT, "the other card's id, 1 to 12 characters", .at = AT(id),
     .only = ADD | REMOVE, .needed = OPTION_EVERY},
    {"pin-fd", "N", OPTION_SECRET, "PIN of the ticket store, one line from descriptor N",
     .at = AT(pin), .most = PIN_TEXT_MAX, .only = ADD | REMOVE, .needed = ADD | REMOVE},
    OPTION_JSON_ROW(AT(json)),
    OPTION_TRACE_ROW(AT(tracing.wanted)),
};

static const struct action actions[] = {
    {ADD, "add", "let tickets go to a device, and come from it", run_add, NULL},
    {REMOVE, "remove", "no longer", run_remove, NULL},
    {LIST, "list", "the devices of a ticket store", run_list, NULL},
};

static const struct command device = {
    .name = "device",
    .purpose = "whom a card gives tickets to and takes them from",
    .notes = "A ticket moves only between two cards that list each other. Lists are changed over "
             "contacts, behind the store's PIN.",
    .rows = rows,
    .row_count = sizeof rows / sizeof rows[0],
    .actions = actions,
    .action_count = sizeof actions / sizeof actions[0],
};

int main(int argc, char **argv) {
    struct arguments arguments = {.json = false};
    int code = command_main(&device, &arguments, argc, argv);
    bytes_erase(arguments.pin, sizeof arguments.pin);
    return tracing_end(&arguments.tracing, "device", code);
}

// SPDX-License-Identifier: Apache-2.0
// tessera gateway: calls and packets of phones, counted and reported. docs/man/tessera-gateway.1
// describes it.
#include "apdu/crypto/crypto_run.h"
#include "base/calendar.h"
#include "base/clock.h"
#include "base/options/options.h"
#include "host/service/meter.h"

#include <stdio.h>

struct arguments {
    const char *phone, *url, *tls, *state;
    uint64_t seconds, sent, received;
    struct program_run run;
    struct crypto *crypto;
};

enum { CALL = 1, PACKETS = 2, REPORT = 4, DAY_MS = 24 * 3600 * 1000 };

struct gateway {
    struct arguments *arguments;
    struct machine_state state;
    struct service_client charge;
};

/// The system's time of day on the day of --clock.
static uint64_t now_ms(const struct arguments *arguments) {
    return (uint64_t)time_of_date(arguments->run.today) * 1000 +
           clock_now_ms(&clock_system) % DAY_MS;
}

static bool open_gateway(struct gateway *gateway, struct failure *failure) {
    struct arguments *arguments = gateway->arguments;
    static const struct machine_kind kind = {"gateway", NULL};
    arguments->crypto = crypto_for_run(&arguments->run, failure);
    return arguments->crypto != NULL &&
           machine_state_open(&gateway->state, arguments->state, &kind, true, failure) &&
           service_client_open(&gateway->charge, "charge", arguments->url, arguments->tls,
                               arguments->crypto, failure);
}

/// What was counted stays, whether it can be reported now or later.
static bool report(struct gateway *gateway, struct failure *failure) {
    uint64_t after = 0;
    unsigned refused = 0;
    if (!meter_report(&gateway->state, &gateway->charge, &after, &refused, failure))
        return false;
    printf("reported %llu\n", (unsigned long long)after);
    return refused == 0 || fail(failure, EXIT_REFUSED,
                                "%u cannot be charged: an unknown phone, or no tariff", refused);
}

static int run(struct arguments *arguments, int what, struct failure *failure) {
    struct gateway gateway = {.arguments = arguments, .state.lock = -1};
    const struct meter_item item = {.phone = arguments->phone,
                                    .time_ms = now_ms(arguments),
                                    .call = what == CALL,
                                    .seconds = arguments->seconds,
                                    .sent = arguments->sent,
                                    .received = arguments->received};
    uint64_t n;
    bool done = open_gateway(&gateway, failure) &&
                (what == REPORT || meter_add(&gateway.state, &item, &n, failure)) &&
                report(&gateway, failure);
    service_client_close(&gateway.charge);
    machine_state_close(&gateway.state);
    return exit_of(done, failure);
}

static int run_call(void *context, struct failure *failure) {
    return run(context, CALL, failure);
}

static int run_packets(void *context, struct failure *failure) {
    return run(context, PACKETS, failure);
}

static int run_report(void *context, struct failure *failure) {
    return run(context, REPORT, failure);
}

#define AT(member) offsetof(struct arguments, member)

static const struct option_row rows[] = {
    {NULL, "PHONE", OPTION_TEXT, "its number", .at = AT(phone), .only = CALL | PACKETS,
     .needed = CALL | PACKETS},
    {"seconds", "N", OPTION_NUMBER, "how long the call was", .at = AT(seconds), .only = CALL,
     .needed = CALL, .most = 1000000},
    {"sent", "N", OPTION_NUMBER, "packets that the phone sent", .at = AT(sent), .only = PACKETS,
     .needed = PACKETS, .most = 1000000000},
    {"received", "N", OPTION_NUMBER, "packets that it received", .at = AT(received),
     .only = PACKETS, .needed = PACKETS, .most = 1000000000},
    {"charge", "URL", OPTION_TEXT, "https://HOST:PORT of the charge service", .at = AT(url),
     .needed = OPTION_EVERY},
    {"tls", "DIR", OPTION_DIRECTORY, "keys and certificates of a gateway", .at = AT(tls),
     .needed = OPTION_EVERY},
    {"state", "DIR", OPTION_DIRECTORY, "what was counted and reported; made where it is missing",
     .at = AT(state), .needed = OPTION_EVERY},
    OPTION_CLOCK_ROW(AT(run)),
    OPTION_SEED_ROW(AT(run)),
};

static const struct action actions[] = {
    {CALL, "call", "count a call, and report", run_call, NULL},
    {PACKETS, "packets", "count a session of packets, and report", run_packets, NULL},
    {REPORT, "report", "report what was counted and is not confirmed", run_report, NULL},
};

static const struct command gateway_command = {
    .name = "gateway",
    .purpose = "calls and packets of phones, counted and reported",
    .rows = rows,
    .row_count = sizeof rows / sizeof rows[0],
    .actions = actions,
    .action_count = sizeof actions / sizeof actions[0],
};

int main(int argc, char **argv) {
    struct arguments arguments = {.run = program_run_now()};
    int code = command_main(&gateway_command, &arguments, argc, argv);
    crypto_openssl_free(arguments.crypto);
    return code;
}

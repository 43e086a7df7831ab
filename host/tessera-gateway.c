// SPDX-License-Identifier: Apache-2.0
// tessera gateway: forwards what phones send; their calls and packets, counted and reported.
// docs/man/tessera-gateway.1 describes it.
#include "apdu/crypto/crypto_run.h"
#include "base/calendar.h"
#include "base/clock.h"
#include "base/files.h"
#include "base/options/options.h"
#include "host/gateway/switchboard.h"
#include "services/wire/http/http_listen.h"
#include "services/wire/notify.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

struct arguments {
    const char *phone, *url, *tls, *state, *listen, *subscribers;
    struct option_list routes;
    uint64_t seconds, sent, received;
    struct program_run run;
    struct crypto *crypto;
};

enum { CALL = 1, PACKETS = 2, REPORT = 4, RUN = 8, DAY_MS = 24 * 3600 * 1000 };

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
    if (!meter_report(&gateway->state, &gateway->charge, &after, &refused, failure) ||
        !meter_trim(&gateway->state, after, failure))
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

// ---- run ---------------------------------------------------------------------------------------

/// What a gateway that forwards has open besides.
struct forwarding {
    char paths[4][PATH_MAX], name[TUNNEL_NAME_MAX];
    struct tls_source tls;
    bool has_tls;
    int socket;
    struct clock clock;
    struct interrupt *interrupt;
    struct switchboard *board;
};

static uint64_t clock_of_run(const struct clock *clock) {
    return now_ms(clock->context);
}

static bool open_keys(struct forwarding *forwarding, const char *directory,
                      struct failure *failure) {
    static const char *const names[] = {"root.pem", "certificate.pem", "key.pem", "crl.pem"};
    char(*paths)[PATH_MAX] = forwarding->paths;
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
        if (!files_path(paths[i], PATH_MAX, directory, names[i]))
            return fail_errno(failure, "%s", directory);
    const struct tls_files files = {paths[0], paths[1], paths[2], paths[3]};
    forwarding->has_tls = tls_source_open(&forwarding->tls, &files, failure);
    return forwarding->has_tls;
}

static bool open_forwarding(struct forwarding *forwarding, struct gateway *gateway,
                            struct failure *failure) {
    struct arguments *arguments = gateway->arguments;
    forwarding->clock = (struct clock){clock_of_run, arguments};
    if (!open_keys(forwarding, arguments->tls, failure))
        return false;
    forwarding->socket = http_listen(arguments->listen, failure);
    if (forwarding->socket < 0 ||
        !http_listen_name(forwarding->socket, forwarding->name, sizeof forwarding->name))
        return false;
    const struct switchboard_options options = {.tls = &forwarding->tls,
                                                .clock = &forwarding->clock,
                                                .listening = forwarding->socket,
                                                .routes = &arguments->routes,
                                                .subscribers = arguments->subscribers,
                                                .state = &gateway->state,
                                                .charge = &gateway->charge,
                                                .interrupt = forwarding->interrupt};
    forwarding->board = switchboard_new(&options, failure);
    return forwarding->board != NULL;
}

static void close_forwarding(struct forwarding *forwarding) {
    switchboard_free(forwarding->board);
    if (forwarding->socket >= 0)
        close(forwarding->socket);
    if (forwarding->has_tls)
        tls_source_close(&forwarding->tls);
    interrupt_end(forwarding->interrupt);
}

static int run_gateway(void *context, struct failure *failure) {
    struct gateway gateway = {.arguments = context, .state.lock = -1};
    struct forwarding forwarding = {.socket = -1, .interrupt = interrupt_watch()};
    signal(SIGPIPE, SIG_IGN);
    bool done = open_gateway(&gateway, failure) && open_forwarding(&forwarding, &gateway, failure);
    if (done) {
        printf("gateway https://%s\nready\n", forwarding.name);
        fflush(stdout);
        notify_send(getenv("NOTIFY_SOCKET"), "READY=1");
        done = switchboard_run(forwarding.board, failure);
    }
    close_forwarding(&forwarding);
    service_client_close(&gateway.charge);
    machine_state_close(&gateway.state);
    return exit_of(done, failure);
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
    {"listen", "ADDR:PORT", OPTION_TEXT, "where phones connect (127.0.0.1:0, any free port)",
     .at = AT(listen), .only = RUN},
    {"route", "HOST:PORT=ADDR:PORT", OPTION_TEXT, "whom phones may name, and where that is",
     .at = AT(routes), .many = true, .most = OPTION_LIST_MAX, .only = RUN, .needed = RUN},
    {"subscribers", "FILE", OPTION_FILE,
     "whose card has which number: JSON, as 'tessera charge set' takes it", .at = AT(subscribers),
     .only = RUN, .needed = RUN},
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
    {RUN, "run", "forward what phones send, count packets, and report", run_gateway, NULL},
    {REPORT, "report", "report what was counted and is not confirmed", run_report, NULL},
};

static const struct command gateway_command = {
    .name = "gateway",
    .purpose = "forward what phones send; count calls and packets",
    .rows = rows,
    .row_count = sizeof rows / sizeof rows[0],
    .actions = actions,
    .action_count = sizeof actions / sizeof actions[0],
};

int main(int argc, char **argv) {
    struct arguments arguments = {.run = program_run_now(), .listen = "127.0.0.1:0"};
    int code = command_main(&gateway_command, &arguments, argc, argv);
    crypto_openssl_free(arguments.crypto);
    return code;
}

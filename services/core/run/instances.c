// SPDX-License-Identifier: Apache-2.0
#include "services/core/run/instances.h"

#include "services/wire/notify.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void instances_block_signals(sigset_t *signals) {
    sigemptyset(signals);
    sigaddset(signals, SIGTERM);
    sigaddset(signals, SIGINT);
    sigaddset(signals, SIGHUP);
    pthread_sigmask(SIG_BLOCK, signals, NULL);
    signal(SIGPIPE, SIG_IGN);
}

static void print_place(const struct served *served) {
    const char *name = served->options->service->name;
    const char *metrics = instance_metrics_url(served->instance);
    printf("%s %s\n", name, instance_url(served->instance));
    if (metrics != NULL)
        printf("%s-metrics %s\n", name, metrics);
}

static bool bind_all(struct served *served, size_t count, struct failure *failure) {
    for (size_t i = 0; i < count; i++) {
        struct failure why = {0};
        served[i].instance = instance_bind(served[i].options, &why);
        if (served[i].instance == NULL)
            return fail(failure, why.code, "%s: %s", served[i].options->service->name, why.text);
    }
    return true;
}

static void tell_made(const struct served *served) {
    const struct instance_options *options = served->options;
    if (instance_made_database(served->instance))
        fprintf(stderr, "tessera serve: made the database of %s %s\n", options->service->name,
                options->db != NULL ? "on its server" : "in its state");
}

static void tell_taken_up(const struct served *served) {
    uint64_t count = instance_taken_up(served->instance);
    if (count > 0)
        fprintf(stderr,
                "tessera serve: %s tries %" PRIu64 " calls again that waited for a person\n",
                served->options->service->name, count);
}

static bool begin_all(struct served *served, size_t count, struct failure *failure) {
    for (size_t i = 0; i < count; i++) {
        struct failure why = {0};
        for (size_t other = 0; other < count; other++)
            instance_meet(served[i].instance, served[other].instance);
        if (!instance_begin(served[i].instance, &why))
            return fail(failure, why.code, "%s: %s", served[i].options->service->name, why.text);
        tell_made(&served[i]);
        tell_taken_up(&served[i]);
    }
    return true;
}

bool instances_start(struct served *served, size_t count, struct failure *failure) {
    if (!bind_all(served, count, failure) || !begin_all(served, count, failure))
        return false;
    for (size_t i = 0; i < count; i++)
        print_place(&served[i]);
    printf("ready\n");
    fflush(stdout);
    notify_send(getenv("NOTIFY_SOCKET"), "READY=1");
    return true;
}

static void reload_all(struct served *served, size_t count) {
    for (size_t i = 0; i < count; i++) {
        struct failure failure;
        if (!instance_reload(served[i].instance, &failure))
            fprintf(stderr, "tessera serve: %s: %s; what was in force stays\n",
                    served[i].options->service->name, failure.text);
        else
            tell_taken_up(&served[i]);
    }
}

void instances_run(struct served *served, size_t count, const sigset_t *signals) {
    int got = 0;
    while (sigwait(signals, &got) == 0 && got == SIGHUP)
        reload_all(served, count);
    notify_send(getenv("NOTIFY_SOCKET"), "STOPPING=1");
}

void instances_print_plan(const struct served *served, size_t count) {
    for (size_t i = 0; i < count; i++) {
        const struct instance_options *options = served[i].options;
        printf("%s listen %s host %s tls %s db %s metrics %s\n", options->service->name,
               options->listen, options->host != NULL ? options->host : "-", options->tls,
               options->db != NULL ? options->db : "sqlite",
               options->metrics != NULL ? options->metrics : "-");
    }
}

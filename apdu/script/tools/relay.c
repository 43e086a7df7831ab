// SPDX-License-Identifier: Apache-2.0
#include "apdu/script/tools/relay.h"

#include <stdlib.h>
#include <string.h>

/// One record: this head, then the spans of secrets, then the octets one behind the other. Both
/// ends are the same program.
struct head {
    bool is_event, secret, unknown;
    uint32_t kind; // of an event
    uint64_t card, number, begin, end;
    uint32_t secret_count;
    uint32_t name, command, answer, clear_command, clear_answer; // sizes; answer: the ATR, too
};

struct relay_observer {
    struct script_observer observer;
    FILE *to;
    bool failed;
};

static void put(struct relay_observer *relay, const void *data, size_t size) {
    relay->failed |= size > 0 && fwrite(data, 1, size, relay->to) != size;
}

static void put_bytes(struct relay_observer *relay, struct bytes octets) {
    put(relay, octets.data, octets.size);
}

static void relay_exchange(struct script_observer *observer, const struct script_exchange *what) {
    struct relay_observer *relay = (struct relay_observer *)observer;
    struct head head = {.secret = what->secret,
                        .unknown = what->unknown,
                        .card = what->card,
                        .begin = what->begin,
                        .end = what->end,
                        .secret_count = (uint32_t)what->secret_count,
                        .name = (uint32_t)strlen(what->card_name),
                        .command = (uint32_t)what->command.size,
                        .answer = (uint32_t)what->answer.size,
                        .clear_command = (uint32_t)what->clear_command.size,
                        .clear_answer = (uint32_t)what->clear_answer.size};
    put(relay, &head, sizeof head);
    put(relay, what->secrets, what->secret_count * sizeof *what->secrets);
    put(relay, what->card_name, head.name);
    put_bytes(relay, what->command);
    put_bytes(relay, what->answer);
    put_bytes(relay, what->clear_command);
    put_bytes(relay, what->clear_answer);
}

static void relay_event(struct script_observer *observer, const struct script_event *what) {
    struct relay_observer *relay = (struct relay_observer *)observer;
    struct head head = {.is_event = true,
                        .kind = (uint32_t)what->kind,
                        .card = what->card,
                        .number = what->number,
                        .begin = what->at,
                        .name = (uint32_t)strlen(what->card_name),
                        .answer = (uint32_t)what->atr.size};
    put(relay, &head, sizeof head);
    put(relay, what->card_name, head.name);
    put_bytes(relay, what->atr);
}

static bool relay_close(struct script_observer *observer) {
    bool ok = !((struct relay_observer *)observer)->failed;
    free(observer);
    return ok;
}

struct script_observer *relay_observer_open(FILE *to) {
    struct relay_observer *relay = calloc(1, sizeof *relay);
    if (relay == NULL)
        return NULL;
    *relay = (struct relay_observer){.observer = {relay_exchange, relay_event, relay_close, NULL},
                                     .to = to};
    return &relay->observer;
}

// ---- the other end ---------------------------------------------------------------------------

/// The next size octets; sets *whole to false when they are not there.
static struct bytes take(struct bytes *rest, size_t size, bool *whole) {
    *whole = *whole && size <= rest->size;
    struct bytes taken = *whole ? bytes_of(rest->data, size) : bytes_of(NULL, 0);
    *rest = *whole ? bytes_of(rest->data + size, rest->size - size) : *rest;
    return taken;
}

static void hand_exchange(struct script_observer *observers, const struct script_exchange *what) {
    for (struct script_observer *observer = observers; observer != NULL; observer = observer->next)
        if (observer->exchange != NULL)
            observer->exchange(observer, what);
}

static void hand_event(struct script_observer *observers, const struct script_event *what) {
    for (struct script_observer *observer = observers; observer != NULL; observer = observer->next)
        if (observer->event != NULL)
            observer->event(observer, what);
}

static bool replay_exchange(const struct head *head, const char *name, struct bytes secrets,
                            struct bytes *rest, struct script_observer *observers) {
    struct secret_span spans[SECRET_SPANS_MAX];
    struct script_exchange what = {.card = head->card,
                                   .card_name = name,
                                   .begin = head->begin,
                                   .end = head->end,
                                   .secrets = spans,
                                   .secret_count = head->secret_count,
                                   .secret = head->secret,
                                   .unknown = head->unknown};
    bool whole = true;
    if (secrets.size > 0)
        memcpy(spans, secrets.data, secrets.size);
    what.command = take(rest, head->command, &whole);
    what.answer = take(rest, head->answer, &whole);
    what.clear_command = take(rest, head->clear_command, &whole);
    what.clear_answer = take(rest, head->clear_answer, &whole);
    if (whole)
        hand_exchange(observers, &what);
    return whole;
}

static bool replay_event(const struct head *head, const char *name, struct bytes *rest,
                         struct script_observer *observers) {
    struct script_event what = {.kind = (enum script_event_kind)head->kind,
                                .card = head->card,
                                .card_name = name,
                                .number = head->number,
                                .at = head->begin};
    bool whole = true;
    what.atr = take(rest, head->answer, &whole);
    if (whole)
        hand_event(observers, &what);
    return whole;
}

bool relay_replay(struct bytes written, struct script_observer *observers) {
    bool whole = true;
    while (whole && written.size > 0) {
        struct head head = {.secret_count = 0};
        struct bytes octets = take(&written, sizeof head, &whole);
        if (!whole)
            return false;
        memcpy(&head, octets.data, sizeof head);
        if (head.secret_count > SECRET_SPANS_MAX)
            return false;
        struct bytes secrets =
            take(&written, head.secret_count * sizeof(struct secret_span), &whole);
        octets = take(&written, head.name, &whole);
        char *name = whole ? strndup((const char *)octets.data, octets.size) : NULL;
        whole = name != NULL &&
                (head.is_event ? replay_event(&head, name, &written, observers)
                               : replay_exchange(&head, name, secrets, &written, observers));
        free(name);
    }
    return whole;
}

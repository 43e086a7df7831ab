// SPDX-License-Identifier: Apache-2.0
#include "host/service/service_client.h"

#include "apdu/crypto/crypto_run.h"
#include "base/heap.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { DEADLINE_MS = 60000 };

bool service_client_open(struct service_client *client, const char *name, const char *url,
                         const char *tls, const struct crypto *crypto, struct failure *failure) {
    client->name = name;
    client->crypto = crypto;
    arena_init(&client->arena, &host_memory);
    courier_files_begin(&client->files);
    courier_files_target(&client->files, name, url);
    return courier_files_open(&client->files, tls, failure);
}

void service_client_close(struct service_client *client) {
    courier_files_close(&client->files);
    if (client->arena.memory != NULL)
        arena_free(&client->arena);
}

int service_client_run(const struct service_visit *visit, service_action *action, void *context,
                       struct failure *failure) {
    struct service_client client = {.name = NULL};
    struct crypto *crypto = crypto_for_run(visit->run, failure);
    bool done =
        crypto != NULL &&
        service_client_open(&client, visit->name, visit->url, visit->tls, crypto, failure) &&
        action(&client, context, failure);
    service_client_close(&client);
    crypto_openssl_free(crypto);
    return exit_of(done, failure);
}

void service_client_form(struct service_client *client, const struct endpoint *row,
                         struct form *in) {
    form_init(in, row->request, &client->arena);
}

bool service_client_key(const struct service_client *client, char key[REQUEST_KEY_SIZE]) {
    uint8_t drawn[(REQUEST_KEY_SIZE - 1) / 2];
    bool done = client->crypto->ops->random(client->crypto, drawn, sizeof drawn);
    for (size_t i = 0; done && i < sizeof drawn; i++)
        snprintf(key + 2 * i, 3, "%02x", drawn[i]);
    return done;
}

bool service_client_repeat(struct service_client *client, const struct endpoint *row,
                           const char *key, const struct form *in, struct form *out,
                           struct failure *failure) {
    struct form unread;
    struct form *into = out != NULL ? out : &unread;
    form_init(into, row->answer, &client->arena);
    return courier_call(courier_http_courier(client->files.http), client->name, row, key, in, into,
                        NULL, failure);
}

bool service_client_ask(struct service_client *client, const struct endpoint *row,
                        const struct form *in, struct form *out, struct failure *failure) {
    char key[REQUEST_KEY_SIZE];
    if (row->key == KEY_NEEDED && !service_client_key(client, key))
        return fail(failure, EXIT_REFUSED, "the random generator failed");
    return service_client_repeat(client, row, row->key == KEY_NEEDED ? key : NULL, in, out,
                                 failure);
}

bool service_client_page(struct service_client *client, const struct endpoint *row,
                         const struct form *in, const char *media, struct buffer *body,
                         struct failure *failure) {
    const struct courier *courier = courier_http_courier(client->files.http);
    struct buffer path, none;
    struct reply reply = {.body = *body};
    bool done = false;
    buffer_init(&path, &host_memory);
    buffer_init(&none, &host_memory);
    if (endpoint_write(row, in, &path, &none)) {
        struct parcel parcel = {.target = client->name,
                                .method = row->method,
                                .path = buffer_string(&path),
                                .accept = media,
                                .deadline_ms = DEADLINE_MS};
        struct problem problem;
        done = courier->ops->send(courier, &parcel, &reply, failure) == DELIVERY_DONE;
        if (done && reply.status != 200) {
            const struct problem_word *word =
                courier_refusal(row, buffer_bytes(&reply.body), &problem);
            done = fail(failure, EXIT_REFUSED, "%s: %s", row->title,
                        word != NULL ? problem.detail : "it answers no page");
        }
    } else
        fail(failure, EXIT_USAGE, "%s: the request lacks a field", row->title);
    *body = reply.body;
    buffer_free(&path);
    buffer_free(&none);
    return done;
}

// ---- answers -----------------------------------------------------------------------------------

static void print_json(const json_t *json, unsigned depth);

static void print_value(const json_t *value, unsigned depth) {
    if (json_is_object(value) || json_is_array(value)) {
        printf("\n");
        print_json(value, depth + 1);
    } else if (json_is_string(value))
        printf(" %s\n", json_string_value(value));
    else if (json_is_integer(value))
        printf(" %" JSON_INTEGER_FORMAT "\n", json_integer_value(value));
    else
        printf(" %s\n", json_is_true(value) ? "yes" : "no");
}

/// A list's items are told apart by a dash.
static void print_json(const json_t *json, unsigned depth) {
    const char *name;
    const json_t *value;
    size_t i;
    json_array_foreach(json, i, value) {
        printf("%*s-", (int)(2 * depth), "");
        print_value(value, depth);
    }
    void *at = json_object_iter((json_t *)(uintptr_t)json);
    for (; at != NULL; at = json_object_iter_next((json_t *)(uintptr_t)json, at)) {
        name = json_object_iter_key(at);
        printf("%*s%s", (int)(2 * depth), "", name);
        print_value(json_object_iter_value(at), depth);
    }
}

void service_client_print(const struct form *out, bool json) {
    json_t *read = form_to_json(out);
    char *text = json && read != NULL ? json_dumps(read, JSON_COMPACT) : NULL;
    if (text != NULL)
        printf("%s\n", text);
    else if (read != NULL)
        print_json(read, 0);
    free(text);
    json_decref(read);
}

// SPDX-License-Identifier: Apache-2.0
#include "host/licence/publish.h"

#include "services/wire/api/content_api.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

enum { PIECE = 1 << 20 };

/// A request under way: to whom, about which container.
struct publish {
    const struct licence_client *client;
    const struct container_file *container;
    struct arena arena;
    char id[HOLDER_MAX + 1];
    uint64_t at; // octets that are there
    struct failure *failure;
};

static struct form begin(struct publish *publish, const struct endpoint *row) {
    struct form in;
    form_init(&in, row->request, &publish->arena);
    form_set_text(&in, NAME_ID, publish->id);
    return in;
}

static struct bytes root_of(const struct publish *publish) {
    return publish->container->front.manifest.fields[FIELD_ROOT];
}

static bool call(struct publish *publish, const struct endpoint *row, const struct form *in,
                 struct form *out) {
    char key[LICENCE_REQUEST_KEY];
    return licence_request_key(publish->client, key, publish->failure) &&
           courier_call(publish->client->courier, "content", row,
                        row->key == KEY_NEEDED ? key : NULL, in, out, NULL, publish->failure);
}

// ---- a container -------------------------------------------------------------------------------

/// Is this very container there already? What goes wrong here goes wrong again below.
static bool is_there(struct publish *publish) {
    struct form in = begin(publish, &content_read), out;
    struct failure *failure = publish->failure;
    form_init(&out, content_read.answer, &publish->arena);
    publish->failure = NULL;
    bool there = call(publish, &content_read, &in, &out) &&
                 bytes_equal(form_octets(&out, NAME_HASH), root_of(publish));
    publish->failure = failure;
    return there;
}

static void set_said(struct form *in, enum name name, const char *text) {
    if (text != NULL)
        form_set_text(in, name, text);
}

static bool announce(struct publish *publish, const struct publish_page *page) {
    struct form in = begin(publish, &content_upload), out;
    form_init(&out, content_upload.answer, &publish->arena);
    form_set_octets(&in, NAME_HASH, root_of(publish));
    form_set_uint(&in, NAME_SIZE, publish->container->there);
    form_set_text(&in, NAME_TITLE, page->title);
    set_said(&in, NAME_SUBTITLE, page->subtitle);
    set_said(&in, NAME_PERFORMERS, page->performers);
    set_said(&in, NAME_CREATOR, page->creator);
    set_said(&in, NAME_COMMENT, page->comment);
    if (!call(publish, &content_upload, &in, &out))
        return false;
    publish->at = form_uint(&out, NAME_OFFSET);
    return true;
}

static bool put_piece(struct publish *publish, struct bytes piece) {
    struct form in = begin(publish, &content_upload_put), out;
    char key[LICENCE_REQUEST_KEY];
    form_init(&out, content_upload_put.answer, &publish->arena);
    form_set_uint(&in, NAME_OFFSET, publish->at);
    if (!licence_request_key(publish->client, key, publish->failure) ||
        !courier_put(publish->client->courier, "content", &content_upload_put, key, &in, piece,
                     &out, publish->failure))
        return false;
    publish->at = form_uint(&out, NAME_OFFSET);
    return true;
}

static bool bring(struct publish *publish) {
    const struct container_file *container = publish->container;
    uint8_t *piece = malloc(PIECE);
    bool done = piece != NULL || fail(publish->failure, EXIT_REFUSED, "out of memory");
    while (done && publish->at < container->there) {
        ssize_t got = pread(container->descriptor, piece, PIECE, (off_t)publish->at);
        done = got > 0 ? put_piece(publish, bytes_of(piece, (size_t)got))
                       : fail_errno(publish->failure, "cannot read %s", container->path);
    }
    free(piece);
    return done;
}

static bool end(struct publish *publish) {
    struct form in = begin(publish, &content_upload_end);
    form_set_octets(&in, NAME_HASH, root_of(publish));
    return call(publish, &content_upload_end, &in, NULL);
}

static struct publish open_publish(const struct licence_client *client,
                                   const struct container_file *container,
                                   struct failure *failure) {
    struct publish publish = {.client = client, .container = container, .failure = failure};
    struct bytes id = container->front.manifest.fields[FIELD_CONTENT];
    snprintf(publish.id, sizeof publish.id, "%.*s", (int)id.size, (const char *)id.data);
    arena_init(&publish.arena, client->memory);
    return publish;
}

bool publish_container(const struct licence_client *client, const struct container_file *container,
                       const struct publish_page *page, struct failure *failure) {
    struct publish publish = open_publish(client, container, failure);
    bool done =
        is_there(&publish) || (announce(&publish, page) && bring(&publish) && end(&publish));
    arena_free(&publish.arena);
    return done;
}

// ---- an offer ----------------------------------------------------------------------------------

bool publish_offer(const struct licence_client *client, const struct container_file *container,
                   const struct licence_offer *offer, struct failure *failure) {
    struct publish publish = open_publish(client, container, failure);
    struct form in = begin(&publish, &content_offer);
    struct bytes enterprise = container->front.policy.fields[FIELD_ENTERPRISE];
    char text[HOLDER_MAX + 1];
    snprintf(text, sizeof text, "%.*s", (int)enterprise.size, (const char *)enterprise.data);
    form_set_text(&in, NAME_NUMBER, offer->number);
    form_set_text(&in, NAME_ENTERPRISE, text);
    if (offer->plays >= 0)
        form_set_uint(&in, NAME_PLAYS, (uint64_t)offer->plays);
    form_set_uint(&in, NAME_AMOUNT, offer->amount);
    form_set_uint(&in, NAME_UNIT, offer->unit);
    bool done = call(&publish, &content_offer, &in, NULL);
    arena_free(&publish.arena);
    return done;
}

// SPDX-License-Identifier: Apache-2.0
#include "personalization/cards/seller/local_header.h"

#include <stdlib.h>
#include <string.h>

enum { NAMED_ROWS_MAX = 68, NAMED_MAX = NAMED_ROWS_MAX / 2 };

static void put_text(struct object_writer *writer, enum field field, const char *text) {
    if (text != NULL)
        object_put(writer, field, bytes_of_string(text));
}

/// Shorter ids first, then by their octets: the order of FIELD_NAMED.
static int compare_ids(const void *a, const void *b) {
    const char *first = *(const char *const *)a, *second = *(const char *const *)b;
    size_t one = strlen(first), other = strlen(second);
    return one != other ? (one < other ? -1 : 1) : strcmp(first, second);
}

static bool put_named(struct object_writer *writer, const struct ticket_order *order,
                      struct failure *failure) {
    uint8_t rows[NAMED_ROWS_MAX];
    const char *ids[NAMED_MAX];
    size_t size = 0;
    if (order->named_count == 0)
        return true;
    if (order->named_count > NAMED_MAX)
        return fail(failure, EXIT_USAGE, "a ticket names up to %d apparatus", NAMED_MAX);
    for (size_t i = 0; i < order->named_count; i++)
        ids[i] = order->named[i];
    qsort(ids, order->named_count, sizeof ids[0], compare_ids);
    for (size_t i = 0; i < order->named_count; i++) {
        size_t length = strlen(ids[i]);
        if (length > TICKET_NAMED_MAX || size + 1 + length > sizeof rows)
            return fail(failure, EXIT_USAGE,
                        "--named '%s': apparatus has ids of 1 to %d "
                        "characters, and a ticket names up to %d octets of them",
                        ids[i], TICKET_NAMED_MAX, NAMED_ROWS_MAX);
        rows[size++] = (uint8_t)length;
        memcpy(rows + size, ids[i], length);
        size += length;
    }
    object_put(writer, FIELD_NAMED, bytes_of(rows, size));
    return true;
}

static void put_offer(struct object_writer *writer, const struct local_seller *seller) {
    static const uint8_t no_policy[SHA256_SIZE];
    const struct ticket_order *order = seller->order;
    object_put_uint(writer, FIELD_AMOUNT, order->charge);
    object_put_unit(writer, order->unit);
    object_put(writer, FIELD_POLICY_HASH,
               bytes_of(order->policy_hash != NULL ? order->policy_hash : no_policy, SHA256_SIZE));
    object_put_date(writer, FIELD_DATE, seller->ca->today);
    put_text(writer, FIELD_NUMBER, order->number);
}

static void put_rights(struct object_writer *writer, const struct ticket_order *order) {
    const uint8_t actions[2] = {order->actions, 0};
    put_text(writer, FIELD_CONTENT, order->content);
    put_text(writer, FIELD_KEY_ID, order->key_id);
    if (order->counted)
        object_put_uint(writer, FIELD_PLAYS, order->plays);
    if (order->copies != 0)
        object_put(writer, FIELD_COPIES, bytes_of(&order->copies, 1));
    if (order->first_day != 0)
        object_put_date(writer, FIELD_FIRST_DAY, order->first_day);
    if (order->last_day != 0)
        object_put_date(writer, FIELD_LAST_DAY, order->last_day);
    if (order->actions != 0)
        object_put(writer, FIELD_ACTIONS, BYTES_OF(actions));
}

bool local_header_make(const struct local_seller *seller, uint8_t *out, struct bytes *header,
                       struct failure *failure) {
    const struct crypto *crypto = seller->ca->hierarchy.crypto;
    struct object_writer writer;
    uint8_t instance[8];
    if (!crypto->ops->random(crypto, instance, sizeof instance))
        return fail(failure, EXIT_REFUSED, "the random generator failed");
    object_begin(&writer, OBJECT_TICKET_HEADER, out, TICKET_OBJECT_MAX);
    put_offer(&writer, seller);
    object_put(&writer, FIELD_INSTANCE, BYTES_OF(instance));
    put_text(&writer, FIELD_ENTERPRISE, seller->enterprise);
    put_text(&writer, FIELD_SELLER, seller->id);
    object_put(&writer, FIELD_BUYER, seller->buyer.holder);
    put_rights(&writer, seller->order);
    if (!put_named(&writer, seller->order, failure))
        return false;
    put_text(&writer, FIELD_ACTIVATOR, seller->order->activator);
    return object_sign(&writer, &seller->signer, header) ||
           fail(failure, EXIT_USAGE,
                "such a ticket cannot be written: its header holds up to %d octets, ids up to %d",
                TICKET_OBJECT_MAX, TICKET_ID_MAX);
}

/// What the buyer gets: all that the header grants, sealed where it is not settled yet.
static void put_left(const struct local_seller *seller, uint8_t out[TICKET_LEFT_SIZE]) {
    struct ticket_left left = ticket_left_of(&seller->header);
    left.flags |= seller->order->sealed ? LEFT_SEALED : 0;
    ticket_left_write(&left, out);
}

bool local_state_make(const struct local_seller *seller, const struct object *request, uint8_t *out,
                      struct bytes *state, struct failure *failure) {
    const struct crypto *crypto = seller->ca->hierarchy.crypto;
    struct object_writer writer;
    uint8_t digest[SHA256_SIZE], left[TICKET_LEFT_SIZE], wrapped[TICKET_WRAPPED_MAX];
    size_t size = 0;
    struct ticket_way way = {.header_digest = digest,
                             .name = digest,
                             .source = request->fields[FIELD_SOURCE],
                             .destination = request->fields[FIELD_DESTINATION],
                             .n = (uint32_t)object_uint(request, FIELD_N),
                             .left = left};
    put_left(seller, left);
    bool done = object_digest(&seller->header, crypto, digest) &&
                ticket_seal_way(crypto, seller->order->algorithm, seller->buyer.kem_point, &way,
                                seller->order->key, wrapped, &size);
    if (!done)
        return fail(failure, EXIT_USAGE, "the key is not sealed: it has 1 to %d octets",
                    TICKET_KEY_MAX);
    object_begin(&writer, OBJECT_TICKET_STATE, out, TICKET_OBJECT_MAX);
    object_copy(&writer, FIELD_N, request);
    object_put(&writer, FIELD_TICKET, bytes_of(digest, TICKET_NAME_SIZE));
    object_copy(&writer, FIELD_SOURCE, request);
    object_copy(&writer, FIELD_DESTINATION, request);
    object_put(&writer, FIELD_LEFT, BYTES_OF(left));
    object_put(&writer, FIELD_WRAPPED_KEY, bytes_of(wrapped, size));
    return object_sign(&writer, &seller->signer, state) ||
           fail(failure, EXIT_REFUSED, "the state of the ticket cannot be written");
}

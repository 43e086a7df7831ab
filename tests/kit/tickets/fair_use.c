// SPDX-License-Identifier: Apache-2.0
#include "tests/kit/tickets/fair_use.h"

#include "tests/kit/objects.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void must(bool holds, const char *what) {
    if (holds)
        return;
    fprintf(stderr, "fair: %s\n", what);
    abort();
}

static void keep(const struct scene_card *card, struct fair_object *out) {
    out->size = card->answer.size;
    must(out->size <= sizeof out->octets, "an object is too long");
    if (out->size > 0)
        memcpy(out->octets, card->answer.data, out->size);
}

struct fair_use fair_use(struct fair *fair, struct scene_card *store,
                         const struct fair_ticket *ticket) {
    struct fair_use use = {.fair = fair,
                           .store = store,
                           .ticket = ticket,
                           .player = &fair->player,
                           .content = ticket->sale.content != NULL ? ticket->sale.content : "ANY",
                           .action = ACTION_PLAY,
                           .date = SCENE_FROM};
    sample_signer(fair->scene->crypto, &use.key.signer, &use.key.scalar);
    return use;
}

void fair_use_ask(struct fair_use *use) {
    struct object_writer writer;
    struct bytes made;
    must(fair_select(use->store, use->challenge) == SW_OK, "SELECT refused");
    object_begin(&writer, OBJECT_PLAY_REQUEST, use->request.octets, sizeof use->request.octets);
    object_put(&writer, FIELD_CHALLENGE, BYTES_OF(use->challenge));
    object_put_date(&writer, FIELD_DATE, use->date);
    object_put(&writer, FIELD_HOLDER, bytes_of_string(use->player->holder));
    object_put(&writer, FIELD_KEM_KEY, bytes_of(use->key.signer.point, P256_COMPRESSED_SIZE));
    object_put(&writer, FIELD_TICKET, BYTES_OF(use->ticket->name));
    object_put(&writer, FIELD_CONTENT, bytes_of_string(use->content));
    object_put(&writer, FIELD_DESTINATION, bytes_of_string(use->store->holder));
    object_put(&writer, FIELD_ACTION, bytes_of(&use->action, 1));
    must(object_sign(&writer, &use->player->signer, &made), "the play request is not made");
    use->request.size = made.size;
}

/// The grant must be the store's and its key the one that was sold.
static void check_grant(struct fair_use *use) {
    struct object request, grant;
    const struct crypto *crypto = use->fair->scene->crypto;
    const char *text = use->ticket->sale.key != NULL ? use->ticket->sale.key : "hc426D99ro7v";
    uint8_t digest[SHA256_SIZE], key[TICKET_KEY_MAX];
    size_t size = 0;
    must(object_decode(fair_bytes(&use->request), &request) &&
             object_decode_as(OBJECT_PLAY_GRANT, fair_bytes(&use->grant), &grant) &&
             object_verify(&grant, crypto, use->store->signing_point) &&
             object_digest(&request, crypto, digest),
         "the grant is not the store's");
    struct ticket_opener opener = {crypto, use->key.scalar.scalar, use->key.signer.point};
    struct ticket_use bound = {.header_digest = use->ticket->digest,
                               .request_digest = digest,
                               .store = bytes_of_string(use->store->holder),
                               .player = bytes_of_string(use->player->holder),
                               .left = grant.fields[FIELD_LEFT].data};
    must(memcmp(grant.fields[FIELD_REQUEST_HASH].data, digest, sizeof digest) == 0 &&
             ticket_open_use(&opener, &bound, grant.fields[FIELD_WRAPPED_KEY], key, &size) &&
             bytes_equal(bytes_of(key, size), bytes_of_string(text)),
         "the grant's key is not the one that was sold");
    use->left = ticket_left_read(grant.fields[FIELD_LEFT].data);
}

uint16_t fair_use_play(struct fair_use *use) {
    uint8_t data[512];
    struct tlv_writer out = tlv_writer_over(data, sizeof data);
    tlv_put_raw(&out, fair_bytes(&use->request));
    tlv_put_raw(&out, fair_bytes(&use->presence));
    if (fair_send(use->store, COMMAND_TICKETS_PLAY, tlv_writer_bytes(&out)) == SW_OK) {
        keep(use->store, &use->grant);
        check_grant(use);
        return SW_OK;
    }
    return use->store->sw;
}

uint16_t fair_play(struct fair *fair, struct scene_card *store, const struct fair_ticket *ticket) {
    struct fair_use use = fair_use(fair, store, ticket);
    fair_use_ask(&use);
    return fair_use_play(&use);
}

uint16_t fair_use_prove(struct fair_use *use, struct scene_card *phone) {
    uint8_t data[96];
    struct tlv_writer out = tlv_writer_over(data, sizeof data);
    tlv_put(&out, field_specs[FIELD_CHALLENGE].tag, BYTES_OF(use->challenge));
    tlv_put(&out, field_specs[FIELD_TICKET].tag, BYTES_OF(use->ticket->name));
    tlv_put(&out, field_specs[FIELD_DESTINATION].tag, bytes_of_string(use->store->holder));
    tlv_put(&out, field_specs[FIELD_ACTION].tag, bytes_of(&use->action, 1));
    must(fair_select(phone, NULL) == SW_OK, "SELECT refused");
    if (fair_send(phone, COMMAND_TICKETS_PROVE, tlv_writer_bytes(&out)) == SW_OK)
        keep(phone, &use->presence);
    return phone->sw;
}

uint16_t fair_docket(struct scene_card *card, const struct fair_ticket *ticket,
                     const char *subscriber) {
    static const uint8_t day[] = {0x20, 0x26, 0x01, 0x01};
    uint8_t data[128];
    struct tlv_writer out = tlv_writer_over(data, sizeof data);
    tlv_put(&out, field_specs[FIELD_DATE].tag, BYTES_OF(day));
    tlv_put(&out, field_specs[FIELD_TICKET].tag, BYTES_OF(ticket->name));
    tlv_put(&out, field_specs[FIELD_SUBSCRIBER].tag, bytes_of_string(subscriber));
    must(fair_select(card, NULL) == SW_OK, "SELECT refused");
    return fair_send(card, COMMAND_TICKETS_DOCKET, tlv_writer_bytes(&out));
}

uint16_t fair_settle(struct scene_card *card, const struct sample_party *signer,
                     const uint8_t name[TICKET_NAME_SIZE], bool settled) {
    struct object_writer writer;
    struct bytes made;
    uint8_t buffer[192];
    const uint8_t result = settled;
    object_begin(&writer, OBJECT_SETTLEMENT_ANSWER, buffer, sizeof buffer);
    object_put_date(&writer, FIELD_DATE, SCENE_FROM);
    object_put(&writer, FIELD_TICKET, bytes_of(name, TICKET_NAME_SIZE));
    object_put(&writer, FIELD_ACTIVATOR, bytes_of_string(signer->holder));
    object_put(&writer, FIELD_RESULT, bytes_of(&result, 1));
    must(object_sign(&writer, &signer->signer, &made), "the answer is not made");
    must(fair_select(card, NULL) == SW_OK, "SELECT refused");
    return fair_send(card, COMMAND_TICKETS_ACTIVATE, made);
}

void fair_reference(struct fair *fair, const struct fair_ticket *ticket, uint8_t reference[17]) {
    struct object header;
    reference[0] = REFERENCE_TICKET;
    must(object_decode(fair_bytes(&ticket->header), &header) &&
             ticket_sale(&header, fair->scene->crypto, reference + 1),
         "no sale");
}

// SPDX-License-Identifier: Apache-2.0
#include "tests/kit/hotlists.h"

#include "base/must.h"

#include <stdlib.h>
#include <string.h>

struct scene_hotlist *scene_hotlist(uint32_t version, uint32_t date) {
    struct scene_hotlist *list = calloc(1, sizeof *list);
    must(list != NULL, "memory for a hotlist");
    list->version = version;
    list->date = date;
    return list;
}

static uint8_t *next_mark(struct scene_hotlist *list) {
    must(list->count < HOTLIST_ROOM, "room in the hotlist");
    return list->marks + MARK_SIZE * list->count++;
}

void scene_list_certificate(struct scene_hotlist *list, const struct scene *scene,
                            struct bytes certificate) {
    uint8_t digest[CERTIFICATE_DIGEST_SIZE];
    must(certificate_digest(scene->crypto, certificate, digest), "digest of a certificate");
    memcpy(next_mark(list), digest, MARK_SIZE);
}

void scene_list_holder(struct scene_hotlist *list, const struct scene *scene, const char *issuer,
                       const char *holder) {
    must(mark_of_holder(scene->crypto, bytes_of_string(issuer), bytes_of_string(holder),
                        next_mark(list)),
         "mark of a holder");
}

void scene_list_strangers(struct scene_hotlist *list, size_t count) {
    for (size_t i = 0; i < count; i++)
        bytes_put_be(next_mark(list), MARK_SIZE, (i + 1) * 0x0001000100010001U);
}

static int by_octets(const void *a, const void *b) {
    return memcmp(a, b, MARK_SIZE);
}

struct bytes scene_hotlist_marks(const struct scene_hotlist *list) {
    return bytes_of(list->marks, list->count * MARK_SIZE);
}

struct bytes scene_hotlist_object(struct scene *scene, struct scene_hotlist *list,
                                  uint8_t out[HOTLIST_OBJECT_ROOM]) {
    uint8_t digest[SHA256_SIZE], roles[2];
    struct object_writer writer;
    qsort(list->marks, list->count, MARK_SIZE, by_octets);
    must(marks_digest(scene->crypto, scene_hotlist_marks(list), digest), "digest of a hotlist");
    bytes_put_be(roles, sizeof roles, list->roles != 0 ? list->roles : ROLE_ENTITIES);
    object_begin(&writer, OBJECT_HOTLIST, out, HOTLIST_OBJECT_ROOM);
    object_put(&writer, FIELD_CENTER, bytes_of_string(scene->center.holder));
    object_put_date(&writer, FIELD_DATE, list->date);
    object_put_uint(&writer, FIELD_VERSION, list->version);
    object_put_uint(&writer, FIELD_MARKS, list->count);
    object_put(&writer, FIELD_LIST_HASH, BYTES_OF(digest));
    object_put(&writer, FIELD_ROLES, BYTES_OF(roles));
    return scene_sign(scene, &writer);
}

uint16_t scene_give_hotlist(struct scene_card *card, struct scene_hotlist *list) {
    uint8_t out[HOTLIST_OBJECT_ROOM];
    struct bytes object = scene_hotlist_object(card->scene, list, out);
    scene_show_center(card);
    uint16_t sw = scene_send(card, COMMAND_PURSE_HOTLIST, object);
    struct bytes marks = scene_hotlist_marks(list);
    for (size_t i = 0; sw == SW_OK && marks_part(marks, i).size > 0; i++)
        sw = scene_send_p1p2(card, COMMAND_PURSE_HOTLIST_PART, (uint16_t)i, marks_part(marks, i));
    free(list);
    return sw;
}

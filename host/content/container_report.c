// SPDX-License-Identifier: Apache-2.0
#include "host/content/container_report.h"

#include "base/must.h"
#include "host/content/policy.h"
#include "services/wire/object_json.h"

#include <inttypes.h>
#include <stdlib.h>

static const char *algorithm_word(const struct object *manifest) {
    static const char *const WORDS[] = {"none", "derived", "wrapped", "public"};
    must_cover(WORDS, CONTAINER_PUBLIC + 1);
    return WORDS[manifest->fields[FIELD_ALGORITHM].data[0]];
}

static void hex_of(struct bytes octets, char text[2 * SHA256_SIZE + 1]) {
    for (size_t i = 0; i < octets.size && i < SHA256_SIZE; i++)
        snprintf(text + 2 * i, 3, "%02x", octets.data[i]);
}

static void report_json(FILE *out, const struct container_file *file, bool verified) {
    const struct front *front = &file->front;
    const struct object *manifest = &front->manifest;
    struct bytes content = manifest->fields[FIELD_CONTENT], sealer = manifest->fields[FIELD_SEALER];
    char root[2 * SHA256_SIZE + 1];
    hex_of(manifest->fields[FIELD_ROOT], root);
    json_t *json = json_pack(
        "{s:s, s:b, s:s%, s:s%, s:s, s:I, s:I, s:s, s:o, s:o}", "file", file->path, "verified",
        verified, "content", (const char *)content.data, content.size, "sealer",
        (const char *)sealer.data, sealer.size, "algorithm", algorithm_word(manifest), "size",
        (json_int_t)file->form.size, "chunks", (json_int_t)file->form.count, "root", root, "policy",
        policy_to_json(&front->policy), "container", object_to_json(manifest));
    if (json != NULL && front->object_count == FRONT_OBJECTS_MAX)
        json_object_set_new(json, "grant", object_to_json(&front->grant));
    char *text = json != NULL ? json_dumps(json, JSON_COMPACT) : NULL;
    if (text != NULL)
        fprintf(out, "%s\n", text);
    free(text);
    json_decref(json);
}

static void print_field(FILE *out, const char *name, const struct object *object,
                        enum field field) {
    struct bytes value = object->fields[field];
    if (value.size > 0)
        fprintf(out, "%-14s %.*s\n", name, (int)value.size, (const char *)value.data);
}

void container_report(FILE *out, const struct container_file *file, bool verified, bool json) {
    const struct object *manifest = &file->front.manifest;
    char root[2 * SHA256_SIZE + 1];
    if (json) {
        report_json(out, file, verified);
        return;
    }
    hex_of(manifest->fields[FIELD_ROOT], root);
    fprintf(out, "%s: %s\n", file->path, verified ? "good" : "not verified");
    print_field(out, "content", manifest, FIELD_CONTENT);
    print_field(out, "key-id", manifest, FIELD_KEY_ID);
    print_field(out, "media", manifest, FIELD_MEDIA);
    print_field(out, "sealer", manifest, FIELD_SEALER);
    print_field(out, "enterprise", &file->front.policy, FIELD_ENTERPRISE);
    fprintf(out, "sealed         %" PRIu32 "\nalgorithm      %s\n",
            object_date(manifest, FIELD_DATE), algorithm_word(manifest));
    fprintf(out,
            "size           %" PRIu64 "\nchunks         %" PRIu64 " of %zu\nroot           %s\n",
            file->form.size, file->form.count, (size_t)1 << file->form.log2, root);
    policy_print(out, &file->front.policy);
    if (file->front.object_count == FRONT_OBJECTS_MAX)
        fprintf(out, "grant          %" PRIu64 "\n", object_uint(&file->front.grant, FIELD_SERIAL));
}

// SPDX-License-Identifier: Apache-2.0
#include "tests/kit/content/sealed.h"

#include "base/files.h"
#include "host/content/container_pack.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static void check(bool done, const char *what) {
    if (done)
        return;
    fprintf(stderr, "sealed: %s\n", what);
    abort();
}

static void certify(const struct sealed_scene *scene, struct sample_party *who, const char *holder,
                    uint16_t roles, const struct sample_party *by) {
    check(sample_certify(who, scene->crypto, holder, roles, by) == CERTIFICATE_OK, holder);
}

void sealed_scene_open(struct sealed_scene *scene) {
    memset(scene, 0, sizeof *scene);
    scene->date = SAMPLE_TODAY;
    scene->crypto = crypto_openssl_new_seeded(3000);
    check(scene->crypto != NULL, "OpenSSL");
    certify(scene, &scene->root, "ROOT", ROLE_ROOT | ROLE_ENTITIES, NULL);
    certify(scene, &scene->trade, "TRADE", ROLE_ISSUING | ROLE_SELLER | ROLE_PROVIDER,
            &scene->root);
    certify(scene, &scene->provider, "prov-1", ROLE_PROVIDER, &scene->trade);
    certify(scene, &scene->other, "prov-2", ROLE_PROVIDER, &scene->trade);
    certify(scene, &scene->seller, "shop-1", ROLE_SELLER, &scene->trade);
    sample_name_enterprise(&scene->seller, &scene->trade, "ID_2000");
    scene->certificates[0] = scene->root.certificate;
    scene->certificates[1] = scene->trade.certificate;
    scene->certificates[2] = scene->seller.certificate;
    scene->keys = (struct service_keys){.signer = &scene->seller.signer,
                                        .certificates = scene->certificates,
                                        .certificate_count = 3};
}

void sealed_scene_close(struct sealed_scene *scene) {
    crypto_openssl_free(scene->crypto);
}

static bool read_counting(void *context, uint8_t *out, size_t size, struct failure *failure) {
    size_t *at = context;
    (void)failure;
    for (size_t i = 0; i < size; i++)
        out[i] = (uint8_t)((*at + i) % 251);
    *at += size;
    return true;
}

static struct bytes sign_policy(const struct sample_party *provider, const char *content,
                                uint8_t *out, size_t capacity) {
    static const char offer[] = "\3\x92\0\0\0\0\0\0\3\xE8\0\3\0\1";
    struct object_writer writer;
    struct bytes made = {0};
    object_begin(&writer, OBJECT_POLICY, out, capacity);
    object_put(&writer, FIELD_ENTERPRISE, bytes_of_string("ID_2000"));
    object_put(&writer, FIELD_CONTENT, bytes_of_string(content));
    object_put(&writer, FIELD_OFFERS, bytes_of(offer, POLICY_OFFER_SIZE));
    object_put(&writer, FIELD_SHARES, bytes_of("\0\1\6prov-1", 9));
    check(object_sign(&writer, &provider->signer, &made), "policy");
    return made;
}

size_t sealed_container(const struct sealed_scene *scene, const struct sample_party *provider,
                        const char *content, size_t size, uint8_t *octets,
                        uint8_t root[SHA256_SIZE]) {
    uint8_t policy[512];
    char directory[] = "/tmp/sealed-XXXXXX", path[64];
    size_t at = 0, whole = 0;
    struct failure failure = {0};
    struct front front;
    struct container_form form;
    struct pack_source source = {size, read_counting, &at};
    struct pack_plan plan = {.policy = sign_policy(provider, content, policy, sizeof policy),
                             .provider = {provider->certificate, scene->trade.certificate},
                             .sealer = {provider->certificate, scene->trade.certificate},
                             .signer = &provider->signer,
                             .content = content,
                             .media = "video/mp2t",
                             .date = scene->date,
                             .log2 = 12,
                             .algorithm = CONTAINER_DERIVED,
                             .key = bytes_of_string("hc426D99ro7v")};
    check(mkdtemp(directory) != NULL, directory);
    snprintf(path, sizeof path, "%s/c", directory);
    check(container_pack(path, &plan, &source, scene->crypto, NULL, &failure), failure.text);
    check(files_read(path, octets, SEALED_MAX, &whole), path);
    unlink(path);
    rmdir(directory);
    check(front_decode(bytes_of(octets + CONTAINER_HEAD_SIZE, container_take_head(octets)), &front,
                       &form) == FRONT_OK,
          "front");
    memcpy(root, front.manifest.fields[FIELD_ROOT].data, SHA256_SIZE);
    return whole;
}

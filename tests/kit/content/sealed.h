// SPDX-License-Identifier: Apache-2.0
// Containers for tests of services: a root with providers and a seller below it, and files that
// they sealed.
#ifndef TESTS_KIT_CONTENT_SEALED_H
#define TESTS_KIT_CONTENT_SEALED_H

#include "services/core/service.h"
#include "tests/kit/certificates.h"

enum { SEALED_MAX = 1 << 18 };

struct sealed_scene {
    struct crypto *crypto;
    struct sample_party root, trade, provider, other, seller;
    struct bytes certificates[3]; // of the seller
    struct service_keys keys;
    uint32_t date; // of what is sealed
};

/// Within a test. Providers prov-1 and prov-2; the seller shop-1 of ID_2000, whose keys a service
/// may have. Must not be moved.
void sealed_scene_open(struct sealed_scene *scene);
void sealed_scene_close(struct sealed_scene *scene);

/// Content of that size, i mod 251 at place i, sealed by this provider under the key "hc426D99ro7v"
/// with chunks of 4096. octets has SEALED_MAX; root the 32 octets of its list's hash.
size_t sealed_container(const struct sealed_scene *scene, const struct sample_party *provider,
                        const char *content, size_t size, uint8_t *octets,
                        uint8_t root[SHA256_SIZE]);

#endif

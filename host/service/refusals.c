// SPDX-License-Identifier: Apache-2.0
#include "host/service/refusals.h"

#include "services/wire/api/registry_api.h"

#include <string.h>

enum { CHAIN = 3 };

static bool is_good(const struct form *envelope, struct bytes root, uint32_t today,
                    const struct crypto *crypto) {
    struct certificate trusted, registry;
    struct bytes chain[CHAIN];
    size_t count = 0;
    const struct object *list = form_object(envelope, NAME_OBJECT);
    const struct form *rows = form_list(envelope, NAME_CERTIFICATES, &count);
    if (list->type != OBJECT_REFUSAL_LIST || count != CHAIN ||
        certificate_parse(root, &trusted) != CERTIFICATE_OK)
        return false;
    for (size_t i = 0; i < CHAIN; i++)
        chain[i] = form_certificate(&rows[i], NAME_CERTIFICATE)->whole;
    return certificate_verify_chain(chain, CHAIN, trusted.signing_point, today, crypto,
                                    &registry) == CERTIFICATE_OK &&
           (registry.roles & ROLE_REGISTRY) != 0 &&
           object_verify(list, crypto, registry.signing_point) &&
           object_date(list, FIELD_EXPIRY) >= today;
}

static bool names(const struct object *list, const char *enterprise) {
    uint8_t row[REFUSED_SIZE] = {0};
    struct bytes rows = list->fields[FIELD_REFUSED];
    if (strlen(enterprise) > sizeof row)
        return false;
    memcpy(row, enterprise, strlen(enterprise));
    for (size_t at = 0; at < rows.size; at += REFUSED_SIZE)
        if (memcmp(rows.data + at, row, sizeof row) == 0)
            return true;
    return false;
}

bool refusals_ask(struct service_client *registry, struct bytes root, uint32_t today,
                  const char *enterprise, bool *refused, struct failure *failure) {
    struct form in, out;
    *refused = false;
    service_client_form(registry, &registry_refusals, &in);
    if (!service_client_ask(registry, &registry_refusals, &in, &out, failure))
        return false;
    const struct form *envelope = form_inner(&out, NAME_OBJECT);
    *refused = is_good(envelope, root, today, registry->crypto) &&
               names(form_object(envelope, NAME_OBJECT), enterprise);
    return true;
}

// SPDX-License-Identifier: Apache-2.0
#include "tests/kit/scene/factory.h"

#include "apdu/octets/status.h"
#include "personalization/authority/hierarchy.h"
#include "personalization/cards/factory.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { TODAY = 20260401, UNTIL = 20281231, DER_SIZE = 420, FULL = 0x33 };

struct factory {
    const struct crypto *crypto;
    struct hierarchy hierarchy;
    struct factory_hierarchy source;
};

struct factory *factory_open(const struct crypto *crypto) {
    struct factory *factory = calloc(1, sizeof *factory);
    if (factory == NULL || !hierarchy_make(&factory->hierarchy, crypto, REALM_LAB, "", TODAY))
        abort();
    factory->crypto = crypto;
    factory->source = (struct factory_hierarchy){&factory->hierarchy, TODAY};
    return factory;
}

void factory_close(struct factory *factory) {
    hierarchy_erase(&factory->hierarchy);
    free(factory);
}

/// The card reads no certificate of its identity: any octets of the usual length will do.
static bool certify_identity(void *context, const struct piv_request *request, uint8_t *der,
                             size_t capacity, size_t *size, uint32_t *until,
                             struct failure *failure) {
    (void)context, (void)failure;
    *size = capacity < DER_SIZE ? capacity : DER_SIZE;
    for (size_t i = 0; i < *size; i++)
        der[i] = (uint8_t)(i * 5 + (size_t)request->purpose);
    *until = UNTIL;
    return true;
}

static bool empty_card(struct factory *factory, struct link *link, gp_keys keys, void *context) {
    static const uint8_t piv[] = {0xA0, 0x00, 0x00, 0x03, 0x08, 0x00, 0x00, 0x10, 0x00, 0x01, 0x00};
    static const uint8_t ndef[] = {0xD2, 0x76, 0x00, 0x00, 0x85, 0x01, 0x01};
    static const uint8_t purse[] = AID_PURSE;
    const struct bytes aids[] = {BYTES_OF(purse), BYTES_OF(piv), BYTES_OF(ndef)};
    struct gp_session session;
    bool done = gp_open(&session, link, factory->crypto, (struct bytes){0}, 0, FULL, keys,
                        context) == GP_OK;
    for (size_t i = 0; done && i < sizeof aids / sizeof aids[0]; i++)
        done = gp_take_back(&session, aids[i]) == GP_OK || session.sw == SW_REFERENCE_NOT_FOUND;
    gp_close(&session);
    return done;
}

bool factory_make(struct factory *factory, struct link *link, gp_keys keys, void *context,
                  const struct scp03_keys *own) {
    static const uint8_t message[] = {0xD1, 0x01, 0x04, 0x55, 0x04, 'a', '.', 'b'};
    struct failure failure = {0};
    struct piv_order identity = {.id = "WALLET-1",
                                 .enterprise = "",
                                 .pin = "123456",
                                 .puk = "87654321",
                                 .rsa = {true, false, false, false},
                                 .management_key = {0x9B, 1, 2, 3},
                                 .management_size = 32};
    struct factory_order order = factory_order_for("WALLET-1", ROLE_WALLET);
    struct factory_authority authority = factory_from_hierarchy(&factory->source);
    struct factory_channel channel = {
        .keys = keys, .context = context, .new_keys = own, .new_version = FACTORY_VERSION};
    order.pin = "2468";
    order.puk = "13579246";
    order.identity = &identity;
    order.ndef = BYTES_OF(message);
    authority.identity = (struct piv_authority){NULL, certify_identity};
    bool done = empty_card(factory, link, keys, context) &&
                factory_personalize(link, &order, &authority, &channel, factory->crypto, &failure);
    if (!done)
        fprintf(stderr, "factory: %s\n", failure.text[0] != '\0' ? failure.text : "not emptied");
    return done;
}

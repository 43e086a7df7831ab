// SPDX-License-Identifier: Apache-2.0
#include "personalization/cards/card_order.h"

#include "personalization/cards/card_data.h"

#include <stdio.h>
#include <string.h>

/// "{id}" in the address becomes the card's id.
static void form_tag(struct card_order *order, const struct profile *profile) {
    char url[PROFILE_URL_MAX + HOLDER_MAX];
    const char *place = strstr(profile->url, "{id}");
    if (profile->url[0] == '\0')
        return;
    if (place == NULL)
        snprintf(url, sizeof url, "%s", profile->url);
    else
        snprintf(url, sizeof url, "%.*s%s%s", (int)(place - profile->url), profile->url,
                 order->row.fields[COLUMN_ID], place + strlen("{id}"));
    order->factory.ndef = bytes_of(order->ndef, ndef_address(url, order->ndef, sizeof order->ndef));
}

static const char *or_null(const char *text) {
    return text[0] != '\0' ? text : NULL;
}

static void form_identity(struct card_order *order, const struct profile *profile,
                          const struct card_secrets *secrets) {
    order->identity = (struct piv_order){.id = order->factory.id,
                                         .person = or_null(order->row.person),
                                         .enterprise = order->factory.enterprise,
                                         .assurance = profile->assurance,
                                         .pin = secrets->pin,
                                         .puk = secrets->puk};
    for (size_t i = 0; i < PIV_SLOTS; i++)
        order->identity.rsa[i] = profile->rsa;
    order->factory.identity = &order->identity;
}

bool card_order_make(struct card_order *order, const struct profile *profile,
                     struct card_secrets *secrets, const struct crypto *crypto,
                     struct failure *failure) {
    struct factory_order *factory = &order->factory;
    const struct card_row *row = &order->row;
    *factory = factory_order_for(row->fields[COLUMN_ID], profile->roles);
    factory->enterprise = row->fields[COLUMN_ENTERPRISE];
    factory->device = or_null(row->fields[COLUMN_DEVICE]);
    factory->user = or_null(row->fields[COLUMN_USER]);
    if (factory->device == NULL)
        factory->device = factory->id;
    factory->options = profile->options;
    factory->assurance = profile->assurance;
    factory->units = profile->units;
    factory->unit_count = profile->unit_count;
    factory->limits = profile->limits;
    form_tag(order, profile);
    if (!profile->pin)
        return true;
    if (!draw_digits(crypto, secrets->pin, 6) || !draw_digits(crypto, secrets->puk, 8))
        return fail(failure, EXIT_REFUSED, "no randomness for a PIN");
    factory->pin = secrets->pin;
    factory->puk = secrets->puk;
    if (profile->identity)
        form_identity(order, profile, secrets);
    return true;
}

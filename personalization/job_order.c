// SPDX-License-Identifier: Apache-2.0
// From profile and row to the order of one card, its secrets drawn afresh.
#include "personalization/job_run.h"

#include <stdio.h>
#include <string.h>

/// Digits without bias.
static bool draw_digits(const struct crypto *crypto, char *out, size_t count) {
    size_t done = 0;
    while (done < count) {
        uint8_t octet;
        if (!crypto->ops->random(crypto, &octet, 1))
            return false;
        if (octet < 250)
            out[done++] = (char)('0' + octet % 10);
    }
    out[count] = '\0';
    return true;
}

/// One short NDEF record of type U; "{id}" in the address becomes the card's id.
static void form_tag(struct job_order *order, const struct profile *profile) {
    enum { HEADER = 5 };
    char url[PROFILE_URL_MAX + HOLDER_MAX];
    const char *place = strstr(profile->url, "{id}");
    if (profile->url[0] == '\0')
        return;
    if (place == NULL)
        snprintf(url, sizeof url, "%s", profile->url);
    else
        snprintf(url, sizeof url, "%.*s%s%s", (int)(place - profile->url), profile->url,
                 order->row.fields[COLUMN_ID], place + strlen("{id}"));
    size_t size = strlen(url);
    uint8_t header[HEADER] = {0xD1, 0x01, (uint8_t)(size + 1), 'U', 0x00};
    memcpy(order->ndef, header, HEADER);
    memcpy(order->ndef + HEADER, url, size);
    order->bench.ndef = bytes_of(order->ndef, HEADER + size);
}

static void form_identity(struct job_order *order, const struct profile *profile,
                          const struct job_secrets *secrets) {
    order->identity = (struct piv_order){.id = order->bench.id,
                                         .enterprise = order->bench.enterprise,
                                         .pin = secrets->pin,
                                         .puk = secrets->puk,
                                         .management_size = PIV_MANAGEMENT_MAX};
    memcpy(order->identity.management_key, secrets->management_key, PIV_MANAGEMENT_MAX);
    for (size_t i = 0; i < PIV_SLOTS; i++)
        order->identity.rsa[i] = profile->rsa;
    order->bench.identity = &order->identity;
}

static const char *or_null(const char *text) {
    return text[0] != '\0' ? text : NULL;
}

bool job_order_make(struct job_order *order, const struct profile *profile,
                    struct job_secrets *secrets, const struct crypto *crypto,
                    struct failure *failure) {
    struct bench_order *bench = &order->bench;
    const struct batch_row *row = &order->row;
    *bench = bench_order_for(row->fields[COLUMN_ID], profile->roles);
    bench->enterprise = row->fields[COLUMN_ENTERPRISE];
    bench->device = or_null(row->fields[COLUMN_DEVICE]);
    bench->user = or_null(row->fields[COLUMN_USER]);
    if (bench->device == NULL)
        bench->device = bench->id;
    bench->options = profile->options;
    bench->assurance = profile->assurance;
    bench->units = profile->units;
    bench->unit_count = profile->unit_count;
    bench->limits = profile->limits;
    form_tag(order, profile);
    if (!profile->pin)
        return true;
    if (!draw_digits(crypto, secrets->pin, 6) || !draw_digits(crypto, secrets->puk, 8) ||
        !crypto->ops->random(crypto, secrets->management_key, PIV_MANAGEMENT_MAX))
        return fail(failure, EXIT_REFUSED, "no randomness for a PIN");
    bench->pin = secrets->pin;
    bench->puk = secrets->puk;
    if (profile->identity)
        form_identity(order, profile, secrets);
    return true;
}

// SPDX-License-Identifier: Apache-2.0
// From profile and row to the order of one card, its secrets drawn afresh.
#include "personalization/card_data.h"
#include "personalization/job_run.h"

#include <stdio.h>
#include <string.h>

/// "{id}" in the address becomes the card's id.
static void form_tag(struct job_order *order, const struct profile *profile) {
    char url[PROFILE_URL_MAX + HOLDER_MAX];
    const char *place = strstr(profile->url, "{id}");
    if (profile->url[0] == '\0')
        return;
    if (place == NULL)
        snprintf(url, sizeof url, "%s", profile->url);
    else
        snprintf(url, sizeof url, "%.*s%s%s", (int)(place - profile->url), profile->url,
                 order->row.fields[COLUMN_ID], place + strlen("{id}"));
    order->bench.ndef = bytes_of(order->ndef, ndef_address(url, order->ndef, sizeof order->ndef));
}

static void form_identity(struct job_order *order, const struct profile *profile,
                          const struct job_secrets *secrets) {
    order->identity = (struct piv_order){.id = order->bench.id,
                                         .enterprise = order->bench.enterprise,
                                         .pin = secrets->pin,
                                         .puk = secrets->puk};
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
    if (!draw_digits(crypto, secrets->pin, 6) || !draw_digits(crypto, secrets->puk, 8))
        return fail(failure, EXIT_REFUSED, "no randomness for a PIN");
    bench->pin = secrets->pin;
    bench->puk = secrets->puk;
    if (profile->identity)
        form_identity(order, profile, secrets);
    return true;
}

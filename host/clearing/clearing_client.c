// SPDX-License-Identifier: Apache-2.0
#include "host/clearing/clearing_client.h"

#include <stdio.h>
#include <string.h>

// ---- calls -------------------------------------------------------------------------------------

static bool take_chain(const struct form *out, struct clearing_chain *chain,
                       struct failure *failure) {
    size_t count = 0;
    const struct form *list = form_list(out, NAME_CERTIFICATES, &count);
    if (count != CLEARING_CHAIN)
        return fail(failure, EXIT_REFUSED, "the center answers %zu certificates, not %d", count,
                    CLEARING_CHAIN);
    for (size_t i = 0; i < CLEARING_CHAIN; i++) {
        struct bytes whole = form_certificate(&list[i], NAME_CERTIFICATE)->whole;
        memcpy(chain->octets[i], whole.data, whole.size);
        chain->certificates[i] = bytes_of(chain->octets[i], whole.size);
    }
    return true;
}

/// A GET that answers certificates; purse NULL: the center's own.
static bool ask_chain(struct clearing_client *client, const struct endpoint *row, const char *purse,
                      struct clearing_chain *chain, struct failure *failure) {
    struct form in, out;
    service_client_form(&client->service, row, &in);
    if (purse != NULL)
        form_set_text(&in, NAME_PURSE, purse);
    return service_client_ask(&client->service, row, &in, &out, failure) &&
           take_chain(&out, chain, failure);
}

bool clearing_purse_chain(struct clearing_client *client, const char *purse,
                          struct clearing_chain *out, struct failure *failure) {
    return ask_chain(client, &clearing_certificates, purse, out, failure);
}

bool clearing_client_open(struct clearing_client *client, const char *url, const char *tls,
                          const struct crypto *crypto, struct failure *failure) {
    return service_client_open(&client->service, "clearing", url, tls, crypto, failure) &&
           ask_chain(client, &clearing_center, NULL, &client->center, failure);
}

void clearing_client_close(struct clearing_client *client) {
    service_client_close(&client->service);
}

// ---- a center ----------------------------------------------------------------------------------

void clearing_put_envelope(struct form *in, enum name name, struct bytes object,
                           const struct bytes certificates[CLEARING_CHAIN]) {
    struct form *envelope = form_add(in, name);
    form_set_octets(envelope, NAME_OBJECT, object);
    for (size_t i = 0; i < CLEARING_CHAIN; i++)
        form_add_octets(envelope, NAME_CERTIFICATES, certificates[i]);
}

/// A question on its way, and its answer.
struct asking {
    struct clearing_client *client;
    const struct endpoint *row;
    const struct center_question *question;
    struct form in, out;
    struct failure *failure;
};

static void begin(struct asking *asking, const char *purse) {
    service_client_form(&asking->client->service, asking->row, &asking->in);
    form_set_text(&asking->in, NAME_PURSE, purse);
}

/// The purse's own certificate as it showed it, below the authority that the center knows.
static bool put_signed(struct asking *asking, enum name name, struct bytes object) {
    struct clearing_chain chain;
    if (!clearing_purse_chain(asking->client, asking->question->purse, &chain, asking->failure))
        return false;
    chain.certificates[CLEARING_CHAIN - 1] = asking->question->certificate;
    clearing_put_envelope(&asking->in, name, object, chain.certificates);
    return true;
}

static bool copy_object(const struct asking *asking, uint8_t *out, size_t capacity,
                        struct bytes *object) {
    struct bytes whole = form_octets(&asking->out, NAME_OBJECT);
    if (whole.size == 0 || whole.size > capacity)
        return fail(asking->failure, EXIT_REFUSED, "the center's object has %zu octets",
                    whole.size);
    memcpy(out, whole.data, whole.size);
    *object = bytes_of(out, whole.size);
    return true;
}

static bool ask(struct asking *asking, uint8_t *out, size_t capacity, struct bytes *object) {
    return service_client_ask(&asking->client->service, asking->row, &asking->in, &asking->out,
                              asking->failure) &&
           copy_object(asking, out, capacity, object);
}

static bool challenge(void *context, const char *purse, uint8_t *out, size_t capacity,
                      struct bytes *object, struct failure *failure) {
    struct asking asking = {.client = context, .row = &clearing_challenge, .failure = failure};
    begin(&asking, purse);
    bool done = ask(&asking, out, capacity, object);
    return done;
}

static bool issue(void *context, const struct center_question *question, uint8_t *out,
                  size_t capacity, struct bytes *object, struct failure *failure) {
    struct asking asking = {
        .client = context, .row = &clearing_issue, .question = question, .failure = failure};
    begin(&asking, question->purse);
    form_set_uint(&asking.in, NAME_UNIT, asking.client->unit);
    bool done = put_signed(&asking, NAME_STATEMENT, question->statement) &&
                ask(&asking, out, capacity, object);
    return done;
}

/// "missing", "twin", "sums": what the center answers instead of an end.
static bool refuse_outcome(const struct asking *asking) {
    const char *outcome = form_text(&asking->out, NAME_OUTCOME);
    char numbers[160] = "";
    size_t count = 0;
    const struct form *list = form_list(&asking->out, NAME_MISSING, &count);
    for (size_t i = 0; i < count && strlen(numbers) + 16 < sizeof numbers; i++)
        snprintf(numbers + strlen(numbers), 16, "%s%llu", i > 0 ? ", " : "",
                 (unsigned long long)form_uint(&list[i], NAME_N));
    if (count > 0)
        return fail(asking->failure, EXIT_REFUSED,
                    "missing: the center has no logs of numbers %s of %s; hand them in with "
                    "'tessera clearing upload'",
                    numbers, asking->question->purse);
    return fail(asking->failure, EXIT_REFUSED, "%s: the center does not end this batch of %s",
                outcome, asking->question->purse);
}

static bool end_batch(struct clearing_client *client, const struct endpoint *row,
                      const struct center_question *question, uint8_t *out, size_t capacity,
                      struct bytes *object, struct failure *failure) {
    struct asking asking = {.client = client, .row = row, .question = question, .failure = failure};
    begin(&asking, question->purse);
    bool done = put_signed(&asking, NAME_BATCH, question->batch) &&
                put_signed(&asking, NAME_STATEMENT, question->statement) &&
                service_client_ask(&client->service, row, &asking.in, &asking.out, failure);
    if (done)
        done = form_has(&asking.out, NAME_OBJECT) ? copy_object(&asking, out, capacity, object)
                                                  : refuse_outcome(&asking);
    return done;
}

static bool settle(void *context, const struct center_question *question, uint8_t *out,
                   size_t capacity, struct bytes *object, struct failure *failure) {
    return end_batch(context, &clearing_batches, question, out, capacity, object, failure);
}

static bool release(void *context, const struct center_question *question, uint8_t *out,
                    size_t capacity, struct bytes *object, struct failure *failure) {
    return end_batch(context, &clearing_releases, question, out, capacity, object, failure);
}

struct center clearing_center_of(struct clearing_client *client) {
    return (struct center){.context = client,
                           .certificate = client->center.certificates[CLEARING_CHAIN - 1],
                           .challenge = challenge,
                           .issue = issue,
                           .settle = settle,
                           .release = release};
}

// SPDX-License-Identifier: Apache-2.0
#include "host/clearing/clearing_desk.h"

#include "base/must.h"

#include "apdu/container/front.h"
#include "base/files.h"

#include <stdio.h>
#include <string.h>

// ---- who takes part ----------------------------------------------------------------------------

static bool add_file(struct form *in, const char *path, struct certificate *out,
                     uint8_t octets[CERTIFICATE_MAX], struct failure *failure) {
    size_t size = 0;
    if (!files_read(path, octets, CERTIFICATE_MAX, &size))
        return fail_errno(failure, "cannot read %s", path);
    if (certificate_parse(bytes_of(octets, size), out) != CERTIFICATE_OK)
        return fail(failure, EXIT_USAGE, "%s is no card-verifiable certificate", path);
    form_add_octets(in, NAME_CERTIFICATES, bytes_of(octets, size));
    return true;
}

static void set_present(struct form *in, enum name name, const char *text) {
    if (text != NULL)
        form_set_text(in, name, text);
}

static bool fill_limits(struct form *in, const char *const limits[DESK_LIMITS],
                        struct failure *failure) {
    static const enum name names[] = {
        [DESK_BALANCE] = NAME_LIMIT_BALANCE,       [DESK_SINGLE] = NAME_LIMIT_SINGLE,
        [DESK_NO_PIN_SINGLE] = NAME_NO_PIN_SINGLE, [DESK_NO_PIN_SUM] = NAME_NO_PIN_SUM,
        [DESK_NO_PIN_COUNT] = NAME_NO_PIN_COUNT,   [DESK_OFFLINE_COUNT] = NAME_OFFLINE_COUNT,
        [DESK_OFFLINE_SUM] = NAME_OFFLINE_SUM};
    must_cover(names, DESK_LIMITS);
    struct problem problem = {0};
    for (size_t i = 0; i < DESK_LIMITS; i++)
        if (limits[i] != NULL && !form_from_text(in, names[i], limits[i], &problem))
            return fail(failure, EXIT_USAGE, "%s", problem.detail);
    return true;
}

static bool fill_purse(struct clearing_client *client, struct form *in,
                       const struct desk_purse *purse, char id[HOLDER_MAX + 1],
                       struct failure *failure) {
    uint8_t octets[2][CERTIFICATE_MAX];
    struct certificate authority, own;
    form_add_octets(in, NAME_CERTIFICATES, client->center.certificates[0]);
    if (!add_file(in, purse->authority, &authority, octets[0], failure) ||
        !add_file(in, purse->certificate, &own, octets[1], failure))
        return false;
    snprintf(id, HOLDER_MAX + 1, "%.*s", (int)own.holder.size, (const char *)own.holder.data);
    set_present(in, NAME_USER, purse->user);
    set_present(in, NAME_DEVICE, purse->device);
    set_present(in, NAME_HOST, purse->host);
    return fill_limits(in, purse->limits, failure);
}

bool desk_register(struct clearing_client *client, const struct desk_purse *purse,
                   char id[HOLDER_MAX + 1], struct failure *failure) {
    struct form in;
    service_client_form(&client->service, &clearing_purse, &in);
    return fill_purse(client, &in, purse, id, failure) &&
           service_client_ask(&client->service, &clearing_purse, &in, NULL, failure);
}

/// The policy's signer stands first; its authority somewhere behind.
static bool policy_chain(struct clearing_client *client, const struct front *front,
                         struct bytes chain[CLEARING_CHAIN]) {
    struct certificate signer, other;
    if (front->certificate_count == 0 ||
        certificate_parse(front->certificates[0], &signer) != CERTIFICATE_OK)
        return false;
    chain[0] = client->center.certificates[0];
    chain[2] = front->certificates[0];
    for (size_t i = 0; i < front->certificate_count; i++)
        if (certificate_parse(front->certificates[i], &other) == CERTIFICATE_OK &&
            bytes_equal(other.holder, signer.issuer)) {
            chain[1] = front->certificates[i];
            return true;
        }
    return false;
}

bool desk_policy(struct clearing_client *client, const struct front *front,
                 struct failure *failure) {
    struct form in;
    struct bytes chain[CLEARING_CHAIN];
    if (!policy_chain(client, front, chain))
        return fail(failure, EXIT_USAGE, "the container has not its provider's certificates");
    service_client_form(&client->service, &clearing_policy, &in);
    clearing_put_envelope(&in, NAME_POLICY, front->policy.whole, chain);
    return service_client_ask(&client->service, &clearing_policy, &in, NULL, failure);
}

// ---- looking -----------------------------------------------------------------------------------

bool desk_ask(struct clearing_client *client, const struct endpoint *row,
              const struct desk_field *fields, bool json, struct failure *failure) {
    struct form in, answer;
    struct problem problem = {0};
    service_client_form(&client->service, row, &in);
    for (; fields->name != NAME_COUNT; fields++)
        if (fields->text != NULL && !form_from_text(&in, fields->name, fields->text, &problem))
            return fail(failure, EXIT_USAGE, "%s", problem.detail);
    if (!service_client_ask(&client->service, row, &in, &answer, failure))
        return false;
    service_client_print(&answer, json);
    return true;
}

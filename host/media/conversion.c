// SPDX-License-Identifier: Apache-2.0
#include "host/media/conversion.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

/// A conversion at work: everything that is open, and the key that was lent.
struct conversion {
    const struct conversion_plan *plan;
    struct container_file *original;
    struct grant grant;
    struct grant_claim claim;
    struct content_key key;
    struct spool *spool;
};

// ---- the key -----------------------------------------------------------------------------------

static bool open_original(struct conversion *conversion, struct failure *failure) {
    const struct conversion_plan *plan = conversion->plan;
    if (access(plan->out, F_OK) == 0)
        return fail(failure, EXIT_REFUSED, "%s exists already; name a new file", plan->out);
    conversion->original = container_open(plan->file, plan->trust, CONTAINER_WHOLE, failure);
    return conversion->original != NULL;
}

static bool in_its_days(const struct conversion *conversion, struct failure *failure) {
    const struct object *grant = &conversion->grant.object;
    uint32_t today = conversion->plan->today;
    return (today >= object_date(grant, FIELD_DATE) && today <= object_date(grant, FIELD_EXPIRY)) ||
           fail(failure, EXIT_REFUSED, "the grant is good from %u to %u only",
                object_date(grant, FIELD_DATE), object_date(grant, FIELD_EXPIRY));
}

static bool unlock(struct conversion *conversion, struct failure *failure) {
    const struct conversion_plan *plan = conversion->plan;
    struct content_key *key = &conversion->key;
    return plan->lend(plan->context, conversion->original, &conversion->grant, failure) &&
           in_its_days(conversion, failure) &&
           grant_open(&conversion->grant, conversion->original, plan->converter->kem_scalar,
                      plan->converter->kem_point, key, failure) &&
           grant_take(&conversion->grant, plan->state, &conversion->claim, failure) &&
           container_unlock(conversion->original, bytes_of(key->octets, key->size), failure);
}

// ---- the film ----------------------------------------------------------------------------------

static bool convert(struct conversion *conversion, struct failure *failure) {
    const struct conversion_plan *plan = conversion->plan;
    conversion->spool = spool_open(plan->state, plan->crypto, failure);
    return conversion->spool != NULL &&
           convert_run(conversion->original, &plan->options, conversion->spool, failure);
}

static bool read_spool(void *context, uint8_t *out, size_t size, struct failure *failure) {
    return spool_read(context, out, size, failure);
}

/// The certificate of the authority above the policy's signer.
static struct bytes policy_authority(const struct front *front) {
    struct certificate signer, authority;
    if (certificate_parse(front->certificates[0], &signer) != CERTIFICATE_OK)
        return bytes_of(NULL, 0);
    for (size_t i = front->object_count; i < front->certificate_count; i++)
        if (certificate_parse(front->certificates[i], &authority) == CERTIFICATE_OK &&
            bytes_equal(authority.holder, signer.issuer))
            return front->certificates[i];
    return bytes_of(NULL, 0);
}

static const char *text_of(struct bytes id, char *out, size_t capacity) {
    snprintf(out, capacity, "%.*s", (int)id.size, id.size > 0 ? (const char *)id.data : "");
    return id.size > 0 ? out : NULL;
}

static bool seal(struct conversion *conversion, struct failure *failure) {
    const struct conversion_plan *plan = conversion->plan;
    const struct front *front = &conversion->original->front;
    const struct object *manifest = &front->manifest;
    char content[HOLDER_MAX + 1], key_id[HOLDER_MAX + 1];
    struct pack_source source = {.read = read_spool, .context = conversion->spool};
    struct pack_plan pack = {
        .policy = front->policy.whole,
        .grant = conversion->grant.object.whole,
        .provider = {front->certificates[0], policy_authority(front)},
        .sealer = plan->converter->party,
        .granter = conversion->grant.granter,
        .signer = plan->converter->signer,
        .content = text_of(manifest->fields[FIELD_CONTENT], content, sizeof content),
        .key_id = text_of(manifest->fields[FIELD_KEY_ID], key_id, sizeof key_id),
        .media = "video/mp4",
        .original = conversion->grant.object.fields[FIELD_ORIGINAL],
        .date = plan->today,
        .log2 = conversion->original->form.log2,
        .algorithm = (enum container_algorithm)manifest->fields[FIELD_ALGORITHM].data[0],
        .key = bytes_of(conversion->key.octets, conversion->key.size)};
    return spool_turn(conversion->spool, &source.size, failure) &&
           container_pack(plan->out, &pack, &source, plan->crypto, NULL, failure);
}

/// The container that was made must be one that everybody takes.
static bool judge(const struct conversion *conversion, struct failure *failure) {
    const struct conversion_plan *plan = conversion->plan;
    struct container_file *made = container_open(plan->out, plan->trust, CONTAINER_WHOLE, failure);
    container_close(made);
    if (made == NULL)
        unlink(plan->out);
    return made != NULL;
}

bool conversion_run(const struct conversion_plan *plan, struct failure *failure) {
    struct conversion *conversion = calloc(1, sizeof *conversion);
    if (conversion == NULL)
        return fail(failure, EXIT_REFUSED, "out of memory");
    conversion->plan = plan;
    conversion->claim.lock = -1;
    bool done = open_original(conversion, failure) && unlock(conversion, failure) &&
                convert(conversion, failure) && grant_spend(&conversion->claim, failure) &&
                seal(conversion, failure) && judge(conversion, failure);
    grant_release(&conversion->claim);
    container_close(conversion->original);
    spool_close(conversion->spool);
    bytes_erase(conversion, sizeof *conversion);
    free(conversion);
    return done;
}

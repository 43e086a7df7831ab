// SPDX-License-Identifier: Apache-2.0
#include "personalization/cards/center/local_center.h"

#include "personalization/cards/center/local_issue.h"
#include "personalization/cards/center/local_settlement.h"

static bool challenge(void *context, const char *purse, uint8_t *out, size_t capacity,
                      struct bytes *object, struct failure *failure) {
    struct local_center *center = context;
    const struct crypto *crypto = center->ca->hierarchy.crypto;
    struct object_writer writer;
    if (!crypto->ops->random(crypto, center->challenge, sizeof center->challenge))
        return fail(failure, EXIT_REFUSED, "cannot generate a challenge");
    object_begin(&writer, OBJECT_STATEMENT_CHALLENGE, out, capacity);
    object_put(&writer, FIELD_CHALLENGE, BYTES_OF(center->challenge));
    object_put(&writer, FIELD_CENTER, bytes_of_string(local_key(center)->name));
    object_put(&writer, FIELD_PURSE, bytes_of_string(purse));
    object_put_date(&writer, FIELD_DATE, center->ca->today);
    if (object_sign(&writer, &local_key(center)->signer, object))
        return true;
    return fail(failure, EXIT_REFUSED, "cannot sign a statement challenge for %s", purse);
}

struct center local_center_of(struct local_center *center) {
    return (struct center){.context = center,
                           .certificate = member_certificate(&center->ca->hierarchy, MEMBER_CENTER),
                           .challenge = challenge,
                           .issue = local_issue,
                           .settle = local_settle,
                           .release = local_release};
}

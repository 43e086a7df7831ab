// SPDX-License-Identifier: Apache-2.0
// What the files of the content service share: SQL, where containers lie, handlers.
#ifndef SERVICES_CONTENT_CONTENT_PRIVATE_H
#define SERVICES_CONTENT_CONTENT_PRIVATE_H

#include "apdu/container/front.h"
#include "services/content/content.h"
#include "services/core/party.h"
#include "services/wire/api/content_api.h"

#include <limits.h>

/// The service's own, the same for every thread.
struct content_state {
    struct party party;           // first: see party_start
    char objects[PATH_MAX - 128]; // directory of containers, named by their hashes
    struct bytes root;            // whom sealers are judged by
};

static inline const struct content_state *content_state_of(const struct call *call) {
    return call->context->state;
}

enum content_statement {
    CONTENT_TAKEN,
    CONTENT_READ,
    CONTENT_PAGE,
    CONTENT_LIST,
    CONTENT_OFFERS,
    CONTENT_LIST_OFFERS,
    CONTENT_PROVIDER,
    CONTENT_ADD,
    UPLOAD_BEGIN,
    UPLOAD_OWNER,
    UPLOAD_READ,
    UPLOAD_RESTART,
    UPLOAD_ADVANCE,
    UPLOAD_DROP,
    OFFER_ENTERPRISE,
    OFFER_SET,
    KEY_ADD,
    KEY_READ,
    CONTENT_SQL,
};

extern const struct statement content_sql[];
extern const struct migration content_migrations[];
extern const size_t content_migration_count;

/// Path of the container with this hash. False: it does not fit.
bool content_path(const struct call *call, struct bytes hash, char path[PATH_MAX]);

/// Handlers, by their endpoints.
bool content_list_transact(struct call *call, struct session *session);
bool content_page_transact(struct call *call, struct session *session);
bool content_read_transact(struct call *call, struct session *session);
bool content_container_transact(struct call *call, struct session *session);
bool content_upload_check(struct call *call);
bool content_upload_transact(struct call *call, struct session *session);
bool content_upload_read_transact(struct call *call, struct session *session);
bool content_upload_put_check(struct call *call);
bool content_upload_put_transact(struct call *call, struct session *session);
bool content_upload_end_check(struct call *call);
bool content_upload_end_transact(struct call *call, struct session *session);
bool content_offer_transact(struct call *call, struct session *session);
bool content_key_transact(struct call *call, struct session *session);
bool content_key_reply(struct call *call, struct session *session);

/// The catalogue (list) or one content as a page without scripts, out of call->out.
void content_answer_html(struct call *call, bool list);

#endif

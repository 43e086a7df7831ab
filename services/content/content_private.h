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

// ---- handlers ----------------------------------------------------------------------------------
// Check runs before the transaction, transact within it; services/core/handler.h says what both
// have to keep and what false means. Who may call an endpoint, and with what, its row in
// services/wire/api/ says.

/// GET /catalogue: at most 100 pages of contents with an id behind "after", in the order of their
/// ids, each with its offers; as HTML where Accept asks for it.
bool content_list_transact(struct call *call, struct session *session);
/// GET /catalogue/{id}: one of them, likewise; content_unknown where there is none.
bool content_page_transact(struct call *call, struct session *session);
/// GET /v1/contents/{id}: what a client checks a container by: provider, hash, size in octets,
/// algorithm, signed policy.
bool content_read_transact(struct call *call, struct session *session);
/// GET /v1/contents/{id}/container: whole or the range that was asked for, straight from its file;
/// the ETag is its hash. A file that is gone or of another length is refused.
bool content_container_transact(struct call *call, struct session *session);
/// POST /v1/uploads: begins the upload, makes the sender's file for its pieces, mode 0600, and
/// answers where it goes on: 0, or behind what is here of the same hash and size; of another one it
/// starts anew. Another sender's, or a content that is there, is content_taken and leaves no file.
bool content_upload_transact(struct call *call, struct session *session);
/// GET /v1/uploads/{id}: where the sender's upload goes on, in octets.
bool content_upload_read_transact(struct call *call, struct session *session);
/// PUT /v1/uploads/{id}/{offset}: writes the body there and syncs it, before any row says that it
/// is here.
bool content_upload_put_check(struct call *call);
/// Moves the place on from the offset to the end of the piece; one that does not begin there, or
/// goes beyond the size, is content_offset.
bool content_upload_put_transact(struct call *call, struct session *session);
/// POST /v1/uploads/{id}/end: judges what was brought as a container (front, policy, every chunk,
/// the announced hash) and gives the file its hash as its name, durably; one that was judged before
/// is judged again there. The verdict is call->command.
bool content_upload_end_check(struct call *call);
/// Puts the content into the catalogue, if it is the sender's own (content_refused) and what the
/// upload began with (content_offset), and forgets the upload.
bool content_upload_end_transact(struct call *call, struct session *session);
/// PUT /v1/contents/{id}/offers/{number}: names a seller's offer on the page of a content: the
/// sender's enterprise is the one of its policy (content_enterprise). The same number again is
/// replaced.
bool content_offer_transact(struct call *call, struct session *session);
/// POST /v1/contents/{id}/keys: takes the content's key, sealed for the licence service, which gets
/// it once by the outbox. The same key again is no failure; another one, or one of another content,
/// is content_key_taken.
bool content_key_transact(struct call *call, struct session *session);
/// What the licence service said changes nothing here: a refusal is its own operator's to see.
bool content_key_reply(struct call *call, struct session *session);

/// The catalogue (list) or one content as a page without scripts, out of call->out.
void content_answer_html(struct call *call, bool list);

#endif

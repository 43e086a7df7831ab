// SPDX-License-Identifier: Apache-2.0
// What the files of the clearing center share: its keys, SQL, evidence that came, the books.
#ifndef SERVICES_CLEARING_CLEARING_PRIVATE_H
#define SERVICES_CLEARING_CLEARING_PRIVATE_H

#include "services/clearing/clearing.h"
#include "services/clearing/statements.h"
#include "services/core/books/journal.h"
#include "services/core/books/ledger.h"
#include "services/core/party.h"
#include "services/wire/api/clearing_api.h"

enum { CHAIN = 3, CENTER_OBJECT_SIZE = 512, KEPT_CHAIN_MAX = CHAIN * CERTIFICATE_MAX };

/// The center, the same for every thread.
struct clearing_state {
    struct party party;            // first member
    uint8_t chain[KEPT_CHAIN_MAX]; // root, authority, own
    struct bytes certificates[CHAIN];
};

static inline const struct clearing_state *clearing_of(const struct call *call) {
    return call->context->state;
}

/// A name as it stands in objects, terminated.
struct name_text {
    char text[HOLDER_MAX + 1];
};
struct name_text name_of(struct bytes holder);

// ---- evidence (evidence.c) ---------------------------------------------------------------------

/// A certificate that came with something, judged under our root. One that has run out counts only
/// for a purse that was known by it: what it signed before may come late.
struct evidence {
    struct certificate certificate;
    bool expired;
    struct bytes authority; // its certificate
    struct bytes chain;     // root, authority, own: what the journal keeps
};

/// The chain of this holder out of certificates that came. False: there is none that is good.
bool evidence_find(const struct call *call, const struct form *certificates, size_t count,
                   struct bytes holder, uint32_t roles, struct evidence *out);
/// The object of an envelope, verified. NULL: it is not good.
const struct object *evidence_object(const struct call *call, const struct form *envelope,
                                     enum object_type type, uint32_t roles,
                                     struct evidence *signer);

/// Into the journal, with what verified it. digest: of its body.
void evidence_keep(struct call *call, struct session *session, const struct object *object,
                   const uint8_t digest[SHA256_SIZE], const char *kind, struct bytes chain);

/// Signs with the center's key and keeps it in the journal. octets: CENTER_OBJECT_SIZE. False:
/// the problem is set.
bool center_sign(struct call *call, struct session *session, struct object_writer *writer,
                 const char *kind, struct bytes *object);
/// Answers with a stored object of the center: the same body, signed anew when it was signed with
/// another key than the present one. False: the problem is set.
bool center_again(struct call *call, struct bytes stored);
/// Center and purse of an object of the center.
void center_put(const struct call *call, struct object_writer *writer, const char *purse);

// ---- the books (books.c) -----------------------------------------------------------------------

/// What is owed and held; money.md's names stand in docs/clearing.md.
enum book {
    BOOK_BANK,
    BOOK_WAIT,
    BOOK_OPEN,
    BOOK_PURSE,
    BOOK_AIR,
    BOOK_PAYABLE,
    BOOK_ORDERED,
    BOOK_SUSPENSE,
    BOOK_CLAIM,
    BOOK_LOSS,
    BOOK_SCHEME,
    BOOK_PREPAID,
    BOOKS,
};

enum { ENTRY_LINES_MAX = 40, ENTRY_ID_MAX = 80, ACCOUNT_ID_MAX = 40 };

/// One posting in one unit as it grows.
struct entry {
    char id[ENTRY_ID_MAX];
    const char *kind;
    uint16_t unit;
    uint8_t object[SHA256_SIZE]; // what justifies it
    size_t count;
    struct ledger_line lines[ENTRY_LINES_MAX];
    char accounts[ENTRY_LINES_MAX][ACCOUNT_ID_MAX];
    struct {
        enum book book;
        char owner[HOLDER_MAX + 1];
    } places[ENTRY_LINES_MAX];
};

/// The id is natural: what it books, from signed objects.
void entry_begin(struct entry *entry, const char *kind, uint16_t unit,
                 const uint8_t object[SHA256_SIZE], const char *id, ...)
    __attribute__((format(printf, 5, 6)));
/// Lines of 0 are left out; owner "" for BANK and LOSS.
void entry_debit(struct entry *entry, enum book book, const char *owner, int64_t amount);
void entry_credit(struct entry *entry, enum book book, const char *owner, int64_t amount);
/// Two lines at once.
void entry_move(struct entry *entry, enum book from, const char *debit, enum book to,
                const char *credit, int64_t amount);
/// Books it; the same again is no failure. False: the problem is set, or the session has failed.
bool entry_post(struct call *call, struct session *session, const struct entry *entry);

/// Posted balance on the account's own side; 0 where there is none.
int64_t book_balance(struct session *session, enum book book, const char *owner, uint16_t unit);

// ---- purses (purse.c) --------------------------------------------------------------------------

enum purse_state { PURSE_LIVE, PURSE_LISTED, PURSE_ENDED };

enum limit { LIMIT_OFFLINE_COUNT = 5, LIMIT_OFFLINE_SUM = 6, LIMITS = 7 };

/// A purse as it is known.
struct known_purse {
    const char *id, *enterprise, *user, *device; // user, device: NULL when it has none
    struct bytes point, certificate;
    uint32_t roles;
    enum purse_state state;
    int64_t limits[LIMITS]; // below 0: none
    uint32_t listed;        // day
};

/// False: it is not known.
bool purse_read(struct session *session, const char *id, struct known_purse *out);
/// Is the evidence of the purse that is known under this name? A stranger becomes known, without a
/// user, where it may. False: the name is another card's.
bool purse_meet(struct call *call, struct session *session, const struct evidence *evidence,
                bool may_begin);
/// Who is paid for what a purse took: its enterprise, its user, or itself.
const char *purse_party(const struct known_purse *purse);

/// The purse is on the list from today on, with what is known of it; the same again is the same.
void purse_list(struct call *call, struct session *session, const char *purse, const char *why);

// ---- statements (statement.c) ------------------------------------------------------------------

/// A row of a statement's or batch's pockets.
struct pocket {
    uint16_t unit;
    int64_t balance, issued, loaded, recredited, spent, redeemed, reserved, carry;
};
enum { POCKET_ROW = 66, SUM_ROW = 10 };
/// Zeros where there is none.
struct pocket pocket_of(struct bytes pockets, uint16_t unit);

/// A statement that was found good before the transaction.
struct stated {
    const struct object *object;
    struct evidence evidence;
    uint8_t digest[SHA256_SIZE];
    uint32_t state, counter;
    struct known_purse purse; // of the transaction
};

/// From NAME_STATEMENT of the request. NULL: the problem is set.
struct stated *statement_take(struct call *call);
/// Its challenge was ours, for this purse; nothing that it signed before is ahead of it; it is
/// kept, and ends what was open. False: the problem is set.
bool statement_judge(struct call *call, struct session *session, struct stated *stated);

// ---- issue logs (issue.c) ----------------------------------------------------------------------

/// What a purse's signed object says that it was issued.
struct issued_total {
    const char *purse;
    uint16_t unit;
    int64_t issued;
    uint32_t state;        // in which it was signed
    const uint8_t *digest; // of the object
};
/// It ends the open issue log: taken, dead, or still open. False: the problem is set.
bool issue_judge(struct call *call, struct session *session, const struct issued_total *total);
bool issue_told_by_log(struct call *call, struct session *session,
                       const struct issued_total *total);

/// The same for what was redeemed: what left is owed to its user, what did not is dead. known: the
/// total as it was told before.
bool redeem_judge(struct call *call, struct session *session, const struct stated *stated,
                  const struct pocket *pocket, int64_t known);

// ---- claims (claim.c) --------------------------------------------------------------------------

/// Days: a till knows of a listed card after LOST_DAYS at the latest, for its certificate lives no
/// longer; its logs come after LATE_DAYS more.
enum { LOST_DAYS = 35, LATE_DAYS = 35 };

/// Books what a wallet's statement tells to have been loaded and no log proves, or what was claimed
/// and is proven since. False: the problem is set, or the session has failed.
bool claim_tell(struct call *call, struct session *session, const struct stated *stated,
                const struct pocket *pocket);
/// A load of a wallet that its receive log proves.
struct proof {
    const char *purse;
    uint32_t n; // the wallet's
    uint16_t unit;
    int64_t amount;
    const uint8_t *digest; // of the receive log
};
/// Ends as much of a claim. False: the problem is set, or the session has failed.
bool claim_prove(struct call *call, struct session *session, const struct proof *proof);
/// Has the purse claimed for longer than any log may take?
bool claim_is_overdue(struct call *call, struct session *session, const char *purse, uint16_t unit);

/// Above the last one, and above whatever a backup has forgotten.
int64_t version_after(const struct call *call, int64_t last);
/// Signs the lists of every audience anew.
void hotlist_publish(struct call *call, struct session *session);

// ---- schemes (scheme.c) ------------------------------------------------------------------------

/// Who redeems a unit that is no money, and what one of it is worth.
struct scheme {
    const char *party;
    int64_t worth; // of money, in minor units
    uint16_t money;
};
/// False: the unit is money, or the session has failed.
bool scheme_read(struct session *session, uint16_t unit, struct scheme *out);
/// Does this party redeem a unit in this money?
bool scheme_is_of(struct session *session, const char *party, uint16_t money);

// ---- handlers ----------------------------------------------------------------------------------

bool clearing_center_transact(struct call *call, struct session *session);
bool clearing_purse_check(struct call *call);
bool clearing_purse_transact(struct call *call, struct session *session);
bool clearing_certificates_transact(struct call *call, struct session *session);
bool clearing_party_transact(struct call *call, struct session *session);
bool clearing_policy_check(struct call *call);
bool clearing_policy_transact(struct call *call, struct session *session);
bool clearing_incoming_transact(struct call *call, struct session *session);
bool clearing_scheme_transact(struct call *call, struct session *session);
bool clearing_grant_transact(struct call *call, struct session *session);
bool clearing_challenge_check(struct call *call);
bool clearing_challenge_transact(struct call *call, struct session *session);
bool clearing_told_check(struct call *call);
bool clearing_told_transact(struct call *call, struct session *session);
bool clearing_issue_transact(struct call *call, struct session *session);
bool clearing_logs_check(struct call *call);
bool clearing_logs_transact(struct call *call, struct session *session);
bool clearing_batch_check(struct call *call);
bool clearing_batch_transact(struct call *call, struct session *session);
bool clearing_release_transact(struct call *call, struct session *session);
bool clearing_acknowledge_transact(struct call *call, struct session *session);
bool clearing_redeem_transact(struct call *call, struct session *session);
bool clearing_order_transact(struct call *call, struct session *session);
bool clearing_lost_transact(struct call *call, struct session *session);
bool clearing_hotlist_transact(struct call *call, struct session *session);
bool clearing_revoke_check(struct call *call);
bool clearing_revoke_transact(struct call *call, struct session *session);
bool clearing_status_transact(struct call *call, struct session *session);
bool clearing_trace_transact(struct call *call, struct session *session);
bool clearing_payouts_transact(struct call *call, struct session *session);
bool clearing_suspense_transact(struct call *call, struct session *session);
bool clearing_decide_check(struct call *call);
bool clearing_decide_transact(struct call *call, struct session *session);
bool clearing_transfer_reply(struct call *call, struct session *session);
bool clearing_payouts_job(const struct service_context *context, const struct crypto *crypto,
                          struct failure *failure);
bool clearing_incoming_job(const struct service_context *context, const struct crypto *crypto,
                           struct failure *failure);
bool clearing_issued_transact(struct call *call, struct session *session);

#endif

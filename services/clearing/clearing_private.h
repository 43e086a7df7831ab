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

/// What is owed and held; docs/clearing.md, Books, says what each of them is.
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
/// user, where it may. state: how it stands; may be NULL. False: the name is another card's.
bool purse_meet(struct call *call, struct session *session, const struct evidence *evidence,
                bool may_begin, enum purse_state *state);
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
/// Could a card say so: no sum above 2^63-1, each balance what its totals make, and no more set
/// aside than it has?
bool pockets_add_up(struct bytes pockets);

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

// ---- batches ------------------------------------------------------------------------------------

/// As it stands in the books.
enum batch_end { BATCH_SETTLED = 1, BATCH_RELEASED = 2 };

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
/// A log of a purse that took what is open tells so before its statement does. False: it tells more
/// than was issued to it, or the session has failed.
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
/// Minor units that one purse may claim. Sums over all purses stay far from 64 bits, so that one
/// stolen key hides nothing from whoever reads them.
#define CLAIM_MOST INT64_C(1000000000000)
/// What a wallet's usage log tells to have been loaded by then.
struct loads_told {
    const char *purse;
    uint16_t unit;
    uint32_t counter; // of the log
    int64_t loaded;
    const uint8_t *digest; // of the log
};
/// Books what no log proves and nothing claims yet: logs come in any order, so an older one takes
/// no claim back. False: the problem is set, or the session has failed.
bool claim_tell_by_log(struct call *call, struct session *session, const struct loads_told *told);
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

// ---- status (report.c) -------------------------------------------------------------------------

/// Counts and balances into a form of clearing_status's answer.
void status_read(struct session *session, struct form *out);

// ---- handlers ----------------------------------------------------------------------------------
// Check runs before the transaction, transact within it; services/core/handler.h says what both
// have to keep and what false means. Who may call an endpoint, and with what, its row in
// services/wire/api/ says.

/// GET /v1/center: root, authority and own certificate, for whoever verifies what is signed here.
bool clearing_center_transact(struct call *call, struct session *session);
/// POST /v1/purses: the chain of a purse that is certified now, as struct evidence in
/// call->command; else clearing_certificate.
bool clearing_purse_check(struct call *call);
/// Makes the purse known with its host, user, device and limits, or changes these. A name that is
/// known with another key is refused (clearing_known). S cl.4, 9.
bool clearing_purse_transact(struct call *call, struct session *session);
/// GET /v1/purses/{purse}/certificates: root, its authority's, its own. S cl.8.
bool clearing_certificates_transact(struct call *call, struct session *session);
/// PUT /v1/parties/{party}: on which bank account it is paid; for the center's own id, from which
/// account and where transfers arrive.
bool clearing_party_transact(struct call *call, struct session *session);
/// POST /v1/policies: signed by a provider that is certified now; else clearing_policy_bad.
bool clearing_policy_check(struct call *call);
/// Keeps policy and signer's chain; the answer is the SHA-256 of its body, by which usage logs name
/// it. S cl.6.
bool clearing_policy_transact(struct call *call, struct session *session);
/// POST /v1/incoming, by the bank: amount waits for the purse, or, paid in by a scheme's own party,
/// for what it will redeem. Once for each transfer: with another purse or sum it is
/// clearing_transfer_taken. A scheme's unit is no money (clearing_unit). S cl.12.
bool clearing_incoming_transact(struct call *call, struct session *session);
/// POST /v1/schemes: a unit that is no money, who redeems it, and for how much of which money. For
/// good: other terms later, or a unit that is both, are clearing_scheme_taken.
bool clearing_scheme_transact(struct call *call, struct session *session);
/// POST /v1/grants: so many of its unit wait for a purse, owed by the sender, whose scheme it has
/// to be (clearing_unit). Once for each transfer id of a unit.
bool clearing_grant_transact(struct call *call, struct session *session);
/// POST /v1/purses/{purse}/challenges: draws 16 random octets of the arena, call->command.
bool clearing_challenge_check(struct call *call);
/// Signs them for this purse and remembers them for ten minutes; one statement may answer. S cl.13.
bool clearing_challenge_transact(struct call *call, struct session *session);
/// Of everything that comes with a statement alone (told, issue, acknowledge, redeem): verifies it,
/// as struct stated in call->command; else clearing_certificate.
bool clearing_told_check(struct call *call);
/// POST /v1/purses/{purse}/statements: judges the statement; what it ends is ended. S cl.4, 13.
bool clearing_told_transact(struct call *call, struct session *session);
/// POST /v1/purses/{purse}/issue-logs: judges the statement, then signs a log over all that waits
/// for the purse in this unit on top of its balance. While one is open for that state and nothing
/// more came, it is the same log. Refusals: clearing_listed, problem_role (a till), clearing_claim,
/// clearing_no_transfer, clearing_overflow, and those of a statement. S cl.1, 4, 12-14.
bool clearing_issue_transact(struct call *call, struct session *session);
/// POST /v1/purses/{purse}/logs: judges up to CLEARING_LOGS_MOST logs, each by itself, into a
/// struct upload, call->command; a bad one has its fault and refuses no other.
bool clearing_logs_check(struct call *call);
/// Books those that are good; for each, in their order, an outcome and maybe a word why.
/// S cl.1, 3, 8, 11.
bool clearing_logs_transact(struct call *call, struct session *session);
/// Of settling and releasing: verifies the till's batch, that its sums are what the till set aside,
/// and the statement that came along, if one did; struct batch in call->command.
bool clearing_batch_check(struct call *call);
/// POST /v1/purses/{purse}/batches: settles a batch that is complete: every number is divided by
/// its policy, payouts are ordered, the receipt is signed and kept. Outcomes: settled; missing with
/// the numbers, gap, refund-missing, void-missing, books: to be sent again when the rest is here;
/// twin and sums put the till on the hotlist. A batch that was released stays so (clearing_ended).
/// S cl.1, 6.
bool clearing_batch_transact(struct call *call, struct session *session);
/// POST /v1/purses/{purse}/releases: gives back a batch that the till's statement says to be open,
/// books nothing of it, and signs the release. One that was settled stays so (clearing_ended).
bool clearing_release_transact(struct call *call, struct session *session);
/// POST /v1/purses/{purse}/acknowledgements: a fresh offline budget and, but for tills, a new base
/// of the window. A machine whose logs are not all here gets none (clearing_withheld), nor does a
/// purse that is listed.
bool clearing_acknowledge_transact(struct call *call, struct session *session);
/// POST /v1/purses/{purse}/redemptions: signs a refund for the state of the statement. It is paid
/// to the user's account when a later statement says that the value has left. The open one is given
/// again; more than the purse holds, and any of a till, is clearing_insufficient.
bool clearing_redeem_transact(struct call *call, struct session *session);
/// POST /v1/purses/{purse}/orders, for the till's host: so much of a settled number is owed to its
/// payer again and waits for the purse that paid; never more than was settled
/// (clearing_insufficient).
bool clearing_order_transact(struct call *call, struct session *session);
/// POST /v1/purses/{purse}/refunds, by an operator: lists the purse at once. After the day that is
/// answered, when no log of it can come any more, asked again, it pays what is proven to be left;
/// of a till what it took.
bool clearing_lost_transact(struct call *call, struct session *session);
/// GET /v1/hotlist/{audience}: the signed list and its marks, as octets; for hosts the authority's
/// and center's certificates stand in front. clearing_no_list where none was published.
bool clearing_hotlist_transact(struct call *call, struct session *session);
/// POST /v1/revocations: any certificate but an authority's, which its root revokes
/// (clearing_certificate).
bool clearing_revoke_check(struct call *call);
/// Lists the purse whose certificate this is, or marks certificate and holder of anybody else's,
/// and signs the lists anew.
bool clearing_revoke_transact(struct call *call, struct session *session);
/// POST /v1/purses/{purse}/evidence: verifies each object as one of ours for this purse, signed by
/// this center at any time; judgements in call->command.
bool clearing_evidence_check(struct call *call);
/// Books each that is unknown: an issue log is open (it waits until the money for it has arrived
/// here), a refund too; a receipt or release is the one end that its batch may have; an
/// acknowledgement's version is never given again. Said again it is "again".
bool clearing_evidence_transact(struct call *call, struct session *session);

/// PUT /v1/restored: until and including that day logs that tell of more than the books know are
/// refused, to come again, and nobody is listed for them. The last one said counts.
bool clearing_restored_transact(struct call *call, struct session *session);
/// GET /v1/status: how many of each kind there are, and each book's sum in minor units, below:
/// under 0.
bool clearing_status_transact(struct call *call, struct session *session);
/// GET /v1/trace/{payer}/{counter}: one payment's logs as they are kept, and what was given back,
/// settled and decided of it. clearing_unknown_log where there is none.
bool clearing_trace_transact(struct call *call, struct session *session);
/// GET /v1/payouts: at most 100 with an id behind "after", in the order of their ids.
bool clearing_payouts_transact(struct call *call, struct session *session);
/// GET /v1/suspense: at most 100 that wait for a person, each with the word why.
bool clearing_suspense_transact(struct call *call, struct session *session);
/// GET /operator: the whole of it as a page for people, in English or (language=ja) Japanese,
/// without scripts; writes nothing.
bool clearing_page_transact(struct call *call, struct session *session);
/// GET /operator/{word}: what one of its numbers counts, at most 100 lines behind "after" and "n";
/// clearing_no_list where the page has no such number.
bool clearing_page_list_transact(struct call *call, struct session *session);
/// POST /v1/suspense/{payee}: the outcome is pay, return or write-off (else clearing_decision).
bool clearing_decide_check(struct call *call);
/// Ends what waits under that number: to the till's party, back to the payer's purse
/// (clearing_unknown_log where none is known), or to the books' loss. Once: then nothing waits
/// there.
bool clearing_decide_transact(struct call *call, struct session *session);
/// The bank's answer to a payout's order, whose outbox key is the payout's id: done, or owed to the
/// party again.
bool clearing_transfer_reply(struct call *call, struct session *session);
/// Every ten seconds: orders what could not be ordered when it became due, since an account was
/// missing or a scheme had not paid in enough.
bool clearing_payouts_job(const struct service_context *context, const struct crypto *crypto,
                          struct failure *failure);
/// Every hour: each claim that is overdue becomes a finding, once.
bool clearing_claims_job(const struct service_context *context, const struct crypto *crypto,
                         struct failure *failure);
/// Every two seconds: books the next page of the center's bank account, from the last line that it
/// read on. No courier, no account of ours, or a bank that is not there is no failure.
bool clearing_incoming_job(const struct service_context *context, const struct crypto *crypto,
                           struct failure *failure);
/// GET /v1/purses/{purse}/issue-logs: the newest one of a unit that is not dead, signed anew if it
/// was by an older key; clearing_no_transfer where there is none.
bool clearing_issued_transact(struct call *call, struct session *session);

#endif

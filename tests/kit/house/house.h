// SPDX-License-Identifier: Apache-2.0
// A clearing center for tests, and cards whose keys are in the open: an authority, purses that
// count as cards do, and everything that they sign, honest or not.
#ifndef TESTS_KIT_HOUSE_HOUSE_H
#define TESTS_KIT_HOUSE_HOUSE_H

#include "tests/kit/certificates.h"
#include "tests/kit/services/shop.h"

enum { HOUSE_DAY = 20260105, HOUSE_BODY_MAX = 160 * 1024, HOUSE_OBJECT_MAX = 1024 };

/// What a purse holds in another unit than the present one.
struct house_pocket {
    uint16_t unit; // 0: there is no such pocket
    uint64_t issued, loaded, recredited, spent, redeemed, reserved, carry;
};

/// A purse as its card would be: a pocket of yen, or of `unit`, and one at rest. Copied, it is an
/// older state of the card.
struct card {
    uint16_t unit;            // of the totals below; 0: yen
    struct house_pocket rest; // house_turn exchanges both
    const struct sample_party *key;
    uint32_t state, counter, n; // counter, n: next
    uint64_t serial;
    uint32_t revision;
    uint64_t issued, loaded, recredited, spent, redeemed, reserved, carry; // totals
    uint64_t lie; // what it tells of its balance beyond what its totals make
    uint32_t batch, first, credited[64], refunds[64]; // of a till; credited: bits of numbers
    uint64_t prices[64], refunded[64];
    uint16_t units[64];
    uint8_t open[HOUSE_OBJECT_MAX]; // its open batch
    size_t open_size;
};

/// Everybody.
struct house {
    struct crypto *crypto;
    struct sample_party root, purses, centers, trade, center, provider;
    struct sample_party alice, bob, till, other, machine; // other: another enterprise's till
    struct sample_party twin;                             // alice's name, another key
    struct sample_party foreign, stranger;                // another root, and its wallet
};
extern struct house house;

extern const struct peer house_operator, house_bank, house_alice, house_bob, house_shop,
    house_rival, house_auditor, house_provider;

/// Opens, checks and closes a center on every engine, on HOUSE_DAY, with alice, bob, till, other
/// and machine known.
void house_on_every_engine(void (*check)(struct shop *shop));
/// One more center with empty books, on that day, that knows the same cards: shop_close ends it.
void house_open(struct shop *shop, enum engine engine);
/// At the end of the suite.
void house_close(void);

/// A fresh card of a party.
struct card house_card(const struct sample_party *key);

/// One request with a key of its own; body may be NULL.
struct told house_ask(struct shop *shop, const struct peer *peer, const char *method,
                      const char *target, const char *body);
/// While it is not NULL, a POST that asks for no challenge is handed to it instead of being made.
extern void (*house_capture)(const struct peer *peer, const struct shop *shop, const char *target,
                             const char *body);
/// Status and a part of the body; prints what came when not.
bool house_says(const struct told *told, unsigned status, const char *part);
/// base64url; one of sixteen buffers that take turns.
const char *house_text(struct bytes octets);
/// Octets of the first field of that name in an answer.
struct bytes house_field(const struct told *told, const char *name, uint8_t *out, size_t capacity);

/// The operator makes a card known; more: members of JSON.
struct told house_register(struct shop *shop, const struct sample_party *key, const char *more);
/// The bank tells of a transfer of yen.
struct told house_transfer(struct shop *shop, const char *id, const char *purse, uint64_t amount);

/// {object, certificates} for a statement of the card that answers a fresh challenge.
const char *house_statement(struct shop *shop, const struct peer *host, const struct card *card);
/// The same for a challenge that is given.
const char *house_stated(const struct card *card, struct bytes challenge);
/// Tells the center what the card holds.
struct told house_tell(struct shop *shop, const struct peer *host, const struct card *card);
/// Asks for an issue log; does not take it.
struct told house_issue(struct shop *shop, const struct peer *host, const struct card *card);
/// The card takes an issue log as a card does. False: it refuses.
bool house_take(struct card *card, const struct told *told);
uint64_t house_balance(const struct card *card);
/// What is issued, paid and taken is of this unit from now on; of two at most.
void house_turn(struct card *card, uint16_t unit);
/// Both pockets as statements and batches tell them; out has room for 132 octets.
struct bytes house_pockets(const struct card *card, uint8_t *out);

/// A purse with so much of one transfer issued and taken. Asserts.
struct card house_funded(struct shop *shop, const struct peer *host, const struct sample_party *key,
                         uint64_t amount);
/// alice, funded so.
struct card house_alice_with(struct shop *shop, uint64_t amount);
/// The center has another key from now on, under the same name; the house knows it.
void house_renew_center(struct shop *shop);

// ---- payments ----------------------------------------------------------------------------------

/// A payment as it lies in a terminal: what was signed, for an upload.
struct deal {
    const struct card *payer, *payee;
    uint32_t n;
    uint64_t amount;
    uint8_t usage[HOUSE_OBJECT_MAX], end[HOUSE_OBJECT_MAX];
    size_t usage_size, end_size; // 0: not there
};

/// What is paid for.
struct terms {
    uint8_t kind;          // REFERENCE_...
    const uint8_t *policy; // hash; NULL: none
    uint32_t sale, turn;   // of a refund
};
extern const struct terms house_goods;

/// DEBIT and CREDIT: both cards count. terms NULL: goods.
void house_pay(struct card *payer, struct card *payee, uint64_t amount, const struct terms *terms,
               struct deal *deal);
/// DEBIT alone; the end is then made by house_credit or house_void.
void house_debit(struct card *payer, struct card *payee, uint64_t amount, const struct terms *terms,
                 struct deal *deal);
void house_credit(struct card *payee, struct deal *deal);
/// VOID, and the payer takes it back.
void house_void(struct card *payer, struct card *payee, struct deal *deal);
/// A till's refund of a sale by a number; not credited yet.
void house_refund(struct card *till, struct card *wallet, uint32_t sale, uint64_t amount,
                  struct deal *deal);

/// Hands in what the deals hold; of: the uploader.
struct told house_upload(struct shop *shop, const struct peer *host, const struct card *of,
                         const struct deal *deals, size_t count);
/// The outcome of the i-th ("accepted", "refused:sale"); until the next call.
const char *house_outcome(const struct told *told, size_t i);

/// Is it that? Prints what it is when not.
bool house_outcome_is(const struct told *told, size_t i, const char *wanted);

// ---- batches -----------------------------------------------------------------------------------

/// BATCH: the open one, or the next one in order.
void house_batch(struct card *till);
/// Asks for its end: what is "batches" or "releases"; with a statement or without.
struct told house_end(struct shop *shop, const struct peer *host, const struct card *till,
                      const char *what, bool stated);
/// The same with a statement that was made before; NULL: none.
struct told house_end_with(struct shop *shop, const struct peer *host, const struct card *till,
                           const char *what, const char *statement);
/// SETTLE or RELEASE. False: the card refuses.
bool house_take_end(struct card *till, const struct told *told);

/// The shop's till makes a batch, with a statement or without; the outcome is that, and the till
/// takes the receipt of a settled one.
bool house_settles(struct shop *shop, struct card *till, const char *outcome, bool stated);

/// The provider's policy for ID_2000: 1000 yen, these shares ("\0\5\6prov-1..."); its hash.
struct told house_policy(struct shop *shop, struct bytes shares, uint8_t hash[SHA256_SIZE]);
/// The same, signed by somebody else's key.
struct told house_policy_by(struct shop *shop, const struct sample_party *signer,
                            struct bytes shares, uint8_t hash[SHA256_SIZE]);

/// The one number that a query answers.
int64_t house_number(struct shop *shop, const char *text);
/// Balance of an account ("PURSE:alice-p:JPY") on its own side; 0 where there is none.
int64_t house_account(struct shop *shop, const char *account);
/// What always holds: in each unit what is held and owed sums up, nothing that has an owner is
/// below 0. Prints what does not.
bool house_holds(struct shop *shop);

#endif

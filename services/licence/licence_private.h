// SPDX-License-Identifier: Apache-2.0
// What the files of the licence service share: its own keys, SQL, objects that came in envelopes,
// handlers.
#ifndef SERVICES_LICENCE_LICENCE_PRIVATE_H
#define SERVICES_LICENCE_LICENCE_PRIVATE_H

#include "apdu/object/ticket.h"
#include "services/core/party.h"
#include "services/licence/licence.h"
#include "services/wire/api/licence_api.h"

#include <limits.h>

enum { VAULT_KEY_SIZE = 32, INSTANCE_OCTETS = 8, SALE_ID_SIZE = TICKET_NAME_SIZE };

/// The seller, the same for every thread.
struct licence_state {
    struct party party;       // first: see party_start
    char keys[PATH_MAX - 64]; // directory of keys that come by a medium or by hand
    char vault_path[PATH_MAX];
    uint8_t vault[VAULT_KEY_SIZE]; // under which contents' keys lie in the database
    uint8_t kem_scalar[P256_SCALAR_SIZE], kem_point[P256_COMPRESSED_SIZE]; // they are sealed for
    struct revoked *revoked;
};

static inline const struct licence_state *licence_state_of(const struct call *call) {
    return call->context->state;
}

static inline const struct party *licence_party(const struct call *call) {
    return &licence_state_of(call)->party;
}

enum licence_statement {
    KEY_ADD,
    KEY_READ,
    OFFER_SERIAL,
    OFFER_ADD,
    OFFER_SAME,
    OFFER_READ,
    OFFER_LIST,
    SALE_BY_BUYER,
    SALE_BY_INSTANCE,
    SALE_OWNER,
    SALE_ADD,
    SALE_REWRAP,
    UNSETTLED_ADD,
    UNSETTLED_FIND,
    UNSETTLED_TAKE,
    SETTLED_ADD,
    SETTLED_READ,
    RECEIPT_ADD,
    RECEIPT_READ,
    NOTICE_READ,
    NOTICE_ADD,
    ACTIVATION_READ,
    ACTIVATION_ADD,
    CONVERSION_READ,
    CONVERSION_ADD,
    CONVERSION_OFFER,
    ORDER_ADD,
    ORDER_READ,
    ORDER_OWNER,
    ORDER_PAY,
    VAULT_READ,
    VAULT_ADD,
    VAULT_SAMPLE,
    LICENCE_SQL,
};

extern const struct statement licence_sql[];
extern const struct migration licence_migrations[];
extern const size_t licence_migration_count;

// ---- keys of contents --------------------------------------------------------------------------

enum { SEALED_KEY_MAX = GCM_NONCE_SIZE + TICKET_KEY_MAX + GCM_TAG_SIZE };

/// For the database, bound to the content's id. *size octets to out.
bool vault_seal(const struct crypto *crypto, const struct licence_state *state, const char *content,
                struct bytes key, uint8_t out[SEALED_KEY_MAX], size_t *size);
/// Out of it. key has room for TICKET_KEY_MAX; its owner erases it.
bool vault_open(const struct crypto *crypto, const struct licence_state *state, const char *content,
                struct bytes sealed, uint8_t *key, size_t *size);
/// Reads or makes the vault's key in the state directory, and what follows from it.
bool vault_begin(struct licence_state *state, const char *directory, const struct crypto *crypto,
                 struct failure *failure);

/// Do the keys of this database lie under this vault's key? The first vault that comes to a
/// database is its own from then on; another one is refused with exit code 1.
bool vault_claim(const struct service_context *context, const struct crypto *crypto,
                 struct failure *failure);

/// What tells two keys apart without showing them.
bool key_fingerprint(const struct crypto *crypto, struct bytes key, uint8_t fingerprint[16]);
/// To what a key is bound on its way here.
struct binding;
void key_binding(struct binding *binding, const char *content, struct bytes fingerprint);

// ---- who is revoked ----------------------------------------------------------------------------

struct revoked;

/// The hotlist in a state directory, under the root and of the center whose certificates lie in
/// the directory trust. NULL with a failure.
struct revoked *revoked_begin(const char *directory, const char *trust, struct failure *failure);
/// NULL is nothing.
void revoked_end(struct revoked *revoked);
/// Is one of these certificates, or its holder, on the list? Everybody is when the first list that
/// was there cannot be read: it is reported then.
bool revoked_any(const struct call *call, const struct bytes *certificates, size_t count);

// ---- what came in envelopes --------------------------------------------------------------------

/// Checks object, chain up to our root, role, day and hotlist of an envelope. NULL: it is not good.
const struct object *envelope_object(const struct call *call, const struct form *envelope,
                                     enum object_type type, uint32_t roles,
                                     struct certificate *signer);

/// A receipt that was found good: whose till took how much from whom, for what.
struct receipt {
    char till[HOLDER_MAX + 1], payer[HOLDER_MAX + 1];
    uint64_t n, amount;
    uint16_t unit;
    uint8_t sale[SALE_ID_SIZE];
    uint8_t digest[SHA256_SIZE]; // of the receive log's body
};

/// False: the problem says what is wrong with it.
bool receipt_take(struct call *call, const struct form *envelope, struct receipt *receipt);

/// What a receipt has to pay for.
struct receipt_terms {
    struct bytes number, instance, payer; // instance: INSTANCE_OCTETS
    uint64_t amount;
    uint16_t unit;
};

/// The terms of a ticket.
struct receipt_terms receipt_terms_of(const struct object *header);

/// Does it pay for exactly this? False: the problem says why not.
bool receipt_pays(struct call *call, const struct receipt *receipt,
                  const struct receipt_terms *terms);

// ---- tickets -----------------------------------------------------------------------------------

/// An offer as it lies in the database.
struct offer {
    const char *number, *content;
    struct bytes policy_hash, sealed_key;
    int64_t amount, unit, plays, copies, first_day, last_day, actions; // below 0: not there
    bool sealed;
    const char *activator; // who may unseal its tickets besides us; NULL: nobody
};

/// The offer of this number; the problem says what looks wrong in a number that nobody has.
bool offer_find(struct call *call, struct session *session, const char *number,
                struct offer *offer);

/// For whom a ticket is made.
struct ticket_order {
    const struct offer *offer;
    const char *instance; // hexadecimal
    struct bytes buyer;
    const uint8_t *kem_point;
    uint32_t n;
    struct bytes named; // FIELD_NAMED, or empty
    bool paid;
};

enum { TICKET_MAX = 512 };

/// Signs header and state. header and state: TICKET_MAX octets each, in which the spans lie.
bool ticket_make(const struct call *call, const struct ticket_order *order, uint8_t *header,
                 struct bytes *made_header, uint8_t *state, struct bytes *made_state);

/// A state for another number of the same buyer's card, for a header that was signed before; in
/// state, TICKET_MAX octets.
bool ticket_make_state(const struct call *call, const struct ticket_order *order,
                       const struct object *header, uint8_t *state, struct bytes *made);

// ---- sales -------------------------------------------------------------------------------------

enum { NAMED_MAX = 68 };

/// A sale as it was checked before the transaction. Texts are the call's.
struct sale {
    char instance[LICENCE_INSTANCE_SIZE + 1];
    const char *number, *buyer, *mail; // mail: where the ticket is sent
    int64_t amount, unit;
    uint8_t kem_point[P256_COMPRESSED_SIZE];
    uint32_t n, last_done; // of the reception request
    uint8_t named[NAMED_MAX];
    size_t named_size;
    const struct receipt *receipt; // that comes with it; NULL: none
    struct bytes paid;             // digest of a receipt that came before; empty: none
};

/// The instance of a sale: eight octets of text, as drawn.
bool sale_draw_instance(struct call *call, char instance[LICENCE_INSTANCE_SIZE + 1]);
/// Its octets.
void sale_instance_octets(const char *text, uint8_t octets[INSTANCE_OCTETS]);
/// Takes the reception request of the buyer's card, and whom the order names. False: the problem.
bool sale_take_reception(struct call *call, struct sale *sale);
bool sale_take_named(struct call *call, struct sale *sale);
/// The ticket of this reception: the one that was sold for it, or a new one. It is the answer.
bool sale_deliver(struct call *call, struct session *session, const struct sale *sale);
/// What was sold, as the answer.
void sale_answer(struct call *call, const struct value row[3]);

/// Was the sale of this instance ordered at a kiosk? Then it has to be this buyer's, and paid
/// there: sale->paid. False: the problem.
bool order_look(struct call *call, struct session *session, struct sale *sale);

// ---- settling ----------------------------------------------------------------------------------

/// What stands for a sale where a receipt was cancelled.
#define RECEIPT_CANCELLED "cancelled"
/// Marks the receipt as this sale's. False: it is another's, and the problem says so.
bool receipt_use(struct call *call, struct session *session, const struct receipt *receipt,
                 const char *instance);
/// From the unsettled store into the settled one, by a receipt or notice.
void sale_settle(struct call *call, struct session *session, const char *instance, uint32_t day,
                 const char *kind, struct bytes object);

// ---- handlers ----------------------------------------------------------------------------------
// Check runs before the transaction, transact within it; services/core/handler.h says what both
// have to keep and what false means. Who may call an endpoint, and with what, its row in
// services/wire/api/ says.

/// GET /v1/recipient: the public key, P256_COMPRESSED_SIZE octets, that keys of contents are sealed
/// for. P 0029.
bool licence_recipient_transact(struct call *call, struct session *session);
/// POST /v1/keys: opens the key and seals it for the vault, in the arena as call->command; its
/// plain octets are erased. licence_bad_key if it is not for us or its fingerprint is another's.
/// P 0029.
bool licence_key_check(struct call *call);
/// Stores it under its content. The same key again is no failure, another one is licence_key_taken.
bool licence_key_transact(struct call *call, struct session *session);
/// Every ten seconds: each file of the directory keys, named by its content, goes into the vault
/// and is removed. A content that has a key keeps it.
bool licence_keys_job(const struct service_context *context, const struct crypto *crypto,
                      struct failure *failure);
/// POST /v1/rights: takes plays, copies, days and actions (-1: not said), and sees that policy,
/// content and enterprise fit together (licence_unmatched). P 0031-0034.
bool licence_right_check(struct call *call);
/// Makes an offer of a content whose key is here, under the number that was wished for or the next
/// coded one; the same right and charge again are the same offer. licence_number_taken if the
/// number is another's or they have run out.
bool licence_right_transact(struct call *call, struct session *session);
/// GET /v1/offers: at most 1000 offers of a content, in the order of their numbers; a limit that an
/// offer does not have is absent. P 0153.
bool licence_offers_transact(struct call *call, struct session *session);
/// GET /v1/offers/{number}: the offer, charge in minor units, and the seller's certificates. A
/// number that nobody has is licence_unknown_offer, which says what looks mistyped. P 0093, 0153.
bool licence_offer_transact(struct call *call, struct session *session);
/// POST /v1/orders: draws the instance of a sale at a kiosk into the arena, call->command; another
/// enterprise's kiosk is licence_unknown_offer. P 0268-0272.
bool licence_order_check(struct call *call);
/// Stores the order for offer and payer, and answers instance and the reference under which the
/// till takes the money. Another price is licence_charge.
bool licence_order_transact(struct call *call, struct session *session);
/// POST /v1/orders/{instance}/payment, by the kiosk that ordered: verifies the till's receipt and,
/// if the card is there, its reception request. P 0270-0271.
bool licence_payment_check(struct call *call);
/// Marks the order as paid, by one receipt for this sale alone (licence_receipt_used), and answers
/// with the ticket if there is a card or it was made before; else without: its owner fetches it by
/// the instance.
bool licence_payment_transact(struct call *call, struct session *session);
/// POST /v1/cancellations, by a kiosk of ours that is about to give money back: verifies the till's
/// receipt; a struct receipt in call->command.
bool licence_cancellation_check(struct call *call);
/// The receipt buys no ticket any more, unless it has (licence_receipt_used). Again: the same.
bool licence_cancellation_transact(struct call *call, struct session *session);
/// POST /v1/offers/{number}/sales: the reception request is the sender's own and for this seller
/// (licence_reception), a receipt good; a struct sale in call->command. P 0035-0037.
bool licence_sale_check(struct call *call);
/// Delivers the ticket of this reception: the same header and state for the same n, and for a
/// number that the card gave back the same instance anew. Refusals: licence_unknown_offer,
/// licence_charge, licence_unsettled, licence_receipt_used.
bool licence_sale_transact(struct call *call, struct session *session);
/// GET /v1/sales/{instance}, for its buyer: header and state once more.
bool licence_sale_read_transact(struct call *call, struct session *session);
/// POST /v1/sales/{instance}/activation: verifies the receipt that comes along into call->command;
/// NULL where none does.
bool licence_activation_check(struct call *call);
/// Signs that a settled sale's ticket may be unsealed, once: later it is the same object. With a
/// receipt that pays for it the sale is settled now; else licence_unsettled.
bool licence_activation_transact(struct call *call, struct session *session);
/// POST /v1/settlements, by a bank or telephone company: settles the oldest unsettled sale that
/// agrees in day, number, destination, amount, unit and, if it is named, instance
/// (licence_no_match). The same transfer again answers the same day. P 0038-0040.
bool licence_settlement_transact(struct call *call, struct session *session);
/// POST /v1/conversions: a container as its provider made it, and the chain of a converter that is
/// certified now (licence_converter). P 0128.
bool licence_conversion_check(struct call *call);
/// Signs a grant of seven days with the content's key sealed for that converter; the same container
/// and converter get the same grant for ever. licence_unmatched if nothing is offered of this
/// content under its policy.
bool licence_conversion_transact(struct call *call, struct session *session);

#endif

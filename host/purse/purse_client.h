// SPDX-License-Identifier: Apache-2.0
// The purse as a terminal sees it: one function a command, over any link, with answers taken apart.
// What each command does and refuses: docs/purse.md and apdu/command/catalogue.h. Nothing is
// decided here; the order of commands is the flows' (host/flows).
#ifndef HOST_PURSE_PURSE_CLIENT_H
#define HOST_PURSE_PURSE_CLIENT_H

#include "apdu/command/exchange.h"
#include "apdu/command/purse.h"
#include "apdu/object/certificate.h"

enum {
    PURSE_ANSWER_MAX = 2048,
    PURSE_OBJECT_MAX = 256, // request, usage log, receive log, void: one short APDU each
    PURSE_POCKETS_MAX = 16,
    PURSE_OPEN_MAX = 256,
    PURSE_REFERENCE_MAX = 17,
};

enum purse_outcome {
    PURSE_OK = 0,
    PURSE_REFUSED, // the card said no: client.sw tells why; nothing changed
    PURSE_ABSENT,  // no card: nothing was sent
    PURSE_BROKEN,  // the pipe broke: the command may have taken effect or not
    PURSE_LOCKED,  // someone else holds the card
    PURSE_GARBLED, // the answer is not what the command answers
    PURSE_OUTCOME_COUNT,
};

/// A stored object with its octets.
struct purse_object {
    uint8_t octets[PURSE_OBJECT_MAX];
    size_t size;
    struct object object; // points into octets: do not copy the struct, use purse_object_set
};

/// Copies and decodes. False: not an object of this type (0: of any type).
bool purse_object_set(struct purse_object *out, uint8_t type, struct bytes octets);

struct purse_balance {
    uint16_t unit;
    uint64_t balance;
};

/// What SELECT tells.
struct purse_selection {
    char id[HOLDER_PURSE_MAX + 1];
    uint16_t roles;
    uint8_t digest[CERTIFICATE_DIGEST_SIZE]; // of its certificate
    uint8_t challenge[16];
    uint32_t counter; // of its next debit
    unsigned unratified;
    bool has_balances; // the owner allows free reading
    struct purse_balance balances[PURSE_POCKETS_MAX];
    size_t balance_count;
};

/// One totals row of a pocket. balance = issued + loaded + recredited - spent - redeemed. What a
/// till reserved for its open batch and what it carries for the next one is part of the balance.
struct purse_pocket {
    uint16_t unit;
    uint64_t balance, issued, loaded, recredited, spent, redeemed, reserved, carry;
};

/// Whose an issue log must name.
struct purse_identity {
    char device[HOLDER_MAX + 1], user[HOLDER_MAX + 1]; // "": none
};

/// An unratified entry of the payer's ring.
struct purse_entry {
    uint16_t slot;
    uint32_t counter, n;
    char payee[HOLDER_PURSE_MAX + 1];
};

/// Terms of a transfer, as REQUEST takes them and an open request tells them.
struct purse_terms {
    uint64_t amount;
    uint16_t unit;
    uint8_t reference[PURSE_REFERENCE_MAX];
    size_t reference_size;
    const uint8_t *policy_hash; // SHA256_SIZE octets, or NULL
};

struct purse_open {
    uint32_t n;
    char payer[HOLDER_PURSE_MAX + 1];
    struct purse_terms terms;
};

enum purse_sale_state { PURSE_SALE_OPEN = 1, PURSE_SALE_CREDITED = 2, PURSE_SALE_VOID = 3 };

/// One of a till's numbers: its terms, its end, and what was paid back of it.
struct purse_sale {
    struct purse_open request;
    enum purse_sale_state state;
    uint64_t refunded;
    uint8_t refunds; // how often
};

/// Numbers that a till remembers: base to next - 1; from unbatched on no batch lists them.
struct purse_window {
    uint32_t base, next, unbatched;
};

struct purse_client {
    struct link *link;
    struct exchange_count count;
    struct purse_selection selection; // of the last SELECT
    uint16_t sw;
    const char *step; // the command that came last, for messages
    uint8_t answer[PURSE_ANSWER_MAX];
};

/// Over a link that the caller keeps and closes.
void client_over(struct purse_client *client, struct link *link);

/// Erases what was received.
void client_erase(struct purse_client *client);

/// SELECT of the purse; who it is and where it stands goes to client->selection.
enum purse_outcome client_select(struct purse_client *client);
/// Device and user that an issue log must name; "" where the purse has none.
enum purse_outcome client_read_identity(struct purse_client *client, struct purse_identity *out);
/// Name of the center that the purse obeys; "" when it tells none.
enum purse_outcome client_read_center(struct purse_client *client, char center[HOLDER_MAX + 1]);
/// Every pocket, ascending by unit.
enum purse_outcome client_read_pockets(struct purse_client *client,
                                       struct purse_pocket pockets[PURSE_POCKETS_MAX],
                                       size_t *count);
/// serial 0: no issue log yet.
enum purse_outcome client_read_counters(struct purse_client *client, uint32_t *counter,
                                        uint64_t *serial);
/// Usage logs that no receive log has answered yet, as many as there is room for.
enum purse_outcome client_read_unratified(struct purse_client *client, struct purse_entry *entries,
                                          size_t capacity, size_t *count);
/// Open requests of one payer (NULL: of everyone).
enum purse_outcome client_read_open(struct purse_client *client, const char *payer,
                                    struct purse_open *out, size_t capacity, size_t *count);
/// A till's numbers.
enum purse_outcome client_read_window(struct purse_client *client, struct purse_window *out);
/// One of a till's numbers, over its contacts.
enum purse_outcome client_read_sale(struct purse_client *client, uint32_t n,
                                    struct purse_sale *out);
/// The usage log in a slot of the ring.
enum purse_outcome client_get_log(struct purse_client *client, uint16_t slot,
                                  struct purse_object *log);
/// Has the purse met the holder of a certificate with this digest?
enum purse_outcome client_read_known(struct purse_client *client,
                                     const uint8_t digest[CERTIFICATE_DIGEST_SIZE], bool *known);
/// Points into the client's answer.
enum purse_outcome client_read_certificate(struct purse_client *client, struct bytes *certificate);

/// Gives a certificate, takes the purse's own (into the client's answer).
enum purse_outcome client_exchange(struct purse_client *client, struct bytes certificate,
                                   struct bytes *own);
/// REQUEST for a payer as its selection tells it.
enum purse_outcome client_request(struct purse_client *payee, const struct purse_selection *payer,
                                  const struct purse_terms *terms, struct purse_object *request);
/// DEBIT: pays the request and gives the usage log.
enum purse_outcome client_debit(struct purse_client *payer, const struct purse_object *request,
                                struct purse_object *log);
/// receipt is a receive log, or a void where VOID came first: look at its type.
enum purse_outcome client_credit(struct purse_client *payee, const struct purse_object *log,
                                 struct purse_object *receipt);
/// receipt is a void, or a receive log where CREDIT came first.
enum purse_outcome client_void(struct purse_client *payee, uint32_t n,
                               struct purse_object *receipt);
/// RATIFY: the receive log ends the payment.
enum purse_outcome client_ratify(struct purse_client *payer,
                                 const struct purse_object *receive_log);
/// TAKE VOID: the void gives the amount back.
enum purse_outcome client_take_void(struct purse_client *payer, const struct purse_object *voided);
/// STATEMENT: the signed account of the purse, into the client's answer.
enum purse_outcome client_statement(struct purse_client *client, struct bytes challenge,
                                    struct bytes *statement);
/// BATCH: what a till hands in, signed, into the client's answer; over its contacts.
enum purse_outcome client_batch(struct purse_client *client, struct bytes *batch);
/// SETTLE and RELEASE: the center's end of the open batch.
enum purse_outcome client_settle(struct purse_client *client, struct bytes receipt);
enum purse_outcome client_release(struct purse_client *client, struct bytes release);
/// HOTLIST with a list's object, then its marks in parts; the center's certificate goes first.
enum purse_outcome client_give_hotlist(struct purse_client *client, struct bytes center,
                                       struct bytes object, struct bytes marks);

/// ISSUE: loads the purse as the issue log says.
enum purse_outcome client_issue(struct purse_client *client, struct bytes issue_log);
/// The PIN is not kept.
enum purse_outcome client_verify_pin(struct purse_client *client, const char *pin);

/// Balance after the totals of a usage log: what the payer has left in that unit.
uint64_t purse_log_balance(const struct object *usage_log);
/// Reference of this kind with up to 16 octets of text.
bool purse_terms_refer(struct purse_terms *terms, uint8_t kind, const char *text);
/// Reference of a till's refund: of sale n, as its refund of this turn (0: its first).
void purse_terms_refund(struct purse_terms *terms, uint32_t n, uint8_t turn);
/// Do the object's amount, unit and reference equal the terms?
bool purse_terms_match(const struct purse_terms *terms, const struct object *object);

#endif

// SPDX-License-Identifier: Apache-2.0
// A seller with its licence service for tests, in February of 2004: an authority, who provides,
// sells, buys and pays, and the requests that they make.
#ifndef TESTS_KIT_SERVICES_LICENSING_H
#define TESTS_KIT_SERVICES_LICENSING_H

#include "tests/kit/certificates.h"
#include "tests/kit/services/shop.h"

#define LICENSING_MAIL     "matsushita@xx.xxx"
#define LICENSING_KEY      "hc426D99ro7v"
#define LICENSING_INSTANCE "00112233445566aa"

enum { LICENSING_BODY_MAX = 8192 };

/// Everybody, with their keys. Tills: two of the seller's enterprise, and a strange one.
struct licensing {
    struct crypto *crypto;
    uint32_t from, until; // days of all certificates
    struct sample_party root, trade, purses, seller, provider, buyer, other, till, kiosk, strange;
    struct sample_party apparatus, converter;
    struct sample_party houses, bank, telco, registry; // houses certifies these and players
    uint8_t kem_scalar[P256_SCALAR_SIZE],
        kem_point[P256_COMPRESSED_SIZE]; // of the phones and the converter
};

extern struct licensing licensing;
extern const struct peer licensing_provider, licensing_seller, licensing_buyer, licensing_other,
    licensing_bank, licensing_till, licensing_kiosk;

/// Makes everybody, with certificates of February of 2004; once.
void licensing_open(void);
/// Makes everybody anew, with certificates of other days.
void licensing_open_of(uint32_t from, uint32_t until);
/// Keys and certificates of one who runs a service; until the next call.
const struct service_keys *licensing_keys(const struct sample_party *who);
/// The three certificates of one of them, for ever.
const struct bytes *licensing_certificates(const struct sample_party *who);
/// Opens a shop with the keys of one, on the 11th of February.
void licensing_open_shop(struct shop *shop, const struct service *service, enum engine engine,
                         const struct sample_party *who);
/// Opens, checks and closes a licence service on every engine.
void licensing_on_every_engine(void (*check)(struct shop *shop));
/// The same on one engine, over a disk of that name (tests/kit/services/failing_vfs.h).
void licensing_on_disk(const char *vfs, void (*check)(struct shop *shop));
/// At the end of the suite.
void licensing_close(void);

/// base64url; one of eight buffers that take turns.
const char *licensing_text(struct bytes octets);
/// A request with a key of its own.
struct told licensing_ask(struct shop *shop, const struct peer *peer, const char *method,
                          const char *target, const char *body);
/// While it is not NULL, what would change something is handed to it instead of being asked.
extern void (*licensing_capture)(const struct peer *peer, const struct shop *shop,
                                 const char *method, const char *target, const char *body);
/// Status and a part of the body; prints what came when not.
bool licensing_says(const struct told *told, unsigned status, const char *part);
/// Octets of a field of an answer.
struct bytes licensing_field(const struct told *told, const char *name, uint8_t *out,
                             size_t capacity);

/// The provider hands a content's key over, sealed.
struct told licensing_hand_over(struct shop *shop, const char *content, const char *key);
/// The policy under which offers are made, signed by the provider.
struct bytes licensing_policy(const char *content, uint8_t *out, size_t capacity);
/// The seller makes an offer; right: members of JSON.
struct told licensing_offer(struct shop *shop, const char *content, const char *right);
/// Key and offer NO_1 of the source: three plays for 1000 yen; more: further members.
void licensing_stock(struct shop *shop, const char *more);

/// A container object of a content under the policy of its offers, or another one; derived: as a
/// converter's.
struct bytes licensing_container(const char *content, bool own_policy, bool derived, uint8_t *out,
                                 size_t capacity);

/// A reception request as a card signs it.
struct reception {
    const struct sample_party *by;
    const char *source, *destination;
    uint32_t n, last_done;
};
extern const struct reception licensing_first;

/// {object, certificates, attached} as JSON.
void licensing_envelope(char *out, struct bytes object, const struct sample_party *by,
                        struct bytes attached);
/// The member "reception" for a card's request; until the next one.
const char *licensing_reception(const struct reception *reception);
/// Body of a sale's request, LICENSING_BODY_MAX octets; more: members of JSON.
void licensing_order_body(char *out, const struct reception *reception, const char *more);
/// A sale.
struct told licensing_order(struct shop *shop, const struct peer *peer,
                            const struct reception *reception, const char *number,
                            const char *more);

/// A payment at a till.
struct payment {
    const struct sample_party *till;
    const char *payer, *number, *instance;
    uint64_t amount;
    uint32_t n;
};
/// phone-1's at the seller's own till for NO_1, over its charge.
extern const struct payment licensing_paid;

/// The member "receipt" for a payment, signed by whoever; until the next one.
const char *licensing_receipt(const struct payment *payment, const struct sample_party *signed_by);

/// Puts a hotlist of the certificates of these parties, which may be NULL, into the service's state
/// directory.
void licensing_revoke(struct shop *shop, const struct sample_party *one,
                      const struct sample_party *two);
/// Has another center below the same root sign an empty one in its place.
void licensing_spare(struct shop *shop);

/// The one number that a query answers.
unsigned licensing_count(struct shop *shop, const char *text);
/// Does every sale stand in exactly one of the two stores?
bool licensing_stores_hold(struct shop *shop);
/// Is what was sold the ticket NO_1 for phone-1, with these flags, and does its key open?
bool licensing_opens(const struct told *told, uint8_t flags);

#endif

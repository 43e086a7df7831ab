// SPDX-License-Identifier: Apache-2.0
// A small world for tests: an authority, a clearing center and up to eight cards in memory, all out
// of one seed. Cards are personalized through their own commands. The world can be saved, restored
// and audited: world_audit adds up every image and says in words what does not hold.
#ifndef TESTS_WORLD_H
#define TESTS_WORLD_H

#include "apdu/catalogue.h"
#include "apdu/object.h"
#include "apdu/purse.h"
#include "card/applets/purse/layout.h"
#include "card/card.h"
#include "card/port/memory.h"
#include "tests/certificates.h"

enum { WORLD_CARDS_MAX = 8, WORLD_UNIT = 392, WORLD_POINTS = 999 }; // 392: yen
enum { WORLD_FROM = 20260101, WORLD_UNTIL = 20260131, WORLD_LONG = 20281231 };

struct world;

struct world_card {
    struct world *world;
    char holder[HOLDER_MAX + 1];
    uint16_t roles;
    uint8_t *image;
    uint32_t size;
    struct memory_port port;
    struct card_ports ports;
    struct card *card;
    enum card_interface interface; // of the commands below
    uint8_t certificate_octets[CERTIFICATE_MAX];
    struct bytes certificate;
    uint8_t signing_point[P256_COMPRESSED_SIZE], kem_point[P256_COMPRESSED_SIZE];
    uint16_t sw;                               // of the last command
    uint8_t octets[APDU_EXTENDED_COMMAND_MAX]; // its answer
    struct bytes answer;                       // data field in octets
    unsigned apdus;                            // sent since world_add or world_count
    size_t wire;                               // octets both ways, the same
};

struct world {
    struct crypto *crypto;
    struct sample_party root, purses, centers, center;
    struct world_card *cards[WORLD_CARDS_MAX];
    size_t count;
    uint64_t serial;  // next serial of an issue log
    bool all_applets; // commands go to any application: status words are not held to the purse's
    char fault[256];  // what world_audit found
    // Who watches: told every answer; may put a new card's image on a medium of its own.
    void (*on_answer)(struct world *world, const struct world_card *card, struct bytes command);
    void (*on_add)(struct world *world, struct world_card *card);
    void *watcher;
};

/// Optional parts of a card's profile; zero fields are left out. NULL gives WORLD_GENEROUS.
struct world_profile {
    const char *device, *user;
    bool free_reading, no_second_unit;
    uint64_t balance, single, no_pin_single, no_pin_sum, no_pin_count;
    uint64_t offline_count, offline_sum;
    uint32_t first_counter, first_n, first_state;
    uint32_t until; // of the certificate
    const char *pin;
};

struct world *world_open(uint64_t seed);
/// Begins the random source anew: with cards put back as they were, what follows depends on nothing
/// before.
void world_reseed(struct world *world, uint64_t seed);
void world_close(struct world *world);

/// Formats, installs and personalizes a card, up to a usable purse. Aborts on any refusal.
struct world_card *world_add(struct world *world, const char *holder, uint16_t roles,
                             const struct world_profile *profile);
/// A formatted card with nothing installed, powered on, over its contacts.
struct world_card *world_bare(struct world *world, const char *holder, uint16_t roles);
/// A formatted card with the purse installed and nothing personalized, over the internal interface;
/// card->sw is what INSTALL answered.
struct world_card *world_blank(struct world *world, const char *holder, uint16_t roles);
/// One data grouping by STORE DATA. Returns its status word.
uint16_t world_store(struct world_card *card, uint16_t dgi, struct bytes value);
/// The data of PERSO_PROFILE.
struct bytes world_profile_data(const struct world_card *card, const struct world_profile *profile,
                                uint8_t data[256]);
/// Takes the card's keys out of its certificate request, which must be signed by them.
void world_read_keys(struct world_card *card);
/// Certificate for any key by any issuer; its octets stay in party->octets.
void world_certify(struct world *world, struct sample_party *party, const char *holder,
                   uint16_t roles, const struct sample_party *issuer, uint32_t from,
                   uint32_t until);
/// A new certificate for a card's own keys.
struct bytes world_recertify(struct world_card *card, uint32_t from, uint32_t until, uint8_t *out);

// ---- commands ----------------------------------------------------------------------------------

/// Sends one command by its catalogue row, fetches the whole answer. Returns the status word; data
/// in card->answer.
uint16_t world_send(struct world_card *card, enum command_id id, struct bytes data);
uint16_t world_send_p1p2(struct world_card *card, enum command_id id, uint16_t p1p2,
                         struct bytes data);
/// Octets as they are; the answer's data in card->answer, no GET RESPONSE.
uint16_t world_raw(struct world_card *card, struct bytes command);
void world_reset(struct world_card *card);
/// Power off and on.
void world_power(struct world_card *card);

/// What SELECT told.
struct world_selected {
    uint8_t challenge[16];
    uint32_t counter;
    uint16_t unratified;
};
uint16_t world_select(struct world_card *card, struct world_selected *selected);
/// Shows each one the other's certificate.
void world_introduce(struct world_card *a, struct world_card *b);
/// Shows a card the center's certificate.
void world_show_center(struct world_card *card);

// ---- payments ----------------------------------------------------------------------------------

struct world_terms {
    const char *payer;
    uint32_t counter;
    uint8_t challenge[16];
    uint64_t amount;
    uint16_t unit;
    uint8_t reference[17];
    uint8_t reference_size;
    const uint8_t *policy_hash; // 32 octets or NULL
};

/// Terms for this payer as selected, with a reference of this kind and text.
struct world_terms world_terms(const struct world_card *payer,
                               const struct world_selected *selected, uint64_t amount,
                               enum reference_kind kind, const char *text);
/// An object that a card answered, kept.
struct world_object {
    uint8_t octets[256];
    size_t size;
};

static inline struct bytes world_bytes(const struct world_object *object) {
    return bytes_of(object->octets, object->size);
}

/// REQUEST; the answer is kept when it is 9000. Returns the status word.
uint16_t world_request(struct world_card *payee, const struct world_terms *terms,
                       struct world_object *request);

/// One payment step by step; each object stays for the test to look at, repeat or spoil.
struct world_payment {
    struct world_card *payer, *payee;
    struct world_selected selected;
    struct world_terms terms;
    struct world_object request, log, receipt; // receipt: receive log or void
    uint32_t n;
};

/// Sale kind that fits the roles of the two.
enum reference_kind world_kind(const struct world_card *payer, const struct world_card *payee);
struct world_payment world_payment(struct world_card *payer, struct world_card *payee,
                                   uint64_t amount, const char *text);
/// Steps 1 and 2: SELECT payer, REQUEST. Each step returns its status word.
uint16_t world_step_request(struct world_payment *payment);
uint16_t world_step_debit(struct world_payment *payment);
uint16_t world_step_credit(struct world_payment *payment);
uint16_t world_step_ratify(struct world_payment *payment);
uint16_t world_step_void(struct world_payment *payment);
uint16_t world_step_take_void(struct world_payment *payment);
/// All four steps after an introduction; the first refusal, or 9000.
uint16_t world_pay(struct world_card *payer, struct world_card *payee, uint64_t amount,
                   const char *text);

// ---- the center --------------------------------------------------------------------------------

/// Signs what was put with the center's key; out belongs to the writer's buffer.
struct bytes world_sign(struct world *world, struct object_writer *writer);

struct world_issue {
    const char *purse, *device, *user, *center;
    uint64_t serial, revision, state, allowance, transfer;
    uint16_t unit;
    uint32_t date, expiry;
    uint64_t balance, single, no_pin_single, no_pin_sum, no_pin_count; // 0: left out
    uint64_t offline_count, offline_sum;
    const struct sample_party *signer; // NULL: the center
};

/// The issue log that this card would take now.
struct world_issue world_issue_for(struct world_card *card, uint64_t transfer);
struct bytes world_issue_object(struct world *world, const struct world_issue *issue, uint8_t *out,
                                size_t capacity);
/// Shows the center's certificate and sends the issue log.
uint16_t world_issue(struct world_card *card, uint64_t transfer);

// ---- looking inside ----------------------------------------------------------------------------

/// A call that reads the card's committed purse memory without a command.
struct card_call world_call(struct world_card *card);
uint64_t world_balance(struct world_card *card, uint16_t unit);
uint64_t world_number(struct world_card *card, enum number number);
/// State of n in the card's window (enum once_state).
int world_window_state(struct world_card *card, uint32_t n);

struct world_snapshot {
    uint8_t *images[WORLD_CARDS_MAX];
    size_t count;
};

/// Copies of all images; restore writes them back and powers the cards on anew.
struct world_snapshot world_save(const struct world *world);
void world_restore(struct world *world, const struct world_snapshot *snapshot);
void world_forget(struct world_snapshot *snapshot);
/// Is every image what it was? Octet by octet.
bool world_unchanged(const struct world *world, const struct world_snapshot *snapshot);

/// The money invariants over all images: nothing created, all accounted, sums kept by the cards
/// agree with their tables. False: world->fault says what is wrong.
bool world_audit(struct world *world);

#endif

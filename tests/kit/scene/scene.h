// SPDX-License-Identifier: Apache-2.0
// A small scene for tests: an authority, a clearing center and up to eight cards in memory, all out
// of one seed. Cards are personalized through their own commands. The scene can be saved, restored
// and audited: scene_audit adds up every image and says in words what does not hold.
#ifndef TESTS_KIT_SCENE_SCENE_H
#define TESTS_KIT_SCENE_SCENE_H

#include "apdu/command/applets/purse_commands.h"
#include "apdu/command/purse.h"
#include "apdu/object/object.h"
#include "card/applets/purse/state/purse.h"
#include "card/card.h"
#include "card/port/memory.h"
#include "tests/kit/certificates.h"

enum { SCENE_CARDS_MAX = 8, SCENE_UNIT = 392, SCENE_POINTS = 999 }; // 392: yen
enum { SCENE_FROM = 20260101, SCENE_UNTIL = 20260131, SCENE_LONG = 20281231 };

struct scene;

struct scene_card {
    struct scene *scene;
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
    unsigned apdus;                            // sent since scene_add or scene_count
    size_t wire;                               // octets both ways, the same
    struct card_call call;                     // of scene_purse
};

struct scene {
    struct crypto *crypto;
    struct sample_party root, purses, centers, center;
    struct scene_card *cards[SCENE_CARDS_MAX];
    size_t count;
    uint64_t serial;  // next serial of an issue log
    bool all_applets; // commands go to any application: status words are not held to the purse's
    char fault[256];  // what scene_audit found
    // Who watches: told every answer; may put a new card's image on a medium of its own.
    void (*on_answer)(struct scene *scene, const struct scene_card *card, struct bytes command);
    void (*on_add)(struct scene *scene, struct scene_card *card);
    void *watcher;
};

/// Optional parts of a card's profile; zero fields are left out. NULL gives SCENE_GENEROUS.
struct scene_profile {
    const char *device, *user;
    bool free_reading, no_second_unit;
    uint64_t balance, single, no_pin_single, no_pin_sum, no_pin_count;
    uint64_t offline_count, offline_sum;
    uint32_t first_counter, first_n, first_state;
    uint32_t until; // of the certificate
    const char *pin;
};

struct scene *scene_open(uint64_t seed);
/// Begins the random source anew: with cards put back as they were, what follows depends on nothing
/// before.
void scene_reseed(struct scene *scene, uint64_t seed);
void scene_close(struct scene *scene);

/// Formats, installs and personalizes a card, up to a usable purse. Aborts on any refusal.
struct scene_card *scene_add(struct scene *scene, const char *holder, uint16_t roles,
                             const struct scene_profile *profile);
/// A formatted card with nothing installed, powered on, over its contacts.
struct scene_card *scene_bare(struct scene *scene, const char *holder, uint16_t roles);
/// A formatted card with the purse installed and nothing personalized, over the internal interface;
/// card->sw is what INSTALL answered.
struct scene_card *scene_blank(struct scene *scene, const char *holder, uint16_t roles);
/// One data grouping by STORE DATA. Returns its status word.
uint16_t scene_store(struct scene_card *card, uint16_t dgi, struct bytes value);
/// The same for whichever application; INSTALL with these parameters, too.
uint16_t scene_store_to(struct scene_card *card, struct bytes aid, uint16_t dgi,
                        struct bytes value);
uint16_t scene_install(struct scene_card *card, struct bytes aid, struct bytes parameters);
/// The data of PERSO_NAME.
struct bytes scene_name_data(const struct scene_card *card, uint8_t data[64]);
/// The data of PERSO_PROFILE.
struct bytes scene_profile_data(const struct scene_profile *profile, uint8_t data[256]);
/// Takes the card's keys out of its certificate request, which must be signed by them.
void scene_read_keys(struct scene_card *card);
void scene_read_keys_by(struct scene_card *card, struct bytes aid);
/// Certificate for any key by any issuer; its octets stay in party->octets.
void scene_certify(struct scene *scene, struct sample_party *party, const char *holder,
                   uint16_t roles, const struct sample_party *issuer, uint32_t from,
                   uint32_t until);
/// An issuing authority below the root for these roles and names: "shop.", or NULL for those
/// without a name space.
void scene_authority(struct scene *scene, struct sample_party *party, const char *holder,
                     uint16_t roles, const char *space);
/// A new certificate for a card's own keys.
struct bytes scene_recertify(struct scene_card *card, uint32_t from, uint32_t until, uint8_t *out);

// ---- commands ----------------------------------------------------------------------------------

/// Sends one command by its catalogue row, fetches the whole answer. Returns the status word; data
/// in card->answer.
uint16_t scene_send_row(struct scene_card *card, const struct catalogue_command *row, uint16_t p1p2,
                        struct bytes data);
uint16_t scene_send_select(struct scene_card *card, struct bytes aid);
uint16_t scene_send(struct scene_card *card, enum purse_command id, struct bytes data);
uint16_t scene_send_p1p2(struct scene_card *card, enum purse_command id, uint16_t p1p2,
                         struct bytes data);
/// Octets as they are; the answer's data in card->answer, no GET RESPONSE.
uint16_t scene_raw(struct scene_card *card, struct bytes command);
void scene_reset(struct scene_card *card);
/// Power off and on.
void scene_power(struct scene_card *card);

/// What SELECT told.
struct scene_selected {
    uint8_t challenge[16];
    uint32_t counter;
    uint16_t unratified;
};
uint16_t scene_select(struct scene_card *card, struct scene_selected *selected);
/// Shows each one the other's certificate.
void scene_introduce(struct scene_card *a, struct scene_card *b);
/// Shows a card the center's certificate.
void scene_show_center(struct scene_card *card);

// ---- payments ----------------------------------------------------------------------------------

struct scene_terms {
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
struct scene_terms scene_terms(const struct scene_card *payer,
                               const struct scene_selected *selected, uint64_t amount,
                               enum reference_kind kind, const char *text);
/// An object that a card answered, kept.
struct scene_object {
    uint8_t octets[256];
    size_t size;
};

static inline struct bytes scene_bytes(const struct scene_object *object) {
    return bytes_of(object->octets, object->size);
}

/// REQUEST; the answer is kept when it is 9000. Returns the status word.
uint16_t scene_request(struct scene_card *payee, const struct scene_terms *terms,
                       struct scene_object *request);

/// One payment step by step; each object stays for the test to look at, repeat or spoil.
struct scene_payment {
    struct scene_card *payer, *payee;
    struct scene_selected selected;
    struct scene_terms terms;
    struct scene_object request, log, receipt; // receipt: receive log or void
    uint32_t n;
};

/// Sale kind that fits the roles of the two.
enum reference_kind scene_kind(const struct scene_card *payer, const struct scene_card *payee);
/// The text is the sale's; a till pays back the newest sale that has as much left.
struct scene_payment scene_payment(struct scene_card *payer, struct scene_card *payee,
                                   uint64_t amount, const char *text);
/// Steps 1 and 2: SELECT payer, REQUEST. Each step returns its status word.
uint16_t scene_step_request(struct scene_payment *payment);
uint16_t scene_step_debit(struct scene_payment *payment);
uint16_t scene_step_credit(struct scene_payment *payment);
uint16_t scene_step_ratify(struct scene_payment *payment);
uint16_t scene_step_void(struct scene_payment *payment);
uint16_t scene_step_take_void(struct scene_payment *payment);
/// All four steps after an introduction; the first refusal, or 9000.
uint16_t scene_pay(struct scene_card *payer, struct scene_card *payee, uint64_t amount,
                   const char *text);

// ---- the center --------------------------------------------------------------------------------

/// Signs what was put with the center's key; out belongs to the writer's buffer.
struct bytes scene_sign(struct scene *scene, struct object_writer *writer);

struct scene_issue {
    const char *purse, *device, *user, *center;
    uint64_t serial, revision, state, allowance, transfer;
    uint16_t unit;
    uint32_t date, expiry;
    uint64_t balance, single, no_pin_single, no_pin_sum, no_pin_count; // 0: left out
    uint64_t offline_count, offline_sum;
    const struct sample_party *signer; // NULL: the center
};

/// The issue log that this card would take now.
struct scene_issue scene_issue_for(struct scene_card *card, uint64_t transfer);
struct bytes scene_issue_object(struct scene *scene, const struct scene_issue *issue, uint8_t *out,
                                size_t capacity);
/// Shows the center's certificate and sends the issue log.
uint16_t scene_issue(struct scene_card *card, uint64_t transfer);

// ---- looking inside ----------------------------------------------------------------------------

/// A call that reads the card's committed purse memory without a command.
struct card_call scene_call(struct scene_card *card);
/// The card's committed purse, for reading without a command. The last one of a card counts.
struct purse scene_purse(struct scene_card *card);
uint64_t scene_balance(struct scene_card *card, uint16_t unit);
uint64_t scene_number(struct scene_card *card, enum number number);
/// State of n in the card's window (enum once_state).
int scene_window_state(struct scene_card *card, uint32_t n);

struct scene_snapshot {
    uint8_t *images[SCENE_CARDS_MAX];
    size_t count;
};

/// Copies of all images; restore writes them back and powers the cards on anew.
struct scene_snapshot scene_save(const struct scene *scene);
void scene_restore(struct scene *scene, const struct scene_snapshot *snapshot);
void scene_forget(struct scene_snapshot *snapshot);
/// Is every image what it was? Octet by octet.
bool scene_unchanged(const struct scene *scene, const struct scene_snapshot *snapshot);

/// The money invariants over all images: nothing created, all accounted, sums kept by the cards
/// agree with their tables. False: scene->fault says what is wrong.
bool scene_audit(struct scene *scene);

#endif

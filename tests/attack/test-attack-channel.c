// SPDX-License-Identifier: Apache-2.0
// An adversary at the secure channel: messages changed, cut, repeated, reordered, mixed with
// others; guesses at the keys; a terminated card.
#include "card/applets/isd/isd.h"
#include "tests/kit/scene/target.h"

#include <string.h>

static struct issuer *host;

static const uint8_t other_message[] = {0x02, 0x01, 0x02, 0xD0, 0x00};

// ---- secure messages ---------------------------------------------------------------------------

/// A wrapped STORE DATA of one block to the instance that was aimed at.
struct wrapped {
    uint8_t octets[APDU_SHORT_COMMAND_MAX];
    size_t size;
};

static struct wrapped wrap(uint8_t ins, uint8_t p1, uint8_t p2, struct bytes data) {
    struct apdu_command plain = {.cla = 0x80, .ins = ins, .p1 = p1, .p2 = p2, .data = data}, secure;
    struct wrapped out;
    uint8_t buffer[APDU_SHORT_LC_MAX];
    CU_ASSERT_FATAL(scp03_wrap_command(&host->session.channel, host->card->scene->crypto, &plain,
                                       buffer, sizeof buffer, &secure));
    out.size = apdu_command_encode(&secure, out.octets, sizeof out.octets);
    return out;
}

static uint16_t send_wrapped(const struct wrapped *wrapped) {
    return target_transmit(host, bytes_of(wrapped->octets, wrapped->size));
}

static struct wrapped aimed_message(void) {
    OPEN();
    CU_ASSERT_EQUAL(gp_aim(&host->session, issuer_aid("ndef")), GP_OK);
    return wrap(0xE2, STORE_DATA_DGI | STORE_DATA_LAST, 0, BYTES_OF(other_message));
}

static void every_changed_bit_is_refused(void) {
    host = target_with_ndef();
    size_t size = aimed_message().size;
    for (size_t bit = 0; bit < 8 * size; bit++) {
        struct wrapped wrapped = aimed_message();
        wrapped.octets[bit / 8] ^= (uint8_t)(1U << bit % 8);
        uint16_t sw = send_wrapped(&wrapped);
        bool begins_chain = bit == 4; // CLA 94: the first piece of something that does not follow
        CU_ASSERT(begins_chain ? sw == SW_OK : sw != SW_OK && sw >> 8 != SW_MORE_DATA >> 8);
    }
    target_unchanged(host);
    struct wrapped right = aimed_message();
    SW(send_wrapped(&right) >> 8, SW_MORE_DATA >> 8); // what was changed would have been taken
    target_end(host);
}

static void every_cut_message_is_refused(void) {
    host = target_with_ndef();
    size_t size = aimed_message().size;
    for (size_t left = 0; left < size; left++) {
        struct wrapped wrapped = aimed_message();
        CU_ASSERT_NOT_EQUAL(target_transmit(host, bytes_of(wrapped.octets, left)), SW_OK);
        if (left < 6)
            continue;
        wrapped.octets[4] = (uint8_t)(left - 5); // with a length that fits
        CU_ASSERT_NOT_EQUAL(target_transmit(host, bytes_of(wrapped.octets, left)), SW_OK);
    }
    target_unchanged(host);
    target_end(host);
}

static void order_and_repetition_are_refused(void) {
    static const uint8_t all[] = {0x4F, 0x00};
    host = target_with_ndef();
    OPEN();
    struct wrapped first = wrap(0xF2, 0x40, 0x02, BYTES_OF(all));
    struct wrapped second = wrap(0xF2, 0x80, 0x02, BYTES_OF(all));
    SW(send_wrapped(&second), SW_SM_OBJECT_WRONG);
    SW(send_wrapped(&first), SW_SECURE_MESSAGING_NOT_SUPPORTED); // the channel has ended
    OPEN();
    first = wrap(0xF2, 0x40, 0x02, BYTES_OF(all));
    CU_ASSERT_EQUAL(send_wrapped(&first) >> 8, 0x61);
    SW(send_wrapped(&first), SW_SM_OBJECT_WRONG);
    OPEN();
    SW(send_wrapped(&first), SW_SM_OBJECT_WRONG); // from another channel
    target_unchanged(host);
    target_end(host);
}

/// A chain is of one kind from its first to its last piece, and its MAC covers all of it.
static void chaining_and_channel_do_not_mix(void) {
    uint8_t piece[] = {0x90, 0xE2, 0x88, 0x00, 0x03, 0x02, 0x01, 0x02};
    static const uint8_t rest[] = {0x80, 0xE2, 0x88, 0x00, 0x02, 0xD0, 0x00};
    host = target_with_ndef();
    struct wrapped wrapped = aimed_message();
    SW(target_transmit(host, BYTES_OF(piece)), SW_OK); // plain, then protected
    SW(send_wrapped(&wrapped), SW_LAST_COMMAND_EXPECTED);
    wrapped = aimed_message();
    piece[0] = 0x94; // announced as protected, then plain
    SW(target_transmit(host, BYTES_OF(piece)), SW_OK);
    SW(target_transmit(host, BYTES_OF(rest)), SW_LAST_COMMAND_EXPECTED);
    wrapped = aimed_message();
    SW(target_transmit(host, BYTES_OF(piece)),
       SW_OK); // octets put before those that the MAC covers
    SW(send_wrapped(&wrapped), SW_SM_OBJECT_WRONG);
    wrapped = aimed_message();
    piece[0] = 0x90; // plain through and through
    SW(target_transmit(host, BYTES_OF(piece)), SW_OK);
    SW(target_transmit(host, BYTES_OF(rest)), SW_SECURITY_STATUS);
    SW(send_wrapped(&wrapped), SW_SECURE_MESSAGING_NOT_SUPPORTED);
    target_unchanged(host);
    target_end(host);
}

static void a_channel_stays_on_its_interface(void) {
    static const enum card_interface others[] = {CARD_CONTACTLESS, CARD_INTERNAL};
    host = target_with_ndef();
    for (size_t i = 0; i < 2; i++) {
        struct wrapped wrapped = aimed_message();
        host->card->interface = others[i];
        SW(send_wrapped(&wrapped), SW_SECURE_MESSAGING_NOT_SUPPORTED);
        host->card->interface = CARD_CONTACT;
        SW(send_wrapped(&wrapped), SW_SECURE_MESSAGING_NOT_SUPPORTED);
    }
    host->card->interface = CARD_CONTACTLESS;
    SW(issuer_raw(host, "00A4040000"), SW_OK);
    SW(issuer_raw(host, "8050000008000102030405060700"), SW_INTERFACE);
    SW(issuer_raw(host, "80CA00E000"), SW_INTERFACE);
    host->card->interface = CARD_CONTACT;
    target_unchanged(host);
    target_end(host);
}

static void a_host_stops_after_a_failure(void) {
    host = target_with_ndef();
    OPEN();
    host->session.channel.chaining[3] ^= 1; // as if an answer or a command had been lost
    SW(issuer_delete(host, "ndef"), SW_SM_OBJECT_WRONG);
    CU_ASSERT_EQUAL(issuer_delete(host, "ndef"), SW_SECURE_MESSAGING_NOT_SUPPORTED);
    OPEN();
    host->session.channel.rmac[0] ^= 1; // as if the answer had been touched on its way
    struct apdu_command status = {
        .cla = 0x80, .ins = 0xF2, .p1 = 0x80, .p2 = 0x02, .data = bytes_of("\x4F\x00", 2)};
    CU_ASSERT_EQUAL(gp_send(&host->session, &status), GP_BAD_ANSWER);
    unsigned sent = host->session.count.apdus;
    CU_ASSERT_EQUAL(gp_send(&host->session, &status), GP_BAD_ANSWER);
    CU_ASSERT_EQUAL(host->session.count.apdus, sent); // nothing goes out any more
    target_unchanged(host);
    target_end(host);
}

/// Asks for the registry while somebody changes the answer; what the host believes must be true.
static void believe_nothing_wrong(size_t bit, size_t cut) {
    static const uint8_t all[] = {0x4F, 0x00};
    static uint8_t right[64];
    static size_t right_size;
    struct apdu_command status = {
        .cla = 0x80, .ins = 0xF2, .p1 = 0x80, .p2 = 0x02, .data = BYTES_OF(all)};
    OPEN();
    if (bit == SIZE_MAX && cut == SIZE_MAX) {
        CU_ASSERT_EQUAL_FATAL(gp_send(&host->session, &status), GP_OK);
        right_size = host->session.answer_size;
        memcpy(right, host->session.answer, right_size);
        return;
    }
    host->honest_answers = 0;
    host->wrong_bit = bit;
    host->cut_to = cut;
    enum gp_status told = gp_send(&host->session, &status);
    CU_ASSERT(told != GP_OK || (host->session.answer_size == right_size &&
                                memcmp(host->session.answer, right, right_size) == 0));
    CU_ASSERT_NOT_EQUAL(told, GP_OK);
    host->honest_answers = host->wrong_bit = host->cut_to = SIZE_MAX;
    if (told == GP_BAD_ANSWER)
        CU_ASSERT_EQUAL(gp_send(&host->session, &status), GP_BAD_ANSWER);
}

static void every_changed_answer_is_noticed(void) {
    enum { ANSWER = 32 + 8 + 2 }; // GET STATUS of the domain, enciphered, with MAC and status word
    host = target_blank();
    believe_nothing_wrong(SIZE_MAX, SIZE_MAX);
    for (size_t bit = 0; bit < (size_t)8 * ANSWER; bit++)
        believe_nothing_wrong(bit, SIZE_MAX);
    for (size_t cut = 2; cut < ANSWER; cut++)
        believe_nothing_wrong(SIZE_MAX, cut);
    target_end(host);
}

/// A stranger between host and card while the channel opens: whatever he changes in the card's
/// challenge or cryptogram, the host spends no attempt, and no channel stands.
static void no_channel_through_a_stranger(void) {
    enum { SELECTED = 1, CHALLENGE_AT = 13, END = 13 + 8 + 8 };
    host = target_blank();
    for (size_t bit = (size_t)8 * CHALLENGE_AT; bit < (size_t)8 * END; bit++) {
        host->honest_answers = SELECTED;
        host->wrong_bit = bit;
        CU_ASSERT_EQUAL(issuer_open_with(host, SET_PUBLISHED, FULL_LEVEL), GP_WRONG_KEYS);
    }
    host->honest_answers = host->wrong_bit = SIZE_MAX;
    struct card_call call = card_call_to(host->card->card, CARD_CONTACT, CARD_DEFAULT_INSTANCE);
    CU_ASSERT_EQUAL(card_read_uint(&call, ISD_AT_FAILURES, 2), 0);
    target_end(host);
}

// ---- recorded sessions -----------------------------------------------------------------------

/// Who writes down what passes, and plays it again.
struct recorder {
    struct link link; // first member
    struct link *inside;
    struct wrapped commands[8];
    size_t count;
};

static enum link_status write_down(struct link *link, struct bytes command, uint8_t *answer,
                                   size_t capacity, size_t *size) {
    struct recorder *recorder = (struct recorder *)link;
    struct wrapped *kept = &recorder->commands[recorder->count++];
    CU_ASSERT_FATAL(recorder->count <= 8 && command.size <= sizeof kept->octets);
    memcpy(kept->octets, command.data, command.size);
    kept->size = command.size;
    return recorder->inside->ops->transmit(recorder->inside, command, answer, capacity, size);
}

static const struct link_ops writing = {write_down, NULL, NULL};

/// A session that deletes the tag, octet by octet: SELECT, challenge, authentication, DELETE.
static void record_delete(struct recorder *recorder) {
    *recorder = (struct recorder){.link = host->link, .inside = &host->link};
    recorder->link.ops = &writing;
    CU_ASSERT_EQUAL_FATAL(gp_open(&host->session, &recorder->link, host->card->scene->crypto,
                                  (struct bytes){0}, 0, FULL_LEVEL, issuer_give_keys, NULL),
                          GP_OK);
    SW(issuer_delete(host, "ndef"), SW_OK);
    CU_ASSERT_EQUAL(recorder->count, 4);
}

/// The keys come back as they were, and with them, were the numbers to begin anew, the challenge
/// that was answered then.
static void a_recorded_session_stays_past(void) {
    struct recorder recorder;
    host = target_blank();
    OPEN();
    SW(issuer_put(host, 0, SET_A), SW_OK);
    SW(issuer_install(host, "ndef", (struct bytes){0}), SW_OK);
    record_delete(&recorder);
    OPEN();
    SW(issuer_install(host, "ndef", (struct bytes){0}), SW_OK);
    SW(issuer_put(host, 1, SET_B), SW_OK);
    OPEN();
    SW(issuer_put(host, 2, SET_A), SW_OK);
    // at once: to look at the card would use up numbers
    for (size_t round = 0; round < 8; round++) {
        SW(send_wrapped(&recorder.commands[0]) & 0xFF00, SW_OK & 0xFF00);
        SW(send_wrapped(&recorder.commands[1]), SW_OK);
        SW(send_wrapped(&recorder.commands[2]), SW_AUTHENTICATION_FAILED);
        SW(send_wrapped(&recorder.commands[3]), SW_SECURE_MESSAGING_NOT_SUPPORTED);
    }
    SW(issuer_select(host, "ndef"), SW_OK); // still there
    target_end(host);
}

// ---- lengths -----------------------------------------------------------------------------------

/// Inside the channel every command takes what its row of the catalogue allows, protection beside.
static void the_longest_data_is_taken(void) {
    static const struct {
        uint8_t ins, p1, p2;
        uint16_t sw;
    } commands[] = {{0xE6, 0x0C, 0x00, SW_WRONG_DATA},
                    {0xE4, 0x00, 0x00, SW_WRONG_DATA},
                    {0xD8, 0x01, 0x81, SW_REFERENCE_NOT_FOUND},
                    {0xF2, 0x40, 0x02, SW_WRONG_DATA},
                    {0xE2, 0x88, 0x00, SW_REFERENCE_NOT_FOUND}};
    static const uint8_t data[2048] = {0x7F, 0x01};
    host = target_with_ndef();
    for (size_t i = 0; i < sizeof commands / sizeof commands[0]; i++) {
        size_t longest = commands[i].ins == 0xE2 ? sizeof data : APDU_SHORT_LC_MAX;
        for (size_t size = longest - 20; size <= longest; size++) {
            OPEN();
            uint16_t sw = issuer_secure(host, commands[i].ins, commands[i].p1, commands[i].p2,
                                        bytes_of(data, size));
            CU_ASSERT(sw != SW_WRONG_LENGTH && sw != SW_SM_OBJECT_WRONG &&
                      sw != SW_SM_OBJECT_MISSING && sw != SW_CHAINING_NOT_SUPPORTED && sw != 0);
        }
        OPEN();
        SW(issuer_secure(host, commands[i].ins, commands[i].p1, commands[i].p2,
                         bytes_of(data, longest)),
           commands[i].sw);
    }
    target_unchanged(host);
    target_end(host);
}

// ---- guessing ----------------------------------------------------------------------------------

static struct crypto_ops counting;
static const struct crypto_ops *uncounted;
static unsigned long cmacs;

/// CMAC over zeros with a key of zeros is what the card does to lose time.
static bool count_cmac(const struct crypto *crypto, struct bytes key, struct bytes in,
                       uint8_t mac[AES_BLOCK_SIZE]) {
    static const uint8_t zero[AES_BLOCK_SIZE];
    bool idle = in.size == sizeof zero && memcmp(in.data, zero, sizeof zero) == 0;
    cmacs += idle;
    return idle || uncounted->aes_cmac(crypto, key, in, mac);
}

static unsigned long work_of_update(void) {
    cmacs = 0;
    issuer_raw(host, "00A4040000");
    SW(issuer_raw(host, "8050000008000102030405060700"), SW_OK);
    return cmacs;
}

static void plant_sequence(uint32_t sequence) {
    struct card *card = host->card->card;
    struct card_call call = card_call_to(card, CARD_CONTACT, CARD_DEFAULT_INSTANCE);
    struct isd_key_set set;
    isd_read_key_set(&call, 0, &set);
    set.sequence = sequence;
    nvm_begin(&card->nvm);
    isd_stage_key_set(&call, 0, &set);
    CU_ASSERT(nvm_commit(&card->nvm));
}

/// The card with a clock: CMACs done for nothing are counted, not done.
static void begin_counting(struct crypto *slow) {
    host = target_blank();
    uncounted = host->card->scene->crypto->ops;
    counting = *uncounted;
    counting.aes_cmac = count_cmac;
    *slow = (struct crypto){&counting, host->card->scene->crypto->context};
    host->card->ports.crypto = slow;
    scene_power(host->card);
}

static void end_counting(void) {
    host->card->ports.crypto = host->card->scene->crypto;
    scene_power(host->card);
    target_end(host);
}

/// Challenges without an authentication count no failure, but they use up the set's sequence
/// numbers, and a set without numbers opens to nobody.
static void challenges_alone_lock_nobody(void) {
    struct crypto slow;
    begin_counting(&slow);
    OPEN();
    SW(issuer_put(host, 0, SET_A), SW_OK);
    for (unsigned i = 0; i < 100; i++)
        CU_ASSERT_EQUAL(work_of_update(), 0);
    plant_sequence(0x7FFFFE);
    CU_ASSERT_EQUAL(work_of_update(), 0);
    OPEN();
    CU_ASSERT(work_of_update() >= 1UL << 19); // from here on months of work
    plant_sequence(0xFFFFFE);
    OPEN(); // the last number of three octets
    SW(issuer_put(host, 1, SET_B), SW_OK);
    CU_ASSERT_EQUAL(work_of_update(), 0); // a new set is quick again
    OPEN();
    plant_sequence(0x7FFFFFFF);
    issuer_raw(host, "00A4040000");
    SW(issuer_raw(host, "8050000008000102030405060700"), SW_EXECUTION_ERROR); // never again 000000
    host->undocumented = 0; // what nobody lives to see is no row's
    end_counting();
}

/// Each wrong guess doubles the work before the next, up to a bound; the right key always opens.
static void guessing_gets_slow_and_locks_nobody(void) {
    struct crypto slow;
    unsigned long last = 0;
    begin_counting(&slow);
    CU_ASSERT_EQUAL(work_of_update(), 0);
    for (unsigned guess = 1; guess <= 40; guess++) {
        SW(issuer_raw(host, "8482330010 00000000000000000000000000000000"),
           SW_AUTHENTICATION_FAILED);
        if (guess % 5 == 0)
            scene_power(host->card); // power does not help
        unsigned long work = work_of_update();
        CU_ASSERT(guess < 14 ? work == 2 * last || guess == 1 : work == last || guess == 14);
        CU_ASSERT(work >= 64 && work <= 1UL << 20);
        last = work;
    }
    OPEN();
    CU_ASSERT_EQUAL(work_of_update(), 0);
    end_counting();
}

// ---- the end -----------------------------------------------------------------------------------

/// Whatever header, protected or not: GET DATA, the selection of the domain, the reader's UID.
static void a_terminated_card_is_silent(void) {
    host = target_with_ndef();
    OPEN();
    struct wrapped wrapped = wrap(0xF0, 0x80, CARD_TERMINATED, (struct bytes){0});
    SW(send_wrapped(&wrapped) >> 8, 0x61);
    SW(issuer_install(host, "piv", (struct bytes){0}), SW_LIFE_CYCLE);
    CU_ASSERT_EQUAL(issuer_open(host), GP_REFUSED);
    SW(issuer_select(host, "ndef"), SW_LIFE_CYCLE);
    for (unsigned header = 0; header < 0x10000; header++) {
        const uint8_t cla = (uint8_t)(header >> 8), ins = (uint8_t)header;
        const uint8_t bare[] = {cla, ins, 0x80, 0x00, 0x00};
        const uint8_t full[] = {cla, ins, 0x04, 0x00, 0x05, 1, 2, 3, 4, 5, 0x00};
        bool data = cla == 0x80 && ins == 0xCA;
        CU_ASSERT(target_transmit(host, BYTES_OF(bare)) != SW_OK || data);
        CU_ASSERT_NOT_EQUAL(target_transmit(host, BYTES_OF(full)), SW_OK);
    }
    SW(issuer_raw(host, "80CA9F7F00"), SW_OK);
    SW(issuer_raw(host, "FFCA000000"), SW_OK);
    target_end(host);
}

int main(int argc, char **argv) {
    static const struct suite_test tests[] = {
        {"every changed bit of a secure message is refused", every_changed_bit_is_refused, NULL},
        {"every cut secure message is refused", every_cut_message_is_refused, NULL},
        {"a recorded session stays past when its keys come back", a_recorded_session_stays_past,
         NULL},
        {"the longest data is taken in the channel", the_longest_data_is_taken, NULL},
        {"order and repetition are refused", order_and_repetition_are_refused, NULL},
        {"chaining and channel do not mix", chaining_and_channel_do_not_mix, NULL},
        {"a channel stays on its interface", a_channel_stays_on_its_interface, NULL},
        {"a host stops after a failure", a_host_stops_after_a_failure, NULL},
        {"every changed answer is noticed", every_changed_answer_is_noticed, NULL},
        {"no channel through a stranger", no_channel_through_a_stranger, NULL},
        {"challenges alone lock nobody out", challenges_alone_lock_nobody, NULL},
        {"guessing gets slow and locks nobody out", guessing_gets_slow_and_locks_nobody, NULL},
        {"a terminated card is silent", a_terminated_card_is_silent, NULL},
    };
    return suite_main("test-attack-channel", tests, sizeof tests / sizeof *tests, argc, argv);
}

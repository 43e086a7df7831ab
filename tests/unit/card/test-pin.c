// SPDX-License-Identifier: Apache-2.0
// The reference PIN: counting, blocking, unblocking, and what a power cut at any octet, or the loss
// of any subset of unsynced writes, can gain: nothing.
#include "card/os/context.h"
#include "card/os/pin.h"
#include "card/port/memory.h"
#include "tests/kit/suite.h"

#include <stdio.h>
#include <string.h>

// ---- an applet with a PIN ----------------------------------------------------------------------

enum { RECORD_AT = 8, TRIES = 3, PUK_TRIES = 2 };

static const struct pin the_record = {RECORD_AT};

/// What the next call is about; handlers have no other way to get it without APDUs.
struct request {
    uint16_t (*ask)(struct card_call *call, const struct request *request);
    const char *first, *second;
    uint8_t tries;
};

static struct request request;

static uint16_t run_request(struct card_call *call) {
    return request.ask(call, &request);
}

static uint16_t ask_set(struct card_call *call, const struct request *r) {
    return pin_set(call, the_record, bytes_of_string(r->first), r->tries);
}
static uint16_t ask_set_puk(struct card_call *call, const struct request *r) {
    return pin_set_puk(call, the_record, bytes_of_string(r->first), r->tries);
}
static uint16_t ask_verify(struct card_call *call, const struct request *r) {
    return pin_verify(call, the_record, bytes_of_string(r->first));
}
static uint16_t ask_status(struct card_call *call, const struct request *r) {
    (void)r;
    return pin_status(call, the_record);
}
static uint16_t ask_change(struct card_call *call, const struct request *r) {
    return pin_change(call, the_record, bytes_of_string(r->first), bytes_of_string(r->second));
}
static uint16_t ask_change_puk(struct card_call *call, const struct request *r) {
    return pin_change_puk(call, the_record, bytes_of_string(r->first), bytes_of_string(r->second));
}
static uint16_t ask_unblock(struct card_call *call, const struct request *r) {
    return pin_unblock(call, the_record, bytes_of_string(r->first), bytes_of_string(r->second));
}

static uint32_t memory_size(struct bytes parameters) {
    (void)parameters;
    return 64;
}

static uint16_t select_nothing(struct card_call *call) {
    (void)call;
    return SW_OK;
}

static const struct application face = {.name = "holder", .aid = {0xF0, 1, 2, 3, 4}, .aid_size = 5};
static const struct applet holder = {
    .application = &face, .persistent_size = memory_size, .select = select_nothing};
static const struct applet *const applets[] = {&holder};
static const struct card_rom rom = {applets, 1};

// ---- the fixture -------------------------------------------------------------------------------

enum { IMAGE_SIZE = 16384 };

struct fixture {
    uint8_t image[IMAGE_SIZE], synced[IMAGE_SIZE];
    struct memory_port port;
    struct memory_loss loss;
    struct card card;
};

static struct fixture fixture, base;
static struct crypto *crypto;

static struct card_ports ports_of(struct fixture *b) {
    return (struct card_ports){&b->port.nvm, crypto, &rom};
}

static bool power(struct fixture *b) {
    struct card_ports ports = ports_of(b);
    memory_port_power(&b->port);
    return card_power_on(&b->card, &ports) == CARD_OK;
}

static uint16_t ask_on(struct fixture *b, const struct request *what) {
    struct card_call call = card_call_to(&b->card, CARD_CONTACT, 0);
    request = *what;
    uint16_t sw = card_run(&call, run_request);
    return b->card.nvm.dead ? SW_MEMORY_FAILURE : sw;
}

static uint16_t ask(uint16_t (*what)(struct card_call *, const struct request *), const char *first,
                    const char *second) {
    return ask_on(&fixture, &(struct request){what, first, second, 0});
}

static uint16_t set_with(uint16_t (*what)(struct card_call *, const struct request *),
                         const char *value, uint8_t tries) {
    return ask_on(&fixture, &(struct request){what, value, NULL, tries});
}

static int tries_left(struct fixture *b) {
    struct card_call call = card_call_to(&b->card, CARD_CONTACT, 0);
    return pin_tries(&call, the_record);
}

static int puk_tries_left(struct fixture *b) {
    struct card_call call = card_call_to(&b->card, CARD_CONTACT, 0);
    return (int)card_read_uint(&call, RECORD_AT + 28, 1);
}

static void fresh_without_pin(void) {
    static const uint8_t serial[8] = {0};
    memory_port_open(&fixture.port, fixture.image, IMAGE_SIZE);
    struct card_ports ports = ports_of(&fixture);
    CU_ASSERT_EQUAL_FATAL(card_format(&ports, serial), CARD_OK);
    CU_ASSERT_FATAL(power(&fixture));
}

static void fresh(void) {
    fresh_without_pin();
    CU_ASSERT_EQUAL(set_with(ask_set, "1234", TRIES), SW_OK);
    CU_ASSERT_EQUAL(set_with(ask_set_puk, "87654321", PUK_TRIES), SW_OK);
}

// ---- counting ----------------------------------------------------------------------------------

static void test_counting(void) {
    fresh();
    CU_ASSERT_EQUAL(ask(ask_status, NULL, NULL), 0x63C3);
    CU_ASSERT_EQUAL(ask(ask_verify, "1234", NULL), SW_OK);
    CU_ASSERT_EQUAL(ask(ask_verify, "1235", NULL), 0x63C2);
    CU_ASSERT_EQUAL(ask(ask_verify, "12345", NULL), 0x63C1); // a prefix is not the PIN
    CU_ASSERT_EQUAL(ask(ask_status, NULL, NULL), 0x63C1);
    CU_ASSERT_EQUAL(ask(ask_verify, "1234", NULL), SW_OK); // gives all tries back
    CU_ASSERT_EQUAL(ask(ask_status, NULL, NULL), 0x63C3);
    CU_ASSERT_EQUAL(ask(ask_verify, "0000", NULL), 0x63C2);
    CU_ASSERT_EQUAL(ask(ask_verify, "0000", NULL), 0x63C1);
    CU_ASSERT_EQUAL(ask(ask_verify, "0000", NULL), SW_PIN_BLOCKED);
    CU_ASSERT_EQUAL(ask(ask_verify, "1234", NULL), SW_PIN_BLOCKED); // the right one comes too late
    CU_ASSERT_EQUAL(ask(ask_change, "1234", "5678"), SW_PIN_BLOCKED);
    CU_ASSERT_EQUAL(ask(ask_status, NULL, NULL), SW_PIN_BLOCKED);
    CU_ASSERT(power(&fixture));
    CU_ASSERT_EQUAL(ask(ask_verify, "1234", NULL), SW_PIN_BLOCKED);
}

static void test_lengths(void) {
    fresh_without_pin();
    CU_ASSERT_EQUAL(ask(ask_verify, "1234", NULL), SW_CONDITIONS);
    CU_ASSERT_EQUAL(ask(ask_status, NULL, NULL), SW_CONDITIONS);
    CU_ASSERT_EQUAL(ask(ask_unblock, "1234", "1234"), SW_CONDITIONS);
    CU_ASSERT_EQUAL(set_with(ask_set, "123", 3), SW_WRONG_DATA);
    CU_ASSERT_EQUAL(set_with(ask_set, "1234567890123", 3), SW_WRONG_DATA);
    CU_ASSERT_EQUAL(set_with(ask_set, "1234", 0), SW_WRONG_DATA);
    CU_ASSERT_EQUAL(set_with(ask_set, "1234", 16), SW_WRONG_DATA);
    CU_ASSERT_EQUAL(set_with(ask_set, "123456789012", 15), SW_OK);
    CU_ASSERT_EQUAL(ask(ask_unblock, "1234", "1234"), SW_CONDITIONS); // no PUK
    CU_ASSERT_EQUAL(ask(ask_verify, "123", NULL), SW_WRONG_DATA);
    CU_ASSERT_EQUAL(ask(ask_verify, "1234567890123", NULL), SW_WRONG_DATA);
    CU_ASSERT_EQUAL(ask(ask_change, "123456789012", "123"), SW_WRONG_DATA);
    CU_ASSERT_EQUAL(ask(ask_status, NULL, NULL), 0x63CF); // none of them cost a try
    CU_ASSERT_EQUAL(ask(ask_verify, "123456789012", NULL), SW_OK);
}

static void test_change_and_unblock(void) {
    fresh();
    CU_ASSERT_EQUAL(ask(ask_change, "1111", "5678"), 0x63C2);
    CU_ASSERT_EQUAL(ask(ask_change, "1234", "567890"), SW_OK);
    CU_ASSERT_EQUAL(ask(ask_status, NULL, NULL), 0x63C3);
    CU_ASSERT_EQUAL(ask(ask_verify, "1234", NULL), 0x63C2);
    CU_ASSERT_EQUAL(ask(ask_verify, "567890", NULL), SW_OK);
    for (unsigned i = 0; i < TRIES; i++)
        ask(ask_verify, "0000", NULL);
    CU_ASSERT_EQUAL(ask(ask_status, NULL, NULL), SW_PIN_BLOCKED);
    CU_ASSERT_EQUAL(ask(ask_unblock, "00000000", "4321"), 0x63C1);
    CU_ASSERT_EQUAL(ask(ask_status, NULL, NULL), SW_PIN_BLOCKED);
    CU_ASSERT_EQUAL(ask(ask_unblock, "87654321", "4321"), SW_OK);
    CU_ASSERT_EQUAL(puk_tries_left(&fixture), PUK_TRIES);
    CU_ASSERT_EQUAL(ask(ask_verify, "4321", NULL), SW_OK);
    CU_ASSERT_EQUAL(ask(ask_unblock, "00000000", "1111"), 0x63C1);
    CU_ASSERT_EQUAL(ask(ask_unblock, "00000000", "1111"), SW_PIN_BLOCKED);
    CU_ASSERT_EQUAL(ask(ask_unblock, "87654321", "1111"), SW_PIN_BLOCKED);
    CU_ASSERT_EQUAL(ask(ask_verify, "4321", NULL), SW_OK); // the PIN itself still works
}

// ---- power cuts --------------------------------------------------------------------------------

static const struct {
    struct request request;
    uint16_t done; // its answer when nothing is cut
    int least;     // tries that it may cost
    bool restores; // may end with all tries
    bool of_puk;   // the counter is the PUK's
} cases[] = {
    {{ask_verify, "9999", NULL, 0}, 0x63C0, 1, false, false},
    {{ask_verify, "1234", NULL, 0}, SW_OK, 1, true, false},
    {{ask_change, "9999", "5678", 0}, 0x63C0, 1, false, false},
    {{ask_change, "1234", "5678", 0}, SW_OK, 1, true, false},
    {{ask_change_puk, "99999999", "5678", 0}, 0x63C0, 1, false, true},
    {{ask_change_puk, "87654321", "5678", 0}, SW_OK, 1, true, true},
    {{ask_unblock, "99999999", "5678", 0}, 0x63C0, 1, false, true},
    {{ask_unblock, "87654321", "5678", 0}, SW_OK, 1, true, true},
};

static void copy_fixture(struct fixture *to, const struct fixture *from) {
    *to = *from;
    to->port.image = to->image;
    to->port.nvm.context = &to->port;
    to->loss.synced = to->synced;
    to->port.loss = &to->loss;
    to->card.nvm.port = &to->port.nvm;
    to->card.ports.nvm = &to->port.nvm;
}

/// Exactly one of old and new PIN is in force, and a new one only if it was asked for.
static bool one_pin_holds(struct fixture *b, size_t of, bool changed) {
    bool asked = cases[of].done == SW_OK && cases[of].request.second != NULL;
    bool old = ask_on(b, &(struct request){ask_verify, "1234", NULL, 0}) == SW_OK;
    if (old)
        return !changed;
    return asked && ask_on(b, &(struct request){ask_verify, "5678", NULL, 0}) == SW_OK;
}

/// After power came back: is the counter one that an honest card could show?
static bool nothing_gained(struct fixture *b, size_t of, int before, bool answered) {
    if (!power(b))
        return false;
    int now = cases[of].of_puk ? puk_tries_left(b) : tries_left(b);
    int all = cases[of].of_puk ? PUK_TRIES : TRIES;
    bool restored = cases[of].restores && now == all;
    bool counted = now == before - 1 || (!answered && now == before);
    bool done = answered && cases[of].restores;
    if (!restored && (!counted || done))
        return false;
    return now == 0 || cases[of].of_puk || one_pin_holds(b, of, false) ||
           one_pin_holds(b, of, true);
}

static unsigned long cuts;

static void cut_everywhere(size_t of, int before) {
    static struct fixture cut, lost;
    bool answered = false;
    for (uint32_t write = 0; !answered; write++)
        for (uint32_t octet = 0, size = 0; octet <= size && !answered; octet++) {
            copy_fixture(&cut, &base);
            memory_port_cut(&cut.port, write, octet);
            uint16_t sw = ask_on(&cut, &cases[of].request);
            answered = sw != SW_MEMORY_FAILURE;
            size = cut.port.last_size;
            for (uint64_t kept = 0; kept < 1ull << cut.loss.count; kept++) {
                copy_fixture(&lost, &cut);
                CU_ASSERT_FATAL(memory_port_lose(&lost.port, kept));
                CU_ASSERT_FATAL(nothing_gained(&lost, of, before, answered));
                cuts++;
            }
        }
    CU_ASSERT_FATAL(answered);
}

static void test_cuts_gain_nothing(void) {
    cuts = 0;
    for (size_t of = 0; of < sizeof cases / sizeof *cases; of++) {
        int all = cases[of].of_puk ? PUK_TRIES : TRIES;
        for (int before = all; before > 0; before--) {
            fresh();
            for (int wrong = all; wrong > before; wrong--)
                ask(cases[of].of_puk ? ask_unblock : ask_verify, "00000000", "5678");
            copy_fixture(&base, &fixture);
            memory_port_track(&base.port, &base.loss, base.synced);
            cut_everywhere(of, before);
        }
    }
    printf("%lu cuts ", cuts);
}

/// Until the try is durably gone, right and wrong values leave the same octets behind: whoever cuts
/// the power earlier learns nothing.
static void test_try_falls_first(void) {
    static struct fixture right, wrong;
    for (size_t of = 0; of < sizeof cases / sizeof *cases; of += 2) {
        fresh();
        copy_fixture(&right, &fixture);
        copy_fixture(&wrong, &fixture);
        right.port.loss = wrong.port.loss = NULL;
        memory_port_cut(&right.port, 3, 0); // record, home, number; then the power goes
        memory_port_cut(&wrong.port, 3, 0);
        ask_on(&wrong, &cases[of].request);
        ask_on(&right, &cases[of + 1].request);
        CU_ASSERT_EQUAL(memcmp(right.image, wrong.image, IMAGE_SIZE), 0);
        CU_ASSERT(right.port.off);       // the right one has more to write:
        CU_ASSERT_FALSE(wrong.port.off); // it gives the tries back
        CU_ASSERT_EQUAL(right.port.syncs, wrong.port.syncs);
    }
}

// ---- the path of a comparison ------------------------------------------------------------------

static uint64_t trace;
static const struct nvm_port *traced;

static bool traced_read(const struct nvm_port *port, uint32_t offset, uint8_t *out, size_t size) {
    (void)port;
    trace = (trace ^ offset ^ (uint64_t)size << 32) * 0x100000001B3u;
    return traced->read(traced, offset, out, size);
}

static bool traced_write(const struct nvm_port *port, uint32_t offset, const uint8_t *data,
                         size_t size) {
    (void)port;
    trace = (trace ^ ~offset ^ (uint64_t)size << 32) * 0x100000001B3u;
    return traced->write(traced, offset, data, size);
}

static bool traced_sync(const struct nvm_port *port) {
    (void)port;
    trace = (trace ^ 0x5C) * 0x100000001B3u;
    return traced->sync(traced);
}

/// The card touches the same memory in the same order wherever the first wrong digit stands.
static void test_same_path(void) {
    static const char *const wrong[] = {"0234", "1034", "1204", "1230", "12340", "999999999999"};
    uint64_t first = 0;
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        fresh();
        traced = &fixture.port.nvm;
        struct nvm_port port = {traced_read, traced_write, traced_sync, NULL, IMAGE_SIZE};
        fixture.card.nvm.port = &port;
        trace = 1;
        CU_ASSERT_EQUAL(ask(ask_verify, wrong[i], NULL), 0x63C2);
        if (i == 0)
            first = trace;
        CU_ASSERT_EQUAL(trace, first);
    }
    CU_ASSERT_NOT_EQUAL(first, 1);
}

/// Nothing of the digits stays in the card's working memory after power-off.
static void test_no_trace(void) {
    static const uint8_t zeros[sizeof(struct card)];
    fresh();
    CU_ASSERT_EQUAL(ask(ask_change, "1234", "567890"), SW_OK);
    card_power_off(&fixture.card);
    CU_ASSERT_EQUAL(memcmp(&fixture.card, zeros, sizeof fixture.card), 0);
}

int main(int argc, char **argv) {
    static const struct suite_test tests[] = {
        {"tries are counted and come back", test_counting, NULL},
        {"lengths and missing PINs cost no try", test_lengths, NULL},
        {"change, unblock, PUK block", test_change_and_unblock, NULL},
        {"no power cut gains a try", test_cuts_gain_nothing, NULL},
        {"the try falls before the comparison", test_try_falls_first, NULL},
        {"the same path for every wrong PIN", test_same_path, NULL},
        {"power off erases the digits", test_no_trace, NULL},
    };
    crypto = crypto_openssl_new();
    if (crypto == NULL)
        return 2;
    int status = suite_main("test-pin", tests, sizeof tests / sizeof *tests, argc, argv);
    crypto_openssl_free(crypto);
    return status;
}

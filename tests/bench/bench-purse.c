// SPDX-License-Identifier: Apache-2.0
// What DEBIT and CREDIT cost on top of the OpenSSL primitives that they cannot do without (one
// verification, one signature) and, on the file port, of bare writes and syncs; whether they stay
// flat over ten thousand transfers in time and memory; how many APDUs and octets a tap takes.
#include "card/port/file.h"
#include "tests/bench/bench.h"
#include "tests/kit/clearing.h"
#include "tests/kit/image.h"
#include "tests/kit/scene/scene.h"

#include <fcntl.h>
#include <malloc.h>
#include <openssl/ec.h>
#include <openssl/evp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum {
    TRANSFERS = 10000,
    FILE_TRANSFERS = 1500,
    SETTLE_EVERY = 900,
    DAY = 800,
    HOUR = 64,
    LOOKS = 200,
    END = 1000,
    RECORD = 1024
};

static const double GOAL_MEMORY = 1.15, GOAL_FILE = 1.25, GOAL_FLAT = 1.1, GOAL_READS = 40,
                    GOAL_WINDOW = 1.1;

static struct scene *scene;
static struct scene_card *wallet, *till, *machine;
static struct crypto *fast; // the system's random generator: a seeded card signs more slowly

static void must(bool good, const char *what) {
    if (good)
        return;
    fprintf(stderr, "bench-purse: %s\n", what);
    exit(1);
}

// ---- primitives --------------------------------------------------------------------------------

static struct {
    EVP_MD *sha256;
    EVP_MD_CTX *digest;
    EVP_PKEY *key;
    EVP_PKEY_CTX *sign, *verify;
    uint8_t signature[80];
    size_t signature_size;
} bare;

static void bare_digest(size_t size, uint8_t out[SHA256_SIZE]) {
    static const uint8_t message[256];
    must(EVP_DigestInit_ex2(bare.digest, bare.sha256, NULL) == 1 &&
             EVP_DigestUpdate(bare.digest, message, size) == 1 &&
             EVP_DigestFinal_ex(bare.digest, out, NULL) == 1,
         "digest failed");
}

static void bare_open(void) {
    uint8_t digest[SHA256_SIZE];
    bare.sha256 = EVP_MD_fetch(NULL, "SHA256", NULL);
    bare.digest = EVP_MD_CTX_new();
    bare.key = EVP_EC_gen("P-256");
    must(bare.sha256 != NULL && bare.digest != NULL && bare.key != NULL, "no bare primitives");
    bare.sign = EVP_PKEY_CTX_new(bare.key, NULL);
    bare.verify = EVP_PKEY_CTX_new(bare.key, NULL);
    must(EVP_PKEY_sign_init(bare.sign) == 1 && EVP_PKEY_verify_init(bare.verify) == 1,
         "bare keys not prepared");
    bare_digest(200, digest);
    bare.signature_size = sizeof bare.signature;
    must(EVP_PKEY_sign(bare.sign, bare.signature, &bare.signature_size, digest, sizeof digest) == 1,
         "bare signature failed");
}

/// One object verified, one signed: what DEBIT and CREDIT are made of. Microseconds.
static double bare_us(void) {
    uint8_t digest[SHA256_SIZE], made[80];
    size_t size = sizeof made;
    double begin = bench_now_us();
    bare_digest(200, digest);
    must(EVP_PKEY_verify(bare.verify, bare.signature, bare.signature_size, digest, sizeof digest) ==
             1,
         "bare verification failed");
    bare_digest(200, digest);
    must(EVP_PKEY_sign(bare.sign, made, &size, digest, sizeof digest) == 1,
         "bare signature failed");
    return bench_now_us() - begin;
}

/// One bare write with its sync, as large as a commit, in a file as large as an image.
static double write_us(int file, unsigned round) {
    static const uint8_t octets[RECORD];
    double begin = bench_now_us();
    must(pwrite(file, octets, sizeof octets, (off_t)(round % 2) * RECORD) == RECORD &&
             fdatasync(file) == 0,
         "bare write failed");
    return bench_now_us() - begin;
}

// ---- transfers ---------------------------------------------------------------------------------

/// The till hands in what it sold, so that its window never fills.
static void settle(void) {
    scene_show_center(till);
    must(clearing_close(till) == SW_OK, "batch or settlement refused");
    scene_introduce(wallet, till);
}

/// Commands on the clock, without what the test scene does around them.
static double timed(uint16_t (*step)(struct scene_payment *payment),
                    struct scene_payment *payment) {
    double begin = bench_now_us();
    must(step(payment) == SW_OK, "a step of a transfer was refused");
    return bench_now_us() - begin;
}

static void transfer(double *debit, double *credit) {
    struct scene_payment payment = scene_payment(wallet, till, 1, "bench");
    must(scene_step_request(&payment) == SW_OK, "REQUEST refused");
    *debit = timed(scene_step_debit, &payment);
    *credit = timed(scene_step_credit, &payment);
    must(scene_step_ratify(&payment) == SW_OK, "RATIFY refused");
}

/// Octets in use on the heap, of everything in this process.
static double heap_octets(void) {
    return (double)mallinfo2().uordblks;
}

static double median_of(const double *values, size_t from, size_t count) {
    static double sorted[TRANSFERS];
    memcpy(sorted, values + from, count * sizeof *values);
    return bench_median(sorted, count);
}

static void print_ratio(const char *name, const double *own, const double *base, size_t count,
                        double goal) {
    bench_print(name, median_of(own, 0, count) / median_of(base, 0, count), "ratio", goal);
}

static void settle_if_due(size_t done) {
    if ((done + 1) % SETTLE_EVERY == 0)
        settle();
}

static void measure_memory(void) {
    static double debit[TRANSFERS], credit[TRANSFERS], base[TRANSFERS];
    double before = 0;
    for (size_t i = 0; i < TRANSFERS; i++) {
        if (i == END)
            before = heap_octets();
        base[i] = bare_us();
        transfer(&debit[i], &credit[i]);
        settle_if_due(i);
    }
    double growth = heap_octets() - before; // before stdio takes its buffer
    bench_print("verify and sign, bare", median_of(base, 0, TRANSFERS), "us", -1);
    bench_print("DEBIT, memory port", median_of(debit, 0, TRANSFERS), "us", -1);
    bench_print("CREDIT, memory port", median_of(credit, 0, TRANSFERS), "us", -1);
    print_ratio("DEBIT / primitives, memory port", debit, base, TRANSFERS, GOAL_MEMORY);
    print_ratio("CREDIT / primitives, memory port", credit, base, TRANSFERS, GOAL_MEMORY);
    double drift =
        (median_of(debit, TRANSFERS - END, END) / median_of(base, TRANSFERS - END, END)) /
        (median_of(debit, 0, END) / median_of(base, 0, END));
    bench_print("DEBIT, last 1000 / first 1000 of 10000", drift, "ratio", GOAL_FLAT);
    bench_print("heap growth over 9000 transfers", growth, "octets", 1024);
}

// ---- reads -------------------------------------------------------------------------------------

static unsigned reads;

static bool counted_read(const struct nvm_port *port, uint32_t offset, uint8_t *out, size_t size) {
    const struct scene_card *card = port->context;
    reads++;
    return card->port.nvm.read(&card->port.nvm, offset, out, size);
}

static bool counted_write(const struct nvm_port *port, uint32_t offset, const uint8_t *data,
                          size_t size) {
    const struct scene_card *card = port->context;
    return card->port.nvm.write(&card->port.nvm, offset, data, size);
}

static bool counted_sync(const struct nvm_port *port) {
    const struct scene_card *card = port->context;
    return card->port.nvm.sync(&card->port.nvm);
}

/// How often one command reads its memory, its commit included.
static void measure_reads(void) {
    const struct nvm_port payer = {counted_read, counted_write, counted_sync, wallet, wallet->size};
    const struct nvm_port payee = {counted_read, counted_write, counted_sync, till, till->size};
    wallet->ports.nvm = &payer;
    till->ports.nvm = &payee;
    scene_power(wallet);
    scene_power(till);
    scene_introduce(wallet, till);
    struct scene_payment payment = scene_payment(wallet, till, 1, "reads");
    must(scene_select(wallet, &payment.selected) == SW_OK, "SELECT refused");
    reads = 0;
    must(scene_step_request(&payment) == SW_OK, "REQUEST refused");
    bench_print("SELECT and REQUEST, reads of memory", reads, "reads", -1);
    reads = 0;
    must(scene_step_debit(&payment) == SW_OK, "DEBIT refused");
    bench_print("DEBIT, reads of memory", reads, "reads", GOAL_READS);
    reads = 0;
    must(scene_step_credit(&payment) == SW_OK, "CREDIT refused");
    bench_print("CREDIT, reads of memory", reads, "reads", -1);
    must(scene_step_ratify(&payment) == SW_OK, "RATIFY refused");
    wallet->ports.nvm = &wallet->port.nvm;
    till->ports.nvm = &till->port.nvm;
    scene_power(wallet);
    scene_power(till);
    scene_introduce(wallet, till);
}

// ---- a long window -----------------------------------------------------------------------------

/// One number, handed out and void again. Microseconds of its REQUEST.
static double ask_once(void) {
    struct scene_payment payment = scene_payment(wallet, till, 1, "asked");
    must(scene_select(wallet, &payment.selected) == SW_OK, "SELECT refused");
    payment.terms.counter = payment.selected.counter;
    memcpy(payment.terms.challenge, payment.selected.challenge, 16);
    double begin = bench_now_us();
    must(scene_request(till, &payment.terms, &payment.request) == SW_OK, "REQUEST refused");
    double us = bench_now_us() - begin;
    struct object request;
    must(object_decode(scene_bytes(&payment.request), &request), "no request");
    payment.n = (uint32_t)object_uint(&request, FIELD_N);
    must(scene_step_void(&payment) == SW_OK, "VOID refused");
    return us;
}

/// Median REQUEST behind so many numbers of a till's window.
static double request_behind(unsigned numbers) {
    static double us[LOOKS];
    settle();
    for (unsigned i = 0; i < numbers; i++)
        ask_once();
    for (size_t i = 0; i < LOOKS; i++)
        us[i] = ask_once();
    return bench_median(us, LOOKS);
}

static void measure_window(void) {
    ask_once(); // something to settle
    double hour = request_behind(HOUR), day = request_behind(DAY);
    bench_print("REQUEST behind 64 numbers of a till", hour, "us", -1);
    bench_print("REQUEST behind 800 numbers of a till", day, "us", -1);
    bench_print("REQUEST behind 800 numbers / behind 64", day / hour, "ratio", GOAL_WINDOW);
    settle();
}

// ---- file port ---------------------------------------------------------------------------------

static void onto_file(struct scene_card *card, const char *directory, struct file_port *port) {
    char path[TEST_PATH_MAX];
    snprintf(path, sizeof path, "%.200s/%s", directory, card->holder);
    must(file_image_write(path, bytes_of(card->image, card->size), false) == FILE_OK &&
             file_port_open(port, path, FILE_DURABLE) == FILE_OK,
         "image file not made");
    card->ports.nvm = &port->nvm;
    scene_power(card);
}

static void measure_file(void) {
    static double debit[FILE_TRANSFERS], credit[FILE_TRANSFERS], base[FILE_TRANSFERS];
    static struct file_port ports[2];
    char directory[TEST_PATH_MAX], path[TEST_PATH_MAX];
    test_directory_make(directory);
    snprintf(path, sizeof path, "%.200s/bare", directory);
    int file = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    must(file >= 0 && ftruncate(file, NVM_IMAGE_SIZE) == 0, "bare file not made");
    onto_file(wallet, directory, &ports[0]);
    onto_file(till, directory, &ports[1]);
    scene_introduce(wallet, till);
    for (size_t i = 0; i < FILE_TRANSFERS; i++) {
        base[i] = bare_us() + write_us(file, (unsigned)i);
        transfer(&debit[i], &credit[i]);
        settle_if_due(i);
    }
    bench_print("verify, sign, one write and sync, bare", median_of(base, 0, FILE_TRANSFERS), "us",
                -1);
    bench_print("DEBIT, file port", median_of(debit, 0, FILE_TRANSFERS), "us", -1);
    print_ratio("DEBIT / (primitives + 1 write and sync), file port", debit, base, FILE_TRANSFERS,
                GOAL_FILE);
    print_ratio("CREDIT / (primitives + 1 write and sync), file port", credit, base, FILE_TRANSFERS,
                GOAL_FILE);
    close(file);
    wallet->ports.nvm = &wallet->port.nvm;
    till->ports.nvm = &till->port.nvm;
    scene_power(wallet);
    scene_power(till);
    file_port_close(&ports[0]);
    file_port_close(&ports[1]);
    test_directory_remove(directory);
}

// ---- a tap -------------------------------------------------------------------------------------

static void print_tap(const char *name, const struct scene_card *card, unsigned apdus,
                      size_t octets) {
    char label[96];
    snprintf(label, sizeof label, "%s, APDUs", name);
    bench_print(label, card->apdus, "APDUs", apdus);
    snprintf(label, sizeof label, "%s, octets", name);
    bench_print(label, (double)card->wire, "octets", (double)octets);
}

static void count_from_here(struct scene_card *card) {
    card->apdus = 0;
    card->wire = 0;
}

/// A payment over the air: SELECT, (EXCHANGE CERTIFICATES), DEBIT, RATIFY reach the wallet. A full
/// reference, and for content a policy: the longest request there is.
static void tap_payment(const char *name, bool first, const uint8_t *policy, unsigned apdus,
                        size_t octets) {
    struct scene_payment payment = scene_payment(wallet, till, 1000, "0123456789ABCDEF");
    payment.terms.policy_hash = policy;
    must(scene_select(till, NULL) == SW_OK, "SELECT refused");
    count_from_here(wallet);
    must(scene_select(wallet, &payment.selected) == SW_OK, "SELECT refused");
    if (first) {
        must(scene_send(wallet, COMMAND_PURSE_EXCHANGE_CERTIFICATES, till->certificate) == SW_OK &&
                 scene_send(till, COMMAND_PURSE_EXCHANGE_CERTIFICATES, wallet->answer) == SW_OK,
             "EXCHANGE refused");
    }
    payment.terms.counter = payment.selected.counter;
    memcpy(payment.terms.challenge, payment.selected.challenge, 16);
    must(scene_request(till, &payment.terms, &payment.request) == SW_OK &&
             scene_step_debit(&payment) == SW_OK && scene_step_credit(&payment) == SW_OK &&
             scene_step_ratify(&payment) == SW_OK,
         "a payment was refused");
    print_tap(name, wallet, apdus, octets);
}

/// A deposit over the air: SELECT, (EXCHANGE CERTIFICATES), REQUEST, CREDIT reach the wallet.
static void tap_deposit(const char *name, bool first, unsigned apdus, size_t octets) {
    struct scene_payment payment = scene_payment(machine, wallet, 1000, "0123456789ABCDEF");
    must(scene_select(machine, &payment.selected) == SW_OK, "SELECT refused");
    count_from_here(wallet);
    must(scene_select(wallet, NULL) == SW_OK, "SELECT refused");
    if (first) {
        must(scene_send(wallet, COMMAND_PURSE_EXCHANGE_CERTIFICATES, machine->certificate) ==
                     SW_OK &&
                 scene_send(machine, COMMAND_PURSE_EXCHANGE_CERTIFICATES, wallet->answer) == SW_OK,
             "EXCHANGE refused");
    }
    payment.terms.counter = payment.selected.counter;
    memcpy(payment.terms.challenge, payment.selected.challenge, 16);
    must(scene_request(wallet, &payment.terms, &payment.request) == SW_OK &&
             scene_step_debit(&payment) == SW_OK && scene_step_credit(&payment) == SW_OK,
         "a deposit was refused");
    print_tap(name, wallet, apdus, octets);
    must(scene_step_ratify(&payment) == SW_OK, "RATIFY refused");
}

// ---- scene -------------------------------------------------------------------------------------

static struct scene_card *add(const char *holder, uint16_t roles) {
    const struct scene_profile profile = {.user = "USER1",
                                          .no_pin_single = 1000000,
                                          .no_pin_sum = 1000000000,
                                          .no_pin_count = 60000,
                                          .offline_count = 100000,
                                          .offline_sum = 1000000000,
                                          .free_reading = true};
    struct scene_card *card = scene_add(scene, holder, roles, &profile);
    card->ports.crypto = fast;
    scene_power(card);
    return card;
}

int main(void) {
    static const uint8_t policy[SHA256_SIZE] = {1};
    fast = crypto_openssl_new();
    must(fast != NULL, "no crypto");
    bare_open();
    scene = scene_open(1);
    // references of twelve octets: the longest that there are
    wallet = add("WALLET000001", ROLE_WALLET);
    till = add("TILL00000001", ROLE_TILL);
    machine = add("FLOAT0000001", ROLE_FLOAT);
    must(scene_issue(wallet, 1000000) == SW_OK && scene_issue(machine, 1000000) == SW_OK,
         "issue refused");
    scene_introduce(wallet, till);
    measure_memory();
    measure_reads();
    measure_window();
    measure_file();
    wallet = add("WALLET000002", ROLE_WALLET);
    must(scene_issue(wallet, 9000) == SW_OK, "issue refused");
    tap_payment("payment for content, first meeting", true, policy, 4, 1200);
    tap_payment("payment for content", false, policy, 3, 700);
    tap_payment("payment", false, NULL, 3, 650);
    tap_deposit("deposit, first meeting", true, 4, 1200);
    tap_deposit("deposit", false, 3, 700);
    scene_close(scene);
    crypto_openssl_free(fast);
    return 0;
}

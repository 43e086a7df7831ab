// SPDX-License-Identifier: Apache-2.0
// Torn taps through real libnfc: a card that leaves before and within every frame, and seeded
// SIGKILLs of either program. After one further tap the money adds up and each sale is paid once.
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "host/flows/flow.h"
#include "readers/control.h"
#include "readers/link/link_open.h"
#include "tests/kit/daemon.h"
#include "tests/kit/sale_memory.h"
#include "tests/kit/suite.h"

enum {
    LONG_MS = 20000,
    WAIT_MS = 5000,
    ABSENT_MS = 250,
    AMOUNT = 1000,
    START = 100000,
    KILLS = 30,
    UNIT_YEN = 392
};

struct kiosk {
    char directory[DAEMON_PATH_MAX];
    struct daemon field, phone;
    struct link *air;
};

// ---- programs -------------------------------------------------------------------------------

// Runs "tessera WORDS", where %s stands for the directory.
static int tessera(const struct kiosk *kiosk, const char *format) {
    char line[4 * DAEMON_PATH_MAX], log[DAEMON_PATH_MAX + 16], *argv[24], *rest = NULL;
    size_t count = 0;
    const char *d = kiosk->directory;
    // cppcheck-suppress wrongPrintfScanfArgNum ; formats that name fewer are meant
    snprintf(line, sizeof line, format, d, d, d, d);
    for (char *word = strtok_r(line, " ", &rest); word != NULL; word = strtok_r(NULL, " ", &rest))
        argv[count++] = word;
    argv[count] = NULL;
    snprintf(log, sizeof log, "%s/tool.log", d);
    return daemon_run(log, argv, LONG_MS);
}

static bool order(const struct kiosk *kiosk, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

static bool order(const struct kiosk *kiosk, const char *format, ...) {
    char path[DAEMON_PATH_MAX + 16], line[CONTROL_LINE_MAX], reply[CONTROL_LINE_MAX];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(line, sizeof line, format, arguments);
    va_end(arguments);
    snprintf(path, sizeof path, "%s/control", kiosk->directory);
    return control_ask(path, line, WAIT_MS, reply, sizeof reply) && strncmp(reply, "ok", 2) == 0;
}

static bool make_cards(const struct kiosk *kiosk) {
    return tessera(kiosk, "tessera ca init %s/ca") == 0 &&
           tessera(kiosk, "tessera card new --ca %s/ca --role wallet --id wallet1 --out "
                          "%s/wallet.first") == 0 &&
           tessera(kiosk, "tessera card new --ca %s/ca --role till --id till1 --out "
                          "%s/till.first") == 0 &&
           tessera(kiosk, "tessera purse issue emu:%s/wallet.first --ca %s/ca --amount 100000") ==
               0;
}

static bool kiosk_start(struct kiosk *kiosk) {
    char log[DAEMON_PATH_MAX + 16];
    char *argv[] = {"tessera-field", "--dir",    kiosk->directory, "--reader",
                    "kiosk",         "--reader", "phone",          NULL};
    memset(kiosk, 0, sizeof *kiosk);
    setenv("LIBNFC_AUTO_SCAN", "false", 1);
    setenv("TESSERA_LAB", "1", 1);
    if (!daemon_directory(kiosk->directory) || !make_cards(kiosk))
        return false;
    snprintf(log, sizeof log, "%s/field.log", kiosk->directory);
    return daemon_start(&kiosk->field, log, argv) && daemon_await(&kiosk->field, "ready", LONG_MS);
}

static void kiosk_stop(struct kiosk *kiosk) {
    link_close(kiosk->air);
    daemon_end(&kiosk->phone, SIGTERM, WAIT_MS);
    CU_ASSERT(daemon_end(&kiosk->field, SIGTERM, WAIT_MS) == 0);
    daemon_remove_directory(kiosk->directory);
}

static bool copy(const struct kiosk *kiosk, const char *from, const char *to) {
    char line[128];
    snprintf(line, sizeof line, "cp %%s/%s %%s/%s", from, to);
    return tessera(kiosk, line) == 0;
}

static struct link *open_link(const struct kiosk *kiosk, const char *format) {
    char name[DAEMON_PATH_MAX + 64];
    struct link_failure failure;
    snprintf(name, sizeof name, format, kiosk->directory);
    struct link_options options = {.wait_ms = ABSENT_MS};
    struct link *link = link_open(name, &options, &failure);
    if (link == NULL)
        printf("%s\n", failure.text);
    return link;
}

// ---- money ----------------------------------------------------------------------------------

static uint64_t balance_over(struct link *link) {
    static struct purse_client client;
    struct purse_pocket pockets[PURSE_POCKETS_MAX];
    size_t count = 0;
    client_over(&client, link);
    if (client_select(&client) != PURSE_OK ||
        client_read_pockets(&client, pockets, &count) != PURSE_OK)
        return UINT64_MAX;
    for (size_t i = 0; i < count; i++)
        if (pockets[i].unit == UNIT_YEN)
            return pockets[i].balance;
    return UINT64_MAX;
}

static uint64_t balance_of(const struct kiosk *kiosk, const char *format) {
    struct link *link = open_link(kiosk, format);
    uint64_t balance = link != NULL ? balance_over(link) : UINT64_MAX;
    link_close(link);
    return balance;
}

static enum flow_status pay(struct link *wallet, struct link *till, struct sale_memory *sale,
                            bool recover) {
    static struct purse_client payer, payee;
    struct flow flow;
    client_over(&payer, wallet);
    client_over(&payee, till);
    flow_over(&flow, &payer, &payee, &payer);
    flow.journal = &sale->journal;
    flow.terms.amount = AMOUNT;
    flow.terms.unit = UNIT_YEN;
    purse_terms_refer(&flow.terms, REFERENCE_GOODS, "SALE1");
    if (recover)
        recovery_run(&flow);
    else
        payment_run(&flow);
    return flow.status;
}

// ---- every frame ----------------------------------------------------------------------------

struct figures {
    unsigned taps, open, done, absent, violations;
};

static bool lay_fresh_wallet(const struct kiosk *kiosk) {
    order(kiosk, "untap kiosk"); // it may have left by itself
    return copy(kiosk, "wallet.met", "wallet.trm") && copy(kiosk, "till.met", "till.trm") &&
           order(kiosk, "tap %s/wallet.trm kiosk", kiosk->directory);
}

static enum flow_status tap_once(struct kiosk *kiosk, struct link *till, struct sale_memory *sale,
                                 bool recover) {
    if (link_reset(kiosk->air, LINK_RESET_COLD, NULL, 0, NULL) != LINK_OK)
        return FLOW_ABSENT;
    return pay(kiosk->air, till, sale, recover);
}

// Lays the wallet down again wherever it went, and taps once more.
static void judge(struct kiosk *kiosk, struct link *till, struct sale_memory *sale, bool recover,
                  struct figures *figures, unsigned frame) {
    order(kiosk, "untap kiosk");
    order(kiosk, "untap %s/wallet.trm", kiosk->directory);
    bool laid = order(kiosk, "tap %s/wallet.trm kiosk", kiosk->directory);
    enum flow_status status = tap_once(kiosk, till, sale, recover);
    uint64_t wallet = balance_over(kiosk->air), other = balance_over(till);
    bool paid = wallet == START - 2 * AMOUNT && other == 2 * AMOUNT;
    bool not_paid = wallet == START - AMOUNT && other == AMOUNT;
    if (laid && status == FLOW_DONE && (paid || (recover && not_paid)))
        return;
    figures->violations++;
    printf("frame %u: status %d, wallet %llu, till %llu\n", frame, (int)status,
           (unsigned long long)wallet, (unsigned long long)other);
}

// False when the tap had fewer frames than that.
static bool tear_at(struct kiosk *kiosk, unsigned frame, const char *when, bool recover,
                    struct figures *figures) {
    struct sale_memory sale;
    char status[CONTROL_LINE_MAX], path[DAEMON_PATH_MAX + 16], here[DAEMON_PATH_MAX + 32];
    sale_memory_init(&sale);
    if (!lay_fresh_wallet(kiosk) ||
        !order(kiosk, "leave %s/wallet.trm %u %s", kiosk->directory, frame, when)) {
        figures->violations++;
        return false;
    }
    struct link *till = open_link(kiosk, "emu:%s/till.trm");
    enum flow_status outcome = tap_once(kiosk, till, &sale, false);
    snprintf(path, sizeof path, "%s/control", kiosk->directory);
    snprintf(here, sizeof here, "%s/wallet.trm@kiosk", kiosk->directory);
    bool stayed =
        control_ask(path, "status", WAIT_MS, status, sizeof status) && strstr(status, here) != NULL;
    figures->taps++;
    figures->open += outcome == FLOW_OPEN;
    figures->done += outcome == FLOW_DONE;
    figures->absent += outcome == FLOW_ABSENT;
    judge(kiosk, till, &sale, recover, figures, frame);
    link_close(till);
    return !stayed;
}

static void test_every_frame(void) {
    struct kiosk kiosk;
    struct figures figures = {0};
    struct sale_memory sale;
    sale_memory_init(&sale);
    CU_ASSERT_FATAL(kiosk_start(&kiosk));
    CU_ASSERT(copy(&kiosk, "wallet.first", "wallet.met") && copy(&kiosk, "till.first", "till.met"));
    CU_ASSERT(tessera(&kiosk, "tessera purse transfer emu:%s/wallet.met emu:%s/till.met --amount "
                              "1000 --ref SALE0") == 0);
    CU_ASSERT(lay_fresh_wallet(&kiosk));
    CU_ASSERT_FATAL((kiosk.air = open_link(&kiosk, "nfc:pn532_uart:%s/kiosk:115200,tap-ms=3000")) !=
                    NULL);
    unsigned frames = 0;
    for (bool more = true; more && frames < 200; frames++) {
        more = tear_at(&kiosk, frames, "before", frames % 2 == 0, &figures);
        if (more)
            tear_at(&kiosk, frames, "during", frames % 2 != 0, &figures);
    }
    printf("torn taps over libnfc: %u frames, %u taps, %u open, %u done, %u absent, %u "
           "violations\n",
           frames - 1, figures.taps, figures.open, figures.done, figures.absent,
           figures.violations);
    CU_ASSERT(figures.violations == 0);
    CU_ASSERT(frames > 15 && figures.open > 4 && figures.absent > 10);
    kiosk_stop(&kiosk);
}

// ---- killed programs --------------------------------------------------------------------------

static bool start_phone(struct kiosk *kiosk) {
    char device[DAEMON_PATH_MAX + 64], image[DAEMON_PATH_MAX + 16], log[DAEMON_PATH_MAX + 16];
    char *argv[] = {"tessera", "card", "run", image, "--nfc", device, NULL};
    snprintf(device, sizeof device, "pn532_uart:%s/phone:115200", kiosk->directory);
    snprintf(image, sizeof image, "%s/wallet.first", kiosk->directory);
    snprintf(log, sizeof log, "%s/phone.log", kiosk->directory);
    return daemon_start(&kiosk->phone, log, argv) && daemon_await(&kiosk->phone, "ready", LONG_MS);
}

struct transfer {
    char payer[DAEMON_PATH_MAX + 64], payee[DAEMON_PATH_MAX + 16], log[DAEMON_PATH_MAX + 16];
    char state[DAEMON_PATH_MAX + 16], reference[16];
    char *argv[16];
};

static void transfer_make(struct transfer *transfer, const struct kiosk *kiosk, unsigned number) {
    const char *d = kiosk->directory;
    char *argv[] = {"tessera",           "purse",    "transfer",      transfer->payer,
                    transfer->payee,     "--amount", "1000",          "--ref",
                    transfer->reference, "--state",  transfer->state, NULL};
    snprintf(transfer->payer, sizeof transfer->payer, "nfc:pn532_uart:%s/kiosk:115200", d);
    snprintf(transfer->payee, sizeof transfer->payee, "emu:%s/till.first", d);
    snprintf(transfer->state, sizeof transfer->state, "%s/sales", d);
    snprintf(transfer->log, sizeof transfer->log, "%s/transfer.log", d);
    snprintf(transfer->reference, sizeof transfer->reference, "KILL%u", number);
    memcpy(transfer->argv, argv, sizeof argv);
}

static int64_t now_us(void) {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000000 + now.tv_nsec / 1000;
}

// One payment with a program killed on the way, and the further tap. False: not paid once.
static bool killed_and_tapped(struct kiosk *kiosk, unsigned number, long after_us, bool phone) {
    struct transfer transfer;
    struct daemon program;
    transfer_make(&transfer, kiosk, number);
    if (!daemon_start(&program, transfer.log, transfer.argv))
        return false;
    struct timespec pause = {after_us / 1000000, after_us % 1000000 * 1000};
    nanosleep(&pause, NULL); // the moment of the kill is the test's parameter
    if (phone) {
        daemon_end(&kiosk->phone, SIGKILL, WAIT_MS);
        bool again = start_phone(kiosk);
        daemon_end(&program, 0, LONG_MS);
        if (!again)
            return false;
    } else {
        daemon_end(&program, SIGKILL, WAIT_MS);
    }
    int code = daemon_run(transfer.log, transfer.argv, LONG_MS);
    if (code != 0)
        printf("kill %u of the %s after %ld us: further tap gave %d\n", number,
               phone ? "phone" : "kiosk", after_us, code);
    return code == 0;
}

static void test_killed_programs(void) {
    struct kiosk kiosk;
    struct transfer transfer;
    unsigned violations = 0, phones = 0;
    CU_ASSERT_FATAL(kiosk_start(&kiosk));
    CU_ASSERT(order(&kiosk, "tap phone kiosk") && start_phone(&kiosk));
    CU_ASSERT(tessera(&kiosk, "mkdir %s/sales") == 0);
    transfer_make(&transfer, &kiosk, 0);
    int64_t start = now_us();
    CU_ASSERT_FATAL(daemon_run(transfer.log, transfer.argv, LONG_MS) == 0);
    int64_t whole = now_us() - start;
    srandom(5);
    for (unsigned i = 1; i <= KILLS; i++) {
        // the first half of a run is the start of the program and of libnfc
        long after = (long)(whole * 2 / 5) + random() % (long)(whole * 3 / 5 + 1);
        phones += i % 2;
        violations += !killed_and_tapped(&kiosk, i, after, i % 2 != 0);
    }
    daemon_end(&kiosk.phone, SIGTERM, WAIT_MS);
    uint64_t wallet = balance_of(&kiosk, "emu:%s/wallet.first");
    uint64_t till = balance_of(&kiosk, "emu:%s/till.first");
    printf("killed programs: %d kills (%u of the phone), wallet %llu, till %llu, %u violations\n",
           KILLS, phones, (unsigned long long)wallet, (unsigned long long)till, violations);
    CU_ASSERT(violations == 0);
    CU_ASSERT(till == (uint64_t)AMOUNT * (KILLS + 1) && wallet + till == START);
    kiosk_stop(&kiosk);
}

static const struct suite_test tests[] = {
    {"torn taps over libnfc at every frame", test_every_frame, "P2-25"},
    {"seeded kills of phone and kiosk", test_killed_programs, NULL},
};

int main(int argc, char **argv) {
    return suite_main("test-nfc-torn", tests, sizeof tests / sizeof tests[0], argc, argv);
}

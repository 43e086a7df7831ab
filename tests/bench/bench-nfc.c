// SPDX-License-Identifier: Apache-2.0
// What our card costs on the virtual chip behind libnfc against a card that only echoes, in one
// field and in turns; what a whole payment tap takes, a thousand times over, and whether field and
// link stay as they are.
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "host/flows/flow.h"
#include "readers/link/link_open.h"
#include "tests/bench/bench.h"
#include "tests/kit/daemon.h"

enum {
    ROUNDS = 5000,
    TAPS = 1000,
    TENTH = TAPS / 10,
    TILLS = 5, // each takes 256 payments before it must settle
    READY_MS = 20000,
    UNIT_YEN = 392
};

static const double GOAL_RATIO = 1.2, GOAL_TAP_MS = 20, GOAL_AIR_MS = 75, GOAL_FIRST_MS = 130,
                    GOAL_MOVE_MS = 130, GOAL_FLAT = 1.1, GOAL_GROWTH_KB = 512;

static char directory[DAEMON_PATH_MAX];
static struct daemon field;

static void must(bool good, const char *what) {
    if (good)
        return;
    fprintf(stderr, "bench-nfc: %s\n", what);
    daemon_end(&field, SIGKILL, 1000);
    exit(1);
}

// Runs a line for the shell in the directory.
static void run(const char *line) {
    char command[4 * DAEMON_PATH_MAX];
    snprintf(command, sizeof command, "cd %s && %s", directory, line);
    must(system(command) == 0, line);
}

// A ticket moved from the phone in the field to a home server, with the longest key and where the
// two have met; the source is on the air.
static void move_ticket(void) {
    run("{ umask 077 && echo 135790 >pin && head -c 48 /dev/urandom | base64 -w 0 >key && "
        "tessera card new --ca ca --role store --id PHONE-000001 --out p.trm --pin-fd 3 3<pin && "
        "tessera card new --ca ca --role home --id HOME-0000001 --out h.trm --pin-fd 3 3<pin && "
        "tessera device add p.trm HOME-0000001 --pin-fd 3 3<pin && "
        "tessera device add h.trm PHONE-000001 --pin-fd 3 3<pin && "
        "tessera ticket issue p.trm --ca ca --number NO_1 --content ID_0001 --key key --plays 3 && "
        "tessera ticket show p.trm NO_1 --json | sed 's/.*\"ticket\":\"\\([0-9a-f]*\\).*/\\1/' "
        ">name && "
        "tessera ticket move p.trm h.trm NO_1 && tessera ticket move h.trm p.trm NO_1; } >log "
        "2>&1");
    run("tessera lab run --nfc-reader kiosk --tap p.trm@kiosk --nfc-trace move.pcapng -- sh -c "
        "'tessera ticket move \"nfc:$TESSERA_NFC_KIOSK\" emu:h.trm $(cat name) >log'");
}

static void prepare(void) {
    char log[DAEMON_PATH_MAX + 16], wallet[DAEMON_PATH_MAX + 32];
    char *argv[] = {"tessera-field", "--dir", directory, "--reader", "kiosk",      "--reader",
                    "other",         "--tap", wallet,    "--tap",    "echo@other", NULL};
    setenv("LIBNFC_AUTO_SCAN", "false", 1);
    must(daemon_directory(directory), "no directory");
    run("{ tessera ca init ca && tessera card new --ca ca --role wallet --id wallet1 --out w.trm "
        "&& "
        "for t in 0 1 2 3 4; do tessera card new --ca ca --role till --id till$t --out t$t.trm || "
        "exit 1; done && "
        "tessera purse issue emu:w.trm --ca ca --amount 1000000; } >log 2>&1");
    run("tessera lab run --nfc-reader kiosk --tap w.trm@kiosk --nfc-trace first.pcapng -- sh -c "
        "'tessera purse transfer \"nfc:$TESSERA_NFC_KIOSK\" emu:t0.trm --amount 1 >log'");
    run("tessera lab run --nfc-reader kiosk --tap w.trm@kiosk --nfc-trace next.pcapng -- sh -c "
        "'tessera purse transfer \"nfc:$TESSERA_NFC_KIOSK\" emu:t0.trm --amount 1 >log'");
    move_ticket();
    snprintf(wallet, sizeof wallet, "%s/w.trm@kiosk", directory);
    snprintf(log, sizeof log, "%s/field.log", directory);
    must(daemon_start(&field, log, argv) && daemon_await(&field, "ready", READY_MS),
         "the field does not start");
}

static struct link *open_reader(const char *reader) {
    char name[DAEMON_PATH_MAX + 64];
    struct link_failure failure = {LINK_OK, ""};
    snprintf(name, sizeof name, reader[0] == '/' ? "emu:%s%s" : "nfc:pn532_uart:%s/%s:115200",
             directory, reader);
    struct link *link = link_open(name, NULL, &failure);
    must(link != NULL, failure.text);
    return link;
}

// ---- round trips ------------------------------------------------------------------------------

static double one(struct link *link) {
    static const uint8_t command[] = {0xFF, 0xCA, 0x00, 0x00, 0x00};
    uint8_t answer[300];
    size_t size;
    double begin = bench_now_us();
    must(link_transmit(link, bytes_of(command, sizeof command), answer, sizeof answer, &size) ==
             LINK_OK,
         link->error);
    return bench_now_us() - begin;
}

static void round_trips(struct link *card, struct link *echo) {
    static double ours[ROUNDS], theirs[ROUNDS];
    for (size_t i = 0; i < ROUNDS / 10; i++) {
        one(card);
        one(echo);
    }
    for (size_t i = 0; i < ROUNDS; i++) {
        ours[i] = one(card);
        theirs[i] = one(echo);
    }
    double card_us = bench_median(ours, ROUNDS), echo_us = bench_median(theirs, ROUNDS);
    bench_print("libnfc round trip p50 echo target", echo_us, "us", -1);
    bench_print("libnfc round trip p50 card", card_us, "us", 1000);
    bench_print("libnfc round trip p50 card / echo target", card_us / echo_us, "x", GOAL_RATIO);
}

// ---- taps -------------------------------------------------------------------------------------

static double tap(struct link *wallet, struct link *till, unsigned number) {
    static struct purse_client payer, payee;
    struct flow flow;
    char reference[17];
    must(link_reset(wallet, LINK_RESET_COLD, NULL, 0, NULL) == LINK_OK, wallet->error);
    double begin = bench_now_us();
    client_over(&payer, wallet);
    client_over(&payee, till);
    flow_over(&flow, &payer, &payee, &payer);
    flow.terms.amount = 1;
    flow.terms.unit = UNIT_YEN;
    snprintf(reference, sizeof reference, "BENCH%u", number);
    purse_terms_refer(&flow.terms, REFERENCE_GOODS, reference);
    payment_run(&flow);
    if (flow.status != FLOW_DONE)
        fprintf(stderr, "bench-nfc: tap %u: %s by %s %04X\n", number, flow.step, flow.by, flow.sw);
    must(flow.status == FLOW_DONE, "a payment did not succeed");
    return (bench_now_us() - begin) / 1000;
}

static double resident_kb(void) {
    char path[64], line[256];
    double kb = 0;
    snprintf(path, sizeof path, "/proc/%d/status", (int)field.pid);
    FILE *file = fopen(path, "r");
    while (file != NULL && fgets(line, sizeof line, file) != NULL)
        if (strncmp(line, "VmRSS:", 6) == 0)
            kb = strtod(line + 6, NULL);
    if (file != NULL)
        fclose(file);
    return kb;
}

static void taps(struct link *wallet) {
    static double ms[TAPS], first[TENTH], last[TENTH];
    double before = 0;
    struct link *till = NULL;
    for (unsigned i = 0; i < TAPS; i++) {
        if (i % (TAPS / TILLS) == 0) {
            char name[] = "/t0.trm";
            name[2] = (char)('0' + i / (TAPS / TILLS));
            link_close(till);
            till = open_reader(name);
        }
        ms[i] = tap(wallet, till, i);
        if (i + 1 == TENTH)
            before = resident_kb();
    }
    link_close(till);
    double growth = resident_kb() - before;
    memcpy(first, ms, sizeof first);
    memcpy(last, ms + TAPS - TENTH, sizeof last);
    double flat = bench_median(last, TENTH) / bench_median(first, TENTH);
    double middle = bench_median(ms, TAPS); // sorts
    bench_print("payment tap p50 without air time", middle, "ms", -1);
    bench_print("payment tap p99 without air time", ms[TAPS * 99 / 100], "ms", GOAL_TAP_MS);
    bench_print("payment taps, last tenth / first tenth of 1000", flat, "x", GOAL_FLAT);
    bench_print("field's memory, growth over 900 taps", growth, "KB", GOAL_GROWTH_KB);
}

// ---- air --------------------------------------------------------------------------------------

static void air(const char *trace, const char *name, double goal) {
    char command[2 * DAEMON_PATH_MAX], line[65536];
    snprintf(command, sizeof command, "tessera tap report %s/%s --json", directory, trace);
    FILE *pipe = popen(command, "r");
    must(pipe != NULL && fgets(line, sizeof line, pipe) != NULL, "no report");
    pclose(pipe);
    const char *value = strstr(line, "\"air_ms\":{\"106\":");
    must(value != NULL, "no air time");
    bench_print(name, strtod(value + strlen("\"air_ms\":{\"106\":"), NULL), "ms", goal);
}

int main(void) {
    prepare();
    struct link *card = open_reader("kiosk"), *echo = open_reader("other");
    round_trips(card, echo);
    taps(card);
    air("next.pcapng", "air time of a tap at 106 kbit/s", GOAL_AIR_MS);
    air("first.pcapng", "air time of a first meeting at 106 kbit/s", GOAL_FIRST_MS);
    air("move.pcapng", "air time of a ticket's move at 106 kbit/s", GOAL_MOVE_MS);
    link_close(card);
    link_close(echo);
    daemon_end(&field, SIGTERM, 2000);
    daemon_remove_directory(directory);
    return 0;
}

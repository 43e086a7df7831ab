// SPDX-License-Identifier: Apache-2.0
// The nfc: link and unmodified libnfc programs on the virtual field: real libnfc, real terminals,
// the field as its own process.
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "readers/control.h"
#include "readers/link/link_open.h"
#include "readers/link/nfc_port.h"
#include "tests/kit/daemon.h"
#include "tests/kit/image.h"
#include "tests/kit/suite.h"
#include "tests/kit/support.h"

enum { READY_MS = 10000, WAIT_MS = 3000 };

struct lab {
    char directory[DAEMON_PATH_MAX];
    struct daemon field, tool;
};

// A field with the readers kiosk, phone and third.
static bool lab_start(struct lab *lab) {
    char log[DAEMON_PATH_MAX + 16];
    char *argv[] = {"tessera-field", "--dir", lab->directory, "--reader", "kiosk",
                    "--reader",      "phone", "--reader",     "third",    NULL};
    memset(lab, 0, sizeof *lab);
    if (!daemon_directory(lab->directory))
        return false;
    setenv("LIBNFC_AUTO_SCAN", "false", 1);
    snprintf(log, sizeof log, "%s/field.log", lab->directory);
    return daemon_start(&lab->field, log, argv) && daemon_await(&lab->field, "ready", READY_MS);
}

static void lab_stop(struct lab *lab) {
    daemon_end(&lab->tool, SIGTERM, WAIT_MS);
    CU_ASSERT(daemon_end(&lab->field, SIGTERM, WAIT_MS) == 0);
    daemon_remove_directory(lab->directory);
}

static bool order(struct lab *lab, const char *words) {
    char path[DAEMON_PATH_MAX + 16], reply[CONTROL_LINE_MAX];
    snprintf(path, sizeof path, "%s/control", lab->directory);
    bool done =
        control_ask(path, words, WAIT_MS, reply, sizeof reply) && strncmp(reply, "ok", 2) == 0;
    if (!done)
        printf("order \"%s\": %s\n", words, reply);
    return done;
}

static struct link *open_on(struct lab *lab, const char *reader, const char *options,
                            unsigned wait_ms, struct link_failure *failure) {
    char name[DAEMON_PATH_MAX + 64];
    struct link_options wait = {.wait_ms = wait_ms};
    snprintf(name, sizeof name, "nfc:pn532_uart:%s/%s:115200%s", lab->directory, reader, options);
    struct link *link = link_open(name, &wait, failure);
    if (link == NULL)
        printf("%s\n", failure->text);
    return link;
}

static bool answers(struct link *link, const char *command, const char *answer) {
    uint8_t out[300], in[300];
    size_t size = from_hex(command, out, sizeof out), got = 0;
    enum link_status status = link_transmit(link, bytes_of(out, size), in, sizeof in, &got);
    if (status != LINK_OK)
        printf("%s: %s\n", command, link->error);
    return status == LINK_OK && is_hex(in, got, answer);
}

static enum link_status status_of(struct link *link, const char *command) {
    uint8_t out[300], in[300];
    size_t size = from_hex(command, out, sizeof out), got = 0;
    return link_transmit(link, bytes_of(out, size), in, sizeof in, &got);
}

static double seconds(void) {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

// ---- the link -------------------------------------------------------------------------------

static void test_link_carries_apdus(void) {
    struct lab lab;
    struct link_failure failure;
    CU_ASSERT_FATAL(lab_start(&lab));
    CU_ASSERT(order(&lab, "tap echo kiosk"));
    struct link *link = open_on(&lab, "kiosk", "", WAIT_MS, &failure);
    CU_ASSERT_FATAL(link != NULL);
    uint8_t atr[33];
    size_t size = 0;
    CU_ASSERT(link->contactless);
    CU_ASSERT(answers(link, "00A4040000", "9000"));
    CU_ASSERT(answers(link, "00B0000005", "00B00000059000"));
    CU_ASSERT(link_reset(link, LINK_RESET_COLD, atr, sizeof atr, &size) == LINK_OK);
    CU_ASSERT(is_hex(atr, size, "3B80800101"));
    CU_ASSERT(answers(link, "00B0", "00B09000"));
    link_close(link);
    lab_stop(&lab);
}

// libnfc itself would overrun its buffer from 263 octets on.
static void test_length_guard(void) {
    struct lab lab;
    struct link_failure failure;
    uint8_t command[300] = {0x00, 0xB0}, answer[300];
    size_t size = 0;
    CU_ASSERT_FATAL(lab_start(&lab));
    CU_ASSERT(order(&lab, "tap echo kiosk"));
    struct link *link = open_on(&lab, "kiosk", "", WAIT_MS, &failure);
    CU_ASSERT_FATAL(link != NULL);
    for (size_t length = 1; length <= 260; length++) {
        CU_ASSERT(link_transmit(link, bytes_of(command, length), answer, sizeof answer, &size) ==
                  LINK_OK);
        CU_ASSERT(size == length + 2 && memcmp(answer, command, length) == 0);
    }
    for (size_t length = NFC_APDU_MAX + 1; length <= 300; length++)
        CU_ASSERT(link_transmit(link, bytes_of(command, length), answer, sizeof answer, &size) ==
                  LINK_TOO_LONG);
    CU_ASSERT(answers(link, "00B0", "00B09000"));
    link_close(link);
    lab_stop(&lab);
}

static void test_openings_that_fail(void) {
    struct lab lab;
    struct link_failure failure;
    CU_ASSERT_FATAL(lab_start(&lab));
    CU_ASSERT(open_on(&lab, "kiosk", "", 200, &failure) == NULL && failure.status == LINK_NO_CARD);
    CU_ASSERT(open_on(&lab, "nowhere", "", 200, &failure) == NULL &&
              failure.status == LINK_NO_CARD);
    static const char *const bad[] = {",tap-ms=x",  ",wait-ms=",          ",wait-ms=0",
                                      ",tap-ms=-1", ",wait-ms=100,tap=5", ",wait-ms=9999999",
                                      ","};
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
        CU_ASSERT(open_on(&lab, "kiosk", bad[i], 200, &failure) == NULL &&
                  failure.status == LINK_BAD_INPUT);
    time_t begin = time(NULL); // the name's own waiting time counts, not the caller's minute
    CU_ASSERT(open_on(&lab, "kiosk", ",wait-ms=100,tap-ms=400", 60000, &failure) == NULL &&
              failure.status == LINK_NO_CARD);
    CU_ASSERT(time(NULL) - begin < 20);
    CU_ASSERT(link_open("nfc:pn999:/dev/x", NULL, &failure) == NULL &&
              failure.status == LINK_BAD_INPUT);
    CU_ASSERT(link_open("nfc:pn532_uart:relative", NULL, &failure) == NULL &&
              failure.status == LINK_BAD_INPUT);
    CU_ASSERT(order(&lab, "tap foreign kiosk"));
    CU_ASSERT(open_on(&lab, "kiosk", "", 200, &failure) == NULL && failure.status == LINK_FOREIGN &&
              strstr(failure.text, "14443-4") != NULL);
    CU_ASSERT(order(&lab, "untap kiosk") && order(&lab, "tap echo kiosk") &&
              order(&lab, "tap stranger kiosk"));
    CU_ASSERT(open_on(&lab, "kiosk", "", 200, &failure) == NULL &&
              failure.status == LINK_TWO_CARDS && strstr(failure.text, "two cards") != NULL);
    lab_stop(&lab);
}

static void test_one_program_on_a_port(void) {
    struct lab lab;
    struct link_failure failure;
    CU_ASSERT_FATAL(lab_start(&lab));
    CU_ASSERT(order(&lab, "tap echo kiosk"));
    struct link *link = open_on(&lab, "kiosk", "", WAIT_MS, &failure);
    CU_ASSERT_FATAL(link != NULL);
    CU_ASSERT(open_on(&lab, "kiosk", "", 200, &failure) == NULL && failure.status == LINK_LOCKED);
    CU_ASSERT(answers(link, "00B0", "00B09000"));
    link_close(link);
    link = open_on(&lab, "kiosk", "", WAIT_MS, &failure);
    CU_ASSERT(link != NULL);
    link_close(link);
    lab_stop(&lab);
}

// ---- cards that leave, come back, or do not answer --------------------------------------------

static void test_card_leaves_and_comes_back(void) {
    struct lab lab;
    struct link_failure failure;
    CU_ASSERT_FATAL(lab_start(&lab));
    CU_ASSERT(order(&lab, "tap echo kiosk"));
    struct link *link = open_on(&lab, "kiosk", "", 500, &failure);
    CU_ASSERT_FATAL(link != NULL);
    CU_ASSERT(order(&lab, "untap echo"));
    CU_ASSERT(status_of(link, "00B0") == LINK_BROKEN);
    CU_ASSERT(strstr(link->error, "left the field") != NULL);
    CU_ASSERT(order(&lab, "tap echo kiosk"));
    CU_ASSERT(status_of(link, "00B0") == LINK_BROKEN); // never to whatever lies there now
    CU_ASSERT(link_reset(link, LINK_RESET_COLD, NULL, 0, NULL) == LINK_OK);
    CU_ASSERT(answers(link, "00B0", "00B09000"));
    CU_ASSERT(order(&lab, "untap echo") && order(&lab, "tap stranger kiosk"));
    CU_ASSERT(status_of(link, "00B0") == LINK_BROKEN);
    CU_ASSERT(link_reset(link, LINK_RESET_COLD, NULL, 0, NULL) == LINK_NO_CARD);
    CU_ASSERT(strstr(link->error, "another card") != NULL);
    CU_ASSERT(order(&lab, "untap kiosk") && order(&lab, "tap echo kiosk"));
    CU_ASSERT(link_reset(link, LINK_RESET_COLD, NULL, 0, NULL) == LINK_OK);
    CU_ASSERT(answers(link, "00B0", "00B09000"));
    link_close(link);
    lab_stop(&lab);
}

static void test_slow_card(void) {
    struct lab lab;
    struct link_failure failure;
    CU_ASSERT_FATAL(lab_start(&lab));
    CU_ASSERT(order(&lab, "tap echo kiosk") && order(&lab, "delay echo 700"));
    struct link *link = open_on(&lab, "kiosk", "", WAIT_MS, &failure);
    CU_ASSERT_FATAL(link != NULL);
    double start = seconds();
    CU_ASSERT(answers(link, "00B0", "00B09000"));
    CU_ASSERT(seconds() - start >= 0.7);
    link_close(link);
    lab_stop(&lab);
}

static void test_tap_deadline(void) {
    struct lab lab;
    struct link_failure failure;
    CU_ASSERT_FATAL(lab_start(&lab));
    CU_ASSERT(order(&lab, "tap echo kiosk"));
    struct link *link = open_on(&lab, "kiosk", ",tap-ms=400", WAIT_MS, &failure);
    CU_ASSERT_FATAL(link != NULL);
    CU_ASSERT(answers(link, "00B0", "00B09000"));
    CU_ASSERT(order(&lab, "wtx echo endless"));
    double start = seconds();
    CU_ASSERT(status_of(link, "00B0") == LINK_BROKEN);
    double took = seconds() - start;
    CU_ASSERT(took < 0.4 + 0.2); // libnfc adds 50 ms to every timeout
    CU_ASSERT(order(&lab, "wtx echo normal") && order(&lab, "delay echo 150"));
    CU_ASSERT(link_reset(link, LINK_RESET_COLD, NULL, 0, NULL) == LINK_OK);
    start = seconds(); // each command for itself is in time; the tap is not
    CU_ASSERT(answers(link, "00B1", "00B19000"));
    CU_ASSERT(answers(link, "00B2", "00B29000"));
    CU_ASSERT(status_of(link, "00B3") == LINK_BROKEN);
    CU_ASSERT(status_of(link, "00B4") == LINK_BROKEN);
    CU_ASSERT(seconds() - start < 0.7);
    link_close(link);
    lab_stop(&lab);
}

// ---- a reader with faults ---------------------------------------------------------------------

// The error is reported, and one reset later everything works again.
static void fault_and_recovery(struct lab *lab, struct link *link, const char *fault) {
    enum link_status status;
    CU_ASSERT(order(lab, fault));
    status = status_of(link, "00B0");
    CU_ASSERT(status == LINK_BROKEN);
    if (status != LINK_BROKEN)
        printf("%s: status %d\n", fault, (int)status);
    CU_ASSERT(link_reset(link, LINK_RESET_COLD, NULL, 0, NULL) == LINK_OK);
    CU_ASSERT(answers(link, "00B1", "00B19000"));
}

static void test_faults_of_the_wire(void) {
    static const char *const faults[] = {
        "fault kiosk no-ack",      "fault kiosk late-ack 700", "fault kiosk silence",
        "fault kiosk late 700",    "fault kiosk bad-lcs",      "fault kiosk bad-dcs",
        "fault kiosk error-frame", "fault kiosk truncate 4",   "fault kiosk wrong-code",
        "fault kiosk status 0x02", "fault kiosk status 0x13",  "fault kiosk status 0x29",
        "fault kiosk status 0x7f",
    };
    struct lab lab;
    struct link_failure failure;
    CU_ASSERT_FATAL(lab_start(&lab));
    CU_ASSERT(order(&lab, "tap echo kiosk"));
    struct link *link = open_on(&lab, "kiosk", ",tap-ms=500", WAIT_MS, &failure);
    CU_ASSERT_FATAL(link != NULL);
    for (size_t i = 0; i < sizeof faults / sizeof faults[0]; i++)
        fault_and_recovery(&lab, link, faults[i]);
    CU_ASSERT(order(&lab, "fault kiosk split 9")); // only slower
    CU_ASSERT(answers(link, "00B0", "00B09000"));
    link_close(link);
    lab_stop(&lab);
}

// A single error on the air is repaired by T=CL; nobody above sees it.
static void test_faults_of_the_air_are_repaired(void) {
    static const char *const faults[] = {"fault kiosk crc", "fault kiosk crc-down",
                                         "fault kiosk lose-up", "fault kiosk lose-down",
                                         "fault kiosk collision"};
    struct lab lab;
    struct link_failure failure;
    CU_ASSERT_FATAL(lab_start(&lab));
    CU_ASSERT(order(&lab, "tap echo kiosk"));
    struct link *link = open_on(&lab, "kiosk", "", WAIT_MS, &failure);
    CU_ASSERT_FATAL(link != NULL);
    for (size_t i = 0; i < sizeof faults / sizeof faults[0]; i++) {
        CU_ASSERT(order(&lab, faults[i]));
        CU_ASSERT(answers(link, "00B0", "00B09000"));
    }
    link_close(link);
    lab_stop(&lab);
}

static void test_reader_pulled_and_replugged(void) {
    struct lab lab;
    struct link_failure failure;
    CU_ASSERT_FATAL(lab_start(&lab));
    char *again[] = {"tessera-field", "--dir", lab.directory, "--reader",
                     "kiosk",         "--tap", "echo@kiosk",  NULL};
    char log[DAEMON_PATH_MAX + 16];
    CU_ASSERT(order(&lab, "tap echo kiosk"));
    struct link *link = open_on(&lab, "kiosk", "", 5000, &failure);
    CU_ASSERT_FATAL(link != NULL);
    CU_ASSERT(daemon_end(&lab.field, SIGKILL, WAIT_MS) == 128 + SIGKILL);
    CU_ASSERT(status_of(link, "00B0") == LINK_BROKEN);
    snprintf(log, sizeof log, "%s/again.log", lab.directory);
    CU_ASSERT(daemon_start(&lab.field, log, again));
    CU_ASSERT(link_reset(link, LINK_RESET_COLD, NULL, 0, NULL) == LINK_OK);
    CU_ASSERT(answers(link, "00B0", "00B09000"));
    link_close(link);
    lab_stop(&lab);
}

// ---- programs of libnfc, unmodified ------------------------------------------------------------

static bool tool_start(struct lab *lab, const char *reader, char *const argv[]) {
    char value[DAEMON_PATH_MAX + 64], log[DAEMON_PATH_MAX + 16];
    snprintf(value, sizeof value, "pn532_uart:%s/%s:115200", lab->directory, reader);
    snprintf(log, sizeof log, "%s/tool.log", lab->directory);
    setenv("LIBNFC_DEVICE", value, 1);
    bool started = daemon_start(&lab->tool, log, argv);
    unsetenv("LIBNFC_DEVICE");
    return started;
}

static void test_forum_tag4(void) {
    struct lab lab;
    struct link_failure failure;
    char *argv[] = {"nfc-emulate-forum-tag4", NULL};
    CU_ASSERT_FATAL(lab_start(&lab));
    CU_ASSERT(order(&lab, "tap phone kiosk"));
    CU_ASSERT(tool_start(&lab, "phone", argv));
    struct link *link = open_on(&lab, "kiosk", "", WAIT_MS, &failure);
    CU_ASSERT_FATAL(link != NULL);
    CU_ASSERT(answers(link, "00A4040007D276000085010100", "9000"));
    CU_ASSERT(answers(link, "00A4000C02E103", "9000"));
    CU_ASSERT(answers(link, "00B000000F", "000F20005400FF0406E104FFFE0000 9000"));
    link_close(link);
    lab_stop(&lab);
}

// A program that needs two devices gets them by a configuration file of its own, in a mount
// namespace: the relay's target is the phone's chip, its reader the third.
static bool relay_start(struct lab *lab) {
    char command[4 * DAEMON_PATH_MAX], path[DAEMON_PATH_MAX + 16];
    snprintf(path, sizeof path, "%s/libnfc.conf", lab->directory);
    FILE *file = fopen(path, "w");
    if (file == NULL)
        return false;
    fprintf(file,
            "allow_autoscan = false\n"
            "device.name = \"phone\"\ndevice.connstring = \"pn532_uart:%s/phone:115200\"\n"
            "device.name = \"third\"\ndevice.connstring = \"pn532_uart:%s/third:115200\"\n",
            lab->directory, lab->directory);
    fclose(file);
    snprintf(command, sizeof command, "mount --bind %s /etc/nfc && exec stdbuf -o0 nfc-relay-picc",
             lab->directory);
    char *argv[] = {"unshare", getuid() == 0 ? "-m" : "-rm", "sh", "-c", command, NULL};
    unsetenv("LIBNFC_AUTO_SCAN");
    snprintf(path, sizeof path, "%s/tool.log", lab->directory);
    return daemon_start(&lab->tool, path, argv) &&
           daemon_await(&lab->tool, "emulator device", READY_MS);
}

static bool may_mount(const struct lab *lab) {
    char log[DAEMON_PATH_MAX + 16];
    char *argv[] = {"unshare", getuid() == 0 ? "-m" : "-rm", "true", NULL};
    snprintf(log, sizeof log, "%s/unshare.log", lab->directory);
    return daemon_run(log, argv, READY_MS) == 0;
}

static void test_relay_over_three_chips(void) {
    struct lab lab;
    struct link_failure failure;
    CU_ASSERT_FATAL(lab_start(&lab));
    if (!may_mount(&lab)) {
        suite_skip("nfc-relay-picc finds two devices by /etc/nfc alone: needs a mount namespace");
        lab_stop(&lab);
        return;
    }
    CU_ASSERT(order(&lab, "tap phone kiosk") && order(&lab, "tap echo third"));
    CU_ASSERT_FATAL(relay_start(&lab));
    struct link *link = open_on(&lab, "kiosk", "", WAIT_MS, &failure);
    CU_ASSERT_FATAL(link != NULL);
    for (unsigned i = 0; i < 50; i++)
        CU_ASSERT(answers(link, "00B0112233", "00B01122339000"));
    link_close(link);
    lab_stop(&lab);
}

// Two programs of libnfc: this one reads, card run answers as a target. TESSERA_SOAK sets how long.
#define SELECTED "6F108408A000000151000000A5049F6501FF9000" // the security domain
static void test_phone_answers_and_answers(void) {
    struct lab lab;
    struct link_failure failure;
    const char *soak = getenv("TESSERA_SOAK");
    long rounds = soak != NULL ? atol(soak) : 2000, done = 0;
    char image[TEST_PATH_MAX], device[DAEMON_PATH_MAX + 64], log[DAEMON_PATH_MAX + 16];
    char *argv[] = {"tessera-card-run", image, "--nfc", device, NULL};
    CU_ASSERT_FATAL(lab_start(&lab));
    blank_image(lab.directory, "phone.trm", 7, image);
    snprintf(device, sizeof device, "pn532_uart:%s/phone:115200", lab.directory);
    snprintf(log, sizeof log, "%s/tool.log", lab.directory);
    CU_ASSERT(order(&lab, "tap phone kiosk") && daemon_start(&lab.tool, log, argv));
    CU_ASSERT_FATAL(daemon_await(&lab.tool, "ready", READY_MS));
    struct link *link = open_on(&lab, "kiosk", "", WAIT_MS, &failure);
    CU_ASSERT_FATAL(link != NULL);
    while (done < rounds && answers(link, "00A4040000", SELECTED))
        done++;
    printf("phone: %ld of %ld APDUs between two libnfc programs\n", done, rounds);
    CU_ASSERT(done == rounds);
    link_close(link);
    CU_ASSERT(daemon_end(&lab.tool, SIGTERM, WAIT_MS) == 0);
    lab_stop(&lab);
}

static const struct suite_test tests[] = {
    {"nfc: carries APDUs", test_link_carries_apdus, "P1-47"},
    {"nfc: checks lengths before libnfc does not", test_length_guard, NULL},
    {"nfc: openings that fail", test_openings_that_fail, NULL},
    {"nfc: one program on a port", test_one_program_on_a_port, NULL},
    {"nfc: a card leaves and comes back", test_card_leaves_and_comes_back, "P2-25"},
    {"nfc: a slow card", test_slow_card, NULL},
    {"nfc: deadline over the tap", test_tap_deadline, NULL},
    {"nfc: faults of the wire", test_faults_of_the_wire, NULL},
    {"nfc: faults of the air are repaired", test_faults_of_the_air_are_repaired, NULL},
    {"nfc: a reader pulled and replugged", test_reader_pulled_and_replugged, NULL},
    {"nfc-emulate-forum-tag4 is read", test_forum_tag4, NULL},
    {"a phone answers and answers", test_phone_answers_and_answers, "P1-47"},
    {"nfc-relay-picc over three chips", test_relay_over_three_chips, NULL},
};

int main(int argc, char **argv) {
    return suite_main("test-nfc", tests, sizeof tests / sizeof tests[0], argc, argv);
}

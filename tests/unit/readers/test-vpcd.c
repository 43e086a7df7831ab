// SPDX-License-Identifier: Apache-2.0
// The card's side of vpcd: frames however they arrive, control octets, one write a reply, and the
// latency that a driver with two segments a command would spoil.
#include <errno.h>
#include <netinet/in.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "readers/vpcd.h"
#include "tests/kit/suite.h"

/// A card that answers what it got followed by 9000, and counts what happens to it.
struct echo {
    size_t powered[3], atrs, commands;
    bool silent;
    size_t answer_size; // 0: as many as came
};

static void on_power(void *context, enum vpcd_power what) {
    struct echo *echo = context;
    echo->powered[what]++;
}

static size_t on_atr(void *context, uint8_t atr[VPCD_ATR_MAX]) {
    struct echo *echo = context;
    static const uint8_t value[] = {0x3B, 0x80, 0x80, 0x01, 0x01};
    echo->atrs++;
    memcpy(atr, value, sizeof value);
    return sizeof value;
}

static size_t on_transmit(void *context, struct bytes command, uint8_t *answer, size_t capacity) {
    struct echo *echo = context;
    size_t size = echo->answer_size > 0 ? echo->answer_size : command.size + 2;
    echo->commands++;
    if (echo->silent || size > capacity)
        return 0;
    memset(answer, 0, size);
    memcpy(answer, command.data, command.size < size - 2 ? command.size : size - 2);
    answer[size - 2] = 0x90;
    answer[size - 1] = 0x00;
    return size;
}

struct fixture {
    struct echo echo;
    struct vpcd_card card;
    struct vpcd vpcd;
    int reader; // the driver's end
};

/// A card and the driver's end of its connection; type SOCK_STREAM or SOCK_SEQPACKET.
static struct fixture *fixture_new(int type) {
    struct fixture *fixture = calloc(1, sizeof *fixture);
    int ends[2];
    if (fixture == NULL || socketpair(AF_UNIX, type, 0, ends) != 0)
        abort();
    fixture->card = (struct vpcd_card){on_power, on_atr, on_transmit, &fixture->echo};
    fixture->reader = ends[0];
    vpcd_init(&fixture->vpcd);
    vpcd_attach(&fixture->vpcd, ends[1]);
    return fixture;
}

static void fixture_free(struct fixture *fixture) {
    vpcd_close(&fixture->vpcd);
    if (fixture->reader >= 0)
        close(fixture->reader);
    free(fixture);
}

static enum vpcd_result give(struct fixture *fixture, const void *octets, size_t size) {
    if (write(fixture->reader, octets, size) != (ssize_t)size)
        abort();
    return vpcd_serve(&fixture->vpcd, &fixture->card);
}

/// What the driver can read now, without waiting.
static ssize_t answer(const struct fixture *fixture, uint8_t *out, size_t capacity) {
    return recv(fixture->reader, out, capacity, MSG_DONTWAIT);
}

static bool answers(const struct fixture *fixture, const void *expected, size_t size) {
    uint8_t got[256];
    ssize_t n = answer(fixture, got, sizeof got);
    return n == (ssize_t)size && memcmp(got, expected, size) == 0;
}

static bool says_nothing(const struct fixture *fixture) {
    uint8_t octet;
    return answer(fixture, &octet, 1) < 0 && errno == EAGAIN;
}

static void test_frame(void) {
    struct fixture *fixture = fixture_new(SOCK_STREAM);
    CU_ASSERT_EQUAL(give(fixture, "\x00\x04\x00\xA4\x04\x00", 6), VPCD_SERVED);
    CU_ASSERT(answers(fixture, "\x00\x06\x00\xA4\x04\x00\x90\x00", 8));
    fixture_free(fixture);
}

static void test_split_everywhere(void) {
    static const char frame[] = "\x00\x05\xFF\xCA\x00\x00\x00";
    for (size_t cut = 1; cut < 7; cut++) {
        struct fixture *fixture = fixture_new(SOCK_STREAM);
        give(fixture, frame, cut);
        CU_ASSERT(says_nothing(fixture));
        give(fixture, frame + cut, 7 - cut);
        CU_ASSERT(answers(fixture, "\x00\x07\xFF\xCA\x00\x00\x00\x90\x00", 9));
        fixture_free(fixture);
    }
    struct fixture *fixture = fixture_new(SOCK_STREAM); // octet by octet
    for (size_t i = 0; i < 7; i++) {
        CU_ASSERT(says_nothing(fixture));
        give(fixture, frame + i, 1);
    }
    CU_ASSERT(answers(fixture, "\x00\x07\xFF\xCA\x00\x00\x00\x90\x00", 9));
    fixture_free(fixture);
}

static void test_many_at_once(void) {
    struct fixture *fixture = fixture_new(SOCK_STREAM);
    // power on, ATR, a command, and the first half of another one
    give(fixture, "\x00\x01\x01\x00\x01\x04\x00\x02\xAA\xBB\x00\x03\x11", 13);
    CU_ASSERT_EQUAL(fixture->echo.powered[VPCD_POWER_ON], 1);
    CU_ASSERT(answers(fixture, "\x00\x05\x3B\x80\x80\x01\x01\x00\x04\xAA\xBB\x90\x00", 13));
    give(fixture, "\x22\x33", 2);
    CU_ASSERT(answers(fixture, "\x00\x05\x11\x22\x33\x90\x00", 7));
    CU_ASSERT_EQUAL(fixture->echo.commands, 2);
    fixture_free(fixture);
}

static void test_control(void) {
    struct fixture *fixture = fixture_new(SOCK_STREAM);
    static const char *const orders[] = {"\x00\x01\x00", "\x00\x01\x01", "\x00\x01\x02"};
    for (size_t i = 0; i < 3; i++) {
        CU_ASSERT_EQUAL(give(fixture, orders[i], 3), VPCD_SERVED);
        CU_ASSERT_EQUAL(fixture->echo.powered[i], 1);
        CU_ASSERT(says_nothing(fixture));
    }
    give(fixture, "\x00\x01\x04", 3);
    CU_ASSERT(answers(fixture, "\x00\x05\x3B\x80\x80\x01\x01", 7));
    // asking for the ATR is asking whether a card is there: it must not reset it
    CU_ASSERT_EQUAL(fixture->echo.powered[VPCD_RESET], 1);
    give(fixture, "\x00\x00", 2); // an empty frame
    CU_ASSERT(says_nothing(fixture));
    CU_ASSERT_EQUAL(fixture->echo.commands, 0);
    fixture_free(fixture);
}

/// A single octet that is no order of the driver's is a command (a wake-up probe): whoever sent it
/// waits for its answer, and the slot hangs without one.
static void test_probe(void) {
    struct fixture *fixture = fixture_new(SOCK_STREAM);
    for (unsigned octet = 0; octet <= 0xFF; octet++) {
        uint8_t frame[] = {0x00, 0x01, (uint8_t)octet};
        const uint8_t expected[] = {0x00, 0x03, (uint8_t)octet, 0x90, 0x00};
        give(fixture, frame, sizeof frame);
        bool is_right = octet == 0x04   ? answers(fixture, "\x00\x05\x3B\x80\x80\x01\x01", 7)
                        : octet <= 0x02 ? says_nothing(fixture)
                                        : answers(fixture, expected, sizeof expected);
        CU_ASSERT(is_right);
    }
    CU_ASSERT_EQUAL(fixture->echo.commands, 0xFF - 3);
    fixture_free(fixture);
}

/// The longest frames: as much as the 16-bit length can say, both ways.
static void test_longest(void) {
    struct fixture *fixture = fixture_new(SOCK_STREAM);
    uint8_t *frame = malloc(VPCD_FRAME_MAX);
    size_t got = 0, sent = 0;
    CU_ASSERT_FATAL(frame != NULL);
    memset(frame, 0x5A, VPCD_FRAME_MAX);
    frame[0] = frame[1] = 0xFF;
    fixture->echo.answer_size = VPCD_PAYLOAD_MAX;
    while (sent < VPCD_FRAME_MAX) {
        ssize_t n = send(fixture->reader, frame + sent, VPCD_FRAME_MAX - sent, MSG_DONTWAIT);
        sent += n > 0 ? (size_t)n : 0;
        CU_ASSERT_EQUAL(vpcd_serve(&fixture->vpcd, &fixture->card), VPCD_SERVED);
    }
    CU_ASSERT_EQUAL(fixture->echo.commands, 1);
    for (ssize_t n = 1; n > 0 && got<VPCD_FRAME_MAX; got += n> 0 ? (size_t)n : 0)
        n = answer(fixture, frame + got, VPCD_FRAME_MAX - got);
    CU_ASSERT_EQUAL(got, VPCD_FRAME_MAX);
    CU_ASSERT(frame[0] == 0xFF && frame[1] == 0xFF && frame[2] == 0x5A);
    CU_ASSERT(frame[VPCD_FRAME_MAX - 2] == 0x90 && frame[VPCD_FRAME_MAX - 1] == 0x00);
    free(frame);
    fixture_free(fixture);
}

static void test_hang_up(void) {
    struct fixture *fixture = fixture_new(SOCK_STREAM);
    give(fixture, "\x00\x05\x00", 3); // in the middle of a frame
    close(fixture->reader);
    fixture->reader = -1;
    CU_ASSERT_EQUAL(vpcd_serve(&fixture->vpcd, &fixture->card), VPCD_CLOSED);
    fixture_free(fixture);
    fixture = fixture_new(SOCK_STREAM);
    CU_ASSERT_EQUAL(vpcd_serve(&fixture->vpcd, &fixture->card), VPCD_SERVED); // nothing there yet
    fixture_free(fixture);
}

static void test_silence(void) {
    struct fixture *fixture = fixture_new(SOCK_STREAM);
    fixture->echo.silent = true;
    CU_ASSERT_EQUAL(give(fixture, "\x00\x04\x00\xA4\x04\x00", 6), VPCD_SILENT);
    CU_ASSERT(says_nothing(fixture));
    fixture_free(fixture);
}

/// On a socket that keeps record boundaries, every reply is one record: one write.
static void test_one_write(void) {
    struct fixture *fixture = fixture_new(SOCK_SEQPACKET);
    give(fixture, "\x00\x04\x00\xA4\x04\x00", 6);
    CU_ASSERT(answers(fixture, "\x00\x06\x00\xA4\x04\x00\x90\x00", 8));
    give(fixture, "\x00\x01\x04", 3);
    CU_ASSERT(answers(fixture, "\x00\x05\x3B\x80\x80\x01\x01", 7));
    fixture_free(fixture);
}

static void test_address(void) {
    char host[16], port[8];
    CU_ASSERT(vpcd_address("localhost:35963", host, sizeof host, port, sizeof port));
    CU_ASSERT_STRING_EQUAL(host, "localhost");
    CU_ASSERT_STRING_EQUAL(port, "35963");
    static const char *const bad[] = {"",
                                      "localhost",
                                      ":1",
                                      "localhost:",
                                      "localhost:1x",
                                      "a:12345678",
                                      "averylonghostnameindeed:1"};
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
        CU_ASSERT_FALSE(vpcd_address(bad[i], host, sizeof host, port, sizeof port));
}

/// A TCP socket listening on a free loopback port.
static int listen_anywhere(char port[8]) {
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr = {htonl(INADDR_LOOPBACK)}};
    socklen_t size = sizeof address;
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (fd < 0 || bind(fd, (struct sockaddr *)&address, size) != 0 || listen(fd, 1) != 0 ||
        getsockname(fd, (struct sockaddr *)&address, &size) != 0)
        abort();
    snprintf(port, 8, "%u", ntohs(address.sin_port));
    return fd;
}

static void test_refused(void) {
    char port[8];
    struct vpcd *vpcd = malloc(sizeof *vpcd);
    CU_ASSERT_FATAL(vpcd != NULL);
    vpcd_init(vpcd);
    close(listen_anywhere(port));
    CU_ASSERT_FALSE(vpcd_connect(vpcd, "127.0.0.1", port));
    CU_ASSERT_EQUAL(errno, ECONNREFUSED);
    CU_ASSERT_EQUAL(vpcd->socket, -1);
    free(vpcd);
}

/// A card in a process of its own, until the driver hangs up.
static void run_card(const char *port) {
    struct fixture *fixture = fixture_new(SOCK_STREAM);
    alarm(30);
    if (!vpcd_connect(&fixture->vpcd, "127.0.0.1", port))
        _exit(1);
    enum vpcd_result result = VPCD_SERVED;
    while (result == VPCD_SERVED) {
        poll(&(struct pollfd){.fd = fixture->vpcd.socket, .events = POLLIN}, 1, -1);
        result = vpcd_serve(&fixture->vpcd, &fixture->card);
    }
    _exit(result == VPCD_CLOSED ? 0 : 1);
}

/// As the driver: length and body in two segments, no TCP option set. Microseconds.
static double round_trip(int reader) {
    struct timespec begin, end;
    uint8_t reply[9];
    clock_gettime(CLOCK_MONOTONIC, &begin);
    if (write(reader, "\x00\x05", 2) != 2 || write(reader, "\xFF\xCA\x00\x00\x00", 5) != 5 ||
        recv(reader, reply, sizeof reply, MSG_WAITALL) != sizeof reply)
        abort();
    clock_gettime(CLOCK_MONOTONIC, &end);
    return (double)(end.tv_sec - begin.tv_sec) * 1e6 + (double)(end.tv_nsec - begin.tv_nsec) / 1e3;
}

static int by_size(const void *a, const void *b) {
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

static void test_latency(void) {
    enum { ROUNDS = 201 };
    double times[ROUNDS];
    char port[8];
    int status, listener = listen_anywhere(port);
    pid_t card = fork();
    if (card == 0)
        run_card(port);
    int reader = accept(listener, NULL, NULL);
    CU_ASSERT_FATAL(reader >= 0);
    for (size_t i = 0; i < ROUNDS; i++)
        times[i] = round_trip(reader);
    close(reader);
    close(listener);
    CU_ASSERT_EQUAL(waitpid(card, &status, 0), card);
    CU_ASSERT_EQUAL(status, 0);
    qsort(times, ROUNDS, sizeof times[0], by_size);
    printf("median %.0f us ", times[ROUNDS / 2]);
    CU_ASSERT(times[ROUNDS / 2] < 1000);
}

int main(int argc, char **argv) {
    static const struct suite_test tests[] = {
        {"a frame is answered by a frame", test_frame, NULL},
        {"a frame split at any octet", test_split_everywhere, NULL},
        {"several frames in one segment", test_many_at_once, NULL},
        {"control octets; the ATR resets nothing", test_control, NULL},
        {"a probe of one octet is answered", test_probe, NULL},
        {"65535 octets both ways", test_longest, NULL},
        {"the reader hangs up within a frame", test_hang_up, NULL},
        {"a silent card writes nothing", test_silence, NULL},
        {"one write a reply", test_one_write, NULL},
        {"addresses", test_address, NULL},
        {"no reader listens yet", test_refused, NULL},
        {"median round trip under 1 ms against two segments", test_latency, NULL},
    };
    return suite_main("test-vpcd", tests, sizeof tests / sizeof tests[0], argc, argv);
}

// SPDX-License-Identifier: Apache-2.0
// Links by name, in process: what comes back, what is refused and how it is said, that a refused
// image stays as it was; the power cut; orders on a control socket.
#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "card/applets.h"
#include "card/port/chip.h"
#include "card/port/memory.h"
#include "readers/control.h"
#include "readers/link/emu.h"
#include "readers/link/link_open.h"
#include "readers/link/pcsc.h"
#include "tests/kit/image.h"
#include "tests/kit/suite.h"

static char directory[TEST_PATH_MAX];

static struct link *open_image(const char *path, const char *suffix, struct link_failure *failure) {
    char name[TEST_PATH_MAX + 32];
    static const struct link_options options = {.unsynced = true};
    snprintf(name, sizeof name, "emu:%s%s", path, suffix);
    return link_open(name, &options, failure);
}

/// Sends a command and gives the status word; 0 when the link fails.
static unsigned send_hex(struct link *link, const char *octets, size_t size) {
    uint8_t answer[300];
    size_t got = 0;
    if (link_transmit(link, bytes_of(octets, size), answer, sizeof answer, &got) != LINK_OK ||
        got < 2)
        return 0;
    return (unsigned)(answer[got - 2] << 8 | answer[got - 1]);
}

static void test_emu(void) {
    char path[TEST_PATH_MAX];
    struct link_failure failure;
    uint8_t atr[CARD_ATR_MAX];
    size_t size = 0;
    blank_image(directory, "emu.trm", 1, path);
    struct link *link = open_image(path, "", &failure);
    CU_ASSERT_FATAL(link != NULL);
    CU_ASSERT_FALSE(link->contactless);
    CU_ASSERT_EQUAL(send_hex(link, "\xFF\xCA\x00\x00\x00", 5), 0x9000);
    CU_ASSERT_EQUAL(send_hex(link, "\x00\xFE\x00\x00", 4), 0x6D00);
    CU_ASSERT_EQUAL(send_hex(link, "\x00", 1), 0x6700); // even one octet arrives as it is
    CU_ASSERT_EQUAL(link_reset(link, LINK_RESET_WARM, atr, sizeof atr, &size), LINK_OK);
    CU_ASSERT(size > 2 && atr[0] == 0x3B);
    CU_ASSERT_EQUAL(link_reset(link, LINK_RESET_COLD, NULL, 0, NULL), LINK_OK);
    CU_ASSERT_EQUAL(link_reset(link, LINK_RESET_COLD, atr, 4, &size), LINK_TOO_LONG);
    link_close(link);
    link_close(NULL);
}

static void test_interface(void) {
    char path[TEST_PATH_MAX];
    struct link_failure failure;
    blank_image(directory, "air,trm", 2, path);
    struct link *link = open_image(path, ",contactless", &failure);
    CU_ASSERT_FATAL(link != NULL);
    CU_ASSERT(link->contactless);
    link_close(link);
    link = open_image(path, ",internal", &failure);
    CU_ASSERT_FATAL(link != NULL);
    CU_ASSERT_FALSE(link->contactless);
    link_close(link);
    link = open_image(path, "", &failure); // a comma of the file's own name
    CU_ASSERT(link != NULL);
    link_close(link);
}

/// A file's path is a link to the image in it; a name that is no file is none.
static void test_path(void) {
    char path[TEST_PATH_MAX], air[TEST_PATH_MAX + 16];
    struct link_failure failure;
    blank_image(directory, "plain.trm", 4, path);
    struct link *link = link_open(path, NULL, &failure);
    CU_ASSERT_FATAL(link != NULL);
    CU_ASSERT_STRING_EQUAL(link->name, path);
    link_close(link);
    snprintf(air, sizeof air, "%s,contactless", path);
    link = link_open(air, NULL, &failure);
    CU_ASSERT_FATAL(link != NULL);
    CU_ASSERT(link->contactless);
    link_close(link);
    CU_ASSERT_STRING_EQUAL(link_image("emu:a.trm"), "a.trm");
    CU_ASSERT_PTR_NULL(link_image("pcsc:0"));
    CU_ASSERT_PTR_NULL(link_open("plain.trm", NULL, &failure));
    CU_ASSERT(strstr(failure.text, "card image plain.trm: no such file") != NULL);
    CU_ASSERT_PTR_NULL(link_open("radio:plain.trm", NULL, &failure));
    CU_ASSERT(strstr(failure.text, "unknown link \"radio:plain.trm\"") != NULL);
}

static void test_locked(void) {
    char path[TEST_PATH_MAX];
    struct link_failure failure = {0};
    blank_image(directory, "locked.trm", 3, path);
    struct link *first = open_image(path, "", &failure);
    CU_ASSERT_FATAL(first != NULL);
    CU_ASSERT_PTR_NULL(open_image(path, "", &failure));
    CU_ASSERT_EQUAL(failure.status, LINK_LOCKED);
    CU_ASSERT_EQUAL(link_exit_code(failure.status), 5);
    CU_ASSERT(strstr(failure.text, path) != NULL);
    link_close(first);
    struct link *second = open_image(path, "", &failure);
    CU_ASSERT(second != NULL);
    link_close(second);
}

static void write_bytes(const char *path, const void *data, size_t size) {
    int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0600);
    if (fd < 0 || write(fd, data, size) != (ssize_t)size)
        abort();
    close(fd);
}

static size_t read_bytes(const char *path, uint8_t *out, size_t capacity) {
    int fd = open(path, O_RDONLY);
    ssize_t size = fd >= 0 ? read(fd, out, capacity) : 0;
    if (fd >= 0)
        close(fd);
    return size > 0 ? (size_t)size : 0;
}

/// Every way in which an image can be unusable: input error, the path in the message, the file as
/// it was.
static void test_bad_images(void) {
    char good[TEST_PATH_MAX], path[TEST_PATH_MAX + 8];
    static uint8_t image[NVM_IMAGE_SIZE], after[NVM_IMAGE_SIZE];
    blank_image(directory, "good.trm", 4, good);
    CU_ASSERT_EQUAL_FATAL(read_bytes(good, image, sizeof image), sizeof image);
    static const size_t sizes[] = {0, 10, 1000, NVM_IMAGE_SIZE - 1};
    snprintf(path, sizeof path, "%s.bad", good);
    for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
        struct link_failure failure = {0};
        write_bytes(path, image, sizes[i]);
        CU_ASSERT_PTR_NULL(open_image(path, "", &failure));
        CU_ASSERT_EQUAL(link_exit_code(failure.status), 2);
        CU_ASSERT(strstr(failure.text, path) != NULL);
        CU_ASSERT_EQUAL(read_bytes(path, after, sizeof after), sizes[i]);
        CU_ASSERT_EQUAL(memcmp(after, image, sizes[i]), 0);
    }
    struct link_failure failure = {0};
    image[0] ^= 0xFF; // foreign
    write_bytes(path, image, sizeof image);
    CU_ASSERT_PTR_NULL(open_image(path, "", &failure));
    CU_ASSERT_EQUAL(link_exit_code(failure.status), 2);
    read_bytes(path, after, sizeof after);
    CU_ASSERT_EQUAL(memcmp(after, image, sizeof image), 0);
    CU_ASSERT_PTR_NULL(open_image("/nonexistent/a.trm", "", &failure));
    CU_ASSERT_EQUAL(link_exit_code(failure.status), 2);
    CU_ASSERT(strstr(failure.text, "/nonexistent/a.trm") != NULL);
}

static void test_names(void) {
    static const char *const bad[] = {"", "emu", "emu:", "pcsc:", "usb:1", "EMU:a.trm"};
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        struct link_failure failure = {0};
        CU_ASSERT_PTR_NULL(link_open(bad[i], NULL, &failure));
        CU_ASSERT_EQUAL(link_exit_code(failure.status), 2);
        CU_ASSERT(strstr(failure.text, bad[i]) != NULL);
    }
    struct link_failure failure = {0};
    link_open("usb:1", NULL, &failure);
    CU_ASSERT(strstr(failure.text, "emu:IMAGE") != NULL);
    CU_ASSERT(strstr(failure.text, "pcsc:NAME-OR-NUMBER") != NULL);
}

static void test_no_daemon(void) {
    struct link_failure failure = {0};
    setenv("PCSCLITE_CSOCK_NAME", "/nonexistent/pcscd", 1);
    CU_ASSERT_PTR_NULL(link_open("pcsc:0", NULL, &failure));
    CU_ASSERT_EQUAL(link_exit_code(failure.status), 3);
    CU_ASSERT(strstr(failure.text, "/nonexistent/pcscd") != NULL);
    unsetenv("PCSCLITE_CSOCK_NAME");
}

static void test_seed(void) {
    char path[TEST_PATH_MAX], name[TEST_PATH_MAX + 8];
    struct link_failure failure = {0};
    const struct link_options options = {.seeded = true, .seed = 7};
    blank_image(directory, "seed.trm", 5, path);
    snprintf(name, sizeof name, "emu:%s", path);
    unsetenv("TESSERA_LAB");
    CU_ASSERT_PTR_NULL(link_open(name, &options, &failure));
    CU_ASSERT_EQUAL(link_exit_code(failure.status), 2);
    setenv("TESSERA_LAB", "1", 1);
    struct link *link = link_open(name, &options, &failure);
    CU_ASSERT(link != NULL);
    link_close(link);
}

/// The cut port: so many writes arrive, then so many octets, then nothing until power is back.
static void test_cut(void) {
    uint8_t image[16] = {0}, octets[16];
    struct memory_port memory;
    struct nvm_cut cut;
    memory_port_open(&memory, image, sizeof image);
    nvm_cut_init(&cut, &memory.nvm);
    nvm_cut_arm(&cut, 1, 2);
    CU_ASSERT(cut.port.write(&cut.port, 0, (const uint8_t *)"\x01\x01\x01\x01", 4));
    CU_ASSERT(cut.port.sync(&cut.port));
    CU_ASSERT_FALSE(cut.port.write(&cut.port, 4, (const uint8_t *)"\x02\x02\x02\x02", 4));
    CU_ASSERT_FALSE(cut.port.write(&cut.port, 8, (const uint8_t *)"\x03\x03\x03\x03", 4));
    CU_ASSERT_FALSE(cut.port.sync(&cut.port));
    CU_ASSERT_FALSE(cut.port.read(&cut.port, 0, octets, 4));
    CU_ASSERT_EQUAL(memcmp(image, "\x01\x01\x01\x01\x02\x02\x00\x00\x00", 9), 0);
    nvm_cut_restore(&cut);
    CU_ASSERT(cut.port.write(&cut.port, 8, (const uint8_t *)"\x03\x03\x03\x03", 4));
    CU_ASSERT_EQUAL(cut.writes, 2);
}

/// A card whose power is gone says nothing until the next reset, whatever its handlers do.
static void test_dark_link(void) {
    static uint8_t image[NVM_IMAGE_SIZE];
    const uint8_t serial[8] = {6};
    bool dark = false;
    struct memory_port memory;
    struct crypto *crypto = crypto_openssl_new();
    struct card *card = calloc(1, card_context_size());
    memory_port_open(&memory, image, sizeof image);
    const struct card_ports ports = {.nvm = &memory.nvm, .crypto = crypto, .rom = &standard_rom};
    CU_ASSERT_FATAL(card != NULL && card_format(&ports, serial) == CARD_OK);
    CU_ASSERT_FATAL(card_power_on(card, &ports) == CARD_OK);
    struct link *link = emu_link_over(card, &ports, CARD_CONTACT, &dark);
    CU_ASSERT_FATAL(link != NULL);
    CU_ASSERT_EQUAL(send_hex(link, "\xFF\xCA\x00\x00\x00", 5), 0x9000);
    dark = true;
    CU_ASSERT_EQUAL(send_hex(link, "\xFF\xCA\x00\x00\x00", 5), 0);
    CU_ASSERT_EQUAL(link_reset(link, LINK_RESET_COLD, NULL, 0, NULL), LINK_NO_CARD);
    dark = false;
    CU_ASSERT_EQUAL(link_reset(link, LINK_RESET_COLD, NULL, 0, NULL), LINK_OK);
    CU_ASSERT_EQUAL(send_hex(link, "\xFF\xCA\x00\x00\x00", 5), 0x9000);
    CU_ASSERT_FALSE(emu_link_cut(link, 0, 0)); // the caller's own medium
    link_close(link);
    free(card);
    crypto_openssl_free(crypto);
}

// ---- control socket --------------------------------------------------------------------------
static void order_say(void *context, size_t argc, char **argv, char *reply, size_t size) {
    size_t *count = context;
    (*count)++;
    snprintf(reply, size, "ok %zu %s", argc, argc > 1 ? argv[argc - 1] : "");
}

static void serve_once(struct control *control) {
    struct pollfd events[CONTROL_FDS_MAX];
    size_t count = control_poll(control, events);
    poll(events, count, 0);
    control_serve(control, events, count);
}

/// Sends octets over a fresh connection and gives what comes back.
static size_t dialogue(struct control *control, const char *text, size_t size, char *reply,
                       size_t capacity) {
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    int fd = socket(AF_UNIX, SOCK_STREAM, 0);
    snprintf(address.sun_path, sizeof address.sun_path, "%s", control->path);
    if (fd < 0 || connect(fd, (struct sockaddr *)&address, sizeof address) != 0)
        abort();
    serve_once(control);
    for (size_t at = 0, part; at < size; at += part) { // in two pieces, in the middle of a line
        part = at == 0 && size > 1 ? size / 2 : size - at;
        if (send(fd, text + at, part, MSG_NOSIGNAL) != (ssize_t)part)
            abort();
        serve_once(control);
    }
    ssize_t got = recv(fd, reply, capacity - 1, MSG_DONTWAIT);
    reply[got > 0 ? got : 0] = '\0';
    close(fd);
    serve_once(control);
    return got > 0 ? (size_t)got : 0;
}

static void test_control(void) {
    static const struct control_verb verbs[] = {{"say", "say WORD", order_say}};
    char path[TEST_PATH_MAX], error[256], reply[CONTROL_LINE_MAX], flood[2 * CONTROL_LINE_MAX];
    size_t count = 0;
    struct control control, second;
    struct stat info;
    snprintf(path, sizeof path, "%.90s/ctl", directory);
    CU_ASSERT_FATAL(control_listen(&control, path, verbs, 1, &count, error, sizeof error));
    CU_ASSERT(stat(path, &info) == 0 && (info.st_mode & 0777) == 0600);
    dialogue(&control, "say hello\nsay  a b\n", 19, reply, sizeof reply);
    CU_ASSERT_STRING_EQUAL(reply, "ok 2 hello\nok 3 b\n");
    dialogue(&control, "shout\n", 6, reply, sizeof reply);
    CU_ASSERT_STRING_EQUAL(reply, "error unknown order \"shout\"; known: say WORD\n");
    dialogue(&control, "\n", 1, reply, sizeof reply);
    CU_ASSERT_STRING_EQUAL(reply, "error empty order\n");
    CU_ASSERT_EQUAL(count, 2);
    memset(flood, 'x', sizeof flood);
    CU_ASSERT_EQUAL(dialogue(&control, flood, sizeof flood, reply, sizeof reply), 0);
    CU_ASSERT_FALSE(control_listen(&second, path, verbs, 1, &count, error, sizeof error));
    control_close(&control);
    CU_ASSERT(stat(path, &info) != 0);
    CU_ASSERT_FALSE(control_ask(path, "say", 100, reply, sizeof reply));
}

// ---- a stream ----------------------------------------------------------------------------------

/// A port that was free a moment ago.
static unsigned free_port(void) {
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t size = sizeof address;
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (fd < 0 || bind(fd, (struct sockaddr *)&address, size) != 0 ||
        getsockname(fd, (struct sockaddr *)&address, &size) != 0)
        abort();
    close(fd);
    return ntohs(address.sin_port);
}

static int call_port(unsigned port) {
    struct sockaddr_in address = {.sin_family = AF_INET,
                                  .sin_port = htons((uint16_t)port),
                                  .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    for (int i = 0; i < 5000; i++) { // until the link listens
        int fd = socket(AF_INET, SOCK_STREAM, 0);
        if (connect(fd, (struct sockaddr *)&address, sizeof address) == 0)
            return fd;
        close(fd);
        usleep(1000);
    }
    _exit(1);
}

/// A card that sends length and answer in two segments, no TCP option set.
static void run_slow_card(unsigned port) {
    uint8_t frame[300];
    int fd = call_port(port);
    alarm(60);
    while (recv(fd, frame, 2, MSG_WAITALL) == 2) {
        size_t size = (size_t)bytes_get_be(frame, 2);
        if (size > sizeof frame || recv(fd, frame, size, MSG_WAITALL) != (ssize_t)size)
            _exit(1);
        if (size > 1 && (write(fd, "\x00\x02", 2) != 2 || write(fd, "\x90\x00", 2) != 2))
            _exit(1);
    }
    _exit(0);
}

static int by_size(const void *a, const void *b) {
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

static double milliseconds(void) {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec * 1e3 + (double)now.tv_nsec / 1e6;
}

/// An answer in two segments waits for no acknowledgement: without that every one takes 40 ms.
static void test_stream_latency(void) {
    enum { ROUNDS = 101 };
    double times[ROUNDS];
    char name[64];
    struct link_failure failure;
    unsigned port = free_port();
    pid_t card = fork();
    if (card == 0)
        run_slow_card(port);
    snprintf(name, sizeof name, "stream:127.0.0.1:%u", port);
    struct link *link = link_open(name, NULL, &failure);
    CU_ASSERT_FATAL(link != NULL);
    for (size_t i = 0; i < ROUNDS; i++) {
        double begin = milliseconds();
        CU_ASSERT_EQUAL(send_hex(link, "\x00\xCA\x00\x00\x00", 5), 0x9000);
        times[i] = milliseconds() - begin;
    }
    link_close(link);
    CU_ASSERT_EQUAL(waitpid(card, NULL, 0), card);
    qsort(times, ROUNDS, sizeof times[0], by_size);
    printf("median %.3f ms ", times[ROUNDS / 2]);
    CU_ASSERT(times[ROUNDS / 2] < 5);
}

/// A card of one's own that does not come. One that does: e2e-apdu.
static void test_exec(void) {
    struct link_failure failure;
    const struct link_options soon = {.wait_ms = 200};
    CU_ASSERT_PTR_NULL(link_open("exec:/bin/false 'a b'", &soon, &failure));
    CU_ASSERT_EQUAL(failure.status, LINK_NO_CARD);
    CU_ASSERT(strstr(failure.text, "ended before it connected") != NULL);
    CU_ASSERT_TRUE(link_begins_anew("exec:/bin/false"));
    CU_ASSERT_FALSE(link_begins_anew("pcsc:0"));
}

int main(int argc, char **argv) {
    static const struct suite_test tests[] = {
        {"a card in process", test_emu, NULL},
        {"interface suffixes", test_interface, NULL},
        {"the path of an image is a link to it", test_path, NULL},
        {"a locked image", test_locked, NULL},
        {"bad images stay as they are", test_bad_images, NULL},
        {"bad names say what there is", test_names, NULL},
        {"no PC/SC service", test_no_daemon, NULL},
        {"a seed needs the laboratory", test_seed, NULL},
        {"the cut port", test_cut, NULL},
        {"a card without power is silent", test_dark_link, NULL},
        {"orders on a control socket", test_control, NULL},
        {"a card of one's own that does not come", test_exec, NULL},
        {"a stream waits for no acknowledgement", test_stream_latency, NULL},
    };
    test_directory_make(directory);
    int code = suite_main("test-links", tests, sizeof tests / sizeof tests[0], argc, argv);
    test_directory_remove(directory);
    return code;
}

// SPDX-License-Identifier: Apache-2.0
// Links by name, in process: what comes back, what is refused and how it is said, that a refused
// image stays as it was; the power cut; orders on a control socket.
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "card/port/chip.h"
#include "card/port/memory.h"
#include "readers/control.h"
#include "readers/emu.h"
#include "readers/pcsc.h"
#include "tests/image.h"
#include "tests/suite.h"

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
    const struct card_ports ports = {.nvm = &memory.nvm, .crypto = crypto};
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

int main(int argc, char **argv) {
    static const struct suite_test tests[] = {
        {"a card in process", test_emu, NULL},
        {"interface suffixes", test_interface, NULL},
        {"a locked image", test_locked, NULL},
        {"bad images stay as they are", test_bad_images, NULL},
        {"bad names say what there is", test_names, NULL},
        {"no PC/SC service", test_no_daemon, NULL},
        {"a seed needs the laboratory", test_seed, NULL},
        {"the cut port", test_cut, NULL},
        {"a card without power is silent", test_dark_link, NULL},
        {"orders on a control socket", test_control, NULL},
    };
    test_directory_make(directory);
    int code = suite_main("test-links", tests, sizeof tests / sizeof tests[0], argc, argv);
    test_directory_remove(directory);
    return code;
}

// SPDX-License-Identifier: Apache-2.0
// tessera card info|check|snapshot|restore|diff: looks at card images and keeps copies of them.
// Looking happens on a copy in RAM, so the image itself stays untouched. docs/image.md.
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "apdu/certificate.h"
#include "apdu/codec.h"
#include "apdu/purse.h"
#include "card/card.h"
#include "card/port/file.h"
#include "card/port/memory.h"

static const char help[] =
    "usage: tessera card info IMAGE [--json]\n"
    "       tessera card check IMAGE [--json]\n"
    "       tessera card snapshot IMAGE FILE\n"
    "       tessera card restore IMAGE FILE\n"
    "       tessera card diff IMAGE FILE [--json]\n"
    "\n"
    "info      what the card is: holder, role, life cycle, memory, wear, applets\n"
    "check     verifies every checksum of the image\n"
    "snapshot  copies the image into FILE, which must not exist yet\n"
    "restore   puts the image of FILE back, as a whole, in the place of IMAGE\n"
    "diff      where the memories of two images differ, by applet; never what they hold\n"
    "\n"
    "A card that is in use is locked: end the program that runs it first. tessera card new makes "
    "an\n"
    "image, tessera card run puts it into a reader.\n"
    "\n"
    "Exit code: 0 done or equal; 1 damaged, different, or FILE exists; 2 usage, or no usable "
    "image;\n"
    "5 image locked or no permission.\n";

/// A copy of an image in RAM.
struct copy {
    struct memory_port port;
    uint8_t *octets;
};

static void fail(const char *path, const char *text) {
    fprintf(stderr, "tessera-card: %s: %s\n", path, text);
}

static void copy_free(struct copy *copy) {
    if (copy->octets != NULL) {
        bytes_erase(copy->octets, copy->port.nvm.size);
        free(copy->octets);
    }
    copy->octets = NULL;
}

/// Returns the exit code; 0 when the copy was made.
static int copy_load(struct copy *copy, const char *path) {
    struct file_port file;
    memset(copy, 0, sizeof *copy);
    enum file_status status = file_port_open(&file, path, FILE_DURABLE);
    if (status != FILE_OK) {
        fail(path, file_status_text(status));
        return file_status_exit(status);
    }
    uint32_t size = file.nvm.size;
    copy->octets = malloc(size);
    if (copy->octets != NULL) {
        memcpy(copy->octets, file.mirror, size);
        memory_port_open(&copy->port, copy->octets, size);
    }
    file_port_close(&file);
    if (copy->octets == NULL)
        fail(path, "out of memory");
    return copy->octets == NULL ? 1 : 0;
}

static enum card_status copy_check(const struct copy *copy) {
    struct card_ports ports = {.nvm = &copy->port.nvm};
    return card_check(&ports);
}

/// Loads an image that must be sound.
static int copy_load_sound(struct copy *copy, const char *path) {
    int code = copy_load(copy, path);
    if (code == 0 && copy_check(copy) != CARD_OK) {
        fail(path, "is a damaged card image; restore it from a snapshot");
        copy_free(copy);
        code = 1;
    }
    return code;
}

// ---- info --------------------------------------------------------------------------------------

struct identity {
    char id[HOLDER_MAX + 1];
    const char *role;
};

/// Sends a command; the data of its answer when it is 9000.
static bool ask(struct card *card, const uint8_t *wire, size_t size, uint8_t *answer,
                size_t capacity, struct bytes *data) {
    size_t got = card_transmit(card, CARD_INTERNAL, bytes_of(wire, size), answer, capacity);
    struct apdu_response response;
    if (!apdu_response_parse(bytes_of(answer, got), &response) || response.sw != SW_OK)
        return false;
    *data = response.data;
    return true;
}

/// Holder and role are the purse's; a card without one has none.
static void ask_identity(struct card *card, struct identity *identity) {
    static const uint8_t select[] = {0x00, 0xA4, 0x04, 0x00, AID_TESSERA_SIZE,
                                     0xF0, 'T',  'E',  'S',  'S',
                                     'E',  'R',  'A',  0x01, 0x00};
    static const uint8_t get[] = {0x80, 0xCA, PURSE_DATA_IDENTITY >> 8, PURSE_DATA_IDENTITY & 0xFF,
                                  0x00};
    uint8_t answer[APDU_SHORT_RESPONSE_MAX];
    struct bytes data;
    struct tlv field;
    if (!ask(card, select, sizeof select, answer, sizeof answer, &data) ||
        !ask(card, get, sizeof get, answer, sizeof answer, &data))
        return;
    if (tlv_find(data, 0x9F32, &field) && field.value.size <= HOLDER_MAX)
        memcpy(identity->id, field.value.data, field.value.size);
    if (tlv_find(data, 0x9F33, &field) && field.value.size <= 2)
        identity->role = role_name((uint16_t)bytes_get_be(field.value.data, field.value.size));
}

static const char *life_cycle_name(enum card_life_cycle state) {
    switch (state) {
    case CARD_OP_READY:
        return "op-ready";
    case CARD_INITIALIZED:
        return "initialized";
    case CARD_SECURED:
        return "secured";
    case CARD_LOCKED:
        return "locked";
    case CARD_TERMINATED:
        return "terminated";
    }
    return "unknown";
}

static void put_hex(const uint8_t *data, size_t size) {
    for (size_t i = 0; i < size; i++)
        printf("%02X", data[i]);
}

/// A holder reference is printable; quote and backslash are the only characters JSON minds.
static void put_json_text(const char *text) {
    if (text == NULL || *text == 0) {
        fputs("null", stdout);
        return;
    }
    putchar('"');
    for (; *text != 0; text++) {
        if (*text == '"' || *text == '\\')
            putchar('\\');
        putchar(*text);
    }
    putchar('"');
}

static void print_info_json(const struct card_report *report, const struct identity *identity) {
    fputs("{\"id\":", stdout);
    put_json_text(identity->id);
    fputs(",\"role\":", stdout);
    put_json_text(identity->role);
    printf(",\"life_cycle\":\"%s\",\"serial\":\"", life_cycle_name(report->life_cycle));
    put_hex(report->serial, sizeof report->serial);
    printf("\",\"nvm_used\":%zu,\"nvm_size\":%zu,\"wear\":%llu,\"applets\":[", report->nvm_used,
           report->nvm_size, (unsigned long long)report->commits);
    for (size_t i = 0; i < report->instance_count; i++) {
        printf("%s{\"name\":\"%s\",\"aid\":\"", i == 0 ? "" : ",", report->instances[i].name);
        put_hex(report->instances[i].aid, report->instances[i].aid_size);
        fputs("\"}", stdout);
    }
    puts("]}");
}

static void print_info_text(const struct card_report *report, const struct identity *identity) {
    printf("id          %s\n", *identity->id != 0 ? identity->id : "none");
    printf("role        %s\n", identity->role != NULL ? identity->role : "none");
    printf("life cycle  %s\n", life_cycle_name(report->life_cycle));
    fputs("serial      ", stdout);
    put_hex(report->serial, sizeof report->serial);
    printf("\nmemory      %zu of %zu octets used\n", report->nvm_used, report->nvm_size);
    printf("wear        %llu commits\n", (unsigned long long)report->commits);
    for (size_t i = 0; i < report->instance_count; i++) {
        printf("applet      %-8s ", report->instances[i].name);
        put_hex(report->instances[i].aid, report->instances[i].aid_size);
        putchar('\n');
    }
}

/// A card on a copy of its image, powered on.
struct running {
    struct copy copy;
    struct crypto *crypto;
    struct card *card;
    struct card_ports ports;
};

static void running_end(struct running *running) {
    if (running->card != NULL)
        card_power_off(running->card);
    free(running->card);
    crypto_openssl_free(running->crypto);
    copy_free(&running->copy);
}

static int running_begin(struct running *running, const char *path) {
    memset(running, 0, sizeof *running);
    int code = copy_load_sound(&running->copy, path);
    if (code != 0)
        return code;
    running->crypto = crypto_openssl_new();
    running->card = calloc(1, card_context_size());
    running->ports = (struct card_ports){&running->copy.port.nvm, running->crypto};
    if (running->crypto != NULL && running->card != NULL &&
        card_power_on(running->card, &running->ports) == CARD_OK)
        return 0;
    fail(path, "the card does not start; see tessera card check");
    running_end(running);
    return 1;
}

static int info(const char *path, const char *unused, bool json) {
    struct running running;
    struct card_report report;
    struct identity identity = {.role = NULL};
    (void)unused;
    int code = running_begin(&running, path);
    if (code != 0)
        return code;
    card_report(running.card, &report);
    ask_identity(running.card, &identity);
    (json ? print_info_json : print_info_text)(&report, &identity);
    running_end(&running);
    return 0;
}

// ---- check -------------------------------------------------------------------------------------

static int check(const char *path, const char *unused, bool json) {
    struct copy copy;
    (void)unused;
    int code = copy_load(&copy, path);
    if (code != 0)
        return code;
    bool sound = copy_check(&copy) == CARD_OK;
    copy_free(&copy);
    if (json)
        printf("{\"status\":\"%s\"}\n", sound ? "sound" : "damaged");
    else if (sound)
        printf("%s: sound\n", path);
    if (!sound)
        fail(path, "is damaged: its checksums fail beyond what recovery repairs; restore it from a "
                   "snapshot");
    return sound ? 0 : 1;
}

// ---- copies ------------------------------------------------------------------------------------

static int copy_to(const char *from, const char *to, bool replace) {
    struct copy copy;
    int code = copy_load_sound(&copy, from);
    if (code != 0)
        return code;
    enum file_status status =
        file_image_write(to, bytes_of(copy.octets, copy.port.nvm.size), replace);
    copy_free(&copy);
    if (status != FILE_OK)
        fail(to, file_status_text(status));
    return status == FILE_OK ? 0 : file_status_exit(status);
}

static int snapshot(const char *image, const char *file, bool json) {
    (void)json;
    return copy_to(image, file, false);
}

static int restore(const char *image, const char *file, bool json) {
    (void)json;
    return copy_to(file, image, true);
}

// ---- diff --------------------------------------------------------------------------------------

enum { JOIN = 8 }; // equal octets between two differences that are told as one

/// Whose memory an offset is, and where that begins and ends.
static const char *owner(const struct card_report *report, uint32_t offset, uint32_t *begin,
                         uint32_t *end) {
    *begin = nvm_data_begin();
    for (size_t i = 0; i < report->instance_count; i++) {
        uint32_t base = report->instances[i].base, size = report->instances[i].size;
        if (offset >= base && offset < base + size) {
            *begin = base;
            *end = base + size;
            return report->instances[i].name;
        }
        if (offset < base && base < *end)
            *end = base;
    }
    return "card";
}

/// One past the last octet of the difference that begins at offset.
static uint32_t difference_end(const uint8_t *a, const uint8_t *b, uint32_t offset, uint32_t end) {
    uint32_t last = offset;
    for (uint32_t i = offset; i < end && i <= last + JOIN; i++)
        if (a[i] != b[i])
            last = i;
    return last + 1;
}

static unsigned print_differences(const struct card_report *report, const uint8_t *a,
                                  const uint8_t *b, bool json) {
    unsigned count = 0;
    uint32_t size = (uint32_t)report->nvm_size;
    for (uint32_t at = nvm_data_begin(); at < size; at++) {
        if (a[at] == b[at])
            continue;
        uint32_t begin, end = size;
        const char *name = owner(report, at, &begin, &end);
        end = difference_end(a, b, at, end);
        printf(json ? "{\"applet\":\"%s\",\"offset\":%u,\"size\":%u}\n"
                    : "%-8s offset %u, %u octets\n",
               name, at - begin, end - at);
        at = end - 1;
        count++;
    }
    return count;
}

/// Both cards were started, so what is compared is what each card would say now.
static int diff(const char *image, const char *file, bool json) {
    struct running a, b;
    struct card_report report;
    int code = running_begin(&a, image);
    if (code != 0)
        return code;
    code = running_begin(&b, file);
    if (code != 0)
        goto done;
    card_report(a.card, &report);
    if (b.copy.port.nvm.size != report.nvm_size) {
        fail(file, "is a card with another size of memory");
        code = 1;
    } else {
        code = print_differences(&report, a.copy.octets, b.copy.octets, json) == 0 ? 0 : 1;
    }
    running_end(&b);
done:
    running_end(&a);
    return code;
}

// ---- command line ------------------------------------------------------------------------------

static const struct verb {
    const char *name;
    int files;
    int (*run)(const char *image, const char *file, bool json);
} verbs[] = {
    {"info", 1, info},       {"check", 1, check}, {"snapshot", 2, snapshot},
    {"restore", 2, restore}, {"diff", 2, diff},
};

static int usage(const char *what, const char *value) {
    fprintf(stderr, "tessera-card: %s%s; see tessera card --help\n", what, value);
    return 2;
}

static int run_verb(const struct verb *verb, int argc, char **argv) {
    const char *files[2] = {NULL, NULL};
    int count = 0;
    bool json = false;
    for (int i = 2; i < argc; i++) {
        if (strcmp(argv[i], "--json") == 0)
            json = true;
        else if (argv[i][0] == '-' && argv[i][1] != 0)
            return usage("unknown option ", argv[i]);
        else if (count == verb->files)
            return usage("one file too many: ", argv[i]);
        else
            files[count++] = argv[i];
    }
    if (count < verb->files)
        return usage(count == 0 ? "IMAGE is missing after " : "FILE is missing after ",
                     argv[argc - 1]);
    return verb->run(files[0], files[1], json);
}

static bool wants(int argc, char **argv, const char *option) {
    for (int i = 1; i < argc; i++)
        if (strcmp(argv[i], option) == 0)
            return true;
    return false;
}

int main(int argc, char **argv) {
    if (wants(argc, argv, "--help")) {
        fputs(help, stdout);
        return 0;
    }
    if (wants(argc, argv, "--version")) {
        puts("tessera-card " TESSERA_VERSION);
        return 0;
    }
    if (argc < 2)
        return usage("say what to do: info, check, snapshot, restore or diff", "");
    for (size_t i = 0; i < sizeof verbs / sizeof *verbs; i++)
        if (strcmp(argv[1], verbs[i].name) == 0) {
            int code = run_verb(&verbs[i], argc, argv);
            return fflush(stdout) == 0 ? code : 1;
        }
    return usage("unknown command ", argv[1]);
}

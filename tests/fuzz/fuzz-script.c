// SPDX-License-Identifier: Apache-2.0
// Scripts: whatever the text, the parser ends, every error has a place within the text, laying out
// twice is laying out once, lint ends, and what parses runs to its end: dry, without touching a
// card, and against two cards that answer what the text itself says.
#include "apdu/script/check/layout.h"
#include "apdu/script/check/lint.h"
#include "apdu/script/run/host.h"
#include "tests/fuzz/fuzz.h"

#include <stdio.h>
#include <string.h>

struct watch {
    struct bytes text;
    size_t errors;
};

static void check_place(const struct script_reporter *reporter,
                        const struct script_diagnostic *what) {
    struct watch *watch = reporter->context;
    struct buffer shown;
    const char *begin = (const char *)watch->text.data;
    MUST(what->at.line >= 1 && what->at.column >= 1);
    MUST(what->at.line_text >= begin && what->at.line_text <= begin + watch->text.size);
    MUST(what->message != NULL && what->message[0] != 0);
    buffer_init(&shown, &host_memory);
    diagnostic_render(what, &shown);
    buffer_free(&shown);
    watch->errors += what->severity == SCRIPT_ERROR;
}

static uint64_t no_time(const struct script_ports *ports) {
    (void)ports;
    return 0;
}

static void check_layout(struct bytes text) {
    struct buffer once, twice;
    buffer_init(&once, &host_memory);
    buffer_init(&twice, &host_memory);
    layout_script(text, &once);
    layout_script(buffer_bytes(&once), &twice);
    MUST(bytes_equal(buffer_bytes(&once), buffer_bytes(&twice)));
    buffer_free(&once);
    buffer_free(&twice);
}

// ---- runs --------------------------------------------------------------------------------------

enum { STATEMENTS_MAX = 300 };

/// A card that answers pieces of the script, one behind the other, and goes dark at times.
struct parrot {
    struct link link;
    struct bytes text;
    size_t at;
};

static enum link_status parrot_transmit(struct link *link, struct bytes command, uint8_t *answer,
                                        size_t capacity, size_t *answer_size) {
    struct parrot *parrot = (struct parrot *)link;
    size_t size = command.size % 32;
    MUST(command.size > 0 && capacity >= 258);
    if (size > parrot->text.size - parrot->at)
        parrot->at = 0;
    if (size > parrot->text.size)
        return LINK_BROKEN;
    memcpy(answer, parrot->text.data + parrot->at, size);
    parrot->at += size;
    answer[size] = size % 4 == 3 ? 0x61 : 0x90;
    answer[size + 1] = 0x00;
    *answer_size = size + 2;
    return LINK_OK;
}

static enum link_status parrot_reset(struct link *link, enum link_reset kind, uint8_t *atr,
                                     size_t capacity, size_t *atr_size) {
    static const uint8_t octets[] = {0x3B, 0x80, 0x01, 0x81};
    (void)link, (void)kind, (void)capacity;
    memcpy(atr, octets, sizeof octets);
    *atr_size = sizeof octets;
    return LINK_OK;
}

static void parrot_close(struct link *link) {
    (void)link;
}

static bool any_keys(const struct script_keys *keys, struct bytes name, struct scp03_keys *out) {
    (void)keys, (void)name;
    *out = (struct scp03_keys){.size = 16};
    return true;
}

static bool any_scalar(const struct script_keys *keys, struct bytes name,
                       uint8_t out[P256_SCALAR_SIZE]) {
    (void)keys;
    memset(out, 0x11, P256_SCALAR_SIZE);
    return name.size > 0;
}

static void look(const struct script_listener *listener, const struct script_exchange *what) {
    (void)listener;
    for (size_t i = 0; i < what->secret_count; i++)
        MUST(what->secrets[i].offset <= what->command.size &&
             what->secrets[i].size <= what->command.size - what->secrets[i].offset);
}

static void run(struct script_program *program, const struct script_ports *ports, struct bytes text,
                bool dry) {
    static const struct link_ops ops = {parrot_transmit, parrot_reset, parrot_close};
    static const struct script_keys keys = {any_keys, any_scalar, NULL};
    struct script_options options = {
        .seed = 1, .dry_run = dry, .keys = &keys, .statements_max = STATEMENTS_MAX};
    struct parrot parrots[2] = {{.link = {.ops = &ops}, .text = text},
                                {.link = {.ops = &ops}, .text = text}};
    struct script_card cards[] = {{.name = "card", .link = &parrots[0].link},
                                  {.name = "other", .link = &parrots[1].link}};
    struct script_listener listener = {.exchange = look};
    run_script(program, ports, &options, cards, 2, &listener);
}

static struct crypto *the_crypto(void) {
    static struct crypto *crypto;
    if (crypto == NULL)
        crypto = crypto_openssl_new_seeded(1);
    return crypto;
}

static void no_wait(const struct script_ports *ports, uint64_t nanoseconds) {
    (void)ports, (void)nanoseconds;
}

/// Whatever a script reads is the script.
static bool load_self(const struct script_files *files, const char *from, struct bytes name,
                      struct bytes *text, char *path, size_t capacity, const char **error) {
    *text = *(const struct bytes *)files->context;
    *error = "no such file";
    snprintf(path, capacity, "self");
    return from != NULL && name.size > 0;
}

static void keep(const struct script_files *files, struct bytes text) {
    (void)files, (void)text;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    struct watch watch = {.text = bytes_of(data, size)};
    struct script_reporter reporter = {check_place, &watch};
    struct script_ports ports = host_ports(the_crypto());
    struct script_program program;
    struct script_files files = {load_self, keep, &watch.text};
    ports.files = &files;
    ports.now = no_time;
    ports.wait = no_wait;
    for (int pass = 0; pass < 3; pass++) {
        program_init(&program, &host_memory, &files);
        program.main = sources_add(&program.sources, "fuzz.apdu", watch.text);
        if (pass == 0)
            lint_program(&program, &ports, &reporter);
        else if (program_check(&program, &reporter, NULL, NULL))
            run(&program, &ports, watch.text, pass == 1);
        program_free(&program);
    }
    check_layout(watch.text);
    return 0;
}

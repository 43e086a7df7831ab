// SPDX-License-Identifier: Apache-2.0
// tessera card info|check|snapshot|restore|diff: looks at card images and keeps copies of them.
// Looking happens on a copy in RAM, so the image itself stays untouched. docs/image.md.
#include <stdio.h>
#include <string.h>

#include "apdu/command/purse.h"
#include "apdu/object/certificate.h"
#include "apdu/octets/codec.h"
#include "base/options/options.h"
#include "card/applets.h"
#include "card/card.h"
#include "card/port/image_copy.h"
#include "card/port/image_print.h"

struct arguments {
    const char *image, *file;
    bool json;
};

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

static int run_info(void *context, struct failure *failure) {
    const struct arguments *arguments = context;
    struct image_card running;
    struct card_report report;
    struct identity identity = {.role = NULL};
    if (!image_card_begin(&running, arguments->image, &standard_rom, failure))
        return failure->code;
    card_report(running.card, &report);
    ask_identity(running.card, &identity);
    (arguments->json ? image_print_json : image_print_text)(&report, identity.id, identity.role);
    image_card_end(&running);
    return EXIT_DONE;
}

// ---- check -------------------------------------------------------------------------------------

static int run_check(void *context, struct failure *failure) {
    const struct arguments *arguments = context;
    struct image_copy copy;
    if (!image_copy_load(&copy, arguments->image, failure))
        return failure->code;
    bool sound = image_copy_check(&copy, &standard_rom) == CARD_OK;
    image_copy_free(&copy);
    if (arguments->json)
        printf("{\"status\":\"%s\"}\n", sound ? "sound" : "damaged");
    else if (sound)
        printf("%s: sound\n", arguments->image);
    return exit_of(sound || fail(failure, EXIT_REFUSED,
                                 "%s: is damaged: its checksums fail beyond what recovery repairs; "
                                 "restore it from a snapshot",
                                 arguments->image),
                   failure);
}

// ---- copies ------------------------------------------------------------------------------------

static int copy_to(const char *from, const char *to, bool replace, struct failure *failure) {
    struct image_copy copy;
    if (!image_copy_load_sound(&copy, from, &standard_rom, failure))
        return failure->code;
    enum file_status status =
        file_image_write(to, bytes_of(copy.octets, copy.port.nvm.size), replace);
    image_copy_free(&copy);
    return exit_of(status == FILE_OK || image_fail(failure, to, status), failure);
}

static int run_snapshot(void *context, struct failure *failure) {
    const struct arguments *arguments = context;
    return copy_to(arguments->image, arguments->file, false, failure);
}

static int run_restore(void *context, struct failure *failure) {
    const struct arguments *arguments = context;
    return copy_to(arguments->file, arguments->image, true, failure);
}

// ---- diff --------------------------------------------------------------------------------------

/// Both cards were started, so what is compared is what each card would say now.
static int run_diff(void *context, struct failure *failure) {
    const struct arguments *arguments = context;
    struct image_card a, b;
    struct card_report report;
    if (!image_card_begin(&a, arguments->image, &standard_rom, failure))
        return failure->code;
    int code = EXIT_REFUSED;
    if (!image_card_begin(&b, arguments->file, &standard_rom, failure)) {
        code = failure->code;
        goto done;
    }
    card_report(a.card, &report);
    if (b.copy.port.nvm.size != report.nvm_size)
        fail(failure, EXIT_REFUSED, "%s: is a card with another size of memory", arguments->file);
    else if (image_print_differences(&report, a.copy.octets, b.copy.octets, arguments->json) == 0)
        code = EXIT_DONE;
    image_card_end(&b);
done:
    image_card_end(&a);
    return code;
}

// ---- arguments ---------------------------------------------------------------------------------

#define AT(member) offsetof(struct arguments, member)

enum { INFO = 1, CHECK = 2, SNAPSHOT = 4, RESTORE = 8, DIFF = 16 };
enum { HAS_FILE = SNAPSHOT | RESTORE | DIFF };

static const struct option_row rows[] = {
    {NULL, "IMAGE", OPTION_IMAGE, "the card image", .at = AT(image), .needed = OPTION_EVERY},
    {NULL, "FILE", OPTION_IMAGE, "the other image: a snapshot", .at = AT(file), .only = HAS_FILE,
     .needed = HAS_FILE},
    {"json", NULL, OPTION_FLAG, "JSON objects, one a line", .at = AT(json),
     .only = INFO | CHECK | DIFF},
};

static const struct action actions[] = {
    {INFO, "info", "what the card is: holder, role, life cycle, memory, wear, applets", run_info,
     NULL},
    {CHECK, "check", "verify every checksum of the image", run_check, NULL},
    {SNAPSHOT, "snapshot", "copy the image into FILE, which must not exist yet", run_snapshot,
     NULL},
    {RESTORE, "restore", "put the image of FILE back, as a whole, in the place of IMAGE",
     run_restore, NULL},
    {DIFF, "diff", "where the memories of two images differ, by applet; never what they hold",
     run_diff, NULL},
};

static const struct command card_command = {
    .name = "card",
    .purpose = "look at card images and keep copies of them",
    .notes = "A card that is in use is locked: end the program that runs it first.\n\n"
             "exit: 0 done or equal, 1 damaged, different, or FILE exists, 2 usage, or no usable "
             "image, 5 image locked or no permission",
    .rows = rows,
    .row_count = sizeof rows / sizeof rows[0],
    .actions = actions,
    .action_count = sizeof actions / sizeof actions[0],
};

int main(int argc, char **argv) {
    struct arguments arguments = {0};
    return command_main(&card_command, &arguments, argc, argv);
}

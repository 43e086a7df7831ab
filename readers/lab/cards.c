// SPDX-License-Identifier: Apache-2.0
#include "readers/lab/cards.h"

#include <errno.h>
#include <string.h>

#include "base/files.h"
#include "readers/exec_card.h"
#include "readers/lab/process.h"
#include "readers/lab/record.h"

static bool prepare(void *context) {
    return lab_isolation_enter(context);
}

/// Takes ",internal" or another interface off an image's name; contact where none stands.
static const char *take_interface(char *image) {
    static const char *const ways[] = {"contact", "contactless", "internal"};
    char *comma = strrchr(image, ',');
    for (size_t i = 0; comma != NULL && i < sizeof ways / sizeof ways[0]; i++)
        if (strcmp(comma + 1, ways[i]) == 0) {
            *comma = 0;
            return ways[i];
        }
    return ways[0];
}

/// --fresh: the image is copied into the lab's directory, and the copy plays.
static bool copy_image(struct lab *lab, size_t number, char *image, size_t size) {
    struct lab_card *card = &lab->cards[number];
    if (!lab->options->fresh)
        return true;
    lab_file(lab->directory, card->copy, "card-%zu.trm", number + 1);
    if (!files_copy_private(image, card->copy))
        return lab_fail(lab, "cannot copy %s: %s", image, strerror(errno));
    snprintf(image, size, "%s", card->copy);
    return true;
}

/// Our own card, or after "exec:" any program that takes --reader as card run does.
static bool start_card(struct lab *lab, size_t number) {
    struct lab_card *card = &lab->cards[number];
    const char *name = lab->options->cards.items[number];
    char program[4096], image[4096], reader[64], way[16];
    bool other = strncmp(name, "exec:", 5) == 0;
    unsigned port = card->port;
    if (lab->options->record != NULL && !record_start(lab, number, &port))
        return false;
    snprintf(reader, sizeof reader, "vpcd:127.0.0.1:%u", port);
    snprintf(image, sizeof image, "%s", other ? name + 5 : name);
    snprintf(way, sizeof way, "%s", take_interface(image));
    snprintf(program, sizeof program, "%s", image);
    if (!other && !copy_image(lab, number, image, sizeof image))
        return false;
    if (!other && !process_find("tessera-card-run", program, sizeof program))
        return lab_fail(lab, "there is no tessera-card-run beside tessera-lab or in PATH");
    char *ours[] = {program,
                    image,
                    (char[]){"--reader"},
                    reader,
                    (char[]){"--control"},
                    card->control,
                    (char[]){"--stay"},
                    (char[]){"--interface"},
                    way,
                    NULL};
    const char *theirs[EXEC_ARGUMENTS_MAX];
    exec_arguments(name + (other ? 5 : 0), reader, theirs);
    char *const *their_arguments = (char *const *)(uintptr_t)theirs;
    card->pid = process_start(&(struct process){.argv = other ? their_arguments : ours,
                                                .log = card->log,
                                                .prepare = prepare,
                                                .context = &lab->isolation,
                                                .service = true});
    return card->pid > 0 || lab_fail(lab, "cannot start %s: %s", program, strerror(errno));
}

static void export_card(struct lab *lab, size_t number) {
    char name[48], value[160];
    snprintf(name, sizeof name, "TESSERA_CARD_%zu", number + 1);
    snprintf(value, sizeof value, "pcsc:%s", lab->cards[number].reader);
    lab_export(lab, name, value);
    snprintf(name, sizeof name, "TESSERA_CONTROL_%zu", number + 1);
    lab_export(lab, name, lab->cards[number].control);
}

bool cards_up(struct lab *lab) {
    if (!record_open(lab))
        return false;
    for (size_t i = 0; i < lab->options->cards.count; i++) {
        struct lab_card *card = &lab->cards[i];
        lab_file(lab->directory, card->control, "card-%zu", i + 1);
        lab_file(lab->directory, card->log, "card-%zu.log", i + 1);
        if (!start_card(lab, i))
            return false;
        export_card(lab, i);
    }
    return true;
}

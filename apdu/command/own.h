// SPDX-License-Identifier: Apache-2.0
// A catalogue of somebody else's commands beside ours: applications, commands with their fields and
// status words, read from a text (docs/script-formats.md). Scripts name commands by it, lint,
// traces and Wireshark explain by it. Freestanding.
#ifndef APDU_COMMAND_OWN_H
#define APDU_COMMAND_OWN_H

#include "apdu/command/application.h"
#include "base/buffer.h"

enum {
    OWN_APPLICATIONS_MAX = 32,
    OWN_COMMANDS_MAX = 256,
    OWN_WORDS_MAX = 256,
    OWN_FIELDS_MAX = 16
};

struct catalogue_own {
    struct arena arena; // names, fields, refusals
    struct application applications[OWN_APPLICATIONS_MAX];
    size_t application_count;
    struct catalogue_command commands[OWN_COMMANDS_MAX]; // application by application
    size_t command_count;
    struct status_word words[OWN_WORDS_MAX];
    size_t word_count;
    const char *fault; // what is wrong with line `line`, after false
    uint32_t line;
};

/// Reads a text: lines "application NAME AID", "command NAME CLA INS P1 P2 [TITLE]", "field NAME
/// [TAG] [optional] [secret]", "answer SW [NAME] [TEXT]" and comments behind #. P1 and P2 are two
/// digits or "..", any. False: own->fault and own->line say what is wrong.
bool own_read(struct catalogue_own *own, const struct script_memory *memory, struct bytes text);
/// Frees what own_read made; also after false.
void own_free(struct catalogue_own *own);

/// As their namesakes of catalogue.h and status.h; own may be NULL.
const struct application *own_application(const struct catalogue_own *own, const char *name);
const struct application *own_application_of(const struct catalogue_own *own, struct bytes aid);
const struct catalogue_command *own_find(const struct catalogue_own *own, const char *applet,
                                         uint8_t cla, uint8_t ins, uint8_t p1, uint8_t p2);
const struct catalogue_command *own_find_name(const struct catalogue_own *own, struct bytes name);
const struct status_word *own_word(const struct catalogue_own *own, uint16_t sw);
const struct status_word *own_word_named(const struct catalogue_own *own, struct bytes name);

#endif

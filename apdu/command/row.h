// SPDX-License-Identifier: Apache-2.0
// How the rows of an applet's commands are written: one ROW a command, with its data, its refusals
// and what it answers in the same place. For apdu/command/applets/*_commands.c only.
#ifndef APDU_COMMAND_ROW_H
#define APDU_COMMAND_ROW_H

#include "apdu/command/application.h"
#include "apdu/object/object.h"

// A freestanding card dispatches by its rows and explains nothing: it carries no words.
#if __STDC_HOSTED__
#define WORDS(text) text
#define LIST(type, ...)                                                                            \
    (const type[]) {                                                                               \
        __VA_ARGS__                                                                                \
    }
#define LENGTH(type, ...) (sizeof((const type[]){__VA_ARGS__}) / sizeof(type))
#else
#define WORDS(text)       NULL
#define LIST(type, ...)   NULL
#define LENGTH(type, ...) 0
#endif

/// A row of the file's APPLET: place in its enum, "applet.command", "TITLE", CLA, INS, which P1 P2
/// (one of the four below), enum case_mask bits, least and most octets of data, enum interface_mask
/// bits; then .secret, .early, .terminated, .unasked, DATA, REFUSES and WORK where they are, and
/// ANSWERS.
#define ROW(id, full_name, words, class, instruction, parameters, kinds, least, most, over, ...)   \
    [id] = {.name = WORDS(full_name),                                                              \
            .title = WORDS(words),                                                                 \
            .applet = WORDS(APPLET),                                                               \
            .cla = (class),                                                                        \
            .ins = (instruction),                                                                  \
            parameters,                                                                            \
            .cases = (kinds),                                                                      \
            .lc_min = (least),                                                                     \
            .lc_max = (most),                                                                      \
            .interfaces = (over),                                                                  \
            __VA_ARGS__}

#define P1P2(first, second) .p1 = (first), .p1_mask = 0xFF, .p2 = (second), .p2_mask = 0xFF
#define ANY_P1(second)      .p1_mask = 0, .p2 = (second), .p2_mask = 0xFF
#define ANY_P1P2            .p1_mask = 0, .p2_mask = 0
#define MASKED(first, first_mask, second, second_mask)                                             \
    .p1 = (first), .p1_mask = (first_mask), .p2 = (second), .p2_mask = (second_mask)

enum { WIRED = OVER_CONTACT | OVER_INTERNAL };

/// What a command takes, in this order.
#define DATA(...)                                                                                  \
    .parameters = LIST(struct catalogue_parameter, __VA_ARGS__),                                   \
    .parameter_count = LENGTH(struct catalogue_parameter, __VA_ARGS__)

#define FIELD_TAG(name, tag, kind, min, max, word) TAG_OF_##name = tag,
enum { OBJECT_FIELDS(FIELD_TAG) };
#undef FIELD_TAG

#define FIELD(field_word, field_name)                                                              \
    { .name = field_word, .kind = PARAMETER_TLV_FIELD, .tag = TAG_OF_##field_name }
#define OPTIONAL_FIELD(field_word, field_name)                                                     \
    {                                                                                              \
        .name = field_word, .kind = PARAMETER_TLV_FIELD, .tag = TAG_OF_##field_name,               \
        .optional = true                                                                           \
    }
#define OBJECT(object_word, object_type)                                                           \
    { .name = object_word, .kind = PARAMETER_OBJECT, .object = object_type }
#define OPTIONAL_OBJECT(object_word, object_type)                                                  \
    { .name = object_word, .kind = PARAMETER_OBJECT, .object = object_type, .optional = true }
#define RAW(raw_word)                                                                              \
    { .name = raw_word, .kind = PARAMETER_RAW }
#define SECRET(raw_word)                                                                           \
    { .name = raw_word, .kind = PARAMETER_RAW, .secret = true }

/// Status words that it may answer besides the generic ones.
#define REFUSES(...)                                                                               \
    .refusals = LIST(uint16_t, __VA_ARGS__), .refusal_count = LENGTH(uint16_t, __VA_ARGS__)

/// Signatures that the card makes and checks for it, transactions that it commits.
#define WORK(sign, verify, commit)                                                                 \
    .work = {.signs = (sign), .verifies = (verify), .commits = (commit)}

/// What comes back, in words, and where that is laid down.
#define ANSWERS(text, source) .answer = WORDS(text), .clause = WORDS(source)

/// The data groupings of an application.
#define GROUPINGS(...)                                                                             \
    .groupings = LIST(struct catalogue_grouping, __VA_ARGS__),                                     \
    .grouping_count = LENGTH(struct catalogue_grouping, __VA_ARGS__)

/// The names of an application's own data objects.
#define TAGS(...)                                                                                  \
    .tags = LIST(struct catalogue_tag, __VA_ARGS__),                                               \
    .tag_count = LENGTH(struct catalogue_tag, __VA_ARGS__)

#endif

// SPDX-License-Identifier: Apache-2.0
#include "apdu/command/own.h"

#include <string.h>

struct reading {
    struct catalogue_own *own;
    struct bytes rest;                                 // of the line
    struct catalogue_parameter fields[OWN_FIELDS_MAX]; // of the last command
    uint16_t refusals[OWN_WORDS_MAX];
    struct catalogue_tag tags[OWN_WORDS_MAX]; // of the last application
    size_t tag_count;
};

static bool fault(struct reading *reading, const char *what) {
    reading->own->fault = what;
    return false;
}

// ---- words -------------------------------------------------------------------------------------

static void skip_blanks(struct bytes *rest) {
    while (rest->size > 0 && rest->data[0] <= ' ')
        *rest = bytes_of(rest->data + 1, rest->size - 1);
}

/// The next word or, without its quotes, text; empty at the end of the line.
static struct bytes next_word(struct reading *reading) {
    struct bytes *rest = &reading->rest;
    skip_blanks(rest);
    bool quoted = rest->size > 0 && rest->data[0] == '"';
    size_t size = quoted ? 1 : 0;
    if (rest->size == 0 || rest->data[0] == '#')
        return bytes_of(rest->data, 0);
    while (size < rest->size && (quoted ? rest->data[size] != '"' : rest->data[size] > ' '))
        size++;
    struct bytes word = bytes_of(rest->data + quoted, size - quoted);
    size += quoted && size < rest->size;
    *rest = bytes_of(rest->data + size, rest->size - size);
    return word;
}

static const char *keep(struct reading *reading, struct bytes text) {
    char *copy = arena_take(&reading->own->arena, text.size + 1);
    if (copy == NULL)
        return "";
    if (text.size > 0)
        memcpy(copy, text.data, text.size);
    copy[text.size] = 0;
    return copy;
}

static bool take_hex(struct bytes word, uint8_t *out, size_t most, size_t *size) {
    *size = 0;
    if (word.size == 0 || word.size % 2 != 0 || word.size / 2 > most)
        return false;
    for (size_t i = 0; i < word.size; i += 2) {
        int high = hex_digit((char)word.data[i]), low = hex_digit((char)word.data[i + 1]);
        if (high < 0 || low < 0)
            return false;
        out[(*size)++] = (uint8_t)(high << 4 | low);
    }
    return true;
}

static bool is(struct bytes word, const char *text) {
    return bytes_equal(word, bytes_of_string(text));
}

// ---- lines -------------------------------------------------------------------------------------

static struct application *last_application(struct catalogue_own *own) {
    return own->application_count > 0 ? &own->applications[own->application_count - 1] : NULL;
}

static bool take_application(struct reading *reading) {
    struct catalogue_own *own = reading->own;
    struct bytes name = next_word(reading);
    struct application *one = &own->applications[own->application_count];
    size_t size = 0;
    if (own->application_count == OWN_APPLICATIONS_MAX)
        return fault(reading, "more than 32 applications");
    *one = (struct application){.name = keep(reading, name), .heading = ""};
    if (name.size == 0 || memchr(name.data, '.', name.size) != NULL ||
        !take_hex(next_word(reading), one->aid, sizeof one->aid, &size) || size < 5)
        return fault(reading, "application NAME AID: the AID has 5 to 16 octets in hex");
    one->aid_size = (uint8_t)size;
    one->commands = &own->commands[own->command_count];
    own->application_count++;
    reading->tag_count = 0;
    return true;
}

/// Two digits, or ".." for any.
static bool take_fixed(struct reading *reading, uint8_t *value, uint8_t *mask) {
    struct bytes word = next_word(reading);
    size_t size;
    *value = *mask = 0;
    if (is(word, ".."))
        return true;
    *mask = 0xFF;
    return take_hex(word, value, 1, &size);
}

static bool take_command(struct reading *reading) {
    struct catalogue_own *own = reading->own;
    struct application *application = last_application(own);
    struct catalogue_command *row = &own->commands[own->command_count];
    uint8_t any;
    if (application == NULL)
        return fault(reading, "a command belongs to the application above it");
    if (own->command_count == OWN_COMMANDS_MAX)
        return fault(reading, "more than 256 commands");
    struct bytes name = next_word(reading);
    size_t prefix = strlen(application->name);
    bool named = name.size > prefix + 1 && memcmp(name.data, application->name, prefix) == 0 &&
                 name.data[prefix] == '.';
    *row = (struct catalogue_command){.name = keep(reading, name), .applet = application->name};
    if (!named || !take_fixed(reading, &row->cla, &any) || !take_fixed(reading, &row->ins, &any) ||
        !take_fixed(reading, &row->p1, &row->p1_mask) ||
        !take_fixed(reading, &row->p2, &row->p2_mask))
        return fault(reading, "command APPLICATION.NAME CLA INS P1 P2 [\"TITLE\"]");
    struct bytes title = next_word(reading);
    row->title = title.size > 0 ? keep(reading, title) : row->name;
    row->cases = CASE_1 | CASE_2 | CASE_3 | CASE_4;
    row->lc_max = UINT16_MAX;
    row->interfaces = OVER_ANY;
    row->answer = row->clause = "";
    own->command_count++;
    application->command_count++;
    return true;
}

static struct catalogue_command *last_command(struct catalogue_own *own) {
    struct application *application = last_application(own);
    return application != NULL && application->command_count > 0
               ? &own->commands[own->command_count - 1]
               : NULL;
}

/// A tag's field names the data object in what the application says, too.
static void note_tag(struct reading *reading, const struct catalogue_parameter *field) {
    struct application *application = last_application(reading->own);
    if (field->kind != PARAMETER_TLV_FIELD || reading->tag_count == OWN_WORDS_MAX)
        return;
    reading->tags[reading->tag_count++] = (struct catalogue_tag){field->tag, field->name};
    struct bytes all =
        bytes_of((const uint8_t *)reading->tags, reading->tag_count * sizeof reading->tags[0]);
    application->tags =
        (const struct catalogue_tag *)(const void *)arena_copy(&reading->own->arena, all).data;
    application->tag_count = application->tags != NULL ? reading->tag_count : 0;
}

static bool take_field(struct reading *reading) {
    struct catalogue_command *row = last_command(reading->own);
    if (row == NULL || row->parameter_count == OWN_FIELDS_MAX)
        return fault(reading, "a field belongs to the command above it; 16 at most");
    struct catalogue_parameter *field = &reading->fields[row->parameter_count];
    struct bytes name = next_word(reading);
    uint8_t tag[3];
    size_t size;
    *field = (struct catalogue_parameter){.name = keep(reading, name), .kind = PARAMETER_RAW};
    if (name.size == 0)
        return fault(reading, "field NAME [TAG] [optional] [secret]");
    for (struct bytes word = next_word(reading); word.size > 0; word = next_word(reading)) {
        if (is(word, "optional"))
            field->optional = true;
        else if (is(word, "secret"))
            field->secret = true;
        else if (field->kind == PARAMETER_RAW && take_hex(word, tag, sizeof tag, &size)) {
            field->kind = PARAMETER_TLV_FIELD;
            field->tag = (uint32_t)bytes_get_be(tag, size);
        } else
            return fault(reading, "field NAME [TAG] [optional] [secret]");
    }
    row->parameter_count++;
    struct bytes all =
        bytes_of((const uint8_t *)reading->fields, row->parameter_count * sizeof *field);
    row->parameters =
        (const struct catalogue_parameter *)(const void *)arena_copy(&reading->own->arena, all)
            .data;
    note_tag(reading, field);
    return row->parameters != NULL || fault(reading, "out of memory");
}

/// Of the command above it, or of every one where none is.
static bool take_answer(struct reading *reading) {
    struct catalogue_own *own = reading->own;
    struct catalogue_command *row = last_command(own);
    uint8_t octets[2];
    size_t size;
    if (!take_hex(next_word(reading), octets, sizeof octets, &size) || size != 2)
        return fault(reading, "answer SW [NAME] [\"TEXT\"], as in answer 6A80 no-such-coupon");
    uint16_t sw = (uint16_t)bytes_get_be(octets, 2);
    struct bytes name = next_word(reading), text = next_word(reading);
    if (own->word_count == OWN_WORDS_MAX)
        return fault(reading, "more than 256 status words");
    if (name.size > 0)
        own->words[own->word_count++] =
            (struct status_word){sw, keep(reading, name), keep(reading, name),
                                 keep(reading, text.size > 0 ? text : name)};
    if (row == NULL || sw == SW_OK || row->refusal_count == OWN_WORDS_MAX)
        return true;
    reading->refusals[row->refusal_count++] = sw;
    struct bytes all = bytes_of((const uint8_t *)reading->refusals, row->refusal_count * sizeof sw);
    row->refusals = (const uint16_t *)(const void *)arena_copy(&own->arena, all).data;
    return row->refusals != NULL || fault(reading, "out of memory");
}

static bool take_line(struct reading *reading) {
    struct bytes word = next_word(reading);
    if (word.size == 0)
        return true;
    if (is(word, "application"))
        return take_application(reading);
    if (is(word, "command"))
        return take_command(reading);
    if (is(word, "field"))
        return take_field(reading);
    if (is(word, "answer"))
        return take_answer(reading);
    return fault(reading, "a line begins with application, command, field, answer or #");
}

bool own_read(struct catalogue_own *own, const struct script_memory *memory, struct bytes text) {
    struct reading reading = {.own = own};
    bool ok = true;
    *own = (struct catalogue_own){.fault = NULL};
    arena_init(&own->arena, memory);
    while (ok && text.size > 0) {
        const uint8_t *stop = memchr(text.data, '\n', text.size);
        size_t size = stop != NULL ? (size_t)(stop - text.data) : text.size;
        reading.rest = bytes_of(text.data, size);
        own->line++;
        ok = take_line(&reading);
        if (ok && next_word(&reading).size > 0)
            ok = fault(&reading, "something stands behind the end of this line");
        size += stop != NULL;
        text = bytes_of(text.data + size, text.size - size);
    }
    return ok;
}

void own_free(struct catalogue_own *own) {
    arena_free(&own->arena);
}

// ---- looking up --------------------------------------------------------------------------------

const struct application *own_application(const struct catalogue_own *own, const char *name) {
    for (size_t i = 0; own != NULL && i < own->application_count; i++)
        if (strcmp(own->applications[i].name, name) == 0)
            return &own->applications[i];
    return NULL;
}

const struct application *own_application_of(const struct catalogue_own *own, struct bytes aid) {
    for (size_t i = 0; own != NULL && i < own->application_count; i++) {
        const struct application *one = &own->applications[i];
        size_t common = aid.size < one->aid_size ? aid.size : one->aid_size;
        if (common >= 5 && memcmp(aid.data, one->aid, common) == 0)
            return one;
    }
    return NULL;
}

const struct catalogue_command *own_find(const struct catalogue_own *own, const char *applet,
                                         uint8_t cla, uint8_t ins, uint8_t p1, uint8_t p2) {
    const struct application *application = own_application(own, applet);
    for (size_t i = 0; application != NULL && i < application->command_count; i++) {
        const struct catalogue_command *row = &application->commands[i];
        if (row->cla == cla && row->ins == ins && (p1 & row->p1_mask) == row->p1 &&
            (p2 & row->p2_mask) == row->p2)
            return row;
    }
    return NULL;
}

const struct catalogue_command *own_find_name(const struct catalogue_own *own, struct bytes name) {
    for (size_t i = 0; own != NULL && i < own->command_count; i++)
        if (is(name, own->commands[i].name))
            return &own->commands[i];
    return NULL;
}

const struct status_word *own_word(const struct catalogue_own *own, uint16_t sw) {
    for (size_t i = 0; own != NULL && i < own->word_count; i++)
        if (own->words[i].sw == sw)
            return &own->words[i];
    return NULL;
}

const struct status_word *own_word_named(const struct catalogue_own *own, struct bytes name) {
    for (size_t i = 0; own != NULL && i < own->word_count; i++)
        if (is(name, own->words[i].name))
            return &own->words[i];
    return NULL;
}

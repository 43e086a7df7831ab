// SPDX-License-Identifier: Apache-2.0
#include "apdu/script/tools/dump.h"

#include <string.h>

void dump_reader_init(struct dump_reader *reader, const struct script_memory *memory,
                      struct bytes text) {
    *reader = (struct dump_reader){.text = text};
    buffer_init(&reader->command, memory);
    buffer_init(&reader->answer, memory);
}

void dump_reader_free(struct dump_reader *reader) {
    buffer_free(&reader->command);
    buffer_free(&reader->answer);
}

static struct bytes trim(struct bytes text) {
    while (text.size > 0 && text.data[0] <= ' ')
        text = bytes_of(text.data + 1, text.size - 1);
    while (text.size > 0 && text.data[text.size - 1] <= ' ')
        text.size--;
    return text;
}

/// The next line that is not blank.
static bool next_line(struct dump_reader *reader, struct bytes *line) {
    while (reader->text.size > 0) {
        const uint8_t *stop = memchr(reader->text.data, '\n', reader->text.size);
        size_t size = stop != NULL ? (size_t)(stop - reader->text.data) : reader->text.size;
        *line = trim(bytes_of(reader->text.data, size));
        size += stop != NULL ? 1 : 0;
        reader->text = bytes_of(reader->text.data + size, reader->text.size - size);
        reader->line++;
        if (line->size > 0)
            return true;
    }
    return false;
}

static bool fault(struct dump_reader *reader, const char *what) {
    reader->fault = what;
    return false;
}

static bool read_hex(struct dump_reader *reader, struct bytes line, struct buffer *out) {
    unsigned held = 0, digits = 0;
    buffer_clear(out);
    for (size_t i = 0; i < line.size; i++) {
        int digit = hex_digit((char)line.data[i]);
        if (line.data[i] == ' ' || line.data[i] == ':' || line.data[i] == '\t')
            continue;
        if (digit < 0)
            return fault(reader, "a line of a dump is hex, or a comment that starts with #");
        held = (held << 4 | (unsigned)digit) & 0xFF;
        if (++digits % 2 == 0)
            buffer_put_octet(out, (uint8_t)held);
    }
    return digits % 2 == 0 || fault(reader, "odd number of hex digits");
}

static uint64_t number(struct bytes *text) {
    uint64_t value = 0;
    *text = trim(*text);
    while (text->size > 0 && text->data[0] >= '0' && text->data[0] <= '9') {
        value = value * 10 + (text->data[0] - '0');
        *text = bytes_of(text->data + 1, text->size - 1);
    }
    return value;
}

static bool starts(struct bytes text, const char *word, struct bytes *rest) {
    size_t size = strlen(word);
    if (text.size < size || memcmp(text.data, word, size) != 0)
        return false;
    *rest = trim(bytes_of(text.data + size, text.size - size));
    return true;
}

static bool read_reset(struct dump_row *row, struct bytes rest) {
    row->kind = bytes_equal(rest, bytes_of_string("warm")) ? DUMP_RESET : DUMP_COLD_RESET;
    return true;
}

/// A comment line; kind stays DUMP_COMMENT when it says nothing to us.
static bool read_comment(struct dump_reader *reader, struct bytes line, struct dump_row *row) {
    struct bytes rest;
    row->kind = DUMP_COMMENT;
    row->text = trim(bytes_of(line.data + 1, line.size - 1));
    if (starts(row->text, "ATR:", &rest) || starts(row->text, "SILENT:", &rest)) {
        bool atr = row->text.data[0] == 'A';
        struct buffer *into = atr ? &reader->answer : &reader->command;
        row->kind = atr ? DUMP_ATR : DUMP_SILENT;
        if (!read_hex(reader, rest, into))
            return false;
        *(atr ? &row->answer : &row->command) = buffer_bytes(into);
    } else if (starts(row->text, "CARD:", &rest)) {
        row->kind = DUMP_CARD;
        row->text = rest;
    } else if (starts(row->text, "RESET:", &rest)) {
        return read_reset(row, rest);
    } else if (starts(row->text, "POWER-CUT:", &rest)) {
        row->kind = DUMP_POWER_CUT;
        row->number = number(&rest);
    } else if (starts(row->text, "INSERT:", &rest)) {
        row->kind = DUMP_INSERT;
    } else if (starts(row->text, "REMOVE:", &rest)) {
        row->kind = DUMP_REMOVE;
    } else if (starts(row->text, "TIME:", &rest)) {
        reader->begin = number(&rest);
        reader->end = number(&rest);
    }
    return true;
}

/// "# 12ms why": how apdu4j tells that a command got no answer. With an answer it is "# 12ms".
static bool tells_failure(struct bytes line) {
    struct bytes text = trim(bytes_of(line.data + 1, line.size - 1)), why;
    size_t digits = text.size;
    number(&text);
    return text.size < digits && starts(text, "ms", &why) && why.size > 0;
}

static bool read_answer(struct dump_reader *reader, struct dump_row *row) {
    struct bytes line;
    do {
        if (!next_line(reader, &line))
            return fault(reader, "the last command has no answer line");
        if (line.data[0] == '#' && tells_failure(line)) {
            row->kind = DUMP_SILENT;
            return true;
        }
    } while (line.data[0] == '#');
    if (!read_hex(reader, line, &reader->answer))
        return false;
    row->answer = buffer_bytes(&reader->answer);
    return row->answer.size >= 2 ||
           fault(reader, "an answer has at least the two octets of its status word");
}

bool dump_read(struct dump_reader *reader, struct dump_row *row) {
    struct bytes line;
    *row = (struct dump_row){.kind = DUMP_EXCHANGE};
    if (reader->fault != NULL || !next_line(reader, &line))
        return false;
    row->line = reader->line;
    if (line.data[0] == '#') {
        if (!read_comment(reader, line, row))
            return false;
        if (row->kind == DUMP_SILENT) {
            row->begin = reader->begin;
            row->end = reader->end;
        }
        return true;
    }
    if (!read_hex(reader, line, &reader->command))
        return false;
    row->command = buffer_bytes(&reader->command);
    row->begin = reader->begin;
    row->end = reader->end;
    reader->begin = reader->end = 0;
    return read_answer(reader, row);
}

void dump_write(const struct dump_row *row, struct buffer *out) {
    bool timed = row->end > 0 && (row->kind == DUMP_EXCHANGE || row->kind == DUMP_SILENT);
    if (timed)
        buffer_format(out, "# TIME: %l %l\n", row->begin, row->end);
    switch (row->kind) {
    case DUMP_EXCHANGE:
        buffer_format(out, "%H\n%H\n", row->command, row->answer);
        break;
    case DUMP_SILENT:
        buffer_format(out, "# SILENT: %H\n", row->command);
        break;
    case DUMP_ATR:
        buffer_format(out, "# ATR: %H\n", row->answer);
        break;
    case DUMP_CARD:
        buffer_format(out, "# CARD: %t\n", row->text);
        break;
    case DUMP_RESET:
        buffer_text(out, "# RESET: warm\n");
        break;
    case DUMP_COLD_RESET:
        buffer_text(out, "# RESET: cold\n");
        break;
    case DUMP_POWER_CUT:
        buffer_format(out, "# POWER-CUT: %l\n", row->number);
        break;
    case DUMP_INSERT:
        buffer_text(out, "# INSERT:\n");
        break;
    case DUMP_REMOVE:
        buffer_text(out, "# REMOVE:\n");
        break;
    case DUMP_COMMENT:
        buffer_format(out, "# %t\n", row->text);
        break;
    }
}

// SPDX-License-Identifier: Apache-2.0
// Which format a text has: the first line that only one of them can have decides.
#include "apdu/convert/convert.h"

#include <string.h>

enum { HEX_COMMAND_MIN = 8 }; // digits

static bool begins(struct bytes text, const char *word) {
    size_t size = strlen(word);
    return text.size >= size && memcmp(text.data, word, size) == 0;
}

/// Hex digits with blanks between.
static size_t hex_digits(struct bytes text) {
    size_t digits = 0;
    for (size_t i = 0; i < text.size; i++) {
        if (hex_digit((char)text.data[i]) < 0 && text.data[i] != ' ')
            return 0;
        digits += text.data[i] != ' ';
    }
    return digits;
}

/// A log: who speaks, and a command behind it.
static bool is_log(struct bytes line) {
    static const char *const marks[] = {"A>>", "Outgoing APDU", "Command -->", "Sending: "};
    static const char *const arrows[] = {"> ", "-> ", "=> ", ">> "};
    for (size_t i = 0; i < sizeof marks / sizeof marks[0]; i++)
        if (text_contains(line, marks[i]))
            return true;
    for (size_t i = 0; i < sizeof arrows / sizeof arrows[0]; i++) {
        size_t size = strlen(arrows[i]);
        if (begins(line, arrows[i]) &&
            hex_digits(bytes_of(line.data + size, line.size - size)) >= HEX_COMMAND_MIN)
            return true;
    }
    return false;
}

static bool is_scr(struct bytes line) {
    return begins(line, "powerup") || begins(line, "powerdown") || begins(line, "//") ||
           ((begins(line, "0x") || begins(line, "0X")) &&
            memchr(line.data, ' ', line.size) != NULL);
}

static bool is_pcscd(struct bytes line) {
    for (size_t i = 0; i + 6 <= line.size; i++)
        if (begins(bytes_of(line.data + i, line.size - i), "APDU: "))
            return true;
    return false;
}

/// The first word tells.
static const char *by_word(struct bytes line) {
    static const char *const words[][2] = {{"opensc-tool", "opensc-tool"},
                                           {"mode_201", "gpshell"},
                                           {"mode_211", "gpshell"},
                                           {"establish_context", "gpshell"},
                                           {"card_connect", "gpshell"},
                                           {"enable_trace", "gpshell"},
                                           {"open_sc", "gpshell"},
                                           {"send_apdu", "gpshell"},
                                           {"apdu", "opensc-explorer"},
                                           {"tx", "native"},
                                           {"let", "native"},
                                           {"test", "native"},
                                           {"#!", "native"}};
    static const char *const dumps[] = {"# ATR:", "# CARD:", "# TIME:", "# PROTOCOL:", "# UID:"};
    struct bytes rest = line, word = text_word(&rest);
    for (size_t i = 0; i < sizeof dumps / sizeof dumps[0]; i++)
        if (begins(line, dumps[i]))
            return "dump";
    for (size_t i = 0; i < sizeof words / sizeof words[0]; i++)
        if (bytes_equal(word, bytes_of_string(words[i][0])))
            return words[i][1];
    return NULL;
}

/// Nothing but hex: commands alone, or with answers, of which some are shorter than any command.
static const char *by_hex(struct line_reader *reader) {
    do {
        size_t digits = hex_digits(text_trim(reader->line));
        if (digits > 0 && digits < HEX_COMMAND_MIN)
            return "dump";
    } while (line_reader_next(reader));
    return "scriptor";
}

/// A log may show the script that it is of.
static bool has_log_line(struct bytes text) {
    struct script_source source = {.text = text};
    struct line_reader reader;
    line_reader_init(&reader, &source);
    while (line_reader_next(&reader))
        if (!begins(text_trim(reader.line), "#") && is_log(text_trim(reader.line)))
            return true;
    return false;
}

const struct script_format *script_format_guess(struct bytes text) {
    struct script_source source = {.text = text};
    struct line_reader reader;
    const char *name = has_log_line(text) ? "log" : NULL;
    line_reader_init(&reader, &source);
    while (name == NULL && line_reader_next(&reader)) {
        struct bytes line = text_trim(reader.line);
        if (is_pcscd(line))
            name = "pcscd";
        else if (is_scr(line))
            name = "scr";
        else if (hex_digits(line) >= HEX_COMMAND_MIN)
            name = by_hex(&reader);
        else
            name = by_word(line);
    }
    return name != NULL ? script_format_find(name) : NULL;
}

// SPDX-License-Identifier: Apache-2.0
// Logs as scripts: of pcscd --apdu, and what people post of other tools, where a mark says who
// speaks: "A>>" and "A<<" (GlobalPlatformPro, apdu4j), "Command -->" (GPShell's trace), "Outgoing
// APDU" and "Sending:" (OpenSC), "> " and "< " (scriptor), "-> ", "=> " and ">> " (pySim, and by
// hand). What stands between is passed over.
#include "apdu/convert/convert.h"

#include <string.h>

enum { COMMAND_MIN = 4, ANSWER_MIN = 2, ROW_OCTETS = 16 };

struct log {
    struct importer *importer;
    struct buffer command, answer;
    struct script_position at;
    bool open;     // a command waits for its answer
    bool fresh;    // nothing was sent since the last reset
    bool has_dump; // OpenSC's debug output: "Sending:" says the same once more
    // An answer or a command that goes on over lines:
    struct buffer *rows; // NULL: none does
    size_t missing;      // octets; SIZE_MAX: up to the first line that is no row
    uint8_t sw[2];       // comes behind the rows
    bool has_sw;
};

static bool flush(struct log *log) {
    bool open = log->open;
    log->open = false;
    log->rows = NULL;
    if (log->has_sw)
        buffer_put(&log->answer, BYTES_OF(log->sw));
    log->has_sw = false;
    struct step step = {.kind = STEP_COMMAND,
                        .command = buffer_bytes(&log->command),
                        .answer = buffer_bytes(&log->answer),
                        .silent = log->answer.size < ANSWER_MIN,
                        .at = log->at};
    return !open || log->importer->take(log->importer, &step);
}

static bool begin(struct log *log, const struct script_position *at) {
    bool ok = flush(log);
    buffer_clear(&log->command);
    buffer_clear(&log->answer);
    log->at = *at;
    log->open = true;
    log->fresh = false;
    return ok;
}

/// One reset shows in several lines, and reading begins with one.
static bool take_reset(struct log *log, const struct script_position *at, enum step_kind kind) {
    bool fresh = log->fresh;
    log->fresh = true;
    return flush(log) && (fresh || import_simple(log->importer, at, kind, bytes_of(NULL, 0), 0));
}

typedef bool take_log_line(struct log *log, const struct line_reader *reader);

static bool import_log_lines(struct importer *importer, bool has_dump, take_log_line *take) {
    struct log log = {.importer = importer, .has_dump = has_dump};
    struct line_reader reader;
    bool ok = true;
    buffer_init(&log.command, importer->memory);
    buffer_init(&log.answer, importer->memory);
    line_reader_init(&reader, importer->source);
    while (ok && line_reader_next(&reader))
        ok = take(&log, &reader);
    ok = ok && flush(&log);
    buffer_free(&log.command);
    buffer_free(&log.answer);
    return ok;
}

// ---- pcscd -------------------------------------------------------------------------------------

/// What stands behind a mark, up to where the hex ends (colour codes may follow).
static bool behind(struct bytes line, const char *mark, struct bytes *hex) {
    size_t size = strlen(mark);
    for (size_t i = 0; i + size <= line.size; i++) {
        if (memcmp(line.data + i, mark, size) != 0)
            continue;
        size_t end = i + size;
        while (end < line.size && (line.data[end] == ' ' || hex_digit((char)line.data[end]) >= 0))
            end++;
        *hex = bytes_of(line.data + i + size, end - i - size);
        return true;
    }
    return false;
}

/// Signs of a reset: the ATR at insertion, the protocol agreed upon anew at a connection (all that
/// a log without --debug tells), and what --debug adds to them. One reset shows several of them.
static bool tells_reset(struct bytes line) {
    static const char *const signs[] = {"Card ATR: ", "Attempting PTS", "Reset complete",
                                        "power up complete"};
    for (size_t i = 0; i < sizeof signs / sizeof signs[0]; i++)
        if (text_contains(line, signs[i]))
            return true;
    return false;
}

static bool take_pcscd_line(struct log *log, const struct line_reader *reader) {
    struct bytes hex;
    if (behind(reader->line, "APDU: ", &hex))
        return begin(log, &reader->at) &&
               import_hex(log->importer, &reader->at, hex, &log->command);
    if (behind(reader->line, " SW: ", &hex) || behind(reader->line, "\tSW: ", &hex))
        return import_hex(log->importer, &reader->at, hex, &log->answer) && flush(log);
    return !tells_reset(reader->line) || take_reset(log, &reader->at, STEP_COLD_RESET);
}

bool import_pcscd(struct importer *importer) {
    return import_log_lines(importer, false, take_pcscd_line);
}

// ---- marks -------------------------------------------------------------------------------------

enum speaker {
    SPEAKS_HOST,
    SPEAKS_HOST_WRAPPED, // the same command once more, as it really goes out
    SPEAKS_HOST_ROWS,    // rows follow, as many octets as the line says
    SPEAKS_HOST_AGAIN,   // left out beside a dump
    SPEAKS_CARD,
    SPEAKS_CARD_OPEN, // goes on in rows up to a line with a colon
    SPEAKS_CARD_ROWS,
    SPEAKS_CARD_SW, // the status word in words; rows follow
    SPEAKS_OF_RESET,
    SPEAKS_OF_WARM_RESET,
    SPEAKS_OF_NOTHING,
};

/// The first that fits counts: the longer of two with the same beginning comes first.
static const struct mark {
    const char *text;
    bool anywhere; // in the line, or at its beginning
    enum speaker speaker;
} marks[] = {
    {"A>>", true, SPEAKS_HOST},
    {"A<<", true, SPEAKS_CARD},
    {"SCardConnect(", true, SPEAKS_OF_RESET},
    {"Outgoing APDU", true, SPEAKS_HOST_ROWS},
    {"Incoming APDU", true, SPEAKS_CARD_ROWS},
    {"Sending:", false, SPEAKS_HOST_AGAIN},
    {"Received (", false, SPEAKS_CARD_SW},
    {"Wrapped command -->", false, SPEAKS_HOST_WRAPPED},
    {"Unwrapped response <--", false, SPEAKS_OF_NOTHING},
    {"Command -->", false, SPEAKS_HOST},
    {"Response <--", false, SPEAKS_CARD},
    {"> RESET", false, SPEAKS_OF_WARM_RESET},
    {"-- RESET", false, SPEAKS_OF_RESET},
    {"< OK:", false, SPEAKS_OF_NOTHING},
    {"-> ", false, SPEAKS_HOST},
    {"<- ", false, SPEAKS_CARD},
    {"=> ", false, SPEAKS_HOST},
    {"<= ", false, SPEAKS_CARD},
    {">> ", false, SPEAKS_HOST},
    {"<< ", false, SPEAKS_CARD},
    {"> ", false, SPEAKS_HOST},
    {"< ", false, SPEAKS_CARD_OPEN},
};

/// NULL: nobody speaks. *rest: what stands behind the mark.
static const struct mark *find_mark(struct bytes line, struct bytes *rest) {
    for (size_t i = 0; i < sizeof marks / sizeof marks[0]; i++) {
        size_t size = strlen(marks[i].text), last = marks[i].anywhere ? line.size : 0;
        for (size_t at = 0; at <= last && at + size <= line.size; at++)
            if (memcmp(line.data + at, marks[i].text, size) == 0) {
                *rest = bytes_of(line.data + at + size, line.size - at - size);
                return &marks[i];
            }
    }
    return NULL;
}

static bool is_hex(struct bytes word) {
    for (size_t i = 0; i < word.size; i++)
        if (hex_digit((char)word.data[i]) < 0)
            return false;
    return word.size > 0 && word.size % 2 == 0;
}

/// Is the word about the octets: "T=1", "(4+0000)", "(12ms)"?
static bool is_remark(struct bytes word) {
    return word.data[0] == '(' || memchr(word.data, '=', word.size) != NULL;
}

/// Words of hex up to the first that is none; remarks before them, a status word with a colon first
/// is put behind. False: it was cut short by whoever posted it.
static bool take_words(struct log *log, const struct line_reader *reader, struct bytes rest,
                       struct buffer *out) {
    struct bytes first = bytes_of(NULL, 0);
    for (struct bytes word = text_word(&rest); word.size > 0; word = text_word(&rest)) {
        bool colon = word.data[word.size - 1] == ':';
        if (colon && out->size == 0 && first.size == 0)
            first = bytes_of(word.data, word.size - 1);
        else if (text_contains(word, "..") && out->size > 0)
            return import_fail(log->importer, &reader->at, "this line is cut short: \"%t\"",
                               reader->line);
        else if (is_hex(word))
            import_hex(log->importer, &reader->at, word, out);
        else if (!is_remark(word) || out->size > 0)
            break;
    }
    if (first.size == 4 && is_hex(first))
        import_hex(log->importer, &reader->at, first, out);
    return true;
}

/// A line that only looks like a command is passed over.
static bool take_host(struct log *log, const struct line_reader *reader, struct bytes rest) {
    struct buffer octets;
    buffer_init(&octets, log->importer->memory);
    bool ok = take_words(log, reader, rest, &octets);
    if (ok && octets.size >= COMMAND_MIN) {
        ok = begin(log, &reader->at);
        buffer_put(&log->command, buffer_bytes(&octets));
    }
    buffer_free(&octets);
    return ok;
}

static bool take_wrapped(struct log *log, const struct line_reader *reader, struct bytes rest) {
    buffer_clear(&log->command);
    return take_words(log, reader, rest, &log->command);
}

static bool take_card(struct log *log, const struct line_reader *reader, struct bytes rest,
                      bool stays_open) {
    if (!log->open)
        return true;
    if (!take_words(log, reader, rest, &log->answer))
        return false;
    if (stays_open && memchr(rest.data, ':', rest.size) == NULL) {
        log->rows = &log->answer;
        log->missing = SIZE_MAX;
        return true;
    }
    return log->answer.size < ANSWER_MIN || flush(log);
}

/// The first number of the line: "(14 bytes)", "[   14 bytes]".
static size_t count_in(struct bytes text) {
    size_t count = 0, i = 0;
    while (i < text.size && (text.data[i] < '0' || text.data[i] > '9'))
        i++;
    for (; i < text.size && text.data[i] >= '0' && text.data[i] <= '9' && count < 100000; i++)
        count = 10 * count + (size_t)(text.data[i] - '0');
    return count;
}

static bool take_status(struct log *log, struct bytes rest) {
    size_t digits = 0;
    uint8_t sw[4];
    for (size_t i = 1; i + 2 < rest.size && digits < sizeof sw; i++)
        if (rest.data[i - 1] == '0' && rest.data[i] == 'x') {
            sw[digits++] = rest.data[i + 1];
            sw[digits++] = rest.data[i + 2];
        }
    if (!log->open || digits != sizeof sw || !is_hex(BYTES_OF(sw)))
        return true;
    buffer_clear(&log->answer);
    for (size_t i = 0; i < 2; i++)
        log->sw[i] = (uint8_t)(hex_digit((char)sw[2 * i]) << 4 | hex_digit((char)sw[2 * i + 1]));
    log->has_sw = true;
    log->rows = &log->answer;
    log->missing = SIZE_MAX;
    return true;
}

static bool take_rows(struct log *log, struct buffer *rows, struct bytes rest) {
    buffer_clear(rows);
    log->rows = rows;
    log->missing = count_in(rest);
    return true;
}

/// Up to sixteen pairs, a blank behind each; their text may follow. False: this is no row.
static bool take_row(struct log *log, struct bytes line) {
    size_t taken = 0;
    while (taken < ROW_OCTETS && taken < log->missing && 3 * taken + 1 < line.size) {
        struct bytes pair = bytes_of(line.data + 3 * taken, 2);
        bool ends = 3 * taken + 2 == line.size || line.data[3 * taken + 2] == ' ';
        if (!is_hex(pair) || !ends)
            break;
        import_hex(log->importer, &log->at, pair, log->rows);
        taken++;
    }
    if (log->missing != SIZE_MAX)
        log->missing -= taken;
    return taken > 0;
}

static bool ends_rows(struct log *log, struct bytes line) {
    bool last = memchr(line.data, ':', line.size) != NULL && !log->has_sw;
    bool is_answer = log->rows == &log->answer;
    if (log->missing == 0 || (log->missing == SIZE_MAX && last))
        log->rows = NULL;
    return log->rows == NULL && is_answer;
}

static bool take_marked(struct log *log, const struct line_reader *reader, const struct mark *mark,
                        struct bytes rest) {
    switch (mark->speaker) {
    case SPEAKS_HOST_AGAIN:
        return log->has_dump || take_host(log, reader, rest);
    case SPEAKS_HOST:
        return take_host(log, reader, rest);
    case SPEAKS_HOST_WRAPPED:
        return !log->open || take_wrapped(log, reader, rest);
    case SPEAKS_HOST_ROWS:
        return begin(log, &reader->at) && take_rows(log, &log->command, rest);
    case SPEAKS_CARD:
    case SPEAKS_CARD_OPEN:
        return take_card(log, reader, rest, mark->speaker == SPEAKS_CARD_OPEN);
    case SPEAKS_CARD_ROWS:
        return !log->open || take_rows(log, &log->answer, rest);
    case SPEAKS_CARD_SW:
        return log->has_dump || take_status(log, rest);
    case SPEAKS_OF_RESET:
        return take_reset(log, &reader->at, STEP_COLD_RESET);
    case SPEAKS_OF_WARM_RESET:
        return take_reset(log, &reader->at, STEP_RESET);
    case SPEAKS_OF_NOTHING:
        return true;
    }
    return true;
}

static bool take_any_line(struct log *log, const struct line_reader *reader) {
    struct bytes rest, line = text_trim(reader->line);
    if (log->rows != NULL && take_row(log, line))
        return !ends_rows(log, line) || flush(log);
    log->rows = NULL;
    const struct mark *mark = find_mark(line, &rest);
    return mark == NULL || take_marked(log, reader, mark, rest);
}

bool import_log(struct importer *importer) {
    bool has_dump = text_contains(importer->source->text, "Outgoing APDU");
    return import_log_lines(importer, has_dump, take_any_line);
}

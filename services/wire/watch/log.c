// SPDX-License-Identifier: Apache-2.0
#include "services/wire/watch/log.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

enum { LINE_MAX_SIZE = 2048, DETAIL_MAX = 400 };

static const char *const LEVELS[] = {"error", "warning", "info", "debug"};

struct line {
    char text[LINE_MAX_SIZE];
    size_t size;
};

// ---- parts -------------------------------------------------------------------------------------

static void put(struct line *line, const char *text, size_t size) {
    if (size > sizeof line->text - line->size)
        size = sizeof line->text - line->size;
    memcpy(line->text + line->size, text, size);
    line->size += size;
}

/// Printable ASCII as it is, quotes and backslashes escaped, the rest as "?".
static void put_value(struct line *line, const char *text, size_t most) {
    put(line, "\"", 1);
    for (size_t i = 0; text[i] != '\0' && i < most; i++) {
        bool escaped = text[i] == '"' || text[i] == '\\';
        bool printable = text[i] >= ' ' && text[i] <= '~';
        if (escaped)
            put(line, "\\", 1);
        put(line, printable ? &text[i] : "?", 1);
    }
    put(line, "\"", 1);
}

static void put_name(struct line *line, const char *name) {
    put(line, line->size == 0 ? "{\"" : ",\"", 2);
    put(line, name, strlen(name));
    put(line, "\":", 2);
}

static void put_text(struct line *line, const char *name, const char *text, size_t most) {
    if (text == NULL)
        return;
    put_name(line, name);
    put_value(line, text, most);
}

static void put_number(struct line *line, const char *name, int64_t value) {
    char digits[24];
    if (value < 0)
        return;
    put_name(line, name);
    put(line, digits, (size_t)snprintf(digits, sizeof digits, "%" PRId64, value));
}

// ---- rates -------------------------------------------------------------------------------------

/// NULL: a new kind, and no room to count it.
static struct log_kind *kind_of(struct log *log, const char *event) {
    for (size_t i = 0; i < LOG_EVENTS_MAX; i++) {
        struct log_kind *kind = &log->kinds[i];
        if (kind->event == NULL)
            kind->event = event;
        if (strcmp(kind->event, event) == 0)
            return kind;
    }
    return NULL;
}

/// Whether the line goes out, and how many of its kind did not before it.
static bool is_within_rate(struct log *log, const char *event, uint64_t now_ms,
                           unsigned *left_out) {
    *left_out = 0;
    if (strcmp(event, "access") == 0)
        return true;
    pthread_mutex_lock(&log->lock);
    struct log_kind *kind = kind_of(log, event);
    if (kind != NULL && kind->second != now_ms / 1000) {
        kind->second = now_ms / 1000;
        kind->lines = 0;
    }
    bool within = kind == NULL || kind->lines < LOG_A_SECOND;
    if (kind != NULL && within) {
        kind->lines++;
        *left_out = kind->left_out;
        kind->left_out = 0;
    } else if (kind != NULL) {
        kind->left_out++;
    }
    pthread_mutex_unlock(&log->lock);
    return within;
}

// ---- the whole ---------------------------------------------------------------------------------

void log_open(struct log *log, int file, enum log_level least, const char *service,
              const struct clock *clock) {
    *log = (struct log){.file = file, .least = least, .service = service, .clock = clock};
    pthread_mutex_init(&log->lock, NULL);
}

void log_close(struct log *log) {
    pthread_mutex_destroy(&log->lock);
}

void log_write(struct log *log, const struct log_entry *entry) {
    struct line line = {.size = 0};
    unsigned left_out = 0;
    if (log == NULL || entry->level > log->least)
        return;
    uint64_t now_ms = clock_now_ms(log->clock);
    if (!is_within_rate(log, entry->event, now_ms, &left_out))
        return;
    put_number(&line, "ms", (int64_t)now_ms);
    put_text(&line, "level", LEVELS[entry->level], LOG_TEXT_MAX);
    put_text(&line, "service", log->service, LOG_TEXT_MAX);
    put_text(&line, "event", entry->event, LOG_TEXT_MAX);
    put_text(&line, "endpoint", entry->endpoint, LOG_TEXT_MAX);
    put_text(&line, "sender", entry->sender, LOG_TEXT_MAX);
    put_text(&line, "request", entry->request, LOG_TEXT_MAX);
    put_number(&line, "status", entry->status > 0 ? entry->status : -1);
    put_number(&line, "us", entry->us);
    put_text(&line, "word", entry->word, LOG_TEXT_MAX);
    put_number(&line, "count", entry->count);
    put_number(&line, "left_out", left_out > 0 ? (int64_t)left_out : -1);
    put_text(&line, "detail", entry->detail, DETAIL_MAX);
    put(&line, "}\n", 2);
    // one piece; when nobody reads the log the service goes on
    if (write(log->file, line.text, line.size) < 0)
        return;
}

bool log_level_of(const char *word, enum log_level *level) {
    for (size_t i = 0; i < sizeof LEVELS / sizeof LEVELS[0]; i++)
        if (strcmp(LEVELS[i], word) == 0) {
            *level = (enum log_level)i;
            return true;
        }
    return false;
}

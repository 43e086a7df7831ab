// SPDX-License-Identifier: Apache-2.0
#include "apdu/script/run/report.h"

#include "base/files.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

// ---- life ------------------------------------------------------------------------------------

void report_init(struct report *report, const char *file) {
    *report = (struct report){.file = strdup(file)};
}

static void free_case(const struct report_case *row) {
    free(row->title);
    free(row->message);
    free(row->place);
    free(row->detail);
}

void report_free(struct report *report) {
    for (size_t i = 0; i < report->count; i++)
        free_case(&report->cases[i]);
    free(report->cases);
    free(report->file);
    *report = (struct report){.file = NULL};
}

/// Takes the row's texts over, or frees them.
static bool append(struct report *report, const struct report_case *row) {
    struct report_case *cases = realloc(report->cases, (report->count + 1) * sizeof *report->cases);
    if (cases == NULL) {
        free_case(row);
        return false;
    }
    report->cases = cases;
    report->cases[report->count++] = *row;
    report->outcome = outcome_worse(report->outcome, row->outcome);
    report->exchanges += row->exchanges;
    report->nanoseconds += row->nanoseconds;
    return row->title != NULL && row->message != NULL && row->place != NULL && row->detail != NULL;
}

static char *place_of(const struct script_position *at) {
    char place[SCRIPT_PATH_MAX + 32] = "";
    if (at->source != NULL)
        snprintf(place, sizeof place, "%s:%" PRIu32 ":%" PRIu32, at->source->path, at->line,
                 at->column);
    return strdup(place);
}

static char *copy_span(struct bytes text, const char *otherwise) {
    return text.size > 0 ? strndup((const char *)text.data, text.size) : strdup(otherwise);
}

bool report_add(struct report *report, const struct script_case *result, const char *detail) {
    bool fine = result->outcome == OUTCOME_PASSED;
    struct report_case row = {.title = copy_span(result->title, report->file),
                              .message = strdup(result->message),
                              .place = fine ? strdup("") : place_of(&result->at),
                              .detail = strdup(detail != NULL ? detail : ""),
                              .outcome = result->outcome,
                              .exchanges = result->exchanges,
                              .checks = result->checks,
                              .nanoseconds = result->nanoseconds};
    return append(report, &row);
}

bool report_add_error(struct report *report, enum script_outcome outcome, const char *message) {
    struct report_case row = {.title = strdup(report->file),
                              .message = strdup(message),
                              .place = strdup(report->file),
                              .detail = strdup(""),
                              .outcome = outcome};
    return append(report, &row);
}

// ---- between processes -----------------------------------------------------------------------

static bool put_text(FILE *out, const char *text) {
    uint64_t size = strlen(text);
    return fwrite(&size, sizeof size, 1, out) == 1 && fwrite(text, 1, size, out) == size;
}

static char *get_text(FILE *in) {
    uint64_t size = 0;
    if (fread(&size, sizeof size, 1, in) != 1 || size > (uint64_t)1 << 30)
        return NULL;
    char *text = calloc(1, size + 1);
    if (text != NULL && fread(text, 1, size, in) != size) {
        free(text);
        text = NULL;
    }
    return text;
}

bool report_write(const struct report *report, FILE *out) {
    uint64_t head[2] = {report->count, report->seed};
    bool ok = put_text(out, report->file) && fwrite(head, sizeof head, 1, out) == 1;
    for (size_t i = 0; ok && i < report->count; i++) {
        const struct report_case *row = &report->cases[i];
        uint64_t numbers[4] = {row->outcome, row->exchanges, row->checks, row->nanoseconds};
        ok = put_text(out, row->title) && put_text(out, row->message) &&
             put_text(out, row->place) && put_text(out, row->detail) &&
             fwrite(numbers, sizeof numbers, 1, out) == 1;
    }
    return ok;
}

bool report_read(struct report *report, FILE *in) {
    uint64_t head[2] = {0, 0}, numbers[4];
    *report = (struct report){.file = get_text(in)};
    bool ok = report->file != NULL && fread(head, sizeof head, 1, in) == 1;
    report->seed = head[1];
    for (uint64_t i = 0; ok && i < head[0]; i++) {
        struct report_case row = {.title = get_text(in)};
        row.message = get_text(in);
        row.place = get_text(in);
        row.detail = get_text(in);
        ok = fread(numbers, sizeof numbers, 1, in) == 1;
        row.outcome = ok ? (enum script_outcome)numbers[0] : OUTCOME_ERROR;
        row.exchanges = ok ? numbers[1] : 0;
        row.checks = ok ? numbers[2] : 0;
        row.nanoseconds = ok ? numbers[3] : 0;
        ok = append(report, &row) && ok;
    }
    return ok;
}

// ---- lines -----------------------------------------------------------------------------------

static bool is_fine(const struct report_case *row) {
    return row->outcome == OUTCOME_PASSED || row->outcome == OUTCOME_SKIPPED;
}

static const char *plural(uint64_t count) {
    return count == 1 ? "" : "s";
}

static void print_plain(const struct report *report, FILE *out) {
    for (size_t i = 0; i < report->count; i++) {
        const struct report_case *row = &report->cases[i];
        bool named = strcmp(row->title, report->file) != 0;
        fprintf(out, "%-7s %s%s%s", outcome_word(row->outcome), report->file, named ? ": " : "",
                named ? row->title : "");
        if (row->outcome == OUTCOME_SKIPPED)
            fprintf(out, " (%s)", row->message);
        fprintf(out, "  %" PRIu64 " command%s, %" PRIu64 " check%s, %.3f ms\n", row->exchanges,
                plural(row->exchanges), row->checks, plural(row->checks),
                (double)row->nanoseconds / 1e6);
    }
}

/// One line of a TAP description: '#' would start a directive.
static void put_line(FILE *out, const char *text) {
    for (; *text != 0; text++) {
        if (*text == '#' || *text == '\\')
            fputc('\\', out);
        fputc(*text == '\n' || *text == '\r' ? ' ' : *text, out);
    }
}

static void put_indented(FILE *out, const char *text, const char *indent) {
    while (*text != 0) {
        size_t size = strcspn(text, "\n");
        fprintf(out, "%s%.*s\n", indent, (int)size, text);
        text += size + (text[size] == '\n' ? 1 : 0);
    }
}

static void print_tap(const struct report_case *row, const struct report *report, size_t number,
                      FILE *out) {
    fprintf(out, "%s %zu - ", is_fine(row) ? "ok" : "not ok", number);
    put_line(out, report->file);
    if (strcmp(row->title, report->file) != 0) {
        fputs(": ", out);
        put_line(out, row->title);
    }
    if (row->outcome == OUTCOME_SKIPPED) {
        fputs(" # SKIP ", out);
        put_line(out, row->message);
    }
    fputc('\n', out);
    if (is_fine(row))
        return;
    fputs("  ---\n  message: \"", out);
    report_json_text(out, row->message);
    fprintf(out, "\"\n  outcome: %s\n  at: \"", outcome_word(row->outcome));
    report_json_text(out, row->place);
    fprintf(out, "\"\n  seed: %" PRIu64 "\n", report->seed);
    if (row->detail[0] != 0) {
        fputs("  detail: |\n", out);
        put_indented(out, row->detail, "    ");
    }
    fputs("  ...\n", out);
}

/// Octets of the UTF-8 character here; 0 when it is none.
static size_t utf8_size(const char *text) {
    const uint8_t *at = (const uint8_t *)text;
    size_t size = at[0] < 0x80                    ? 1
                  : at[0] >= 0xC2 && at[0] < 0xE0 ? 2
                  : at[0] >= 0xE1 && at[0] < 0xED ? 3
                                                  : 0;
    for (size_t i = 1; i < size; i++)
        if ((at[i] & 0xC0) != 0x80)
            return 0;
    return size;
}

void report_json_text(FILE *out, const char *text) {
    for (size_t size = 1; *text != 0; text += size > 0 ? size : 1) {
        uint8_t c = (uint8_t)*text;
        size = utf8_size(text);
        if (size > 1)
            fwrite(text, 1, size, out);
        else if (size == 0)
            fprintf(out, "\\u%04x", (unsigned)c);
        else if (c == '"' || c == '\\')
            fprintf(out, "\\%c", c);
        else if (c == '\n')
            fputs("\\n", out);
        else if (c < 0x20 || c == 0x7F)
            fprintf(out, "\\u%04x", (unsigned)c);
        else
            fputc(c, out);
    }
}

static void json_field(FILE *out, const char *name, const char *text) {
    fprintf(out, "\"%s\":\"", name);
    report_json_text(out, text);
    fputs("\",", out);
}

static void print_json(const struct report_case *row, const struct report *report, FILE *out) {
    fputs("{\"type\":\"case\",", out);
    json_field(out, "file", report->file);
    json_field(out, "title", row->title);
    json_field(out, "outcome", outcome_word(row->outcome));
    json_field(out, "message", row->message);
    json_field(out, "at", row->place);
    json_field(out, "detail", row->detail);
    fprintf(out,
            "\"exchanges\":%" PRIu64 ",\"checks\":%" PRIu64 ",\"us\":%" PRIu64 ",\"seed\":%" PRIu64
            "}\n",
            row->exchanges, row->checks, row->nanoseconds / 1000, report->seed);
}

void report_begin(enum report_mode mode, FILE *out) {
    if (mode == REPORT_TAP)
        fputs("TAP version 13\n", out);
}

void report_print(const struct report *report, enum report_mode mode, FILE *out,
                  struct report_totals *totals) {
    if (mode == REPORT_PLAIN)
        print_plain(report, out);
    for (size_t i = 0; i < report->count; i++) {
        const struct report_case *row = &report->cases[i];
        totals->cases++;
        totals->failed += !is_fine(row);
        totals->skipped += row->outcome == OUTCOME_SKIPPED;
        if (mode == REPORT_TAP)
            print_tap(row, report, totals->cases, out);
        if (mode == REPORT_JSON)
            print_json(row, report, out);
    }
    totals->files++;
    totals->exchanges += report->exchanges;
    totals->outcome = outcome_worse(totals->outcome, report->outcome);
    fflush(out);
}

void report_end(enum report_mode mode, FILE *out, const struct report_totals *totals) {
    size_t passed = totals->cases - totals->failed - totals->skipped;
    if (mode == REPORT_TAP)
        fprintf(out, "1..%zu\n", totals->cases);
    else if (mode == REPORT_JSON)
        fprintf(out,
                "{\"type\":\"summary\",\"files\":%zu,\"passed\":%zu,\"failed\":%zu,\"skipped\":%zu,"
                "\"exchanges\":%" PRIu64 ",\"outcome\":\"%s\"}\n",
                totals->files, passed, totals->failed, totals->skipped, totals->exchanges,
                outcome_word(totals->outcome));
    else
        fprintf(out, "%zu passed, %zu failed, %zu skipped in %zu file%s, %" PRIu64 " command%s\n",
                passed, totals->failed, totals->skipped, totals->files, plural(totals->files),
                totals->exchanges, plural(totals->exchanges));
    fflush(out);
}

// ---- JUnit -----------------------------------------------------------------------------------

static void put_xml(FILE *out, const char *text) {
    for (size_t size = 1; *text != 0; text += size > 0 ? size : 1) {
        uint8_t c = (uint8_t)*text;
        size = utf8_size(text);
        if (size > 1)
            fwrite(text, 1, size, out);
        else if (size == 0)
            fputc('?', out);
        else if (c == '<')
            fputs("&lt;", out);
        else if (c == '>')
            fputs("&gt;", out);
        else if (c == '&')
            fputs("&amp;", out);
        else if (c == '"')
            fputs("&quot;", out);
        else
            fputc(c < 0x20 && c != '\n' && c != '\t' ? '?' : c, out);
    }
}

static void junit_case(FILE *out, const struct report *report, const struct report_case *row) {
    fputs("    <testcase classname=\"", out);
    put_xml(out, report->file);
    fputs("\" name=\"", out);
    put_xml(out, row->title);
    fprintf(out, "\" time=\"%.6f\"", (double)row->nanoseconds / 1e9);
    if (row->outcome == OUTCOME_PASSED) {
        fputs("/>\n", out);
        return;
    }
    const char *element = row->outcome == OUTCOME_SKIPPED  ? "skipped"
                          : row->outcome == OUTCOME_FAILED ? "failure"
                                                           : "error";
    fprintf(out, ">\n      <%s message=\"", element);
    put_xml(out, row->message);
    fputs("\">", out);
    put_xml(out, row->place);
    fputs("\n", out);
    put_xml(out, row->detail);
    fprintf(out, "</%s>\n    </testcase>\n", element);
}

static void count(const struct report *report, size_t counts[4]) {
    for (size_t i = 0; i < report->count; i++) {
        enum script_outcome outcome = report->cases[i].outcome;
        counts[0]++;
        counts[1] += outcome == OUTCOME_FAILED;
        counts[2] += outcome != OUTCOME_FAILED && !is_fine(&report->cases[i]);
        counts[3] += outcome == OUTCOME_SKIPPED;
    }
}

static void junit_counts(FILE *out, const size_t counts[4]) {
    fprintf(out, " tests=\"%zu\" failures=\"%zu\" errors=\"%zu\" skipped=\"%zu\"", counts[0],
            counts[1], counts[2], counts[3]);
}

static void junit_suite(FILE *out, const struct report *report) {
    size_t counts[4] = {0};
    count(report, counts);
    fputs("  <testsuite name=\"", out);
    put_xml(out, report->file);
    fputs("\"", out);
    junit_counts(out, counts);
    fprintf(out, " time=\"%.6f\">\n", (double)report->nanoseconds / 1e9);
    for (size_t i = 0; i < report->count; i++)
        junit_case(out, report, &report->cases[i]);
    fputs("  </testsuite>\n", out);
}

bool report_junit(const struct report *reports, size_t report_count, const char *path) {
    size_t counts[4] = {0};
    FILE *out = files_may_write(path) ? fopen(path, "we") : NULL;
    if (out == NULL)
        return false;
    for (size_t i = 0; i < report_count; i++)
        count(&reports[i], counts);
    fputs("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites", out);
    junit_counts(out, counts);
    fputs(">\n", out);
    for (size_t i = 0; i < report_count; i++)
        junit_suite(out, &reports[i]);
    fputs("</testsuites>\n", out);
    bool ok = !ferror(out);
    return fclose(out) == 0 && ok;
}

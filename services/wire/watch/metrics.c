// SPDX-License-Identifier: Apache-2.0
#include "services/wire/watch/metrics.h"

#include <stdio.h>
#include <string.h>

enum kind { COUNTER, GAUGE, HISTOGRAM };

static const char *const KINDS[] = {"counter", "gauge", "histogram"};

static const struct row {
    const char *name, *labels[2], *help;
    enum kind kind;
} ROWS[METRIC_COUNT] = {
#define METRIC_ROW(identifier, text, what, first, second, words)                                   \
    [identifier] = {.name = (text), .labels = {first, second}, .help = (words), .kind = (what)},
    METRICS(METRIC_ROW)
#undef METRIC_ROW
};

/// Upper ends of buckets: of seconds, and of the one histogram of sizes.
enum { BUCKETS = 14 };
static const double SECONDS[BUCKETS] = {0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05,
                                        0.1,    0.25,  0.5,    1,     2.5,  5,     10};
static const double SIZES[BUCKETS] = {1, 2, 4, 8, 16, 32, 48, 64, 96, 128, 160, 192, 224, 256};

struct metric_series {
    struct metric_series *next;
    char labels[2][METRIC_LABEL_MAX];
    double value; // of a counter or gauge; a histogram's sum
    uint64_t count, buckets[BUCKETS];
};

static const double *ends_of(enum metric metric) {
    return metric == METRIC_GROUP_SIZE ? SIZES : SECONDS;
}

// ---- counting ----------------------------------------------------------------------------------

static bool is_series(const struct metric_series *series, const char *first, const char *second) {
    return strncmp(series->labels[0], first, METRIC_LABEL_MAX - 1) == 0 &&
           strncmp(series->labels[1], second, METRIC_LABEL_MAX - 1) == 0;
}

/// Keeps the order in which series came up.
static struct metric_series *find(struct metrics *metrics, enum metric metric, const char *first,
                                  const char *second) {
    struct metric_series **at = &metrics->series[metric];
    for (; *at != NULL; at = &(*at)->next)
        if (is_series(*at, first, second))
            return *at;
    struct metric_series *made =
        metrics->memory->resize(metrics->memory, NULL, sizeof(struct metric_series));
    if (made == NULL)
        return NULL;
    *made = (struct metric_series){0};
    snprintf(made->labels[0], METRIC_LABEL_MAX, "%s", first);
    snprintf(made->labels[1], METRIC_LABEL_MAX, "%s", second);
    metrics->counts[metric]++;
    *at = made;
    return made;
}

static struct metric_series *series_of(struct metrics *metrics, enum metric metric,
                                       const char *first, const char *second) {
    first = first != NULL ? first : "";
    second = second != NULL ? second : "";
    if (metrics->counts[metric] < METRIC_SERIES_MAX)
        return find(metrics, metric, first, second);
    for (struct metric_series *at = metrics->series[metric]; at != NULL; at = at->next)
        if (is_series(at, first, second))
            return at;
    return find(metrics, metric, "other", ROWS[metric].labels[1] != NULL ? "other" : "");
}

void metrics_init(struct metrics *metrics, const struct script_memory *memory) {
    *metrics = (struct metrics){.memory = memory};
    pthread_mutex_init(&metrics->lock, NULL);
}

void metrics_free(struct metrics *metrics) {
    for (size_t i = 0; i < METRIC_COUNT; i++)
        for (struct metric_series *at = metrics->series[i], *next; at != NULL; at = next) {
            next = at->next;
            metrics->memory->resize(metrics->memory, at, 0);
        }
    pthread_mutex_destroy(&metrics->lock);
}

void metrics_add(struct metrics *metrics, enum metric metric, const char *first, const char *second,
                 uint64_t more) {
    if (metrics == NULL)
        return;
    pthread_mutex_lock(&metrics->lock);
    struct metric_series *series = series_of(metrics, metric, first, second);
    if (series != NULL)
        series->value += (double)more;
    pthread_mutex_unlock(&metrics->lock);
}

void metrics_set(struct metrics *metrics, enum metric metric, const char *first, const char *second,
                 double value) {
    if (metrics == NULL)
        return;
    pthread_mutex_lock(&metrics->lock);
    struct metric_series *series = series_of(metrics, metric, first, second);
    if (series != NULL)
        series->value = value;
    pthread_mutex_unlock(&metrics->lock);
}

void metrics_observe(struct metrics *metrics, enum metric metric, const char *first, double value) {
    const double *ends = ends_of(metric);
    if (metrics == NULL)
        return;
    pthread_mutex_lock(&metrics->lock);
    struct metric_series *series = series_of(metrics, metric, first, NULL);
    if (series != NULL) {
        series->value += value;
        series->count++;
        for (size_t i = 0; i < BUCKETS; i++)
            series->buckets[i] += value <= ends[i];
    }
    pthread_mutex_unlock(&metrics->lock);
}

// ---- writing -----------------------------------------------------------------------------------

static void put_number(struct buffer *out, double value) {
    char digits[40];
    snprintf(digits, sizeof digits, "%.15g", value);
    buffer_text(out, digits);
}

/// Quotes, backslashes and newlines as the format wants them.
static void put_label_value(struct buffer *out, const char *text) {
    for (const char *at = text; *at != '\0'; at++) {
        if (*at == '"' || *at == '\\' || *at == '\n')
            buffer_put_octet(out, '\\');
        buffer_put_octet(out, (uint8_t)(*at == '\n' ? 'n' : *at));
    }
}

static void put_label(struct buffer *out, bool *any, const char *name, const char *value) {
    if (name == NULL)
        return;
    buffer_format(out, "%s%s=\"", *any ? "," : "{", name);
    put_label_value(out, value);
    buffer_text(out, "\"");
    *any = true;
}

/// NAME SUFFIX {labels, le}, and a space.
static void put_head(struct buffer *out, const struct row *row, const char *suffix,
                     const struct metric_series *series, const char *end) {
    bool any = false;
    buffer_format(out, "%s%s", row->name, suffix);
    put_label(out, &any, row->labels[0], series->labels[0]);
    put_label(out, &any, row->labels[1], series->labels[1]);
    put_label(out, &any, end != NULL ? "le" : NULL, end);
    buffer_text(out, any ? "} " : " ");
}

static void put_histogram(struct buffer *out, enum metric metric,
                          const struct metric_series *series) {
    const struct row *row = &ROWS[metric];
    const double *ends = ends_of(metric);
    char end[24];
    for (size_t i = 0; i < BUCKETS; i++) {
        snprintf(end, sizeof end, "%g", ends[i]);
        put_head(out, row, "_bucket", series, end);
        buffer_format(out, "%l\n", series->buckets[i]);
    }
    put_head(out, row, "_bucket", series, "+Inf");
    buffer_format(out, "%l\n", series->count);
    put_head(out, row, "_sum", series, NULL);
    put_number(out, series->value);
    buffer_text(out, "\n");
    put_head(out, row, "_count", series, NULL);
    buffer_format(out, "%l\n", series->count);
}

static void put_metric(struct buffer *out, enum metric metric, const struct metric_series *series) {
    const struct row *row = &ROWS[metric];
    if (series == NULL)
        return;
    buffer_format(out, "# HELP %s %s\n# TYPE %s %s\n", row->name, row->help, row->name,
                  KINDS[row->kind]);
    for (; series != NULL; series = series->next) {
        if (row->kind == HISTOGRAM) {
            put_histogram(out, metric, series);
            continue;
        }
        put_head(out, row, "", series, NULL);
        put_number(out, series->value);
        buffer_text(out, "\n");
    }
}

bool metrics_write(struct metrics *metrics, struct buffer *out) {
    pthread_mutex_lock(&metrics->lock);
    for (size_t i = 0; i < METRIC_COUNT; i++)
        put_metric(out, (enum metric)i, metrics->series[i]);
    pthread_mutex_unlock(&metrics->lock);
    return !out->failed;
}

// SPDX-License-Identifier: Apache-2.0
#include "host/audit/findings.h"

#include <inttypes.h>
#include <jansson.h>
#include <stdarg.h>
#include <string.h>

struct told_text told_of(const char *format, ...) {
    struct told_text told;
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(told.text, sizeof told.text, format, arguments);
    va_end(arguments);
    return told;
}

static struct told_text hexadecimal(struct bytes octets, const char *digits) {
    struct told_text told = {""};
    for (size_t i = 0; i < octets.size && 2 * i + 2 < sizeof told.text; i++) {
        told.text[2 * i] = digits[octets.data[i] >> 4];
        told.text[2 * i + 1] = digits[octets.data[i] & 0x0F];
    }
    return told;
}

struct told_text told_octets(struct bytes octets) {
    return hexadecimal(octets, "0123456789abcdef");
}

struct told_text told_hash(struct bytes octets) {
    return hexadecimal(octets, "0123456789ABCDEF");
}

// ---- one finding -------------------------------------------------------------------------------

/// What is no UTF-8 is shown as octets.
static void put(json_t *json, const char *name, const char *text) {
    json_t *value = json_string(text);
    if (value == NULL) {
        struct told_text octets = told_octets(bytes_of_string(text));
        value = json_string(octets.text);
    }
    json_object_set_new(json, name, value);
}

static void print_json(FILE *out, const struct finding *finding) {
    json_t *json = json_object();
    put(json, "kind", finding->kind);
    put(json, "service", finding->service);
    put(json, "table", finding->table);
    put(json, "row", finding->row.text);
    put(json, "field", finding->field);
    put(json, "expected", finding->expected.text);
    put(json, "found", finding->found.text);
    put(json, "object", finding->object.text);
    json_dumpf(json, out, JSON_COMPACT);
    fputc('\n', out);
    json_decref(json);
}

static void print_text(FILE *out, const char *text) {
    for (; *text != '\0'; text++)
        fputc((unsigned char)*text < ' ' || *text == 0x7F ? '?' : *text, out);
}

static void print_part(FILE *out, const char *name, const char *text) {
    if (text[0] == '\0')
        return;
    fprintf(out, "    %-9s ", name);
    print_text(out, text);
    fputc('\n', out);
}

static void print_for_people(FILE *out, const struct finding *finding) {
    fprintf(out, "%s: %s of %s, row ", finding->kind, finding->field, finding->table);
    print_text(out, finding->row.text);
    fprintf(out, " of the service %s\n", finding->service);
    print_part(out, "expected", finding->expected.text);
    print_part(out, "found", finding->found.text);
    print_part(out, "object", finding->object.text);
}

/// Kinds are constant texts.
static void count_kind(struct findings *findings, const char *kind) {
    size_t i = 0;
    while (i < findings->kinds && strcmp(findings->by_kind[i].kind, kind) != 0)
        i++;
    if (i == KINDS_MAX)
        return;
    if (i == findings->kinds)
        findings->by_kind[findings->kinds++].kind = kind;
    findings->by_kind[i].count++;
}

void findings_add(struct findings *findings, const struct finding *finding) {
    findings->told++;
    count_kind(findings, finding->kind);
    if (findings->json)
        print_json(findings->out, finding);
    else
        print_for_people(findings->out, finding);
}

// ---- the end -----------------------------------------------------------------------------------

void findings_count(struct findings *findings, const char *service, const char *what,
                    uint64_t count) {
    size_t i = 0;
    while (i < findings->counted && (strcmp(findings->counts[i].service, service) != 0 ||
                                     strcmp(findings->counts[i].what, what) != 0))
        i++;
    if (i == COUNTED_MAX)
        return;
    if (i == findings->counted) {
        findings->counts[i].service = service;
        findings->counts[i].what = what;
        findings->counts[i].count = 0;
        findings->counted++;
    }
    findings->counts[i].count += count;
}

/// A line a service: "clearing: 10 objects, 13 entries".
static void print_counts(const struct findings *findings) {
    const char *service = "";
    for (size_t i = 0; i < findings->counted; i++) {
        bool same = strcmp(service, findings->counts[i].service) == 0;
        service = findings->counts[i].service;
        fprintf(findings->out, "%s%s%s %" PRIu64 " %s", i > 0 && !same ? "\n" : "",
                same ? "" : service, same ? "," : ":", findings->counts[i].count,
                findings->counts[i].what);
    }
    if (findings->counted > 0)
        fputc('\n', findings->out);
}

/// "3 findings: differs 2, missing 1"
static void print_sum(const struct findings *findings) {
    fprintf(findings->out, "%" PRIu64 " finding%s:", findings->told,
            findings->told == 1 ? "" : "s");
    for (size_t i = 0; i < findings->kinds; i++)
        fprintf(findings->out, "%s %s %" PRIu64, i > 0 ? "," : "", findings->by_kind[i].kind,
                findings->by_kind[i].count);
    fputc('\n', findings->out);
}

void findings_end(const struct findings *findings) {
    if (findings->json)
        return;
    print_counts(findings);
    if (findings->told == 0)
        fputs("clean: nothing is missing, nothing differs\n", findings->out);
    else
        print_sum(findings);
}

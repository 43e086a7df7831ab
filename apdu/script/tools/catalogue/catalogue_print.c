// SPDX-License-Identifier: Apache-2.0
#include "apdu/script/tools/catalogue/catalogue_print.h"

#include "apdu/script/run/report.h"
#include "base/must.h"

const struct catalogue_command *catalogue_row_at(const struct catalogue_own *own, size_t index) {
    size_t size = catalogue_size();
    return index < size ? catalogue_at(index) : &own->commands[index - size];
}

size_t catalogue_row_count(const struct catalogue_own *own) {
    return catalogue_size() + (own != NULL ? own->command_count : 0);
}

static void json_text(FILE *out, const char *key, const char *text) {
    fprintf(out, "\"%s\":\"", key);
    report_json_text(out, text != NULL ? text : "");
    fprintf(out, "\",");
}

static void json_fields(FILE *out, const struct catalogue_command *row) {
    static const char *const kinds[] = {
        [PARAMETER_TLV_FIELD] = "tlv", [PARAMETER_OBJECT] = "object", [PARAMETER_RAW] = "raw"};
    must_cover(kinds, PARAMETER_RAW + 1);
    fprintf(out, "\"fields\":[");
    for (size_t i = 0; i < row->parameter_count; i++) {
        const struct catalogue_parameter *field = &row->parameters[i];
        fprintf(out, "%s{\"name\":\"%s\",\"kind\":\"%s\"", i > 0 ? "," : "", field->name,
                kinds[field->kind]);
        if (field->kind == PARAMETER_TLV_FIELD)
            fprintf(out, ",\"tag\":\"%X\"", (unsigned)field->tag);
        if (field->kind == PARAMETER_OBJECT)
            fprintf(out, ",\"object\":%u", (unsigned)field->object);
        fprintf(out, ",\"optional\":%s,\"secret\":%s}", field->optional ? "true" : "false",
                field->secret ? "true" : "false");
    }
    fprintf(out, "],");
}

static void json_refusals(FILE *out, const struct catalogue_command *row) {
    fprintf(out, "\"refusals\":[");
    for (size_t i = 0; i < row->refusal_count; i++)
        fprintf(out, "%s{\"sw\":\"%04X\",\"reason\":\"%s\"}", i > 0 ? "," : "",
                (unsigned)row->refusals[i], status_reason(row->refusals[i]));
    fprintf(out, "],");
}

static void json_masks(FILE *out, const struct catalogue_command *row) {
    static const char *const interfaces[] = {"contact", "contactless", "internal"};
    const char *gap = "";
    fprintf(out, "\"cases\":[");
    for (unsigned i = 1; i <= 4; i++)
        if ((row->cases >> i & 1) != 0) {
            fprintf(out, "%s%u", gap, i);
            gap = ",";
        }
    fprintf(out, "],\"lc\":[%u,%u],\"interfaces\":[", (unsigned)row->lc_min, (unsigned)row->lc_max);
    gap = "";
    for (unsigned i = 0; i < 3; i++)
        if ((row->interfaces >> i & 1) != 0) {
            fprintf(out, "%s\"%s\"", gap, interfaces[i]);
            gap = ",";
        }
    fprintf(out, "],\"secret\":%s,", row->secret ? "true" : "false");
}

static void json_word(FILE *out, const struct status_word *word) {
    fprintf(out, "{\"sw\":\"%04X\",", (unsigned)word->sw);
    json_text(out, "name", word->name);
    if (word->reason != NULL)
        json_text(out, "reason", word->reason);
    fprintf(out, "\"text\":\"");
    report_json_text(out, word->text);
    fprintf(out, "\"}\n");
}

void catalogue_print_json(const struct catalogue_own *own, FILE *out) {
    for (size_t i = 0; i < catalogue_row_count(own); i++) {
        const struct catalogue_command *row = catalogue_row_at(own, i);
        fprintf(out, "{");
        json_text(out, "name", row->name);
        json_text(out, "title", row->title);
        json_text(out, "applet", row->applet);
        fprintf(out,
                "\"cla\":\"%02X\",\"ins\":\"%02X\",\"p1\":\"%02X\",\"p1_mask\":\"%02X\","
                "\"p2\":\"%02X\",\"p2_mask\":\"%02X\",",
                (unsigned)row->cla, (unsigned)row->ins, (unsigned)row->p1, (unsigned)row->p1_mask,
                (unsigned)row->p2, (unsigned)row->p2_mask);
        json_masks(out, row);
        json_fields(out, row);
        json_refusals(out, row);
        json_text(out, "answer", row->answer);
        fprintf(out, "\"clause\":\"");
        report_json_text(out, row->clause != NULL ? row->clause : "");
        fprintf(out, "\"}\n");
    }
    for (size_t i = 0; i < status_word_count; i++)
        json_word(out, &status_words[i]);
    for (size_t i = 0; own != NULL && i < own->word_count; i++)
        json_word(out, &own->words[i]);
}

void catalogue_print_text(const struct catalogue_own *own, FILE *out) {
    for (size_t i = 0; i < catalogue_row_count(own); i++) {
        const struct catalogue_command *row = catalogue_row_at(own, i);
        fprintf(out, "%-30s %02X %02X  %s\n", row->name, (unsigned)row->cla, (unsigned)row->ins,
                row->title);
    }
}

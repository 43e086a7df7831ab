// SPDX-License-Identifier: Apache-2.0
#include "apdu/script/language/match.h"

enum { CAPTURES_MAX = 32, ROW_OCTETS = 16, ROWS_MAX = 8, GAP_TRIES_MAX = 200000 };

// ---- status words ----------------------------------------------------------------------------

bool sw_matches(const struct sw_rule *rules, uint16_t sw) {
    bool wanted = false, found = false;
    for (const struct sw_rule *rule = rules; rule != NULL; rule = rule->next) {
        uint16_t masked = sw & rule->mask;
        bool fits = masked >= rule->low && masked <= rule->high;
        if (rule->negative && fits)
            return false;
        wanted |= !rule->negative;
        found |= !rule->negative && fits;
    }
    return found || !wanted;
}

static void sw_render(const struct sw_rule *rule, struct buffer *out) {
    static const char digits[] = "0123456789ABCDEF";
    buffer_text(out, rule->negative ? "!" : "");
    for (unsigned shift = 16; shift > 0;) {
        shift -= 4;
        bool any = (rule->mask >> shift & 15) == 0;
        buffer_put_octet(out, (uint8_t)(any ? 'x' : digits[rule->low >> shift & 15]));
    }
    if (rule->high != rule->low)
        buffer_format(out, "..%w", (unsigned)rule->high);
}

void sw_rules_render(const struct sw_rule *rules, struct buffer *out) {
    for (const struct sw_rule *rule = rules; rule != NULL; rule = rule->next) {
        sw_render(rule, out);
        buffer_text(out, rule->next != NULL ? " | " : "");
    }
}

// ---- patterns --------------------------------------------------------------------------------

struct captured {
    const struct pattern *part;
    size_t offset, size;
};

struct matcher {
    struct evaluation *evaluation;
    struct bytes data;
    struct captured captures[CAPTURES_MAX];
    size_t capture_count;
    struct mismatch *mismatch;
    size_t tries;
    bool fault;
};

static enum match_result match_from(struct matcher *matcher, const struct pattern *part,
                                    size_t offset);

static enum match_result refuse(struct matcher *matcher, const struct pattern *part, size_t offset,
                                bool too_short, bool too_long) {
    if (offset >= matcher->mismatch->offset)
        *matcher->mismatch = (struct mismatch){offset, too_short, too_long, part};
    return MATCH_NO;
}

static enum match_result match_octets(struct matcher *matcher, const struct pattern *part,
                                      size_t offset, struct bytes value, const uint8_t *mask) {
    for (size_t i = 0; i < value.size; i++) {
        if (offset + i >= matcher->data.size)
            return refuse(matcher, part, offset + i, true, false);
        uint8_t differs = matcher->data.data[offset + i] ^ value.data[i];
        if ((differs & (mask != NULL ? mask[i] : 0xFF)) != 0)
            return refuse(matcher, part, offset + i, false, false);
    }
    return match_from(matcher, part->next, offset + value.size);
}

static enum match_result match_expr(struct matcher *matcher, const struct pattern *part,
                                    size_t offset) {
    struct buffer value;
    buffer_init(&value, matcher->evaluation->ports->memory);
    enum match_result result = MATCH_FAULT;
    if (evaluate_octets(matcher->evaluation, part->expr, &value))
        result = match_octets(matcher, part, offset, buffer_bytes(&value), NULL);
    buffer_free(&value);
    return result;
}

static enum match_result match_range(struct matcher *matcher, const struct pattern *part,
                                     size_t offset) {
    if (offset >= matcher->data.size)
        return refuse(matcher, part, offset, true, false);
    uint8_t octet = matcher->data.data[offset];
    if (octet < part->value.data[0] || octet > part->value.data[1])
        return refuse(matcher, part, offset, false, false);
    return match_from(matcher, part->next, offset + 1);
}

static enum match_result capture(struct matcher *matcher, const struct pattern *part, size_t offset,
                                 size_t size) {
    size_t mark = matcher->capture_count;
    if (part->kind == PATTERN_CAPTURE && mark < CAPTURES_MAX)
        matcher->captures[matcher->capture_count++] = (struct captured){part, offset, size};
    enum match_result result = match_from(matcher, part->next, offset + size);
    if (result != MATCH_YES)
        matcher->capture_count = mark;
    return result;
}

// The shortest gap first. The number of tries is bounded: gaps within gaps could take for ever.
static enum match_result match_gap(struct matcher *matcher, const struct pattern *part,
                                   size_t offset) {
    if (part->next == NULL)
        return capture(matcher, part, offset, matcher->data.size - offset);
    for (size_t size = 0; offset + size <= matcher->data.size; size++) {
        enum match_result result = capture(matcher, part, offset, size);
        if (result != MATCH_NO || ++matcher->tries > GAP_TRIES_MAX)
            return result;
    }
    return MATCH_NO;
}

static enum match_result match_counted(struct matcher *matcher, const struct pattern *part,
                                       size_t offset) {
    uint64_t count = 0;
    if (!evaluate_number(matcher->evaluation, part->expr, &count))
        return MATCH_FAULT;
    if (count > matcher->data.size - offset)
        return refuse(matcher, part, matcher->data.size, true, false);
    return capture(matcher, part, offset, count);
}

static enum match_result match_from(struct matcher *matcher, const struct pattern *part,
                                    size_t offset) {
    if (part == NULL)
        return offset == matcher->data.size ? MATCH_YES
                                            : refuse(matcher, NULL, offset, false, true);
    switch (part->kind) {
    case PATTERN_MASKED:
        return match_octets(matcher, part, offset, part->value, part->mask.data);
    case PATTERN_EXPR:
        return match_expr(matcher, part, offset);
    case PATTERN_RANGE:
        return match_range(matcher, part, offset);
    case PATTERN_REST:
        return match_gap(matcher, part, offset);
    case PATTERN_CAPTURE:
        return part->expr == NULL ? match_gap(matcher, part, offset)
                                  : match_counted(matcher, part, offset);
    }
    return MATCH_FAULT;
}

static void store_captures(const struct matcher *matcher) {
    for (size_t i = 0; i < matcher->capture_count; i++) {
        const struct captured *captured = &matcher->captures[i];
        struct variable *variable = variable_for(matcher->evaluation, captured->part->name);
        if (variable != NULL)
            variable_set_octets(variable,
                                bytes_of(matcher->data.data + captured->offset, captured->size));
    }
}

enum match_result pattern_match(struct evaluation *evaluation, const struct pattern *pattern,
                                struct bytes data, struct mismatch *mismatch) {
    struct matcher matcher = {.evaluation = evaluation, .data = data, .mismatch = mismatch};
    *mismatch = (struct mismatch){0};
    enum match_result result = match_from(&matcher, pattern, 0);
    if (result == MATCH_YES)
        store_captures(&matcher);
    return result;
}

// ---- rendering -------------------------------------------------------------------------------

/// One expected octet as two characters: 84, 8?, ??, "**" for a bit mask, ".." for captures.
static void put_cell(struct buffer *cells, uint8_t value, uint8_t mask) {
    static const char digits[] = "0123456789ABCDEF";
    bool high = (mask & 0xF0) == 0xF0, low = (mask & 0x0F) == 0x0F;
    bool bits = mask != 0 && mask != 0xF0 && mask != 0x0F && mask != 0xFF;
    buffer_put_octet(cells, (uint8_t)(bits ? '*' : high ? digits[value >> 4] : '?'));
    buffer_put_octet(cells, (uint8_t)(bits ? '*' : low ? digits[value & 15] : '?'));
}

static void put_cells(struct buffer *cells, struct bytes value, const uint8_t *mask, bool secret) {
    for (size_t i = 0; i < value.size; i++)
        if (secret)
            buffer_text(cells, "##");
        else
            put_cell(cells, value.data[i], mask != NULL ? mask[i] : 0xFF);
}

static void put_expr_cells(struct evaluation *evaluation, const struct pattern *part,
                           struct buffer *cells) {
    struct buffer value;
    buffer_init(&value, evaluation->ports->memory);
    evaluation_begin(evaluation);
    if (evaluate_octets(evaluation, part->expr, &value))
        put_cells(cells, buffer_bytes(&value), NULL, evaluation->secret_count > 0);
    buffer_free(&value);
}

/// Cells up to the first gap: behind it places are not fixed.
static void cells_of(struct evaluation *evaluation, const struct pattern *pattern,
                     struct buffer *cells) {
    for (const struct pattern *part = pattern; part != NULL; part = part->next) {
        uint64_t count = 0;
        if (part->kind == PATTERN_REST || (part->kind == PATTERN_CAPTURE && part->expr == NULL))
            return;
        if (part->kind == PATTERN_MASKED)
            put_cells(cells, part->value, part->mask.data, false);
        else if (part->kind == PATTERN_EXPR)
            put_expr_cells(evaluation, part, cells);
        else if (part->kind == PATTERN_RANGE)
            buffer_text(cells, "[]");
        else if (evaluate_number(evaluation, part->expr, &count))
            for (uint64_t i = 0; i < count && i < 4096; i++)
                buffer_text(cells, "..");
    }
}

static void put_row(struct buffer *out, const char *title, struct bytes cells, size_t from) {
    buffer_format(out, "    %s", title);
    for (size_t i = from; i < from + ROW_OCTETS && 2 * i < cells.size; i++)
        buffer_format(out, " %t", bytes_of(cells.data + 2 * i, 2));
    buffer_text(out, "\n");
}

static void put_marks(struct buffer *out, struct bytes expected, struct bytes data, size_t from,
                      size_t offset) {
    buffer_text(out, "            ");
    for (size_t i = from; i < from + ROW_OCTETS; i++) {
        bool beyond = i >= data.size && 2 * i >= expected.size;
        buffer_text(out, i == offset && !(beyond && i > offset) ? " ^^" : "   ");
    }
    while (out->size > 0 && out->data[out->size - 1] == ' ')
        out->size--;
    buffer_text(out, "\n");
}

void mismatch_render(struct evaluation *evaluation, const struct pattern *pattern,
                     struct bytes data, const struct mismatch *mismatch, struct buffer *out) {
    struct buffer expected, actual;
    buffer_init(&expected, evaluation->ports->memory);
    buffer_init(&actual, evaluation->ports->memory);
    cells_of(evaluation, pattern, &expected);
    buffer_format(&actual, "%H", data);
    size_t row = mismatch->offset / ROW_OCTETS * ROW_OCTETS;
    size_t from = row >= ROW_OCTETS ? row - ROW_OCTETS : 0;
    for (size_t at = from; at <= row; at += ROW_OCTETS) {
        buffer_format(out, "    octet %z\n", at);
        put_row(out, "expected", buffer_bytes(&expected), at);
        put_row(out, "answer  ", buffer_bytes(&actual), at);
    }
    put_marks(out, buffer_bytes(&expected), data, row, mismatch->offset);
    trail_render(data, mismatch->offset, out);
    buffer_free(&expected);
    buffer_free(&actual);
}

// ---- TLV -------------------------------------------------------------------------------------

static bool find_step(struct bytes data, const struct path_step *step, struct bytes *value) {
    struct tlv object;
    uint32_t index = 0;
    while (data.size > 0) {
        if (data.data[0] == 0x00 || data.data[0] == 0xFF) { // padding between objects
            data = bytes_of(data.data + 1, data.size - 1);
            continue;
        }
        if (!tlv_next(&data, &object))
            return false;
        if (object.tag == step->tag && ++index == step->index) {
            *value = object.value;
            return true;
        }
    }
    return false;
}

bool path_find(struct bytes data, const struct path_step *path, struct bytes *value,
               const struct path_step **missing) {
    for (; path != NULL; path = path->next) {
        if (!find_step(data, path, &data)) {
            *missing = path;
            return false;
        }
    }
    *value = data;
    return true;
}

static void put_tag(struct buffer *out, tlv_tag tag) {
    uint8_t octets[4];
    size_t size = bytes_be_size(tag);
    bytes_put_be(octets, size, tag);
    buffer_format(out, "%H", bytes_of(octets, size));
}

void path_render(const struct path_step *path, struct buffer *out) {
    for (; path != NULL; path = path->next) {
        put_tag(out, path->tag);
        if (path->index != 1)
            buffer_format(out, "[%u]", path->index);
        buffer_text(out, path->next != NULL ? "/" : "");
    }
}

static bool object_around(struct bytes data, const uint8_t *at, struct tlv *object) {
    while (tlv_next(&data, object))
        if (at < object->whole.data + object->whole.size)
            return true;
    return false;
}

void trail_render(struct bytes data, size_t offset, struct buffer *out) {
    struct tlv object;
    struct bytes level = data;
    const uint8_t *at = data.data + offset;
    size_t depth = 0;
    if (offset >= data.size)
        return;
    while (object_around(level, at, &object)) {
        size_t begin = (size_t)(object.whole.data - data.data);
        buffer_text(out, depth++ == 0 ? "    within   " : " / ");
        put_tag(out, object.tag);
        buffer_format(out, " (octets %z..%z", begin, begin + object.whole.size - 1);
        buffer_text(out, at < object.value.data ? ", in its header)" : ")");
        if (!tlv_is_constructed(object.tag) || at < object.value.data)
            break;
        level = object.value;
    }
    if (depth > 0)
        buffer_text(out, "\n");
}

// SPDX-License-Identifier: Apache-2.0
#include "apdu/convert/fresh.h"

#include "apdu/octets/tlv.h"

#include <string.h>

enum { FRESH_SIZE_MIN = 8, FRESH_DEPTH_MAX = 8, STEPS_MAX = 100000 };

void fresh_init(struct fresh *fresh, const struct script_memory *memory) {
    *fresh = (struct fresh){.memory = memory};
    arena_init(&fresh->arena, memory);
}

void fresh_free(struct fresh *fresh) {
    arena_free(&fresh->arena);
    fresh->memory->resize(fresh->memory, fresh->steps, 0);
}

bool fresh_take(struct fresh *fresh, const struct step *step) {
    if (fresh->count == STEPS_MAX)
        return false;
    if (fresh->count == fresh->capacity) {
        size_t capacity = fresh->capacity == 0 ? 64 : 2 * fresh->capacity;
        struct fresh_step *steps =
            fresh->memory->resize(fresh->memory, fresh->steps, capacity * sizeof *steps);
        if (steps == NULL)
            return false;
        fresh->steps = steps;
        fresh->capacity = capacity;
    }
    struct fresh_step *kept = &fresh->steps[fresh->count++];
    *kept = (struct fresh_step){.step = *step};
    kept->step.command = arena_copy(&fresh->arena, step->command);
    kept->step.answer = arena_copy(&fresh->arena, step->answer);
    kept->step.text = arena_copy(&fresh->arena, step->text);
    return !fresh->arena.failed;
}

// ---- finding ---------------------------------------------------------------------------------

static size_t place_of(struct bytes where, struct bytes what) {
    for (size_t i = 0; what.size > 0 && i + what.size <= where.size; i++)
        if (memcmp(where.data + i, what.data, what.size) == 0)
            return i;
    return SIZE_MAX;
}

static bool is_used_later(const struct fresh *fresh, size_t index, struct bytes value) {
    for (size_t i = index + 1; i < fresh->count; i++)
        if (place_of(fresh->steps[i].step.command, value) != SIZE_MAX)
            return true;
    return false;
}

/// A value that a command had before is the host's own, not the card's.
static bool is_older(const struct fresh *fresh, size_t index, struct bytes value) {
    for (size_t i = 0; i <= index; i++)
        if (place_of(fresh->steps[i].step.command, value) != SIZE_MAX)
            return true;
    for (size_t i = 0; i < index; i++)
        for (struct fresh_value *at = fresh->steps[i].captured; at != NULL; at = at->next)
            if (bytes_equal(at->octets, value))
                return true;
    return false;
}

static void consider(struct fresh *fresh, size_t index, struct bytes value) {
    struct fresh_step *step = &fresh->steps[index];
    if (value.size < FRESH_SIZE_MIN || is_older(fresh, index, value) ||
        !is_used_later(fresh, index, value))
        return;
    struct fresh_value *found = arena_take(&fresh->arena, sizeof *found);
    if (found == NULL)
        return;
    *found = (struct fresh_value){.number = ++fresh->values,
                                  .offset = (size_t)(value.data - step->step.answer.data),
                                  .size = value.size,
                                  .octets = value};
    struct fresh_value **tail = &step->captured;
    while (*tail != NULL)
        tail = &(*tail)->next;
    *tail = found;
}

/// Whole values first: an object that is passed on whole, then its parts.
static void search(struct fresh *fresh, size_t index, struct bytes data, unsigned depth) {
    struct tlv object;
    size_t before = fresh->values;
    consider(fresh, index, data);
    if (fresh->values > before || depth == FRESH_DEPTH_MAX)
        return;
    while (tlv_next(&data, &object))
        if (tlv_is_constructed(object.tag))
            search(fresh, index, object.value, depth + 1);
        else
            consider(fresh, index, object.value);
}

// ---- writing ---------------------------------------------------------------------------------

static const struct fresh_value *value_at(const struct fresh *fresh, size_t before,
                                          struct bytes rest) {
    const struct fresh_value *best = NULL;
    for (size_t i = 0; i < before; i++)
        for (const struct fresh_value *at = fresh->steps[i].captured; at != NULL; at = at->next)
            if (at->size <= rest.size && memcmp(rest.data, at->octets.data, at->size) == 0 &&
                (best == NULL || at->size > best->size))
                best = at;
    return best;
}

static void put_command(const struct fresh *fresh, size_t index, struct buffer *out) {
    struct bytes rest = fresh->steps[index].step.command;
    buffer_text(out, "tx");
    while (rest.size > 0) {
        const struct fresh_value *value = value_at(fresh, index, rest);
        if (value != NULL)
            buffer_format(out, " ${v%z}", value->number);
        else
            buffer_format(out, " %x", (unsigned)rest.data[0]);
        size_t used = value != NULL ? value->size : 1;
        rest = bytes_of(rest.data + used, rest.size - used);
    }
    buffer_text(out, "\n");
}

static void put_answer(const struct fresh_step *kept, struct buffer *out) {
    struct bytes answer = kept->step.answer;
    if (kept->step.silent)
        buffer_text(out, "  mute\n");
    if (answer.size < 2)
        return;
    struct bytes data = bytes_of(answer.data, answer.size - 2);
    buffer_format(out, "  sw %H\n", bytes_of(data.data + data.size, 2));
    if (kept->captured == NULL)
        return;
    buffer_format(out, "  length %z\n", data.size);
    for (const struct fresh_value *at = kept->captured; at != NULL; at = at->next)
        buffer_format(out, "  capture v%z = data[%z:%z]\n", at->number, at->offset, at->size);
}

void fresh_write(struct fresh *fresh, struct buffer *out) {
    struct exporter exporter = {.reporter = NULL};
    buffer_init(&exporter.out, fresh->memory);
    for (size_t i = 0; i < fresh->count; i++) {
        const struct step *step = &fresh->steps[i].step;
        if (step->kind == STEP_COMMAND && step->answer.size > 2)
            search(fresh, i, bytes_of(step->answer.data, step->answer.size - 2), 0);
    }
    for (size_t i = 0; i < fresh->count; i++) {
        const struct fresh_step *kept = &fresh->steps[i];
        buffer_clear(&exporter.out);
        if (kept->step.kind == STEP_COMMAND) {
            put_command(fresh, i, out);
            put_answer(kept, out);
        } else if (export_native(&exporter, &kept->step))
            buffer_put(out, buffer_bytes(&exporter.out));
    }
    buffer_free(&exporter.out);
}

static bool keep_step(struct importer *importer, const struct step *step) {
    return fresh_take(importer->context, step);
}

bool fresh_of_dump(const struct script_source *source, const struct script_memory *memory,
                   const struct script_reporter *reporter, struct buffer *out) {
    struct fresh fresh;
    struct importer importer = {.memory = memory,
                                .source = source,
                                .reporter = reporter,
                                .take = keep_step,
                                .context = &fresh};
    fresh_init(&fresh, memory);
    bool ok = import_dump(&importer);
    if (ok)
        fresh_write(&fresh, out);
    fresh_free(&fresh);
    return ok;
}

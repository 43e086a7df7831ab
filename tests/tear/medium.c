// SPDX-License-Identifier: Apache-2.0
#include "tests/tear/medium.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void *grown(void *old, size_t *capacity, size_t wanted, size_t unit) {
    if (wanted <= *capacity)
        return old;
    size_t next = *capacity == 0 ? 64 : *capacity;
    while (next < wanted)
        next *= 2;
    void *larger = realloc(old, next * unit);
    if (larger == NULL) {
        fprintf(stderr, "medium: out of memory for %zu records\n", next);
        abort();
    }
    *capacity = next;
    return larger;
}

static void *copy_of(const uint8_t *image, uint32_t size) {
    uint8_t *copy = calloc(1, size);
    if (copy == NULL)
        abort();
    if (image != NULL)
        memcpy(copy, image, size);
    return copy;
}

static bool within(const struct nvm_port *port, uint32_t offset, size_t size) {
    return size <= port->size && offset <= port->size - size;
}

static size_t keep_octets(uint8_t **octets, size_t *count, size_t *capacity, const uint8_t *data,
                          size_t size) {
    size_t at = *count;
    *octets = grown(*octets, capacity, at + size, 1);
    memcpy(*octets + at, data, size);
    *count = at + size;
    return at;
}

static struct medium_event *new_event(struct medium *medium) {
    medium->events = grown(medium->events, &medium->event_capacity, medium->event_count + 1,
                           sizeof *medium->events);
    struct medium_event *event = &medium->events[medium->event_count++];
    *event = (struct medium_event){.owner = medium->owner};
    return event;
}

static bool medium_read(const struct nvm_port *port, uint32_t offset, uint8_t *out, size_t size) {
    const struct medium *medium = port->context;
    if (!within(port, offset, size))
        return false;
    memcpy(out, medium->image + offset, size);
    return true;
}

static bool medium_write(const struct nvm_port *port, uint32_t offset, const uint8_t *data,
                         size_t size) {
    struct medium *medium = port->context;
    if (!within(port, offset, size))
        return false;
    struct medium_event *event = new_event(medium);
    event->offset = offset;
    event->size = (uint32_t)size;
    event->at =
        keep_octets(&medium->octets, &medium->octet_count, &medium->octet_capacity, data, size);
    memcpy(medium->image + offset, data, size);
    return true;
}

static bool medium_sync(const struct nvm_port *port) {
    new_event(port->context)->sync = true;
    return true;
}

struct medium *medium_over(uint8_t *image, uint32_t size) {
    struct medium *medium = calloc(1, sizeof *medium);
    if (medium == NULL)
        abort();
    medium->image = image;
    medium->begin = copy_of(image, size);
    medium->nvm = (struct nvm_port){medium_read, medium_write, medium_sync, medium, size};
    return medium;
}

void medium_restart(struct medium *medium) {
    memcpy(medium->begin, medium->image, medium->nvm.size);
    medium->event_count = 0;
    medium->octet_count = 0;
}

void medium_misplace_syncs(struct medium *medium) {
    for (size_t e = 0; e + 1 < medium->event_count; e++) {
        if (!medium->events[e].sync || medium->events[e + 1].sync)
            continue;
        struct medium_event sync = medium->events[e];
        medium->events[e] = medium->events[e + 1];
        medium->events[++e] = sync;
    }
}

void medium_free(struct medium *medium) {
    if (medium == NULL)
        return;
    free(medium->begin);
    free(medium->events);
    free(medium->octets);
    free(medium);
}

static bool scratch_port_read(const struct nvm_port *port, uint32_t offset, uint8_t *out,
                              size_t size) {
    const struct scratch *scratch = port->context;
    if (scratch->off || !within(port, offset, size))
        return false;
    memcpy(out, scratch->image + offset, size);
    return true;
}

static bool scratch_port_write(const struct nvm_port *port, uint32_t offset, const uint8_t *data,
                               size_t size) {
    struct scratch *scratch = port->context;
    if (scratch->off || !within(port, offset, size))
        return false;
    if (scratch->writes == scratch->fuse_writes) {
        scratch->off = true;
        size = scratch->fuse_octets < size ? scratch->fuse_octets : size;
    }
    scratch_write(scratch, offset, data, size);
    return !scratch->off;
}

static bool scratch_port_sync(const struct nvm_port *port) {
    const struct scratch *scratch = port->context;
    return !scratch->off;
}

struct scratch *scratch_new(const uint8_t *image, uint32_t size) {
    struct scratch *scratch = calloc(1, sizeof *scratch);
    if (scratch == NULL)
        abort();
    scratch->image = copy_of(image, size);
    scratch->nvm =
        (struct nvm_port){scratch_port_read, scratch_port_write, scratch_port_sync, scratch, size};
    scratch_fuse(scratch, FUSE_NEVER, 0);
    return scratch;
}

void scratch_free(struct scratch *scratch) {
    if (scratch == NULL)
        return;
    free(scratch->image);
    free(scratch->undo);
    free(scratch->octets);
    free(scratch);
}

/// One octet at one place, as a word that says nothing of its neighbours.
static uint64_t content_of(uint32_t offset, uint8_t octet) {
    uint64_t word = ((uint64_t)offset << 8 | octet) * 0x9E3779B97F4A7C15u;
    word = (word ^ word >> 29) * 0xBF58476D1CE4E5B9u;
    return word ^ word >> 32;
}

static uint64_t changed_content(const struct scratch *scratch, uint32_t offset, const uint8_t *data,
                                size_t size) {
    uint64_t content = scratch->content;
    for (size_t i = 0; i < size; i++)
        if (scratch->image[offset + i] != data[i])
            content ^= content_of(offset + (uint32_t)i, scratch->image[offset + i]) ^
                       content_of(offset + (uint32_t)i, data[i]);
    return content;
}

void scratch_write(struct scratch *scratch, uint32_t offset, const uint8_t *data, size_t size) {
    scratch->undo = grown(scratch->undo, &scratch->undo_capacity, scratch->undo_count + 1,
                          sizeof *scratch->undo);
    scratch->undo[scratch->undo_count].offset = offset;
    scratch->undo[scratch->undo_count].size = (uint32_t)size;
    scratch->undo[scratch->undo_count].at =
        keep_octets(&scratch->octets, &scratch->octet_count, &scratch->octet_capacity,
                    scratch->image + offset, size);
    scratch->undo[scratch->undo_count].content = scratch->content;
    scratch->undo_count++;
    scratch->writes++;
    scratch->content = changed_content(scratch, offset, data, size);
    memcpy(scratch->image + offset, data, size);
}

void scratch_fuse(struct scratch *scratch, size_t writes, size_t octets) {
    scratch->writes = 0;
    scratch->fuse_writes = writes;
    scratch->fuse_octets = octets;
    scratch->off = false;
}

size_t scratch_mark(const struct scratch *scratch) {
    return scratch->undo_count;
}

void scratch_rollback(struct scratch *scratch, size_t mark) {
    while (scratch->undo_count > mark) {
        scratch->undo_count--;
        uint32_t offset = scratch->undo[scratch->undo_count].offset;
        memcpy(scratch->image + offset, scratch->octets + scratch->undo[scratch->undo_count].at,
               scratch->undo[scratch->undo_count].size);
        scratch->octet_count = scratch->undo[scratch->undo_count].at;
        scratch->content = scratch->undo[scratch->undo_count].content;
    }
    scratch_fuse(scratch, FUSE_NEVER, 0);
}

void scratch_commit(struct scratch *scratch) {
    scratch->undo_count = 0;
    scratch->octet_count = 0;
    scratch->content = 0;
}

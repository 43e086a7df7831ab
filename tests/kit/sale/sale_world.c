// SPDX-License-Identifier: Apache-2.0
#include "tests/kit/sale/sale_world.h"

#include <stdlib.h>
#include <string.h>

/// One more step; false when the power is gone.
static bool step(struct sale_world *world) {
    if (!world->dead && world->steps++ >= world->dies_at)
        world->dead = true;
    return !world->dead;
}

static struct sale_record *record_of(struct sale_world *world, struct bytes reference) {
    for (size_t i = 0; i < world->count; i++)
        if (bytes_equal(reference,
                        bytes_of(world->records[i].reference, world->records[i].reference_size)))
            return &world->records[i];
    return NULL;
}

static enum journal_answer find(struct journal *journal, struct bytes reference,
                                struct sale_record *out) {
    struct sale_world *world = journal->context;
    const struct sale_record *record = record_of(world, reference);
    if (world->dead)
        return JOURNAL_FAILED;
    if (record == NULL)
        return JOURNAL_NONE;
    *out = *record;
    return JOURNAL_FOUND;
}

static bool save(struct journal *journal, const struct sale_record *record) {
    struct sale_world *world = journal->context;
    struct sale_record *there =
        record_of(world, bytes_of(record->reference, record->reference_size));
    if (!step(world) || !sale_may_follow(there != NULL ? there->state : 0, record->state))
        return false;
    if (there == NULL) {
        if (world->count == SALE_WORLD_RECORDS)
            abort();
        there = &world->records[world->count++];
    }
    *there = *record;
    return step(world);
}

static void serve(struct sale_server *server, const struct sale_record *record) {
    struct sale_world *world = server->context;
    (void)record;
    if (!step(world) || world->stuck)
        return;
    world->served++;
    (void)step(world);
}

static void give_back(struct sale_server *server, const struct sale_record *record) {
    struct sale_world *world = server->context;
    (void)record;
    if (!step(world) || world->stuck)
        return;
    world->returned++;
    (void)step(world);
}

static enum sale_sense sense(struct sale_server *server, const struct sale_record *record) {
    const struct sale_world *world = server->context;
    (void)record;
    if (world->blind || world->dead)
        return SALE_SENSE_UNSURE;
    if (world->served > 0)
        return SALE_SENSE_SERVED;
    return world->returned > 0 ? SALE_SENSE_RETURNED : SALE_SENSE_UNTOUCHED;
}

void sale_world_begin(struct sale_world *world) {
    memset(world, 0, sizeof *world);
    world->journal = (struct journal){find, save, world};
    world->server = (struct sale_server){serve, give_back, sense, world};
    world->machine = (struct sale_machine){&world->journal, &world->server};
    world->dies_at = SALE_WORLD_NEVER;
}

void sale_world_kill(struct sale_world *world, unsigned at) {
    world->steps = 0;
    world->dies_at = at;
}

void sale_world_restart(struct sale_world *world) {
    world->dead = false;
    sale_world_kill(world, SALE_WORLD_NEVER);
}

const struct sale_record *sale_world_find(const struct sale_world *world, uint8_t kind,
                                          const char *reference) {
    for (size_t i = 0; i < world->count; i++) {
        const struct sale_record *record = &world->records[i];
        if (record->reference_size == strlen(reference) + 1 && record->reference[0] == kind &&
            memcmp(record->reference + 1, reference, strlen(reference)) == 0)
            return record;
    }
    return NULL;
}

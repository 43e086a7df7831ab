// SPDX-License-Identifier: Apache-2.0
// An NVM medium in memory that keeps every write and sync since it was made, so that every power
// cut can be looked at afterwards without running the card again: what a card wrote before a cut
// does not depend on the cut.
#ifndef TESTS_TEAR_MEDIUM_H
#define TESTS_TEAR_MEDIUM_H

#include "card/os/nvm.h"

struct medium_event {
    bool sync;       // else a write
    uint32_t offset; // within the image
    uint32_t size;
    size_t at;    // of its octets in medium.octets
    size_t owner; // medium.owner when it happened: the step of a scenario
};

struct medium {
    struct nvm_port nvm; // hand &medium->nvm to the card; must not move while it is used
    uint8_t *image;      // what a reader sees now, synced or not
    uint8_t *begin;      // the image when recording began
    struct medium_event *events;
    size_t event_count, event_capacity;
    uint8_t *octets;
    size_t octet_count, octet_capacity;
    size_t owner; // set by the user
};

/// Begins to record over an image of the caller's, which is written through. Aborts out of memory.
struct medium *medium_over(uint8_t *image, uint32_t size);
void medium_free(struct medium *medium);
/// Forgets what was recorded: begins again with the image as it is, all of it synced.
void medium_restart(struct medium *medium);
/// For tests of tests: in the record, each sync comes one write later.
void medium_misplace_syncs(struct medium *medium);

/// A medium for one try: remembers what its writes replaced and can take them back.
struct scratch {
    struct nvm_port nvm;
    uint8_t *image;
    struct {
        uint32_t offset, size;
        size_t at;
        uint64_t content; // before this write
    } * undo;
    size_t undo_count, undo_capacity;
    uint8_t *octets;
    size_t octet_count, octet_capacity;
    size_t writes;                   // since the fuse was set
    size_t fuse_writes, fuse_octets; // power goes within the write of this number, after so many
    bool off;
    uint64_t content; // hash of what differs from the last commit: equal images have equal ones
};

enum { FUSE_NEVER = SIZE_MAX };

struct scratch *scratch_new(const uint8_t *image, uint32_t size);
void scratch_free(struct scratch *scratch);
void scratch_write(struct scratch *scratch, uint32_t offset, const uint8_t *data, size_t size);
/// Power on; it goes again within that write. FUSE_NEVER: it stays.
void scratch_fuse(struct scratch *scratch, size_t writes, size_t octets);
/// Where the undo list stands now, and back to there.
size_t scratch_mark(const struct scratch *scratch);
void scratch_rollback(struct scratch *scratch, size_t mark);
/// Makes everything since the last commit permanent; content is 0 again.
void scratch_commit(struct scratch *scratch);

#endif

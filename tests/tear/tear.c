// SPDX-License-Identifier: Apache-2.0
#include "tests/tear/tear.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "card/applets.h"
#include "card/os/context.h"
#include "tests/tear/medium.h"
#include "tests/tear/subset.h"

enum { RANGES_MAX = 128 }; // writes of a segment and of its recovery
enum { PENDING_MAX = 2048, COMPLAINTS_MAX = 10 };

/// One command that a card got.
struct step {
    size_t card;
    uint8_t head[4];
    uint16_t sw;
    uint8_t *after; // the image as the card saw it, when it had written; else NULL
};

struct tear {
    struct scene *scene;
    struct medium *media[SCENE_CARDS_MAX];
    struct step *steps;
    size_t step_count, step_capacity;
    tear_look *look; // NULL: every octet of the data area counts
};

// ---- recording ---------------------------------------------------------------------------------

static size_t index_of(const struct tear *tear, const struct scene_card *card) {
    size_t i = 0;
    while (tear->scene->cards[i] != card)
        i++;
    return i;
}

/// Every write belongs to the step that the next answer closes.
static void own_next_step(struct tear *tear) {
    for (size_t i = 0; i < tear->scene->count; i++)
        if (tear->media[i] != NULL)
            tear->media[i]->owner = tear->step_count;
}

static uint8_t *copy_if_written(const struct tear *tear, const struct medium *medium) {
    if (medium->event_count == 0 ||
        medium->events[medium->event_count - 1].owner != tear->step_count)
        return NULL;
    uint8_t *copy = malloc(medium->nvm.size);
    if (copy == NULL)
        abort();
    memcpy(copy, medium->image, medium->nvm.size);
    return copy;
}

static void note_answer(struct scene *scene, const struct scene_card *card, struct bytes command) {
    struct tear *tear = scene->watcher;
    if (tear->step_count == tear->step_capacity) {
        tear->step_capacity = tear->step_capacity == 0 ? 64 : 2 * tear->step_capacity;
        tear->steps = realloc(tear->steps, tear->step_capacity * sizeof *tear->steps);
        if (tear->steps == NULL)
            abort();
    }
    struct step step = {.card = index_of(tear, card), .sw = card->sw};
    memcpy(step.head, command.data, command.size < 4 ? command.size : 4);
    step.after = copy_if_written(tear, tear->media[step.card]);
    tear->steps[tear->step_count++] = step;
    own_next_step(tear);
}

static void stand_on(struct scene_card *card, const struct nvm_port *port) {
    card->ports.nvm = port;
    scene_power(card);
}

/// A card on its recording medium; what wakes it is no step of the scenario.
static void watch(struct scene *scene, struct scene_card *card) {
    struct tear *tear = scene->watcher;
    size_t i = index_of(tear, card);
    tear->media[i] = medium_over(card->image, card->size);
    stand_on(card, &tear->media[i]->nvm);
    medium_restart(tear->media[i]);
    own_next_step(tear);
}

struct tear *tear_begin(struct scene *scene) {
    struct tear *tear = calloc(1, sizeof *tear);
    if (tear == NULL)
        abort();
    tear->scene = scene;
    scene->watcher = tear;
    for (size_t i = 0; i < scene->count; i++)
        watch(scene, scene->cards[i]);
    scene->on_answer = note_answer;
    scene->on_add = watch;
    return tear;
}

void tear_end(struct tear *tear) {
    struct scene *scene = tear->scene;
    scene->on_answer = NULL;
    scene->on_add = NULL;
    for (size_t i = 0; i < scene->count; i++) {
        stand_on(scene->cards[i], &scene->cards[i]->port.nvm);
        medium_free(tear->media[i]);
    }
    for (size_t i = 0; i < tear->step_count; i++)
        free(tear->steps[i].after);
    free(tear->steps);
    free(tear);
}

size_t tear_steps(const struct tear *tear) {
    return tear->step_count;
}

void tear_look_by(struct tear *tear, tear_look *look) {
    tear->look = look;
}

void tear_misplace_syncs(struct tear *tear) {
    for (size_t i = 0; i < tear->scene->count; i++)
        medium_misplace_syncs(tear->media[i]);
}

// ---- states ------------------------------------------------------------------------------------

/// What a card is after recovery: not a card at all, or its data area.
struct state {
    enum card_status status;
    uint8_t *image; // of the whole medium; only the data area counts
    // where it may differ from the durable image, so that comparing need not read all of it
    struct {
        uint32_t begin, end;
    } ranges[RANGES_MAX];
    size_t range_count; // above RANGES_MAX: anywhere
};

/// One sweep over the cuts of one card.
struct sweep {
    struct tear *tear;
    size_t card;
    const struct medium *medium;
    struct scratch *scratch; // the durable image; tries on top are rolled back
    struct card *probe;
    struct state old, new, between; // between: octets of neither, but nobody sees a difference
    size_t pending[PENDING_MAX];    // events since the last sync
    size_t pending_count;
    bool old_seen, new_seen, between_seen; // in this segment, with their images
    uint8_t *old_image, *new_image, *between_image;
    bool looked; // in this segment: what the old state looks like
    uint8_t old_look[TEAR_LOOK_SIZE];
    struct seen *seen; // media of this segment that were judged
    size_t step;       // of the write under way
    tear_tap *tap;
    struct tear_figures *figures;
};

// ---- media that were judged --------------------------------------------------------------------

enum judgement { JUDGED_ONCE = 1, JUDGED_THOROUGHLY = 2, JUDGED_RECOVERED = 3 };

/// Hashes of media, each with how it was judged: what recovery makes of a medium depends on nothing
/// else, so the same octets need not be judged twice. A power of two; an entry of 0 is free.
struct seen {
    uint64_t *hashes;
    size_t capacity, count;
};

static bool seen_put(struct seen *seen, uint64_t hash) {
    size_t at = hash & (seen->capacity - 1);
    while (seen->hashes[at] != 0 && seen->hashes[at] != hash)
        at = (at + 1) & (seen->capacity - 1);
    if (seen->hashes[at] == hash)
        return false;
    seen->hashes[at] = hash;
    seen->count++;
    return true;
}

static void seen_grow(struct seen *seen) {
    struct seen larger = {.capacity = seen->capacity > 0 ? 4 * seen->capacity : 4096};
    larger.hashes = calloc(larger.capacity, sizeof *larger.hashes);
    if (larger.hashes == NULL)
        abort();
    for (size_t i = 0; i < seen->capacity; i++)
        if (seen->hashes[i] != 0)
            seen_put(&larger, seen->hashes[i]);
    free(seen->hashes);
    *seen = larger;
}

static void seen_clear(struct seen *seen) {
    memset(seen->hashes, 0, seen->capacity * sizeof *seen->hashes);
    seen->count = 0;
}

/// Is it the first time that what stands on the medium is judged like this in this segment?
static bool is_new(struct sweep *sweep, enum judgement judgement, const struct state *state) {
    if (2 * sweep->seen->count >= sweep->seen->capacity)
        seen_grow(sweep->seen);
    uint64_t which = (uint64_t)judgement << 2 | (state == &sweep->new   ? 1u
                                                 : state == &sweep->old ? 2u
                                                                        : 0u);
    uint64_t hash = (sweep->scratch->content ^ which << 59) * 0x9E3779B97F4A7C15u;
    return seen_put(sweep->seen, hash | 1);
}

static void complain(struct sweep *sweep, const char *what, const struct medium_event *event,
                     size_t octets) {
    static const struct step none = {0};
    const struct step *step =
        sweep->step < sweep->tear->step_count ? &sweep->tear->steps[sweep->step] : &none;
    sweep->figures->violations++;
    if (sweep->figures->quiet || sweep->figures->violations > COMPLAINTS_MAX)
        return;
    fprintf(stderr, "tear: %s: step %zu (%02X %02X %02X %02X -> %04X): ",
            sweep->tear->scene->cards[sweep->card]->holder, sweep->step, step->head[0],
            step->head[1], step->head[2], step->head[3], step->sw);
    if (event == NULL)
        fprintf(stderr, "%s\n", what);
    else if (event->sync)
        fprintf(stderr, "cut in sync: %s\n", what);
    else
        fprintf(stderr, "cut in write of %u at %u after %zu octets: %s\n", event->size,
                event->offset, octets, what);
}

static enum card_status recover(struct sweep *sweep) {
    struct card_ports ports = {&sweep->scratch->nvm, sweep->tear->scene->crypto, &standard_rom};
    return card_power_on(sweep->probe, &ports);
}

static bool same_octets(const struct sweep *sweep, const struct state *state, uint32_t begin,
                        uint32_t end) {
    if (begin < nvm_data_begin())
        begin = nvm_data_begin();
    return begin >= end ||
           memcmp(sweep->scratch->image + begin, state->image + begin, end - begin) == 0;
}

/// Compares the data below an offset where the medium or the state can differ from what is durable.
static bool same_below(const struct sweep *sweep, const struct state *state, uint32_t below) {
    const struct scratch *scratch = sweep->scratch;
    if (state->range_count > RANGES_MAX)
        return same_octets(sweep, state, 0, below);
    for (size_t i = 0; i < state->range_count; i++) {
        uint32_t end = state->ranges[i].end;
        if (!same_octets(sweep, state, state->ranges[i].begin, end < below ? end : below))
            return false;
    }
    for (size_t i = 0; i < scratch->undo_count; i++) {
        uint32_t end = scratch->undo[i].offset + scratch->undo[i].size;
        if (!same_octets(sweep, state, scratch->undo[i].offset, end < below ? end : below))
            return false;
    }
    return true;
}

/// The state becomes what stands on the medium now.
static void keep_state(const struct sweep *sweep, struct state *state, enum card_status status) {
    const struct scratch *scratch = sweep->scratch;
    state->status = status;
    memcpy(state->image, scratch->image, scratch->nvm.size);
    state->range_count = scratch->undo_count;
    for (size_t i = 0; i < scratch->undo_count && i < RANGES_MAX; i++) {
        state->ranges[i].begin = scratch->undo[i].offset;
        state->ranges[i].end = scratch->undo[i].offset + scratch->undo[i].size;
    }
}

static bool is_state(const struct sweep *sweep, enum card_status status,
                     const struct state *state) {
    if (status != CARD_OK)
        return status == CARD_FOREIGN_IMAGE && state->status == CARD_FOREIGN_IMAGE;
    return state->status == CARD_OK && same_below(sweep, state, sweep->scratch->nvm.size);
}

static void take_state(struct sweep *sweep, struct state *state) {
    size_t mark = scratch_mark(sweep->scratch);
    enum card_status status = recover(sweep);
    keep_state(sweep, state, status);
    scratch_rollback(sweep->scratch, mark);
}

/// What this card held when the step began: its own last image before it.
static const uint8_t *image_before(const struct tear *tear, size_t card, size_t step) {
    while (step-- > 0)
        if (tear->steps[step].card == card && tear->steps[step].after != NULL)
            return tear->steps[step].after;
    return tear->media[card]->begin;
}

/// Every card powered on: this one with an image, the others as they were when the step began.
static void load_scene(struct sweep *sweep, const uint8_t *image) {
    struct scene *scene = sweep->tear->scene;
    for (size_t i = 0; i < scene->count; i++) {
        const uint8_t *from = i == sweep->card ? image : image_before(sweep->tear, i, sweep->step);
        memcpy(scene->cards[i]->image, from, scene->cards[i]->size);
        stand_on(scene->cards[i], &scene->cards[i]->port.nvm);
    }
}

static void look_at(struct sweep *sweep, const uint8_t *image, uint8_t look[TEAR_LOOK_SIZE]) {
    load_scene(sweep, image);
    sweep->tear->look(sweep->tear->scene, look);
    sweep->figures->looks++;
}

/// A write outside the journal, torn: other octets than the old state has, where nobody looks.
static bool is_between(struct sweep *sweep, enum card_status status) {
    uint8_t look[TEAR_LOOK_SIZE];
    if (sweep->tear->look == NULL || status != CARD_OK || sweep->old.status != CARD_OK)
        return false;
    if (!sweep->looked)
        look_at(sweep, sweep->old.image, sweep->old_look);
    sweep->looked = true;
    keep_state(sweep, &sweep->between, CARD_OK);
    look_at(sweep, sweep->between.image, look);
    return memcmp(look, sweep->old_look, sizeof look) == 0;
}

// ---- one cut -----------------------------------------------------------------------------------

/// Recovery is cut at each of its own writes; what is left must recover to the same state.
static void cut_recovery(struct sweep *sweep, size_t writes, const struct state *state) {
    for (size_t write = 0; write < writes; write++) {
        for (size_t part = 0; part < 3; part++) {
            size_t mark = scratch_mark(sweep->scratch);
            scratch_fuse(sweep->scratch, write, part == 0 ? 0 : part == 1 ? 1 : 7);
            recover(sweep);
            scratch_fuse(sweep->scratch, FUSE_NEVER, 0);
            sweep->figures->recut++;
            bool fresh = state == &sweep->between || is_new(sweep, JUDGED_RECOVERED, state);
            if (fresh && !is_state(sweep, recover(sweep), state))
                complain(sweep, "a recovery that was cut does not recover", NULL, 0);
            scratch_rollback(sweep->scratch, mark);
        }
    }
}

/// A commit on top of the recovered image must be whole after the next power-on.
static void check_next_commit(struct sweep *sweep, const struct state *state) {
    static const uint8_t mark[8] = {0x54, 0x45, 0x41, 0x52, 0xA5, 0x5A, 0x0F, 0xF0};
    struct nvm *nvm = &sweep->probe->nvm;
    uint32_t at = nvm_data_end(nvm) - (uint32_t)sizeof mark;
    nvm_begin(nvm);
    nvm_stage(nvm, at, mark, sizeof mark);
    bool sound = nvm_commit(nvm) && recover(sweep) == CARD_OK &&
                 memcmp(sweep->scratch->image + at, mark, sizeof mark) == 0 &&
                 same_below(sweep, state, at);
    if (!sound)
        complain(sweep, "the next commit on the recovered image is not sound", NULL, 0);
}

static void keep_image(struct sweep *sweep, bool *seen, uint8_t **kept) {
    if (*seen)
        return;
    *seen = true;
    memcpy(*kept, sweep->scratch->image, sweep->scratch->nvm.size);
}

/// Which state recovery has given; NULL: none that may be.
static const struct state *find_state(struct sweep *sweep, enum card_status status) {
    if (is_state(sweep, status, &sweep->old)) {
        keep_image(sweep, &sweep->old_seen, &sweep->old_image);
        return &sweep->old;
    }
    if (is_state(sweep, status, &sweep->new)) {
        keep_image(sweep, &sweep->new_seen, &sweep->new_image);
        return &sweep->new;
    }
    if (!is_between(sweep, status))
        return NULL;
    keep_image(sweep, &sweep->between_seen, &sweep->between_image);
    return &sweep->between;
}

/// The scratch holds what the medium holds after the cut.
static void check_cut(struct sweep *sweep, const struct medium_event *event, size_t octets,
                      bool thorough) {
    size_t mark = scratch_mark(sweep->scratch);
    if (!is_new(sweep, thorough ? JUDGED_THOROUGHLY : JUDGED_ONCE, NULL))
        return;
    scratch_fuse(sweep->scratch, FUSE_NEVER, 0);
    enum card_status status = recover(sweep);
    size_t writes = sweep->scratch->writes;
    const struct state *state = find_state(sweep, status);
    if (state == NULL)
        complain(sweep, status != CARD_OK ? "recovery fails" : "neither the old nor the new state",
                 event, octets);
    if (thorough && state != NULL && status == CARD_OK)
        check_next_commit(sweep, state);
    scratch_rollback(sweep->scratch, mark);
    if (thorough && state != NULL)
        cut_recovery(sweep, writes, state);
}

// ---- every cut ---------------------------------------------------------------------------------

static void apply(struct sweep *sweep, const struct medium_event *event, size_t octets) {
    scratch_write(sweep->scratch, event->offset, sweep->medium->octets + event->at, octets);
}

static void apply_subset(struct sweep *sweep, size_t subset) {
    for (size_t i = 0; i < sweep->pending_count; i++) {
        const struct medium_event *event = &sweep->medium->events[sweep->pending[i]];
        if (subset_keeps(subset, i, sweep->pending_count))
            apply(sweep, event, event->size);
    }
}

/// This write torn after each octet: in full where all or none of the others survive, at its ends
/// and its middle in the other subsets. An octet that does not change the image needs no recovery.
static void tear_write(struct sweep *sweep, const struct medium_event *event, size_t subset) {
    const uint8_t *data = sweep->medium->octets + event->at;
    bool full = subset < 2;
    for (size_t octets = 0; octets <= event->size; octets++) {
        bool edge = octets == 0 || octets == event->size / 2 || octets == event->size;
        if (!full && !edge)
            continue;
        sweep->figures->cuts++;
        if (subset == 0)
            sweep->figures->points++;
        if (octets > 0 && !edge &&
            sweep->scratch->image[event->offset + octets - 1] == data[octets - 1])
            continue;
        size_t mark = scratch_mark(sweep->scratch);
        apply(sweep, event, octets);
        check_cut(sweep, event, octets, edge && full);
        scratch_rollback(sweep->scratch, mark);
    }
}

static void cut_event(struct sweep *sweep, const struct medium_event *event) {
    size_t subsets = subset_count(sweep->pending_count);
    sweep->step = event->owner;
    for (size_t subset = 0; subset < subsets; subset++) {
        size_t mark = scratch_mark(sweep->scratch);
        apply_subset(sweep, subset);
        if (event->sync) {
            sweep->figures->cuts++;
            if (subset == 0)
                sweep->figures->points++;
            check_cut(sweep, event, 0, true);
        } else {
            tear_write(sweep, event, subset);
        }
        scratch_rollback(sweep->scratch, mark);
    }
}

// ---- the next tap ------------------------------------------------------------------------------

static void run_tap(struct sweep *sweep, const uint8_t *image, const char *which) {
    char line[512];
    load_scene(sweep, image);
    const char *said = sweep->tap(sweep->tear->scene, sweep->step);
    sweep->figures->taps++;
    if (said == NULL)
        return;
    snprintf(line, sizeof line, "the next tap after a cut that left the %s state: %s", which, said);
    complain(sweep, line, NULL, 0);
}

static void run_taps(struct sweep *sweep) {
    bool differ = sweep->old.status != sweep->new.status || sweep->old.status != CARD_OK ||
                  memcmp(sweep->old.image + nvm_data_begin(), sweep->new.image + nvm_data_begin(),
                         sweep->scratch->nvm.size - nvm_data_begin()) != 0;
    sweep->figures->states += (size_t)sweep->old_seen + (size_t)sweep->new_seen;
    if (sweep->tap != NULL && sweep->between_seen)
        run_tap(sweep, sweep->between_image, "old (torn where nobody looks)");
    if (sweep->tap == NULL || !differ)
        return;
    if (sweep->old_seen && sweep->old.status == CARD_OK)
        run_tap(sweep, sweep->old_image, "old");
    if (sweep->new_seen && sweep->new.status == CARD_OK)
        run_tap(sweep, sweep->new_image, "new");
}

// ---- segments from sync to sync ----------------------------------------------------------------

/// What the card said before this event must be durable: its view equals the last synced state.
static void check_answered(struct sweep *sweep, const struct medium_event *next) {
    size_t last = next->owner;
    while (last-- > 0)
        if (sweep->tear->steps[last].card == sweep->card && sweep->tear->steps[last].after != NULL)
            break;
    if (last == SIZE_MAX || sweep->old.status != CARD_OK ||
        sweep->tear->steps[last].sw == SW_MEMORY_FAILURE) // its power went: nobody got an answer
        return;
    uint32_t begin = nvm_data_begin();
    sweep->step = last;
    if (memcmp(sweep->tear->steps[last].after + begin, sweep->old.image + begin,
               sweep->scratch->nvm.size - begin) != 0)
        complain(sweep, "answered before it was durable", NULL, 0);
}

/// One past the next sync from here on, or the end of the events.
static size_t segment_end(const struct medium *medium, size_t from) {
    while (from < medium->event_count && !medium->events[from].sync)
        from++;
    return from < medium->event_count ? from + 1 : from;
}

static void take_new_state(struct sweep *sweep, size_t from, size_t end) {
    const struct medium *medium = sweep->medium;
    size_t mark = scratch_mark(sweep->scratch);
    for (size_t e = from; e < end; e++)
        if (!medium->events[e].sync)
            apply(sweep, &medium->events[e], medium->events[e].size);
    take_state(sweep, &sweep->new);
    scratch_rollback(sweep->scratch, mark);
}

static void sweep_segment(struct sweep *sweep, size_t from, size_t end) {
    const struct medium *medium = sweep->medium;
    take_new_state(sweep, from, end);
    sweep->old_seen = sweep->new_seen = sweep->between_seen = sweep->looked = false;
    sweep->pending_count = 0;
    seen_clear(sweep->seen);
    for (size_t e = from; e < end; e++) {
        const struct medium_event *event = &medium->events[e];
        if (e == 0 || medium->events[e - 1].owner != event->owner) {
            sweep->figures->commands++;
            if (e > 0)
                check_answered(sweep, event);
        }
        cut_event(sweep, event);
        if (!event->sync && sweep->pending_count < PENDING_MAX)
            sweep->pending[sweep->pending_count++] = e;
    }
    run_taps(sweep);
    for (size_t e = from; e < end; e++)
        if (!medium->events[e].sync)
            apply(sweep, &medium->events[e], medium->events[e].size);
    scratch_commit(sweep->scratch);
    struct state swap = sweep->old;
    sweep->old = sweep->new;
    sweep->new = swap;
}

static void *image_buffer(const struct sweep *sweep) {
    void *buffer = calloc(1, sweep->scratch->nvm.size);
    if (buffer == NULL)
        abort();
    return buffer;
}

static void sweep_card(struct sweep *sweep) {
    sweep->medium = sweep->tear->media[sweep->card];
    sweep->scratch = scratch_new(sweep->medium->begin, sweep->medium->nvm.size);
    sweep->probe = calloc(1, card_context_size());
    if (sweep->probe == NULL)
        abort();
    uint8_t **const buffers[] = {&sweep->old.image, &sweep->new.image, &sweep->between.image,
                                 &sweep->old_image, &sweep->new_image, &sweep->between_image};
    enum { BUFFERS = sizeof buffers / sizeof buffers[0] };
    for (size_t i = 0; i < BUFFERS; i++)
        *buffers[i] = image_buffer(sweep);
    struct seen seen = {0};
    seen_grow(&seen);
    sweep->seen = &seen;
    take_state(sweep, &sweep->old);
    for (size_t from = 0; from < sweep->medium->event_count;) {
        size_t end = segment_end(sweep->medium, from);
        sweep_segment(sweep, from, end);
        from = end;
    }
    for (size_t i = 0; i < BUFFERS; i++)
        free(*buffers[i]);
    free(seen.hashes);
    card_power_off(sweep->probe);
    free(sweep->probe);
    scratch_free(sweep->scratch);
}

void tear_cut(struct tear *tear, tear_tap *tap, struct tear_figures *figures) {
    struct scene_snapshot end = scene_save(tear->scene);
    tear->scene->on_answer = NULL;
    for (size_t i = 0; i < tear->scene->count; i++) {
        struct sweep sweep = {.tear = tear, .card = i, .tap = tap, .figures = figures};
        sweep_card(&sweep);
    }
    for (size_t i = 0; i < tear->scene->count; i++)
        tear->scene->cards[i]->ports.nvm = &tear->scene->cards[i]->port.nvm;
    scene_restore(tear->scene, &end);
    scene_forget(&end);
}

// SPDX-License-Identifier: Apache-2.0
#include "tests/tear/steps.h"

#include "tests/kit/scene/look.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { STEPS_MAX = 16 };

/// A step as it was recorded.
struct recorded {
    const struct step *step;
    size_t begin; // number of its first command
    uint8_t *before_image, *after_image;
    struct look before, after;
    struct look_secrets secrets_before, secrets_after;
};

// of the run under way: the taps get no context
static struct issuer *host;
static struct drawn *drawn;
static bool whole;
static struct recorded record[STEPS_MAX];
static size_t recorded_count;
static char said[400];

static void must(bool holds, const char *what) {
    if (holds)
        return;
    fprintf(stderr, "steps: %s: answered %04X\n", what, host->card->sw);
    abort();
}

// ---- what must hold after a cut ----------------------------------------------------------------

static const char *say(const struct recorded *of, const char *what, const char *which) {
    snprintf(said, sizeof said, "%s: %s %s (%04X)", of->step->name, what, which, host->card->sw);
    return said;
}

static const struct recorded *step_of(size_t command) {
    size_t i = 0;
    while (i + 1 < recorded_count && record[i + 1].begin <= command)
        i++;
    return &record[i];
}

static void load(const uint8_t *image) {
    memcpy(host->card->image, image, host->card->size);
    scene_power(host->card);
}

/// A counter of tries may only be lower than before, unless the command did its work.
static bool gained(uint8_t now, uint8_t before, uint8_t after, bool finished) {
    return now > before && !(finished && now == after);
}

static const char *counters_hold(const struct recorded *of, const struct look *now, bool finished) {
    const struct look *before = &of->before, *after = &of->after;
    if (gained(now->pin_tries, before->pin_tries, after->pin_tries, finished))
        return say(of, "gained tries of the", "PIN");
    if (gained(now->puk_tries, before->puk_tries, after->puk_tries, finished))
        return say(of, "gained tries of the", "PUK");
    if (now->failures < before->failures && now->failures != after->failures)
        return say(of, "forgot failed", "authentications");
    for (size_t i = 0; i < 3; i++)
        if (now->sequences[i] < before->sequences[i] && now->sequences[i] != after->sequences[i])
            return say(of, "went back in", "sequence numbers");
    return NULL;
}

/// Always: somebody can open the card, and a finished purse has no published key.
static const char *opens(const struct recorded *of, const struct look *now) {
    if (now->opens == 0 && now->life_cycle != CARD_TERMINATED)
        return say(of, "left no key set that", "opens");
    if ((now->opens & 1u << SET_PUBLISHED) != 0 && now->purse_life_cycle == 0x0F)
        return say(of, "left a finished purse under", "published keys");
    return NULL;
}

static const char *do_again(const struct recorded *of, bool is_before, bool is_after) {
    drawn_begin(drawn, (size_t)(of - record));
    uint16_t sw = of->step->act(host), first = of->step->sw, again = of->step->again;
    bool tries = first >> 4 == SW_TRIES_LEFT >> 4; // how many are left depends on the cut
    bool fine =
        is_before && (sw == first || (tries && (sw >> 4 == first >> 4 || sw == SW_PIN_BLOCKED)));
    fine = fine || (is_after && (sw == (again != 0 ? again : first)));
    return fine ? NULL : say(of, "refused when tried", "again");
}

/// After the command was tried again: as if nothing had happened.
static const char *compare_end(const struct recorded *of) {
    struct look end;
    struct look_secrets left;
    look_secrets(host->card, &left);
    const char *residue = look_residue(host->card, &of->secrets_before, &left);
    if (residue != NULL)
        return say(of, "left in the medium a replaced", residue);
    look_at_card(host, &end);
    enum look_part part = look_difference(&end, &of->after);
    return part == LOOK_PARTS ? NULL : say(of, "tried again ends with other", look_part_name(part));
}

static const char *deleted_is_gone(const struct recorded *of) {
    const char *residue = look_residue(host->card, &of->secrets_before, &of->secrets_after);
    return residue == NULL ? NULL : say(of, "left in the medium a deleted", residue);
}

static const char *tap_whole(const struct recorded *of, const uint8_t *image) {
    struct look now;
    look_at_card(host, &now);
    const char *fault = opens(of, &now);
    if (fault != NULL)
        return fault;
    load(image);
    drawn_begin(drawn, 0);
    if (of->step->act(host) != SW_OK)
        return say(of, "cannot be begun", "anew");
    look_at_card(host, &now);
    bool made =
        now.opens == 1u << SET_A && now.life_cycle == CARD_SECURED && now.purse_life_cycle == 0x0F;
    return made ? NULL : say(of, "begun anew does not", "end");
}

static const char *tap(struct scene *of_scene, size_t command) {
    static uint8_t image[NVM_IMAGE_SIZE];
    const struct recorded *of = step_of(command);
    struct look now;
    (void)of_scene;
    memcpy(image, host->card->image, sizeof image);
    if (whole)
        return tap_whole(of, image);
    look_at_card(host, &now);
    bool is_before = look_difference(&now, &of->before) == LOOK_PARTS;
    bool is_after = look_difference(&now, &of->after) == LOOK_PARTS;
    if (!is_before && !is_after)
        return say(of, "left neither old nor new",
                   look_part_name(look_difference(&now, &of->before)));
    const char *fault = opens(of, &now);
    if (fault == NULL)
        fault = counters_hold(of, &now, is_after);
    load(image);
    if (fault == NULL && is_after && !is_before && of->step->again == SW_REFERENCE_NOT_FOUND)
        fault = deleted_is_gone(of);
    if (fault == NULL)
        fault = do_again(of, is_before, is_after);
    return fault != NULL ? fault : compare_end(of);
}

static void look(struct scene *of, uint8_t out[TEAR_LOOK_SIZE]) {
    struct look now;
    look_at_card(host, &now);
    look_digest(of->crypto, &now, out);
}

// ---- recording ---------------------------------------------------------------------------------

static uint8_t *copy_image(void) {
    uint8_t *copy = malloc(host->card->size);
    if (copy == NULL)
        abort();
    memcpy(copy, host->card->image, host->card->size);
    return copy;
}

static void do_step(struct tear *tear, const struct step *step) {
    struct recorded *of = &record[recorded_count];
    *of = (struct recorded){.step = step, .begin = tear_steps(tear)};
    of->before_image = copy_image();
    drawn_begin(drawn, recorded_count);
    recorded_count++;
    uint16_t sw = step->act(host);
    must(sw == step->sw, step->name);
    of->after_image = copy_image();
}

static bool forgets_late(const struct recorded *of) {
    return look_residue(host->card, &of->secrets_before, &of->secrets_after) != NULL;
}

/// Images of a card under way become looks of one that was powered on.
static void look_at_steps(void) {
    for (size_t i = 0; i < recorded_count; i++) {
        struct recorded *of = &record[i];
        load(of->before_image);
        look_secrets(host->card, &of->secrets_before);
        look_at_card(host, &of->before);
        load(of->after_image);
        look_secrets(host->card, &of->secrets_after);
        look_at_card(host, &of->after);
        memcpy(host->card->image, of->after_image, host->card->size);
        must(!forgets_late(of), "a replaced secret was in the medium when the answer came");
        free(of->before_image);
        free(of->after_image);
    }
}

/// A blank card whose keys are laid out, powered on.
static void begin(const struct steps *steps, struct drawn *keys) {
    drawn = keys;
    whole = steps->whole;
    host = issuer_at(scene_bare(scene_open(2211), "CARD", ROLE_WALLET));
    host->card->ports.crypto = &drawn->crypto;
    scene_power(host->card);
    recorded_count = 0;
    if (steps->before != NULL)
        steps->before(host);
}

static struct tear *record_steps(const struct steps *steps) {
    struct scene *scene = host->card->scene;
    struct tear *tear = tear_begin(scene);
    must(steps->count <= STEPS_MAX, "no room for so many steps");
    for (size_t i = 0; i < steps->count; i++)
        do_step(tear, &steps->list[i]);
    scene->on_answer = NULL; // what follows is no part of it
    struct scene_snapshot end = scene_save(scene);
    host->card->ports.nvm = &host->card->port.nvm;
    look_at_steps();
    scene_restore(scene, &end);
    scene_forget(&end);
    return tear;
}

static void print_figures(const char *name, const struct tear_figures *figures) {
    printf("tear %s: %zu commands, %zu points, %zu cuts, %zu cuts of recoveries, %zu states, %zu "
           "looks, %zu taps, %zu violations\n",
           name, figures->commands, figures->points, figures->cuts, figures->recut, figures->states,
           figures->looks, figures->taps, figures->violations);
    fflush(stdout);
}

struct tear_figures steps_cut(const struct steps *steps, struct drawn *keys, bool misplace) {
    struct tear_figures figures = {.quiet = misplace};
    begin(steps, keys);
    struct scene *scene = host->card->scene;
    struct tear *tear = record_steps(steps);
    tear_look_by(tear, look);
    if (misplace)
        tear_misplace_syncs(tear);
    tear_cut(tear, tap, &figures);
    tear_end(tear);
    if (!misplace)
        print_figures(steps->name, &figures);
    must(host->undocumented == 0, "status words that the catalogue does not list");
    issuer_leave(host);
    scene_close(scene);
    return figures;
}

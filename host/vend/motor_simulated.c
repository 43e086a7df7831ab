// SPDX-License-Identifier: Apache-2.0
#include "host/vend/motor_simulated.h"

#include "base/files.h"
#include "host/flows/journal.h"

#include <errno.h>
#include <jansson.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { FILE_MAX = 1024, ORDER_TEXT = 2 * PURSE_REFERENCE_MAX + 1 };

struct motor_simulated {
    struct motor motor; // first: the seam's pointer is this one's
    char path[PATH_MAX];
    char order[ORDER_TEXT]; // the last one, hexadecimal; "": none
    char item[SALE_ITEM_MAX];
    bool dropped, jams;
    json_int_t turns, drops; // all there ever were
};

static void order_text(struct bytes order, char out[ORDER_TEXT]) {
    out[0] = '\0';
    for (size_t i = 0; i < order.size && i < PURSE_REFERENCE_MAX; i++)
        snprintf(out + 2 * i, 3, "%02X", order.data[i]);
}

// ---- its file ----------------------------------------------------------------------------------

static bool take(struct motor_simulated *sim, json_t *json) {
    const char *order, *item;
    int dropped;
    return json_unpack(json, "{s:s, s:s, s:b, s:I, s:I}", "order", &order, "item", &item, "dropped",
                       &dropped, "turns", &sim->turns, "drops", &sim->drops) == 0 &&
           snprintf(sim->order, sizeof sim->order, "%s", order) < (int)sizeof sim->order &&
           snprintf(sim->item, sizeof sim->item, "%s", item) < (int)sizeof sim->item &&
           ((sim->dropped = dropped != 0) || true);
}

/// A file that is not there is a motor that is new.
static bool read_file(struct motor_simulated *sim, struct failure *failure) {
    uint8_t text[FILE_MAX];
    size_t size = 0;
    if (!files_read(sim->path, text, sizeof text, &size))
        return errno == ENOENT || fail_errno(failure, "cannot read %s", sim->path);
    json_t *json = json_loadb((const char *)text, size, JSON_REJECT_DUPLICATES, NULL);
    bool done = take(sim, json) ||
                fail(failure, EXIT_REFUSED, "%s does not say what the motor did", sim->path);
    json_decref(json);
    return done;
}

static bool write_file(const struct motor_simulated *sim) {
    json_t *json =
        json_pack("{s:s, s:s, s:b, s:I, s:I}", "order", sim->order, "item", sim->item, "dropped",
                  sim->dropped ? 1 : 0, "turns", sim->turns, "drops", sim->drops);
    char *text = json != NULL ? json_dumps(json, JSON_COMPACT) : NULL;
    bool done =
        text != NULL && files_write(sim->path, bytes_of_string(text), FILES_SECRET, FILES_REPLACE);
    free(text);
    json_decref(json);
    return done;
}

// ---- the seam ----------------------------------------------------------------------------------

static void sim_turn(struct motor *motor, struct bytes order, const char *item) {
    struct motor_simulated *sim = (struct motor_simulated *)motor, before = *sim;
    order_text(order, sim->order);
    snprintf(sim->item, sizeof sim->item, "%s", item);
    sim->dropped = false;
    sim->turns++;
    if (!write_file(sim)) { // it did not turn
        *sim = before;
        return;
    }
    bool falls = !sim->jams;
    sim->jams = false;
    if (!falls)
        return;
    sim->dropped = true;
    sim->drops++;
    if (!write_file(sim)) {
        sim->dropped = false;
        sim->drops--;
    }
}

static enum motor_report sim_report(struct motor *motor, struct bytes order) {
    const struct motor_simulated *sim = (const struct motor_simulated *)motor;
    char text[ORDER_TEXT];
    order_text(order, text);
    if (strcmp(text, sim->order) != 0)
        return MOTOR_STILL;
    return sim->dropped ? MOTOR_DROPPED : MOTOR_UNSURE;
}

static void sim_close(struct motor *motor) {
    free(motor);
}

static const struct motor_ops ops = {sim_turn, sim_report, sim_close};

struct motor *motor_simulated_open(const char *directory, struct failure *failure) {
    struct motor_simulated *sim = calloc(1, sizeof *sim);
    if (sim == NULL) {
        failure_set(failure, EXIT_REFUSED, "out of memory");
        return NULL;
    }
    sim->motor.ops = &ops;
    bool done = files_path(sim->path, sizeof sim->path, directory, "motor") ||
                fail_errno(failure, "cannot name a file in %s", directory);
    if (done && read_file(sim, failure))
        return &sim->motor;
    free(sim);
    return NULL;
}

void motor_simulated_jam(struct motor *motor) {
    ((struct motor_simulated *)motor)->jams = true;
}

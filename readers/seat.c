// SPDX-License-Identifier: Apache-2.0
#include "readers/seat.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "readers/control.h"
#include "readers/emu.h"

enum { CONTROL_TIMEOUT_MS = 5000 };

static enum link_status emu_cut(const struct script_control *control, uint64_t writes) {
    struct seat *seat = control->context;
    return emu_link_cut(seat->link, writes, 0) ? LINK_OK : LINK_UNSUPPORTED;
}

static enum link_status emu_insert(const struct script_control *control) {
    struct seat *seat = control->context;
    return seat->plug.control.insert(&seat->plug.control);
}

static enum link_status emu_remove(const struct script_control *control) {
    struct seat *seat = control->context;
    return seat->plug.control.remove(&seat->plug.control);
}

static enum link_status order(const struct script_control *control, const char *text) {
    struct seat *seat = control->context;
    char reply[CONTROL_LINE_MAX];
    if (control_ask(seat->control_socket, text, CONTROL_TIMEOUT_MS, reply, sizeof reply) &&
        strncmp(reply, "ok", 2) == 0)
        return LINK_OK;
    snprintf(seat->link->error, sizeof seat->link->error, "%.200s", reply);
    return LINK_UNSUPPORTED;
}

static enum link_status socket_cut(const struct script_control *control, uint64_t writes) {
    char text[64];
    snprintf(text, sizeof text, "power-cut after %" PRIu64 " writes", writes);
    return order(control, text);
}

static enum link_status socket_insert(const struct script_control *control) {
    return order(control, "insert");
}

static enum link_status socket_remove(const struct script_control *control) {
    return order(control, "remove");
}

/// The control socket of a card behind pcscd: the lab names both by number.
static bool find_control(struct seat *seat, const char *link, size_t number) {
    char name[40];
    const char *value;
    for (size_t i = 1; i <= SCRIPT_CARDS_MAX; i++) {
        snprintf(name, sizeof name, "TESSERA_CARD_%zu", i);
        value = getenv(name);
        if (value != NULL && strcmp(value, link) == 0)
            number = i;
    }
    snprintf(name, sizeof name, "TESSERA_CONTROL_%zu", number);
    value = getenv(name);
    return value != NULL && (size_t)snprintf(seat->control_socket, sizeof seat->control_socket,
                                             "%s", value) < sizeof seat->control_socket;
}

static void give_control(struct seat *seat, const char *link, size_t number) {
    seat->control = (struct script_control){.context = seat};
    if (strncmp(link, "emu:", 4) == 0)
        seat->control = (struct script_control){emu_cut, emu_insert, emu_remove, seat};
    else if (find_control(seat, link, number))
        seat->control = (struct script_control){socket_cut, socket_insert, socket_remove, seat};
}

bool seat_open(struct seat *seat, const struct seat_argument *card, size_t number,
               const struct seat_options *options, struct link_failure *failure) {
    struct link_options how = {
        .detached = options->fresh, .seeded = options->seeded, .seed = options->seed + number};
    seat->link = link_open(card->link, &how, failure);
    if (seat->link == NULL)
        return false;
    plug_init(&seat->plug, seat->link);
    give_control(seat, card->link, number + 1);
    return true;
}

void seat_close(struct seat *seat) {
    link_close(seat->link);
    seat->link = NULL;
}

struct script_card seat_card(struct seat *seat, const struct seat_argument *card) {
    return (struct script_card){card->name, &seat->plug.link, &seat->control};
}

// SPDX-License-Identifier: Apache-2.0
#include "readers/seat.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

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

static bool copy_all(int from, int to) {
    char part[65536];
    ssize_t got;
    while ((got = read(from, part, sizeof part)) > 0)
        if (write(to, part, (size_t)got) != got)
            return false;
    return got == 0;
}

/// A private copy of an emu: image; the rest of the name (its interface) is kept.
static bool copy_image(struct seat *seat, const char *link, char *name, size_t capacity) {
    const char *image = link + 4, *comma = strrchr(image, ',');
    size_t size = comma != NULL ? (size_t)(comma - image) : strlen(image);
    char path[4096];
    if (size >= sizeof path)
        return false;
    memcpy(path, image, size);
    path[size] = 0;
    int from = open(path, O_RDONLY | O_CLOEXEC);
    if (from < 0)
        return false;
    const char *folder = getenv("TMPDIR");
    snprintf(seat->copy, sizeof seat->copy, "%.40s/tessera-XXXXXX",
             folder != NULL ? folder : "/tmp");
    int to = mkostemp(seat->copy, O_CLOEXEC);
    bool ok = to >= 0 && copy_all(from, to);
    close(from);
    if (to >= 0)
        close(to);
    else
        seat->copy[0] = 0;
    snprintf(name, capacity, "emu:%s%s", seat->copy, comma != NULL ? comma : "");
    return ok;
}

static bool open_link(struct seat *seat, const char *link, size_t number,
                      const struct seat_options *options, struct link_failure *failure) {
    char copied[256];
    struct link_options how = {.seeded = options->seeded, .seed = options->seed + number};
    if (options->fresh && strncmp(link, "emu:", 4) == 0) {
        if (!copy_image(seat, link, copied, sizeof copied)) {
            failure->status = LINK_BAD_INPUT;
            snprintf(failure->text, sizeof failure->text, "cannot copy the image of %.200s: %s",
                     link, strerror(errno));
            return false;
        }
        how.unsynced = true;
        link = copied;
    }
    seat->link = link_open(link, &how, failure);
    return seat->link != NULL;
}

bool seat_open(struct seat *seat, const struct seat_argument *card, size_t number,
               const struct seat_options *options, struct link_failure *failure) {
    if (!open_link(seat, card->link, number, options, failure))
        return false;
    plug_init(&seat->plug, seat->link);
    give_control(seat, card->link, number + 1);
    return true;
}

void seat_close(struct seat *seat) {
    link_close(seat->link);
    seat->link = NULL;
    if (seat->copy[0] != 0)
        unlink(seat->copy);
    seat->copy[0] = 0;
}

struct script_card seat_card(struct seat *seat, const struct seat_argument *card) {
    return (struct script_card){card->name, &seat->plug.link, &seat->control};
}

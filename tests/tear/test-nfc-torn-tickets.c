// SPDX-License-Identifier: Apache-2.0
// Torn moves of a ticket in one process: the phone lies in a radio field on the chip of a virtual
// PN532, the home server stands in its slot; the phone leaves after every octet on the air, and so
// at every frame boundary, either store loses power at every write. Whatever happened the ticket is
// at one place with its plays, and one honest retry brings it to exactly one store.
// TESSERA_TORN=full multiplies the two.
#include <stdio.h>
#include <string.h>

#include "host/flows/tickets/ticket_flow.h"
#include "tests/kit/suite.h"
#include "tests/kit/tickets/fair_audit.h"
#include "tests/tear/torn.h"

enum { PLAYS = 3 };
enum next { NEXT_SAME_MOVE, NEXT_ASK, NEXT_COUNT };

// Moves one way, torn one after another.
struct series {
    struct fair *fair;
    struct scene_card *phone, *home;
    struct fair_ticket ticket;
    struct tap_reader reader; // the phone's
    struct link *slot;        // the home server's
    bool back;                // from the home server to the phone
    struct ticket_flow flow;
    struct scene_snapshot start;
    struct torn_figures figures;
    size_t frames, retries;
};

// ---- one tap ----------------------------------------------------------------------------------

// The phone is laid down, the ticket moves, the phone is taken away.
static enum flow_status move(struct series *series, const struct tap_fault *fault) {
    static struct ticket_client phone, home;
    series->reader.fault = *fault;
    tap_lay_down(&series->reader);
    tap_start_slot(series->home, series->slot, fault);
    enum link_status found = link_reset(series->reader.link, LINK_RESET_COLD, NULL, 0, NULL);
    ticket_client_over(&phone, series->reader.link);
    ticket_client_over(&home, series->slot);
    ticket_flow_over(&series->flow, series->back ? &home : &phone, series->back ? &phone : &home,
                     NULL);
    memcpy(series->flow.name, series->ticket.name, sizeof series->flow.name);
    if (found == LINK_OK)
        ticket_transfer_run(&series->flow);
    else
        series->flow.status = FLOW_ABSENT;
    tap_take_away(&series->reader);
    return series->flow.status;
}

// ---- what must hold ---------------------------------------------------------------------------

static void power_on(struct series *series) {
    scene_power(series->phone);
    scene_power(series->home);
}

// At any time: one copy, all of its plays, each store in agreement with itself.
static const char *add_up(struct series *series) {
    power_on(series);
    struct fair_place place = fair_find(series->fair->scene, series->ticket.name);
    if (place.copies > 1)
        return "two copies of one ticket";
    if (place.copies == 0)
        return "the ticket is lost";
    if (place.plays != PLAYS)
        return "plays were lost, or came back";
    if (!fair_counts_agree(series->phone) || !fair_counts_agree(series->home))
        return "a store's counts do not agree with its tables";
    return NULL;
}

// What the torn tap said is so: where it went, or that it did not go.
static const char *told(struct series *series) {
    struct fair_place place = fair_find(series->fair->scene, series->ticket.name);
    const struct scene_card *at = series->fair->scene->cards[place.holder];
    bool there = at == (series->back ? series->phone : series->home);
    enum flow_status status = series->flow.status;
    if (status == FLOW_DONE && !(there && place.live == 1))
        return "done, but the ticket is not there";
    if (status != FLOW_DONE && status != FLOW_OPEN && (there || place.live != 1))
        return "nothing done, but the ticket went";
    return NULL;
}

static bool nothing_in_transit(struct scene_card *card) {
    struct tickets tickets = fair_store(card);
    return tickets_get(&tickets, TICKET_NUMBER_TRANSIT) == 0;
}

// After the retry: live at one store, which is the destination when the same move ran again.
static const char *settled(struct series *series, enum next next) {
    const char *what = add_up(series);
    if (what != NULL)
        return what;
    struct scene *scene = series->fair->scene;
    struct fair_place place = fair_find(scene, series->ticket.name);
    if (place.live != 1 || !nothing_in_transit(series->phone) || !nothing_in_transit(series->home))
        return "the retry leaves a ticket on its way";
    struct scene_card *wanted = series->back ? series->phone : series->home;
    if (next == NEXT_SAME_MOVE && scene->cards[place.holder] != wanted)
        return "the retry does not bring the ticket to its destination";
    return NULL;
}

// Runs the same move, or asks the destination what became of its number.
static const char *retry(struct series *series, enum next next, bool arrived) {
    static const struct tap_fault none = {.leave_after = TAP_NEVER};
    const char *what = NULL;
    series->retries++;
    if (next == NEXT_SAME_MOVE) {
        // where it arrived and the source knows, there is nothing left to move
        if (move(series, &none) != FLOW_DONE && !arrived)
            return "the same move does not succeed";
        return settled(series, next);
    }
    struct scene *scene = series->fair->scene;
    power_on(series);
    for (size_t i = 0; i < scene->count && what == NULL; i++)
        what = fair_finish(scene, scene->cards[i], false);
    return what != NULL ? what : settled(series, next);
}

static void tear(void *context, const struct tap_fault *fault) {
    struct series *series = context;
    struct scene *scene = series->fair->scene;
    scene_restore(scene, &series->start);
    bool arrived = move(series, fault) == FLOW_DONE;
    torn_count(&series->figures, series->flow.status);
    const char *what = add_up(series);
    if (what == NULL)
        what = told(series);
    if (what != NULL)
        torn_violation(&series->figures, fault, what);
    struct scene_snapshot torn = scene_save(scene);
    for (enum next next = 0; next < NEXT_COUNT; next++) {
        scene_restore(scene, &torn);
        what = retry(series, next, arrived);
        if (what != NULL)
            torn_violation(&series->figures, fault, what);
    }
    scene_forget(&torn);
}

// ---- the undisturbed tap ----------------------------------------------------------------------

static struct torn_extent measure(struct series *series) {
    static const struct tap_fault none = {.leave_after = TAP_NEVER};
    size_t before = series->reader.radio->frames;
    CU_ASSERT(move(series, &none) == FLOW_DONE && series->flow.completed);
    series->frames = series->reader.radio->frames - before;
    return (struct torn_extent){series->reader.air_octets,
                                {series->phone, series->home},
                                {series->reader.writes, series->home->port.writes}};
}

static struct torn_extent begin(struct series *series, bool back) {
    memset(series, 0, sizeof *series);
    series->fair = fair_open(2005);
    series->phone = fair_phone(series->fair, "TID_01", 3);
    series->home = fair_home(series->fair, "SID_01", 3);
    fair_befriend(series->phone, series->home);
    struct fair_sale sale = fair_three_plays("TID_01");
    fair_sell(series->fair, series->phone, &sale, &series->ticket);
    if (back)
        CU_ASSERT(fair_transfer(series->phone, series->home, &series->ticket) == SW_OK);
    series->back = back;
    series->start = scene_save(series->fair->scene);
    tap_reader_begin(&series->reader, series->phone);
    series->slot = tap_slot(series->home);
    return measure(series);
}

static void end(struct series *series) {
    scene_forget(&series->start);
    link_close(series->slot);
    tap_reader_end(&series->reader);
    fair_close(series->fair);
}

// ---- removal ----------------------------------------------------------------------------------

static void removal(bool back, const char *name) {
    static struct series series;
    struct torn_extent extent = begin(&series, back);
    torn_removals(&extent, tear, &series);
    torn_print(name, &series.figures);
    printf("torn taps: %s: %zu frames, %zu octets, %zu retries\n", name, series.frames,
           extent.octets, series.retries);
    CU_ASSERT(series.figures.taps == extent.octets + 1);
    CU_ASSERT(series.figures.open > 100 && series.figures.done >= 1);
    end(&series);
}

static void test_removal_there(void) {
    removal(false, "ticket from phone to home server, phone leaves");
}

static void test_removal_back(void) {
    removal(true, "ticket from home server to phone, phone leaves");
}

// ---- power cuts -------------------------------------------------------------------------------

static void cuts(bool back, const char *name) {
    static struct series series;
    struct torn_extent extent = begin(&series, back);
    CU_ASSERT(extent.writes[0] > 0 && extent.writes[1] > 0);
    torn_cuts(&extent, tear, &series);
    torn_print(name, &series.figures);
    CU_ASSERT(series.figures.taps >= 4U * (extent.writes[0] + extent.writes[1]));
    end(&series);
}

static void test_cuts_there(void) {
    cuts(false, "ticket from phone to home server, power cut at every write");
}

static void test_cuts_back(void) {
    cuts(true, "ticket from home server to phone, power cut at every write");
}

static const struct suite_test tests[] = {
    {"torn move to the home server: the phone leaves", test_removal_there, "P1-46"},
    {"torn move to the phone: the phone leaves", test_removal_back, NULL},
    {"torn move to the home server: power cut at every write", test_cuts_there, NULL},
    {"torn move to the phone: power cut at every write", test_cuts_back, NULL},
};

int main(int argc, char **argv) {
    return suite_main("test-nfc-torn-tickets", tests, sizeof tests / sizeof tests[0], argc, argv);
}

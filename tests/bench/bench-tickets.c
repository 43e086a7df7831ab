// SPDX-License-Identifier: Apache-2.0
// What a ticket costs: SURRENDER, IMPORT and PLAY against the primitives that they cannot do
// without, PLAY and the pages of LIST in a store of 1 024 tickets, and what a move sends across the
// air, where both keys are as long as keys can be.
#include "host/flows/tickets/ticket_flow.h"
#include "readers/link/emu.h"
#include "tests/bench/bench.h"
#include "tests/bench/bench_ops.h"
#include "tests/kit/tickets/fair_use.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { MOVES = 200, PLAYS = 200, FEW = 8, MANY = 1024, PAGES_MAX = 512, SHORT_COMMAND = 261 };

static const double GOAL_PRIMITIVES = 1.25, GOAL_FLAT = 1.1, GOAL_COMMANDS = 4, GOAL_OCTETS = 1400;

static struct crypto *fast; // the system's random generator: a seeded card signs more slowly
static struct bench_ops ops;

static void must(bool good, const char *what) {
    if (good)
        return;
    fprintf(stderr, "bench-tickets: %s\n", what);
    exit(1);
}

/// The card's primitives are measured from here on.
static void measure(struct scene_card *card) {
    card->ports.crypto = &ops.crypto;
    scene_power(card);
}

/// How much longer a command takes than its primitives, over many of them.
struct ratio {
    double took, spent;
};

static uint16_t timed(struct ratio *ratio, uint16_t (*step)(struct fair_move *move),
                      struct fair_move *move) {
    double spent = ops.spent, begin = bench_now_us();
    uint16_t sw = step(move);
    ratio->took += bench_now_us() - begin;
    ratio->spent += ops.spent - spent;
    return sw;
}

static void print_ratio(const char *name, const struct ratio *ratio) {
    bench_print(name, ratio->took / ratio->spent, "ratio", GOAL_PRIMITIVES);
}

// ---- moves -------------------------------------------------------------------------------------

static void bench_moves(void) {
    struct fair *fair = fair_open(31);
    struct scene_card *phone = fair_phone(fair, "PHONE", 0), *home = fair_home(fair, "HOME", 0);
    struct fair_sale sale = fair_three_plays("PHONE");
    struct fair_ticket ticket;
    struct ratio surrender = {0, 0}, import = {0, 0};
    fair_befriend(phone, home);
    fair_sell(fair, phone, &sale, &ticket);
    measure(phone);
    measure(home);
    for (unsigned i = 0; i < MOVES; i++) {
        struct fair_move move =
            i % 2 == 0 ? fair_move(phone, home, &ticket) : fair_move(home, phone, &ticket);
        must(fair_step_accept(&move) == SW_OK &&
                 timed(&surrender, fair_step_surrender, &move) == SW_OK &&
                 timed(&import, fair_step_import, &move) == SW_OK &&
                 fair_step_complete(&move) == SW_OK,
             "a move is refused");
    }
    print_ratio("ticket surrender over its primitives", &surrender);
    print_ratio("ticket import over its primitives", &import);
    fair_close(fair);
}

// ---- a move on the air -------------------------------------------------------------------------

static void side_over(struct ticket_client *client, struct scene_card *card) {
    struct link *link = emu_link_over(card->card, &card->ports, CARD_CONTACTLESS, NULL);
    must(link != NULL, "no link");
    link->command_max = SHORT_COMMAND;
    ticket_client_over(client, link);
}

static void move_on_air(struct ticket_client *source, struct ticket_client *destination,
                        const struct fair_ticket *ticket) {
    static struct ticket_flow flow;
    ticket_flow_over(&flow, source, destination, NULL);
    memcpy(flow.name, ticket->name, sizeof flow.name);
    ticket_transfer_run(&flow);
    must(flow.status == FLOW_DONE && flow.completed, "a move on the air is refused");
}

static void print_side(const char *side, const char *when, const struct ticket_client *client,
                       double commands) {
    char name[96];
    snprintf(name, sizeof name, "ticket move%s: commands of the %s", when, side);
    bench_print(name, client->count.apdus, "APDUs", commands);
    snprintf(name, sizeof name, "ticket move%s: octets of the %s", when, side);
    bench_print(name, (double)client->count.octets, "octets", GOAL_OCTETS);
}

static void bench_air(void) {
    static struct ticket_client source, destination;
    struct fair *fair = fair_open(32);
    struct scene_card *phone = fair_phone(fair, "PHONE-000001", 0);
    struct scene_card *home = fair_home(fair, "HOME-0000001", 0);
    struct fair_sale sale = fair_three_plays("PHONE-000001");
    struct fair_ticket ticket;
    sale.key = "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef";
    sale.last_day = SCENE_LONG;
    sale.copies = 2;
    sale.actions = ACTION_PLAY | ACTION_COPY;
    fair_sell(fair, phone, &sale, &ticket);
    must(fair_device(phone, TICKETS_DEVICE_ADD, "HOME-0000001") == SW_OK &&
             fair_device(home, TICKETS_DEVICE_ADD, "PHONE-000001") == SW_OK,
         "a device is not listed");
    for (unsigned i = 0; i < 3; i++) {
        bool back = i % 2 == 1;
        side_over(&source, back ? home : phone);
        side_over(&destination, back ? phone : home);
        move_on_air(&source, &destination, &ticket);
        if (i == 0)
            print_side("source", " at a first meeting", &source, GOAL_COMMANDS + 1);
        if (i == 2) {
            print_side("source", "", &source, GOAL_COMMANDS);
            print_side("destination", "", &destination, GOAL_COMMANDS);
        }
        link_close(source.link);
        link_close(destination.link);
    }
    fair_close(fair);
}

// ---- a large store -----------------------------------------------------------------------------

/// Median of a play in microseconds; the ratio to its primitives where asked for.
static double play_us(struct fair *fair, struct scene_card *home, const struct fair_ticket *ticket,
                      struct ratio *ratio) {
    static double times[PLAYS];
    for (unsigned i = 0; i < PLAYS; i++) {
        struct fair_use use = fair_use(fair, home, ticket);
        fair_use_ask(&use);
        double spent = ops.spent, begin = bench_now_us();
        must(fair_send(home, COMMAND_TICKETS_PLAY, fair_bytes(&use.request)) == SW_OK,
             "PLAY is refused");
        times[i] = bench_now_us() - begin;
        ratio->took += times[i];
        ratio->spent += ops.spent - spent;
    }
    return bench_median(times, PLAYS);
}

/// Microseconds of each page of LIST; how many pages there are.
static size_t list_us(struct scene_card *home, double *times) {
    size_t pages = 0;
    uint16_t from = 0;
    must(fair_select(home, NULL) == SW_OK, "SELECT is refused");
    for (;; pages++) {
        double begin = bench_now_us();
        must(scene_send_row(home, &tickets_commands[COMMAND_TICKETS_LIST], from,
                            bytes_of(NULL, 0)) == SW_OK,
             "LIST is refused");
        struct bytes rest = home->answer;
        struct tlv row;
        if (rest.size == 0 || pages == PAGES_MAX)
            return pages;
        times[pages] = bench_now_us() - begin;
        while (tlv_next_strict(&rest, &row))
            from = (uint16_t)(fair_number(row.value, TICKETS_TAG_SLOT) + 1);
    }
}

static void print_pages(struct scene_card *home) {
    static double sums[PAGES_MAX], times[PAGES_MAX];
    size_t pages = 0;
    for (unsigned round = 0; round < 5; round++) {
        pages = list_us(home, times);
        for (size_t i = 0; i < pages; i++)
            sums[i] += times[i];
    }
    must(pages > 40, "LIST ends too early");
    bench_print("ticket list of 1024: pages", (double)pages, "pages", -1);
    bench_print("ticket list of 1024: a page", bench_median(times, pages), "us", -1);
    bench_print("ticket list of 1024: last pages over first",
                bench_median(sums + pages - 20, 20) / bench_median(sums, 20), "ratio", GOAL_FLAT);
}

static void bench_store(void) {
    struct fair *fair = fair_open(33);
    struct scene_card *home = fair_home(fair, "HOME", 0);
    struct fair_sale sale = fair_three_plays("HOME");
    struct fair_ticket ticket, other;
    struct ratio ratio = {0, 0}, rest = {0, 0};
    sale.plays = 2 * PLAYS + 1;
    fair_sell(fair, home, &sale, &ticket);
    for (unsigned i = 1; i < FEW; i++)
        fair_sell(fair, home, &sale, &other);
    measure(home);
    double few = play_us(fair, home, &ticket, &ratio);
    for (unsigned i = FEW; i < MANY; i++)
        fair_sell(fair, home, &sale, &other);
    double many = play_us(fair, home, &ticket, &rest);
    print_ratio("ticket play over its primitives", &ratio);
    bench_print("ticket play at 1024 tickets over 8", many / few, "ratio", GOAL_FLAT);
    print_pages(home);
    fair_close(fair);
}

int main(void) {
    fast = crypto_openssl_new();
    must(fast != NULL, "no crypto");
    bench_ops_open(&ops, fast);
    bench_moves();
    bench_air();
    bench_store();
    crypto_openssl_free(fast);
    return 0;
}

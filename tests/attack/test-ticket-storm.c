// SPDX-License-Identifier: Apache-2.0
// A storm of messages between four stores, by seed: whatever was ever signed is kept and shown to
// anybody in any order, under old and new challenges, over both interfaces, with power cuts,
// devices entered and deleted, strangers' certificates, dockets and activations between them. A
// model beside it counts: no ticket is at two places, no play or copy comes back, none is lost but
// by its owner's own FORGET, a refusal changes nothing, no key leaves a card open.
// $TESSERA_STORM=full: many more seeds; a number: that seed alone.
#include "card/applets/tickets/state/slot.h"
#include "tests/kit/suite.h"
#include "tests/kit/tickets/fair_audit.h"
#include "tests/kit/tickets/fair_use.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
    STORES = 4,
    SLOTS = 5,
    FIRST_TICKETS = 4,
    TICKETS_MOST = 12,
    KEPT = 24,
    STEPS = 500,
    SEEDS = 4,
    SEEDS_FULL = 1500,
    STRANGERS = 6,
    PLAYS = 9,
    COPIES = 4,
};

#define KEY_BEGINS "a key of 32 octets in all, of "

static struct fair *fair;
static struct scene_card *stores[STORES];
static uint8_t challenges[STORES][16];
static struct sample_party strangers[STRANGERS];
static uint8_t *before; // image of the card that is asked, as it was
static uint64_t draw;
static const char *fault;

/// What is known of one ticket beside the cards.
struct known {
    struct fair_ticket ticket;
    char key[33];
    unsigned plays, copies; // granted
    bool given_up;          // its owner may have lost it, or it was never delivered
};

static struct known tickets[TICKETS_MOST];
static size_t sold;

/// What passed, the oldest overwritten.
struct kept {
    struct fair_object object;
    size_t from, to;
    uint32_t n;
};

struct pool {
    struct kept kept[KEPT];
    size_t count;
};

static struct pool requests, moves, ends;
static struct fair_use uses[KEPT];
static struct known *used[KEPT]; // whose
static bool granted[KEPT];
static size_t use_count;

static unsigned below(unsigned limit) {
    draw ^= draw << 13;
    draw ^= draw >> 7;
    draw ^= draw << 17;
    return (unsigned)((draw >> 11) % limit);
}

static bool one_in(unsigned limit) {
    return below(limit) == 0;
}

static struct kept *keep(struct pool *pool, size_t from, size_t to, struct bytes octets) {
    struct kept *kept = &pool->kept[pool->count++ % KEPT];
    *kept = (struct kept){.from = from, .to = to, .object = {.size = octets.size}};
    memcpy(kept->object.octets, octets.data, octets.size);
    return kept;
}

/// Mostly something new; NULL: nothing yet.
static const struct kept *pick(const struct pool *pool) {
    size_t most = pool->count < KEPT ? pool->count : KEPT;
    if (most == 0)
        return NULL;
    size_t back = 1 + below(one_in(3) || most < 3 ? (unsigned)most : 3);
    return &pool->kept[(pool->count - back) % KEPT];
}

// ---- commands ----------------------------------------------------------------------------------

static void select_store(size_t store) {
    if (fair_select(stores[store], challenges[store]) != SW_OK)
        fault = "SELECT is refused";
}

static void begin_command(struct scene_card *card) {
    memcpy(before, card->image, card->size);
    card->interface = one_in(3) ? CARD_CONTACTLESS : CARD_CONTACT;
    if (one_in(5))
        memory_port_cut(&card->port, below(16), below(80));
}

static bool has_key(struct bytes octets) {
    return octets.size > 0 &&
           memmem(octets.data, octets.size, KEY_BEGINS, sizeof KEY_BEGINS - 1) != NULL;
}

/// The status word; 0: power went.
static uint16_t end_command(size_t store, bool may_settle) {
    struct scene_card *card = stores[store];
    bool off = card->port.off;
    memory_port_power(&card->port);
    if (off) {
        scene_power(card);
        select_store(store);
        return 0;
    }
    card->interface = CARD_CONTACT;
    if (has_key(card->answer))
        fault = "a key left a card";
    if (card->sw != SW_OK && !may_settle && memcmp(before, card->image, card->size) != 0)
        fault = "a refusal changed the card";
    return card->sw;
}

static uint16_t ask(size_t store, enum tickets_command id, uint8_t p1, struct bytes data) {
    struct scene_card *card = stores[store];
    if (one_in(8))
        select_store(store);
    begin_command(card);
    fair_send_p1(card, id, p1, data);
    return end_command(store, id == COMMAND_TICKETS_SURRENDER);
}

static size_t other_than(size_t store) {
    return (store + 1 + below(STORES - 1)) % STORES;
}

static struct known *any_ticket(void) {
    return &tickets[below((unsigned)sold)];
}

// ---- what may happen ---------------------------------------------------------------------------

static void accept_from(size_t to, size_t from) {
    uint8_t data[64], old[16];
    struct tlv_writer out = tlv_writer_over(data, sizeof data);
    memcpy(old, challenges[from], sizeof old);
    if (!one_in(5))
        select_store(from);
    tlv_put(&out, field_specs[FIELD_CHALLENGE].tag,
            bytes_of(one_in(6) ? old : challenges[from], sizeof old));
    tlv_put(&out, field_specs[FIELD_SOURCE].tag, bytes_of_string(stores[from]->holder));
    if (ask(to, COMMAND_TICKETS_ACCEPT, 0, tlv_writer_bytes(&out)) != SW_OK)
        return;
    struct object request;
    struct kept *kept = keep(&requests, from, to, stores[to]->answer);
    if (object_decode(fair_bytes(&kept->object), &request))
        kept->n = (uint32_t)object_uint(&request, FIELD_N);
}

static void accept(void) {
    size_t to = below(STORES);
    accept_from(to, other_than(to));
}

static void surrender_one(const struct kept *request, const struct known *known) {
    uint8_t data[256];
    struct tlv_writer out = tlv_writer_over(data, sizeof data);
    tlv_put_raw(&out, fair_bytes(&request->object));
    tlv_put(&out, field_specs[FIELD_TICKET].tag, BYTES_OF(known->ticket.name));
    size_t from = one_in(10) ? below(STORES) : request->from;
    if (ask(from, COMMAND_TICKETS_SURRENDER, 0, tlv_writer_bytes(&out)) == SW_OK)
        keep(&moves, request->from, request->to, stores[from]->answer);
}

/// A ticket that the store could give, if the draw meets one.
static const struct known *ticket_at(size_t store) {
    const struct known *known = any_ticket();
    for (unsigned i = 0; i < 8 && fair_find(fair->scene, known->ticket.name).holder != store; i++)
        known = any_ticket();
    return known;
}

static void surrender(void) {
    const struct kept *request = pick(&requests);
    if (request != NULL)
        surrender_one(request, ticket_at(request->from));
}

static void import(void) {
    const struct kept *move = pick(&moves);
    if (move == NULL)
        return;
    size_t to = one_in(10) ? below(STORES) : move->to, from = move->from;
    if (ask(to, COMMAND_TICKETS_IMPORT, 0, fair_bytes(&move->object)) == SW_OK)
        keep(&ends, from, to, stores[to]->answer);
}

static void cancel(void) {
    uint8_t data[64];
    struct tlv_writer out = tlv_writer_over(data, sizeof data);
    const struct kept *request = pick(&requests);
    if (request == NULL)
        return;
    size_t from = one_in(8) ? below(STORES) : request->from, to = request->to;
    tlv_put_uint(&out, field_specs[FIELD_N].tag, one_in(6) ? 1 + below(40) : request->n);
    tlv_put(&out, field_specs[FIELD_SOURCE].tag, bytes_of_string(stores[from]->holder));
    if (ask(to, COMMAND_TICKETS_CANCEL, 0, tlv_writer_bytes(&out)) == SW_OK)
        keep(&ends, from, to, stores[to]->answer);
}

static void take_end(void) {
    struct object end;
    const struct kept *kept = pick(&ends);
    if (kept == NULL || !object_decode(fair_bytes(&kept->object), &end))
        return;
    bool receipt = (end.type == OBJECT_MOVE_RECEIPT) != one_in(10);
    ask(one_in(10) ? below(STORES) : kept->from,
        receipt ? COMMAND_TICKETS_COMPLETE : COMMAND_TICKETS_TAKE_CANCEL, 0,
        fair_bytes(&kept->object));
}

/// An honest move of a ticket that is there, which may break off anywhere or be done again.
static void travel(void) {
    const struct known *known = any_ticket();
    struct fair_place place = fair_find(fair->scene, known->ticket.name);
    size_t had = requests.count;
    if (place.copies == 0)
        return;
    select_store(place.holder);
    accept_from(other_than(place.holder), place.holder);
    if (requests.count == had || one_in(8))
        return;
    surrender_one(&requests.kept[had % KEPT], known);
    if (one_in(6))
        return;
    import();
    if (!one_in(4))
        take_end();
}

static size_t store_of(const struct fair_use *use) {
    size_t store = 0;
    while (stores[store] != use->store)
        store++;
    return store;
}

/// A new use where the ticket is, or an old one told again; what is granted anew is counted once.
static void play(void) {
    size_t most = use_count < KEPT ? use_count : KEPT;
    size_t at = most > 0 && one_in(3) ? below((unsigned)most) : use_count++ % KEPT;
    struct fair_use *use = &uses[at];
    if (at == (use_count - 1) % KEPT) {
        used[at] = any_ticket();
        struct fair_place place = fair_find(fair->scene, used[at]->ticket.name);
        *use = fair_use(fair, stores[place.copies == 0 ? below(STORES) : place.holder],
                        &used[at]->ticket);
        use->action = one_in(4) ? ACTION_COPY : ACTION_PLAY;
        use->player = one_in(2) ? &fair->player : &fair->recorder;
        granted[at] = false;
        fair_use_ask(use);
        memcpy(challenges[store_of(use)], use->challenge, sizeof use->challenge);
    }
    begin_command(use->store);
    fair_use_play(use);
    if (end_command(store_of(use), false) != SW_OK || granted[at])
        return;
    granted[at] = true;
    used[at]->plays += use->action == ACTION_PLAY;
    used[at]->copies += use->action == ACTION_COPY;
}

static void edit_devices(void) {
    size_t store = below(STORES), other = other_than(store);
    fair_device(stores[store], one_in(3) ? TICKETS_DEVICE_REMOVE : TICKETS_DEVICE_ADD,
                stores[other]->holder);
    select_store(store);
}

/// Whoever forgets a lane answers for its cancelled numbers that they were done.
static void forget_lane(void) {
    uint8_t data[32];
    struct tlv_writer out = tlv_writer_over(data, sizeof data);
    size_t store = below(STORES);
    tlv_put(&out, field_specs[FIELD_HOLDER].tag,
            bytes_of_string(stores[other_than(store)]->holder));
    if (fair_forget(stores[store], TICKETS_FORGET_LANE, tlv_writer_bytes(&out)) == SW_OK)
        for (size_t i = 0; i < sold; i++)
            tickets[i].given_up |= fair_find(fair->scene, tickets[i].ticket.name).live == 0;
    select_store(store);
}

static void forget_ticket(void) {
    uint8_t data[32];
    struct tlv_writer out = tlv_writer_over(data, sizeof data);
    struct known *known = any_ticket();
    size_t store = below(STORES);
    tlv_put(&out, field_specs[FIELD_TICKET].tag, BYTES_OF(known->ticket.name));
    if (fair_forget(stores[store], one_in(2) ? TICKETS_FORGET_TICKET : TICKETS_FORGET_TRANSIT,
                    tlv_writer_bytes(&out)) == SW_OK)
        known->given_up = true;
    select_store(store);
}

static void forget(void) {
    if (one_in(2))
        forget_lane();
    else
        forget_ticket();
}

static void meet(void) {
    size_t store = below(STORES);
    const struct bytes certificates[] = {stores[other_than(store)]->certificate,
                                         fair->seller.certificate,
                                         fair->player.certificate,
                                         fair->recorder.certificate,
                                         fair->telco.certificate,
                                         strangers[below(STRANGERS)].certificate};
    fair_show(stores[store], certificates[below(sizeof certificates / sizeof certificates[0])]);
    select_store(store);
}

static void settle(void) {
    const struct known *known = any_ticket();
    size_t store = below(STORES);
    if (one_in(2))
        fair_docket(stores[store], &known->ticket, "+81-90-1");
    else
        fair_settle(stores[store], one_in(2) ? &fair->telco : &fair->seller, known->ticket.name,
                    one_in(2));
    select_store(store);
}

/// A ticket of three kinds: open and counted, sealed, with copies.
static void sell(size_t buyer, bool now) {
    struct fair_sale sale = fair_three_plays(stores[buyer]->holder);
    struct known *known = &tickets[sold];
    struct fair_object request, delivery;
    sale.plays = PLAYS;
    sale.key = known->key;
    sale.open = sold % 3 != 1;
    sale.activator = "TELCO";
    sale.copies = COPIES;
    sale.actions = ACTION_PLAY | ACTION_COPY;
    *known = (struct known){.given_up = !now};
    snprintf(known->key, sizeof known->key, KEY_BEGINS "%02u", (unsigned)sold);
    fair_make(fair, &sale, &known->ticket);
    if (fair_ask(fair, stores[buyer], &request) != SW_OK) {
        select_store(buyer);
        return;
    }
    sold++;
    fair_wrap(fair, &known->ticket, &request, &delivery);
    select_store(buyer);
    keep(&moves, buyer, buyer, fair_bytes(&delivery));
    if (now && fair_send(stores[buyer], COMMAND_TICKETS_IMPORT, fair_bytes(&delivery)) != SW_OK)
        fault = "a delivery is refused";
}

static void sell_more(void) {
    if (sold < TICKETS_MOST)
        sell(below(STORES), false);
}

static void lose_power(void) {
    size_t store = below(STORES);
    scene_power(stores[store]);
    select_store(store);
}

/// Honest retries bring every way to its end.
static void finish(void) {
    for (size_t i = 0; i < STORES && fault == NULL; i++)
        fault = fair_finish(fair->scene, stores[i], one_in(2));
    for (size_t i = 0; i < STORES; i++)
        select_store(i);
}

static const struct {
    unsigned weight;
    void (*happen)(void);
} EVENTS[] = {{24, travel},   {8, accept}, {12, surrender}, {20, import},     {6, cancel},
              {16, take_end}, {14, play},  {3, meet},       {3, settle},      {1, finish},
              {2, sell_more}, {1, forget}, {2, lose_power}, {5, edit_devices}};

static void anything(void) {
    unsigned all = 0, at;
    for (size_t i = 0; i < sizeof EVENTS / sizeof EVENTS[0]; i++)
        all += EVENTS[i].weight;
    at = below(all);
    size_t event = 0;
    for (; at >= EVENTS[event].weight; event++)
        at -= EVENTS[event].weight;
    EVENTS[event].happen();
}

// ---- adding up ---------------------------------------------------------------------------------

static unsigned copies_left(const struct known *known) {
    struct slot slot;
    unsigned most = 0;
    for (size_t i = 0; i < STORES; i++) {
        struct tickets store = fair_store(stores[i]);
        if (slot_find(&store, known->ticket.name, &slot) && slot.state == SLOT_LIVE)
            most += slot.left.copies;
    }
    return most;
}

static void add_up(void) {
    for (size_t i = 0; i < sold && fault == NULL; i++) {
        const struct known *known = &tickets[i];
        struct fair_place place = fair_find(fair->scene, known->ticket.name);
        if (place.copies > 1)
            fault = "two copies of one ticket";
        else if (place.copies == 0 && !known->given_up)
            fault = "a ticket is lost";
        else if (place.plays + known->plays > PLAYS)
            fault = "plays came back";
        else if (copies_left(known) + known->copies > COPIES)
            fault = "copies came back";
    }
    for (size_t i = 0; i < STORES && fault == NULL; i++)
        if (!fair_counts_agree(stores[i]))
            fault = "a card's counts do not agree with its tables";
}

/// Where a ticket is not, no octet of the data tells its key. (A record of the journal that power
/// cut short is gone two commits later: docs/image.md.)
static void look_for_keys(void) {
    const uint32_t from = nvm_data_begin();
    struct slot slot;
    for (size_t i = 0; i < sold * STORES && fault == NULL; i++) {
        struct scene_card *card = stores[i % STORES];
        const struct known *known = &tickets[i / STORES];
        struct tickets store = fair_store(card);
        if (!slot_find(&store, known->ticket.name, &slot) &&
            memmem(card->image + from, card->size - from, known->key, strlen(known->key)) != NULL)
            fault = "a key stayed where its ticket is not";
    }
}

static void begin(uint64_t seed) {
    char holder[HOLDER_MAX + 1];
    fair = fair_open(seed);
    draw = seed * 0x9E3779B97F4A7C15U + 1;
    requests.count = moves.count = ends.count = use_count = sold = 0;
    fault = NULL;
    stores[0] = fair_phone(fair, "ANNA", SLOTS);
    stores[1] = fair_phone(fair, "BERT", SLOTS);
    stores[2] = fair_home(fair, "HOME", SLOTS);
    stores[3] = fair_home(fair, "HUT", SLOTS);
    before = malloc(stores[2]->size > stores[0]->size ? stores[2]->size : stores[0]->size);
    if (before == NULL)
        abort();
    for (unsigned i = 0; i < STRANGERS; i++) {
        snprintf(holder, sizeof holder, "STRANGER%u", i);
        scene_certify(fair->scene, &strangers[i], holder, ROLE_STORE, &fair->scene->purses,
                      SCENE_FROM, SCENE_LONG);
    }
    for (size_t a = 0; a < STORES; a++)
        for (size_t b = 0; b < a; b++)
            fair_befriend(stores[a], stores[b]);
    for (size_t i = 0; i < FIRST_TICKETS; i++)
        sell(i % STORES, true);
}

static void storm(uint64_t seed) {
    begin(seed);
    unsigned step = 0;
    for (; step < STEPS && fault == NULL; step++) {
        anything();
        if (fault == NULL)
            add_up();
        if (fault == NULL && step % 16 == 0)
            look_for_keys();
    }
    if (fault == NULL)
        finish();
    if (fault == NULL)
        add_up();
    if (fault != NULL) {
        fprintf(stderr, "storm %llu, step %u: %s\n", (unsigned long long)seed, step, fault);
        CU_FAIL("the storm did harm");
    }
    free(before);
    fair_close(fair);
}

static void storms(void) {
    const char *asked = getenv("TESSERA_STORM");
    bool full = asked != NULL && strcmp(asked, "full") == 0;
    if (asked != NULL && !full) {
        storm(strtoull(asked, NULL, 10));
        return;
    }
    for (uint64_t seed = 1; seed <= (full ? SEEDS_FULL : SEEDS); seed++)
        storm(seed);
}

static const struct suite_test tests[] = {
    {"no ticket is gained, lost or doubled, whoever shows what to whom", storms, NULL},
};

int main(int argc, char **argv) {
    return suite_main("test-ticket-storm", tests, sizeof tests / sizeof tests[0], argc, argv);
}

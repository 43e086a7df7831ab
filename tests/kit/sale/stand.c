// SPDX-License-Identifier: Apache-2.0
#include "tests/kit/sale/stand.h"

#include "base/files.h"
#include "host/deposit/deposit_private.h"
#include "host/kiosk/kiosk_private.h"
#include "host/vend/vend_private.h"

#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/stat.h>
#include <unistd.h>

enum { UNIT = SCENE_UNIT, TURNS = 12, FILE_MAX = 4096 };

static bool is_dead(const struct stand *stand) {
    return stand->is_dead != NULL && stand->is_dead();
}

static struct scene_card *own_card(const struct stand *stand) {
    return stand->kind == STAND_DEPOSIT ? stand->trio.floater : stand->trio.till;
}

// ---- slots -------------------------------------------------------------------------------------

static struct stand_slot *slot_of(struct link *tap) {
    return (struct stand_slot *)((char *)tap - offsetof(struct stand_slot, tap));
}

static enum link_status tap_transmit(struct link *tap, struct bytes command, uint8_t *answer,
                                     size_t capacity, size_t *answer_size) {
    const struct stand_slot *slot = slot_of(tap);
    if (is_dead(slot->stand))
        return LINK_BROKEN;
    return link_transmit(slot->inner, command, answer, capacity, answer_size);
}

static enum link_status tap_reset(struct link *tap, enum link_reset kind, uint8_t *atr,
                                  size_t capacity, size_t *atr_size) {
    return link_reset(slot_of(tap)->inner, kind, atr, capacity, atr_size);
}

static void tap_close(struct link *tap) {
    struct stand *stand = slot_of(tap)->stand;
    if (slot_of(tap) != &stand->customer || !stand->on_air)
        return;
    if (stand->taps == stand->torn_tap)
        stand->left = stand->reader.radio->field.places[FIELD_CHIPS_MAX + stand->reader.card].at ==
                      FIELD_NOWHERE;
    tap_take_away(&stand->reader);
}

static const struct link_ops tap_ops = {tap_transmit, tap_reset, tap_close};

static bool slot_seek(struct card_slot *slot, unsigned wait_ms) {
    (void)wait_ms;
    return ((struct stand_slot *)slot)->seeks = true;
}

static int slot_descriptor(const struct card_slot *slot) {
    const struct stand_slot *of = (const struct stand_slot *)slot;
    if (!of->seeks)
        return -1;
    return of->here ? of->readable : of->silent;
}

/// The wallet comes once for each tap; the own purse stays.
static bool lay(struct stand *stand, struct stand_slot *slot) {
    if (slot == &stand->own) {
        lossy_mend(&stand->own_link, own_card(stand));
        slot->inner = &stand->own_link.link;
        return true;
    }
    slot->here = false;
    stand->taps++;
    if (!stand->on_air) {
        lossy_mend(&stand->wallet_link, stand->trio.wallet);
        slot->inner = &stand->wallet_link.link;
        return true;
    }
    stand->reader.fault = (struct tap_fault){.leave_after = TAP_NEVER};
    if (stand->taps == stand->torn_tap)
        stand->reader.fault = stand->torn;
    tap_lay_down(&stand->reader);
    slot->inner = stand->reader.link;
    return link_reset(stand->reader.link, LINK_RESET_COLD, NULL, 0, NULL) == LINK_OK;
}

static struct link *slot_take(struct card_slot *slot, unsigned tap_ms, enum link_status *why) {
    struct stand_slot *of = (struct stand_slot *)slot;
    (void)tap_ms;
    of->seeks = false;
    *why = LINK_NO_CARD;
    if (!of->here || is_dead(of->stand))
        return NULL;
    *why = lay(of->stand, of) ? LINK_OK : LINK_BROKEN;
    of->tap = *of->inner;
    of->tap.ops = &tap_ops;
    if (*why == LINK_OK)
        return &of->tap;
    tap_close(&of->tap);
    return NULL;
}

static void slot_stop(struct card_slot *slot) {
    ((struct stand_slot *)slot)->seeks = false;
}

static void slot_close(struct card_slot *slot) {
    struct stand_slot *of = (struct stand_slot *)slot;
    close(of->readable);
    close(of->silent);
}

static void slot_begin(struct stand_slot *slot, struct stand *stand) {
    static const struct card_slot_ops ops = {slot_seek, slot_descriptor, slot_take, slot_stop,
                                             slot_close};
    *slot = (struct stand_slot){.slot = {.ops = &ops}, .stand = stand};
    slot->readable = eventfd(1, EFD_CLOEXEC);
    slot->silent = eventfd(0, EFD_CLOEXEC);
}

// ---- begin and end -----------------------------------------------------------------------------

void stand_begin(struct stand *stand, enum stand_kind kind, bool on_air) {
    struct scene_profile person = trio_wallet_profile();
    stand_begin_with(stand, kind, on_air, &person);
}

void stand_begin_with(struct stand *stand, enum stand_kind kind, bool on_air,
                      const struct scene_profile *wallet) {
    *stand = (struct stand){.kind = kind, .on_air = on_air};
    stand->trio = trio_begin(wallet, NULL, NULL);
    stand->before = scene_balance(stand->trio.wallet, UNIT);
    stand->fresh = scene_save(stand->trio.scene);
    test_directory_make(stand->directory);
    snprintf(stand->state, sizeof stand->state, "%s/state", stand->directory);
    snprintf(stand->goods, sizeof stand->goods, "%s/goods", stand->directory);
    slot_begin(&stand->own, stand);
    slot_begin(&stand->customer, stand);
    stand->own.here = true;
    lossy_disarm(&stand->plan);
    lossy_over(&stand->own_link, own_card(stand), CARD_CONTACT, &stand->plan);
    if (on_air)
        tap_reader_begin(&stand->reader, stand->trio.wallet);
    else
        lossy_over(&stand->wallet_link, stand->trio.wallet, CARD_CONTACTLESS, &stand->plan);
}

void stand_end(struct stand *stand) {
    stand_stop(stand);
    card_slot_close(&stand->own.slot);
    card_slot_close(&stand->customer.slot);
    link_close(&stand->own_link.link);
    if (stand->on_air)
        tap_reader_end(&stand->reader);
    else
        link_close(&stand->wallet_link.link);
    scene_forget(&stand->fresh);
    trio_end(&stand->trio);
    test_directory_remove(stand->directory);
}

void stand_afresh(struct stand *stand) {
    stand_stop(stand);
    scene_restore(stand->trio.scene, &stand->fresh);
    test_directory_remove(stand->state);
    lossy_disarm(&stand->plan);
    stand->customer.here = false;
    stand->taps = 0;
    stand->torn_tap = 0;
}

// ---- the program -------------------------------------------------------------------------------

static struct machine *machine_of(const struct stand *stand) {
    if (stand->vend != NULL)
        return vend_machine(stand->vend);
    return stand->deposit != NULL ? deposit_machine(stand->deposit) : NULL;
}

static bool start_kiosk(struct stand *stand, struct failure *failure) {
    const struct kiosk_options options = {.state = stand->state,
                                          .till = &stand->own.slot,
                                          .customer = &stand->customer.slot,
                                          .crypto = stand->trio.scene->crypto,
                                          .clock = &clock_system};
    stand->kiosk = kiosk_open(&options, failure);
    return stand->kiosk != NULL;
}

static bool write_goods(const struct stand *stand) {
    char text[96];
    snprintf(text, sizeof text, "goods TEA %llu \"Tea\" \"Tea\"\n",
             (unsigned long long)stand->amount);
    FILE *out = fopen(stand->goods, "w");
    bool done = out != NULL && fputs(text, out) >= 0;
    return out != NULL && fclose(out) == 0 && done;
}

static bool start_machine(struct stand *stand, struct failure *failure) {
    const struct machine_options options = {.state = stand->state,
                                            .own = &stand->own.slot,
                                            .customers = {&stand->customer.slot},
                                            .crypto = stand->trio.scene->crypto,
                                            .clock = &clock_system};
    const struct vend_options goods = {.goods = stand->goods};
    if (stand->kind == STAND_DEPOSIT)
        stand->deposit = deposit_open(&options, failure);
    else if (write_goods(stand))
        stand->vend = vend_open(&options, &goods, failure);
    return machine_of(stand) != NULL;
}

bool stand_start(struct stand *stand) {
    struct failure failure = {0};
    return stand->kind == STAND_KIOSK ? start_kiosk(stand, &failure)
                                      : start_machine(stand, &failure);
}

void stand_stop(struct stand *stand) {
    kiosk_close(stand->kiosk);
    deposit_close(stand->deposit);
    vend_close(stand->vend);
    stand->kiosk = NULL;
    stand->deposit = NULL;
    stand->vend = NULL;
}

// ---- who stands there --------------------------------------------------------------------------

void stand_order(struct stand *stand) {
    struct failure failure = {0};
    json_t *ask = json_pack("{s:s, s:I, s:s, s:s}", "do", "pay", "amount",
                            (json_int_t)stand->amount, "ref", "R1", "item", "TEA");
    if (stand->kind == STAND_KIOSK)
        kiosk_command(stand->kiosk, ask, -1);
    else if (stand->kind == STAND_VEND)
        (void)machine_take_command(machine_of(stand), "buy", ask, -1, &failure);
    else
        machine_take_act(machine_of(stand), "begin", ask);
    json_decref(ask);
}

static void act(const struct stand *stand, const char *word, const char *field, uint64_t value) {
    json_t *json = json_pack("{s:s, s:I}", "do", word, field, (json_int_t)value);
    machine_take_act(machine_of(stand), word, json);
    json_decref(json);
}

/// The amount, and the cash in two pieces where it can be halved.
static void put_cash(const struct stand *stand) {
    act(stand, "amount", "amount", stand->amount);
    uint64_t half = stand->cash / 2;
    if (half > 0)
        act(stand, "put", "value", half);
    if (stand->cash > half)
        act(stand, "put", "value", stand->cash - half);
    act(stand, "enough", "value", 0);
}

bool stand_waits(const struct stand *stand) {
    if (stand->kiosk != NULL)
        return stand->kiosk->phase == KIOSK_TAP;
    return machine_of(stand)->seeks;
}

/// A moment that the machine lets pass before it looks again has passed.
static void hurry(const struct stand *stand) {
    int64_t *at = stand->kiosk != NULL ? &stand->kiosk->seek_ms : &machine_of(stand)->seek_ms;
    if (*at != 0)
        *at = 1;
}

static void turn(const struct stand *stand) {
    struct failure failure;
    if (stand->kiosk != NULL)
        (void)kiosk_turn(stand->kiosk, -1, 0, &failure);
    else
        (void)machine_turn(machine_of(stand), -1, 0, &failure);
}

static void tap(struct stand *stand) {
    stand->customer.here = true;
    for (unsigned i = 0; i < TURNS && stand->customer.here; i++) {
        hurry(stand);
        turn(stand);
    }
    stand->customer.here = false;
    stand->say = stand_says(stand);
}

static bool wants_cash(const struct stand *stand) {
    return stand->deposit != NULL && stand->deposit->stage == DEPOSIT_AMOUNT;
}

unsigned stand_serve(struct stand *stand, unsigned taps) {
    unsigned before = stand->taps;
    while (!is_dead(stand)) {
        if (wants_cash(stand))
            put_cash(stand);
        else if (stand_waits(stand) && stand->taps - before < taps)
            tap(stand);
        else
            break;
    }
    return stand->taps - before;
}

void stand_tire(struct stand *stand) {
    int64_t *at = stand->kiosk != NULL ? &stand->kiosk->give_up_ms : &machine_of(stand)->give_up_ms;
    *at = 1;
    turn(stand);
}

bool stand_meet_late(struct stand *stand) {
    struct flow flow;
    bool deposit = stand->kind == STAND_DEPOSIT;
    struct purse_client *own = calloc(2, sizeof *own), *wallet = own + 1;
    if (own == NULL)
        abort();
    lossy_mend(&stand->own_link, own_card(stand));
    lossy_mend(&stand->wallet_link, stand->trio.wallet);
    client_over(own, &stand->own_link.link);
    client_over(wallet, &stand->wallet_link.link);
    flow_over(&flow, deposit ? own : wallet, deposit ? wallet : own, wallet);
    recovery_run(&flow);
    free(own);
    return flow.status == FLOW_DONE;
}

// ---- what is there -----------------------------------------------------------------------------

const char *stand_says(const struct stand *stand) {
    return stand->kiosk != NULL ? stand->kiosk->say : machine_of(stand)->say;
}

static bool take_state(void *context, const struct sale_record *record) {
    *(enum sale_state *)context = record->state;
    return true;
}

enum sale_state stand_state(const struct stand *stand) {
    enum sale_state state = 0;
    struct sale_store *store =
        stand->kiosk != NULL ? stand->kiosk->store : machine_of(stand)->store;
    return sale_store_each(store, true, take_state, &state) ? state : SALE_STATE_COUNT;
}

uint64_t stand_balance(struct stand *stand) {
    scene_power(stand->trio.wallet); // it may have been taken away
    return scene_balance(stand->trio.wallet, UNIT);
}

bool stand_moved(struct stand *stand) {
    uint64_t now = stand_balance(stand);
    return stand->kind == STAND_DEPOSIT ? now == stand->before + stand->amount
                                        : now + stand->amount == stand->before;
}

uint64_t stand_number(const struct stand *stand, const char *file, const char *field) {
    char path[sizeof stand->state + 16];
    uint8_t text[FILE_MAX];
    size_t size = 0;
    snprintf(path, sizeof path, "%s/%s", stand->state, file);
    if (!files_read(path, text, sizeof text, &size))
        return 0;
    json_t *json = json_loadb((const char *)text, size, 0, NULL);
    json_int_t number = json_integer_value(json_object_get(json, field));
    json_decref(json);
    return (uint64_t)number;
}

unsigned stand_receipts(const struct stand *stand) {
    char path[sizeof stand->state + 16];
    unsigned count = 0;
    snprintf(path, sizeof path, "%s/receipts", stand->state);
    DIR *entries = opendir(path);
    for (struct dirent *entry; entries != NULL && (entry = readdir(entries)) != NULL;) {
        const char *end = strrchr(entry->d_name, '.');
        count += end != NULL && strcmp(end, ".json") == 0;
    }
    if (entries != NULL)
        closedir(entries);
    return count;
}

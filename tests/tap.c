// SPDX-License-Identifier: Apache-2.0
#include "tests/tap.h"

#include <stdlib.h>
#include <string.h>

#include "readers/emu.h"

// ---- the wallet on the air --------------------------------------------------------------------

static void arm(struct world_card *card, const struct tap_fault *fault) {
    memory_port_power(&card->port);
    if (fault->cut == card)
        memory_port_cut(&card->port, fault->write, fault->octets);
}

static void power(void *context, bool on) {
    struct tap *tap = context;
    struct world_card *wallet = tap->trio.wallet;
    card_power_off(wallet->card);
    if (!on) {
        tap->wallet_writes = wallet->port.writes;
        return;
    }
    arm(wallet, &tap->fault);
    (void)card_power_on(wallet->card, &wallet->ports);
}

static size_t transmit(void *context, struct bytes command, uint8_t *answer, size_t capacity) {
    struct tap *tap = context;
    struct world_card *wallet = tap->trio.wallet;
    if (wallet->port.off)
        return 0;
    size_t size = card_transmit(wallet->card, CARD_CONTACTLESS, command, answer, capacity);
    return wallet->port.off ? 0 : size;
}

// ---- world ------------------------------------------------------------------------------------

static struct link *slot(struct world_card *card) {
    return emu_link_over(card->card, &card->ports, CARD_CONTACT, &card->port.off);
}

struct tap *tap_new(void) {
    struct tap *tap = calloc(1, sizeof *tap);
    if (tap == NULL)
        abort();
    tap->trio = trio_begin(NULL, NULL, NULL);
    tap->fault = (struct tap_fault){.leave_after = TAP_NEVER};
    sale_memory_init(&tap->sale);
    tap->radio = radio_new(1);
    tap->radio->limit_ns = UINT64_C(3000000000);
    tap->chip = radio_chip(tap->radio, "kiosk");
    struct field_app app = {tap, power, transmit};
    tap->card = field_add_card(&tap->radio->field, "wallet", &app);
    tap->air = radio_link(tap->radio, tap->chip);
    tap->till = slot(tap->trio.till);
    tap->floater = slot(tap->trio.floater);
    return tap;
}

void tap_free(struct tap *tap) {
    link_close(tap->air);
    link_close(tap->till);
    link_close(tap->floater);
    radio_free(tap->radio);
    world_power(tap->trio.wallet); // the audit reads cards that are on
    trio_end(&tap->trio);
    free(tap);
}

// ---- one tap ----------------------------------------------------------------------------------

static void lay_down(struct tap *tap, const struct tap_fault *fault) {
    struct rf_field *field = &tap->radio->field;
    field_place_card(field, tap->card, (int)tap->chip);
    field->cards[tap->card].leaving = fault->leave_after != TAP_NEVER ? LEAVE_OCTETS : LEAVE_NEVER;
    field->cards[tap->card].leave_after = fault->leave_after;
    tap->air_octets = (size_t)field->octets;
}

static void take_away(struct tap *tap) {
    struct rf_field *field = &tap->radio->field;
    field_place_card(field, tap->card, FIELD_NOWHERE);
    tap->air_octets = (size_t)field->octets - tap->air_octets;
}

static void start_machine(struct tap *tap, struct world_card *card, struct link *link) {
    arm(card, &tap->fault);
    (void)link_reset(link, LINK_RESET_COLD, NULL, 0, NULL);
}

static void run(struct flow *flow, bool deposit, uint64_t amount, const char *reference) {
    flow->terms.amount = amount;
    flow->terms.unit = WORLD_UNIT;
    if (amount == 0) {
        recovery_run(flow);
        return;
    }
    purse_terms_refer(&flow->terms, deposit ? REFERENCE_DEPOSIT : REFERENCE_GOODS, reference);
    if (deposit)
        deposit_run(flow);
    else
        payment_run(flow);
}

enum flow_status tap_run(struct tap *tap, bool deposit, uint64_t amount, const char *reference) {
    static struct purse_client wallet, machine;
    struct flow flow;
    struct link *slot_link = deposit ? tap->floater : tap->till;
    lay_down(tap, &tap->fault);
    start_machine(tap, deposit ? tap->trio.floater : tap->trio.till, slot_link);
    enum link_status found = link_reset(tap->air, LINK_RESET_COLD, NULL, 0, NULL);
    client_over(&wallet, tap->air);
    client_over(&machine, slot_link);
    flow_over(&flow, deposit ? &machine : &wallet, deposit ? &wallet : &machine, &wallet);
    flow.journal = &tap->sale.journal;
    if (found != LINK_OK)
        flow.status = FLOW_ABSENT;
    else
        run(&flow, deposit, amount, reference);
    tap->apdus = wallet.count.apdus;
    tap->apdu_octets = wallet.count.octets;
    take_away(tap);
    return flow.status;
}

enum flow_status tap_again(struct tap *tap, bool deposit, uint64_t amount, const char *reference) {
    struct tap_fault fault = tap->fault;
    tap->fault = (struct tap_fault){.leave_after = TAP_NEVER};
    enum flow_status status = tap_run(tap, deposit, amount, reference);
    tap->fault = fault;
    return status;
}

// SPDX-License-Identifier: Apache-2.0
// Images that somebody made on purpose: every checksum is right and the content is not. Whatever
// stands in a card's memory, every command is answered and no octet outside of it is touched (the
// sanitizers watch).
#include "card/applets/isd/isd.h"
#include "card/applets/piv/piv.h"
#include "card/applets/purse/state/layout.h"
#include "card/os/context.h"
#include "tests/kit/scene/scene.h"
#include "tests/kit/scene/trio.h"
#include "tests/kit/suite.h"

#include <string.h>

static void ask_raw(struct scene_card *card, struct bytes command) {
    uint8_t answer[CARD_ANSWER_MAX + 2];
    size_t size = card_transmit(card->card, CARD_CONTACT, command, answer, sizeof answer);
    CU_ASSERT(size >= 2 && size <= sizeof answer);
}

static void ask(struct scene_card *card, enum purse_command id, uint16_t p1p2, struct bytes data) {
    const struct catalogue_command *row = &purse_commands[id];
    uint8_t wire[300] = {row->cla, row->ins, (uint8_t)(row->p1 | p1p2 >> 8),
                         (uint8_t)(row->p2 | p1p2)};
    size_t size = 4;
    if (data.size > 0) {
        wire[size++] = (uint8_t)data.size;
        memcpy(wire + size, data.data, data.size);
        size += data.size;
    }
    wire[size++] = 0; // Le
    ask_raw(card, bytes_of(wire, size));
}

/// Everything a stranger may ask.
static void ask_everything(struct scene_card *card, const struct scene_payment *old) {
    static const uint16_t DATA[] = {
        PURSE_DATA_POCKETS,    PURSE_DATA_COUNTERS, PURSE_DATA_WINDOW,
        PURSE_DATA_TIME,       PURSE_DATA_LIMITS,   PURSE_DATA_IDENTITY,
        PURSE_DATA_UNRATIFIED, PURSE_DATA_PEERS,    PURSE_DATA_CERTIFICATE};
    static const uint8_t range[] = {0xDF, 0x20, 0x01, 0x01, 0xDF, 0x21, 0x01, 0x02};
    ask_raw(card, bytes_of("\x00\xA4\x04\x00\x00", 5));
    ask_raw(card, bytes_of("\x80\xCA\x00\xE0\x00", 5));
    ask_raw(card, bytes_of("\x80\x50\x00\x00\x08HOSTHOST\x00", 14));
    struct card_call call = scene_call(card);
    scene_send_select(card, bytes_of(call.instance->aid, call.instance->aid_size));
    ask_raw(card, bytes_of("\x00\x20\x00\x80\x04"
                           "1234",
                           9));
    for (size_t i = 0; i < sizeof DATA / sizeof DATA[0]; i++)
        ask(card, COMMAND_PURSE_GET_DATA, DATA[i], (struct bytes){0});
    for (uint16_t slot = 0; slot < 3; slot++)
        ask(card, COMMAND_PURSE_GET_LOG, slot, (struct bytes){0});
    ask(card, COMMAND_PURSE_BATCH, 0, BYTES_OF(range));
    ask(card, COMMAND_PURSE_CREDIT, 0, scene_bytes(&old->log));
    ask(card, COMMAND_PURSE_DEBIT, 0, scene_bytes(&old->request));
    ask(card, COMMAND_PURSE_RATIFY, 0, scene_bytes(&old->receipt));
    ask(card, COMMAND_PURSE_TAKE_VOID, 0, scene_bytes(&old->receipt));
}

static bool plant(struct scene_card *card, uint32_t at, uint8_t octet) {
    struct nvm *nvm = &card->card->nvm;
    nvm_begin(nvm);
    nvm_stage(nvm, at, &octet, 1);
    return nvm_commit(nvm);
}

static struct scene *meet(struct scene_card **wallet, struct scene_card **till,
                          struct scene_payment *payment) {
    struct scene *scene = scene_open(4711);
    struct scene_profile person = trio_wallet_profile(), machine = trio_machine_profile();
    *wallet = scene_add(scene, "WALLET1", ROLE_WALLET, &person);
    *till = scene_add(scene, "TILL1", ROLE_TILL, &machine);
    CU_ASSERT_EQUAL_FATAL(scene_issue(*wallet, 5000), SW_OK);
    CU_ASSERT_EQUAL_FATAL(scene_pay(*wallet, *till, 10, "first"), SW_OK);
    *payment = scene_payment(*wallet, *till, 7, "second");
    CU_ASSERT_EQUAL_FATAL(scene_step_request(payment), SW_OK);
    CU_ASSERT_EQUAL_FATAL(scene_step_debit(payment), SW_OK);
    CU_ASSERT_EQUAL_FATAL(scene_step_credit(payment), SW_OK);
    return scene;
}

/// Octets become FF, one at a time, in steps over the memory of one purse.
static void sweep(bool of_till, uint32_t begin, uint32_t end, uint32_t step) {
    struct scene_card *wallet, *till;
    struct scene_payment payment;
    struct scene *scene = meet(&wallet, &till, &payment);
    struct scene_snapshot snapshot = scene_save(scene);
    struct scene_card *card = of_till ? till : wallet;
    struct card_call call = scene_call(card);
    uint32_t base = call.instance->base;
    if (end > call.instance->size)
        end = call.instance->size;
    for (uint32_t at = begin; at < end; at += step) {
        CU_ASSERT_FATAL(plant(card, base + at, 0xFF));
        scene_power(card);
        ask_everything(card, &payment);
        scene_restore(scene, &snapshot);
    }
    scene_forget(&snapshot);
    scene_close(scene);
}

static void wallets_with_wild_numbers(void) {
    sweep(false, 0, TABLES_AT, 5);
}

static void wallets_with_wild_tables(void) {
    sweep(false, TABLES_AT, UINT32_MAX, 13);
}

static void tills_with_wild_numbers(void) {
    sweep(true, 0, UINT32_MAX, 401);
}

int main(int argc, char **argv) {
    static const struct suite_test tests[] = {
        {"a wallet with wild numbers answers", wallets_with_wild_numbers, NULL},
        {"a wallet with wild tables answers", wallets_with_wild_tables, NULL},
        {"a till with wild memory answers", tills_with_wild_numbers, NULL},
    };
    return suite_main("test-hostile", tests, sizeof tests / sizeof *tests, argc, argv);
}

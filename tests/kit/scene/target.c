// SPDX-License-Identifier: Apache-2.0
#include "tests/kit/scene/target.h"

#include "apdu/command/perso_ndef.h"
#include "apdu/command/perso_piv.h"
#include "card/applets/piv/piv.h"
#include "card/os/context.h"

static struct look before;

struct look target_before(void) {
    return before;
}

static const uint8_t message[] = {0xD1, 0x01, 0x04, 0x55, 0x04, 'a', '.', 'b'};

struct issuer *target_blank(void) {
    return issuer_at(scene_bare(scene_open(31), "CARD", ROLE_WALLET));
}

void target_end(struct issuer *host) {
    struct scene *scene = host->card->scene;
    CU_ASSERT_EQUAL(host->undocumented, 0);
    issuer_leave(host);
    scene_close(scene);
}

void target_remember(struct issuer *host) {
    look_at_card(host, &before);
}

void target_unchanged(struct issuer *host) {
    struct look now;
    look_at_card(host, &now);
    CU_ASSERT_STRING_EQUAL(look_part_name(look_difference(&before, &now)), "nothing");
}

struct issuer *target_with_ndef(void) {
    struct issuer *host = target_blank();
    OPEN();
    SW(issuer_install(host, "ndef", (struct bytes){0}), SW_OK);
    SW(issuer_store(host, "ndef", PERSO_NDEF_DGI_MESSAGE, BYTES_OF(message)), SW_OK);
    target_remember(host);
    return host;
}

struct issuer *target_with_piv(void) {
    static const uint8_t references[] = {0x9A, 0x9C, 0x9D, 0x9E};
    struct issuer *host = target_blank();
    OPEN();
    SW(issuer_install(host, "piv", (struct bytes){0}), SW_OK);
    SW(issuer_store(host, "piv", PERSO_PIV_DGI_PIN, bytes_of_string("123456")), SW_OK);
    SW(issuer_store(host, "piv", PERSO_PIV_DGI_PUK, bytes_of_string("87654321")), SW_OK);
    SW(issuer_store(host, "piv", PERSO_PIV_DGI_MANAGEMENT_KEY, issuer_manager()), SW_OK);
    SW(issuer_prove(host), SW_OK);
    for (size_t i = 0; i < sizeof references; i++)
        SW(issuer_generate(host, references[i], PIV_P256), SW_OK);
    SW(issuer_put_object(host, 0x5FC102, 1, 59), SW_OK);
    SW(issuer_put_object(host, 0x5FC105, 2, 300), SW_OK);
    SW(issuer_put_object(host, 0x5FC101, 3, 300), SW_OK);
    SW(issuer_put_object(host, 0x5FC109, 4, 60), SW_OK);
    target_remember(host);
    return host;
}

void target_set_state(struct issuer *host, enum card_life_cycle state) {
    struct card *card = host->card->card;
    struct card_call call = card_call_to(card, CARD_CONTACT, CARD_DEFAULT_INSTANCE);
    nvm_begin(&card->nvm);
    card_set_life_cycle(&call, state);
    CU_ASSERT(nvm_commit(&card->nvm));
    card->directory_changed = false;
}

uint16_t target_transmit(struct issuer *host, struct bytes command) {
    uint8_t answer[APDU_SHORT_LE_MAX + 2];
    size_t size = 0;
    link_transmit(&host->link, command, answer, sizeof answer, &size);
    return host->card->sw;
}

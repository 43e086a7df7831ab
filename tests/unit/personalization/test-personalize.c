// SPDX-License-Identifier: Apache-2.0
// Purses made of blank cards, at the factory and through SCP03, by one procedure.
#include "apdu/command/perso.h"
#include "apdu/command/perso_card.h"
#include "apdu/octets/status.h"
#include "card/applets.h"
#include "card/os/context.h"
#include "card/port/memory.h"
#include "personalization/authority/hierarchy.h"
#include "personalization/cards/factory.h"
#include "readers/link/emu.h"
#include "tests/kit/suite.h"

#include <stdlib.h>
#include <string.h>

enum { TODAY = 20260401 };

struct station {
    uint8_t image[NVM_IMAGE_SIZE_LARGE];
    struct memory_port port;
    struct crypto *crypto;
    struct card_ports ports;
    struct card card;
    struct hierarchy hierarchy;
    struct factory_hierarchy source;
    struct factory_authority authority;
    struct scp03_keys initial, own;
};

static bool keys_of(void *context, const struct gp_card *card, struct scp03_keys *keys,
                    const char **reason) {
    (void)card, (void)reason;
    *keys = *(const struct scp03_keys *)context;
    return true;
}

static struct station *station_new(void) {
    static const uint8_t serial[8] = {9, 8, 7};
    struct station *station = calloc(1, sizeof *station);
    memory_port_open(&station->port, station->image, sizeof station->image);
    station->crypto = crypto_openssl_new();
    station->ports = (struct card_ports){&station->port.nvm, station->crypto, .rom = &standard_rom};
    CU_ASSERT_EQUAL_FATAL(card_format(&station->ports, serial), CARD_OK);
    CU_ASSERT_EQUAL_FATAL(card_power_on(&station->card, &station->ports), CARD_OK);
    CU_ASSERT_FATAL(hierarchy_make(&station->hierarchy, station->crypto, REALM_LAB, "", TODAY));
    station->source = (struct factory_hierarchy){&station->hierarchy, TODAY};
    station->authority = factory_from_hierarchy(&station->source);
    station->initial.size = station->own.size = 16;
    for (uint8_t i = 0; i < 16; i++) {
        station->initial.enc[i] = station->initial.mac[i] = station->initial.dek[i] =
            (uint8_t)(0x40 + i);
        station->own.enc[i] = i;
        station->own.mac[i] = (uint8_t)(0x80 + i);
        station->own.dek[i] = (uint8_t)(0xC0 + i);
    }
    return station;
}

static void station_free(struct station *station) {
    hierarchy_erase(&station->hierarchy);
    crypto_openssl_free(station->crypto);
    free(station);
}

static bool personalize(struct station *station, enum card_interface interface, uint16_t roles,
                        const struct factory_channel *channel) {
    struct failure failure = {0};
    struct factory_order order = factory_order_for("card-1", roles);
    order.pin = "2468";
    struct link *link = emu_link_over(&station->card, &station->ports, interface, NULL);
    bool done =
        factory_personalize(link, &order, &station->authority, channel, station->crypto, &failure);
    if (!done)
        fprintf(stderr, "%s\n", failure.text);
    link_close(link);
    return done;
}

static enum gp_status open_with(struct station *station, struct scp03_keys *keys) {
    struct gp_session session;
    struct bytes by_default = {NULL, 0};
    struct link *link = emu_link_over(&station->card, &station->ports, CARD_CONTACT, NULL);
    enum gp_status status =
        gp_open(&session, link, station->crypto, by_default, 0, 0x33, keys_of, keys);
    link_close(link);
    return status;
}

static uint16_t select_purse(struct station *station) {
    static const uint8_t aid[] = AID_PURSE;
    uint8_t command[5 + sizeof aid] = {0x00, 0xA4, 0x04, 0x00, sizeof aid}, answer[258];
    memcpy(command + 5, aid, sizeof aid);
    size_t size =
        card_transmit(&station->card, CARD_CONTACT, BYTES_OF(command), answer, sizeof answer);
    return (uint16_t)bytes_get_be(answer + size - 2, 2);
}

static void factory_makes_purses(void) {
    static const uint16_t roles[] = {ROLE_WALLET, ROLE_WALLET | ROLE_STORE, ROLE_TILL, ROLE_FLOAT};
    for (size_t i = 0; i < sizeof roles / sizeof roles[0]; i++) {
        struct station *station = station_new();
        CU_ASSERT(personalize(station, CARD_INTERNAL, roles[i], NULL));
        CU_ASSERT_EQUAL(select_purse(station), SW_OK);
        CU_ASSERT_EQUAL(open_with(station, &station->initial), GP_WRONG_KEYS);
        CU_ASSERT_EQUAL(station->card.life_cycle, CARD_SECURED);
        station_free(station);
    }
}

static void channel_makes_purses(void) {
    struct station *station = station_new();
    struct factory_channel channel = {.keys = keys_of,
                                      .context = &station->initial,
                                      .new_keys = &station->own,
                                      .new_version = 0x30};
    CU_ASSERT(personalize(station, CARD_CONTACT, ROLE_TILL, &channel));
    CU_ASSERT_EQUAL(select_purse(station), SW_OK);
    CU_ASSERT_EQUAL(open_with(station, &station->initial), GP_WRONG_KEYS);
    CU_ASSERT_EQUAL(open_with(station, &station->own), GP_OK);
    CU_ASSERT_EQUAL(station->card.life_cycle, CARD_SECURED);
    station_free(station);
}

static void published_keys_do_not_finish(void) {
    struct station *station = station_new();
    struct factory_channel channel = {.keys = keys_of, .context = &station->initial};
    CU_ASSERT_FALSE(personalize(station, CARD_CONTACT, ROLE_WALLET, &channel));
    CU_ASSERT_NOT_EQUAL(station->card.life_cycle, CARD_SECURED);
    station_free(station);
}

static void factory_is_closed_over_the_air_and_after_use(void) {
    struct station *station = station_new();
    CU_ASSERT_FALSE(personalize(station, CARD_CONTACTLESS, ROLE_WALLET, NULL));
    CU_ASSERT(personalize(station, CARD_INTERNAL, ROLE_WALLET, NULL));
    CU_ASSERT_FALSE(personalize(station, CARD_INTERNAL, ROLE_WALLET, NULL));
    station_free(station);
}

/// What a pipe said to be absent stands in the card's own list, under the channel's MAC.
static void what_nobody_made_is_found(void) {
    static const uint8_t tag[] = {0xD2, 0x76, 0x00, 0x00, 0x85, 0x01, 0x01};
    struct station *station = station_new();
    struct gp_session session;
    struct bytes empty = {NULL, 0};
    struct factory_channel channel = {
        .keys = keys_of, .context = &station->initial, .new_keys = &station->own, .new_version = 1};
    struct link *link = emu_link_over(&station->card, &station->ports, CARD_CONTACT, NULL);
    CU_ASSERT_EQUAL(
        gp_open(&session, link, station->crypto, empty, 0, 0x33, keys_of, &station->initial),
        GP_OK);
    CU_ASSERT_EQUAL(gp_install(&session, BYTES_OF(tag), BYTES_OF(tag), empty), GP_OK);
    link_close(link);
    CU_ASSERT_FALSE(personalize(station, CARD_CONTACT, ROLE_WALLET, &channel));
    CU_ASSERT_EQUAL(open_with(station, &station->initial), GP_OK); // it is nobody's yet
    CU_ASSERT_NOT_EQUAL(station->card.life_cycle, CARD_SECURED);
    station_free(station);
}

// DELETE leaves no octet of the old instance behind: its keys are gone.
static void delete_destroys_keys(void) {
    static const uint8_t aid[] = AID_PURSE;
    struct station *station = station_new();
    struct gp_session session;
    struct bytes by_default = {NULL, 0};
    struct factory_channel channel = {
        .keys = keys_of, .context = &station->initial, .new_keys = &station->own, .new_version = 1};
    CU_ASSERT(personalize(station, CARD_CONTACT, ROLE_WALLET, &channel));
    size_t index = directory_find(&station->card, BYTES_OF(aid));
    CU_ASSERT_FATAL(index < CARD_INSTANCES_MAX);
    uint32_t base = station->card.instances[index].base, size = station->card.instances[index].size;
    struct link *link = emu_link_over(&station->card, &station->ports, CARD_CONTACT, NULL);
    CU_ASSERT_EQUAL(
        gp_open(&session, link, station->crypto, by_default, 0, 0x33, keys_of, &station->own),
        GP_OK);
    CU_ASSERT_EQUAL(gp_delete(&session, BYTES_OF(aid)), GP_OK);
    size_t left = 0;
    for (uint32_t i = 0; i < size; i++)
        left += station->image[base + i] != 0;
    CU_ASSERT_EQUAL(left, 0);
    link_close(link);
    station_free(station);
}

int main(int argc, char **argv) {
    static const struct suite_test tests[] = {
        {"the factory makes purses of every role", factory_makes_purses, NULL},
        {"a channel makes purses over contacts", channel_makes_purses, NULL},
        {"nothing is finished under the published keys", published_keys_do_not_finish, NULL},
        {"the factory is closed over the air and after use",
         factory_is_closed_over_the_air_and_after_use, NULL},
        {"what nobody made is found on the card", what_nobody_made_is_found, NULL},
        {"DELETE destroys keys", delete_destroys_keys, NULL},
    };
    return suite_main("test-personalize", tests, sizeof tests / sizeof tests[0], argc, argv);
}

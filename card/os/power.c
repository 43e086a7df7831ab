// SPDX-License-Identifier: Apache-2.0
// A card's life between power-on and power-off, the making of a fresh one, and what tools ask about
// it. Contract: card.h.
#include <string.h>

#include "base/must.h"
#include "card/os/context.h"

size_t card_context_size(void) {
    return sizeof(struct card);
}

static enum card_status status_of(enum nvm_status status) {
    static const enum card_status of_nvm[] = {[NVM_OK] = CARD_OK,
                                              [NVM_FOREIGN] = CARD_FOREIGN_IMAGE,
                                              [NVM_NEWER] = CARD_NEWER_IMAGE,
                                              [NVM_OLDER] = CARD_OLDER_IMAGE,
                                              [NVM_DAMAGED] = CARD_DAMAGED_IMAGE,
                                              [NVM_PORT_FAILED] = CARD_NVM_FAILED};
    must_cover(of_nvm, NVM_STATUS_COUNT);
    return of_nvm[status];
}

/// ISO/IEC 14443-3: a random 4-octet UID begins with 08.
static bool draw_uid(struct card *card) {
    const struct crypto *crypto = card->ports.crypto;
    card->uid[0] = 0x08;
    return crypto->ops->random(crypto, card->uid + 1, sizeof card->uid - 1);
}

enum card_status card_power_on(struct card *card, const struct card_ports *ports) {
    memset(card, 0, sizeof *card);
    card->ports = *ports;
    enum nvm_status status = nvm_open(&card->nvm, ports->nvm);
    if (status != NVM_OK)
        return status_of(status);
    if (!directory_load(card))
        return card->nvm.dead ? CARD_NVM_FAILED : CARD_DAMAGED_IMAGE;
    if (!draw_uid(card))
        return CARD_NVM_FAILED;
    card->powered = true;
    return CARD_OK;
}

void card_power_off(struct card *card) {
    bytes_erase(card, sizeof *card);
}

void card_reset(struct card *card) {
    if (!card->powered)
        return;
    select_none(card, card->interface);
    bytes_erase(card->on_reset, sizeof card->on_reset);
    bytes_erase(card->command, sizeof card->command);
    bytes_erase(card->answer, sizeof card->answer);
    card->chain = (struct card_chain){0};
    card->waiting = (struct card_waiting){0};
    card->interface = CARD_CONTACT;
    if (card->nvm.halted)
        directory_reload(card);
    card->nvm.halted = false;
    if (!draw_uid(card))
        card->nvm.dead = true;
}

size_t card_atr(enum card_interface interface, uint8_t atr[CARD_ATR_MAX]) {
    // contacts: T=1 alone, 254 octets a block; over the air what every reader makes of an ATS
    static const uint8_t contact[] = {0x3B, 0x8D, 0x81, 0x31, 0xFE, 0x45};
    static const uint8_t contactless[] = {0x3B, 0x8D, 0x80, 0x01};
    // in compact TLV: selection by full and partial name, chaining, extended lengths; the maker
    static const uint8_t historical[] = {0x80, 0x73, 0xC0, 0x01, 0xC0, 0x67, 'T',
                                         'e',  's',  's',  'e',  'r',  'a'};
    bool air = interface == CARD_CONTACTLESS;
    size_t size = air ? sizeof contactless : sizeof contact;
    uint8_t check = 0;
    memcpy(atr, air ? contactless : contact, size);
    memcpy(atr + size, historical, sizeof historical);
    size += sizeof historical;
    for (size_t i = 1; i < size; i++)
        check ^= atr[i];
    atr[size] = check;
    return size + 1;
}

// ---- images ------------------------------------------------------------------------------------

enum card_status card_format(const struct card_ports *ports, const uint8_t serial[8]) {
    struct nvm nvm;
    enum nvm_status status = nvm_format(ports->nvm);
    if (status == NVM_OK)
        status = nvm_open(&nvm, ports->nvm);
    if (status == NVM_OK && !directory_format(&nvm, ports->rom, serial))
        status = NVM_PORT_FAILED;
    return status_of(status);
}

enum card_status card_check(const struct card_ports *ports) {
    enum nvm_status status = nvm_check(ports->nvm);
    if (status == NVM_OK && !directory_check(ports))
        return CARD_DAMAGED_IMAGE;
    return status_of(status);
}

void card_report(struct card *card, struct card_report *report) {
    memset(report, 0, sizeof *report);
    if (!card->powered)
        return;
    report->life_cycle = card->life_cycle;
    memcpy(report->serial, card->serial, sizeof report->serial);
    report->nvm_size = nvm_data_end(&card->nvm);
    report->nvm_used = directory_used(card);
    report->commits = card->nvm.sequence;
    for (size_t i = 0; i < CARD_INSTANCES_MAX; i++) {
        const struct applet_instance *instance = &card->instances[i];
        size_t at = report->instance_count;
        if (instance->size == 0)
            continue;
        report->instances[at].name =
            instance->applet == NULL ? "?" : instance->applet->application->name;
        memcpy(report->instances[at].aid, instance->aid, instance->aid_size);
        report->instances[at].aid_size = instance->aid_size;
        report->instances[at].base = instance->base;
        report->instances[at].size = instance->size;
        report->instance_count++;
    }
}

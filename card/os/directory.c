// SPDX-License-Identifier: Apache-2.0
// The card's own block of persistent memory: life cycle, serial, and one row per installed applet;
// behind it the memory of the instances. Rows name applets by AID, so that ROM may be reordered.
// Layout: docs/image.md. GlobalPlatform's commands over it are the security domain's.
#include <string.h>

#include "card/os/context.h"

enum {
    BLOCK_LIFE_CYCLE = 0,
    BLOCK_SERIAL = 8,
    BLOCK_ROWS = 64,
    ROW_SIZE = 48,
    BLOCK_SIZE = 512,
    // row
    ROW_LIFE_CYCLE = 0, // 0: free
    ROW_AID_SIZE = 1,
    ROW_AID = 2,
    ROW_APPLET_SIZE = 18,
    ROW_APPLET = 19,
    ROW_BASE = 36,
    ROW_MEMORY = 40,
    ROW_ERASING = 0xEE, // life cycle of a removed instance whose memory is being erased
    ALIGNMENT = 16,     // of instance memory
};

static uint32_t row_offset(size_t index) {
    return nvm_data_begin() + BLOCK_ROWS + (uint32_t)index * ROW_SIZE;
}

static uint32_t heap_begin(void) {
    return nvm_data_begin() + BLOCK_SIZE;
}

static uint32_t round_up(uint32_t size) {
    return (size + ALIGNMENT - 1) & ~(uint32_t)(ALIGNMENT - 1);
}

static struct bytes aid_of(const struct applet *applet) {
    return bytes_of(applet->application->aid, applet->application->aid_size);
}

static const struct applet *find_applet(const struct card_rom *rom, struct bytes aid) {
    for (size_t i = 0; i < rom->count; i++)
        if (bytes_equal(aid_of(rom->applets[i]), aid))
            return rom->applets[i];
    return NULL;
}

/// Of a row: an applet, or what applets share.
static const struct applet *find_in_rom(const struct card_rom *rom, struct bytes aid) {
    for (size_t i = 0; i < rom->count; i++) {
        const struct applet *shared = rom->applets[i]->shares;
        if (shared != NULL && bytes_equal(aid_of(shared), aid))
            return shared;
    }
    return find_applet(rom, aid);
}

/// False for a row that no card of ours writes. end is that of the data area.
static bool row_parse(const struct card_rom *rom, const uint8_t row[ROW_SIZE], uint32_t end,
                      struct applet_instance *out) {
    memset(out, 0, sizeof *out);
    if (row[ROW_LIFE_CYCLE] == 0)
        return true;
    uint8_t applet_size = row[ROW_APPLET_SIZE];
    out->life_cycle = row[ROW_LIFE_CYCLE];
    out->aid_size = row[ROW_AID_SIZE];
    out->base = (uint32_t)bytes_get_be(row + ROW_BASE, 4);
    out->size = (uint32_t)bytes_get_be(row + ROW_MEMORY, 4);
    if (out->aid_size == 0 || out->aid_size > 16 || applet_size == 0 || applet_size > 16)
        return false;
    memcpy(out->aid, row + ROW_AID, out->aid_size);
    out->applet = find_in_rom(rom, bytes_of(row + ROW_APPLET, applet_size));
    return out->size > 0 && out->base >= heap_begin() && out->base <= end &&
           out->size <= end - out->base;
}

static bool disjoint(const struct applet_instance *rows) {
    for (size_t i = 0; i < CARD_INSTANCES_MAX; i++)
        for (size_t j = 0; j < i; j++)
            if (rows[i].size > 0 && rows[j].size > 0 &&
                rows[i].base < rows[j].base + rows[j].size &&
                rows[j].base < rows[i].base + rows[i].size)
                return false;
    return true;
}

bool directory_check(const struct card_ports *ports) {
    struct applet_instance rows[CARD_INSTANCES_MAX];
    uint8_t row[ROW_SIZE];
    for (size_t i = 0; i < CARD_INSTANCES_MAX; i++)
        if (!nvm_peek(ports->nvm, row_offset(i), row, sizeof row) ||
            !row_parse(ports->rom, row, ports->nvm->size, &rows[i]))
            return false;
    return rows[CARD_DEFAULT_INSTANCE].size > 0 && disjoint(rows);
}

static size_t reset_size(const struct card *card, size_t index) {
    const struct applet *applet = card->instances[index].applet;
    return applet == NULL ? 0 : (applet->reset_size + 7u) & ~7u;
}

/// Clear-on-reset memory is handed out once and stays put until the card is powered off or the
/// instance removed.
static bool assign_reset(struct card *card, size_t index) {
    size_t size = reset_size(card, index);
    if (size > sizeof card->on_reset - card->reset_used)
        return false;
    card->reset_at[index] = card->reset_used;
    card->reset_used = (uint16_t)(card->reset_used + size);
    return true;
}

static bool read_rows(struct card *card) {
    uint8_t row[ROW_SIZE], life_cycle;
    for (size_t i = 0; i < CARD_INSTANCES_MAX; i++)
        if (!nvm_read(&card->nvm, row_offset(i), row, sizeof row) ||
            !row_parse(card->ports.rom, row, nvm_data_end(&card->nvm), &card->instances[i]))
            return false;
    if (!nvm_read(&card->nvm, nvm_data_begin() + BLOCK_LIFE_CYCLE, &life_cycle, 1) ||
        !nvm_read(&card->nvm, nvm_data_begin() + BLOCK_SERIAL, card->serial, sizeof card->serial))
        return false;
    card->life_cycle = (enum card_life_cycle)life_cycle;
    return card->instances[CARD_DEFAULT_INSTANCE].applet != NULL && disjoint(card->instances);
}

static bool zero_memory(struct nvm *nvm, uint32_t begin, uint32_t size) {
    static const uint8_t zeros[64];
    uint8_t held[sizeof zeros];
    struct nvm_area area = {begin, size};
    for (uint32_t done = 0; done < size; done += (uint32_t)sizeof zeros) {
        size_t part = size - done < sizeof zeros ? size - done : sizeof zeros;
        if (!nvm_read(nvm, begin + done, held, part))
            return false;
        if (memcmp(held, zeros, part) != 0 && !nvm_fill(nvm, area, begin + done, zeros, part))
            return false;
    }
    bytes_erase(held, sizeof held);
    return true;
}

/// Gives an instance's clear-on-reset memory back: those behind it move up.
static void release_reset(struct card *card, size_t index) {
    size_t size = reset_size(card, index), at = card->reset_at[index];
    if (size == 0)
        return;
    memmove(card->on_reset + at, card->on_reset + at + size, card->reset_used - at - size);
    card->reset_used = (uint16_t)(card->reset_used - size);
    bytes_erase(card->on_reset + card->reset_used, size);
    for (size_t i = 0; i < CARD_INSTANCES_MAX; i++)
        if (card->instances[i].size > 0 && card->reset_at[i] > at)
            card->reset_at[i] = (uint16_t)(card->reset_at[i] - size);
}

/// Second half of a removal: memory, then the row.
static bool finish_removal(struct card *card, size_t index) {
    static const uint8_t free_row[ROW_SIZE];
    struct applet_instance *instance = &card->instances[index];
    if (!zero_memory(&card->nvm, instance->base, instance->size))
        return false;
    nvm_begin(&card->nvm);
    nvm_stage(&card->nvm, row_offset(index), free_row, sizeof free_row);
    memset(instance, 0, sizeof *instance);
    return nvm_commit(&card->nvm);
}

bool directory_load(struct card *card) {
    if (!read_rows(card))
        return false;
    card->reset_used = 0;
    for (size_t i = 0; i < CARD_INSTANCES_MAX; i++) {
        if (card->instances[i].life_cycle == ROW_ERASING && !finish_removal(card, i))
            return false;
        if (!assign_reset(card, i))
            return false;
    }
    return true;
}

void directory_reload(struct card *card) {
    if (!read_rows(card))
        card->nvm.dead = true;
}

static void row_form(const struct applet_instance *instance, uint8_t row[ROW_SIZE]) {
    memset(row, 0, ROW_SIZE);
    row[ROW_LIFE_CYCLE] = instance->life_cycle;
    row[ROW_AID_SIZE] = instance->aid_size;
    memcpy(row + ROW_AID, instance->aid, instance->aid_size);
    struct bytes applet = aid_of(instance->applet);
    row[ROW_APPLET_SIZE] = (uint8_t)applet.size;
    memcpy(row + ROW_APPLET, applet.data, applet.size);
    bytes_put_be(row + ROW_BASE, 4, instance->base);
    bytes_put_be(row + ROW_MEMORY, 4, instance->size);
}

bool directory_format(struct nvm *nvm, const struct card_rom *rom, const uint8_t serial[8]) {
    const struct applet *applet = rom->applets[CARD_DEFAULT_INSTANCE];
    struct applet_instance instance = {.applet = applet,
                                       .base = heap_begin(),
                                       .size = round_up(applet->persistent_size((struct bytes){0})),
                                       .aid_size = (uint8_t)aid_of(applet).size,
                                       .life_cycle = APPLET_SELECTABLE};
    uint8_t life_cycle = CARD_OP_READY, row[ROW_SIZE];
    memcpy(instance.aid, aid_of(applet).data, instance.aid_size);
    row_form(&instance, row);
    nvm_begin(nvm);
    nvm_stage(nvm, nvm_data_begin() + BLOCK_LIFE_CYCLE, &life_cycle, 1);
    nvm_stage(nvm, nvm_data_begin() + BLOCK_SERIAL, serial, 8);
    nvm_stage(nvm, row_offset(CARD_DEFAULT_INSTANCE), row, sizeof row);
    return nvm_commit(nvm);
}

size_t directory_find(const struct card *card, struct bytes aid) {
    size_t i = 0;
    while (i < CARD_INSTANCES_MAX &&
           (card->instances[i].size == 0 || card->instances[i].life_cycle == ROW_ERASING ||
            !bytes_equal(bytes_of(card->instances[i].aid, card->instances[i].aid_size), aid)))
        i++;
    return i;
}

/// First gap that holds size octets; 0 when there is none.
static uint32_t find_gap(const struct card *card, uint32_t size) {
    uint32_t begin = heap_begin(), end = nvm_data_end(&card->nvm);
    for (size_t i = 0; i < CARD_INSTANCES_MAX;) {
        const struct applet_instance *other = &card->instances[i];
        bool overlaps = other->size > 0 && begin < other->base + other->size &&
                        (size > end - begin || other->base < begin + size);
        if (!overlaps) {
            i++;
            continue;
        }
        begin = round_up(other->base + other->size);
        if (begin > end)
            return 0;
        i = 0;
    }
    return size <= end - begin ? begin : 0;
}

static void stage_row(struct card *card, size_t index) {
    uint8_t row[ROW_SIZE];
    row_form(&card->instances[index], row);
    nvm_stage(&card->nvm, row_offset(index), row, sizeof row);
    card->directory_changed = true;
}

static size_t find_free_row(const struct card *card) {
    size_t i = 0;
    while (i < CARD_INSTANCES_MAX && card->instances[i].size > 0)
        i++;
    return i;
}

static bool is_live(const struct applet_instance *row) {
    return row->size > 0 && row->life_cycle != ROW_ERASING;
}

/// Row of what this applet shares; CARD_INSTANCES_MAX when there is none.
static size_t find_shared(const struct card *card, const struct applet *applet) {
    size_t i = 0;
    while (i < CARD_INSTANCES_MAX &&
           (!is_live(&card->instances[i]) || card->instances[i].applet != applet->shares))
        i++;
    return i;
}

const struct applet_instance *directory_shared(const struct card *card,
                                               const struct applet *applet) {
    if (applet == NULL || applet->shares == NULL)
        return NULL;
    size_t index = find_shared(card, applet);
    return index < CARD_INSTANCES_MAX ? &card->instances[index] : NULL;
}

/// Finds row and memory. No row is staged yet.
static uint16_t place_instance(struct card *card, const struct applet *applet, struct bytes aid,
                               struct bytes parameters, size_t *index) {
    uint32_t size = applet->persistent_size(parameters);
    if (size == 0)
        return SW_WRONG_DATA;
    size = round_up(size);
    uint32_t base = find_gap(card, size);
    *index = find_free_row(card);
    if (base == 0 || *index == CARD_INSTANCES_MAX)
        return SW_NO_SPACE;
    if (!zero_memory(&card->nvm, base, size))
        return SW_MEMORY_FAILURE;
    struct applet_instance *instance = &card->instances[*index];
    *instance = (struct applet_instance){.applet = applet,
                                         .base = base,
                                         .size = size,
                                         .aid_size = (uint8_t)aid.size,
                                         .life_cycle = APPLET_SELECTABLE};
    memcpy(instance->aid, aid.data, aid.size);
    if (assign_reset(card, *index))
        return SW_OK;
    memset(instance, 0, sizeof *instance);
    return SW_NO_SPACE;
}

/// Stages row and first state of an instance that was placed.
static uint16_t begin_instance(const struct card_call *call, size_t index,
                               struct bytes parameters) {
    stage_row(call->card, index);
    struct card_call inner = card_call_inside(call, index);
    const struct applet *applet = inner.instance->applet;
    if (!card_must(call, disjoint(call->card->instances)))
        return SW_UNKNOWN;
    if (applet->select == NULL)
        inner.shared = inner.instance; // shared memory begins as its own
    return applet->install != NULL ? applet->install(&inner, parameters) : SW_OK;
}

/// What the applet shares with others, unless one of them brought it already.
static uint16_t install_shared(const struct card_call *call, const struct applet *applet,
                               struct bytes parameters) {
    const struct applet *shared = applet->shares;
    size_t index = 0;
    if (shared == NULL || find_shared(call->card, applet) < CARD_INSTANCES_MAX)
        return SW_OK;
    uint16_t sw = place_instance(call->card, shared, aid_of(shared), parameters, &index);
    return sw == SW_OK ? begin_instance(call, index, parameters) : sw;
}

uint16_t directory_install(struct card_call *call, struct bytes applet_aid, struct bytes aid,
                           struct bytes parameters) {
    struct card *card = call->card;
    size_t index = 0;
    const struct applet *applet = find_applet(card->ports.rom, applet_aid);
    if (applet == NULL)
        return SW_NOT_FOUND;
    if (applet == card->instances[CARD_DEFAULT_INSTANCE].applet)
        return SW_CONDITIONS; // another security domain would begin with the published keys
    if (aid.size < 5 || aid.size > 16)
        return SW_WRONG_DATA;
    if (directory_find(card, aid) < CARD_INSTANCES_MAX)
        return SW_EXISTS;
    uint16_t reset_used = card->reset_used;
    uint16_t sw = applet->persistent_size(parameters) == 0
                      ? SW_WRONG_DATA
                      : install_shared(call, applet, parameters);
    if (sw == SW_OK)
        sw = place_instance(card, applet, aid, parameters, &index);
    if (sw == SW_OK)
        sw = begin_instance(call, index, parameters);
    if (sw != SW_OK)
        card->reset_used = reset_used;
    return sw;
}

/// Does another instance use the shared memory of this one?
static bool is_last_user(const struct card *card, size_t index) {
    const struct applet *shared = card->instances[index].applet->shares;
    for (size_t i = 0; i < CARD_INSTANCES_MAX; i++)
        if (i != index && is_live(&card->instances[i]) && card->instances[i].applet != NULL &&
            card->instances[i].applet->shares == shared)
            return false;
    return true;
}

/// First half of a removal.
static void begin_removal(struct card_call *call, size_t index) {
    struct card_call inner = card_call_inside(call, index);
    const struct applet *applet = inner.instance->applet;
    if (applet != NULL && applet->select == NULL)
        inner.shared = inner.instance;
    if (applet != NULL && applet->uninstall != NULL)
        applet->uninstall(&inner);
    if (applet != NULL)
        bytes_erase(inner.on_reset, applet->reset_size);
    release_reset(call->card, index);
    directory_set_life_cycle(call, index, ROW_ERASING);
}

static uint16_t may_remove(const struct card_call *call, size_t index) {
    struct card_call inner = card_call_inside(call, index);
    const struct applet *applet = inner.instance->applet;
    return applet != NULL && applet->may_remove != NULL ? applet->may_remove(&inner) : SW_OK;
}

uint16_t directory_remove(struct card_call *call, struct bytes aid) {
    struct card *card = call->card;
    size_t index = directory_find(card, aid);
    if (index == CARD_INSTANCES_MAX || directory_is_shared(&card->instances[index]))
        return SW_NOT_FOUND;
    if (index == CARD_DEFAULT_INSTANCE)
        return SW_CONDITIONS;
    uint16_t sw = may_remove(call, index);
    if (sw != SW_OK)
        return sw;
    const struct applet *applet = card->instances[index].applet;
    size_t shared = CARD_INSTANCES_MAX;
    if (applet != NULL && applet->shares != NULL && is_last_user(card, index))
        shared = find_shared(card, applet);
    begin_removal(call, index);
    if (shared < CARD_INSTANCES_MAX)
        begin_removal(call, shared);
    bool done = nvm_commit(&card->nvm) && finish_removal(card, index) &&
                (shared == CARD_INSTANCES_MAX || finish_removal(card, shared));
    nvm_begin(&card->nvm);
    card->directory_changed = false;
    return done ? SW_OK : SW_MEMORY_FAILURE;
}

void directory_set_life_cycle(struct card_call *call, size_t instance, uint8_t state) {
    struct card *card = call->card;
    nvm_stage(&card->nvm, row_offset(instance) + ROW_LIFE_CYCLE, &state, 1);
    card->instances[instance].life_cycle = state;
    card->directory_changed = true;
}

void card_set_life_cycle(struct card_call *call, enum card_life_cycle state) {
    struct card *card = call->card;
    uint8_t octet = (uint8_t)state;
    nvm_stage(&card->nvm, nvm_data_begin() + BLOCK_LIFE_CYCLE, &octet, 1);
    card->life_cycle = state;
    card->directory_changed = true;
}

bool directory_is_shared(const struct applet_instance *instance) {
    return instance->applet != NULL && instance->applet->select == NULL;
}

size_t directory_used(const struct card *card) {
    size_t used = heap_begin();
    for (size_t i = 0; i < CARD_INSTANCES_MAX; i++)
        used += card->instances[i].size;
    return used;
}

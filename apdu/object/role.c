// SPDX-License-Identifier: Apache-2.0
#include "apdu/object/role.h"

#include <string.h>

static const struct {
    uint32_t role;
    const char *name;
} ROLES[] = {
    {ROLE_ROOT, "root"},
    {ROLE_ISSUING, "issuing"},
    {ROLE_WALLET, "wallet"},
    {ROLE_TILL, "till"},
    {ROLE_FLOAT, "float"},
    {ROLE_STORE, "store"},
    {ROLE_SELLER, "seller"},
    {ROLE_CENTER, "center"},
    {ROLE_PROVIDER, "provider"},
    {ROLE_TELCO, "telco"},
    {ROLE_BANK, "bank"},
    {ROLE_PLAYER | ROLE_RECORDER, "recorder"},
    {ROLE_PLAYER | ROLE_GAME, "game-machine"},
    {ROLE_PLAYER, "player"},
    {ROLE_CONVERTER, "converter"},
    {ROLE_REGISTRY, "registry"},
    {ROLE_OPERATOR, "operator"},
    {ROLE_AUDITOR, "auditor"},
    {ROLE_GATEWAY, "gateway"},
    {ROLE_IDENTITY, "identity"},
};

struct bytes holder_space(struct bytes holder) {
    size_t size = holder.size;
    while (size > 0 && holder.data[size - 1] != ':')
        size--;
    return bytes_of(holder.data, size);
}

bool holder_space_is_valid(struct bytes space) {
    return space.size < HOLDER_MAX && holder_is_valid(space, ROLE_ISSUING) &&
           holder_space(space).size == space.size;
}

uint32_t role_from_name(const char *name) {
    for (size_t i = 0; i < sizeof ROLES / sizeof ROLES[0]; i++)
        if (strcmp(ROLES[i].name, name) == 0)
            return ROLES[i].role;
    return 0;
}

const char *role_name(uint32_t roles) {
    for (size_t i = 0; i < sizeof ROLES / sizeof ROLES[0]; i++)
        if ((ROLES[i].role & roles) == ROLES[i].role)
            return ROLES[i].name;
    return "none";
}

bool holder_is_valid(struct bytes holder, uint32_t roles) {
    bool authority = (roles & (ROLE_ROOT | ROLE_ISSUING)) != 0;
    size_t longest = !authority && (roles & ROLE_PURSES) != 0 ? HOLDER_PURSE_MAX : HOLDER_MAX;
    if (holder.size == 0 || holder.size > longest)
        return false;
    for (size_t i = 0; i < holder.size; i++)
        if (holder.data[i] <= 0x20 || holder.data[i] > 0x7E)
            return false;
    return true;
}

// An authority says by its entity bits what it may give; it is none of these itself. A purse is
// one purse and nothing else, but for the wallet that is a ticket store too. Kinds of player are
// players.
bool roles_are_lawful(uint16_t roles) {
    uint16_t entity = roles & ROLE_ENTITIES, authority = roles & (ROLE_ROOT | ROLE_ISSUING);
    if (entity == 0 || (roles & ~(ROLE_ENTITIES | ROLE_ROOT | ROLE_ISSUING)) != 0)
        return false;
    if (authority != 0)
        return authority == ROLE_ROOT || authority == ROLE_ISSUING;
    if ((entity & ROLE_PLAYER_KINDS) != 0 && (entity & ROLE_PLAYER) == 0)
        return false;
    if ((entity & ROLE_PURSES) == 0)
        return true;
    return entity == ROLE_WALLET || entity == ROLE_TILL || entity == ROLE_FLOAT ||
           entity == (ROLE_WALLET | ROLE_STORE);
}

// SPDX-License-Identifier: Apache-2.0
#include "card/applets.h"

#include "apdu/command/applets.h"
#include "apdu/object/role.h"

#define DECLARE(name) extern const struct applet name##_applet;
APPLETS(DECLARE)
#undef DECLARE

#define ENTRY(name) &name##_applet,
static const struct applet *const applets[] = {APPLETS(ENTRY)};
#undef ENTRY

const struct card_rom standard_rom = {applets, sizeof applets / sizeof applets[0]};

uint32_t standard_image_size(uint16_t roles) {
    if (roles == (ROLE_WALLET | ROLE_STORE))
        return NVM_IMAGE_SIZE_PHONE;
    return (roles & (ROLE_TILL | ROLE_FLOAT | ROLE_STORE)) != 0 ? NVM_IMAGE_SIZE_LARGE
                                                                : NVM_IMAGE_SIZE;
}

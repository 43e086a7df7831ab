// SPDX-License-Identifier: Apache-2.0
// Every applet in ROM, one line each. The first is the security domain: the default instance.
#include "card/os/applet.h"

extern const struct applet isd_applet, purse_applet, piv_applet, ndef_applet;

const struct applet *const applets[] = {
    &isd_applet,
    &purse_applet,
    &piv_applet,
    &ndef_applet,
};

const size_t applet_count = sizeof applets / sizeof *applets;

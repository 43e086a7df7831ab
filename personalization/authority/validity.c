// SPDX-License-Identifier: Apache-2.0
#include "personalization/authority/validity.h"

#include "base/calendar.h"

enum { YEAR_DAYS = 365 };

/// First row whose roles meet the certificate's decides.
static const struct {
    uint32_t roles;
    unsigned days; // from the first to the last valid day
} lifetimes[] = {
    {ROLE_ROOT, 20 * YEAR_DAYS},
    {ROLE_ISSUING, 10 * YEAR_DAYS},
    {ROLE_TILL | ROLE_FLOAT | ROLE_PLAYER | ROLE_CONVERTER, SHORT_LIVED_DAYS - 1},
    {ROLE_WALLET | ROLE_STORE, 3 * YEAR_DAYS},
    {ROLE_ENTITIES | ROLE_NETWORK, 2 * YEAR_DAYS},
};

struct validity validity_for(uint32_t roles, uint32_t today) {
    for (size_t i = 0; i < sizeof lifetimes / sizeof lifetimes[0]; i++)
        if ((lifetimes[i].roles & roles) != 0)
            return (struct validity){today, date_add_days(today, lifetimes[i].days)};
    return (struct validity){today, today};
}

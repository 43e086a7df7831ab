// SPDX-License-Identifier: Apache-2.0
#include "tests/kit/audit/audit_shops.h"

#include "base/failure.h"
#include "services/core/keeper/keeper.h"
#include "tests/kit/services/postgres.h"

#include <CUnit/CUnit.h>
#include <stdio.h>

enum { URLS = 4, URL_SIZE = 1200 };

const char *audit_shops_url(const char *server, const struct shop *shop) {
    static char urls[URLS][URL_SIZE];
    static unsigned used;
    char *url = urls[used++ % URLS];
    snprintf(url, URL_SIZE, "%s#%s", server, shop->schema);
    return url;
}

static void seal(struct shop *shop) {
    struct keeper keeper;
    struct failure failure = {0};
    keeper_init(&keeper, &shop->context, shop->crypto);
    CU_ASSERT_TRUE(keeper_end(&keeper, &failure));
}

int audit_shops(const struct audit_world *world, struct shop *const *shops, size_t count,
                bool quiet) {
    static char out[AUDIT_OUT_MAX];
    const char *urls[URLS];
    for (size_t i = 0; i < count && i < URLS; i++) {
        seal(shops[i]);
        urls[i] = audit_shops_url(postgres_uri(), shops[i]);
    }
    int code = audit_world_audit_at(world, urls, count, NULL, out);
    if (code != EXIT_DONE && !quiet)
        printf("\n%.4000s", out);
    return code;
}

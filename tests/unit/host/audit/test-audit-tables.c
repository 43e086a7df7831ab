// SPDX-License-Identifier: Apache-2.0
// The auditor reads the tables that the services make: whoever adds a migration teaches it, and
// raises its version in host/audit/audit.c.
#include "host/audit/audit.h"
#include "services/bank/bank.h"
#include "services/charge/charge.h"
#include "services/clearing/clearing.h"
#include "services/content/content.h"
#include "services/core/service.h"
#include "services/core/tables.h"
#include "services/licence/licence.h"
#include "services/registry/registry.h"
#include "tests/kit/suite.h"

#include <inttypes.h>
#include <stdio.h>

static void compare(const char *part, const struct migration *rows, size_t count) {
    int64_t known = audit_tables(part), made = rows[count - 1].version;
    if (known != made)
        printf("\n    %s makes tables of version %" PRId64 ", the auditor reads %" PRId64, part,
               made, known);
    CU_ASSERT_EQUAL(known, made);
}

static void versions(void) {
    static const struct service *const services[] = {&bank_service,     &charge_service,
                                                     &clearing_service, &content_service,
                                                     &licence_service,  &registry_service};
    compare("core", core_migrations, core_migration_count);
    for (size_t i = 0; i < sizeof services / sizeof services[0]; i++)
        compare(services[i]->name, services[i]->migrations, services[i]->migration_count);
}

static void nobody(void) {
    CU_ASSERT_EQUAL(audit_tables("nobody"), 0);
}

int main(int argc, char **argv) {
    static const struct suite_test tests[] = {
        {"the auditor knows the tables that the services make", versions, NULL},
        {"of nobody else's tables it knows a version", nobody, NULL},
    };
    return suite_main("test-audit-tables", tests, sizeof tests / sizeof tests[0], argc, argv);
}

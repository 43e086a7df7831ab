// SPDX-License-Identifier: Apache-2.0
#include "services/core/service.h"

#include "services/core/tables.h"

bool service_migrate(const struct service_context *context, const struct store_owner *owner,
                     struct failure *failure) {
    const struct service *service = context->service;
    return store_migrate(context->store, owner, context->memory, "core", core_migrations,
                         core_migration_count, failure) &&
           store_migrate(context->store, owner, context->memory, service->name, service->migrations,
                         service->migration_count, failure);
}

const struct handler *service_handler(const struct service *service, const struct endpoint *row) {
    for (size_t i = 0; i < service->handler_count; i++)
        if (service->handlers[i].endpoint == row)
            return &service->handlers[i];
    return NULL;
}

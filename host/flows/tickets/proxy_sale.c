// SPDX-License-Identifier: Apache-2.0
#include "host/flows/tickets/proxy_sale.h"

#include "base/files.h"
#include "host/flows/tickets/ticket_delivery.h"
#include "host/tickets/ticket_failure.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

static bool order_path(const struct proxy_sale *sale, char path[PATH_MAX],
                       struct failure *failure) {
    return machine_state_path(sale->state, "orders", sale->order.number, "order", path, failure);
}

bool proxy_sale_order(struct proxy_sale *sale, const struct crypto *crypto,
                      struct failure *failure) {
    char path[PATH_MAX];
    size_t size = 0;
    char *instance = sale->order.instance;
    if (!order_path(sale, path, failure))
        return false;
    if (files_read(path, (uint8_t *)instance, LICENCE_INSTANCE_SIZE, &size)) {
        instance[size] = '\0';
        return (size == LICENCE_INSTANCE_SIZE &&
                strspn(instance, "0123456789abcdef") == LICENCE_INSTANCE_SIZE) ||
               fail(failure, EXIT_REFUSED, "%s is no order", path);
    }
    if (errno != ENOENT)
        return fail_errno(failure, "cannot read %s", path);
    if (!licence_purchase_draw(&sale->order, crypto))
        return fail(failure, EXIT_REFUSED, "the random generator failed");
    return files_write(path, bytes_of_string(instance), FILES_SECRET, FILES_NEW) ||
           fail_errno(failure, "cannot write %s", path);
}

bool proxy_sale_end(const struct proxy_sale *sale, struct failure *failure) {
    char path[PATH_MAX];
    return order_path(sale, path, failure) &&
           (files_remove(path) || fail_errno(failure, "cannot remove %s", path));
}

/// The buyer's certificate, for whoever is shown a docket without a delivery before it.
static bool take_buyer(struct proxy_sale *sale, struct ticket_client *store,
                       struct failure *failure) {
    struct bytes certificate;
    uint8_t reference[SELLER_REFERENCE_SIZE];
    return ticket_went(store, ticket_client_certificate(store, &certificate), failure) &&
           sale->seller.seller.begin(&sale->seller, certificate, reference, failure);
}

bool proxy_sale_deliver(struct proxy_sale *sale, struct ticket_side *side, bool *sealed,
                        struct failure *failure) {
    struct ticket_client *store = &side->client;
    sale->proxy.store = store;
    sale->proxy.seller = &sale->seller;
    sale->proxy.order = &sale->order;
    if (!take_buyer(sale, store, failure))
        return false;
    if (proxy_find(&sale->proxy, sealed, failure))
        return true;
    if (failure->code != 0)
        return false;
    struct ticket_delivery *delivery = calloc(1, sizeof *delivery);
    bool done = delivery != NULL ? ticket_delivery_run(delivery, store, &sale->seller.seller,
                                                       sale->seller.client->crypto, failure)
                                 : fail(failure, EXIT_REFUSED, "out of memory");
    free(delivery);
    return done && ticket_side_select(side, failure) &&
           (proxy_find(&sale->proxy, sealed, failure) || failure->code != 0 ||
            fail(failure, EXIT_REFUSED, "the ticket was delivered, and is not in the store"));
}

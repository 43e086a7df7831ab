// SPDX-License-Identifier: Apache-2.0
#include "host/purse/purse_renew.h"

#include "host/purse/purse_failure.h"

bool purse_bring_hotlist(struct purse_client *client, struct bytes center, struct bytes list,
                         struct failure *failure) {
    struct object object;
    if (!object_decode(list, &object))
        return fail(failure, EXIT_REFUSED, "the hotlist is not in its exact form");
    size_t head = object.whole.size;
    struct bytes marks = bytes_of(list.data + head, list.size - head);
    return purse_went(client, client_give_hotlist(client, center, object.whole, marks), failure);
}

bool purse_bring_certificate(struct purse_client *client, struct bytes certificate,
                             struct failure *failure) {
    struct bytes own;
    return purse_went(client, client_exchange(client, certificate, &own), failure) &&
           (bytes_equal(own, certificate) ||
            fail(failure, EXIT_REFUSED, "%s: the card kept its older certificate",
                 client->link->name));
}

// SPDX-License-Identifier: Apache-2.0
// What a provider brings to a content service: a container with its page, piece by piece; and what
// a seller names there, an offer. Either may be said again: it goes on, or is there already.
#ifndef HOST_LICENCE_PUBLISH_H
#define HOST_LICENCE_PUBLISH_H

#include "host/licence/licence_client.h"

/// What people read of a content; NULL: nothing is said.
struct publish_page {
    const char *title, *subtitle, *performers, *creator, *comment;
};

/// Brings a whole container to the client's target "content", which judges it.
bool publish_container(const struct licence_client *client, const struct container_file *container,
                       const struct publish_page *page, struct failure *failure);

/// Names an offer on the content's page: number, plays (below 0: any number) and price.
bool publish_offer(const struct licence_client *client, const struct container_file *container,
                   const struct licence_offer *offer, struct failure *failure);

#endif

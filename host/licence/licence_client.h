// SPDX-License-Identifier: Apache-2.0
// What providers, sellers and converters tell a licence service: the key of a content, sealed for
// it alone, what is offered of that content, and who wants to convert it (docs/licence.md). Over
// any courier.
#ifndef HOST_LICENCE_LICENCE_CLIENT_H
#define HOST_LICENCE_LICENCE_CLIENT_H

#include "services/wire/api/licence_api.h"
#include "services/wire/courier/courier.h"
#include "services/wire/media/container_file.h"

/// A service and what calls to it go through.
struct licence_client {
    const struct courier *courier; // its targets "licence" and, perhaps, "content"
    const struct crypto *crypto;
    const struct script_memory *memory;
};

/// Key of a request: a fresh one each time, so that what was refused may be asked again when it has
/// become possible.
enum { LICENCE_REQUEST_KEY = 33 };
bool licence_request_key(const struct licence_client *client, char key[LICENCE_REQUEST_KEY],
                         struct failure *failure);

/// Hands over the key of a container's content, which it opens; by_content: to the content service,
/// which passes it on.
bool licence_hand_key(const struct licence_client *client, struct container_file *container,
                      struct bytes key, bool by_content, struct failure *failure);

/// Asks a grant to convert a container, for the converter whose root, authority and own
/// certificates these are. out gets object, seller's certificate and its authority's, as a file of
/// a grant has them (docs/content.md, Converting); *size octets of capacity. The grant's own
/// signature is judged by who uses it.
bool licence_ask_grant(const struct licence_client *client, const struct container_file *container,
                       const struct bytes certificates[3], uint8_t *out, size_t capacity,
                       size_t *size, struct failure *failure);

/// What is offered; absent numbers are below 0.
struct licence_offer {
    uint64_t amount;
    uint16_t unit;
    int64_t plays, copies, actions;
    uint32_t first_day, last_day; // YYYYMMDD; 0: none
    bool sealed;
    const char *number;    // NULL: a coded one
    const char *activator; // who may unseal the tickets besides the seller; NULL: nobody
};

/// Words of what an offer allows, "play", "copy", "bound", "game", as its actions. Below 0: none
/// are said; 0: another word, or nothing that could be done.
int64_t licence_actions(const char *const *words, size_t count);

/// Makes an offer of a container's content under its policy; number has room for 17 characters.
bool licence_make_offer(const struct licence_client *client, const struct container_file *container,
                        const struct licence_offer *offer, char number[17],
                        struct failure *failure);

#endif

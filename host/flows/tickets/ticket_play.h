// SPDX-License-Identifier: Apache-2.0
// One use of a ticket, as its chart in docs/flows.md: a player asks for the content's key under a
// key drawn for this one time, the store counts the use and seals the key for it. A break in
// between costs nothing: the same player key is answered again.
#ifndef HOST_FLOWS_TICKETS_TICKET_PLAY_H
#define HOST_FLOWS_TICKETS_TICKET_PLAY_H

#include "host/flows/tickets/ticket_party.h"

struct ticket_play {
    struct ticket_client *store;
    struct ticket_client *phone; // that bought a bound ticket; NULL: none is here
    const struct ticket_party *player;
    uint8_t name[TICKET_NAME_SIZE];
    char content[HOLDER_MAX + 1]; // that it wants to open
    enum ticket_action action;

    uint8_t header_digest[SHA256_SIZE], request_digest[SHA256_SIZE];
    uint8_t scalar[P256_SCALAR_SIZE], point[P256_COMPRESSED_SIZE]; // drawn for this use
    uint8_t request[TICKET_ONE_MAX], presence[TICKET_ONE_MAX];
    size_t request_size, presence_size;
    struct ticket_left left; // behind the use
    uint8_t key[TICKET_KEY_MAX];
    size_t key_size;
};

/// Runs the chart: store, phone, player, name, content and action are set, the store is selected.
/// The key and what is left are in play, which ticket_play_erase ends. False: failure tells;
/// EXIT_OPEN: run it again with the same struct, and the use is not counted twice.
bool ticket_play_run(struct ticket_play *play, struct failure *failure);
void ticket_play_erase(struct ticket_play *play);

#endif

// SPDX-License-Identifier: Apache-2.0
// The gateway between phones and the network: takes connections of phones, routes each to the
// addressee that it names, counts its packets under the phone's number, and reports what was
// counted to the charge service until that has it.
#ifndef HOST_GATEWAY_SWITCHBOARD_H
#define HOST_GATEWAY_SWITCHBOARD_H

#include "base/interrupt.h"
#include "base/options/options.h"
#include "host/gateway/tunnel.h"
#include "host/service/meter.h"

enum { SWITCHBOARD_TUNNELS = 64 }; // at a time; a further phone waits until one ends

struct switchboard_options {
    struct tls_source *tls; // keys of the gateway
    const struct clock *clock;
    int listening;                    // socket; the caller's
    const struct option_list *routes; // "HOST:PORT=ADDRESS:PORT": whom phones name, and where it is
    const char *subscribers;          // file, as 'tessera charge set' takes it
    const struct machine_state *state; // what was counted and reported
    struct service_client *charge;     // who is told
    const struct interrupt *interrupt;
};

struct switchboard;

/// Reads routes and subscribers. NULL with a failure: one of them is none (2).
struct switchboard *switchboard_new(const struct switchboard_options *options,
                                    struct failure *failure);
/// Forwards until a signal comes; then ends all tunnels and reports once more. False: what is
/// counted stays and could not be reported then.
bool switchboard_run(struct switchboard *gate, struct failure *failure);
/// Frees; NULL is nothing.
void switchboard_free(struct switchboard *gate);

#endif

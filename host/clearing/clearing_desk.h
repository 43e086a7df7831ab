// SPDX-License-Identifier: Apache-2.0
// The operator's side of the clearing center: making known who takes part, and looking.
#ifndef HOST_CLEARING_CLEARING_DESK_H
#define HOST_CLEARING_CLEARING_DESK_H

#include "host/clearing/clearing_client.h"

struct front;

/// What a purse may do, in the order of an issue log's limits.
enum desk_limit {
    DESK_BALANCE,
    DESK_SINGLE,
    DESK_NO_PIN_SINGLE,
    DESK_NO_PIN_SUM,
    DESK_NO_PIN_COUNT,
    DESK_OFFLINE_COUNT,
    DESK_OFFLINE_SUM,
    DESK_LIMITS,
};

/// A purse as the operator makes it known; texts may be NULL. Limits are decimal numbers, in minor
/// units; NULL: as the center has it.
struct desk_purse {
    const char *certificate, *authority; // files
    const char *user, *device, *host;
    const char *limits[DESK_LIMITS];
};
/// id gets its name.
bool desk_register(struct clearing_client *client, const struct desk_purse *purse,
                   char id[HOLDER_MAX + 1], struct failure *failure);
/// The policy of a judged container.
bool desk_policy(struct clearing_client *client, const struct front *front,
                 struct failure *failure);

/// Sets the fields of a request from texts, calls, and prints the answer, as
/// service_client_print does. fields end with NAME_COUNT.
struct desk_field {
    enum name name;
    const char *text; // NULL: left out
};
bool desk_ask(struct clearing_client *client, const struct endpoint *row,
              const struct desk_field *fields, bool json, struct failure *failure);

#endif

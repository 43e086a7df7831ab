// SPDX-License-Identifier: Apache-2.0
// What a telephone company's operator tells its charge service, and its monthly close.
#ifndef HOST_SERVICE_CHARGE_SETUP_H
#define HOST_SERVICE_CHARGE_SETUP_H

#include "host/service/service_client.h"

/// Says what a JSON file says, in this order: settings, tariffs, payees, subscribers (each one a
/// list but for settings, any may be missing), as the endpoints of the same names take them. *said
/// counts them. False with the member that is wrong or was refused; what came before it is said.
bool charge_setup(struct service_client *client, const char *path, unsigned *said,
                  struct failure *failure);

/// Closes a month, as many requests as it takes; told, if not NULL, after each of them.
bool charge_close_all(struct service_client *client, const char *month, struct form *out,
                      void (*told)(const struct form *out), struct failure *failure);

#endif

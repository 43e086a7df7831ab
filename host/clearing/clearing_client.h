// SPDX-License-Identifier: Apache-2.0
// The clearing center as terminals and wallets see it: a center like the local one, behind a
// network. What is asked of it: services/wire/api/clearing_api.h.
#ifndef HOST_CLEARING_CLEARING_CLIENT_H
#define HOST_CLEARING_CLEARING_CLIENT_H

#include "host/service/service_client.h"
#include "services/wire/api/clearing_api.h"
#include "services/wire/center.h"

enum { CLEARING_CHAIN = 3 };

/// Certificates, root's first.
struct clearing_chain {
    uint8_t octets[CLEARING_CHAIN][CERTIFICATE_MAX];
    struct bytes certificates[CLEARING_CHAIN]; // point into octets: do not copy the struct
};

/// Must not be moved once opened.
struct clearing_client {
    struct service_client service;
    uint16_t unit; // in which issue logs are asked for
    struct clearing_chain center;
};

/// url: https://HOST:PORT; tls: who asks, as `tessera ca issue` writes it. Asks who the center is.
/// Closed in any case.
bool clearing_client_open(struct clearing_client *client, const char *url, const char *tls,
                          const struct crypto *crypto, struct failure *failure);
void clearing_client_close(struct clearing_client *client);

/// Certificates of a purse that the center knows.
bool clearing_purse_chain(struct clearing_client *client, const char *purse,
                          struct clearing_chain *out, struct failure *failure);
/// {object, certificates} into a field of a form.
void clearing_put_envelope(struct form *in, enum name name, struct bytes object,
                           const struct bytes certificates[CLEARING_CHAIN]);

/// The interface of a center over it, which must outlive the interface.
struct center clearing_center_of(struct clearing_client *client);

#endif

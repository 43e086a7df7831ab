// SPDX-License-Identifier: Apache-2.0
// What an authority brings to a purse that lives on: the present hotlist, its next certificate.
#ifndef HOST_PURSE_PURSE_RENEW_H
#define HOST_PURSE_PURSE_RENEW_H

#include "host/purse/purse_client.h"

#include "base/failure.h"

/// list: the hotlist's object and its marks, as the authority made them; center: the certificate
/// that it is signed under. The purse is selected.
bool purse_bring_hotlist(struct purse_client *client, struct bytes center, struct bytes list,
                         struct failure *failure);

/// EXCHANGE CERTIFICATES with the card's own certificate renews it. Refused: the card kept its
/// older one.
bool purse_bring_certificate(struct purse_client *client, struct bytes certificate,
                             struct failure *failure);

#endif

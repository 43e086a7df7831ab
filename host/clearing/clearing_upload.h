// SPDX-License-Identifier: Apache-2.0
// Handing in: what terminals wrote down of payments, deposits and refunds goes to the clearing
// center, with the certificates that verify it.
#ifndef HOST_CLEARING_CLEARING_UPLOAD_H
#define HOST_CLEARING_CLEARING_UPLOAD_H

#include "host/clearing/clearing_client.h"

/// What became of them.
struct upload_report {
    uint64_t accepted, again, suspense, refused;
    char first[96]; // of what was refused or suspended: line, outcome and word; "": nothing was
};

/// A file of JSON lines as `tessera purse transfer --json` (and refund, recover, void) prints them:
/// usage_log and receive_log of each are handed in, of one purse that is payer or payee of all.
/// Lines without a usage log are passed over. False: nothing of a line that cannot be read was
/// sent, nor what came after; the rest may be in.
bool clearing_upload(struct clearing_client *client, const char *purse, const char *path,
                     struct upload_report *report, struct failure *failure);

#endif

// SPDX-License-Identifier: Apache-2.0
// Where the octets of an image really are: the seam below the NVM, and what nvm and its journal
// agree on about one record.
#ifndef CARD_OS_NVM_PORT_H
#define CARD_OS_NVM_PORT_H

#include "base/bytes.h"

/// The medium. Offsets and sizes are within nvm_port.size. Writes take effect in any order until
/// sync returns true. false is a failed medium or power that went.
struct nvm_port {
    bool (*read)(const struct nvm_port *port, uint32_t offset, uint8_t *out, size_t size);
    bool (*write)(const struct nvm_port *port, uint32_t offset, const uint8_t *data, size_t size);
    bool (*sync)(const struct nvm_port *port);
    void *context;
    uint32_t size;
};

/// Neighbouring octets of an image.
struct nvm_area {
    uint32_t offset, size;
};

enum {
    NVM_TRANSACTION_MAX = 2048, // staged octets with their headers, one transaction
    NVM_RECORD_HEADER = 32,
};

enum nvm_status {
    NVM_OK = 0,
    NVM_FOREIGN,
    NVM_NEWER,
    NVM_OLDER,
    NVM_DAMAGED,
    NVM_PORT_FAILED,
    NVM_STATUS_COUNT
};

#endif

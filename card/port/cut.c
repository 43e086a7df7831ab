// SPDX-License-Identifier: Apache-2.0
#include "card/port/cut.h"

static bool cut_read(const struct nvm_port *port, uint32_t offset, uint8_t *out, size_t size) {
    const struct nvm_cut *cut = port->context;
    return !cut->dark && cut->medium->read(cut->medium, offset, out, size);
}

/// The last write before the dark: some of its octets arrive, nothing after it does.
static bool cut_last_write(struct nvm_cut *cut, uint32_t offset, const uint8_t *data, size_t size) {
    size_t arrive = cut->octets < size ? cut->octets : size;
    if (arrive > 0 && cut->medium->write(cut->medium, offset, data, arrive))
        (void)cut->medium->sync(cut->medium);
    nvm_cut_fail(cut);
    return false;
}

static bool cut_write(const struct nvm_port *port, uint32_t offset, const uint8_t *data,
                      size_t size) {
    struct nvm_cut *cut = port->context;
    if (cut->dark)
        return false;
    if (cut->armed && cut->left == 0)
        return cut_last_write(cut, offset, data, size);
    if (cut->armed)
        cut->left--;
    cut->writes++;
    return cut->medium->write(cut->medium, offset, data, size);
}

static bool cut_sync(const struct nvm_port *port) {
    const struct nvm_cut *cut = port->context;
    if (cut->dark || !cut->medium->sync(cut->medium))
        return false;
    if (cut->synced != NULL)
        cut->synced(cut->context);
    return true;
}

void nvm_cut_init(struct nvm_cut *cut, const struct nvm_port *medium) {
    *cut = (struct nvm_cut){
        .port = {.read = cut_read, .write = cut_write, .sync = cut_sync, .size = medium->size},
        .medium = medium,
    };
    cut->port.context = cut;
}

void nvm_cut_arm(struct nvm_cut *cut, uint64_t writes, size_t octets) {
    cut->armed = true;
    cut->left = writes;
    cut->octets = octets;
}

void nvm_cut_fail(struct nvm_cut *cut) {
    cut->armed = false;
    cut->dark = true;
}

void nvm_cut_restore(struct nvm_cut *cut) {
    cut->armed = false;
    cut->dark = false;
}

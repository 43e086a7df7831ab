// SPDX-License-Identifier: Apache-2.0
#include "card/port/memory.h"

#include <string.h>

static struct memory_port *memory_of(const struct nvm_port *port) {
    return port->context;
}

static bool in_image(const struct nvm_port *port, uint32_t offset, size_t size) {
    return offset <= port->size && size <= port->size - offset;
}

static bool memory_read(const struct nvm_port *port, uint32_t offset, uint8_t *out, size_t size) {
    const struct memory_port *memory = memory_of(port);
    if (memory->off || !in_image(port, offset, size))
        return false;
    memcpy(out, memory->image + offset, size);
    return true;
}

static void remember(struct memory_loss *loss, uint32_t offset, const uint8_t *data, size_t size) {
    if (loss->count == MEMORY_PENDING_MAX || size > MEMORY_PENDING_OCTETS - loss->used) {
        loss->overflow = true;
        return;
    }
    loss->writes[loss->count].offset = offset;
    loss->writes[loss->count].size = size;
    loss->writes[loss->count].at = loss->used;
    memcpy(loss->octets + loss->used, data, size);
    loss->used += size;
    loss->count++;
}

static bool memory_write(const struct nvm_port *port, uint32_t offset, const uint8_t *data,
                         size_t size) {
    struct memory_port *memory = memory_of(port);
    if (memory->off || !in_image(port, offset, size))
        return false;
    memory->last_size = (uint32_t)size;
    memory->off = memory->writes == memory->cut_write;
    if (memory->off && size > memory->cut_octets)
        size = memory->cut_octets;
    memcpy(memory->image + offset, data, size);
    if (memory->loss != NULL)
        remember(memory->loss, offset, data, size);
    memory->writes += !memory->off;
    return !memory->off;
}

static void forget_pending(struct memory_port *memory) {
    struct memory_loss *loss = memory->loss;
    memcpy(loss->synced, memory->image, memory->nvm.size);
    loss->count = loss->used = 0;
    loss->overflow = false;
}

static bool memory_sync(const struct nvm_port *port) {
    struct memory_port *memory = memory_of(port);
    if (memory->off)
        return false;
    memory->off = memory->syncs == memory->cut_sync;
    if (memory->off)
        return false;
    memory->syncs++;
    if (memory->loss != NULL)
        forget_pending(memory);
    return true;
}

void memory_port_open(struct memory_port *port, uint8_t *image, uint32_t size) {
    *port = (struct memory_port){
        .nvm = {.read = memory_read, .write = memory_write, .sync = memory_sync, .size = size},
        .image = image};
    port->nvm.context = port;
    memory_port_power(port);
}

void memory_port_power(struct memory_port *port) {
    port->writes = port->syncs = port->last_size = 0;
    port->cut_write = port->cut_sync = MEMORY_NEVER;
    port->cut_octets = 0;
    port->off = false;
}

void memory_port_cut(struct memory_port *port, uint32_t writes, uint32_t octets) {
    port->cut_write = port->writes + writes;
    port->cut_octets = octets;
}

void memory_port_cut_sync(struct memory_port *port, uint32_t syncs) {
    port->cut_sync = port->syncs + syncs;
}

void memory_port_track(struct memory_port *port, struct memory_loss *loss, uint8_t *synced) {
    loss->synced = synced;
    port->loss = loss;
    forget_pending(port);
}

bool memory_port_lose(struct memory_port *port, uint64_t kept) {
    struct memory_loss *loss = port->loss;
    if (loss->overflow)
        return false;
    memcpy(port->image, loss->synced, port->nvm.size);
    for (size_t i = 0; i < loss->count; i++)
        if ((kept >> i & 1) != 0)
            memcpy(port->image + loss->writes[i].offset, loss->octets + loss->writes[i].at,
                   loss->writes[i].size);
    return true;
}

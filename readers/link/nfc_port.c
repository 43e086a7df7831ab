// SPDX-License-Identifier: Apache-2.0
// The lock is flock(2) on the terminal itself: it vanishes with the program that held it, and a
// port that was unplugged and came back is a new file without a lock.
#include "readers/link/nfc_port.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <unistd.h>

static const struct {
    const char *name;
    bool has_path; // the first parameter is a device file
} drivers[] = {
    {"pn532_uart", true},  {"pn532_spi", true},    {"pn532_i2c", true},
    {"arygon", true},      {"acr122s", true},      {"pn53x_usb", false},
    {"acr122_usb", false}, {"acr122_pcsc", false}, {"pcsc", false},
};

enum { DRIVER_COUNT = sizeof drivers / sizeof drivers[0] };

static const struct {
    int code;
    const char *text;
} errors[] = {
    {NFC_EIO, "the reader does not answer"},
    {NFC_EINVARG, "the reader refuses the parameters"},
    {NFC_EDEVNOTSUPP, "the reader cannot do this"},
    {NFC_ENOTSUCHDEV, "no such device"},
    {NFC_EOVFLOW, "the answer is too long"},
    {NFC_ETIMEOUT, "no answer in time"},
    {NFC_EOPABORTED, "aborted"},
    {NFC_ENOTIMPL, "not implemented by this reader"},
    {NFC_ETGRELEASED, "the card was released or left the field"},
    {NFC_ERFTRANS, "radio transmission failed"},
    {NFC_EMFCAUTHFAIL, "the card refused"},
    {NFC_ESOFT, "libnfc failed"},
    {NFC_ECHIP, "the reader's chip reports an error"},
};

const char *nfc_port_error(int code) {
    for (size_t i = 0; i < sizeof errors / sizeof errors[0]; i++)
        if (errors[i].code == code)
            return errors[i].text;
    return "unknown libnfc error";
}

static int find_driver(const char *connection) {
    size_t size = strcspn(connection, ":");
    for (int i = 0; i < DRIVER_COUNT; i++)
        if (strlen(drivers[i].name) == size && strncmp(drivers[i].name, connection, size) == 0)
            return i;
    return -1;
}

static bool wrong_string(const char *connection, struct link_failure *failure) {
    char known[160] = "";
    size_t used = 0;
    for (int i = 0; i < DRIVER_COUNT && used < sizeof known; i++)
        used += (size_t)snprintf(known + used, sizeof known - used, "%s%s", i > 0 ? ", " : "",
                                 drivers[i].name);
    link_fail(failure, LINK_BAD_INPUT,
              "\"%s\" is no libnfc connection string; write DRIVER:PARAMETERS such as "
              "pn532_uart:/dev/ttyUSB0:115200 (drivers: %s)",
              connection, known);
    return false;
}

static bool cannot_use(const char *path, int reason, struct link_failure *failure) {
    bool refused = reason == EACCES || reason == EPERM;
    link_fail(failure, refused ? LINK_LOCKED : LINK_NO_CARD, "NFC port %s: %s; %s", path,
              strerror(reason),
              refused ? "become a member of its group (dialout) or change its mode"
                      : "plug the reader in, or start the lab that owns it");
    return false;
}

static bool lock_path(struct nfc_port *port, const char *path, struct link_failure *failure) {
    port->lock = open(path, O_RDWR | O_NOCTTY | O_NONBLOCK | O_CLOEXEC);
    if (port->lock < 0)
        return cannot_use(path, errno, failure);
    if (flock(port->lock, LOCK_EX | LOCK_NB) == 0)
        return true;
    link_fail(failure, LINK_LOCKED, "NFC port %s is in use by another program; end it first", path);
    return false;
}

// PATH of DRIVER:PATH[:SPEED].
static bool lock_port(struct nfc_port *port, struct link_failure *failure) {
    char path[NFC_CONNECTION_MAX];
    const char *start = strchr(port->connection, ':');
    if (start == NULL || start[1] != '/')
        return wrong_string(port->connection, failure);
    snprintf(path, sizeof path, "%.*s", (int)strcspn(start + 1, ":"), start + 1);
    return lock_path(port, path, failure);
}

// libnfc takes descriptor 0 for "none".
static void keep_descriptor_0(void) {
    if (fcntl(0, F_GETFD) < 0)
        (void)!open("/dev/null", O_RDWR);
}

bool nfc_port_open(struct nfc_port *port, const char *connection, struct link_failure *failure) {
    int driver = find_driver(connection);
    *port = (struct nfc_port){.lock = -1};
    if (driver < 0 || strlen(connection) >= sizeof port->connection)
        return wrong_string(connection, failure);
    snprintf(port->connection, sizeof port->connection, "%s", connection);
    keep_descriptor_0();
    setenv("LIBNFC_LOG_LEVEL", "0", 0); // our own sentences say more
    if (drivers[driver].has_path && !lock_port(port, failure)) {
        nfc_port_close(port);
        return false;
    }
    nfc_init(&port->context);
    if (port->context != NULL)
        port->device = nfc_open(port->context, port->connection);
    if (port->device != NULL)
        return true;
    nfc_port_close(port);
    link_fail(failure, LINK_NO_CARD,
              "no NFC reader answers at %s; check wiring, power and the connection string",
              connection);
    return false;
}

void nfc_port_close(struct nfc_port *port) {
    if (port->device != NULL)
        nfc_close(port->device);
    if (port->context != NULL)
        nfc_exit(port->context);
    if (port->lock >= 0)
        close(port->lock);
    port->device = NULL;
    port->context = NULL;
    port->lock = -1;
}

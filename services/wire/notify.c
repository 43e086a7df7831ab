// SPDX-License-Identifier: Apache-2.0
#include "services/wire/notify.h"

#include <stddef.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

bool notify_send(const char *socket_name, const char *state) {
    struct sockaddr_un to = {.sun_family = AF_UNIX};
    if (socket_name == NULL || socket_name[0] == '\0')
        return true;
    size_t size = strlen(socket_name);
    if (size >= sizeof to.sun_path || (socket_name[0] != '/' && socket_name[0] != '@'))
        return false;
    memcpy(to.sun_path, socket_name, size);
    if (to.sun_path[0] == '@')
        to.sun_path[0] = '\0';
    int made = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    if (made < 0)
        return false;
    socklen_t length = (socklen_t)(offsetof(struct sockaddr_un, sun_path) + size);
    ssize_t sent = sendto(made, state, strlen(state), MSG_NOSIGNAL, (struct sockaddr *)&to, length);
    close(made);
    return sent == (ssize_t)strlen(state);
}

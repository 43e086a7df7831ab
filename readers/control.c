// SPDX-License-Identifier: Apache-2.0
#include "readers/control.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

enum { WORDS_MAX = 16 };

void control_none(struct control *control) {
    memset(control, 0, sizeof *control);
    control->listener = -1;
    for (size_t i = 0; i < CONTROL_CLIENTS_MAX; i++)
        control->clients[i] = -1;
}

static int unix_socket(const char *path, struct sockaddr_un *address) {
    memset(address, 0, sizeof *address);
    address->sun_family = AF_UNIX;
    if (strlen(path) >= sizeof address->sun_path) {
        errno = ENAMETOOLONG;
        return -1;
    }
    snprintf(address->sun_path, sizeof address->sun_path, "%s", path);
    return socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
}

/// A socket file that nobody listens on is left over from a killed program: removes it.
static void remove_dead(const char *path) {
    struct sockaddr_un address;
    struct stat status;
    if (lstat(path, &status) != 0 || !S_ISSOCK(status.st_mode))
        return;
    int fd = unix_socket(path, &address);
    if (fd < 0)
        return;
    if (connect(fd, (const struct sockaddr *)&address, sizeof address) != 0 &&
        errno == ECONNREFUSED)
        unlink(path);
    close(fd);
}

static bool bind_private(int fd, const struct sockaddr_un *address) {
    mode_t mask = umask(0177);
    bool bound = bind(fd, (const struct sockaddr *)address, sizeof *address) == 0;
    umask(mask);
    return bound && listen(fd, CONTROL_CLIENTS_MAX) == 0;
}

bool control_listen(struct control *control, const char *path, const struct control_verb *verbs,
                    size_t verb_count, void *context, char *error, size_t error_size) {
    struct sockaddr_un address;
    control_none(control);
    remove_dead(path);
    int fd = unix_socket(path, &address);
    if (fd < 0 || !bind_private(fd, &address)) {
        snprintf(error, error_size, "cannot listen for orders at %s: %s", path, strerror(errno));
        if (fd >= 0)
            close(fd);
        return false;
    }
    control->listener = fd;
    control->verbs = verbs;
    control->verb_count = verb_count;
    control->context = context;
    snprintf(control->path, sizeof control->path, "%s", path);
    return true;
}

size_t control_poll(const struct control *control, struct pollfd *events) {
    size_t count = 0;
    if (control->listener < 0)
        return 0;
    events[count++] = (struct pollfd){.fd = control->listener, .events = POLLIN};
    for (size_t i = 0; i < CONTROL_CLIENTS_MAX; i++)
        if (control->clients[i] >= 0)
            events[count++] = (struct pollfd){.fd = control->clients[i], .events = POLLIN};
    return count;
}

static void admit(struct control *control) {
    int fd = accept4(control->listener, NULL, NULL, SOCK_CLOEXEC);
    for (size_t i = 0; fd >= 0 && i < CONTROL_CLIENTS_MAX; i++)
        if (control->clients[i] < 0) {
            control->clients[i] = fd;
            control->used[i] = 0;
            return;
        }
    if (fd >= 0)
        close(fd);
}

static void hang_up(struct control *control, size_t client) {
    close(control->clients[client]);
    control->clients[client] = -1;
}

static void usage(const struct control *control, const char *verb, char *reply, size_t size) {
    size_t used = (size_t)snprintf(reply, size, "error unknown order \"%s\"; known:", verb);
    for (size_t i = 0; i < control->verb_count && used < size; i++)
        used += (size_t)snprintf(reply + used, size - used, "%s %s", i > 0 ? "," : "",
                                 control->verbs[i].usage);
}

/// The next word of *rest, which moves behind it; NULL: there is none.
static char *next_word(char **rest) {
    char *word = *rest + strspn(*rest, " \t\r");
    bool quoted = *word == '"';
    word += quoted;
    char *end = word + strcspn(word, quoted ? "\"" : " \t\r");
    *rest = *end != '\0' ? end + 1 : end;
    bool any = quoted || end > word;
    *end = '\0';
    return any ? word : NULL;
}

static void obey(const struct control *control, char *line, char *reply, size_t size) {
    char *words[WORDS_MAX], *rest = line, *word;
    size_t count = 0;
    while (count < WORDS_MAX && (word = next_word(&rest)) != NULL)
        words[count++] = word;
    if (count == 0) {
        snprintf(reply, size, "error empty order");
        return;
    }
    for (size_t i = 0; i < control->verb_count; i++)
        if (strcmp(control->verbs[i].name, words[0]) == 0) {
            control->verbs[i].handle(control->context, count, words, reply, size);
            return;
        }
    usage(control, words[0], reply, size);
}

/// Obeys every complete line of this client.
static void obey_lines(struct control *control, size_t client) {
    char *line = control->lines[client], *end;
    size_t left = control->used[client];
    while ((end = memchr(line, '\n', left)) != NULL) {
        char reply[CONTROL_LINE_MAX];
        *end = '\0';
        left -= (size_t)(end + 1 - line);
        obey(control, line, reply, sizeof reply - 1);
        size_t size = strlen(reply);
        reply[size++] = '\n';
        (void)send(control->clients[client], reply, size, MSG_NOSIGNAL | MSG_DONTWAIT);
        line = end + 1;
    }
    memmove(control->lines[client], line, left);
    control->used[client] = left;
}

static void receive(struct control *control, size_t client) {
    size_t used = control->used[client];
    ssize_t n = recv(control->clients[client], control->lines[client] + used,
                     CONTROL_LINE_MAX - used, MSG_DONTWAIT);
    if (n < 0 && (errno == EAGAIN || errno == EINTR))
        return;
    if (n <= 0) { // closed, or a line that never ends (no room left)
        hang_up(control, client);
        return;
    }
    control->used[client] += (size_t)n;
    obey_lines(control, client);
}

void control_serve(struct control *control, const struct pollfd *events, size_t count) {
    for (size_t i = 0; i < count; i++) {
        if (events[i].revents == 0)
            continue;
        if (events[i].fd == control->listener)
            admit(control);
        for (size_t c = 0; c < CONTROL_CLIENTS_MAX; c++)
            if (control->clients[c] == events[i].fd && events[i].fd != control->listener)
                receive(control, c);
    }
}

void control_close(struct control *control) {
    for (size_t i = 0; i < CONTROL_CLIENTS_MAX; i++)
        if (control->clients[i] >= 0)
            hang_up(control, i);
    if (control->listener >= 0) {
        unlink(control->path);
        close(control->listener);
        control->listener = -1;
    }
}

/// Reads one line before the time is over.
static bool read_line(int fd, int timeout_ms, char *line, size_t size) {
    size_t used = 0;
    while (used + 1 < size) {
        struct pollfd event = {.fd = fd, .events = POLLIN};
        if (poll(&event, 1, timeout_ms) != 1 || recv(fd, line + used, 1, 0) != 1)
            return false;
        if (line[used] == '\n')
            break;
        used++;
    }
    line[used] = '\0';
    return true;
}

bool control_add_word(char *order, size_t size, const char *word) {
    size_t used = strlen(order);
    const char *quote = word[0] == '\0' || strpbrk(word, " \t") != NULL ? "\"" : "";
    int added =
        snprintf(order + used, size - used, "%s%s%s%s", used > 0 ? " " : "", quote, word, quote);
    return added >= 0 && (size_t)added < size - used && strpbrk(word, "\"\n") == NULL;
}

bool control_ask(const char *path, const char *order, int timeout_ms, char *reply, size_t size) {
    struct sockaddr_un address;
    char line[CONTROL_LINE_MAX];
    int length = snprintf(line, sizeof line, "%s\n", order);
    int fd = unix_socket(path, &address);
    if (length < 0 || (size_t)length >= sizeof line || fd < 0 ||
        connect(fd, (const struct sockaddr *)&address, sizeof address) != 0) {
        snprintf(reply, size, "nobody takes orders at %s: %s", path, strerror(errno));
        if (fd >= 0)
            close(fd);
        return false;
    }
    bool answered = send(fd, line, (size_t)length, MSG_NOSIGNAL) == length &&
                    read_line(fd, timeout_ms, reply, size);
    close(fd);
    if (!answered)
        snprintf(reply, size, "no reply to \"%s\" at %s", order, path);
    return answered;
}

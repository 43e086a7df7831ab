// SPDX-License-Identifier: Apache-2.0
// The driver keeps its state per slot, not per reader, so that every reader beyond the first needs
// a copy of it under another name. Private network: the ports are fixed; shared: free ones, held by
// an abstract socket so that two labs never choose the same.
#include "readers/lab/pcscd.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <netinet/in.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>
#include <winscard.h>

#include "readers/lab/process.h"

enum {
    PORT_PRIVATE = 35963, // vpcd's usual one
    PORT_FIRST = 20000,   // below the range from which the system takes ports itself
    PORT_LAST = 32000,
    LISTEN_FD = 3, // as service managers hand it over
};

static const char driver[] = "/usr/lib/pcsc/drivers/serial/libifdvpcd.so";
static const char preloaded[] = "pcscd_directory.so"; // readers/lab/preload/

static bool copy_file(const char *from, const char *to) {
    char block[65536];
    ssize_t n = -1;
    int in = open(from, O_RDONLY | O_CLOEXEC);
    int out = open(to, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0755);
    while (in >= 0 && out >= 0 && (n = read(in, block, sizeof block)) > 0)
        if (write(out, block, (size_t)n) != n) {
            n = -1;
            break;
        }
    if (in >= 0)
        close(in);
    if (out >= 0)
        close(out);
    return n == 0;
}

static bool can_bind(unsigned port) {
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons((uint16_t)port)};
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (fd < 0)
        return false;
    bool bound = bind(fd, (const struct sockaddr *)&address, sizeof address) == 0;
    close(fd);
    return bound;
}

/// Takes a pair of ports from other labs for the life of this process.
static bool claim(unsigned port) {
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    int length =
        snprintf(address.sun_path + 1, sizeof address.sun_path - 1, "tessera-lab/%u", port);
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    socklen_t size = (socklen_t)(offsetof(struct sockaddr_un, sun_path) + 1 + (size_t)length);
    if (fd < 0)
        return false;
    if (bind(fd, (const struct sockaddr *)&address, size) == 0)
        return true; // the descriptor stays open on purpose
    close(fd);
    return false;
}

/// First of two free neighbouring ports, 0 if there are none.
static unsigned choose_ports(const struct lab *lab, size_t reader) {
    if (lab->isolation.network >= 0)
        return PORT_PRIVATE + (unsigned)reader * LAB_READER_CARDS;
    unsigned begin = (unsigned)getpid() * 7 % (PORT_LAST - PORT_FIRST) & ~1U;
    for (unsigned step = 0; step < PORT_LAST - PORT_FIRST; step += 2) {
        unsigned port = PORT_FIRST + (begin + step) % (PORT_LAST - PORT_FIRST);
        if (claim(port)) {
            if (can_bind(port) && can_bind(port + 1))
                return port;
        }
    }
    return 0;
}

/// Slots are "NAME 00 00" and "NAME 00 01"; the first reader is plain "Tessera".
static void name_slots(struct lab *lab, size_t reader, unsigned port, char *name, size_t size) {
    if (reader == 0)
        snprintf(name, size, "Tessera");
    else
        snprintf(name, size, "Tessera %02zX", reader);
    for (size_t slot = 0; slot < LAB_READER_CARDS; slot++) {
        size_t card = reader * LAB_READER_CARDS + slot;
        if (card >= lab->options->cards.count)
            break;
        snprintf(lab->cards[card].reader, sizeof lab->cards[card].reader, "%.32s 00 %02zX", name,
                 slot);
        lab->cards[card].port = port + (unsigned)slot;
    }
}

static bool write_reader(struct lab *lab, FILE *file, size_t reader) {
    char name[32], library[LAB_PATH_MAX];
    unsigned port = choose_ports(lab, reader);
    if (port == 0)
        return lab_fail(lab, "no free port between %d and %d", PORT_FIRST, PORT_LAST);
    name_slots(lab, reader, port, name, sizeof name);
    snprintf(library, sizeof library, "%s", driver);
    if (reader > 0) {
        lab_file(lab->directory, library, "vpcd-%zu.so", reader);
        if (!copy_file(driver, library))
            return lab_fail(lab, "cannot copy %s to %s: %s", driver, library, strerror(errno));
    }
    fprintf(file, "FRIENDLYNAME \"%s\"\nDEVICENAME /dev/null:0x%X\nLIBPATH %s\nCHANNELID 0x%X\n",
            name, port, library, port);
    return true;
}

static bool write_configuration(struct lab *lab, const char *directory) {
    char path[LAB_PATH_MAX];
    size_t readers = (lab->options->cards.count + LAB_READER_CARDS - 1) / LAB_READER_CARDS;
    lab_file(directory, path, "readers");
    FILE *file = mkdir(directory, 0755) == 0 ? fopen(path, "w") : NULL;
    if (file == NULL)
        return lab_fail(lab, "cannot write %s: %s", path, strerror(errno));
    bool written = true;
    for (size_t i = 0; written && i < (readers > 0 ? readers : 1); i++)
        written = write_reader(lab, file, i);
    if (fclose(file) != 0 && written)
        return lab_fail(lab, "cannot write %s: %s", path, strerror(errno));
    return written;
}

/// The listening socket exists before the daemon does: no client ever comes too early.
static int listen_socket(const char *path) {
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    snprintf(address.sun_path, sizeof address.sun_path, "%s", path);
    if (fd >= 0 && (bind(fd, (const struct sockaddr *)&address, sizeof address) != 0 ||
                    chmod(path, 0600) != 0 || listen(fd, 16) != 0)) {
        close(fd);
        return -1;
    }
    return fd;
}

struct start {
    struct lab *lab;
    int socket;
};

/// Where there are no namespaces, a library keeps pcscd away from the files of the system's. It is
/// named by a link in the lab's directory, since LD_PRELOAD takes no path with a blank.
static bool link_library(struct lab *lab) {
    char library[PATH_MAX], link[LAB_PATH_MAX];
    if (lab->isolation.kind != ISOLATION_PRELOAD)
        return true;
    if (!process_find_library(preloaded, library, sizeof library))
        return lab_fail(lab, "there is no %s beside tessera-lab or in ../lib/tessera", preloaded);
    lab_file(lab->directory, link, preloaded);
    return symlink(library, link) == 0 ||
           lab_fail(lab, "cannot make the link %s: %s", link, strerror(errno));
}

/// In front of what is preloaded already, such as another clock.
static bool preload(const struct lab *lab) {
    char library[LAB_PATH_MAX], directory[LAB_PATH_MAX], all[PATH_MAX];
    const char *already = getenv("LD_PRELOAD");
    lab_file(lab->directory, library, preloaded);
    lab_file(lab->directory, directory, "run");
    int size = snprintf(all, sizeof all, "%s%s%s", library, already != NULL ? ":" : "",
                        already != NULL ? already : "");
    return lab->isolation.kind != ISOLATION_PRELOAD ||
           (size < (int)sizeof all && setenv("LD_PRELOAD", all, 1) == 0 &&
            setenv("TESSERA_PCSCD_DIRECTORY", directory, 1) == 0);
}

static bool prepare(void *context) {
    const struct start *start = context;
    char pid[16];
    if (!lab_isolation_enter_mounts(&start->lab->isolation, start->lab->directory) ||
        dup2(start->socket, LISTEN_FD) < 0 || fcntl(LISTEN_FD, F_SETFD, 0) != 0 ||
        !preload(start->lab))
        return false;
    snprintf(pid, sizeof pid, "%d", getpid());
    return setenv("LISTEN_FDS", "1", 1) == 0 && setenv("LISTEN_PID", pid, 1) == 0 &&
           unsetenv("PCSCLITE_CSOCK_NAME") == 0;
}

bool pcscd_up(struct lab *lab) {
    char program[256], configuration[LAB_PATH_MAX], socket_path[LAB_PATH_MAX];
    lab_file(lab->directory, configuration, "conf");
    lab_file(lab->directory, socket_path, "pcscd");
    lab_file(lab->directory, lab->log, "pcscd.log");
    lab_export(lab, "PCSCLITE_CSOCK_NAME", socket_path); // also where nobody listens: no way out
    if (lab->options->cards.count == 0 && lab->options->nfc_readers.count > 0)
        return true;
    if (!process_find("pcscd", program, sizeof program))
        return lab_fail(lab, "there is no pcscd on this system; install the package pcscd");
    if (access(driver, R_OK) != 0)
        return lab_fail(lab, "there is no %s; install the package vsmartcard-vpcd", driver);
    if (!link_library(lab) || !write_configuration(lab, configuration))
        return false;
    struct start start = {.lab = lab, .socket = listen_socket(socket_path)};
    if (start.socket < 0)
        return lab_fail(lab, "cannot listen at %s: %s", socket_path, strerror(errno));
    char *argv[] = {program, (char[]){"-f"}, (char[]){"-i"}, (char[]){"-c"}, configuration, NULL};
    lab->pcscd = process_start(&(struct process){
        .argv = argv, .log = lab->log, .prepare = prepare, .context = &start, .service = true});
    close(start.socket);
    if (lab->pcscd < 0)
        return lab_fail(lab, "cannot start %s: %s", program, strerror(errno));
    return true;
}

int pcscd_await_cards(const struct lab *lab) {
    if (lab->pcscd == 0)
        return 0;
    SCARDCONTEXT context;
    SCARD_READERSTATE states[LAB_CARDS_MAX] = {0};
    size_t count = lab->options->cards.count, present = 0;
    LONG code = SCardEstablishContext(SCARD_SCOPE_SYSTEM, NULL, NULL, &context);
    for (size_t i = 0; i < count; i++)
        states[i].szReader = lab->cards[i].reader;
    while (code == SCARD_S_SUCCESS && present < count) {
        code = SCardGetStatusChange(context, INFINITE, states, count);
        present = 0;
        for (size_t i = 0; i < count; i++) {
            states[i].dwCurrentState = states[i].dwEventState & ~(DWORD)SCARD_STATE_CHANGED;
            present += (states[i].dwEventState & (SCARD_STATE_PRESENT | SCARD_STATE_MUTE)) ==
                       SCARD_STATE_PRESENT;
        }
    }
    if (code != SCARD_S_SUCCESS)
        fprintf(stderr, "waiting for the cards: %s\n", pcsc_stringify_error(code));
    return code == SCARD_S_SUCCESS ? 0 : 1;
}

// SPDX-License-Identifier: Apache-2.0
#include "readers/lab/record.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "apdu/script/tools/dump.h"
#include "base/files.h"
#include "readers/vpcd.h"

enum { CONTROL_ATR = 4, TRIES = 400, TRY_MS = 50 };

/// Octets of one direction until they are a whole frame.
struct half {
    uint8_t frame[VPCD_FRAME_MAX];
    size_t have;
};

struct recorder {
    char name[16];
    int file, listener, card, reader;
    unsigned port; // of the reader
    uint64_t zero, begin;
    struct half from_reader, from_card;
    uint8_t command[VPCD_PAYLOAD_MAX], atr[VPCD_ATR_MAX];
    size_t command_size, atr_size;
    bool asked_atr, waits; // for an answer
    enum dump_kind power;  // DUMP_RESET or DUMP_COLD_RESET since the last row; else DUMP_COMMENT
};

static uint64_t microseconds(void) {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * 1000000 + (uint64_t)now.tv_nsec / 1000;
}

static void *resize(const struct script_memory *memory, void *block, size_t size) {
    (void)memory;
    if (size > 0)
        return realloc(block, size);
    free(block);
    return NULL;
}

static const struct script_memory memory = {.resize = resize};

// ---- rows --------------------------------------------------------------------------------------

/// Rows that belong together go out in one write: other cards write into the file, too.
static void put_rows(struct recorder *recorder, const struct dump_row *exchange) {
    struct buffer text;
    buffer_init(&text, &memory);
    dump_write(&(struct dump_row){.kind = DUMP_CARD, .text = bytes_of_string(recorder->name)},
               &text);
    if (recorder->power != DUMP_COMMENT) {
        dump_write(&(struct dump_row){.kind = recorder->power}, &text);
        dump_write(&(struct dump_row){.kind = DUMP_ATR,
                                      .answer = bytes_of(recorder->atr, recorder->atr_size)},
                   &text);
    }
    recorder->power = DUMP_COMMENT;
    dump_write(exchange, &text);
    struct bytes rows = buffer_bytes(&text);
    if (write(recorder->file, rows.data, rows.size) != (ssize_t)rows.size)
        dprintf(STDERR_FILENO, "the recording is not whole: %s\n", strerror(errno));
    buffer_free(&text);
}

static void note_answer(struct recorder *recorder, struct bytes answer) {
    struct dump_row row = {.kind = answer.size >= 2 ? DUMP_EXCHANGE : DUMP_SILENT,
                           .command = bytes_of(recorder->command, recorder->command_size),
                           .answer = answer,
                           .begin = recorder->begin - recorder->zero,
                           .end = microseconds() - recorder->zero};
    recorder->waits = false;
    put_rows(recorder, &row);
}

static void take_from_reader(struct recorder *recorder, struct bytes payload) {
    if (payload.size == 1 && payload.data[0] <= CONTROL_ATR) {
        recorder->asked_atr = payload.data[0] == CONTROL_ATR;
        if (payload.data[0] == VPCD_POWER_ON)
            recorder->power = DUMP_COLD_RESET;
        if (payload.data[0] == VPCD_RESET && recorder->power == DUMP_COMMENT)
            recorder->power = DUMP_RESET;
        return;
    }
    memcpy(recorder->command, payload.data, payload.size);
    recorder->command_size = payload.size;
    recorder->begin = microseconds();
    recorder->waits = true;
}

static void take_from_card(struct recorder *recorder, struct bytes payload) {
    if (recorder->asked_atr) {
        recorder->atr_size = payload.size < VPCD_ATR_MAX ? payload.size : VPCD_ATR_MAX;
        memcpy(recorder->atr, payload.data, recorder->atr_size);
    } else if (recorder->waits)
        note_answer(recorder, payload);
    recorder->asked_atr = false;
}

// ---- frames ------------------------------------------------------------------------------------

/// Passes on what is there and looks at each frame that is whole. False: that side is gone.
static bool pass(struct recorder *recorder, struct half *half, int from, int to,
                 void (*take)(struct recorder *recorder, struct bytes payload)) {
    static const int yes = 1;
    ssize_t got = recv(from, half->frame + half->have, sizeof half->frame - half->have, 0);
    if (got <= 0)
        return false;
    setsockopt(from, IPPROTO_TCP, TCP_QUICKACK, &yes, sizeof yes);
    size_t fresh = half->have;
    half->have += (size_t)got;
    if (send(to, half->frame + fresh, (size_t)got, MSG_NOSIGNAL) != got)
        return false;
    for (;;) {
        size_t size = half->have >= 2 ? 2 + (size_t)bytes_get_be(half->frame, 2) : SIZE_MAX;
        if (half->have < size)
            return true;
        take(recorder, bytes_of(half->frame + 2, size - 2));
        half->have -= size;
        memmove(half->frame, half->frame + size, half->have);
    }
}

static int connect_reader(unsigned port) {
    static const int yes = 1;
    struct sockaddr_in address = {.sin_family = AF_INET,
                                  .sin_port = htons((uint16_t)port),
                                  .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    for (int i = 0; i < TRIES; i++) {
        int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
        if (fd >= 0 && connect(fd, (const struct sockaddr *)&address, sizeof address) == 0) {
            setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &yes, sizeof yes);
            return fd;
        }
        if (fd >= 0)
            close(fd);
        poll(NULL, 0, TRY_MS);
    }
    return -1;
}

/// One connection of the card, up to its end: pulled out, or the reader is gone.
static void serve_once(struct recorder *recorder) {
    static const int yes = 1;
    recorder->card = accept4(recorder->listener, NULL, NULL, SOCK_CLOEXEC);
    recorder->reader = recorder->card >= 0 ? connect_reader(recorder->port) : -1;
    if (recorder->card >= 0)
        setsockopt(recorder->card, IPPROTO_TCP, TCP_NODELAY, &yes, sizeof yes);
    recorder->from_reader.have = recorder->from_card.have = 0;
    struct pollfd events[] = {{.fd = recorder->card, .events = POLLIN},
                              {.fd = recorder->reader, .events = POLLIN}};
    bool open = recorder->card >= 0 && recorder->reader >= 0;
    while (open && poll(events, 2, -1) > 0) {
        if (events[1].revents != 0)
            open = pass(recorder, &recorder->from_reader, recorder->reader, recorder->card,
                        take_from_reader);
        if (open && events[0].revents != 0)
            open = pass(recorder, &recorder->from_card, recorder->card, recorder->reader,
                        take_from_card);
    }
    if (recorder->waits)
        note_answer(recorder, bytes_of(NULL, 0));
    if (recorder->card >= 0)
        close(recorder->card);
    if (recorder->reader >= 0)
        close(recorder->reader);
}

// ---- the process -------------------------------------------------------------------------------

static int listen_anywhere(unsigned *port) {
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t size = sizeof address;
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (fd < 0 || bind(fd, (const struct sockaddr *)&address, size) != 0 || listen(fd, 4) != 0 ||
        getsockname(fd, (struct sockaddr *)&address, &size) != 0)
        return -1;
    *port = ntohs(address.sin_port);
    return fd;
}

/// The child: in the network of the card and its reader, for as long as the lab lives.
static void run_recorder(struct lab *lab, size_t number, int tell, pid_t parent) {
    static struct recorder recorder;
    sigset_t none;
    unsigned port = 0;
    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, NULL);
    signal(SIGTERM, SIG_DFL);
    setsid();
    if (!lab_isolation_enter(&lab->isolation))
        _exit(125);
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (getppid() != parent && getppid() != 0)
        _exit(125);
    recorder = (struct recorder){.file = lab->record,
                                 .port = lab->cards[number].port,
                                 .zero = lab->record_zero,
                                 .power = DUMP_COMMENT};
    if (lab->options->cards.count == 1)
        snprintf(recorder.name, sizeof recorder.name, "card");
    else
        snprintf(recorder.name, sizeof recorder.name, "card-%zu", number + 1);
    recorder.listener = listen_anywhere(&port);
    if (recorder.listener < 0 || write(tell, &port, sizeof port) != (ssize_t)sizeof port)
        _exit(125);
    close(tell);
    for (;;)
        serve_once(&recorder);
}

bool record_open(struct lab *lab) {
    if (lab->options->record == NULL)
        return true;
    FILE *file = files_create_private(lab->options->record);
    lab->record = file != NULL ? fcntl(fileno(file), F_DUPFD_CLOEXEC, 3) : -1;
    if (file != NULL)
        fclose(file);
    if (lab->record < 0 || fcntl(lab->record, F_SETFL, O_APPEND) != 0)
        return lab_fail(lab, "cannot write %s: %s", lab->options->record, strerror(errno));
    lab->record_zero = microseconds();
    return true;
}

bool record_start(struct lab *lab, size_t number, unsigned *port) {
    int ends[2];
    pid_t parent = getpid();
    if (pipe2(ends, O_CLOEXEC) != 0)
        return lab_fail(lab, "cannot record: %s", strerror(errno));
    pid_t pid = fork();
    if (pid == 0)
        run_recorder(lab, number, ends[1], parent);
    close(ends[1]);
    bool up = pid > 0 && read(ends[0], port, sizeof *port) == (ssize_t)sizeof *port;
    close(ends[0]);
    lab->cards[number].recorder = pid > 0 ? pid : 0;
    return up || lab_fail(lab, "cannot record: the process between card and reader did not start");
}

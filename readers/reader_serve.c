// SPDX-License-Identifier: Apache-2.0
#include "readers/reader_serve.h"

#include "readers/link/link_open.h"
#include "readers/reader_wire.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>

enum { WRONG_MS = 800 }; // whoever holds it there wants to know within two seconds

struct reader {
    int socket;
    const char *name;
    struct link *link; // NULL: no card
    uint8_t in[READER_PACKET_MAX], out[READER_PACKET_MAX];
};

static bool answer(struct reader *reader, enum link_status status, size_t size) {
    reader->out[0] = (uint8_t)status;
    return send(reader->socket, reader->out, 1 + size, MSG_NOSIGNAL) == (ssize_t)(1 + size);
}

static bool answer_text(struct reader *reader, enum link_status status, const char *text) {
    size_t size = strlen(text);
    memcpy(reader->out + 1, text, size);
    return answer(reader, status, size);
}

static void let_go(struct reader *reader) {
    link_close(reader->link);
    reader->link = NULL;
}

static bool open_card(struct reader *reader, struct bytes question) {
    struct link_options how = {.wrong_ms = WRONG_MS};
    struct link_failure failure;
    uint8_t *out = reader->out + 1;
    let_go(reader);
    if (question.size != 4)
        return false;
    how.wait_ms = (unsigned)bytes_get_be(question.data, 4);
    reader->link = link_open(reader->name, &how, &failure);
    if (reader->link == NULL)
        return answer_text(reader, failure.status, failure.text);
    out[0] = reader->link->contactless;
    bytes_put_be(out + 1, 4, reader->link->command_max);
    bytes_put_be(out + 5, 4, reader->link->answer_max);
    size_t size = strlen(reader->link->name);
    memcpy(out + READER_OPENED_SIZE, reader->link->name, size);
    return answer(reader, LINK_OK, READER_OPENED_SIZE + size);
}

static bool use_card(struct reader *reader, enum reader_order order, struct bytes question) {
    size_t size = 0;
    enum link_status status;
    if (reader->link == NULL)
        return answer_text(reader, LINK_NO_CARD, "no card was opened");
    if (order == READER_TRANSMIT)
        status = link_transmit(reader->link, question, reader->out + 1, READER_APDU_MAX, &size);
    else
        status =
            link_reset(reader->link,
                       question.size == 1 && question.data[0] == LINK_RESET_COLD ? LINK_RESET_COLD
                                                                                 : LINK_RESET_WARM,
                       reader->out + 1, READER_APDU_MAX, &size);
    return status == LINK_OK ? answer(reader, LINK_OK, size)
                             : answer_text(reader, status, reader->link->error);
}

static bool obey(struct reader *reader, enum reader_order order, struct bytes question) {
    switch (order) {
    case READER_OPEN:
        return open_card(reader, question);
    case READER_TRANSMIT:
    case READER_RESET:
        return use_card(reader, order, question);
    case READER_CLOSE:
        let_go(reader);
        return true;
    }
    return false;
}

bool reader_serve(int socket, const char *link_name, struct failure *failure) {
    static struct reader reader;
    reader.socket = socket;
    reader.name = link_name;
    for (;;) {
        ssize_t got = recv(socket, reader.in, sizeof reader.in, 0);
        if (got < 0 && errno == EINTR)
            continue;
        if (got <= 0 || !obey(&reader, (enum reader_order)reader.in[0],
                              bytes_of(reader.in + 1, (size_t)got - 1))) {
            let_go(&reader);
            return got >= 0 ||
                   fail(failure, EXIT_USAGE,
                        "standard input is no socket of a terminal; terminals start this program");
        }
    }
}

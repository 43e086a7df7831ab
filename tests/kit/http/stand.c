// SPDX-License-Identifier: Apache-2.0
#include "tests/kit/http/stand.h"

#include "base/heap.h"
#include "services/wire/http/http_listen.h"

#include <CUnit/CUnit.h>
#include <unistd.h>

void http_stand_begin(struct http_stand *stand, size_t workers,
                      struct http_server_options options) {
    struct failure failure;
    echo_start(&stand->echo, workers);
    options.socket = http_listen("127.0.0.1:0", &failure);
    if (options.memory == NULL)
        options.memory = &host_memory;
    CU_ASSERT_FATAL(options.socket >= 0);
    stand->options = options;
    stand->server = http_server_start(&options, &stand->echo.listener, &failure);
    CU_ASSERT_PTR_NOT_NULL_FATAL(stand->server);
}

void http_stand_end(struct http_stand *stand) {
    CU_ASSERT_EQUAL(http_server_stop(stand->server, 5000), 0);
    echo_stop(&stand->echo);
}

bool http_stand_serves(struct http_stand *stand) {
    int socket = raw_connect(stand->options.socket);
    bool done = socket >= 0 && raw_say(socket, "GET /hello HTTP/1.1\r\nHost: localhost\r\n\r\n") &&
                raw_read_answer(socket, stand->text, sizeof stand->text) &&
                raw_status(stand->text) == 200;
    close(socket);
    return done;
}

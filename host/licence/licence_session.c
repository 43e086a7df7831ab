// SPDX-License-Identifier: Apache-2.0
#include "host/licence/licence_session.h"

#include "base/heap.h"

bool licence_session_open(struct licence_session *session, const char *tls, const char *licence,
                          const char *content, const struct crypto *crypto,
                          struct failure *failure) {
    courier_files_begin(&session->files);
    courier_files_target(&session->files, "licence", licence);
    courier_files_target(&session->files, "content", content);
    if (!courier_files_open(&session->files, tls, failure))
        return false;
    session->client =
        (struct licence_client){courier_http_courier(session->files.http), crypto, &host_memory};
    return true;
}

void licence_session_close(struct licence_session *session) {
    courier_files_close(&session->files);
}

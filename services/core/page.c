// SPDX-License-Identifier: Apache-2.0
#include "services/core/page.h"

#include <string.h>

bool page_wanted(const struct call *call) {
    return call->request->accept != NULL && strstr(call->request->accept, "text/html") != NULL;
}

void page_put_escaped(struct buffer *out, const char *text) {
    static const struct {
        char letter;
        const char *written;
    } LETTERS[] = {{'&', "&amp;"}, {'<', "&lt;"}, {'>', "&gt;"}, {'"', "&quot;"}, {'\'', "&#39;"}};
    for (; *text != '\0'; text++) {
        size_t i = 0;
        while (i < sizeof LETTERS / sizeof LETTERS[0] && LETTERS[i].letter != *text)
            i++;
        if (i < sizeof LETTERS / sizeof LETTERS[0])
            buffer_text(out, LETTERS[i].written);
        else
            buffer_put_octet(out, (uint8_t)*text);
    }
}

void page_put_link(struct buffer *out, const char *text) {
    for (; *text != '\0'; text++) {
        unsigned char c = (unsigned char)*text;
        bool plain = (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') ||
                     strchr("-._~", c) != NULL;
        if (plain)
            buffer_put_octet(out, c);
        else
            buffer_format(out, "%%%x", (unsigned)c);
    }
}

void page_answer(struct call *call, struct buffer *out) {
    struct answer *answer = &call->exchange->answer;
    answer->body = arena_copy(call->arena, buffer_bytes(out));
    if (!out->failed && answer->body.data != NULL) {
        answer->status = 200;
        answer->content_type = "text/html; charset=utf-8";
        answer->header_count = 0; // a transaction may run again
        answer_header(call->exchange, "Content-Security-Policy",
                      "default-src 'none'; style-src 'unsafe-inline'");
    }
    buffer_free(out);
}

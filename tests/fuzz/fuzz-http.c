// SPDX-License-Identifier: Apache-2.0
// Heads of HTTP requests, split as leniently as a parser may: whatever the guard lets through can
// be read in one way only.
#include "services/wire/http/http_guard.h"
#include "services/wire/http/http_target.h"
#include "tests/fuzz/fuzz.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

enum { LINES_MAX = HTTP_HEADERS_MAX + 2 };

/// Cuts the text at the first of the characters, or at its end; answers what is behind.
static char *cut(char *text, const char *characters) {
    char *end = text + strcspn(text, characters);
    if (*end == '\0')
        return end;
    *end = '\0';
    return end + 1;
}

static void split_line(char *line, struct http_head *head) {
    head->method = line;
    char *target = cut(line, " ");
    char *version = strrchr(target, ' ');
    head->target = target;
    head->version = "";
    if (version != NULL) {
        *version = '\0';
        head->version = version + 1;
    }
}

/// Name and value up to a CR; blanks before the value go away.
static struct http_header split_header(char *line) {
    cut(line, "\r");
    char *value = cut(line, ":");
    return (struct http_header){line, value + strspn(value, " ")};
}

static void split(char *text, struct http_head *head, struct http_header *headers) {
    char *next = cut(text, "\n");
    cut(text, "\r");
    split_line(text, head);
    while (*next != '\0' && *next != '\r' && *next != '\n' && head->header_count < LINES_MAX) {
        char *line = next;
        next = cut(line, "\n");
        headers[head->header_count++] = split_header(line);
    }
}

static size_t count_of(const struct http_head *head, const char *name) {
    size_t count = 0;
    for (size_t i = 0; i < head->header_count; i++)
        count += strcasecmp(head->headers[i].name, name) == 0;
    return count;
}

static void check_texts(const struct http_head *head) {
    MUST(strcmp(head->version, "HTTP/1.1") == 0 || strcmp(head->version, "HTTP/1.0") == 0);
    MUST(head->method[0] != '\0' && strpbrk(head->method, " \t:/?\"") == NULL);
    for (size_t i = 0; i < head->header_count; i++) {
        const char *value = head->headers[i].value;
        MUST(head->headers[i].name[0] != '\0' && strpbrk(head->headers[i].name, " \t():,") == NULL);
        for (const char *at = value; *at != '\0'; at++)
            MUST((unsigned char)*at >= 0x20 && *at != 0x7F);
    }
}

static void check_framing(const struct http_head *head) {
    size_t lengths = count_of(head, "Content-Length"),
           codings = count_of(head, "Transfer-Encoding");
    MUST(head->header_count <= HTTP_HEADERS_MAX && count_of(head, "Host") == 1);
    MUST(lengths + codings <= 1);
    size_t body = http_head_body(head);
    MUST((body == SIZE_MAX) == (codings == 1));
    MUST(lengths == 1 || codings == 1 || body == 0);
    if (lengths == 1)
        MUST(body == strtoull(http_head_find(head, "Content-Length"), NULL, 10));
}

static void check_target(const char *target) {
    size_t path = strcspn(target, "?");
    MUST(target[0] == '/' && strlen(target) <= HTTP_TARGET_MAX);
    for (const char *at = target; *at != '\0'; at++)
        MUST(*at > ' ' && *at < 0x7F);
    const char *climb = strstr(target, "/../");
    MUST(climb == NULL || (size_t)(climb - target) > path);
    MUST(target[1] != '/');
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    struct http_header headers[LINES_MAX];
    struct http_head head = {.headers = headers, .size = size};
    char *text = malloc(size + 1);
    MUST(text != NULL);
    if (size > 0)
        memcpy(text, data, size);
    text[size] = '\0';
    split(text, &head, headers);
    if (http_guard(&head) == NULL) {
        check_texts(&head);
        check_framing(&head);
        check_target(head.target);
    }
    free(text);
    return 0;
}

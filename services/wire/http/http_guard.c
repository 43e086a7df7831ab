// SPDX-License-Identifier: Apache-2.0
#include "services/wire/http/http_guard.h"

#include "services/wire/http/http_target.h"

#include <stdint.h>
#include <string.h>
#include <strings.h>

enum { METHOD_MAX = 16, LENGTH_DIGITS = 15 };

static bool is_token(const char *text) {
    static const char OTHERS[] = "!#$%&'*+-.^_`|~";
    for (const char *at = text; *at != '\0'; at++)
        if (!(*at >= '0' && *at <= '9') && !(*at >= 'A' && *at <= 'Z') &&
            !(*at >= 'a' && *at <= 'z') && strchr(OTHERS, *at) == NULL)
            return false;
    return text[0] != '\0';
}

/// No control character, a tab included, and no space at either end.
static bool is_value(const char *text) {
    size_t size = strlen(text);
    for (size_t i = 0; i < size; i++)
        if ((unsigned char)text[i] < ' ' || text[i] == 0x7F)
            return false;
    return size == 0 || (text[0] != ' ' && text[size - 1] != ' ');
}

const char *http_head_find(const struct http_head *head, const char *name) {
    for (size_t i = 0; i < head->header_count; i++)
        if (strcasecmp(head->headers[i].name, name) == 0)
            return head->headers[i].value;
    return NULL;
}

static bool is_doubled(const struct http_head *head, const char *name) {
    size_t count = 0;
    for (size_t i = 0; i < head->header_count; i++)
        count += strcasecmp(head->headers[i].name, name) == 0;
    return count > 1;
}

// ---- the rules ---------------------------------------------------------------------------------

static bool bad_version(const struct http_head *head) {
    return strcmp(head->version, "HTTP/1.1") != 0 && strcmp(head->version, "HTTP/1.0") != 0;
}

static bool bad_method(const struct http_head *head) {
    return !is_token(head->method) || strlen(head->method) > METHOD_MAX;
}

static bool long_target(const struct http_head *head) {
    return strlen(head->target) > HTTP_TARGET_MAX;
}

static bool bad_target(const struct http_head *head) {
    return !http_target_is_plain(head->target);
}

static bool too_many(const struct http_head *head) {
    return head->header_count > HTTP_HEADERS_MAX;
}

static bool too_big(const struct http_head *head) {
    return head->size > HTTP_HEAD_MAX;
}

static bool bad_name(const struct http_head *head) {
    for (size_t i = 0; i < head->header_count; i++)
        if (!is_token(head->headers[i].name))
            return true;
    return false;
}

static bool bad_value(const struct http_head *head) {
    for (size_t i = 0; i < head->header_count; i++)
        if (!is_value(head->headers[i].value))
            return true;
    return false;
}

/// Those that frame a message or say whom it is for, and those that decide over what is done.
static bool doubled(const struct http_head *head) {
    static const char *const ONCE[] = {
        "Content-Length", "Host",   "Transfer-Encoding", "Content-Type",    "Expect", "Range",
        "If-Range",       "Origin", "Idempotency-Key",   "Content-Encoding"};
    for (size_t i = 0; i < sizeof ONCE / sizeof ONCE[0]; i++)
        if (is_doubled(head, ONCE[i]))
            return true;
    return false;
}

static bool bad_length(const struct http_head *head) {
    const char *value = http_head_find(head, "Content-Length");
    return value != NULL && (value[0] == '\0' || strspn(value, "0123456789") != strlen(value) ||
                             strlen(value) > LENGTH_DIGITS);
}

static bool bad_coding(const struct http_head *head) {
    const char *value = http_head_find(head, "Transfer-Encoding");
    return value != NULL && strcmp(value, "chunked") != 0;
}

static bool old_chunks(const struct http_head *head) {
    return http_head_find(head, "Transfer-Encoding") != NULL &&
           strcmp(head->version, "HTTP/1.0") == 0;
}

static bool two_lengths(const struct http_head *head) {
    return http_head_find(head, "Transfer-Encoding") != NULL &&
           http_head_find(head, "Content-Length") != NULL;
}

static bool no_host(const struct http_head *head) {
    return http_head_find(head, "Host") == NULL;
}

static bool foreign_host(const struct http_head *head) {
    const char *value = http_head_find(head, "Host");
    if (head->hosts == NULL)
        return false;
    for (size_t i = 0; head->hosts[i] != NULL; i++)
        if (strcasecmp(value, head->hosts[i]) == 0)
            return false;
    return true;
}

static bool bad_expectation(const struct http_head *head) {
    const char *value = http_head_find(head, "Expect");
    return value != NULL && strcasecmp(value, "100-continue") != 0;
}

static bool is_encoded(const struct http_head *head) {
    return http_head_find(head, "Content-Encoding") != NULL;
}

/// In this order: what comes later may rest on what came before.
static const struct rule {
    bool (*broken)(const struct http_head *head);
    struct http_fault fault;
} RULES[] = {
    {too_big, {&problem_head, "the request line and headers are longer than 16384 octets"}},
    {too_many, {&problem_head, "the request has more than 64 headers"}},
    {bad_version, {&problem_malformed, "the protocol is neither HTTP/1.1 nor HTTP/1.0"}},
    {bad_method, {&problem_malformed, "the method is no token of at most 16 characters"}},
    {long_target, {&problem_head, "the target of the request is longer than 2048 octets"}},
    {bad_target,
     {&problem_malformed,
      "the target of the request is no path of printable characters from / on, each % with two "
      "hexadecimal digits, without an encoded control character or /, and without an empty, . or "
      ".. "
      "segment"}},
    {bad_name, {&problem_malformed, "a header's name has a character that names cannot have"}},
    {bad_value, {&problem_malformed, "a header's value has a control character"}},
    {doubled, {&problem_malformed, "a header that may stand once stands twice"}},
    {bad_length, {&problem_malformed, "Content-Length is no decimal number of at most 15 digits"}},
    {bad_coding, {&problem_malformed, "Transfer-Encoding is other than chunked"}},
    {old_chunks, {&problem_malformed, "Transfer-Encoding has no place in HTTP/1.0"}},
    {two_lengths, {&problem_malformed, "Transfer-Encoding and Content-Length exclude each other"}},
    {no_host, {&problem_malformed, "the request has no Host"}},
    {foreign_host, {&problem_host, "Host names another server than this one"}},
    {bad_expectation, {&problem_expectation, "Expect is other than 100-continue"}},
    {is_encoded, {&problem_media, "Content-Encoding is not taken; send the body as it is"}},
};

const struct http_fault *http_guard(const struct http_head *head) {
    for (size_t i = 0; i < sizeof RULES / sizeof RULES[0]; i++)
        if (RULES[i].broken(head))
            return &RULES[i].fault;
    return NULL;
}

size_t http_head_body(const struct http_head *head) {
    const char *value = http_head_find(head, "Content-Length");
    uint64_t size = 0;
    if (http_head_find(head, "Transfer-Encoding") != NULL)
        return SIZE_MAX;
    for (; value != NULL && *value != '\0'; value++)
        size = size * 10 + (uint64_t)(*value - '0');
    return (size_t)size;
}

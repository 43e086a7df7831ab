// SPDX-License-Identifier: Apache-2.0
// Why a service does not do what it was asked: a problem document (RFC 9457) with a stable word, a
// status, one sentence, and the field that is to blame. The words that every endpoint may answer
// stand here; a service's own words are rows of the same kind beside its endpoints.
#ifndef SERVICES_WIRE_FORM_PROBLEM_H
#define SERVICES_WIRE_FORM_PROBLEM_H

#include "base/buffer.h"

struct problem_word {
    const char *word; // stable, what programs compare
    unsigned status;  // of HTTP
    const char *title;
};

/// X(identifier, word, status, title).
#define PROBLEM_WORDS(X)                                                                           \
    X(problem_shape, "shape", 400, "The request has not the shape of this endpoint")               \
    X(problem_malformed, "malformed", 400, "The request is not exactly HTTP/1.1")                  \
    X(problem_key_missing, "key-missing", 400, "A changing request carries an Idempotency-Key")    \
    X(problem_certificate_missing, "certificate-missing", 401, "A client certificate is needed")   \
    X(problem_certificate_foreign, "certificate-foreign", 403, "Certificate of another authority") \
    X(problem_certificate_expired, "certificate-expired", 403, "The certificate is not valid now") \
    X(problem_certificate_purpose, "certificate-purpose", 403, "The certificate is for no client") \
    X(problem_certificate_hotlisted, "certificate-hotlisted", 403, "The certificate is revoked")   \
    X(problem_role, "role", 403, "This role may not call here")                                    \
    X(problem_owner, "owner", 404, "Nothing of that name belongs to the sender")                   \
    X(problem_path, "path", 404, "There is no such path")                                          \
    X(problem_method, "method", 405, "The path has another method")                                \
    X(problem_conflict, "conflict", 409, "Another request was there first")                        \
    X(problem_length, "length", 411, "A body says its length")                                     \
    X(problem_too_large, "too-large", 413, "The body is longer than this endpoint takes")          \
    X(problem_media, "media", 415, "A body is application/json")                                   \
    X(problem_expectation, "expectation", 417, "Only 100-continue can be expected here")           \
    X(problem_host, "host", 421, "Host names another server")                                      \
    X(problem_key_reused, "key-reused", 422, "The key was used for another request")               \
    X(problem_object, "object", 422, "An object is not in its exact form")                         \
    X(problem_signature, "signature", 422, "A signature does not verify")                          \
    X(problem_head, "head", 431, "The head of the request is too long")                            \
    X(problem_internal, "internal", 500, "The service failed")                                     \
    X(problem_busy, "busy", 503, "The service has too much to do")                                 \
    X(problem_store, "store", 503, "The database does not take or give data now")

#define PROBLEM_EXTERN(identifier, text, number, heading)                                          \
    extern const struct problem_word identifier;
PROBLEM_WORDS(PROBLEM_EXTERN)
#undef PROBLEM_EXTERN

/// Every word above, for the pages that list them.
extern const struct problem_word *const problem_words[];
extern const size_t problem_word_count;

struct problem {
    const struct problem_word *word; // NULL: no problem
    char detail[240];                // one sentence: what, with what value, what to do
    char field[80];                  // JSON pointer, or ""
    unsigned retry_after_s;          // 0: none
};

/// Fills in the problem and is always false, so that callers write `return problem_set(...)`.
bool problem_set(struct problem *problem, const struct problem_word *word, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/// Appends the document: type, title, status, detail, word, field, and request (the id under which
/// the log knows it; NULL: none).
void problem_write(const struct problem *problem, const char *request, struct buffer *out);

#define PROBLEM_MEDIA "application/problem+json"

#endif

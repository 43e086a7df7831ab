// SPDX-License-Identifier: Apache-2.0
// Request keys: under (sender, endpoint, key) stands what was answered, in the same transaction as
// what it answers for, refusals as well: a doubled message that comes late must not succeed where
// the first was refused.
#ifndef SERVICES_CORE_REQUEST_H
#define SERVICES_CORE_REQUEST_H

#include "services/core/handler.h"

enum { REQUEST_KEY_MAX = 64, STATUS_ASK_AGAIN = 202 };

struct request_row {
    const char *sender, *endpoint, *key;
    uint8_t body_hash[SHA256_SIZE]; // of method, target and body
    unsigned status;
    struct bytes answer; // JSON, or a problem document
};

enum request_state {
    REQUEST_NEW,
    REQUEST_ANSWERED, // status and answer are filled in
    REQUEST_AGAIN,    // answered 202 before: run it again
    REQUEST_REUSED,   // the key stands for another request
};

/// 1..64 of A-Z a-z 0-9 . _ -
bool request_key_is_valid(const char *key);

/// Digest of method, target and body: equal for a request and its repetition.
bool request_hash(const struct crypto *crypto, struct arena *arena, const struct request *request,
                  uint8_t hash[SHA256_SIZE]);

/// Has this key been used? status and answer are filled in where it was answered.
enum request_state request_find(struct session *session, struct request_row *row);

/// state is what request_find said, or REQUEST_NEW without asking. False: the key is known, and
/// nothing was stored.
bool request_store(struct session *session, enum request_state state, const struct request_row *row,
                   uint64_t now_ms);

/// Forgets answers made before that time, at most a thousand; returns how many. Natural keys go on
/// holding every object to once.
size_t request_expire(struct session *session, uint64_t before_ms);

extern const struct statement request_sql[];
extern const size_t request_sql_count;

#endif

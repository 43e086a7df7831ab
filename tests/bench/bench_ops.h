// SPDX-License-Identifier: Apache-2.0
// What benches measure with: a crypto context that adds up the time spent in its primitives, a link
// that counts, a card that only echoes, and the scaling of openssl speed.
#ifndef TESTS_BENCH_BENCH_OPS_H
#define TESTS_BENCH_BENCH_OPS_H

#include "apdu/command/link.h"
#include "apdu/crypto/crypto.h"

struct bench_ops {
    struct crypto crypto;
    const struct crypto *inside;
    double spent; // microseconds in primitives, without the clock's own cost
    double clock; // microseconds of reading it twice
};

/// Measures every primitive of inside. One thread.
const struct crypto *bench_ops_open(struct bench_ops *ops, const struct crypto *inside);

enum { BENCH_COMMANDS = 128, BENCH_COMMAND_MAX = 700 };

/// Counts and keeps the commands that pass.
struct bench_link {
    struct link link;
    struct link *inside;
    unsigned count;
    size_t sizes[BENCH_COMMANDS];
    uint8_t commands[BENCH_COMMANDS][BENCH_COMMAND_MAX];
};

/// Counts from 0. Both ends stay the caller's.
struct link *bench_link_over(struct bench_link *link, struct link *inside);

/// Sends the kept commands again, to a card that only echoes. Microseconds; below 0: it failed.
double bench_link_replay(const struct bench_link *link, struct link *echo);

/// Serves "vpcd:HOST:PORT" with one short answer to everything, until the reader goes: an exit
/// code.
int bench_be_echo_card(const char *reader);

/// Signatures of two processes of openssl speed over those of one; 0 when there is no openssl.
double bench_openssl_scaling(void);

#endif

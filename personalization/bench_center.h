// SPDX-License-Identifier: Apache-2.0
// The bench center: issues value with the authority's center key where no clearing center runs. It
// checks what a center checks (certificate, revocation, statement, challenge), gives every issue
// log a serial of its own and records it in DIR/issue-logs.tsv before it leaves. It moves no bank
// money and keeps no balances; the clearing service does.
#ifndef PERSONALIZATION_BENCH_CENTER_H
#define PERSONALIZATION_BENCH_CENTER_H

#include "personalization/authority.h"

/// Limits that the issue logs state. BENCH_NO_LIMIT (bench.h) leaves one out.
struct bench_limits;

struct bench_center {
    struct ca *ca;
    uint64_t amount;
    uint16_t unit;
    const struct bench_limits *limits;
    uint8_t challenge[16]; // of the statement asked for last
};

bool bench_center_challenge(struct bench_center *center, const char *purse, uint8_t *out,
                            size_t capacity, struct bytes *challenge, struct failure *failure);

/// Statement and certificate as the purse gave them; device and user as it claims them.
struct bench_question {
    const char *purse;
    struct bytes certificate, statement, device, user;
};

bool bench_center_decide(struct bench_center *center, const struct bench_question *question,
                         uint8_t *out, size_t capacity, struct bytes *issue_log,
                         struct failure *failure);

#endif

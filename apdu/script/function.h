// SPDX-License-Identifier: Apache-2.0
// The functions of script values: u32(500), tlv(84, ...), file("x.bin"). One const table: the
// parser checks arguments by it, the evaluator calls through it, editors and docs list it.
#ifndef APDU_SCRIPT_FUNCTION_H
#define APDU_SCRIPT_FUNCTION_H

#include "apdu/script/syntax.h"

struct evaluation;

struct script_function {
    const char *name;
    /// One letter an argument: n number, o octets, h hex tag; a letter in upper case is optional.
    const char *arguments;
    /// Appends octets. False: evaluation->fault is set.
    bool (*octets)(struct evaluation *evaluation, const struct expr *call, struct buffer *out);
    /// For number contexts; NULL: the octets, big-endian.
    bool (*number)(struct evaluation *evaluation, const struct expr *call, uint64_t *out);
    const char *help;
};

extern const struct script_function script_functions[];
extern const size_t script_function_count;
const struct script_function *script_function_find(struct bytes name);

/// Octets of an argument in a buffer of its own, which the caller frees always; what is made of a
/// secret argument counts as secret.
bool function_take(struct evaluation *evaluation, const struct expr *call, size_t index,
                   struct buffer *out);

// function_cipher.c
bool function_aes(struct evaluation *evaluation, const struct expr *call, struct buffer *out);
bool function_unaes(struct evaluation *evaluation, const struct expr *call, struct buffer *out);
bool function_cmac(struct evaluation *evaluation, const struct expr *call, struct buffer *out);

#endif

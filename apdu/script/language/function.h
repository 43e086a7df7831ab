// SPDX-License-Identifier: Apache-2.0
// The functions of script values: u32(500), tlv(84, ...), file("x.bin"). One const table: the
// parser checks arguments by it, the evaluator calls through it, editors and docs list it.
#ifndef APDU_SCRIPT_LANGUAGE_FUNCTION_H
#define APDU_SCRIPT_LANGUAGE_FUNCTION_H

#include "apdu/script/language/syntax.h"

extern const struct script_function script_functions[];
extern const size_t script_function_count;
/// Row of that name; NULL: there is none.
const struct script_function *script_function_find(struct bytes name);

/// Octets of an argument in a buffer of its own, which the caller frees always; what is made of a
/// secret argument counts as secret.
bool function_take(struct evaluation *evaluation, const struct expr *call, size_t index,
                   struct buffer *out);

/// Rows of script_functions that use AES or DES (function_cipher.c).
bool function_aes(struct evaluation *evaluation, const struct expr *call, struct buffer *out);
bool function_unaes(struct evaluation *evaluation, const struct expr *call, struct buffer *out);
bool function_des(struct evaluation *evaluation, const struct expr *call, struct buffer *out);
bool function_undes(struct evaluation *evaluation, const struct expr *call, struct buffer *out);
bool function_cmac(struct evaluation *evaluation, const struct expr *call, struct buffer *out);

#endif

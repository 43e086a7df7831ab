// SPDX-License-Identifier: Apache-2.0
// The functions of script values that sign and seal: key("NAME"), ecdsa(KEY, V), p256(KEY),
// hpke(POINT, INFO, AAD, V). A key is a value like any other but secret; what is signed with it is
// not.
#ifndef APDU_SCRIPT_LANGUAGE_SIGN_H
#define APDU_SCRIPT_LANGUAGE_SIGN_H

#include "apdu/script/language/evaluate.h"

/// Rows of script_functions: append octets; false: evaluation->fault is set.
bool script_put_key(struct evaluation *evaluation, const struct expr *call, struct buffer *out);
bool script_put_ecdsa(struct evaluation *evaluation, const struct expr *call, struct buffer *out);
bool script_put_p256(struct evaluation *evaluation, const struct expr *call, struct buffer *out);
bool script_put_hpke(struct evaluation *evaluation, const struct expr *call, struct buffer *out);

#endif

// SPDX-License-Identifier: Apache-2.0
// Lays out a native script (tessera apdu fmt): four blanks a block, two more for expectations, one
// blank between words, hex in capital pairs, two blanks before a comment after code, at most one
// empty line. Comments and texts stay as they are; doing it twice changes nothing.
#ifndef APDU_SCRIPT_CHECK_LAYOUT_H
#define APDU_SCRIPT_CHECK_LAYOUT_H

#include "base/buffer.h"

/// Appends the laid-out text. Works on any text; what does not parse stays as wrong as it was.
void layout_script(struct bytes text, struct buffer *out);

#endif

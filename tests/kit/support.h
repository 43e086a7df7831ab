// SPDX-License-Identifier: Apache-2.0
// Small things that tests share: hexadecimal in and out.
#ifndef TESTS_KIT_SUPPORT_H
#define TESTS_KIT_SUPPORT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/// Octets of a hexadecimal text (blanks are skipped); aborts on anything else or too many octets.
size_t from_hex(const char *text, uint8_t *out, size_t capacity);

/// Are the octets exactly these? Prints both when not.
bool is_hex(const uint8_t *octets, size_t size, const char *text);

#endif

// SPDX-License-Identifier: Apache-2.0
// Files for tests: a private temporary directory, and blank card images in it.
#ifndef TESTS_KIT_IMAGE_H
#define TESTS_KIT_IMAGE_H

#include <stdbool.h>
#include <stddef.h>

enum { TEST_PATH_MAX = 256 };

/// Makes a directory of its own under $TMPDIR; aborts when it cannot. Remove it with
/// test_directory_remove.
void test_directory_make(char path[TEST_PATH_MAX]);
void test_directory_remove(const char *path);

/// Writes directory/name to path and a fresh card image of that name; the serial number ends with
/// the octet number. Aborts when it cannot.
void blank_image(const char *directory, const char *name, unsigned char number,
                 char path[TEST_PATH_MAX]);

#endif

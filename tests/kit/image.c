// SPDX-License-Identifier: Apache-2.0
#include "tests/kit/image.h"

#include <stdio.h>
#include <stdlib.h>

#include "card/applets.h"
#include "card/card.h"
#include "card/port/file.h"
#include "card/port/memory.h"
#include "readers/lab/process.h"

static void require(bool holds, const char *what) {
    if (holds)
        return;
    perror(what);
    abort();
}

void test_directory_make(char path[TEST_PATH_MAX]) {
    const char *parent = getenv("TMPDIR");
    snprintf(path, TEST_PATH_MAX, "%s/tessera-test-XXXXXX", parent != NULL ? parent : "/tmp");
    require(mkdtemp(path) != NULL, path);
}

void test_directory_remove(const char *path) {
    remove_tree(path);
}

void blank_image(const char *directory, const char *name, unsigned char number,
                 char path[TEST_PATH_MAX]) {
    uint8_t *image = calloc(1, NVM_IMAGE_SIZE);
    uint8_t serial[8] = {0, 0, 0, 0, 0, 0, 0, number};
    struct memory_port memory;
    struct crypto *crypto = crypto_openssl_new();
    require(image != NULL && crypto != NULL, "blank image");
    memory_port_open(&memory, image, NVM_IMAGE_SIZE);
    const struct card_ports ports = {.nvm = &memory.nvm, .crypto = crypto, .rom = &standard_rom};
    require(card_format(&ports, serial) == CARD_OK, "card_format");
    snprintf(path, TEST_PATH_MAX, "%s/%s", directory, name);
    require(file_image_write(path, bytes_of(image, NVM_IMAGE_SIZE), false) == FILE_OK, path);
    crypto_openssl_free(crypto);
    free(image);
}

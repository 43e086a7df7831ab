// SPDX-License-Identifier: Apache-2.0
// Command and response APDUs: what parses is written again octet by octet.
#include "apdu/octets/codec.h"
#include "tests/fuzz/fuzz.h"

#include <string.h>

static void check_command(struct bytes wire) {
    struct apdu_command command;
    if (!apdu_command_parse(wire, &command))
        return;
    MUST(wire.size >= APDU_HEADER_SIZE);
    MUST(command.data.size == 0 ||
         (command.data.data > wire.data &&
          command.data.data + command.data.size <= wire.data + wire.size));
    MUST(command.le <= APDU_EXTENDED_LE_MAX && command.data.size <= APDU_EXTENDED_LC_MAX);
    uint8_t *again = malloc(wire.size);
    MUST(again != NULL);
    MUST(apdu_command_encode(&command, again, wire.size) == wire.size);
    MUST(memcmp(again, wire.data, wire.size) == 0);
    MUST(apdu_command_encode(&command, again, wire.size - 1) == 0);
    free(again);
}

static void check_response(struct bytes wire) {
    struct apdu_response response;
    MUST(apdu_response_parse(wire, &response) == (wire.size >= 2));
    MUST(wire.size < 2 || response.data.size == wire.size - 2);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    check_command(bytes_of(data, size));
    check_response(bytes_of(data, size));
    return 0;
}

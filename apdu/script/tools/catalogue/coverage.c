// SPDX-License-Identifier: Apache-2.0
#include "apdu/script/tools/catalogue/coverage.h"

#include "apdu/command/catalogue.h"
#include "apdu/script/tools/catalogue/catalogue_print.h"

#include <string.h>

static bool met(struct bytes log, const char *command, uint16_t sw) {
    char line[96];
    int size = snprintf(line, sizeof line, "%s\t%04X\n", command, (unsigned)sw);
    for (size_t i = 0; i + (size_t)size <= log.size; i++)
        if ((i == 0 || log.data[i - 1] == '\n') && memcmp(log.data + i, line, (size_t)size) == 0)
            return true;
    return false;
}

/// 63Cx stands for any number of tries.
static bool met_family(struct bytes log, const char *command, uint16_t sw) {
    for (uint16_t i = 0; i < 16 && sw == SW_TRIES_LEFT; i++)
        if (met(log, command, sw | i))
            return true;
    return met(log, command, sw);
}

/// What any command may answer (docs/commands.md).
static bool is_general(uint16_t sw) {
    static const uint16_t general[] = {SW_OK,
                                       SW_WRONG_LENGTH,
                                       SW_WRONG_P1P2,
                                       SW_CHANNEL_NOT_SUPPORTED,
                                       SW_NOT_ALLOWED,
                                       SW_LIFE_CYCLE,
                                       SW_CLA_NOT_SUPPORTED,
                                       SW_INS_NOT_SUPPORTED,
                                       SW_INTERFACE,
                                       SW_SM_OBJECT_MISSING,
                                       SW_SM_OBJECT_WRONG,
                                       SW_LAST_COMMAND_EXPECTED,
                                       SW_MEMORY_FAILURE,
                                       SW_CHAINING_NOT_SUPPORTED,
                                       SW_SECURE_MESSAGING_NOT_SUPPORTED};
    for (size_t i = 0; i < sizeof general / sizeof general[0]; i++)
        if (sw == general[i])
            return true;
    return sw >> 8 == SW_MORE_DATA >> 8 || sw >> 8 == SW_WRONG_LE >> 8;
}

static bool is_documented(const struct catalogue_command *row, uint16_t sw) {
    for (size_t i = 0; i < row->refusal_count; i++)
        if (row->refusals[i] == sw ||
            (row->refusals[i] == SW_TRIES_LEFT && (sw & 0xFFF0) == SW_TRIES_LEFT))
            return true;
    return is_general(sw);
}

/// Lines of the log that no row and no general rule tells of.
static size_t print_undocumented(struct bytes log, const struct catalogue_own *own, FILE *out) {
    size_t count = 0, begin = 0;
    for (size_t i = 0; i < log.size; i++) {
        char line[96], command[64];
        unsigned sw;
        if (log.data[i] != '\n')
            continue;
        snprintf(line, sizeof line, "%.*s", (int)(i - begin), (const char *)log.data + begin);
        begin = i + 1;
        if (sscanf(line, "%63s %4X", command, &sw) != 2)
            continue;
        const struct catalogue_command *row = own_find_name(own, bytes_of_string(command));
        row = row != NULL ? row : catalogue_find_name(command);
        if (row != NULL && is_documented(row, (uint16_t)sw))
            continue;
        count++;
        fprintf(out, "undocumented\t%s\t%04X\t%s\n", command, sw, status_text((uint16_t)sw));
    }
    return count;
}

bool coverage_print(struct bytes log, const struct catalogue_own *own, FILE *out) {
    size_t documented = 0, found = 0;
    for (size_t i = own != NULL ? catalogue_size() : 0; i < catalogue_row_count(own); i++) {
        const struct catalogue_command *row = catalogue_row_at(own, i);
        for (size_t j = 0; j <= row->refusal_count; j++) {
            uint16_t sw = j < row->refusal_count ? row->refusals[j] : SW_OK;
            bool covered = met_family(log, row->name, sw);
            documented++;
            found += covered;
            if (!covered)
                fprintf(out, "missing\t%s\t%04X\t%s\n", row->name, (unsigned)sw, status_text(sw));
        }
    }
    size_t unknown = print_undocumented(log, own, out);
    fprintf(out, "coverage: %zu of %zu\n", found, documented);
    return found == documented && unknown == 0;
}

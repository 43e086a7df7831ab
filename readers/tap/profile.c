// SPDX-License-Identifier: Apache-2.0
#include "readers/tap/profile.h"

#include <stdlib.h>
#include <string.h>

#include "apdu/catalogue.h"

const struct tap_profile tap_profile_usual = {
    .apdu = 1.0, .octet = 0.002, .sign = 25.0, .verify = 30.0, .commit = 3.0};

// Signatures made and checked, transactions committed, by commands that a tap may have. A first
// meeting checks the card's certificate and its issuer's.
static const struct {
    enum command_id command;
    unsigned signs, verifies, commits;
} costs[] = {
    {COMMAND_PURSE_EXCHANGE_CERTIFICATES, 0, 2, 1},
    {COMMAND_PURSE_REQUEST, 1, 0, 1},
    {COMMAND_PURSE_DEBIT, 1, 1, 1},
    {COMMAND_PURSE_CREDIT, 1, 1, 1},
    {COMMAND_PURSE_VOID, 1, 0, 1},
    {COMMAND_PURSE_RATIFY, 0, 1, 1},
    {COMMAND_PURSE_TAKE_VOID, 0, 1, 1},
    {COMMAND_PURSE_ISSUE, 0, 1, 1},
    {COMMAND_PURSE_STATEMENT, 1, 0, 0},
};

static const struct catalogue_command *row_of(struct bytes command) {
    static const char *const applets[] = {"purse", "isd", "piv", "ndef"};
    const struct catalogue_command *row = NULL;
    for (size_t i = 0; command.size >= 4 && row == NULL && i < sizeof applets / sizeof applets[0];
         i++)
        row = catalogue_find(applets[i], command.data[0], command.data[1], command.data[2],
                             command.data[3]);
    return row;
}

const char *tap_command_title(struct bytes command) {
    const struct catalogue_command *row = row_of(command);
    return row != NULL ? row->title : "?";
}

double tap_profile_time(const struct tap_profile *profile, struct bytes command, size_t answer) {
    const struct catalogue_command *row = row_of(command);
    double time = profile->apdu + profile->octet * (double)(command.size + answer);
    for (size_t i = 0; row != NULL && i < sizeof costs / sizeof costs[0]; i++)
        if (costs[i].command == row->id)
            time += costs[i].signs * profile->sign + costs[i].verifies * profile->verify +
                    costs[i].commits * profile->commit;
    return time;
}

static double *place(struct tap_profile *profile, const char *name) {
    const struct {
        const char *name;
        double *place;
    } places[] = {{"apdu", &profile->apdu},
                  {"octet", &profile->octet},
                  {"sign", &profile->sign},
                  {"verify", &profile->verify},
                  {"commit", &profile->commit}};
    for (size_t i = 0; i < sizeof places / sizeof places[0]; i++)
        if (strcmp(places[i].name, name) == 0)
            return places[i].place;
    return NULL;
}

bool tap_profile_read(FILE *file, struct tap_profile *profile, char *error, size_t size) {
    char line[256], name[32], rest[2];
    *profile = tap_profile_usual;
    for (unsigned number = 1; fgets(line, sizeof line, file) != NULL; number++) {
        double value = -1;
        line[strcspn(line, "#\n")] = '\0';
        int words = sscanf(line, " %31s %lf %1s", name, &value, rest);
        double *where = words >= 1 ? place(profile, name) : NULL;
        if (words <= 0)
            continue;
        if (words != 2 || where == NULL || !(value >= 0 && value < 1e6)) {
            snprintf(error, size,
                     "line %u: \"%.60s\" is not NAME MILLISECONDS (apdu, octet, sign, verify, "
                     "commit)",
                     number, line);
            return false;
        }
        *where = value;
    }
    return true;
}

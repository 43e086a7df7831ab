// SPDX-License-Identifier: Apache-2.0
#include "readers/tap/profile.h"

#include <stdlib.h>
#include <string.h>

#include "apdu/command/catalogue.h"

const struct tap_profile tap_profile_usual = {
    .apdu = 1.0, .octet = 0.002, .sign = 25.0, .verify = 30.0, .commit = 3.0};

static const struct catalogue_command *find_in(const char *applet, struct bytes command) {
    return command.size < 4 ? NULL
                            : catalogue_find(applet, command.data[0], command.data[1],
                                             command.data[2], command.data[3]);
}

/// A tap is mostly a purse's: its rows come first.
static const struct catalogue_command *row_of(struct bytes command) {
    const struct catalogue_command *row = find_in("purse", command);
    for (size_t i = 0; row == NULL && i < application_count; i++)
        row = find_in(applications[i]->name, command);
    return row;
}

const char *tap_command_title(struct bytes command) {
    const struct catalogue_command *row = row_of(command);
    return row != NULL ? row->title : "?";
}

double tap_profile_time(const struct tap_profile *profile, struct bytes command, size_t answer) {
    const struct catalogue_command *row = row_of(command);
    double time = profile->apdu + profile->octet * (double)(command.size + answer);
    if (row != NULL)
        time += row->work.signs * profile->sign + row->work.verifies * profile->verify +
                row->work.commits * profile->commit;
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

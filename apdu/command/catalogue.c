// SPDX-License-Identifier: Apache-2.0
#include "apdu/command/catalogue.h"

#include <string.h>

#include "apdu/command/applets.h"
#include "apdu/command/applets/identity_commands.h"
#include "apdu/command/applets/os_commands.h"

#define DECLARE(name) extern const struct application name##_application;
APPLETS(DECLARE)
#undef DECLARE

#define ENTRY(name) &name##_application,
const struct application *const applications[] = {&os_application,
                                                  APPLETS(ENTRY) & identity_application};
#undef ENTRY

const size_t application_count = sizeof applications / sizeof applications[0];

// ---- applications --------------------------------------------------------------------------

const struct application *catalogue_application(const char *name) {
    for (size_t i = 0; i < application_count; i++)
        if (strcmp(applications[i]->name, name) == 0)
            return applications[i];
    return NULL;
}

const struct application *catalogue_application_of(struct bytes aid) {
    for (size_t i = 0; i < application_count; i++) {
        const struct application *one = applications[i];
        size_t known = one->aid_known > 0 ? one->aid_known : one->aid_size;
        size_t common = aid.size < known ? aid.size : known;
        if (one->command_count > 0 && common >= 5 && memcmp(aid.data, one->aid, common) == 0)
            return one;
    }
    return NULL;
}

const struct catalogue_grouping *catalogue_grouping(uint16_t dgi) {
    for (size_t i = 0; i < application_count; i++)
        for (size_t j = 0; j < applications[i]->grouping_count; j++)
            if (applications[i]->groupings[j].dgi == dgi)
                return &applications[i]->groupings[j];
    return NULL;
}

// ---- commands ------------------------------------------------------------------------------

const struct catalogue_command *catalogue_at(size_t index) {
    for (size_t i = 0; i < application_count; i++) {
        if (index < applications[i]->command_count)
            return &applications[i]->commands[index];
        index -= applications[i]->command_count;
    }
    return NULL;
}

size_t catalogue_size(void) {
    size_t size = 0;
    for (size_t i = 0; i < application_count; i++)
        size += applications[i]->command_count;
    return size;
}

size_t catalogue_index(const struct catalogue_command *row) {
    size_t index = 0;
    while (index < catalogue_size() && catalogue_at(index) != row)
        index++;
    return index;
}

static const struct catalogue_command *find_in(const struct application *application, uint8_t cla,
                                               uint8_t ins, uint8_t p1, uint8_t p2) {
    for (size_t i = 0; application != NULL && i < application->command_count; i++) {
        const struct catalogue_command *row = &application->commands[i];
        if (row->cla == cla && row->ins == ins && (p1 & row->p1_mask) == row->p1 &&
            (p2 & row->p2_mask) == row->p2)
            return row;
    }
    return NULL;
}

const struct catalogue_command *catalogue_find(const char *applet, uint8_t cla, uint8_t ins,
                                               uint8_t p1, uint8_t p2) {
    const struct catalogue_command *row = find_in(&os_application, cla, ins, p1, p2);
    return row != NULL ? row : find_in(catalogue_application(applet), cla, ins, p1, p2);
}

const struct catalogue_command *catalogue_find_name(const char *name) {
    for (size_t i = 0; i < catalogue_size(); i++)
        if (strcmp(catalogue_at(i)->name, name) == 0)
            return catalogue_at(i);
    return NULL;
}

// SPDX-License-Identifier: Apache-2.0
#include "host/service/charge_setup.h"

#include "services/wire/api/charge_api.h"

#include <stdio.h>

static bool say(struct service_client *client, const struct endpoint *row, json_t *member,
                const char *where, unsigned *said, struct failure *failure) {
    struct form in;
    struct problem problem = {0};
    struct failure why = {0};
    service_client_form(client, row, &in);
    if (!form_from_json(&in, member, "", &problem))
        return fail(failure, EXIT_USAGE, "%s: %s %s", where, problem.field, problem.detail);
    if (!service_client_ask(client, row, &in, NULL, &why))
        return fail(failure, why.code, "%s: %s", where, why.text);
    ++*said;
    return true;
}

static bool say_all(struct service_client *client, json_t *file, const char *path, unsigned *said,
                    struct failure *failure) {
    static const struct {
        const char *name;
        const struct endpoint *row;
    } members[] = {{"settings", &charge_settings}, {"tariffs", &charge_tariff},
                   {"payees", &charge_payee},      {"subscribers", &charge_subscriber},
                   {"deposits", &charge_deposits}, {"passwords", &charge_password}};
    size_t known = 0;
    for (size_t i = 0; i < sizeof members / sizeof members[0]; i++) {
        char where[PATH_MAX + 60];
        json_t *member = json_object_get(file, members[i].name), *item;
        size_t k;
        known += member != NULL;
        snprintf(where, sizeof where, "%s: %s", path, members[i].name);
        if (json_is_object(member) && !say(client, members[i].row, member, where, said, failure))
            return false;
        json_array_foreach(member, k, item) {
            snprintf(where, sizeof where, "%s: %s[%zu]", path, members[i].name, k);
            if (!say(client, members[i].row, item, where, said, failure))
                return false;
        }
    }
    return known == json_object_size(file) ||
           fail(failure, EXIT_USAGE,
                "%s: members are settings, tariffs, payees, subscribers, deposits and passwords, "
                "and no other",
                path);
}

bool charge_setup(struct service_client *client, const char *path, unsigned *said,
                  struct failure *failure) {
    json_error_t error;
    json_t *file = json_load_file(path, JSON_REJECT_DUPLICATES, &error);
    *said = 0;
    if (file == NULL)
        return fail(failure, EXIT_USAGE, "%s:%d: %s", path, error.line, error.text);
    bool done = json_is_object(file) ? say_all(client, file, path, said, failure)
                                     : fail(failure, EXIT_USAGE, "%s holds no JSON object", path);
    json_decref(file);
    return done;
}

bool charge_close_all(struct service_client *client, const char *month, struct form *out,
                      void (*told)(const struct form *out), struct failure *failure) {
    struct form in;
    service_client_form(client, &charge_close, &in);
    form_set_text(&in, NAME_MONTH, month);
    do {
        if (!service_client_ask(client, &charge_close, &in, out, failure))
            return false;
        if (told != NULL)
            told(out);
    } while (form_uint(out, NAME_CLOSED) == 0);
    return true;
}

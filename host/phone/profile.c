// SPDX-License-Identifier: Apache-2.0
#include "host/phone/profile.h"

#include "base/files.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

const char *const phone_profiles[] = {"phone", "pda", "notebook", "desktop", NULL};

static bool check(const char *mail, struct failure *failure) {
    size_t size = strlen(mail);
    return (size >= 3 && size < PHONE_MAIL_MAX && strpbrk(mail, " \t\r\n") == NULL &&
            strchr(mail, '@') != NULL) ||
           fail(failure, EXIT_USAGE, "'%.70s' is no mail address of 3 to %d characters", mail,
                PHONE_MAIL_MAX - 1);
}

bool phone_mail(const struct machine_state *state, const char *given, char out[PHONE_MAIL_MAX],
                struct failure *failure) {
    char path[PATH_MAX];
    size_t size = 0;
    memset(out, 0, PHONE_MAIL_MAX);
    if (!files_path(path, sizeof path, state->directory, "mail"))
        return fail_errno(failure, "%s", state->directory);
    if (given != NULL) {
        snprintf(out, PHONE_MAIL_MAX, "%s", given);
        return check(given, failure) &&
               (files_write(path, bytes_of_string(given), FILES_SECRET, FILES_REPLACE) ||
                fail_errno(failure, "cannot write %s", path));
    }
    if (files_read(path, (uint8_t *)out, PHONE_MAIL_MAX - 1, &size))
        return check(out, failure);
    return fail(failure, EXIT_USAGE, "nobody said the owner's mail address yet: --mail ADDRESS");
}

// SPDX-License-Identifier: Apache-2.0
#include "host/phone/slip.h"

#include "apdu/octets/tlv.h"
#include "base/files.h"

#include <dirent.h>
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

// ---- as it comes -------------------------------------------------------------------------------

static bool take_text(struct bytes value, char out[SLIP_TEXT_MAX + 1]) {
    if (value.size == 0 || value.size > SLIP_TEXT_MAX)
        return false;
    memcpy(out, value.data, value.size);
    out[value.size] = '\0';
    return strlen(out) == value.size;
}

/// Names of tills are letters, digits and signs that a file's name may have.
static bool take_name(struct slip *slip) {
    struct bytes payee = slip->request.fields[FIELD_PAYEE];
    int size = snprintf(slip->name, sizeof slip->name, "%.*s-%" PRIu64, (int)payee.size,
                        (const char *)payee.data, object_uint(&slip->request, FIELD_N));
    return size > 0 && size < (int)sizeof slip->name && slip->name[0] != '.' &&
           strchr(slip->name, '/') == NULL;
}

bool slip_parse(struct bytes octets, struct slip *out) {
    struct tlv request, till, text;
    *out = (struct slip){.whole = octets};
    if (!tlv_find(octets, SLIP_REQUEST, &request) || !tlv_find(octets, SLIP_TILL, &till) ||
        !tlv_find(octets, SLIP_TEXT, &text))
        return false;
    out->till = till.value;
    return object_decode_as(OBJECT_PAYMENT_REQUEST, request.value, &out->request) &&
           out->request.fields[FIELD_REFERENCE].size > 0 &&
           out->request.fields[FIELD_REFERENCE].data[0] == REFERENCE_GOODS &&
           take_text(text.value, out->text) && take_name(out);
}

// ---- as it is kept -----------------------------------------------------------------------------

static bool path_of(const struct machine_state *state, const char *name, const char *suffix,
                    char out[PATH_MAX], struct failure *failure) {
    return machine_state_path(state, "slips", name, suffix, out, failure);
}

static bool keep(const struct machine_state *state, const char *name, const char *suffix,
                 struct bytes octets, struct failure *failure) {
    char path[PATH_MAX];
    return path_of(state, name, suffix, path, failure) &&
           (files_write(path, octets, FILES_SECRET, FILES_NEW) || errno == EEXIST ||
            fail_errno(failure, "cannot write %s", path));
}

bool slip_keep(const struct machine_state *state, const struct slip *slip,
               struct failure *failure) {
    return keep(state, slip->name, ".slip", slip->whole, failure);
}

bool slip_is_kept(const struct machine_state *state, const struct slip *slip) {
    char path[PATH_MAX];
    struct failure failure;
    return path_of(state, slip->name, ".slip", path, &failure) && access(path, F_OK) == 0;
}

bool slip_answered(const struct machine_state *state, const char *name,
                   uint8_t buffer[SLIP_ANSWER_MAX], struct bytes *answer) {
    char path[PATH_MAX];
    struct failure failure;
    size_t size = 0;
    if (!path_of(state, name, ".answer", path, &failure) ||
        !files_read(path, buffer, SLIP_ANSWER_MAX, &size))
        return false;
    *answer = bytes_of(buffer, size);
    return true;
}

bool slip_keep_answer(const struct machine_state *state, const char *name, struct bytes answer,
                      struct failure *failure) {
    return keep(state, name, ".answer", answer, failure);
}

// ---- those that are open -----------------------------------------------------------------------

/// A file of the folder: nothing, or a slip without an answer.
static bool look(const struct machine_state *state, const char *file,
                 bool (*visit)(void *context, const struct slip *slip), void *context,
                 struct failure *failure) {
    uint8_t octets[SLIP_MAX], answer[SLIP_ANSWER_MAX];
    struct bytes answered;
    struct slip slip;
    char name[SLIP_NAME_MAX], path[PATH_MAX];
    const char *suffix = strrchr(file, '.');
    size_t size = 0;
    if (suffix == NULL || strcmp(suffix, ".slip") != 0 || suffix - file >= SLIP_NAME_MAX)
        return true;
    snprintf(name, sizeof name, "%.*s", (int)(suffix - file), file);
    if (slip_answered(state, name, answer, &answered))
        return true;
    if (!path_of(state, name, ".slip", path, failure) ||
        !files_read(path, octets, sizeof octets, &size))
        return fail_errno(failure, "cannot read %s", path);
    if (!slip_parse(bytes_of(octets, size), &slip) || strcmp(slip.name, name) != 0)
        return fail(failure, EXIT_REFUSED, "%s is no slip of a machine", path);
    return visit(context, &slip);
}

bool slip_each_open(const struct machine_state *state,
                    bool (*visit)(void *context, const struct slip *slip), void *context,
                    struct failure *failure) {
    char path[PATH_MAX];
    if (!files_path(path, sizeof path, state->directory, "slips"))
        return fail_errno(failure, "%s", state->directory);
    DIR *folder = opendir(path);
    if (folder == NULL)
        return errno == ENOENT || fail_errno(failure, "cannot read %s", path);
    bool done = true;
    for (const struct dirent *one; done && (one = readdir(folder)) != NULL;)
        done = look(state, one->d_name, visit, context, failure);
    closedir(folder);
    return done;
}

// SPDX-License-Identifier: Apache-2.0
// The field lives in DIRECTORY/air: terminals by the readers' names, and its control socket.
#include "readers/lab/air.h"

#include <ctype.h>
#include <errno.h>
#include <limits.h>
#include <poll.h>
#include <sched.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

#include "readers/control.h"
#include "readers/lab/process.h"

enum { ORDER_MS = 5000, LOOK_MS = 10, ARGUMENTS_MAX = 6 + 2 * (LAB_NFC_MAX + LAB_TAPS_MAX) };

static void connection(const struct lab *lab, size_t reader, char *text, size_t size) {
    snprintf(text, size, "pn532_uart:%s/air/%s:115200", lab->directory,
             lab->options->nfc_readers.items[reader]);
}

static void export_reader(struct lab *lab, size_t reader) {
    char name[sizeof lab->exports[0].name], value[sizeof lab->exports[0].value];
    connection(lab, reader, value, sizeof value);
    snprintf(name, sizeof name, "TESSERA_NFC_%.32s", lab->options->nfc_readers.items[reader]);
    for (char *at = name; *at != '\0'; at++)
        if (!isalnum((unsigned char)*at))
            *at = '_';
    lab_export(lab, name, value);
    char written[sizeof name];
    snprintf(written, sizeof written, "%s", name);
    for (char *at = name; *at != '\0'; at++)
        *at = (char)toupper((unsigned char)*at);
    if (strcmp(written, name) != 0)
        lab_export(lab, name, value);
}

// For programs that list all devices; what libnfc needs to know stands in one file.
static bool write_configuration(struct lab *lab) {
    char directory[LAB_PATH_MAX], path[LAB_PATH_MAX], value[160];
    lab_file(lab->directory, directory, "air/etc");
    lab_file(lab->directory, path, "air/etc/libnfc.conf");
    FILE *file = mkdir(directory, 0755) == 0 ? fopen(path, "w") : NULL;
    if (file == NULL)
        return lab_fail(lab, "cannot write %s: %s", path, strerror(errno));
    fputs("allow_autoscan = false\n", file);
    for (size_t i = 0; i < lab->options->nfc_readers.count; i++) {
        connection(lab, i, value, sizeof value);
        fprintf(file, "device.name = \"%s\"\ndevice.connstring = \"%s\"\n",
                lab->options->nfc_readers.items[i], value);
    }
    return fclose(file) == 0 || lab_fail(lab, "cannot write %s: %s", path, strerror(errno));
}

static bool start_field(struct lab *lab, const char *directory) {
    static char dir[] = "--dir", reader[] = "--reader", tap[] = "--tap", trace[] = "--trace";
    char program[4096], *argv[ARGUMENTS_MAX + 1];
    size_t count = 0;
    if (!process_find("tessera-field", program, sizeof program))
        return lab_fail(lab, "there is no tessera-field beside tessera-lab or in PATH");
    argv[count++] = program;
    argv[count++] = dir;
    argv[count++] = strdup(directory);
    for (size_t i = 0; i < lab->options->nfc_readers.count; i++) {
        argv[count++] = reader;
        argv[count++] = strdup(lab->options->nfc_readers.items[i]);
    }
    for (size_t i = 0; i < lab->options->taps.count; i++) {
        argv[count++] = tap;
        argv[count++] = strdup(lab->options->taps.items[i]);
    }
    if (lab->options->nfc_trace != NULL) {
        argv[count++] = trace;
        argv[count++] = strdup(lab->options->nfc_trace);
    }
    argv[count] = NULL;
    lab->field =
        process_start(&(struct process){.argv = argv, .log = lab->field_log, .service = true});
    return lab->field > 0 || lab_fail(lab, "cannot start %s: %s", program, strerror(errno));
}

bool air_up(struct lab *lab) {
    char directory[LAB_PATH_MAX], value[160];
    if (lab->options->nfc_readers.count == 0)
        return true;
    lab_file(lab->directory, directory, "air");
    lab_file(lab->directory, lab->field_log, "air.log");
    if (mkdir(directory, 0700) != 0)
        return lab_fail(lab, "cannot make %s: %s", directory, strerror(errno));
    if (!write_configuration(lab) || !start_field(lab, directory))
        return false;
    for (size_t i = 0; i < lab->options->nfc_readers.count; i++)
        export_reader(lab, i);
    connection(lab, 0, value, sizeof value);
    lab_export(lab,
               lab->options->nfc_readers.count == 1 ? "LIBNFC_DEVICE" : "LIBNFC_DEFAULT_DEVICE",
               value);
    lab_export(lab, "LIBNFC_AUTO_SCAN", "false");
    return true;
}

int air_await(const struct lab *lab) {
    char path[LAB_PATH_MAX], reply[CONTROL_LINE_MAX];
    if (lab->options->nfc_readers.count == 0)
        return 0;
    lab_file(lab->directory, path, "air/control");
    for (int left = LAB_UP_SECONDS * 1000; left > 0; left -= LOOK_MS) {
        if (access(path, F_OK) == 0 && control_ask(path, "status", ORDER_MS, reply, sizeof reply))
            return 0;
        poll(NULL, 0, LOOK_MS);
    }
    fprintf(stderr, "the NFC field did not come up\n");
    return 1;
}

// ---- the command's own view of /etc/nfc -------------------------------------------------------

static bool write_text(const char *path, const char *text) {
    FILE *file = fopen(path, "w");
    if (file == NULL)
        return false;
    bool written = fputs(text, file) >= 0;
    return fclose(file) == 0 && written;
}

// An ordinary user needs a user namespace for a mount; he stays who he is in it.
static bool may_mount(void) {
    uid_t user = geteuid();
    gid_t group = getegid();
    char users[64], groups[64];
    if (user == 0)
        return unshare(CLONE_NEWNS) == 0;
    snprintf(users, sizeof users, "%u %u 1", user, user);
    snprintf(groups, sizeof groups, "%u %u 1", group, group);
    return unshare(CLONE_NEWUSER | CLONE_NEWNS) == 0 &&
           write_text("/proc/self/setgroups", "deny") && write_text("/proc/self/uid_map", users) &&
           write_text("/proc/self/gid_map", groups);
}

void air_configure(const struct lab *lab) {
    char directory[LAB_PATH_MAX];
    lab_file(lab->directory, directory, "air/etc");
    bool done = lab->options->nfc_readers.count >= 2 && access("/etc/nfc", F_OK) == 0 &&
                may_mount() && mount("none", "/", NULL, MS_REC | MS_PRIVATE, NULL) == 0 &&
                mount(directory, "/etc/nfc", NULL, MS_BIND, NULL) == 0;
    if (done)
        unsetenv("LIBNFC_DEFAULT_DEVICE"); // the file names every reader, this one too
}

// ---- orders to a lab that runs ----------------------------------------------------------------

static int pass_order(const char *order) {
    char directory[LAB_PATH_MAX], path[LAB_PATH_MAX], reply[CONTROL_LINE_MAX];
    int code = lab_find(directory, sizeof directory);
    if (code != 0)
        return code;
    lab_file(directory, path, "air/control");
    if (!control_ask(path, order, ORDER_MS, reply, sizeof reply)) {
        fprintf(stderr, "tessera lab: the lab in %s has no NFC readers: %s\n", directory, reply);
        return 3;
    }
    if (strncmp(reply, "ok", 2) == 0)
        return 0;
    fprintf(stderr, "tessera lab: %s\n", strncmp(reply, "error ", 6) == 0 ? reply + 6 : reply);
    return 1;
}

// An image is named by its full path: the field runs elsewhere.
static void full_name(const char *what, char *name, size_t size) {
    char path[PATH_MAX];
    snprintf(name, size, "%s", realpath(what, path) != NULL ? path : what);
}

static int no_word(const char *name) {
    fprintf(stderr, "tessera lab: \"%s\" is too long or has a quote in it\n", name);
    return 2;
}

int air_tap(const char *what) {
    char order[CONTROL_LINE_MAX] = "tap", subject[PATH_MAX], name[PATH_MAX];
    const char *at = strrchr(what, '@');
    if (at == NULL || at == what || at[1] == '\0') {
        fprintf(stderr, "tessera lab: \"%s\": write lab tap IMAGE@NAME\n", what);
        return 2;
    }
    snprintf(subject, sizeof subject, "%.*s", (int)(at - what), what);
    full_name(subject, name, sizeof name);
    if (control_add_word(order, sizeof order, name) &&
        control_add_word(order, sizeof order, at + 1))
        return pass_order(order);
    return no_word(name);
}

int air_untap(const char *what) {
    char order[CONTROL_LINE_MAX] = "untap", name[PATH_MAX];
    full_name(what, name, sizeof name);
    return control_add_word(order, sizeof order, name) ? pass_order(order) : no_word(name);
}

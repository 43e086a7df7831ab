// SPDX-License-Identifier: Apache-2.0
#include "personalization/authority/files/outfit.h"

#include "base/files.h"
#include "personalization/authority/files/folder.h"

#include <errno.h>
#include <ftw.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/// An outfit on its way.
struct fitting {
    const struct outfit *outfit;
    char authority[PATH_MAX];
    struct ca ca; // opened when it is needed first
    bool open;
    struct failure *failure;
};

static bool is_there(const char *path) {
    return access(path, F_OK) == 0;
}

static bool make_directory(const char *path, struct failure *failure) {
    return mkdir(path, 0700) == 0 || errno == EEXIST ||
           fail_errno(failure, "cannot make the directory %s", path);
}

// ---- the authority -----------------------------------------------------------------------------

/// A second authority would make certificates that nobody of the first believes.
static bool found(struct fitting *fitting, const char *wanted) {
    const struct outfit *outfit = fitting->outfit;
    for (size_t i = 0; i < outfit->count; i++)
        if (outfit->servers[i].tls != NULL && is_there(outfit->servers[i].tls))
            return fail(fitting->failure, EXIT_USAGE,
                        "%s is missing, and so is the authority %s that made %s; bring it back, or "
                        "make the folder where it is now with 'tessera ca issue --out'",
                        wanted, fitting->authority, outfit->servers[i].tls);
    return ca_init(fitting->authority, NULL, outfit->crypto, outfit->today, fitting->failure);
}

static bool open_authority(struct fitting *fitting, const char *wanted) {
    const struct outfit *outfit = fitting->outfit;
    char what[128] = "an authority with the fingerprint ", *fingerprint = what + strlen(what);
    if (fitting->open)
        return true;
    bool is_new = !is_there(fitting->authority);
    if (is_new && !found(fitting, wanted))
        return false;
    fitting->open = ca_open(&fitting->ca, fitting->authority, NULL, outfit->crypto, outfit->today,
                            fitting->failure);
    if (fitting->open && is_new && ca_fingerprint(&fitting->ca, fingerprint))
        outfit->made(fitting->authority, what);
    return fitting->open;
}

// ---- folders -----------------------------------------------------------------------------------

static int remove_entry(const char *path, const struct stat *about, int kind, struct FTW *place) {
    (void)about, (void)kind, (void)place;
    return remove(path);
}

/// What a start that was cut off has left: keys that nobody has, and the certificate for them. id
/// NULL: there is none.
static bool clear_draft(struct fitting *fitting, const char *draft, const char *id) {
    struct failure none;
    size_t revoked = 0;
    if (!is_there(draft))
        return true;
    if (id != NULL && register_count(&fitting->ca.issued, id) > 0)
        (void)ca_revoke(&fitting->ca, id, &revoked, &none); // unless it was refused before
    return nftw(draft, remove_entry, 4, FTW_DEPTH | FTW_PHYS) == 0 ||
           fail_errno(fitting->failure, "cannot remove %s", draft);
}

/// Opens what makes folders, and makes room for one, which has a name of its own until it is whole.
static bool begin(struct fitting *fitting, const char *directory, const char *id,
                  char draft[PATH_MAX]) {
    if (snprintf(draft, PATH_MAX, "%s.new", directory) >= PATH_MAX)
        return fail(fitting->failure, EXIT_USAGE, "%s is too long a name", directory);
    return open_authority(fitting, directory) && clear_draft(fitting, draft, id);
}

static bool keep(struct fitting *fitting, const char *draft, const char *directory,
                 const char *what) {
    if (rename(draft, directory) != 0 || !files_sync_directory(directory))
        return fail_errno(fitting->failure, "cannot make %s", directory);
    fitting->outfit->made(directory, what);
    return true;
}

static bool issue(struct fitting *fitting, const struct ca_request *request,
                  const char *directory) {
    char draft[PATH_MAX], what[2 * HOLDER_MAX + 64];
    struct ca_answer answer;
    if (is_there(directory))
        return true;
    if (!begin(fitting, directory, request->id, draft) ||
        !ca_folder_issue(&fitting->ca, request, draft, &answer, fitting->failure))
        return false;
    snprintf(what, sizeof what, "keys and certificates of the %s %s until %u",
             role_name(request->roles), request->id, answer.validity.until);
    return keep(fitting, draft, directory, what);
}

static bool take_center(struct fitting *fitting, const char *directory) {
    char draft[PATH_MAX];
    return is_there(directory) ||
           (begin(fitting, directory, NULL, draft) && ca_folder_make(draft, fitting->failure) &&
            ca_folder_center(&fitting->ca, draft, fitting->failure) &&
            keep(fitting, draft, directory, "keys and certificates of the center that cards obey"));
}

// ---- servers -----------------------------------------------------------------------------------

static void add_host(struct x509_hosts *hosts, const char *name) {
    if (name == NULL || !x509_host_is_valid(name))
        return;
    for (size_t i = 0; i < hosts->count; i++)
        if (strcmp(hosts->names[i], name) == 0)
            return;
    snprintf(hosts->names[hosts->count++], X509_HOST_MAX, "%s", name);
}

static void name_hosts(struct x509_hosts *hosts, const struct outfit_server *server) {
    const char *port = strrchr(server->listen, ':');
    size_t size = port != NULL ? (size_t)(port - server->listen) : strlen(server->listen);
    bool bracketed = server->listen[0] == '[' && size > 2;
    char address[X509_HOST_MAX];
    snprintf(address, sizeof address, "%.*s", (int)(bracketed ? size - 2 : size),
             bracketed ? server->listen + 1 : server->listen);
    hosts->count = 0;
    add_host(hosts, server->host);
    add_host(hosts, address);
    add_host(hosts, "localhost");
    add_host(hosts, "127.0.0.1");
}

static bool fit_out(struct fitting *fitting, const struct outfit_server *server) {
    char id[HOLDER_MAX + 1];
    struct x509_hosts hosts;
    const struct ca_request request = {.id = id,
                                       .roles = server->role,
                                       .enterprise = server->enterprise,
                                       .assurance = ASSURANCE_EMULATED,
                                       .hosts = &hosts};
    snprintf(id, sizeof id, "%s-1", server->name);
    name_hosts(&hosts, server);
    return make_directory(server->state, fitting->failure) &&
           (server->tls == NULL || issue(fitting, &request, server->tls)) &&
           (server->center == NULL || take_center(fitting, server->center));
}

/// Who asks bank, registry, telephone company and center.
static bool fit_out_operator(struct fitting *fitting) {
    const struct ca_request request = {.id = "operator",
                                       .roles = ROLE_OPERATOR,
                                       .enterprise = "",
                                       .assurance = ASSURANCE_EMULATED};
    char path[PATH_MAX];
    if (!files_path(path, sizeof path, fitting->outfit->house, "operator"))
        return fail_errno(fitting->failure, "%s", fitting->outfit->house);
    return issue(fitting, &request, path);
}

bool outfit_make(const struct outfit *outfit, struct failure *failure) {
    struct fitting fitting = {.outfit = outfit, .failure = failure};
    if (!files_path(fitting.authority, sizeof fitting.authority, outfit->house, "ca"))
        return fail_errno(failure, "%s", outfit->house);
    bool done = make_directory(outfit->house, failure);
    for (size_t i = 0; done && i < outfit->count; i++)
        done = fit_out(&fitting, &outfit->servers[i]);
    done = done && fit_out_operator(&fitting);
    if (fitting.open)
        ca_close(&fitting.ca);
    return done;
}

// SPDX-License-Identifier: Apache-2.0
#include "services/wire/courier/courier_files.h"

#include "base/files.h"
#include "base/must.h"

#include <errno.h>
#include <string.h>

void courier_files_begin(struct courier_files *files) {
    files->target_count = 0;
    files->http = NULL;
}

void courier_files_target(struct courier_files *files, const char *name, const char *url) {
    if (url == NULL)
        return;
    must(files->target_count < COURIER_FILES_TARGETS, "a courier has so many targets");
    files->targets[files->target_count++] = (struct courier_http_target){name, url};
}

static bool set_paths(struct courier_files *files, const char *directory, struct failure *failure) {
    return (files_path(files->root, PATH_MAX, directory, "root.pem") &&
            files_path(files->certificate, PATH_MAX, directory, "certificate.pem") &&
            files_path(files->key, PATH_MAX, directory, "key.pem") &&
            files_path(files->revoked, PATH_MAX, directory, "crl.pem")) ||
           fail_errno(failure, "%s", directory);
}

static bool read_gateway(struct courier_files *files, const char *directory,
                         struct failure *failure) {
    char path[PATH_MAX];
    size_t size = 0;
    memset(files->gateway, 0, sizeof files->gateway);
    if (!files_path(path, sizeof path, directory, "gateway"))
        return fail_errno(failure, "%s", directory);
    if (!files_read(path, (uint8_t *)files->gateway, sizeof files->gateway - 1, &size))
        return errno == ENOENT || fail_errno(failure, "cannot read %s", path);
    files->gateway[strcspn(files->gateway, "\r\n")] = '\0';
    return true;
}

bool courier_files_open(struct courier_files *files, const char *directory,
                        struct failure *failure) {
    if (!set_paths(files, directory, failure) || !read_gateway(files, directory, failure))
        return false;
    files->options =
        (struct courier_http_options){.targets = files->targets,
                                      .target_count = files->target_count,
                                      .root = files->root,
                                      .certificate = files->certificate,
                                      .key = files->key,
                                      .gateway = files->gateway[0] != '\0' ? files->gateway : NULL,
                                      .revoked = files->revoked};
    files->http = courier_http_open(&files->options, failure);
    return files->http != NULL;
}

void courier_files_close(struct courier_files *files) {
    if (files->http != NULL)
        courier_http_close(files->http);
    files->http = NULL;
}

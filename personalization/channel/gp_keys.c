// SPDX-License-Identifier: Apache-2.0
#include "personalization/channel/gp_keys.h"

#include "apdu/script/run/host.h"

#include <stdio.h>
#include <string.h>

/// Is this a file that `tessera perso key` made?
static bool is_master_file(const char *name) {
    static const char mark[] = "tessera-master-key ";
    char line[sizeof mark] = "";
    FILE *file = fopen(name, "re");
    bool found = file != NULL && fgets(line, sizeof line, file) != NULL && strcmp(line, mark) == 0;
    if (file != NULL)
        fclose(file);
    return found;
}

bool gp_keys_open(struct gp_key_source *source, const char *name, const struct crypto *crypto,
                  const struct key_access *access, struct failure *failure) {
    const char *error = "";
    *source = (struct gp_key_source){.derived = false};
    if (strcmp(name, "published") == 0) {
        struct gp_card blank = {.version = GP_PUBLISHED_VERSION};
        return gp_published_keys(NULL, &blank, &source->fixed, &error);
    }
    source->derived = strncmp(name, "pkcs11:", 7) == 0 || is_master_file(name);
    if (source->derived)
        return master_key_open(&source->master, name, crypto, access, failure);
    return host_keys_read(name, &source->fixed, &error) ||
           fail(
               failure, EXIT_USAGE,
               "keys '%s': %s; write published, a file with lines enc, mac and dek or one line for "
               "all, a master key's file, or pkcs11:URI",
               name, error);
}

bool gp_keys_of(void *context, const struct gp_card *card, struct scp03_keys *keys,
                const char **reason) {
    struct gp_key_source *source = context;
    if (!source->derived) {
        *keys = source->fixed;
        return true;
    }
    if (master_key_derive(&source->master, card->diversification, keys, &source->failure))
        return true;
    *reason = source->failure.text;
    return false;
}

void gp_keys_close(struct gp_key_source *source) {
    if (source->derived)
        master_key_close(&source->master);
    bytes_erase(source, sizeof *source);
}

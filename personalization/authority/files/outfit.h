// SPDX-License-Identifier: Apache-2.0
// What a house of servers has to have before its first start: an authority, and folders of keys and
// certificates, each whole or not there. Only what is missing is made; a start that was cut off
// leaves nothing that the next one takes for whole.
#ifndef PERSONALIZATION_AUTHORITY_FILES_OUTFIT_H
#define PERSONALIZATION_AUTHORITY_FILES_OUTFIT_H

#include "personalization/authority/authority.h"

/// One server of the house, as NAME-1 of its role.
struct outfit_server {
    const char *name;
    uint32_t role;
    const char *enterprise; // "": none
    const char *state;      // its directory, made when it is missing
    const char *tls;        // folder for keys and certificates; NULL: it has its own
    const char *center;     // folder for those of the authority's own center; NULL: none wanted
    const char *listen;     // ADDRESS:PORT; the certificate names the address, localhost
    const char *host;       // and this; NULL: no more
};

struct outfit {
    const char *house; // directory; the authority is made in its ca, an operator's keys in operator
    const struct outfit_server *servers;
    size_t count;
    const struct crypto *crypto;
    uint32_t today;
    /// Is told of every folder that was made, and what it is.
    void (*made)(const char *path, const char *what);
};

/// Makes what is missing. An authority is made only where no folder of an earlier one is there.
/// False with a sentence; what was made before stays.
bool outfit_make(const struct outfit *outfit, struct failure *failure);

#endif

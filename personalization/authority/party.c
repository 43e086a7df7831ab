// SPDX-License-Identifier: Apache-2.0
#include "personalization/authority/party.h"

#include "base/files.h"
#include "personalization/keys/keyfile.h"

#include <errno.h>
#include <limits.h>
#include <string.h>
#include <unistd.h>

static bool read_certificate(struct party *party, const char *path, struct failure *failure) {
    size_t size = 0;
    if (!files_read(path, party->octets, sizeof party->octets, &size))
        return fail_errno(failure, "cannot read %s", path);
    return certificate_parse(bytes_of(party->octets, size), &party->certificate) ==
               CERTIFICATE_OK ||
           fail(failure, EXIT_USAGE, "%s is no certificate", path);
}

static bool find_directory(const struct party_wish *wish, struct failure *failure) {
    static const uint16_t likely[] = {ROLE_PLAYER, ROLE_SELLER};
    if (access(wish->directory, F_OK) == 0 || errno != ENOENT)
        return true;
    uint16_t role = wish->roles;
    for (size_t i = 0; i < sizeof likely / sizeof likely[0]; i++)
        if ((wish->roles & likely[i]) != 0)
            role = likely[i];
    return fail(failure, EXIT_USAGE,
                "--%s %s: no such directory; 'tessera ca issue --role %s --out %s' makes one",
                wish->option, wish->directory, role_name(role), wish->directory);
}

bool party_open(struct party *party, const struct party_wish *wish, uint32_t today,
                const struct crypto *crypto, struct failure *failure) {
    char path[PATH_MAX];
    uint8_t point[P256_COMPRESSED_SIZE];
    const char *directory = wish->directory;
    memset(party, 0, sizeof *party);
    party->key.crypto = crypto;
    if (!find_directory(wish, failure))
        return false;
    if (!files_path(path, sizeof path, directory, "key.pem"))
        return fail_errno(failure, "%s", directory);
    if (!keyfile_read(path, party->key.scalar, point, failure))
        return false;
    signer_from_scalar(&party->signer, &party->key, point);
    if (!files_path(path, sizeof path, directory, "certificate.cvc"))
        return fail_errno(failure, "%s", directory);
    if (!read_certificate(party, path, failure))
        return false;
    if (memcmp(party->certificate.signing_point, point, sizeof point) != 0)
        return fail(failure, EXIT_USAGE, "%s is not of the key beside it", path);
    if ((party->certificate.roles & wish->roles) == 0)
        return fail(failure, EXIT_USAGE, "%s: wrong-role: its holder is a %s", path,
                    role_name(party->certificate.roles));
    return party->certificate.until >= today ||
           fail(failure, EXIT_REFUSED, "%s: expired: renew it by 'tessera ca renew'", path);
}

void party_close(struct party *party) {
    bytes_erase(&party->key, sizeof party->key);
}

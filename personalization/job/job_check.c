// SPDX-License-Identifier: Apache-2.0
#include "personalization/job/job_check.h"

#include "base/files.h"

#include <stdio.h>
#include <string.h>

/// A key that the cards of the plan can be given: it is there, and its method gives one.
bool job_check_key(const char *source, const char *profile_name, const struct crypto *crypto,
                   const struct key_access *access, char kcv[8], struct failure *failure) {
    static const uint8_t nobody[SCP03_DIVERSIFICATION_SIZE];
    struct master_key key;
    struct scp03_keys keys;
    struct profile profile = {.has_method = false};
    uint8_t octets[3] = {0};
    if (source == NULL)
        return true;
    if ((profile_name != NULL && !profile_load(&profile, profile_name, failure)) ||
        !master_key_open(&key, source, crypto, access, failure))
        return false;
    if (profile.has_method)
        key.method = profile.method;
    bool done = (profile_name == NULL || profile_fits_master(&profile, key.size, failure)) &&
                master_key_derive(&key, nobody, &keys, failure) &&
                (master_key_kcv(&key, octets) ||
                 fail(failure, EXIT_ABSENT, "%s: the master key does not answer", key.name));
    bytes_erase(&keys, sizeof keys);
    master_key_close(&key);
    if (kcv != NULL)
        snprintf(kcv, 8, "%02X%02X%02X", octets[0], octets[1], octets[2]);
    return done;
}

/// What the authority would refuse of every single card.
bool job_check_profile(const struct job_plan *plan, const struct ca *ca, struct failure *failure) {
    struct profile profile;
    if (!profile_load(&profile, plan->profile, failure))
        return false;
    bool emulated = profile.type == PROFILE_TESSERA && profile.assurance == ASSURANCE_EMULATED;
    return !emulated || ca->hierarchy.realm != REALM_PRODUCTION ||
           fail(failure, EXIT_USAGE,
                "profile %s: 'assurance emulated', but %s is a production authority, which "
                "certifies no emulated card; write 'assurance hardware' where the cards are such",
                profile.name, plan->ca);
}

// ---- names of links ----------------------------------------------------------------------------

const char *job_link_image(const char *name, const char *full) {
    static const char prefix[] = "emu:";
    bool prefixed = strncmp(full, prefix, sizeof prefix - 1) == 0;
    if (strstr(name, "%s") == NULL || (!prefixed && strchr(full, ':') != NULL))
        return NULL;
    return prefixed ? full + sizeof prefix - 1 : full;
}

bool job_link_name(const char *name, const char *id, char full[PATH_MAX], struct failure *failure) {
    char card[NAME_MAX] = "";
    const char *place = strstr(name, "%s");
    if (place != NULL && !files_name(card, sizeof card, id))
        return fail_errno(failure, "--link %s: the id '%s' names no image", name, id);
    int size = place == NULL ? snprintf(full, PATH_MAX, "%s", name)
                             : snprintf(full, PATH_MAX, "%.*s%s%s", (int)(place - name), name, card,
                                        place + 2);
    return (size >= 0 && size < PATH_MAX) ||
           fail(failure, EXIT_USAGE, "--link %s: the name is too long", name);
}

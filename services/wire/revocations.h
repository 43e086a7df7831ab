// SPDX-License-Identifier: Apache-2.0
// A host's hotlist: the full list of any size, as `tessera ca hotlist` writes it for programs. The
// file is mapped and verified once; asked it is searched in halves, where it stands. It holds the
// certificate of the issuing authority, that of the center below it, the hotlist object, and the
// marks in rising order (apdu/object/marks.h). docs/protocol.md, "Hotlist and time".
#ifndef SERVICES_WIRE_REVOCATIONS_H
#define SERVICES_WIRE_REVOCATIONS_H

#include "apdu/object/certificate.h"
#include "apdu/object/marks.h"
#include "base/failure.h"

struct revocations {
    const uint8_t *map;
    size_t size;
    struct bytes marks; // in the map
    const struct crypto *crypto;
    uint32_t version, date;
    char center[HOLDER_MAX + 1]; // who signed it
};

/// Maps the list at path and checks its chain under the root, whose certificate is the file at
/// root, on a day. False: it is no list, another root's, or changed in any octet. Below one root
/// stand several centers: whoever opens a list so asks revocations_are_of before believing it.
bool revocations_open(struct revocations *list, const char *path, const char *root,
                      const struct crypto *crypto, uint32_t today, struct failure *failure);
/// The same for a program without a card: out of root.cvc and center.cvc in a directory, as
/// `tessera ca` writes them. A list of another center than that one is refused.
bool revocations_open_in(struct revocations *list, const char *path, const char *directory,
                         const struct crypto *crypto, uint32_t today, struct failure *failure);
/// Did this center sign it? Of centers below one root each has a name of its own.
bool revocations_are_of(const struct revocations *list, struct bytes center);
/// Nothing is done for a list that was not opened.
void revocations_close(struct revocations *list);

/// Is a certificate of this digest (CERTIFICATE_DIGEST_SIZE octets) on the list?
bool revocations_have(const struct revocations *list, const uint8_t *digest);
/// Is every certificate of this holder?
bool revocations_have_holder(const struct revocations *list, struct bytes issuer,
                             struct bytes holder);
/// Is this certificate or its holder? One that does not parse is.
bool revocations_have_certificate(const struct revocations *list, struct bytes certificate);

#endif

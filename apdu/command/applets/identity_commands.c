// SPDX-License-Identifier: Apache-2.0
// The card's identity: AID and data groupings (apdu/command/perso.h).
#include "apdu/command/applets/identity_commands.h"

#include "apdu/command/perso.h"
#include "apdu/command/row.h"

const struct application identity_application = {
    .name = "identity",
    .heading = WORDS("Identity"),
    .aid = AID_IDENTITY,
    .aid_size = AID_TESSERA_SIZE,
    GROUPINGS({PERSO_NAME, "name", false}, {PERSO_GENERATE_KEYS, "generate-keys", false},
              {PERSO_ROOT, "root", false}, {PERSO_ISSUING, "issuing", false},
              {PERSO_CERTIFICATE, "certificate", false}, {PERSO_HOTLIST, "hotlist", false},
              {PERSO_HOTLIST_PART, "hotlist-part", false}, {PERSO_REQUEST, "request", false},
              {PERSO_CENTER, "center", false}),
};

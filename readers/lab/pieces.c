// SPDX-License-Identifier: Apache-2.0
#include "readers/lab/pieces.h"

#include "readers/lab/air.h"
#include "readers/lab/cards.h"
#include "readers/lab/pcscd.h"

/// In the order in which they come up. A further kind of device adds its row.
static bool (*const pieces[])(struct lab *lab) = {pcscd_up, cards_up, air_up};

bool lab_up(struct lab *lab) {
    if (!lab_isolation_make(&lab->isolation, lab->options->isolation, lab->error,
                            sizeof lab->error))
        return false;
    if (lab->options->verbose)
        fprintf(stderr, "tessera lab: %s: %s\n", lab->directory,
                lab_isolation_text(&lab->isolation));
    lab_export(lab, "TESSERA_LAB_DIR", lab->directory);
    for (size_t i = 0; i < sizeof pieces / sizeof pieces[0]; i++)
        if (!pieces[i](lab))
            return false;
    return true;
}

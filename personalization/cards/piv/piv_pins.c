// SPDX-License-Identifier: Apache-2.0
// PIN and PUK of a PIV card that came with known ones: changed for the owner's, by the commands of
// the card edge alone.
#include "personalization/cards/piv/piv_factory.h"

#include "apdu/octets/status.h"
#include "personalization/cards/piv/piv_card.h"

#include <string.h>

enum { FIELD = 8, PIN_REFERENCE = 0x80, PUK_REFERENCE = 0x81 };

static void pad(const char *digits, uint8_t out[FIELD]) {
    size_t size = strlen(digits);
    memset(out, 0xFF, FIELD);
    memcpy(out, digits, size < FIELD ? size : FIELD);
}

static bool change(struct piv *piv, uint8_t reference, const char *from, const char *to) {
    uint8_t data[2 * FIELD];
    enum piv_command id =
        reference == PIN_REFERENCE ? COMMAND_PIV_CHANGE_PIN : COMMAND_PIV_CHANGE_PUK;
    pad(from, data);
    pad(to, data + FIELD);
    bool sent = piv_ask(piv, &piv_commands[id], 0x00, reference, BYTES_OF(data), "set PIN and PUK");
    bytes_erase(data, sizeof data);
    return sent;
}

static bool wrong_initial(struct piv *piv, const char *what) {
    return fail(piv->failure, EXIT_REFUSED,
                "%s: the card's %s is not the profile's initial one (%04X: %s)", piv->link->name,
                what, piv->sw, status_text(piv->sw));
}

/// After an interrupted run the new value may stand already: it is asked first then, and one wrong
/// answer is made good by the right one behind it.
static bool set(struct piv *piv, uint8_t reference, const char *from, const char *to, bool again) {
    if (again) {
        if (!change(piv, reference, to, to))
            return false;
        if (status_is_ok(piv->sw))
            return true;
    }
    if (!change(piv, reference, from, to))
        return false;
    return status_is_ok(piv->sw) || wrong_initial(piv, reference == PIN_REFERENCE ? "PIN" : "PUK");
}

bool piv_set_pins(struct link *link, const struct piv_order *order, const struct piv_pins *initial,
                  bool again, struct failure *failure) {
    struct piv piv = {.link = link, .order = order, .failure = failure};
    return piv_select(&piv) && set(&piv, PIN_REFERENCE, initial->pin, order->pin, again) &&
           set(&piv, PUK_REFERENCE, initial->puk, order->puk, again);
}

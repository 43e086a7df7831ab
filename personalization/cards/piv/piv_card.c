// SPDX-License-Identifier: Apache-2.0
#include "personalization/cards/piv/piv_card.h"

#include "apdu/command/applets/os_commands.h"
#include "apdu/octets/status.h"

/// Without the version: SP 800-73-4 part 1, 2.2 lets cards be asked so.
enum { PIV_AID_BEGINNING = 9 };

const uint8_t piv_aid[PIV_AID_SIZE] = {0xA0, 0x00, 0x00, 0x03, 0x08, 0x00,
                                       0x00, 0x10, 0x00, 0x01, 0x00};

bool piv_refused(struct piv *piv, const char *step) {
    return fail(piv->failure, EXIT_REFUSED, "%s: %s: the card answers %04X (%s)", piv->link->name,
                step, piv->sw, status_text(piv->sw));
}

bool piv_ask(struct piv *piv, const struct catalogue_command *row, uint8_t p1, uint8_t p2,
             struct bytes data, const char *step) {
    struct apdu_command command = {
        .cla = row->cla, .ins = row->ins, .p1 = p1, .p2 = p2, .data = data};
    struct apdu_response response;
    command.le = (row->cases & CASE_4) != 0 ? APDU_SHORT_LE_MAX : 0;
    enum link_status status =
        exchange(piv->link, &command, piv->answer, sizeof piv->answer, &response, NULL);
    if (status != LINK_OK)
        return fail(piv->failure, EXIT_OPEN, "%s: %s: %s", piv->link->name, step, piv->link->error);
    piv->data = response.data;
    piv->sw = response.sw;
    return true;
}

bool piv_send(struct piv *piv, const struct catalogue_command *row, uint8_t p1, uint8_t p2,
              struct bytes data, const char *step) {
    return piv_ask(piv, row, p1, p2, data, step) &&
           (status_is_ok(piv->sw) || piv_refused(piv, step));
}

bool piv_select(struct piv *piv) {
    return piv_send(piv, &os_commands[COMMAND_SELECT], 0x04, 0x00,
                    bytes_of(piv_aid, PIV_AID_BEGINNING), "select PIV");
}

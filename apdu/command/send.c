// SPDX-License-Identifier: Apache-2.0
#include "apdu/command/send.h"

/// Whether an Le belongs to it: what may go without data and without Le, as a query, goes so.
static bool has_le(const struct catalogue_command *row, struct bytes data) {
    if (data.size > 0)
        return (row->cases & CASE_4) != 0;
    return (row->cases & CASE_2) != 0 && (row->cases & CASE_1) == 0;
}

enum link_status send_row(struct link *link, const struct catalogue_command *row,
                          struct apdu_command given, uint8_t *buffer, size_t capacity,
                          struct apdu_response *response, struct exchange_count *count) {
    given.cla = row->cla;
    given.ins = row->ins;
    given.le = has_le(row, given.data) ? APDU_SHORT_LE_MAX : 0;
    *response = (struct apdu_response){0};
    enum link_status status = exchange(link, &given, buffer, capacity, response, count);
    if (status != LINK_OK)
        response->sw = 0;
    return status;
}

// SPDX-License-Identifier: Apache-2.0
// What a kiosk sells: a text file with a line for each article, of whatever kind. docs/terminals.md
// describes it. Reading says where the first mistake is, by line and column.
#ifndef HOST_KIOSK_PRICE_LIST_H
#define HOST_KIOSK_PRICE_LIST_H

#include "base/bytes.h"
#include "base/failure.h"
#include "host/flows/journal.h"

enum { PRICE_ROWS_MAX = 256, PRICE_ID_MAX = 17, PRICE_NAME_MAX = 65, PRICE_FILE_MAX = 65536 };

enum price_kind { PRICE_GOODS, PRICE_SERVICE, PRICE_TICKET, PRICE_KIND_COUNT };

struct price {
    enum price_kind kind;
    char id[PRICE_ID_MAX]; // of a ticket: its number
    uint64_t amount;
    uint16_t unit;
    char names[2][PRICE_NAME_MAX]; // UTF-8: English, Japanese
};

struct price_list {
    struct price rows[PRICE_ROWS_MAX];
    size_t count;
};

/// Reads a list; name is what messages call it. False: "NAME:LINE:COLUMN: what is wrong" (2).
bool price_list_read(struct price_list *list, const char *name, struct bytes text,
                     struct failure *failure);
/// The same of a file.
bool price_list_open(struct price_list *list, const char *path, struct failure *failure);

/// NULL: the list has no such article.
const struct price *price_list_find(const struct price_list *list, const char *id);

/// "goods", "service", "ticket".
const char *price_kind_word(enum price_kind kind);

#endif

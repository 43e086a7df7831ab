// SPDX-License-Identifier: Apache-2.0
// Cards that stand for those of other makers: our own card behind a filter that answers with
// another ATR, CPLC, recognition data and management key algorithm; a Type 4 tag of a few lines; a
// card that only knows prepared answers. Each counts what it was asked and can be pulled out at any
// command.
#ifndef TESTS_KIT_BATCH_FOREIGN_H
#define TESTS_KIT_BATCH_FOREIGN_H

#include "apdu/command/link.h"
#include "card/card.h"
#include "card/port/memory.h"

enum { FOREIGN_TAG_FILE = 300, FOREIGN_NEVER = -1 };

/// A prepared answer: to commands that begin with these octets.
struct foreign_answer {
    const char *command, *answer; // hexadecimal, the answer with its status word
};

struct foreign_tag {
    uint8_t container[15], file[FOREIGN_TAG_FILE];
    uint16_t selected;
    bool sticky; // takes no write to its container
};

struct foreign {
    const char *atr; // hexadecimal
    char cplc[100];  // with status word; empty: 6A88
    char uid[20];    // the same; empty: the card inside is asked
    const struct foreign_answer *answers;
    size_t answer_count;
    uint8_t management; // 03: takes 3DES for its management key
    uint8_t witness[8];
    bool is_tag;
    struct foreign_tag tag;
    int cut;             // pulled out at this command from now on; FOREIGN_NEVER
    bool cut_behind;     // that one is still done, only its answer is lost
    unsigned asked[256]; // commands by INS
    unsigned commands;
    struct crypto *crypto;
    struct memory_port memory;
    struct card_ports ports;
    struct card *card; // NULL: there is none of ours behind it
    struct link *inside;
    uint8_t image[NVM_IMAGE_SIZE];
};

/// Published management key of PIV cards: 01 to 08, three times.
extern const uint8_t foreign_management_key[24];

/// A blank card of ours that says it is somebody else's. number makes its serial.
struct foreign *foreign_domain(uint8_t number);
/// The same with a PIV application: published management key of this algorithm (03, 0A), PIN
/// 123456, PUK 12345678.
struct foreign *foreign_piv(uint8_t number, uint8_t algorithm);
/// A Type 4 tag with an empty NDEF file.
struct foreign *foreign_tag(uint8_t number);
/// Only these answers; 6D00 to everything else.
struct foreign *foreign_fixed(const char *atr, const struct foreign_answer *answers, size_t count);
void foreign_free(struct foreign *foreign);

/// A link to it; link_close leaves the card as it is.
struct link *foreign_link(struct foreign *foreign);

/// Serves it to a virtual reader, "vpcd:HOST:PORT", until that goes: an exit code.
int foreign_serve(struct foreign *foreign, const char *reader);

#endif

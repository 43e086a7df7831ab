// SPDX-License-Identifier: Apache-2.0
// Explains an exchange between a host and a card, one after the other: command and its fields, data
// objects, certificates, signed objects with their signature verified where the maker's certificate
// went by, status words in words. It remembers what was selected, joins chains, and never shows
// what the catalogue or the caller calls secret. Output is text into a buffer. Freestanding.
#ifndef APDU_DISSECT_DISSECT_H
#define APDU_DISSECT_DISSECT_H

#include "apdu/crypto/crypto.h"
#include "apdu/dissect/context.h"
#include "apdu/dissect/style.h"

enum { DISSECT_CARDS_MAX = 16, DISSECT_KNOWN_MAX = 32 };

/// A certificate that went by.
struct dissect_known {
    uint8_t holder[16];
    uint8_t holder_size;
    uint8_t point[P256_COMPRESSED_SIZE];
};

/// A command chain under way: its pieces have one header (ISO/IEC 7816-4 5.3.3).
struct dissect_chain {
    uint8_t header[4]; // class without the chaining bit, INS, P1, P2
    bool secret;       // a piece was
};

struct dissect_card {
    struct dissect_chain chain;
    struct dissect_context context;
    struct buffer command;                   // data of a chained command so far
    struct buffer answer;                    // data of an answer that came in pieces so far
    const struct catalogue_command *pending; // whose answer that is
};

struct dissector {
    const struct crypto *crypto; // NULL: signatures are not checked
    struct dissect_out out;
    const char *applet;              // that the data under way belongs to
    const struct catalogue_own *own; // dissector_know()
    bool name_cards;                 // several cards: say which one
    struct dissect_card cards[DISSECT_CARDS_MAX];
    struct dissect_known known[DISSECT_KNOWN_MAX];
    size_t known_count; // ever seen; the oldest makes room
    uint64_t last;      // microseconds, end of the last exchange
};

struct dissect_exchange {
    size_t card;
    const char *card_name;
    struct bytes command, answer;             // on the wire; answer empty: silence
    struct bytes clear_command, clear_answer; // inside a secure channel, else empty
    uint64_t begin, end;                      // microseconds; both 0: not known
    const struct dissect_span {
        size_t offset, size;
    } * secrets; // octets of the command that must not be shown
    size_t secret_count;
    bool secret; // its whole data field
};

/// A dissector that knows no card yet; crypto (NULL: signatures stay unchecked) and memory must
/// outlive it.
void dissector_init(struct dissector *dissector, const struct script_memory *memory,
                    const struct crypto *crypto, bool colour);
/// Frees text and what it learned.
void dissector_free(struct dissector *dissector);

/// Appends the explanation of one exchange to dissector->out.text, which the caller prints and
/// clears.
void dissect_exchange(struct dissector *dissector, const struct dissect_exchange *exchange);
/// Explains by somebody else's commands, too; own must outlive it.
void dissector_know(struct dissector *dissector, const struct catalogue_own *own);
/// A command alone, of which nobody knows what came back.
void dissect_command(struct dissector *dissector, struct bytes command);
/// Reset, power cut, insertion, removal: one line, and the card's state is forgotten.
void dissect_event(struct dissector *dissector, size_t card, const char *card_name,
                   const char *what, struct bytes atr);

/// Data objects of a data field, indented; what is no TLV is shown as octets.
void dissect_data(struct dissector *dissector, struct bytes data, unsigned depth);

/// Takes a certificate into account, for signatures that follow.
void dissector_learn(struct dissector *dissector, struct bytes certificate);

/// Does the data field of this command carry a secret whatever the application? (VERIFY, CHANGE
/// REFERENCE DATA, RESET RETRY COUNTER, PUT KEY)
bool dissect_is_secret(const struct catalogue_command *row, struct bytes command);

#endif

// SPDX-License-Identifier: Apache-2.0
#include "apdu/dissect/meaning.h"

#include "apdu/command/catalogue.h"
#include "apdu/octets/status.h"

#include <string.h>

// ---- status words ------------------------------------------------------------------------------

static const char *family(uint8_t first) {
    static const struct {
        uint8_t first;
        const char *text;
    } rows[] = {
        {0x61, "normal processing; SW2 octets wait for GET RESPONSE"},
        {0x62, "warning; memory is unchanged"},
        {0x63, "warning; memory has changed"},
        {0x64, "execution error; memory is unchanged"},
        {0x65, "execution error; memory has changed"},
        {0x66, "security-related"},
        {0x67, "wrong length"},
        {0x68, "a function in the class octet is not supported"},
        {0x69, "command not allowed"},
        {0x6A, "wrong parameters P1 P2"},
        {0x6B, "wrong parameters P1 P2"},
        {0x6C, "wrong Le; SW2 is the right one"},
        {0x6D, "instruction not supported or invalid"},
        {0x6E, "class not supported"},
        {0x6F, "no precise diagnosis"},
        {0x90, "normal processing"},
        {0x91, "an application's own: of toolkit cards, more waits; of DESFire, its status"},
        {0x9F, "an application's own: of SIM, SW2 octets wait for GET RESPONSE"}};
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
        if (rows[i].first == first)
            return rows[i].text;
    return (first & 0xF0) == 0x90 ? "an application's own"
                                  : "no status word: those are 61xx to 6Fxx and 9xxx";
}

static void put_number(uint16_t sw, struct buffer *out) {
    unsigned low = sw & 0xFF;
    if (sw >> 8 == 0x61 || sw >> 8 == 0x6C)
        buffer_format(out, "      %u octets\n", low == 0 ? 256u : low);
    if ((sw & 0xFFF0) == 0x63C0)
        buffer_format(out, "      %u tries are left\n", low & 0x0F);
}

void meaning_of_status(uint16_t sw, struct buffer *out) {
    const struct status_word *word = status_find(sw);
    bool own = sw >> 12 == 9 && sw != SW_OK;
    buffer_format(out, "%w  %s\n", (unsigned)sw, family((uint8_t)(sw >> 8)));
    put_number(sw, out);
    if (word == NULL)
        return;
    buffer_format(out, "      %s%s", own ? "of Tessera: " : "", word->text);
    if (word->reason != NULL)
        buffer_format(out, " [%s]", word->reason);
    buffer_text(out, "\n");
}

// ---- application identifiers -------------------------------------------------------------------

/// Public registrations (ISO/IEC 7816-5) that one meets; the longest that fits counts.
static const struct known_aid {
    uint8_t size;
    uint8_t octets[11];
    const char *name;
} known_aids[] = {
    {5, {0xA0, 0x00, 0x00, 0x00, 0x03}, "Visa"},
    {7, {0xA0, 0x00, 0x00, 0x00, 0x03, 0x00, 0x00}, "Visa: issuer security domain"},
    {7, {0xA0, 0x00, 0x00, 0x00, 0x03, 0x10, 0x10}, "Visa credit or debit"},
    {7, {0xA0, 0x00, 0x00, 0x00, 0x03, 0x20, 0x10}, "Visa Electron"},
    {5, {0xA0, 0x00, 0x00, 0x00, 0x04}, "Mastercard"},
    {7, {0xA0, 0x00, 0x00, 0x00, 0x04, 0x10, 0x10}, "Mastercard credit or debit"},
    {7, {0xA0, 0x00, 0x00, 0x00, 0x04, 0x30, 0x60}, "Maestro"},
    {5, {0xA0, 0x00, 0x00, 0x00, 0x09}, "ETSI"},
    {5, {0xA0, 0x00, 0x00, 0x00, 0x18}, "Gemalto"},
    {5, {0xA0, 0x00, 0x00, 0x00, 0x25}, "American Express"},
    {5, {0xA0, 0x00, 0x00, 0x00, 0x62}, "Sun Microsystems: Java Card packages"},
    {5, {0xA0, 0x00, 0x00, 0x00, 0x65}, "JCB"},
    {5, {0xA0, 0x00, 0x00, 0x00, 0x87}, "3GPP"},
    {7, {0xA0, 0x00, 0x00, 0x00, 0x87, 0x10, 0x02}, "3GPP USIM"},
    {7, {0xA0, 0x00, 0x00, 0x00, 0x87, 0x10, 0x04}, "3GPP ISIM"},
    {5, {0xA0, 0x00, 0x00, 0x01, 0x51}, "GlobalPlatform"},
    {8, {0xA0, 0x00, 0x00, 0x01, 0x51, 0x00, 0x00, 0x00}, "GlobalPlatform: issuer security domain"},
    {5, {0xA0, 0x00, 0x00, 0x01, 0x52}, "Discover"},
    {5, {0xA0, 0x00, 0x00, 0x01, 0x67}, "IBM"},
    {5, {0xA0, 0x00, 0x00, 0x02, 0x47}, "ICAO"},
    {7, {0xA0, 0x00, 0x00, 0x02, 0x47, 0x10, 0x01}, "ICAO: passport (LDS)"},
    {5, {0xA0, 0x00, 0x00, 0x03, 0x06}, "PC/SC Workgroup"},
    {5, {0xA0, 0x00, 0x00, 0x03, 0x08}, "NIST"},
    {9, {0xA0, 0x00, 0x00, 0x03, 0x08, 0x00, 0x00, 0x10, 0x00}, "NIST: PIV"},
    {5, {0xA0, 0x00, 0x00, 0x03, 0x33}, "UnionPay"},
    {5, {0xA0, 0x00, 0x00, 0x03, 0x97}, "Microsoft"},
    {5, {0xA0, 0x00, 0x00, 0x05, 0x27}, "Yubico"},
    {7, {0xA0, 0x00, 0x00, 0x05, 0x27, 0x20, 0x01}, "Yubico OTP"},
    {7, {0xA0, 0x00, 0x00, 0x05, 0x27, 0x21, 0x01}, "Yubico OATH"},
    {5, {0xA0, 0x00, 0x00, 0x05, 0x59}, "GSMA"},
    {5, {0xA0, 0x00, 0x00, 0x06, 0x47}, "FIDO Alliance"},
    {8, {0xA0, 0x00, 0x00, 0x06, 0x47, 0x2F, 0x00, 0x01}, "FIDO"},
    {5, {0xD2, 0x76, 0x00, 0x00, 0x85}, "NXP"},
    {7, {0xD2, 0x76, 0x00, 0x00, 0x85, 0x01, 0x00}, "NXP: DESFire or NDEF, version 1"},
    {7, {0xD2, 0x76, 0x00, 0x00, 0x85, 0x01, 0x01}, "NFC Forum: NDEF (type 4 tag)"},
    {5, {0xD2, 0x76, 0x00, 0x01, 0x24}, "FSFE"},
    {6, {0xD2, 0x76, 0x00, 0x01, 0x24, 0x01}, "OpenPGP"},
    {6, {'1', 'P', 'A', 'Y', '.', 'S'}, "EMV: payment system environment (contacts)"},
    {6, {'2', 'P', 'A', 'Y', '.', 'S'}, "EMV: payment system environment (contactless)"},
};

static const struct known_aid *find_aid(struct bytes aid) {
    const struct known_aid *best = NULL;
    for (size_t i = 0; i < sizeof known_aids / sizeof known_aids[0]; i++) {
        const struct known_aid *row = &known_aids[i];
        if (row->size <= aid.size && memcmp(aid.data, row->octets, row->size) == 0 &&
            (best == NULL || row->size > best->size))
            best = row;
    }
    return best;
}

bool meaning_is_known_aid(struct bytes aid) {
    return aid.size >= 5 && aid.size <= 16 &&
           (find_aid(aid) != NULL || catalogue_application_of(aid) != NULL);
}

static const char *category(uint8_t first) {
    return first >> 4 == 0xA   ? "registered internationally"
           : first >> 4 == 0xD ? "registered nationally"
           : first >> 4 == 0xF ? "not registered: anybody's"
           : first >> 4 == 0xE ? "named by a standard's object identifier"
                               : "an issuer's number";
}

void meaning_of_aid(struct bytes aid, struct buffer *out) {
    const struct known_aid *row = find_aid(aid);
    const struct application *own = catalogue_application_of(aid);
    bool registered = aid.data[0] >> 4 == 0xA || aid.data[0] >> 4 == 0xD;
    struct bytes pix = bytes_of(aid.data + 5, aid.size - 5);
    buffer_format(out, "%s%h  %s\n", registered ? "RID " : "",
                  registered ? bytes_of(aid.data, 5) : aid, category(aid.data[0]));
    if (registered && pix.size > 0)
        buffer_format(out, "PIX %h\n", pix);
    if (row != NULL)
        buffer_format(out, "%s\n", row->name);
    if (own != NULL)
        buffer_format(out, "in the catalogue: %s\n", own->name);
}

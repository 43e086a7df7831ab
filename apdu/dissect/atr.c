// SPDX-License-Identifier: Apache-2.0
#include "apdu/dissect/atr.h"

#include "apdu/octets/tlv.h"

enum { ATR_MAX = 33, LEVELS_MAX = 4, PROTOCOL_GLOBAL = 15 };

/// One group of interface octets, TAi to TDi; what is absent is -1.
struct level {
    int octets[4];
    unsigned protocol; // named by the TD before it; of the first group 0
};

struct atr {
    struct level levels[LEVELS_MAX];
    size_t level_count;
    struct bytes historical, check; // check: TCK, empty where there is none
    bool whole, sound;              // nothing missing or left; TCK is right where it has to be
};

static bool take_level(struct bytes *rest, struct level *level, unsigned present) {
    for (unsigned i = 0; i < 4; i++) {
        level->octets[i] = -1;
        if ((present >> i & 1) == 0)
            continue;
        if (rest->size == 0)
            return false;
        level->octets[i] = rest->data[0];
        *rest = bytes_of(rest->data + 1, rest->size - 1);
    }
    return true;
}

/// TCK is absent when T=0 alone is offered (8.2.5).
static bool needs_check(const struct atr *atr) {
    for (size_t i = 0; i < atr->level_count; i++)
        if (atr->levels[i].octets[3] >= 0 && (atr->levels[i].octets[3] & 0x0F) != 0)
            return true;
    return false;
}

static bool is_checked(struct bytes all) {
    uint8_t sum = 0;
    for (size_t i = 1; i < all.size; i++)
        sum ^= all.data[i];
    return sum == 0;
}

static void take_end(struct atr *atr, struct bytes all, struct bytes rest, size_t historical) {
    size_t taken = rest.size < historical ? rest.size : historical;
    atr->historical = bytes_of(rest.data, taken);
    rest = bytes_of(rest.data + taken, rest.size - taken);
    bool wanted = needs_check(atr);
    atr->check = rest;
    atr->whole = taken == historical && rest.size == (wanted ? 1 : 0);
    atr->sound = atr->whole && (!wanted || is_checked(all));
}

static void parse(struct bytes all, struct atr *atr) {
    *atr = (struct atr){.whole = false};
    if (all.size < 2 || all.size > ATR_MAX || (all.data[0] != 0x3B && all.data[0] != 0x3F))
        return;
    unsigned present = all.data[1] >> 4, protocol = 0;
    struct bytes rest = bytes_of(all.data + 2, all.size - 2);
    while (present != 0 && atr->level_count < LEVELS_MAX) {
        struct level *level = &atr->levels[atr->level_count++];
        level->protocol = protocol;
        if (!take_level(&rest, level, present))
            return;
        present = level->octets[3] >= 0 ? (unsigned)level->octets[3] >> 4 : 0;
        protocol = level->octets[3] >= 0 ? (unsigned)level->octets[3] & 0x0F : 0;
    }
    if (present == 0)
        take_end(atr, all, rest, all.data[1] & 0x0F);
}

bool atr_is_whole(struct bytes atr) {
    struct atr parsed;
    parse(atr, &parsed);
    return parsed.whole;
}

// ---- interface octets --------------------------------------------------------------------------

static const uint16_t rates[16] = {372, 372, 558, 744,  1116, 1488, 1860, 0,
                                   0,   512, 768, 1024, 1536, 2048, 0,    0};
static const uint8_t divisors[16] = {0, 1, 2, 4, 8, 16, 32, 64, 12, 20};

static void put_rate(uint8_t octet, struct buffer *out) {
    unsigned rate = rates[octet >> 4], divisor = divisors[octet & 0x0F];
    if (rate == 0 || divisor == 0)
        buffer_text(out, "rate reserved for future use");
    else
        buffer_format(out, "F %u, D %u: %u clock cycles a bit", rate, divisor, rate / divisor);
}

static void put_classes(uint8_t octet, struct buffer *out) {
    static const char *const stops[] = {"no clock stop", "clock stops low", "clock stops high",
                                        "clock stops either way"};
    buffer_format(out, "%s; supply", stops[octet >> 6]);
    for (unsigned i = 0; i < 3; i++)
        if ((octet >> i & 1) != 0)
            buffer_format(out, " %s", i == 0 ? "5 V" : i == 1 ? "3 V" : "1.8 V");
}

static void put_times(uint8_t octet, struct buffer *out) {
    buffer_format(out, "block waiting BWI %u, characters CWI %u", (unsigned)octet >> 4,
                  (unsigned)octet & 0x0F);
}

/// TA, TB or TC of a group; what each means depends on the group and its protocol.
static void put_meaning(const struct atr *atr, size_t index, unsigned letter, struct buffer *out) {
    const struct level *level = &atr->levels[index];
    uint8_t octet = (uint8_t)level->octets[letter];
    bool global = level->protocol == PROTOCOL_GLOBAL, first = index == 0, second = index == 1;
    if (first && letter == 0)
        put_rate(octet, out);
    else if (first && letter == 2 && octet == 0xFF)
        buffer_text(out, "extra guard time 255: as short as the protocol allows");
    else if (first && letter == 2)
        buffer_format(out, "extra guard time %u", (unsigned)octet);
    else if (second && letter == 0)
        buffer_format(out, "specific mode, T=%u", (unsigned)octet & 0x0F);
    else if (second && letter == 2)
        buffer_format(out, "T=0 waiting time WI %u", (unsigned)octet);
    else if ((first || second) && letter == 1)
        buffer_text(out, "programming voltage, no longer used");
    else if (global && letter == 0)
        put_classes(octet, out);
    else if (level->protocol == 1 && letter == 0)
        buffer_format(out, "T=1: information field of up to %u octets", (unsigned)octet);
    else if (level->protocol == 1 && letter == 1)
        put_times(octet, out);
    else if (level->protocol == 1 && letter == 2)
        buffer_text(out, (octet & 1) != 0 ? "T=1: CRC" : "T=1: LRC");
    else
        buffer_text(out, "of this protocol's own");
}

static void put_level(const struct atr *atr, size_t index, struct buffer *out) {
    static const char letters[] = "ABC";
    const int *octets = atr->levels[index].octets;
    for (unsigned i = 0; i < 3; i++)
        if (octets[i] >= 0) {
            buffer_format(out, "T%c%z %x  ", (int)letters[i], index + 1, (unsigned)octets[i]);
            put_meaning(atr, index, i, out);
            buffer_text(out, "\n");
        }
    if (octets[3] < 0)
        return;
    unsigned protocol = (unsigned)octets[3] & 0x0F;
    buffer_format(out, "TD%z %x  ", index + 1, (unsigned)octets[3]);
    if (protocol == PROTOCOL_GLOBAL)
        buffer_text(out, "what holds for every protocol follows\n");
    else
        buffer_format(out, "protocol T=%u\n", protocol);
}

// ---- historical bytes --------------------------------------------------------------------------

static bool is_printable(struct bytes text) {
    for (size_t i = 0; i < text.size; i++)
        if (text.data[i] < 0x20 || text.data[i] > 0x7E)
            return false;
    return text.size > 0;
}

static void put_octets(struct bytes octets, struct buffer *out) {
    buffer_format(out, "%h", octets);
    if (octets.size >= 3 && is_printable(octets))
        buffer_format(out, " \"%t\"", octets);
}

static const char *storage_card(unsigned number) {
    static const struct {
        unsigned number;
        const char *name;
    } rows[] = {{0x0001, "MIFARE Classic 1K"},   {0x0002, "MIFARE Classic 4K"},
                {0x0003, "MIFARE Ultralight"},   {0x0026, "MIFARE Mini"},
                {0x003A, "MIFARE Ultralight C"}, {0x003B, "FeliCa"},
                {0xF004, "Topaz and Jewel"},     {0xF011, "FeliCa 212K"},
                {0xF012, "FeliCa 424K"}};
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
        if (rows[i].number == number)
            return rows[i].name;
    return NULL;
}

/// 4F with the RID of PC/SC: a storage card, its standard and its name (PC/SC part 3, 3.1.3.2.3).
static const char *pcsc_name(struct bytes historical) {
    static const uint8_t head[] = {0x80, 0x4F, 0x0C, 0xA0, 0x00, 0x00, 0x03, 0x06};
    if (historical.size < 11 ||
        !bytes_equal(bytes_of(historical.data, sizeof head), BYTES_OF(head)))
        return NULL;
    const char *name = storage_card((unsigned)bytes_get_be(historical.data + 9, 2));
    return name != NULL ? name : "a storage card without microprocessor";
}

static const char *compact_name(unsigned tag) {
    static const char *const names[16] = {
        [1] = "country and national data", [2] = "issuer",
        [3] = "card service data",         [4] = "initial access data",
        [5] = "card issuer's data",        [6] = "pre-issuing data",
        [7] = "card capabilities",         [8] = "status",
        [15] = "application identifier"};
    return names[tag] != NULL ? names[tag] : "object";
}

static void put_service(uint8_t octet, struct buffer *out) {
    buffer_format(
        out, ": selection by %s%s%s", (octet & 0x80) != 0 ? "whole name" : "no whole name",
        (octet & 0x40) != 0 ? " and by its beginning" : "", (octet & 1) != 0 ? "; no MF" : "");
}

static void put_capabilities(struct bytes value, struct buffer *out) {
    if (value.size < 3)
        return;
    buffer_format(out, ": %s%s", (value.data[2] & 0x80) != 0 ? "command chaining" : "no chaining",
                  (value.data[2] & 0x40) != 0 ? ", extended lengths" : ", short lengths only");
}

/// Tag in the upper half of an octet, length in the lower. Returns how much it took.
static size_t put_compact(struct bytes rest, struct buffer *out) {
    unsigned tag = rest.data[0] >> 4;
    size_t size = rest.data[0] & 0x0F;
    if (size > rest.size - 1)
        size = rest.size - 1;
    struct bytes value = bytes_of(rest.data + 1, size);
    buffer_format(out, "     %x  %s ", (unsigned)rest.data[0], compact_name(tag));
    put_octets(value, out);
    if (tag == 3 && size == 1)
        put_service(value.data[0], out);
    if (tag == 7)
        put_capabilities(value, out);
    buffer_text(out, "\n");
    return 1 + size;
}

static void put_historical(struct bytes historical, struct buffer *out) {
    buffer_text(out, "historical ");
    put_octets(historical, out);
    buffer_text(out, "\n");
    const char *name = pcsc_name(historical);
    if (name != NULL)
        buffer_format(out, "     PC/SC names it: %s\n", name);
    if (name != NULL || historical.size < 2 || historical.data[0] != 0x80)
        return;
    struct bytes rest = bytes_of(historical.data + 1, historical.size - 1);
    while (rest.size > 0) {
        size_t taken = put_compact(rest, out);
        rest = bytes_of(rest.data + taken, rest.size - taken);
    }
}

// ---- the whole ---------------------------------------------------------------------------------

void atr_explain(struct bytes all, struct buffer *out) {
    struct atr atr;
    parse(all, &atr);
    if (all.size < 2 || (all.data[0] != 0x3B && all.data[0] != 0x3F)) {
        buffer_text(out, "no ATR: it begins with 3B or 3F\n");
        return;
    }
    buffer_format(out, "TS  %x  %s convention\n", (unsigned)all.data[0],
                  all.data[0] == 0x3B ? "direct" : "inverse");
    buffer_format(out, "T0  %x  %u historical bytes\n", (unsigned)all.data[1],
                  (unsigned)all.data[1] & 0x0F);
    for (size_t i = 0; i < atr.level_count; i++)
        put_level(&atr, i, out);
    if (atr.historical.size > 0)
        put_historical(atr.historical, out);
    if (atr.check.size > 0)
        buffer_format(out, "TCK %x  %s\n", (unsigned)atr.check.data[0],
                      is_checked(all) ? "right" : "WRONG");
    if (!atr.whole)
        buffer_text(out, "not whole: octets are missing, or too many\n");
}

static void put_protocols(const struct atr *atr, struct buffer *out) {
    unsigned told = 0; // bits
    for (size_t i = 0; i < atr->level_count; i++) {
        int last = atr->levels[i].octets[3];
        unsigned protocol = (unsigned)last & 0x0F;
        if (last < 0 || protocol == PROTOCOL_GLOBAL || (told >> protocol & 1) != 0)
            continue;
        buffer_format(out, "%sT=%u", told != 0 ? ", " : "", protocol);
        told |= 1u << protocol;
    }
    buffer_text(out, told != 0 ? "" : "T=0");
}

/// The longest run of printable octets that could be a name.
static struct bytes longest_text(struct bytes octets) {
    struct bytes best = {NULL, 0};
    for (size_t i = 0; i < octets.size; i++)
        for (size_t size = 4; size <= octets.size - i; size++)
            if (size > best.size && is_printable(bytes_of(octets.data + i, size)))
                best = bytes_of(octets.data + i, size);
    return best;
}

/// Of compact objects their values alone.
static struct bytes text_in(struct bytes historical) {
    struct bytes best = {NULL, 0};
    if (historical.size < 2 || historical.data[0] != 0x80)
        return longest_text(historical);
    for (size_t at = 1; at < historical.size;) {
        size_t size = historical.data[at] & 0x0F, rest = historical.size - at - 1;
        struct bytes text =
            longest_text(bytes_of(historical.data + at + 1, size < rest ? size : rest));
        best = text.size > best.size ? text : best;
        at += 1 + size;
    }
    return best;
}

void atr_summary(struct bytes all, struct buffer *out) {
    struct atr atr;
    parse(all, &atr);
    put_protocols(&atr, out);
    const char *name = pcsc_name(atr.historical);
    struct bytes text = text_in(atr.historical);
    if (name != NULL)
        buffer_format(out, ", %s", name);
    else if (text.size > 0)
        buffer_format(out, ", \"%t\"", text);
    if (!atr.sound)
        buffer_text(out, ", NOT SOUND");
}

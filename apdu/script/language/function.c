// SPDX-License-Identifier: Apache-2.0
#include "apdu/script/language/function.h"
#include "apdu/octets/codec.h"
#include "apdu/script/language/evaluate.h"
#include "apdu/script/language/sign.h"

#include <string.h>

static const struct bytes none = {NULL, 0};
enum { VALUE_SIZE_MAX = 1 << 24 };

static const struct expr *argument(const struct expr *call, size_t index) {
    const struct expr *at = call->first;
    while (at != NULL && index-- > 0)
        at = at->next;
    return at;
}

bool function_take(struct evaluation *evaluation, const struct expr *call, size_t index,
                   struct buffer *out) {
    buffer_init(out, evaluation->ports->memory);
    const struct expr *from = argument(call, index);
    size_t known = evaluation->secret_count;
    bool ok = from == NULL || evaluate_octets(evaluation, from, out);
    evaluation->taken_secret |= evaluation->secret_count > known;
    evaluation->secret_count = known; // spans of this buffer mean nothing in the output
    return ok;
}

static bool take_number(struct evaluation *evaluation, const struct expr *call, size_t index,
                        uint64_t most, uint64_t *out) {
    const struct expr *from = argument(call, index);
    if (!evaluate_number(evaluation, from, out))
        return false;
    return *out <= most || evaluation_fail(evaluation, from, "%tnumber is above the largest: %z",
                                           none, (size_t)most);
}

/// Octets of an argument at the end of out, then room for a header of size octets before them.
static uint8_t *insert(struct evaluation *evaluation, struct buffer *out, size_t begin,
                       size_t size) {
    size_t inner = out->size - begin;
    if (buffer_extend(out, size) == NULL)
        return NULL;
    memmove(out->data + begin + size, out->data + begin, inner);
    for (size_t i = 0; i < evaluation->secret_count; i++)
        if (evaluation->secrets[i].offset >= begin)
            evaluation->secrets[i].offset += size;
    return out->data + begin;
}

// ---- integers --------------------------------------------------------------------------------

static bool put_integer(struct evaluation *evaluation, const struct expr *call, size_t size,
                        bool little, struct buffer *out) {
    uint64_t value = 0, most = size == 8 ? UINT64_MAX : ((uint64_t)1 << 8 * size) - 1;
    if (!take_number(evaluation, call, 0, most, &value))
        return false;
    uint8_t *at = buffer_extend(out, size);
    for (size_t i = 0; at != NULL && i < size; i++)
        at[i] = (uint8_t)(value >> 8 * (little ? i : size - 1 - i));
    return at != NULL;
}

#define INTEGER(name, size, little)                                                                \
    static bool name(struct evaluation *evaluation, const struct expr *call, struct buffer *out) { \
        return put_integer(evaluation, call, size, little, out);                                   \
    }
INTEGER(put_u8, 1, false)
INTEGER(put_u16, 2, false)
INTEGER(put_u24, 3, false)
INTEGER(put_u32, 4, false)
INTEGER(put_u64, 8, false)
INTEGER(put_le16, 2, true)
INTEGER(put_le32, 4, true)
INTEGER(put_le64, 8, true)
#undef INTEGER

/// bcd(NUMBER [, OCTETS]): packed digits, zeros in front.
static bool put_bcd(struct evaluation *evaluation, const struct expr *call, struct buffer *out) {
    uint64_t value = 0, size = 0;
    uint8_t packed[10] = {0};
    if (!take_number(evaluation, call, 0, UINT64_MAX, &value) ||
        (argument(call, 1) != NULL && !take_number(evaluation, call, 1, sizeof packed, &size)))
        return false;
    size_t used = 0;
    for (; used < 20 && value > 0; used++, value /= 10)
        packed[9 - used / 2] |= (uint8_t)(value % 10 << (used % 2 * 4));
    size_t needed = used == 0 ? 1 : (used + 1) / 2;
    if (size == 0)
        size = needed;
    if (size < needed)
        return evaluation_fail(evaluation, call, "%tthe digits need %z octets", none, needed);
    buffer_put(out, bytes_of(packed + 10 - size, size));
    return true;
}

static bool put_len(struct evaluation *evaluation, const struct expr *call, struct buffer *out) {
    struct buffer octets;
    bool ok = function_take(evaluation, call, 0, &octets);
    size_t size = octets.size;
    buffer_free(&octets);
    if (ok && size > 255)
        return evaluation_fail(evaluation, call, "%t%z octets do not fit a length of one octet",
                               none, size);
    if (ok)
        buffer_put_octet(out, (uint8_t)size);
    return ok;
}

static bool number_len(struct evaluation *evaluation, const struct expr *call, uint64_t *out) {
    struct buffer octets;
    bool ok = function_take(evaluation, call, 0, &octets);
    *out = octets.size;
    buffer_free(&octets);
    return ok;
}

static bool number_of(struct evaluation *evaluation, const struct expr *call, uint64_t *out) {
    return evaluate_number(evaluation, call->first, out);
}

static bool number_int(struct evaluation *evaluation, const struct expr *call, uint64_t *out) {
    struct buffer octets;
    bool ok = function_take(evaluation, call, 0, &octets);
    if (ok && (octets.size == 0 || octets.size > 8))
        ok = evaluation_fail(evaluation, call, "%tint() takes 1 to 8 octets, not %z", none,
                             octets.size);
    *out = ok ? bytes_get_be(octets.data, octets.size) : 0;
    buffer_free(&octets);
    return ok;
}

/// Digits alone: "0042" is 42.
static bool number_dec(struct evaluation *evaluation, const struct expr *call, uint64_t *out) {
    struct buffer text;
    bool ok = function_take(evaluation, call, 0, &text);
    *out = 0;
    for (size_t i = 0; ok && i < text.size; i++) {
        uint8_t digit = (uint8_t)(text.data[i] - '0');
        ok = digit < 10 && !__builtin_mul_overflow(*out, 10, out) &&
             !__builtin_add_overflow(*out, digit, out);
    }
    ok = ok && text.size > 0;
    if (!ok)
        evaluation_fail(evaluation, call, "\"%t\" is no number in decimal digits",
                        buffer_bytes(&text), 0);
    buffer_free(&text);
    return ok;
}

// ---- structure -------------------------------------------------------------------------------

static size_t put_ber_length(uint8_t *at, size_t size) {
    size_t more = size < 0x80 ? 0 : bytes_be_size(size);
    at[0] = (uint8_t)(more == 0 ? size : 0x80 | more);
    if (more > 0)
        bytes_put_be(at + 1, more, size);
    return 1 + more;
}

static bool put_tlv(struct evaluation *evaluation, const struct expr *call, struct buffer *out) {
    size_t begin = out->size;
    uint8_t header[12];
    uint64_t tag = call->first->number;
    if (argument(call, 1) != NULL && !evaluate_octets(evaluation, argument(call, 1), out))
        return false;
    size_t size = bytes_be_size(tag);
    bytes_put_be(header, size, tag);
    size += put_ber_length(header + size, out->size - begin);
    uint8_t *at = insert(evaluation, out, begin, size);
    if (at != NULL)
        memcpy(at, header, size);
    return at != NULL;
}

static bool put_lv(struct evaluation *evaluation, const struct expr *call, struct buffer *out) {
    size_t begin = out->size;
    if (!evaluate_octets(evaluation, call->first, out))
        return false;
    size_t size = out->size - begin;
    if (size > 255)
        return evaluation_fail(evaluation, call, "%t%z octets do not fit a length of one octet",
                               none, size);
    uint8_t *at = insert(evaluation, out, begin, 1);
    if (at != NULL)
        at[0] = (uint8_t)size;
    return at != NULL;
}

/// lc(OCTETS): Lc in its short form, or the extended one when it must be.
static bool put_lc(struct evaluation *evaluation, const struct expr *call, struct buffer *out) {
    size_t begin = out->size;
    if (!evaluate_octets(evaluation, call->first, out))
        return false;
    size_t size = out->size - begin;
    if (size == 0 || size > APDU_EXTENDED_LC_MAX)
        return evaluation_fail(evaluation, call, "%tcommand data has 1 to 65535 octets, not %z",
                               none, size);
    uint8_t *at = insert(evaluation, out, begin, size > 255 ? 3 : 1);
    if (at == NULL)
        return false;
    at[0] = 0;
    if (size > 255)
        bytes_put_be(at + 1, 2, size);
    else
        at[0] = (uint8_t)size;
    return true;
}

static bool put_slice(struct evaluation *evaluation, const struct expr *call, struct buffer *out) {
    struct buffer octets;
    uint64_t offset = 0, count = 0;
    bool ok = function_take(evaluation, call, 0, &octets) &&
              take_number(evaluation, call, 1, VALUE_SIZE_MAX, &offset);
    count = ok && offset <= octets.size ? octets.size - offset : 0;
    ok = ok &&
         (argument(call, 2) == NULL || take_number(evaluation, call, 2, VALUE_SIZE_MAX, &count));
    if (ok && offset + count > octets.size)
        ok = evaluation_fail(evaluation, call, "%tslice goes beyond the %z octets", none,
                             octets.size);
    if (ok && count > 0) // an empty value has no octets to point at
        buffer_put(out, bytes_of(octets.data + offset, count));
    buffer_free(&octets);
    return ok;
}

static bool put_fill(struct evaluation *evaluation, const struct expr *call, struct buffer *out) {
    struct buffer octets;
    uint64_t count = 0;
    bool ok = function_take(evaluation, call, 0, &octets) &&
              take_number(evaluation, call, 1, VALUE_SIZE_MAX, &count);
    if (ok && octets.size * count > VALUE_SIZE_MAX)
        ok = evaluation_fail(evaluation, call, "%tvalues end at %z octets", none, VALUE_SIZE_MAX);
    for (uint64_t i = 0; ok && i < count; i++)
        buffer_put(out, buffer_bytes(&octets));
    buffer_free(&octets);
    return ok;
}

/// pad(OCTETS, SIZE [, OCTET]): FF behind it up to SIZE octets, or the octet given.
static bool put_pad(struct evaluation *evaluation, const struct expr *call, struct buffer *out) {
    size_t begin = out->size;
    uint64_t size = 0;
    struct buffer filler;
    bool ok = function_take(evaluation, call, 2, &filler) &&
              evaluate_octets(evaluation, call->first, out) &&
              take_number(evaluation, call, 1, VALUE_SIZE_MAX, &size);
    uint8_t octet = filler.size == 1 ? filler.data[0] : 0xFF;
    buffer_free(&filler);
    if (ok && out->size - begin > size)
        return evaluation_fail(evaluation, call, "%tthe value has %z octets already", none,
                               out->size - begin);
    while (ok && !out->failed && out->size - begin < size)
        buffer_put_octet(out, octet);
    return ok;
}

static bool put_xor(struct evaluation *evaluation, const struct expr *call, struct buffer *out) {
    struct buffer a, b;
    bool ok = function_take(evaluation, call, 0, &a);
    ok = function_take(evaluation, call, 1, &b) && ok;
    if (ok && a.size != b.size)
        ok = evaluation_fail(evaluation, call, "%txor() takes values of one size; the first has %z",
                             none, a.size);
    for (size_t i = 0; ok && i < a.size; i++)
        buffer_put_octet(out, a.data[i] ^ b.data[i]);
    buffer_free(&a);
    buffer_free(&b);
    return ok;
}

// ---- what the ports tell -----------------------------------------------------------------------

static bool put_file(struct evaluation *evaluation, const struct expr *call, struct buffer *out) {
    struct buffer name;
    const char *error = "";
    bool ok = function_take(evaluation, call, 0, &name);
    const struct script_source *file =
        ok ? sources_load(evaluation->sources, call->at.source, buffer_bytes(&name), &error) : NULL;
    if (ok && file == NULL) {
        buffer_clear(&evaluation->fault);
        buffer_format(&evaluation->fault, "cannot read \"%t\": %s", buffer_bytes(&name), error);
        evaluation->fault_at = call->at;
    }
    if (file != NULL)
        buffer_put(out, file->text);
    buffer_free(&name);
    return file != NULL;
}

static bool put_env(struct evaluation *evaluation, const struct expr *call, struct buffer *out) {
    struct buffer name;
    const struct script_ports *ports = evaluation->ports;
    bool ok = function_take(evaluation, call, 0, &name);
    const char *value =
        ok && ports->environment != NULL ? ports->environment(ports, buffer_string(&name)) : NULL;
    if (ok && value == NULL)
        ok = evaluation_fail(evaluation, call, "environment variable %t is not set",
                             buffer_bytes(&name), 0);
    if (ok)
        buffer_text(out, value);
    buffer_free(&name);
    return ok;
}

/// hex(TEXT): octets of the digits in a text; blanks and colons are skipped.
static bool put_hex_text(struct evaluation *evaluation, const struct expr *call,
                         struct buffer *out) {
    struct buffer text;
    bool ok = function_take(evaluation, call, 0, &text);
    unsigned held = 0, digits = 0;
    for (size_t i = 0; ok && i < text.size; i++) {
        char c = (char)text.data[i];
        if (c == ' ' || c == ':' || c == '\n' || c == '\r' || c == '\t')
            continue;
        if (hex_digit(c) < 0)
            ok = evaluation_fail(evaluation, call,
                                 "%thex() met a character that is no hex digit, "
                                 "at place %z",
                                 none, i + 1);
        held = held << 4 | (unsigned)hex_digit(c);
        if (ok && ++digits % 2 == 0)
            buffer_put_octet(out, (uint8_t)held);
    }
    if (ok && digits % 2 != 0)
        ok = evaluation_fail(evaluation, call, "%thex() met an odd number of digits: %z", none,
                             digits);
    buffer_free(&text);
    return ok;
}

static bool put_random(struct evaluation *evaluation, const struct expr *call, struct buffer *out) {
    uint64_t size = 0;
    if (!take_number(evaluation, call, 0, VALUE_SIZE_MAX, &size))
        return false;
    uint8_t *at = buffer_extend(out, size);
    if (at != NULL)
        script_random_fill(&evaluation->random, at, size);
    return at != NULL;
}

static bool put_sha256(struct evaluation *evaluation, const struct expr *call, struct buffer *out) {
    struct buffer octets;
    uint8_t digest[SHA256_SIZE];
    const struct crypto *crypto = evaluation->ports->crypto;
    bool ok = function_take(evaluation, call, 0, &octets);
    if (ok && (crypto == NULL || !crypto->ops->sha256(crypto, buffer_bytes(&octets), digest)))
        ok = evaluation_fail(evaluation, call, "%tno cryptography is at hand", none, 0);
    if (ok)
        buffer_put(out, BYTES_OF(digest));
    buffer_free(&octets);
    return ok;
}

static bool put_secret(struct evaluation *evaluation, const struct expr *call, struct buffer *out) {
    size_t begin = out->size;
    if (!evaluate_octets(evaluation, call->first, out))
        return false;
    if (evaluation->secret_count == SECRET_SPANS_MAX)
        evaluation->secret_overflow = true;
    else
        evaluation->secrets[evaluation->secret_count++] =
            (struct secret_span){begin, out->size - begin};
    return true;
}

const struct script_function script_functions[] = {
    {"u8", "n", put_u8, NULL, "u8(NUMBER): one octet"},
    {"u16", "n", put_u16, NULL, "u16(NUMBER): two octets, big-endian"},
    {"u24", "n", put_u24, NULL, "u24(NUMBER): three octets, big-endian"},
    {"u32", "n", put_u32, NULL, "u32(NUMBER): four octets, big-endian"},
    {"u64", "n", put_u64, NULL, "u64(NUMBER): eight octets, big-endian"},
    {"le16", "n", put_le16, NULL, "le16(NUMBER): two octets, little-endian"},
    {"le32", "n", put_le32, NULL, "le32(NUMBER): four octets, little-endian"},
    {"le64", "n", put_le64, NULL, "le64(NUMBER): eight octets, little-endian"},
    {"bcd", "nN", put_bcd, NULL, "bcd(NUMBER [, SIZE]): packed decimal digits"},
    {"len", "o", put_len, number_len, "len(OCTETS): how many, as one octet or as a number"},
    {"number", "n", NULL, number_of, "number(NUMBER): a value of type number"},
    {"int", "o", NULL, number_int, "int(OCTETS): a number from 1 to 8 octets"},
    {"dec", "o", NULL, number_dec, "dec(TEXT): the number that decimal digits of a text spell"},
    {"tlv", "hO", put_tlv, NULL, "tlv(TAG, OCTETS): BER-TLV"},
    {"lv", "o", put_lv, NULL, "lv(OCTETS): length in one octet, then the octets"},
    {"lc", "o", put_lc, NULL, "lc(OCTETS): Lc and command data, extended when needed"},
    {"slice", "onN", put_slice, NULL, "slice(OCTETS, OFFSET [, COUNT])"},
    {"fill", "on", put_fill, NULL, "fill(OCTETS, COUNT): COUNT times the octets"},
    {"pad", "onO", put_pad, NULL, "pad(OCTETS, SIZE [, OCTET]): FF or OCTET after it"},
    {"xor", "oo", put_xor, NULL, "xor(OCTETS, OCTETS)"},
    {"hex", "o", put_hex_text, NULL, "hex(TEXT): octets that the digits of a text spell"},
    {"file", "o", put_file, NULL, "file(\"NAME\"): contents, looked for beside the script"},
    {"env", "o", put_env, NULL, "env(\"NAME\"): an environment variable"},
    {"random", "n", put_random, NULL, "random(SIZE): repeatable by --seed"},
    {"sha256", "o", put_sha256, NULL, "sha256(OCTETS)"},
    {"aes", "oo", function_aes, NULL, "aes(KEY, OCTETS): AES-CBC from a vector of zeros"},
    {"unaes", "oo", function_unaes, NULL, "unaes(KEY, OCTETS): takes aes() back"},
    {"des", "oo", function_des, NULL, "des(KEY, OCTETS): triple DES, CBC from a vector of zeros"},
    {"undes", "oo", function_undes, NULL, "undes(KEY, OCTETS): takes des() back"},
    {"cmac", "oo", function_cmac, NULL, "cmac(KEY, OCTETS): AES-CMAC"},
    {"key", "o", script_put_key, NULL, "key(\"NAME\"): private key of --keys NAME=FILE, secret"},
    {"ecdsa", "oo", script_put_ecdsa, NULL, "ecdsa(KEY, OCTETS): P-256 and SHA-256, r and s"},
    {"p256", "o", script_put_p256, NULL, "p256(KEY): its public key, compressed"},
    {"hpke", "oooo", script_put_hpke, NULL, "hpke(POINT, INFO, AAD, OCTETS): sealed for a key"},
    {"secret", "o", put_secret, NULL, "secret(OCTETS): masked in traces and messages"},
};
const size_t script_function_count = sizeof script_functions / sizeof script_functions[0];

const struct script_function *script_function_find(struct bytes name) {
    for (size_t i = 0; i < script_function_count; i++)
        if (bytes_equal(name, bytes_of_string(script_functions[i].name)))
            return &script_functions[i];
    return NULL;
}

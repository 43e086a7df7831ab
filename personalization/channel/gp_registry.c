// SPDX-License-Identifier: Apache-2.0
#include "personalization/channel/gp_registry.h"

#include "apdu/octets/status.h"
#include "apdu/octets/tlv.h"
#include "base/must.h"

#include <string.h>

enum { FORM_TLV = 0x02, NEXT = 0x01, SW_MORE = 0x6310, PARTS_MAX = 64, ROW = 0xE3 };

static const struct {
    const char *word;
    uint8_t p1;
} kinds[] = {[GP_DOMAIN] = {"domain", 0x80},
             [GP_APPLICATION] = {"application", 0x40},
             [GP_FILE] = {"load file", 0x20}};
must_cover(kinds, GP_ENTRY_KIND_COUNT);

// ---- reading ------------------------------------------------------------------------------------

static struct gp_entry *add(struct gp_registry *registry, enum gp_entry_kind kind) {
    if (registry->count == GP_ENTRIES_MAX)
        return NULL;
    struct gp_entry *entry = &registry->entries[registry->count++];
    *entry = (struct gp_entry){.kind = kind};
    return entry;
}

static void take(struct bytes value, uint8_t *out, size_t capacity, size_t *size) {
    *size = value.size <= capacity ? value.size : 0;
    memcpy(out, value.data, *size);
}

static bool take_row(struct gp_entry *entry, struct bytes row) {
    struct tlv field;
    while (tlv_next(&row, &field)) {
        if (field.tag == 0x4F)
            take(field.value, entry->aid, sizeof entry->aid, &entry->aid_size);
        else if (field.tag == 0x9F70 && field.value.size > 0)
            entry->state = field.value.data[0];
        else if (field.tag == 0xC5)
            take(field.value, entry->privileges, sizeof entry->privileges, &entry->privileges_size);
        else if (field.tag == 0xC4)
            take(field.value, entry->file, sizeof entry->file, &entry->file_size);
        else if (field.tag == 0xCC)
            take(field.value, entry->domain, sizeof entry->domain, &entry->domain_size);
    }
    return row.size == 0 && entry->aid_size > 0;
}

static bool take_rows(struct gp_registry *registry, enum gp_entry_kind kind, struct bytes rows) {
    struct tlv row;
    while (tlv_next(&rows, &row)) {
        struct gp_entry *entry = row.tag == ROW ? add(registry, kind) : NULL;
        if (entry == NULL || !take_row(entry, row.value))
            return false;
    }
    return rows.size == 0;
}

/// The older form: length and AID, state, one octet of privileges; no tags.
static bool take_plain(struct gp_registry *registry, enum gp_entry_kind kind, struct bytes rows) {
    while (rows.size > 0) {
        size_t size = rows.data[0];
        struct gp_entry *entry = size <= 16 && rows.size >= size + 3 ? add(registry, kind) : NULL;
        if (entry == NULL)
            return false;
        take(bytes_of(rows.data + 1, size), entry->aid, sizeof entry->aid, &entry->aid_size);
        entry->state = rows.data[size + 1];
        take(bytes_of(rows.data + size + 2, 1), entry->privileges, 1, &entry->privileges_size);
        rows = bytes_of(rows.data + size + 3, rows.size - size - 3);
    }
    return true;
}

static enum gp_status read_kind(struct gp_session *session, struct gp_registry *registry,
                                enum gp_entry_kind kind, uint8_t form) {
    static const uint8_t every[] = {0x4F, 0x00};
    for (unsigned part = 0; part < PARTS_MAX; part++) {
        struct apdu_command command = {.cla = 0x80,
                                       .ins = 0xF2,
                                       .p1 = kinds[kind].p1,
                                       .p2 = (uint8_t)(form | (part > 0 ? NEXT : 0)),
                                       .data = BYTES_OF(every)};
        enum gp_status status = gp_send(session, &command);
        bool more = status == GP_REFUSED && session->sw == SW_MORE;
        if (status == GP_REFUSED && session->sw == SW_REFERENCE_NOT_FOUND)
            return GP_OK;
        if (status != GP_OK && !more)
            return status;
        struct bytes rows = bytes_of(session->answer, session->answer_size);
        if (form == FORM_TLV ? !take_rows(registry, kind, rows) : !take_plain(registry, kind, rows))
            return GP_BAD_ANSWER;
        if (!more)
            return GP_OK;
    }
    return GP_BAD_ANSWER;
}

enum gp_status gp_read_registry(struct gp_session *session, struct gp_registry *registry) {
    enum gp_status status = GP_OK;
    uint8_t form = FORM_TLV;
    registry->count = 0;
    for (int kind = 0; status == GP_OK && kind < GP_ENTRY_KIND_COUNT; kind++) {
        status = read_kind(session, registry, (enum gp_entry_kind)kind, form);
        if (status == GP_REFUSED && session->sw == SW_WRONG_P1P2 && form == FORM_TLV) {
            form = 0;
            status = read_kind(session, registry, (enum gp_entry_kind)kind, form);
        }
    }
    return status;
}

// ---- printing -----------------------------------------------------------------------------------

static void hex(struct bytes octets, FILE *out) {
    for (size_t i = 0; i < octets.size; i++)
        fprintf(out, "%02X", octets.data[i]);
}

// Tables 11-3 to 11-6.
static const char *state_word(const struct gp_entry *entry) {
    uint8_t state = entry->state;
    if (entry->kind == GP_FILE)
        return state == 0x01 ? "loaded" : "unknown";
    if (entry->kind == GP_DOMAIN)
        return state == 0x01   ? "op-ready"
               : state == 0x07 ? "initialized"
               : state == 0x0F ? "secured"
               : state == 0x7F ? "locked"
               : state == 0xFF ? "terminated"
                               : "unknown";
    return (state & 0x80) != 0 ? "locked" : state == 0x03 ? "installed" : "selectable";
}

static void print_text(const struct gp_entry *entry, FILE *out) {
    fprintf(out, "%-12s ", kinds[entry->kind].word);
    hex(bytes_of(entry->aid, entry->aid_size), out);
    fprintf(out, "  %s (%02X)", state_word(entry), entry->state);
    if (entry->privileges_size > 0) {
        fputs("  privileges ", out);
        hex(bytes_of(entry->privileges, entry->privileges_size), out);
    }
    fputc('\n', out);
}

static void json_octets(const char *name, const uint8_t *octets, size_t size, FILE *out) {
    if (size == 0)
        return;
    fprintf(out, ",\"%s\":\"", name);
    hex(bytes_of(octets, size), out);
    fputc('"', out);
}

static void print_json(const struct gp_entry *entry, FILE *out) {
    fprintf(out, "{\"kind\":\"%s\"", kinds[entry->kind].word);
    json_octets("aid", entry->aid, entry->aid_size, out);
    fprintf(out, ",\"state\":\"%s\",\"state-octet\":\"%02X\"", state_word(entry), entry->state);
    json_octets("privileges", entry->privileges, entry->privileges_size, out);
    json_octets("file", entry->file, entry->file_size, out);
    json_octets("domain", entry->domain, entry->domain_size, out);
    fputs("}\n", out);
}

void gp_print_registry(const struct gp_registry *registry, bool json, FILE *out) {
    for (size_t i = 0; i < registry->count; i++)
        (json ? print_json : print_text)(&registry->entries[i], out);
}

// ---- what everybody may read --------------------------------------------------------------------

static bool ask(struct link *link, const struct apdu_command *command, uint8_t *answer,
                size_t capacity, struct apdu_response *response, struct failure *failure) {
    struct exchange_count count = {0};
    enum link_status status = exchange(link, command, answer, capacity, response, &count);
    return status == LINK_OK || fail(failure, status == LINK_NO_CARD ? EXIT_ABSENT : EXIT_OPEN,
                                     "%s: %s", link->name, link->error);
}

/// Key information template (11.3.3.1): a row a key.
static void print_keys(struct bytes value, bool json, FILE *out) {
    struct tlv outer, row;
    bool first = true;
    if (!tlv_find(value, 0xE0, &outer))
        return;
    if (json)
        fputs(",\"keys\":[", out);
    while (tlv_next(&outer.value, &row)) {
        if (row.tag != 0xC0 || row.value.size < 4)
            continue;
        const uint8_t *key = row.value.data;
        const char *type = key[2] == 0x88                     ? "AES"
                           : key[2] == 0x80 || key[2] == 0x82 ? "3DES"
                                                              : "other";
        fprintf(out,
                json ? "%s{\"id\":%u,\"version\":\"%02X\",\"type\":\"%s\",\"octets\":%u}"
                     : "%skey %u  version %02X  %s  %u octets\n",
                json && !first ? "," : "", key[0], key[1], type, key[3]);
        first = false;
    }
    if (json)
        fputs("]", out);
}

bool gp_print_information(struct link *link, struct bytes aid, bool json, FILE *out,
                          struct failure *failure) {
    static const struct {
        const char *name;
        uint8_t p1, p2;
    } objects[] = {{"issuer number", 0x00, 0x42},    {"image number", 0x00, 0x45},
                   {"recognition data", 0x00, 0x66}, {"capabilities", 0x00, 0x67},
                   {"production data", 0x9F, 0x7F},  {"keys", 0x00, 0xE0}};
    uint8_t answer[GP_ANSWER_MAX];
    struct apdu_response response;
    struct apdu_command select = {.ins = 0xA4, .p1 = 0x04, .data = aid, .le = APDU_SHORT_LE_MAX};
    if (!ask(link, &select, answer, sizeof answer, &response, failure))
        return false;
    if (response.sw != SW_OK && response.sw != SW_FILE_INVALIDATED)
        return fail(failure, EXIT_REFUSED, "%s: there is no such security domain (%04X)",
                    link->name, response.sw);
    fputs(json ? "{\"domain\":\"" : "domain            ", out);
    hex(response.data, out);
    fputs(json ? "\"" : "\n", out);
    for (size_t i = 0; i < sizeof objects / sizeof objects[0]; i++) {
        struct apdu_command get = {.cla = 0x80,
                                   .ins = 0xCA,
                                   .p1 = objects[i].p1,
                                   .p2 = objects[i].p2,
                                   .le = APDU_SHORT_LE_MAX};
        if (!ask(link, &get, answer, sizeof answer, &response, failure))
            return false;
        if (response.sw != SW_OK)
            continue;
        if (objects[i].p2 == 0xE0) {
            print_keys(response.data, json, out);
            continue;
        }
        fprintf(out, json ? ",\"%s\":\"" : "%-17s ", objects[i].name);
        hex(response.data, out);
        fputs(json ? "\"" : "\n", out);
    }
    fputs(json ? "}\n" : "", out);
    return true;
}

void gp_print_keys(const struct gp_card *card, bool json, FILE *out) {
    fprintf(
        out,
        json
            ? "{\"protocol\":\"SCP%02X\",\"i\":\"%02X\",\"version\":\"%02X\",\"diversification\":\""
            : "SCP%02X i=%02X, key version %02X fits; diversification ",
        card->protocol, card->i, card->version);
    for (size_t i = 0; i < sizeof card->diversification; i++)
        fprintf(out, "%02X", card->diversification[i]);
    fputs(json ? "\"}\n" : "\n", out);
}

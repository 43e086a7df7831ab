// SPDX-License-Identifier: Apache-2.0
// tessera apdu catalogue: the command catalogue for programs (JSON, one command a line), for people
// (text), for Wireshark (a Lua post-dissector), and coverage of it by runs.
#include <stdio.h>
#include <string.h>

#include "apdu/catalogue.h"
#include "apdu/script/report.h"
#include "apdu/script/tool.h"

static const char name[] = "tessera apdu catalogue";
static const char usage[] =
    "usage: tessera apdu catalogue [--json | --lua | --coverage FILE]\n"
    "Prints every command that Tessera's cards know.\n"
    "  --json           one object a line: {name, title, applet, cla, ins, p1, p2, cases, lc,\n"
    "                   interfaces, secret, fields, refusals, answer, clause}; then the status\n"
    "                   words as {sw, name, reason, text}\n"
    "  --lua            a post-dissector for Wireshark that names the commands and status words\n"
    "  --coverage FILE  what tessera apdu run --coverage met, against what is documented;\n"
    "                   exit 1 when a command or documented status word is missing, or\n"
    "                   one was met that is not documented\n";

// ---- JSON ------------------------------------------------------------------------------------

static void json_text(const char *key, const char *text) {
    printf("\"%s\":\"", key);
    report_json_text(stdout, text != NULL ? text : "");
    printf("\",");
}

static void json_fields(const struct catalogue_command *row) {
    static const char *const kinds[] = {"tlv", "object", "raw"};
    printf("\"fields\":[");
    for (size_t i = 0; i < row->parameter_count; i++) {
        const struct catalogue_parameter *field = &row->parameters[i];
        printf("%s{\"name\":\"%s\",\"kind\":\"%s\"", i > 0 ? "," : "", field->name,
               kinds[field->kind]);
        if (field->kind == PARAMETER_TLV_FIELD)
            printf(",\"tag\":\"%X\"", (unsigned)field->tag);
        if (field->kind == PARAMETER_OBJECT)
            printf(",\"object\":%u", (unsigned)field->object);
        printf(",\"optional\":%s,\"secret\":%s}", field->optional ? "true" : "false",
               field->secret ? "true" : "false");
    }
    printf("],");
}

static void json_refusals(const struct catalogue_command *row) {
    printf("\"refusals\":[");
    for (size_t i = 0; i < row->refusal_count; i++)
        printf("%s{\"sw\":\"%04X\",\"reason\":\"%s\"}", i > 0 ? "," : "",
               (unsigned)row->refusals[i], status_reason(row->refusals[i]));
    printf("],");
}

static void json_masks(const struct catalogue_command *row) {
    static const char *const interfaces[] = {"contact", "contactless", "internal"};
    const char *gap = "";
    printf("\"cases\":[");
    for (unsigned i = 1; i <= 4; i++)
        if ((row->cases >> i & 1) != 0) {
            printf("%s%u", gap, i);
            gap = ",";
        }
    printf("],\"lc\":[%u,%u],\"interfaces\":[", (unsigned)row->lc_min, (unsigned)row->lc_max);
    gap = "";
    for (unsigned i = 0; i < 3; i++)
        if ((row->interfaces >> i & 1) != 0) {
            printf("%s\"%s\"", gap, interfaces[i]);
            gap = ",";
        }
    printf("],\"secret\":%s,", row->secret ? "true" : "false");
}

static int print_json(void) {
    for (size_t i = 0; i < COMMAND_COUNT; i++) {
        const struct catalogue_command *row = &catalogue[i];
        if (row->name == NULL)
            continue;
        printf("{");
        json_text("name", row->name);
        json_text("title", row->title);
        json_text("applet", row->applet);
        printf("\"cla\":\"%02X\",\"ins\":\"%02X\",\"p1\":\"%02X\",\"p1_mask\":\"%02X\","
               "\"p2\":\"%02X\",\"p2_mask\":\"%02X\",",
               (unsigned)row->cla, (unsigned)row->ins, (unsigned)row->p1, (unsigned)row->p1_mask,
               (unsigned)row->p2, (unsigned)row->p2_mask);
        json_masks(row);
        json_fields(row);
        json_refusals(row);
        json_text("answer", row->answer);
        printf("\"clause\":\"");
        report_json_text(stdout, row->clause != NULL ? row->clause : "");
        printf("\"}\n");
    }
    for (size_t i = 0; i < status_word_count; i++) {
        printf("{\"sw\":\"%04X\",", (unsigned)status_words[i].sw);
        json_text("name", status_words[i].name);
        if (status_words[i].reason != NULL)
            json_text("reason", status_words[i].reason);
        printf("\"text\":\"");
        report_json_text(stdout, status_words[i].text);
        printf("\"}\n");
    }
    return 0;
}

static int print_text(void) {
    for (size_t i = 0; i < COMMAND_COUNT; i++)
        if (catalogue[i].name != NULL)
            printf("%-30s %02X %02X  %s\n", catalogue[i].name, (unsigned)catalogue[i].cla,
                   (unsigned)catalogue[i].ins, catalogue[i].title);
    return 0;
}

// ---- Lua -------------------------------------------------------------------------------------

static const char lua_head[] =
    "-- Wireshark post-dissector for the commands of Tessera's cards, generated by\n"
    "-- `tessera apdu catalogue --lua`. It looks at APDUs in ISO 14443 I-blocks (captures of\n"
    "-- `tessera apdu run --pcap`) and in GSMTAP packets of type SIM.\n"
    "local tessera = Proto('tessera', 'Tessera card commands')\n"
    "local f_command = ProtoField.string('tessera.command', 'Command')\n"
    "local f_sw = ProtoField.string('tessera.sw', 'Status word')\n"
    "tessera.fields = {f_command, f_sw}\n"
    "local frame_inf = Field.new('iso14443.inf')\n"
    "local event = Field.new('iso14443.event')\n"
    "local sim = Field.new('gsm_sim')\n"
    "local payload = Field.new('udp.payload')\n";

static const char lua_tail[] =
    "local function command_name(bytes)\n"
    "  if bytes:len() < 4 then return nil end\n"
    "  local cla, ins = bytes:get_index(0), bytes:get_index(1)\n"
    "  if cla ~= 0xFF then cla = bit.band(cla, 0xE3) end\n"
    "  for _, row in ipairs(commands) do\n"
    "    if row[1] == cla and row[2] == ins and\n"
    "       bit.band(bytes:get_index(2), row[4]) == row[3] and\n"
    "       bit.band(bytes:get_index(3), row[6]) == row[5] then return row[7] end\n"
    "  end\n"
    "end\n"
    "local function sw_name(bytes)\n"
    "  local n = bytes:len()\n"
    "  if n < 2 then return nil end\n"
    "  local sw = bytes:get_index(n - 2) * 256 + bytes:get_index(n - 1)\n"
    "  local text = words[sw] or words[bit.band(sw, 0xFFF0)] or words[bit.band(sw, 0xFF00)]\n"
    "  return string.format('%04X %s', sw, text or 'unknown')\n"
    "end\n"
    "function tessera.dissector(tvb, pinfo, root)\n"
    "  local inf, ev = frame_inf(), event()\n"
    "  local text, field\n"
    "  if inf and ev then\n"
    "    if ev.value == 0xFE or ev.value == 0xFA then\n"
    "      text, field = command_name(inf.range:bytes()), f_command\n"
    "    else\n"
    "      text, field = sw_name(inf.range:bytes()), f_sw\n"
    "    end\n"
    "  elseif sim() and payload() then\n"
    "    local whole = payload().range:bytes()\n"
    "    if whole:len() > 22 then\n"
    "      text, field = command_name(whole:subset(16, whole:len() - 16)), f_command\n"
    "      root:add(tessera):add(f_sw, sw_name(whole))\n"
    "    end\n"
    "  end\n"
    "  if text then\n"
    "    root:add(tessera):add(field, text)\n"
    "    pinfo.cols.info:append(' [' .. text .. ']')\n"
    "  end\n"
    "end\n"
    "register_postdissector(tessera)\n";

static int print_lua(void) {
    fputs(lua_head, stdout);
    printf("local commands = {\n");
    for (size_t i = 0; i < COMMAND_COUNT; i++) {
        const struct catalogue_command *row = &catalogue[i];
        if (row->name != NULL)
            printf("  {0x%02X, 0x%02X, 0x%02X, 0x%02X, 0x%02X, 0x%02X, '%s (%s)'},\n",
                   (unsigned)row->cla, (unsigned)row->ins, (unsigned)row->p1,
                   (unsigned)row->p1_mask, (unsigned)row->p2, (unsigned)row->p2_mask, row->title,
                   row->name);
    }
    printf("}\nlocal words = {\n");
    for (size_t i = 0; i < status_word_count; i++) {
        printf("  [0x%04X] = \"", (unsigned)status_words[i].sw);
        report_json_text(stdout, status_words[i].text);
        printf("\",\n");
    }
    printf("}\n");
    fputs(lua_tail, stdout);
    return 0;
}

// ---- coverage --------------------------------------------------------------------------------

static bool met(struct bytes log, const char *command, uint16_t sw) {
    char line[96];
    int size = snprintf(line, sizeof line, "%s\t%04X\n", command, (unsigned)sw);
    for (size_t i = 0; i + (size_t)size <= log.size; i++)
        if ((i == 0 || log.data[i - 1] == '\n') && memcmp(log.data + i, line, (size_t)size) == 0)
            return true;
    return false;
}

/// 63Cx stands for any number of tries.
static bool met_family(struct bytes log, const char *command, uint16_t sw) {
    for (uint16_t i = 0; i < 16 && sw == SW_TRIES_LEFT; i++)
        if (met(log, command, sw | i))
            return true;
    return met(log, command, sw);
}

/// What any command may answer (docs/commands.md).
static bool is_general(uint16_t sw) {
    static const uint16_t general[] = {SW_OK,
                                       SW_WRONG_LENGTH,
                                       SW_WRONG_P1P2,
                                       SW_CHANNEL_NOT_SUPPORTED,
                                       SW_NOT_ALLOWED,
                                       SW_LIFE_CYCLE,
                                       SW_CLA_NOT_SUPPORTED,
                                       SW_INS_NOT_SUPPORTED,
                                       SW_INTERFACE,
                                       SW_SM_OBJECT_MISSING,
                                       SW_SM_OBJECT_WRONG,
                                       SW_LAST_COMMAND_EXPECTED,
                                       SW_MEMORY_FAILURE,
                                       SW_CHAINING_NOT_SUPPORTED,
                                       SW_SECURE_MESSAGING_NOT_SUPPORTED};
    for (size_t i = 0; i < sizeof general / sizeof general[0]; i++)
        if (sw == general[i])
            return true;
    return sw >> 8 == SW_MORE_DATA >> 8 || sw >> 8 == SW_WRONG_LE >> 8;
}

static bool is_documented(const struct catalogue_command *row, uint16_t sw) {
    for (size_t i = 0; i < row->refusal_count; i++)
        if (row->refusals[i] == sw ||
            (row->refusals[i] == SW_TRIES_LEFT && (sw & 0xFFF0) == SW_TRIES_LEFT))
            return true;
    return is_general(sw);
}

/// Lines of the log that no row and no general rule tells of.
static size_t print_undocumented(struct bytes log) {
    size_t count = 0, begin = 0;
    for (size_t i = 0; i < log.size; i++) {
        char line[96], command[64];
        unsigned sw;
        if (log.data[i] != '\n')
            continue;
        snprintf(line, sizeof line, "%.*s", (int)(i - begin), (const char *)log.data + begin);
        begin = i + 1;
        if (sscanf(line, "%63s %4X", command, &sw) != 2)
            continue;
        const struct catalogue_command *row = catalogue_find_name(command);
        if (row != NULL && is_documented(row, (uint16_t)sw))
            continue;
        count++;
        printf("undocumented\t%s\t%04X\t%s\n", command, sw, status_text((uint16_t)sw));
    }
    return count;
}

static int print_coverage(const char *file) {
    struct tool tool;
    size_t documented = 0, found = 0, unknown = 0;
    tool_init(&tool, name, NULL);
    const struct script_source *log = tool_read(&tool, file);
    for (size_t i = 0; log != NULL && i < COMMAND_COUNT; i++) {
        const struct catalogue_command *row = &catalogue[i];
        if (row->name == NULL)
            continue;
        for (size_t j = 0; j <= row->refusal_count; j++) {
            uint16_t sw = j < row->refusal_count ? row->refusals[j] : SW_OK;
            bool covered = met_family(log->text, row->name, sw);
            documented++;
            found += covered;
            if (!covered)
                printf("missing\t%s\t%04X\t%s\n", row->name, (unsigned)sw, status_text(sw));
        }
    }
    bool read = log != NULL;
    if (read)
        unknown = print_undocumented(log->text);
    tool_free(&tool);
    if (!read)
        return TOOL_USAGE_ERROR;
    printf("coverage: %zu of %zu\n", found, documented);
    return found == documented && unknown == 0 ? 0 : 1;
}

int main(int argc, char **argv) {
    if (tool_help(argc, argv, name, usage))
        return 0;
    if (argc == 1)
        return tool_end(name, print_text());
    if (argc == 2 && strcmp(argv[1], "--json") == 0)
        return tool_end(name, print_json());
    if (argc == 2 && strcmp(argv[1], "--lua") == 0)
        return tool_end(name, print_lua());
    if (argc == 3 && strcmp(argv[1], "--coverage") == 0)
        return print_coverage(argv[2]);
    return tool_complain(name, "unknown option or missing value", argv[1]);
}

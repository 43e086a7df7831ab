// SPDX-License-Identifier: Apache-2.0
// Prints a reference page from the tables of apdu/: generate commands|objects. `make docs` writes
// docs/commands.md and docs/objects.md with it; tests/e2e/house/e2e-docs holds both against the
// tables.
#include "apdu/command/catalogue.h"
#include "apdu/object/certificate.h"
#include "apdu/object/object.h"
#include "base/must.h"

#include <stdio.h>
#include <string.h>

static const char NOTICE[] =
    "<!-- Printed by `make docs` from the tables in apdu/. Do not edit. -->\n";

// ---- commands ------------------------------------------------------------------------------

static void print_cases(uint8_t cases) {
    const char *gap = "";
    for (unsigned number = 1; number <= 4; number++)
        if ((cases & 1u << number) != 0) {
            printf("%s%u", gap, number);
            gap = ", ";
        }
}

static const char *interfaces_text(uint8_t interfaces) {
    static const char *const TEXTS[] = {
        "none",     "contact",           "contactless",           "contact, contactless",
        "internal", "contact, internal", "contactless, internal", "any"};
    return TEXTS[interfaces & OVER_ANY];
}

static void print_octet(uint8_t value, uint8_t mask) {
    if (mask == 0xFF)
        printf("%02X", value);
    else if (mask == 0)
        printf("xx");
    else
        printf("%02X (mask %02X)", value, mask);
}

static void print_parameter(const struct catalogue_parameter *parameter) {
    printf("- `%s`: ", parameter->name);
    switch (parameter->kind) {
    case PARAMETER_TLV_FIELD:
        printf("data object %X", (unsigned)parameter->tag);
        break;
    case PARAMETER_OBJECT:
        printf("signed object of this type");
        break;
    case PARAMETER_RAW:
        printf("octets without a tag");
        break;
    }
    printf("%s%s\n", parameter->optional ? ", optional" : "", parameter->secret ? ", secret" : "");
}

static void print_refusals(const struct catalogue_command *row) {
    if (row->refusal_count == 0)
        return;
    printf("\nRefusals:\n\n");
    for (size_t i = 0; i < row->refusal_count; i++) {
        const struct status_word *word = status_find(row->refusals[i]);
        printf("- %04X", word->sw);
        if (word->reason != NULL)
            printf(" `%s`", word->reason);
        printf(": %s\n", word->text);
    }
}

static void print_command(const struct catalogue_command *row) {
    printf("\n### %s\n\n`%s`. Header %02X %02X ", row->title, row->name, row->cla, row->ins);
    print_octet(row->p1, row->p1_mask);
    printf(" ");
    print_octet(row->p2, row->p2_mask);
    printf("; case ");
    print_cases(row->cases);
    if (row->lc_max > 0)
        printf("; %u to %u octets of data", row->lc_min, row->lc_max);
    printf(".\nInterfaces: %s.%s\nAnswer: %s.\nSource: %s.\n", interfaces_text(row->interfaces),
           row->secret ? " The data is secret and masked in every trace." : "", row->answer,
           row->clause);
    if (row->parameter_count > 0)
        printf("\nData, in this order:\n\n");
    for (size_t i = 0; i < row->parameter_count; i++)
        print_parameter(&row->parameters[i]);
    print_refusals(row);
}

static void print_groupings(const struct application *application) {
    if (application->grouping_count > 0)
        printf("\n### Data groupings\n\nSTORE DATA hands them over; secret ones are masked in "
               "traces.\n\n| DGI | name | |\n|---|---|---|\n");
    for (size_t i = 0; i < application->grouping_count; i++) {
        const struct catalogue_grouping *grouping = &application->groupings[i];
        printf("| %04X | %s | %s |\n", grouping->dgi, grouping->name,
               grouping->secret ? "secret" : "");
    }
}

static void print_application(const struct application *application) {
    printf("\n## %s\n", application->heading);
    if (application->aid_size > 0) {
        printf("\nAID ");
        for (size_t i = 0; i < application->aid_size; i++)
            printf("%02X", application->aid[i]);
        printf(".\n");
    }
    for (size_t i = 0; i < application->command_count; i++)
        print_command(&application->commands[i]);
    print_groupings(application);
}

static void print_status_words(void) {
    printf("\n## Status words\n\nThe words in the second column are stable: tools print them and"
           " scripts may test them.\n\n| SW | word | meaning |\n|---|---|---|\n");
    for (size_t i = 0; i < status_word_count; i++) {
        const struct status_word *word = &status_words[i];
        printf("| %04X | %s%s%s | %s |\n", word->sw, word->reason != NULL ? "`" : "",
               word->reason != NULL ? word->reason : "", word->reason != NULL ? "`" : "",
               word->text);
    }
}

static void print_commands(void) {
    printf("# Commands\n\n%s\n", NOTICE);
    printf(
        "Every command a card knows, from `apdu/command/applets/`. Numbers are hexadecimal "
        "but for sizes.\nBesides the refusals listed, any command may be answered with the "
        "generic ones: 6700 (size), 6A86\n(P1 P2), 6881, 6882, 6883, 6884 (class), 6D00, 6E00, "
        "6986 (nothing selected), 941C\n(`wrong-interface`), 941D (`life-cycle`), 6581 (the "
        "memory failed: power-cycle the card), 6F00 (the card\nis not as it must be: it wrote "
        "nothing and refuses everything until it is reset).\nIn a secure channel also 6987 and "
        "6988, which end it. Data longer than 255 octets goes as an extended\nAPDU or as a chain "
        "(class bit 10).\n");
    for (size_t i = 0; i < application_count; i++)
        print_application(applications[i]);
    print_status_words();
}

// ---- objects -------------------------------------------------------------------------------

static const char *kind_text(enum field_kind kind) {
    static const char *const TEXTS[] = {
        [KIND_UINT] = "unsigned integer",
        [KIND_ID] = "printable id",
        [KIND_OCTETS] = "octets",
        [KIND_UNIT] = "unit",
        [KIND_DATE] = "date",
    };
    must_cover(TEXTS, KIND_DATE + 1);
    return TEXTS[kind];
}

static void print_roles(uint16_t roles) {
    const char *gap = "";
    for (uint32_t bit = 1; bit < 0x10000; bit <<= 1)
        if ((roles & bit & ~(uint32_t)ROLE_PLAYER_KINDS) != 0) {
            printf("%s%s", gap, role_name((uint16_t)bit));
            gap = ", ";
        }
}

static void print_schema(const struct object_schema *schema) {
    printf("\n### %s\n\nType %02X, version %02X. Signed by: ", schema->word, schema->type,
           OBJECT_VERSION);
    print_roles(schema->maker_roles);
    printf(".\n\n| tag | field | |\n|---|---|---|\n");
    for (size_t i = 0; i < schema->field_count; i++) {
        const struct field_spec *field = &field_specs[schema->fields[i].field];
        printf("| %X | %s | %s |\n", (unsigned)field->tag, field->word,
               schema->fields[i].optional ? "optional" : "");
    }
}

static void print_objects(void) {
    printf("# Signed objects\n\n%s\n", NOTICE);
    printf("Fields and types of signed objects, from `apdu/object/object.h` and "
           "`apdu/object/object_schema.c`."
           " How an object is\nencoded, and what the rules between fields are, stands in"
           " [protocol.md](protocol.md).\n\n## Fields\n\n"
           "| tag | field | kind | octets |\n|---|---|---|---|\n");
    for (size_t i = 0; i < FIELD_COUNT; i++) {
        const struct field_spec *field = &field_specs[i];
        printf("| %X | %s | %s | %u", (unsigned)field->tag, field->word, kind_text(field->kind),
               field->min);
        if (field->max > field->min)
            printf("..%u", field->max);
        printf(" |\n");
    }
    printf("\n## Types\n\nFields stand in this order, after 80 02 *type* *version*.\n");
    for (size_t i = 0; i < object_schema_count; i++)
        print_schema(&object_schemas[i]);
}

int main(int argc, char **argv) {
    if (argc == 2 && strcmp(argv[1], "commands") == 0) {
        print_commands();
    } else if (argc == 2 && strcmp(argv[1], "objects") == 0) {
        print_objects();
    } else {
        fprintf(stderr, "usage: generate commands|objects\n");
        return 2;
    }
    return fflush(stdout) == 0 ? 0 : 1;
}

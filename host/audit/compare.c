// SPDX-License-Identifier: Apache-2.0
// Comparisons that are rows of tables: what SQL alone can say, and columns that repeat fields of
// signed objects.
#include "host/audit/audit_private.h"

#include <inttypes.h>
#include <string.h>

void tell(const struct examined *examined, struct finding finding) {
    finding.service = examined->service;
    findings_add(examined->audit->findings, &finding);
}

static struct told_text told_cell(const struct cell *cell) {
    switch (cell->kind) {
    case CELL_INT:
        return told_of("%" PRId64, cell->number);
    case CELL_TEXT:
        return told_of("%s", cell->text);
    case CELL_OCTETS:
        return told_octets(cell->octets);
    case CELL_NULL:
        break;
    }
    return told_of("nothing");
}

// ---- rules -------------------------------------------------------------------------------------

struct asking {
    const struct examined *examined;
    const struct rule *rule;
};

static bool take_break(void *context, const struct cell *row) {
    const struct asking *asking = context;
    struct told_text object = {""};
    if (row[3].kind == CELL_OCTETS)
        object = told_octets(row[3].octets);
    tell(asking->examined, (struct finding){.kind = asking->rule->kind,
                                            .table = asking->rule->table,
                                            .field = asking->rule->field,
                                            .row = told_cell(&row[0]),
                                            .expected = told_cell(&row[1]),
                                            .found = told_cell(&row[2]),
                                            .object = object});
    return true;
}

void compare_rules(struct examined *examined, const struct rule *rules, size_t count) {
    for (size_t i = 0; i < count; i++) {
        struct asking asking = {examined, &rules[i]};
        replica_each(&examined->replica, rules[i].sql, NULL, 0, take_break, &asking);
    }
}

// ---- mirrors -----------------------------------------------------------------------------------

struct mirroring {
    struct examined *examined;
    const struct mirror *mirror;
    uint32_t signers; // 0: the journal verifies
};

/// The field as a column would hold it.
static struct cell cell_of(const struct object *object, enum field field) {
    if (!object_has(object, field))
        return (struct cell){.kind = CELL_NULL, .text = ""};
    switch (field_specs[field].kind) {
    case KIND_UINT:
        return cell_int((int64_t)object_uint(object, field));
    case KIND_UNIT:
        return cell_int(object_unit(object));
    case KIND_DATE:
        return cell_int(object_date(object, field));
    case KIND_ID:
        return (struct cell){.kind = CELL_TEXT, .octets = object->fields[field], .text = ""};
    case KIND_OCTETS:
        break;
    }
    return cell_octets(object->fields[field]);
}

/// An absent number counts as 0.
static bool is_same(const struct cell *column, const struct cell *field) {
    if (column->kind == CELL_INT && field->kind != CELL_TEXT)
        return column->number == field->number;
    if (field->kind == CELL_NULL)
        return column->kind == CELL_NULL || column->octets.size == 0;
    return column->kind == field->kind && bytes_equal(column->octets, field->octets);
}

static struct told_text told_field(const struct cell *cell) {
    if (cell->kind == CELL_TEXT)
        return told_of("%.*s", (int)cell->octets.size, (const char *)cell->octets.data);
    return told_cell(cell);
}

static void compare_columns(const struct mirroring *mirroring, const struct object *object,
                            const struct cell *row) {
    const struct mirror *mirror = mirroring->mirror;
    uint8_t digest[SHA256_SIZE] = {0};
    for (size_t i = 0; i < MIRRORED_MAX && mirror->columns[i].name != NULL; i++) {
        struct cell field = cell_of(object, mirror->columns[i].field);
        if (is_same(&row[3 + i], &field))
            continue;
        object_digest(object, mirroring->examined->audit->crypto, digest);
        tell(mirroring->examined, (struct finding){.kind = "differs",
                                                   .table = mirror->table,
                                                   .row = told_cell(&row[0]),
                                                   .field = mirror->columns[i].name,
                                                   .expected = told_field(&field),
                                                   .found = told_cell(&row[3 + i]),
                                                   .object = told_octets(BYTES_OF(digest))});
    }
}

static void judge_signer(const struct mirroring *mirroring, const struct object *object,
                         const struct cell *row) {
    struct trust *trust = mirroring->examined->audit->trust;
    if (mirroring->signers == 0 ||
        trust_signed(trust, mirroring->signers, object->body, object->signature.data))
        return;
    tell(mirroring->examined,
         (struct finding){.kind = "signature",
                          .table = mirroring->mirror->table,
                          .row = told_cell(&row[0]),
                          .field = "object",
                          .expected = told_of("signed by a certificate in %s", trust->directory),
                          .found = told_octets(object->signature)});
}

static bool take_mirrored(void *context, const struct cell *row) {
    const struct mirroring *mirroring = context;
    struct object object;
    if (row[1].kind == CELL_NULL) {
        tell(mirroring->examined, (struct finding){.kind = "object-missing",
                                                   .table = mirroring->mirror->table,
                                                   .row = told_cell(&row[0]),
                                                   .field = "object",
                                                   .expected = told_cell(&row[2]),
                                                   .found = told_of("nothing")});
        return true;
    }
    if (object_decode_as(mirroring->mirror->type, row[1].octets, &object)) {
        compare_columns(mirroring, &object, row);
        judge_signer(mirroring, &object, row);
    } else
        tell(mirroring->examined,
             (struct finding){.kind = "form",
                              .table = mirroring->mirror->table,
                              .row = told_cell(&row[0]),
                              .field = "object",
                              .expected =
                                  told_of("%s", object_schema(mirroring->mirror->type)->word),
                              .found = told_octets(row[1].octets)});
    return true;
}

void compare_mirror(struct examined *examined, const struct mirror *mirror) {
    compare_signed(examined, mirror, 0);
}

void compare_signed(struct examined *examined, const struct mirror *mirror, uint32_t signers) {
    struct mirroring mirroring = {examined, mirror, signers};
    replica_each(&examined->replica, mirror->sql, NULL, 0, take_mirrored, &mirroring);
}

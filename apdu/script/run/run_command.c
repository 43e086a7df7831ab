// SPDX-License-Identifier: Apache-2.0
// Catalogue commands by name: purse.debit amount=u64(1000). Data objects are put in the order of
// the catalogue; cla=, p1=, p2=, le= and data= replace what the catalogue says.
#include "apdu/object/object.h"
#include "apdu/script/run/run_internal.h"

struct build {
    struct runner *runner;
    const struct statement *statement;
    struct apdu_command command;
    struct buffer data;
    bool has_data, has_le, ok;
    enum flow flow;
};

static bool stop(struct build *build, enum flow flow) {
    build->ok = false;
    build->flow = flow;
    return false;
}

static bool complain(struct build *build, const struct script_position *at, const char *format,
                     struct bytes name, const char *more) {
    struct buffer message;
    buffer_init(&message, build->runner->ports->memory);
    buffer_format(&message, format, name, more);
    enum flow flow = runner_fail(build->runner, OUTCOME_ERROR, at, buffer_string(&message), NULL);
    buffer_free(&message);
    return stop(build, flow);
}

static const struct argument *find(const struct build *build, const char *name) {
    for (const struct argument *at = build->statement->arguments; at != NULL; at = at->next)
        if (bytes_equal(at->name, bytes_of_string(name)))
            return at;
    return NULL;
}

static bool put_value(struct build *build, const struct argument *argument, struct buffer *out) {
    if (argument->value == NULL)
        return complain(build, &argument->at, "%t: a key reference has no place here%s",
                        argument->name, "");
    if (!evaluate_octets(&build->runner->evaluation, argument->value, out))
        return stop(build, runner_fault(build->runner));
    return true;
}

static bool take_octet(struct build *build, const char *name, uint8_t *out) {
    const struct argument *argument = find(build, name);
    struct buffer value;
    if (argument == NULL)
        return true;
    buffer_init(&value, build->runner->ports->memory);
    bool ok = put_value(build, argument, &value);
    if (ok && value.size != 1)
        ok = complain(build, &argument->at, "%t is one octet%s", argument->name, "");
    if (ok)
        *out = value.data[0];
    buffer_free(&value);
    return ok;
}

/// le=00 short, le=0000 extended, le="" none.
static bool take_le(struct build *build) {
    const struct argument *argument = find(build, "le");
    struct buffer value;
    if (argument == NULL)
        return true;
    buffer_init(&value, build->runner->ports->memory);
    bool ok = put_value(build, argument, &value);
    if (ok && value.size > 2)
        ok = complain(build, &argument->at, "%t has no, one or two octets%s", argument->name, "");
    if (ok) {
        build->has_le = true;
        build->command.extended = value.size == 2;
        build->command.le = value.size == 0 ? 0 : (uint32_t)bytes_get_be(value.data, value.size);
        if (value.size > 0 && build->command.le == 0)
            build->command.le = value.size == 1 ? APDU_SHORT_LE_MAX : APDU_EXTENDED_LE_MAX;
    }
    buffer_free(&value);
    return ok;
}

static void put_header(struct buffer *out, uint32_t tag, size_t size) {
    uint8_t header[12];
    struct tlv_writer writer = tlv_writer_over(header, sizeof header);
    size_t tag_size = bytes_be_size(tag);
    bytes_put_be(header, tag_size, tag);
    writer.size = tag_size;
    if (size >= 0x80)
        header[writer.size++] = (uint8_t)(0x80 | bytes_be_size(size));
    bytes_put_be(header + writer.size, bytes_be_size(size), size);
    buffer_put(out, bytes_of(header, writer.size + bytes_be_size(size)));
}

/// Integers travel in their shortest form: amount=u64(1000) says what, not how wide.
static struct bytes shortest(const struct catalogue_parameter *parameter, struct bytes octets) {
    bool integer = false;
    for (size_t i = 0; i < FIELD_COUNT; i++)
        integer |= parameter->kind == PARAMETER_TLV_FIELD && field_specs[i].tag == parameter->tag &&
                   field_specs[i].kind == KIND_UINT;
    while (integer && octets.size > 1 && octets.data[0] == 0)
        octets = bytes_of(octets.data + 1, octets.size - 1);
    return octets;
}

static bool put_parameter(struct build *build, const struct catalogue_parameter *parameter) {
    const struct argument *argument = find(build, parameter->name);
    struct buffer value;
    if (argument == NULL)
        return parameter->optional ||
               complain(build, &build->statement->at, "%t needs %s=..",
                        bytes_of_string(build->statement->command->name), parameter->name);
    buffer_init(&value, build->runner->ports->memory);
    bool ok = put_value(build, argument, &value);
    struct bytes octets = shortest(parameter, buffer_bytes(&value));
    if (ok && parameter->kind == PARAMETER_TLV_FIELD)
        put_header(&build->data, parameter->tag, octets.size);
    if (ok)
        buffer_put(&build->data, octets);
    if (ok && parameter->secret)
        build->runner->evaluation.secret_overflow = true;
    buffer_free(&value);
    return ok;
}

static bool is_known(const struct catalogue_command *command, struct bytes name) {
    static const char *const general[] = {"cla", "p1", "p2", "le", "data"};
    for (size_t i = 0; i < sizeof general / sizeof general[0]; i++)
        if (bytes_equal(name, bytes_of_string(general[i])))
            return true;
    for (size_t i = 0; i < command->parameter_count; i++)
        if (bytes_equal(name, bytes_of_string(command->parameters[i].name)))
            return true;
    return false;
}

static bool check_names(struct build *build) {
    const struct catalogue_command *command = build->statement->command;
    for (const struct argument *at = build->statement->arguments; at != NULL; at = at->next)
        if (!is_known(command, at->name))
            return complain(build, &at->at, "\"%t\" is no field of %s", at->name, command->name);
    return true;
}

static bool put_data(struct build *build) {
    const struct catalogue_command *command = build->statement->command;
    const struct argument *raw = find(build, "data");
    if (raw != NULL)
        return put_value(build, raw, &build->data);
    for (size_t i = 0; i < command->parameter_count; i++)
        if (!put_parameter(build, &command->parameters[i]))
            return false;
    return true;
}

static void choose_le(struct build *build) {
    uint8_t wanted = build->data.size > 0 ? CASE_4 : CASE_2;
    if (!build->has_le && (build->statement->command->cases & wanted) != 0)
        build->command.le = build->data.size > 255 ? APDU_EXTENDED_LE_MAX : APDU_SHORT_LE_MAX;
}

static bool encode(struct build *build) {
    struct buffer *out = &build->runner->command;
    build->command.data = buffer_bytes(&build->data);
    uint8_t *at = buffer_extend(out, build->data.size + 16);
    if (at == NULL)
        return complain(build, &build->statement->at, "out of memory%t%s", (struct bytes){0}, "");
    out->size = apdu_command_encode(&build->command, at, out->size);
    return out->size > 0 ||
           complain(build, &build->statement->at, "%t: more than 65535 octets of data%s",
                    bytes_of_string(build->statement->command->name), "");
}

enum flow run_command(struct runner *runner, const struct statement *statement) {
    const struct catalogue_command *row = statement->command;
    struct build build = {.runner = runner, .statement = statement, .ok = true};
    build.command =
        (struct apdu_command){.cla = row->cla, .ins = row->ins, .p1 = row->p1, .p2 = row->p2};
    buffer_init(&build.data, runner->ports->memory);
    buffer_clear(&runner->command);
    evaluation_begin(&runner->evaluation);
    bool ok = check_names(&build) && take_octet(&build, "cla", &build.command.cla) &&
              take_octet(&build, "p1", &build.command.p1) &&
              take_octet(&build, "p2", &build.command.p2) && take_le(&build) && put_data(&build);
    if (ok) {
        choose_le(&build);
        ok = encode(&build);
    }
    buffer_free(&build.data);
    return ok ? run_transmit(runner, statement) : build.flow;
}

// SPDX-License-Identifier: Apache-2.0
// Importers: whatever the text, reading ends; every command that comes out has at least four
// octets; what becomes a native script parses and says the same octets; a dump that is read is
// written and read again alike. The first octet chooses the format.
#include "apdu/convert/convert.h"
#include "apdu/dissect/dissect.h"
#include "apdu/script/run/host.h"
#include "apdu/script/run/run.h"
#include "tests/fuzz/fuzz.h"

struct reading {
    struct buffer octets; // of all commands, one behind the other
    struct exporter native;
    struct dissector dissector;
    bool secured; // a dry run cannot say what goes through a channel
};

static bool take(struct importer *importer, const struct step *step) {
    struct reading *reading = importer->context;
    if (step->kind == STEP_COMMAND) {
        struct dissect_exchange exchange = {
            .card_name = "card", .command = step->command, .answer = step->answer};
        MUST(step->command.size >= 4 || step->answer.size > 0 || step->silent);
        if (step->command.size < 4)
            return false;
        buffer_put(&reading->octets, step->command);
        dissect_exchange(&reading->dissector, &exchange);
        buffer_clear(&reading->dissector.out.text);
    }
    if (step->kind == STEP_CARD)
        return false;
    reading->secured |= step->kind == STEP_SECURE;
    return export_native(&reading->native, step);
}

static void collect(const struct script_listener *listener, const struct script_exchange *what) {
    buffer_put(listener->context, what->command);
}

static uint64_t no_time(const struct script_ports *ports) {
    (void)ports;
    return 0;
}

/// The native text says the same octets.
static void check_native(struct reading *reading) {
    struct script_program program;
    struct buffer octets;
    struct script_ports ports = host_ports(NULL);
    struct script_options options = {.seed = 1, .dry_run = true};
    struct script_card card = {.name = "card"};
    struct script_listener listener = {.exchange = collect, .context = &octets};
    ports.files = NULL;
    ports.now = no_time;
    buffer_init(&octets, &host_memory);
    program_init(&program, &host_memory, NULL);
    program.main = sources_add(&program.sources, "n", buffer_bytes(&reading->native.out));
    MUST(program_check(&program, NULL, NULL, NULL));
    run_script(&program, &ports, &options, &card, 1, &listener);
    MUST(reading->secured || bytes_equal(buffer_bytes(&octets), buffer_bytes(&reading->octets)));
    program_free(&program);
    buffer_free(&octets);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    if (size == 0)
        return 0;
    const struct script_format *format = &script_formats[1 + data[0] % (script_format_count - 1)];
    struct script_source source = {.text = bytes_of(data + 1, size - 1), .path = "fuzz"};
    struct reading reading = {.native = {.reporter = NULL}};
    struct importer importer = {.memory = &host_memory,
                                .source = &source,
                                .strict = (data[0] & 0x80) != 0,
                                .take = take,
                                .context = &reading};
    buffer_init(&reading.octets, &host_memory);
    buffer_init(&reading.native.out, &host_memory);
    dissector_init(&reading.dissector, &host_memory, NULL, false);
    if (format->import(&importer) && !importer.failed)
        check_native(&reading);
    dissector_free(&reading.dissector);
    buffer_free(&reading.octets);
    buffer_free(&reading.native.out);
    return 0;
}

// SPDX-License-Identifier: Apache-2.0
// The native language as a format. In: a script is run dry, so that variables, macros and repeats
// are expanded; a command that needs a value from an answer cannot be converted. Out: one `tx` a
// command with its answer as expectations, where the answer is known.
#include "apdu/convert/convert.h"
#include "apdu/script/run/run.h"

// ---- in --------------------------------------------------------------------------------------

struct expansion {
    struct importer *importer;
    struct bytes card; // present one
    uint64_t automatic;
    bool stopped;
};

static bool name_card(struct expansion *expansion, const struct script_position *at,
                      const char *name) {
    struct bytes wanted = bytes_of_string(name);
    if (bytes_equal(wanted, expansion->card))
        return true;
    expansion->card = wanted;
    return import_simple(expansion->importer, at, STEP_CARD, wanted, 0);
}

static void on_exchange(const struct script_listener *listener,
                        const struct script_exchange *what) {
    struct expansion *expansion = listener->context;
    struct step step = {.kind = STEP_COMMAND, .command = what->command, .at = what->at};
    step.secret = what->secret || what->secret_count > 0;
    if (expansion->stopped)
        return;
    if (what->secured)
        expansion->stopped =
            !import_fail(expansion->importer, &what->at,
                         "what a secure channel sends is new at each run; record a run and convert "
                         "that%t",
                         bytes_of(NULL, 0));
    else if (what->unknown)
        expansion->stopped = !import_fail(
            expansion->importer, &what->at,
            "this command needs a value from an earlier answer; record a run and convert that%t",
            bytes_of(NULL, 0));
    else
        expansion->stopped =
            !name_card(expansion, &what->at, what->card_name) ||
            !import_auto(expansion->importer, &what->at, &expansion->automatic, what->automatic) ||
            !expansion->importer->take(expansion->importer, &step);
}

static void on_event(const struct script_listener *listener, const struct script_event *what) {
    struct expansion *expansion = listener->context;
    struct script_position at = {expansion->importer->source, NULL, 0, 0};
    bool reset = what->kind == EVENT_RESET || what->kind == EVENT_COLD_RESET;
    if (expansion->stopped)
        return;
    if (!reset)
        expansion->stopped =
            !import_fail(expansion->importer, &at,
                         "power cuts, insertions and removals exist only in the native language%t",
                         bytes_of(NULL, 0));
    else
        expansion->stopped = !import_simple(
            expansion->importer, &at, what->kind == EVENT_RESET ? STEP_RESET : STEP_COLD_RESET,
            bytes_of(NULL, 0), 0);
}

static void on_echo(const struct script_listener *listener, struct bytes text) {
    struct expansion *expansion = listener->context;
    struct script_position at = {expansion->importer->source, NULL, 0, 0};
    if (!expansion->stopped)
        expansion->stopped = !import_simple(expansion->importer, &at, STEP_ECHO, text, 0);
}

/// Shorter than a millisecond is one: other formats know nothing finer.
static void on_delay(const struct script_listener *listener, uint64_t nanoseconds) {
    struct expansion *expansion = listener->context;
    struct script_position at = {expansion->importer->source, NULL, 0, 0};
    if (!expansion->stopped)
        expansion->stopped = !import_simple(expansion->importer, &at, STEP_DELAY, bytes_of(NULL, 0),
                                            (nanoseconds + 999999) / 1000000);
}

static void on_failure(const struct script_listener *listener, const struct script_failure *what) {
    struct expansion *expansion = listener->context;
    import_report(expansion->importer, SCRIPT_ERROR, &what->diagnostic.at,
                  what->diagnostic.message);
}

/// Every card that a script could name: the first one stands for all names it does not know.
bool import_native(struct importer *importer) {
    struct script_program program;
    struct script_options options = {.seed = 1, .dry_run = true};
    struct script_card card = {.name = "card"};
    struct expansion expansion = {.importer = importer, .card = bytes_of_string("card")};
    struct script_listener listener = {.exchange = on_exchange,
                                       .event = on_event,
                                       .failure = on_failure,
                                       .echo = on_echo,
                                       .delay = on_delay,
                                       .context = &expansion};
    program_init(&program, importer->memory, importer->ports->files);
    program.main = sources_add(&program.sources, importer->source->path, importer->source->text);
    bool ok = program.main != NULL && program_check(&program, importer->reporter, NULL, NULL);
    importer->failed |= !ok;
    if (ok)
        run_script(&program, importer->ports, &options, &card, 1, &listener);
    program_free(&program);
    return ok && !expansion.stopped && !importer->failed;
}

// ---- out -------------------------------------------------------------------------------------

enum { ROW_OCTETS = 24 };

void export_native_begin(struct exporter *exporter) {
    (void)exporter;
}

/// Long values are continued on further lines.
static void put_octets(struct buffer *out, struct bytes octets) {
    for (size_t i = 0; i < octets.size; i++) {
        if (i > 0 && i % ROW_OCTETS == 0)
            buffer_text(out, " \\\n     ");
        buffer_format(out, " %x", (unsigned)octets.data[i]);
    }
}

static void put_command(struct exporter *exporter, const struct step *step) {
    struct buffer *out = &exporter->out;
    buffer_text(out, "tx");
    put_octets(out, step->command);
    buffer_text(out, "\n");
    if (step->silent)
        buffer_text(out, "  mute\n");
    if (step->expect_sw != NULL)
        buffer_format(out, "  sw %s\n", step->expect_sw);
    if (step->answer.size < 2)
        return;
    struct bytes data = bytes_of(step->answer.data, step->answer.size - 2);
    buffer_format(out, "  sw %H\n", bytes_of(data.data + data.size, 2));
    if (data.size > 0) {
        buffer_text(out, "  data");
        put_octets(out, data);
        buffer_text(out, "\n");
    }
}

static void put_text(struct buffer *out, struct bytes text) {
    for (size_t i = 0; i < text.size; i++) {
        if (text.data[i] == '"' || text.data[i] == '\\')
            buffer_put_octet(out, '\\');
        if (text.data[i] < 0x20)
            buffer_format(out, "\\x%x", (unsigned)text.data[i]);
        else
            buffer_put_octet(out, text.data[i]);
    }
}

static void put_auto(struct exporter *exporter, uint64_t wanted) {
    static const struct {
        uint64_t bit;
        const char *word;
    } options[] = {{AUTO_RESPONSE, "response"}, {AUTO_LE, "le"}};
    for (size_t i = 0; i < sizeof options / sizeof options[0]; i++)
        if (((exporter->automatic ^ wanted) & options[i].bit) != 0)
            buffer_format(&exporter->out, "auto %s %s\n", options[i].word,
                          (wanted & options[i].bit) != 0 ? "on" : "off");
    exporter->automatic = wanted;
}

/// A comment of another format may not become metadata.
static void put_comment(struct buffer *out, struct bytes text) {
    buffer_text(out, "# ");
    for (size_t i = 0; i < text.size; i++)
        buffer_put_octet(out, text.data[i] < 0x20 ? ' ' : text.data[i]);
    buffer_text(out, "\n");
}

bool export_native(struct exporter *exporter, const struct step *step) {
    struct buffer *out = &exporter->out;
    switch (step->kind) {
    case STEP_COMMAND:
        put_command(exporter, step);
        break;
    case STEP_RESET:
        buffer_text(out, "reset\n");
        break;
    case STEP_COLD_RESET:
        buffer_text(out, "cold-reset\n");
        break;
    case STEP_DELAY:
        buffer_format(out, "delay %lms\n", step->number);
        break;
    case STEP_CARD:
        buffer_format(out, "card %t\n", step->text);
        break;
    case STEP_SECURE:
        buffer_format(out, "within %t {\n", step->text);
        break;
    case STEP_SECURE_END:
        buffer_text(out, "}\n");
        break;
    case STEP_AUTO:
        put_auto(exporter, step->number);
        break;
    case STEP_COMMENT:
        put_comment(out, step->text);
        break;
    case STEP_ECHO:
        buffer_text(out, "echo \"");
        put_text(out, step->text);
        buffer_text(out, "\"\n");
        break;
    }
    return true;
}

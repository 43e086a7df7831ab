// SPDX-License-Identifier: Apache-2.0
// tessera apdu dissect: explains a recording, in text or as a picture.
#include "apdu/convert/convert.h"
#include "apdu/dissect/dissect.h"
#include "apdu/dissect/waterfall.h"
#include "apdu/octets/codec.h"
#include "apdu/script/tools/own_file.h"
#include "apdu/script/tools/tool.h"
#include "base/options/options.h"
#include "readers/link/capture_observers.h"

#include <stdio.h>
#include <string.h>

enum { NAMES_MAX = DISSECT_CARDS_MAX, NAME_SIZE = 64 };

struct picture {
    struct tool tool;
    struct dissector dissector;
    struct waterfall waterfall;
    char names[NAMES_MAX][NAME_SIZE]; // of cards, in the order they are met
    size_t name_count, card;
    const char *in, *svg, *from, *pcap, *catalogue;
    struct catalogue_own *own;       // of --catalogue, or NULL
    struct script_observer *capture; // of --pcap, or NULL
    struct option_list certificates;
    int colour; // index of whens
};

static void choose_card(struct picture *picture, struct bytes card) {
    char wanted[NAME_SIZE];
    snprintf(wanted, sizeof wanted, "%.*s", (int)card.size, (const char *)card.data);
    for (picture->card = 0; picture->card < picture->name_count; picture->card++)
        if (strcmp(picture->names[picture->card], wanted) == 0)
            return;
    if (picture->name_count == NAMES_MAX)
        picture->card = NAMES_MAX - 1;
    else
        memcpy(picture->names[picture->name_count++], wanted, sizeof wanted);
    picture->dissector.name_cards = true;
}

static const char *title_of(struct picture *picture, struct bytes command) {
    const struct dissect_context *context = &picture->dissector.cards[picture->card].context;
    const struct catalogue_command *row = dissect_context_command(context, command);
    static char other[16];
    if (row != NULL)
        return row->title;
    snprintf(other, sizeof other, "INS %02X", command.size > 1 ? (unsigned)command.data[1] : 0u);
    return other;
}

static void draw(struct picture *picture, const struct step *step) {
    struct apdu_response response = {.sw = 0};
    apdu_response_parse(step->answer, &response);
    const char *title = title_of(picture, step->command);
    char *kept = arena_take(&picture->waterfall.arena, strlen(title) + 1);
    if (kept == NULL)
        return;
    memcpy(kept, title, strlen(title) + 1);
    const char *card = picture->dissector.name_cards ? picture->names[picture->card] : "";
    struct waterfall_row row = {.title = kept,
                                .card = bytes_of_string(card),
                                .sw = response.sw,
                                .sent = step->command.size,
                                .received = step->answer.size,
                                .begin = step->begin,
                                .end = step->end};
    waterfall_add(&picture->waterfall, &row);
}

/// Into the capture, which counts in nanoseconds.
static void capture(struct picture *picture, const struct step *step) {
    struct script_exchange exchange = {.card = picture->card,
                                       .card_name = picture->names[picture->card],
                                       .command = step->command,
                                       .answer = step->answer,
                                       .begin = step->begin * 1000,
                                       .end = step->end * 1000,
                                       .secret = step->secret};
    if (picture->capture != NULL)
        picture->capture->exchange(picture->capture, &exchange);
}

static void explain(struct picture *picture, const struct step *step) {
    struct dissect_exchange exchange = {.card = picture->card,
                                        .card_name = picture->names[picture->card],
                                        .command = step->command,
                                        .answer = step->answer,
                                        .begin = step->begin,
                                        .end = step->end,
                                        .secret = step->secret};
    struct buffer *text = &picture->dissector.out.text;
    if (picture->svg != NULL)
        draw(picture, step);
    dissect_exchange(&picture->dissector, &exchange);
    if (picture->svg == NULL)
        fwrite(text->data, 1, text->size, stdout);
    buffer_clear(text);
}

static bool take_step(struct importer *importer, const struct step *step) {
    struct picture *picture = importer->context;
    struct buffer *text = &picture->dissector.out.text;
    bool reset = step->kind == STEP_RESET || step->kind == STEP_COLD_RESET;
    if (step->kind == STEP_CARD)
        choose_card(picture, step->text);
    if (step->kind == STEP_COMMAND) {
        explain(picture, step);
        capture(picture, step);
    }
    if (reset) {
        dissect_event(&picture->dissector, picture->card, picture->names[picture->card],
                      step->kind == STEP_RESET ? "reset" : "power off and on",
                      (struct bytes){NULL, 0});
        if (picture->svg == NULL)
            fwrite(text->data, 1, text->size, stdout);
        buffer_clear(text);
    }
    return true;
}

static bool learn(struct picture *picture, struct failure *failure) {
    for (size_t i = 0; i < picture->certificates.count; i++) {
        const struct script_source *file =
            tool_read(&picture->tool, picture->certificates.items[i], failure);
        if (file == NULL)
            return false;
        dissector_learn(&picture->dissector, file->text);
    }
    return true;
}

static bool open_capture(struct picture *picture, struct failure *failure) {
    if (picture->pcap == NULL)
        return true;
    picture->capture = pcap_observer_open(picture->pcap);
    return picture->capture != NULL || fail_errno(failure, "cannot write %s", picture->pcap);
}

static bool close_capture(struct picture *picture, bool ok, struct failure *failure) {
    if (picture->capture == NULL || picture->capture->close(picture->capture))
        return ok;
    return fail_errno(failure, "cannot write %s", picture->pcap);
}

static bool run(struct picture *picture, struct failure *failure) {
    const struct script_source *source = tool_read(&picture->tool, picture->in, failure);
    if (source == NULL || !learn(picture, failure))
        return false;
    const struct script_format *format = picture->from != NULL ? script_format_find(picture->from)
                                                               : script_format_guess(source->text);
    if (format == NULL && picture->from == NULL)
        format = script_format_find("dump");
    if (format == NULL)
        return fail(failure, EXIT_USAGE, "there is no format '%s'", picture->from);
    struct importer importer = {.memory = &host_memory,
                                .source = source,
                                .ports = &picture->tool.ports,
                                .reporter = &picture->tool.reporter,
                                .take = take_step,
                                .context = picture};
    bool ok = format->import(&importer) && !importer.failed;
    if (!ok)
        failure->code = EXIT_USAGE; // the reporter has told why
    if (ok && picture->svg != NULL) {
        struct buffer out;
        buffer_init(&out, &host_memory);
        waterfall_write(&picture->waterfall, &out);
        ok = tool_write(strcmp(picture->svg, "-") == 0 ? NULL : picture->svg, buffer_bytes(&out),
                        failure);
        buffer_free(&out);
    }
    return ok;
}

enum { AUTO, ALWAYS, NEVER };
static const char *const whens[] = {[AUTO] = "auto", [ALWAYS] = "always", [NEVER] = "never", NULL};

static int run_dissect(void *context, struct failure *failure) {
    struct picture *picture = context;
    struct crypto *crypto = crypto_openssl_new();
    bool colour = picture->colour == ALWAYS || (picture->colour == AUTO && program_colour(stdout));
    tool_init(&picture->tool, crypto);
    dissector_init(&picture->dissector, &host_memory, crypto, colour);
    waterfall_init(&picture->waterfall, &host_memory);
    picture->name_count = 1;
    snprintf(picture->names[0], NAME_SIZE, "card");
    bool known = own_file_open(picture->catalogue, &picture->own, failure);
    dissector_know(&picture->dissector, picture->own);
    bool done = known && open_capture(picture, failure) && run(picture, failure);
    done = close_capture(picture, done, failure);
    waterfall_free(&picture->waterfall);
    dissector_free(&picture->dissector);
    tool_free(&picture->tool);
    own_file_close(picture->own);
    crypto_openssl_free(crypto);
    return exit_of(done, failure);
}

#define AT(member) offsetof(struct picture, member)

static const struct option_row rows[] = {
    {NULL, "FILE", OPTION_FILE,
     "a recording (dump of 'tessera apdu run --record' or of apdu4j, log of 'pcscd --apdu'), or a "
     "script in any format that 'tessera apdu convert' reads; - is standard input",
     .at = AT(in), .needed = OPTION_EVERY},
    {"from", "FORMAT", OPTION_TEXT, "its format; guessed when left out", .at = AT(from)},
    {"catalogue", "FILE", OPTION_FILE, OWN_FILE_HELP, .at = AT(catalogue)},
    {"certificate", "FILE", OPTION_FILE,
     "a certificate (CVC) whose key verifies what follows; again for more", .at = AT(certificates),
     .many = true, .most = DISSECT_KNOWN_MAX},
    {"color", "WHEN", OPTION_WORD, "auto (default), always or never", .at = AT(colour),
     .words = whens},
    {"pcap", "FILE", OPTION_FILE, "also a pcapng file for Wireshark (ISO 14443 frames)",
     .at = AT(pcap)},
    {"svg", "FILE", OPTION_FILE, "a waterfall of the exchange instead of text", .at = AT(svg)},
};

static const struct action actions[] = {{1, NULL, "", run_dissect, NULL}};

static const struct command dissect = {
    .name = "apdu dissect",
    .purpose = "explain a recording, or the commands of a script",
    .notes = "exit: 0 done, 2 the input is wrong",
    .rows = rows,
    .row_count = sizeof rows / sizeof rows[0],
    .actions = actions,
    .action_count = 1,
};

int main(int argc, char **argv) {
    static struct picture picture;
    return command_main(&dissect, &picture, argc, argv);
}

// SPDX-License-Identifier: Apache-2.0
// tessera apdu dissect: explains a recording, in text or as a picture.
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "apdu/codec.h"
#include "apdu/convert/convert.h"
#include "apdu/dissect/dissect.h"
#include "apdu/dissect/waterfall.h"
#include "apdu/script/tool.h"

static const char name[] = "tessera apdu dissect";
static const char usage[] =
    "usage: tessera apdu dissect FILE [options]\n"
    "Explains a recording (dump of tessera apdu run --record or of apdu4j, log of pcscd --apdu),\n"
    "or the commands of a script in any format convert reads. FILE - is standard input.\n"
    "  --from FORMAT       guessed when left out; see tessera apdu convert\n"
    "  --certificate FILE  a certificate (CVC) whose key verifies what follows; may be repeated\n"
    "  --color WHEN        auto (default), always, never\n"
    "  --svg FILE          a waterfall of the exchange instead of text\n"
    "exit: 0 done, 2 the input is wrong\n";

enum { NAMES_MAX = DISSECT_CARDS_MAX, NAME_SIZE = 64 };

struct picture {
    struct tool tool;
    struct dissector dissector;
    struct waterfall waterfall;
    char names[NAMES_MAX][NAME_SIZE]; // of cards, in the order they are met
    size_t name_count, card;
    const char *in, *svg, *from;
    const char *certificates[DISSECT_KNOWN_MAX];
    size_t certificate_count;
    bool colour;
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
    if (step->kind == STEP_COMMAND)
        explain(picture, step);
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

static bool learn(struct picture *picture) {
    for (size_t i = 0; i < picture->certificate_count; i++) {
        const struct script_source *file = tool_read(&picture->tool, picture->certificates[i]);
        if (file == NULL)
            return false;
        dissector_learn(&picture->dissector, file->text);
    }
    return true;
}

static int run(struct picture *picture) {
    const struct script_source *source = tool_read(&picture->tool, picture->in);
    if (source == NULL || !learn(picture))
        return TOOL_USAGE_ERROR;
    const struct script_format *format = picture->from != NULL ? script_format_find(picture->from)
                                                               : script_format_guess(source->text);
    if (format == NULL && picture->from == NULL)
        format = script_format_find("dump");
    if (format == NULL)
        return tool_complain(name, "there is no such format", picture->from);
    struct importer importer = {.memory = &host_memory,
                                .source = source,
                                .world = &picture->tool.world,
                                .reporter = &picture->tool.reporter,
                                .take = take_step,
                                .context = picture};
    bool ok = format->import(&importer) && !importer.failed;
    if (ok && picture->svg != NULL) {
        struct buffer out;
        buffer_init(&out, &host_memory);
        waterfall_write(&picture->waterfall, &out);
        ok = tool_write(&picture->tool, strcmp(picture->svg, "-") == 0 ? NULL : picture->svg,
                        buffer_bytes(&out));
        buffer_free(&out);
    }
    return ok ? 0 : TOOL_USAGE_ERROR;
}

static int parse(struct picture *picture, int argc, char **argv) {
    picture->colour = isatty(STDOUT_FILENO);
    for (int i = 1; i < argc; i++) {
        bool more = i + 1 < argc;
        const char *value = more ? argv[i + 1] : "";
        bool option = strncmp(argv[i], "--", 2) == 0;
        if (option && !more)
            return tool_complain(name, "option without value, or unknown", argv[i]);
        if (strcmp(argv[i], "--from") == 0)
            picture->from = value;
        else if (strcmp(argv[i], "--svg") == 0)
            picture->svg = value;
        else if (strcmp(argv[i], "--color") == 0)
            picture->colour =
                strcmp(value, "always") == 0 || (strcmp(value, "auto") == 0 && picture->colour);
        else if (strcmp(argv[i], "--certificate") == 0 &&
                 picture->certificate_count < DISSECT_KNOWN_MAX)
            picture->certificates[picture->certificate_count++] = value;
        else if (option || picture->in != NULL)
            return tool_complain(name, "unknown option or second input", argv[i]);
        else
            picture->in = argv[i];
        i += option ? 1 : 0;
    }
    return picture->in != NULL ? 0 : tool_complain(name, "no recording is given", NULL);
}

int main(int argc, char **argv) {
    static struct picture picture;
    if (tool_help(argc, argv, name, usage))
        return 0;
    int status = parse(&picture, argc, argv);
    if (status != 0)
        return status;
    struct crypto *crypto = crypto_openssl_new();
    tool_init(&picture.tool, name, crypto);
    dissector_init(&picture.dissector, &host_memory, crypto, picture.colour);
    waterfall_init(&picture.waterfall, &host_memory);
    picture.name_count = 1;
    snprintf(picture.names[0], NAME_SIZE, "card");
    status = run(&picture);
    waterfall_free(&picture.waterfall);
    dissector_free(&picture.dissector);
    tool_free(&picture.tool);
    crypto_openssl_free(crypto);
    return tool_end(name, status);
}

// SPDX-License-Identifier: Apache-2.0
// Scripts: whatever the text, the parser ends, every error has a place within the text, laying out
// twice is laying out once, lint ends, and a dry run of what parses ends without touching a card.
#include "apdu/script/host.h"
#include "apdu/script/layout.h"
#include "apdu/script/lint.h"
#include "tests/fuzz/fuzz.h"

#include <string.h>

struct watch {
    struct bytes text;
    size_t errors;
};

static void check_place(const struct script_reporter *reporter,
                        const struct script_diagnostic *what) {
    struct watch *watch = reporter->context;
    struct buffer shown;
    const char *begin = (const char *)watch->text.data;
    MUST(what->at.line >= 1 && what->at.column >= 1);
    MUST(what->at.line_text >= begin && what->at.line_text <= begin + watch->text.size);
    MUST(what->message != NULL && what->message[0] != 0);
    buffer_init(&shown, &host_memory);
    diagnostic_render(what, &shown);
    buffer_free(&shown);
    watch->errors += what->severity == SCRIPT_ERROR;
}

static uint64_t no_time(const struct script_world *world) {
    (void)world;
    return 0;
}

static void check_layout(struct bytes text) {
    struct buffer once, twice;
    buffer_init(&once, &host_memory);
    buffer_init(&twice, &host_memory);
    layout_script(text, &once);
    layout_script(buffer_bytes(&once), &twice);
    MUST(bytes_equal(buffer_bytes(&once), buffer_bytes(&twice)));
    buffer_free(&once);
    buffer_free(&twice);
}

/// repeat may ask for a hundred million rounds: such scripts are only parsed.
static bool is_long(struct bytes text) {
    for (size_t i = 0; i + 6 <= text.size; i++)
        if (memcmp(text.data + i, "repeat", 6) == 0 || memcmp(text.data + i, "macro", 5) == 0 ||
            memcmp(text.data + i, "fill", 4) == 0)
            return true;
    return false;
}

static void run_dry(struct script_program *program, const struct script_world *world) {
    struct script_options options = {.seed = 1, .dry_run = true};
    struct script_card card = {.name = "card"};
    struct script_listener listener = {.context = NULL};
    run_script(program, world, &options, &card, 1, &listener);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    struct watch watch = {.text = bytes_of(data, size)};
    struct script_reporter reporter = {check_place, &watch};
    struct script_world world = host_world(NULL);
    struct script_program program;
    world.files = NULL;
    world.now = no_time;
    for (int pass = 0; pass < 2; pass++) {
        program_init(&program, &host_memory, NULL);
        program.main = sources_add(&program.sources, "fuzz.apdu", watch.text);
        if (pass == 0)
            lint_program(&program, &world, &reporter);
        else if (program_check(&program, &reporter, NULL, NULL) && !is_long(watch.text))
            run_dry(&program, &world);
        program_free(&program);
    }
    check_layout(watch.text);
    return 0;
}

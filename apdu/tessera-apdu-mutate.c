// SPDX-License-Identifier: Apache-2.0
// tessera apdu mutate: one mistake after the other in the exchange of a script, and the script's
// invariants after each. Arguments and wiring; the campaign itself is apdu/script/campaign.h.
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "apdu/convert/fresh.h"
#include "apdu/script/campaign.h"
#include "apdu/script/tool.h"
#include "readers/emu.h"
#include "readers/seat.h"

static const char name[] = "tessera apdu mutate";
static const char usage[] =
    "usage: tessera apdu mutate SCRIPT|RECORDING --link emu:IMAGE | --card NAME=emu:IMAGE... "
    "[options]\n"
    "Runs the script on copies of the images, and from before each of its commands again and "
    "again\n"
    "with one mistake in that command; after each of these runs the cards are powered up again "
    "and\n"
    "the script's invariant blocks must hold. In `setup` blocks no mistakes are made; what they\n"
    "capture is known to the invariants. A recording (dump) is made a script first, as\n"
    "tessera apdu convert --captures does; its invariants stand in a file of their own.\n"
    "  --invariants FILE  a script whose setup and invariant blocks count in place of SCRIPT's\n"
    "  --kinds LIST       of drop,repeat,swap,truncate,flip,tear (all when left out), or none\n"
    "  --per-command N    of truncate and flip at most N a command, spread evenly\n"
    "  --only STEP:KIND:N this one mistake, as a violation named it\n"
    "  --reproducers DIR  a script for each violation\n"
    "  --list             print every mistake and what became of it\n"
    "  --jobs N           so many runs at once (as many as there are processors)\n"
    "  --keys NAME=FILE   keys of secure channels, for `within scp03 keys=@NAME`\n"
    "  --seed N           the same cards and values every time, and after every cut the torn card\n"
    "                     must stand as before or as behind the command; needs TESSERA_LAB=1\n"
    "Ends with `mutate: N mistakes, M violations`.\n"
    "exit: 0 no violation, 1 violations, 2 usage, script or input error\n";

struct work {
    struct tool tool;
    struct script_program program, rules; // rules: the invariants, when they stand elsewhere
    struct buffer made;                   // script of a recording
    struct seat_argument arguments[SCRIPT_CARDS_MAX];
    struct seat seats[SCRIPT_CARDS_MAX];
    struct script_card cards[SCRIPT_CARDS_MAX];
    size_t card_count;
    struct host_keys keys;
    struct campaign_options options;
    struct campaign_cards desk;
    struct campaign campaign;
    char only[64]; // as it was given
    const char *in, *invariants;
};

// ---- cards -----------------------------------------------------------------------------------

static struct link *link_at(void *context, size_t card) {
    const struct work *work = context;
    return work->seats[card].link;
}

static bool cut(void *context, size_t card, uint64_t writes, size_t octets) {
    return emu_link_cut(link_at(context, card), writes, octets);
}

static bool fail(void *context, size_t card) {
    return emu_link_fail(link_at(context, card));
}

static uint64_t writes(void *context, size_t card) {
    return emu_link_writes(link_at(context, card));
}

static bool state(void *context, size_t card, uint8_t digest[SHA256_SIZE]) {
    return emu_link_state(link_at(context, card), digest);
}

static bool watch(void *context, size_t card, void (*synced)(void *of), void *of) {
    return emu_link_watch(link_at(context, card), synced, of);
}

static bool open_cards(struct work *work) {
    struct seat_options how = {true, work->options.repeatable, work->options.run.seed};
    struct link_failure failure;
    for (size_t i = 0; i < work->card_count; i++) {
        if (!seat_open(&work->seats[i], &work->arguments[i], i, &how, &failure)) {
            fprintf(stderr, "%s: %s\n", name, failure.text);
            return false;
        }
        work->cards[i] = seat_card(&work->seats[i], &work->arguments[i]);
    }
    work->desk = (struct campaign_cards){.cards = work->cards,
                                         .count = work->card_count,
                                         .power = {cut, fail, work},
                                         .writes = writes,
                                         .state = state,
                                         .watch = watch,
                                         .context = work};
    return true;
}

// ---- scripts ---------------------------------------------------------------------------------

static bool keep_step(struct importer *importer, const struct step *step) {
    return fresh_take(importer->context, step);
}

/// The script that a recording stands for, in work->made.
static bool script_of_dump(struct work *work, const struct script_source *source) {
    struct fresh fresh;
    struct importer importer = {.memory = &host_memory,
                                .source = source,
                                .reporter = &work->tool.reporter,
                                .take = keep_step,
                                .context = &fresh};
    fresh_init(&fresh, &host_memory);
    bool ok = import_dump(&importer);
    if (ok)
        fresh_write(&fresh, &work->made);
    fresh_free(&fresh);
    return ok;
}

static bool load(struct work *work, struct script_program *program, const char *file) {
    const char *error = "";
    program->main = sources_load(&program->sources, NULL, bytes_of_string(file), &error);
    if (program->main == NULL) {
        tool_complain(name, error, file);
        return false;
    }
    if (script_format_guess(program->main->text) == script_format_find("dump")) {
        if (!script_of_dump(work, program->main))
            return false;
        program->main = sources_add(&program->sources, file, buffer_bytes(&work->made));
    }
    return program->main != NULL && program_check(program, &work->tool.reporter, NULL, NULL);
}

static int run_campaign(struct work *work) {
    const char *rules = work->invariants != NULL ? work->invariants : work->in;
    struct script_program *with = work->invariants != NULL ? &work->rules : &work->program;
    if (!load(work, &work->program, work->in) ||
        (with == &work->rules && !load(work, &work->rules, work->invariants)))
        return TOOL_USAGE_ERROR;
    if (with->invariants == NULL)
        return tool_complain(name, "there is no invariant block; nothing would be checked", rules);
    if (!open_cards(work))
        return TOOL_USAGE_ERROR;
    work->campaign = (struct campaign){.program = &work->program,
                                       .rules = with,
                                       .world = &work->tool.world,
                                       .cards = &work->desk,
                                       .options = &work->options,
                                       .out = stdout,
                                       .err = stderr};
    enum campaign_end end = campaign_run(&work->campaign);
    if (end == CAMPAIGN_UNUSABLE)
        fprintf(stderr, "%s: the script must pass without a mistake first\n", name);
    else if (work->options.kinds == 0 || (end == CAMPAIGN_VIOLATED && work->campaign.mistakes == 0))
        printf("mutate: without a mistake the invariants %s\n",
               end == CAMPAIGN_HELD ? "hold" : "are VIOLATED");
    else
        campaign_print(&work->campaign);
    bool missed = work->options.only != MUTATION_NONE && work->campaign.mistakes == 0;
    campaign_free(&work->campaign);
    if (missed && end == CAMPAIGN_HELD)
        return tool_complain(name, "the script has no such mistake to make: --only", work->only);
    return end == CAMPAIGN_HELD ? 0 : end == CAMPAIGN_VIOLATED ? 1 : TOOL_USAGE_ERROR;
}

// ---- arguments -------------------------------------------------------------------------------

static bool add_card(struct work *work, const char *card, const char *link) {
    if (work->card_count == SCRIPT_CARDS_MAX || strncmp(link, "emu:", 4) != 0)
        return false;
    work->arguments[work->card_count++] = (struct seat_argument){card, link};
    return true;
}

static bool take_card(struct work *work, char *argument) {
    char *equals = strchr(argument, '=');
    if (equals == NULL || equals == argument)
        return false;
    *equals = 0;
    return add_card(work, argument, equals + 1);
}

static bool take_kinds(struct work *work, char *list) {
    work->options.kinds = 0;
    if (strcmp(list, "none") == 0)
        return true;
    for (char *word = strtok(list, ","); word != NULL; word = strtok(NULL, ",")) {
        enum mutation_kind kind = mutation_find(bytes_of_string(word));
        if (kind == MUTATION_NONE || kind == MUTATION_KINDS)
            return false;
        work->options.kinds |= 1u << kind;
    }
    return work->options.kinds != 0;
}

static bool take_number(const char *text, uint64_t most, uint64_t *value) {
    char *end;
    *value = strtoull(text, &end, 0);
    return *text >= '0' && *text <= '9' && *end == 0 && *value <= most;
}

static bool take_seed(struct work *work, const char *text) {
    const char *lab = getenv("TESSERA_LAB");
    work->options.repeatable = true;
    return lab != NULL && strcmp(lab, "1") == 0 &&
           take_number(text, UINT64_MAX, &work->options.run.seed);
}

static bool take_jobs(struct work *work, const char *text) {
    uint64_t jobs = 0;
    bool ok = take_number(text, CAMPAIGN_JOBS_MAX, &jobs) && jobs > 0;
    work->options.jobs = (unsigned)jobs;
    return ok;
}

static bool take_per_command(struct work *work, const char *text) {
    uint64_t count = 0;
    bool ok = take_number(text, UINT32_MAX, &count);
    work->options.per_command = (size_t)count;
    return ok;
}

static bool take_only(struct work *work, char *text) {
    uint64_t step = 0, parameter = 0;
    snprintf(work->only, sizeof work->only, "%s", text);
    char *kind = strchr(text, ':'), *last = strrchr(text, ':');
    if (kind == NULL || kind == last)
        return false;
    *kind++ = *last++ = 0;
    work->options.only = mutation_find(bytes_of_string(kind));
    bool ok = take_number(text, UINT32_MAX, &step) && take_number(last, UINT32_MAX, &parameter);
    work->options.only_step = (size_t)step;
    work->options.only_parameter = (size_t)parameter;
    work->options.kinds = 1u << work->options.only;
    return ok && work->options.only != MUTATION_NONE && work->options.only < MUTATION_KINDS;
}

static bool take_link(struct work *work, char *text) {
    return add_card(work, "card", text);
}

static bool take_keys(struct work *work, char *text) {
    bool ok = host_keys_add(&work->keys, text);
    work->options.run.keys = &work->keys.keys;
    return ok;
}

static bool take_invariants(struct work *work, char *text) {
    work->invariants = text;
    return true;
}

static bool take_folder(struct work *work, char *text) {
    work->options.folder = text;
    return true;
}

/// 2 when it took a value as well, 1 when not, 0 when it is wrong.
static int take_argument(struct work *work, char *argument, char *value) {
    static const struct {
        const char *option;
        bool (*take)(struct work *work, char *value);
    } rows[] = {{"--link", take_link},          {"--card", take_card},
                {"--kinds", take_kinds},        {"--invariants", take_invariants},
                {"--reproducers", take_folder}, {"--keys", take_keys},
                {"--only", take_only}};
    static const struct {
        const char *option;
        bool (*take)(struct work *work, const char *value);
    } numbers[] = {
        {"--per-command", take_per_command}, {"--jobs", take_jobs}, {"--seed", take_seed}};
    for (size_t i = 0; value != NULL && i < sizeof rows / sizeof rows[0]; i++)
        if (strcmp(argument, rows[i].option) == 0)
            return rows[i].take(work, value) ? 2 : 0;
    for (size_t i = 0; value != NULL && i < sizeof numbers / sizeof numbers[0]; i++)
        if (strcmp(argument, numbers[i].option) == 0)
            return numbers[i].take(work, value) ? 2 : 0;
    if (strcmp(argument, "--list") == 0)
        return (work->options.list = true) ? 1 : 0;
    if (strncmp(argument, "--", 2) == 0 || work->in != NULL)
        return 0;
    work->in = argument;
    return 1;
}

/// Says what the option behind a refused argument wants; the value as it was given.
static int refuse(const char *option, const char *value) {
    static const struct {
        const char *option, *wants;
    } rows[] = {{"--link", "--link wants emu:IMAGE"},
                {"--card", "--card wants NAME=emu:IMAGE"},
                {"--kinds", "--kinds wants none, or a list of drop,repeat,swap,truncate,flip,tear"},
                {"--keys", "--keys wants NAME=FILE"},
                {"--only", "--only wants STEP:KIND:N"},
                {"--per-command", "--per-command wants a number"},
                {"--jobs", "--jobs wants a number from 1 to 64"},
                {"--seed", "--seed wants a number, and TESSERA_LAB=1"}};
    for (size_t i = 0; value != NULL && i < sizeof rows / sizeof rows[0]; i++)
        if (strcmp(option, rows[i].option) == 0)
            return tool_complain(name, rows[i].wants, value);
    return tool_complain(
        name, strncmp(option, "--", 2) == 0 ? "unknown option or missing value" : "one script only",
        option);
}

static int parse(struct work *work, int argc, char **argv) {
    long processors = sysconf(_SC_NPROCESSORS_ONLN);
    work->options.kinds = (1u << MUTATION_KINDS) - 2;
    work->options.jobs = processors < 1 ? 1 : processors < 16 ? (unsigned)processors : 16;
    for (int i = 1, taken; i < argc; i += taken) {
        char given[128] = ""; // taking a value may cut it up
        if (i + 1 < argc)
            snprintf(given, sizeof given, "%s", argv[i + 1]);
        taken = take_argument(work, argv[i], i + 1 < argc ? argv[i + 1] : NULL);
        if (taken == 0)
            return refuse(argv[i], i + 1 < argc ? given : NULL);
    }
    if (work->in == NULL || work->card_count == 0)
        return tool_complain(name, "a script and its cards are needed", NULL);
    return 0;
}

int main(int argc, char **argv) {
    static struct work work;
    if (tool_help(argc, argv, name, usage))
        return 0;
    int status = parse(&work, argc, argv);
    if (status != 0)
        return status;
    struct crypto *crypto = crypto_openssl_new();
    tool_init(&work.tool, name, crypto);
    program_init(&work.program, &host_memory, &host_files);
    program_init(&work.rules, &host_memory, &host_files);
    buffer_init(&work.made, &host_memory);
    status = run_campaign(&work);
    for (size_t i = 0; i < work.card_count; i++)
        seat_close(&work.seats[i]);
    program_free(&work.program);
    program_free(&work.rules);
    buffer_free(&work.made);
    tool_free(&work.tool);
    crypto_openssl_free(crypto);
    return tool_end(name, status);
}

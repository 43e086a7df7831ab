// SPDX-License-Identifier: Apache-2.0
// tessera apdu mutate: one mistake after the other in the exchange of a script, and the script's
// invariants after each. Arguments and wiring; the campaign itself is apdu/script/tools/campaign.h.
#include "apdu/convert/fresh.h"
#include "apdu/script/tools/campaign.h"
#include "apdu/script/tools/tool.h"
#include "base/options/options.h"
#include "readers/link/emu.h"
#include "readers/link/exec.h"
#include "readers/link/slot.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

struct work {
    struct slot_command given; // first: what takes --card, --link and --keys finds it there
    struct tool tool;
    struct script_program program, rules; // rules: the invariants, when they stand elsewhere
    struct buffer made;                   // script of a recording
    struct slots slots;
    struct campaign_options options;
    struct campaign_cards desk;
    struct campaign campaign;
    char only[64]; // as it was given
    const char *in, *invariants;
    uint64_t per_command, jobs;
    struct program_run this_run; // its seed
};

// ---- cards -----------------------------------------------------------------------------------

static struct link *link_at(void *context, size_t card) {
    const struct work *work = context;
    return work->slots.slots[card].link;
}

static bool cut(void *context, size_t card, uint64_t writes, size_t octets) {
    return emu_link_cut(link_at(context, card), writes, octets);
}

static bool lose_power(void *context, size_t card) {
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

static bool again(void *context) {
    const struct work *work = context;
    struct link_failure why;
    for (size_t i = 0; i < work->slots.count; i++)
        if (!exec_link_again(link_at(context, i), &why)) {
            fprintf(stderr, "%s\n", why.text);
            return false;
        }
    return true;
}

static bool open_cards(struct work *work, struct failure *failure) {
    struct slot_options how = {true, work->options.repeatable, work->options.run.seed};
    struct link_failure why;
    for (size_t i = 0; i < work->given.cards.count; i++)
        if (link_image(work->given.cards.cards[i].link) == NULL &&
            strncmp(work->given.cards.cards[i].link, "exec:", 5) != 0)
            return fail(failure, EXIT_USAGE,
                        "'%s' is neither emu:IMAGE nor exec:PROGRAM: mistakes need cards that can "
                        "be copied",
                        work->given.cards.cards[i].link);
    if (!slots_open(&work->slots, &work->given.cards, &how, &why))
        return fail(failure, EXIT_USAGE, "%s", why.text);
    for (size_t i = 0; i < work->slots.count; i++)
        exec_link_remember(link_at(work, i));
    work->desk = (struct campaign_cards){.cards = work->slots.cards,
                                         .count = work->slots.count,
                                         .power = {cut, lose_power, work},
                                         .again = again,
                                         .writes = writes,
                                         .state = state,
                                         .watch = watch,
                                         .context = work};
    return true;
}

// ---- scripts ---------------------------------------------------------------------------------

static bool load(struct work *work, struct script_program *program, const char *file,
                 struct failure *failure) {
    const char *error = "";
    program->main = sources_load(&program->sources, NULL, bytes_of_string(file), &error);
    if (program->main == NULL)
        return fail(failure, EXIT_USAGE, "%s cannot be read: %s", file, error);
    failure->code = EXIT_USAGE; // what follows tells by the reporter
    if (script_format_guess(program->main->text) == script_format_find("dump")) {
        if (!fresh_of_dump(program->main, &host_memory, &work->tool.reporter, &work->made))
            return false;
        program->main = sources_add(&program->sources, file, buffer_bytes(&work->made));
    }
    struct script_needs needs = slot_needs(&work->given);
    needs.reporter = &work->tool.reporter;
    needs.memory = &host_memory;
    return program->main != NULL && needs_check(&needs, program);
}

static bool load_all(struct work *work, const struct script_program *rules,
                     struct failure *failure) {
    const char *file = work->invariants != NULL ? work->invariants : work->in;
    if (!load(work, &work->program, work->in, failure) ||
        (rules == &work->rules && !load(work, &work->rules, file, failure)))
        return false;
    return rules->invariants != NULL ||
           fail(failure, EXIT_USAGE, "%s: there is no invariant block; nothing would be checked",
                file);
}

static void print_end(const struct work *work, enum campaign_end end) {
    bool clean =
        work->options.kinds == 0 || (end == CAMPAIGN_VIOLATED && work->campaign.mistakes == 0);
    if (clean)
        printf("mutate: without a mistake the invariants %s\n",
               end == CAMPAIGN_HELD ? "hold" : "are VIOLATED");
    else
        campaign_print(&work->campaign);
}

static int run_campaign(struct work *work, struct failure *failure) {
    struct script_program *rules = work->invariants != NULL ? &work->rules : &work->program;
    if (!load_all(work, rules, failure) || !open_cards(work, failure))
        return failure->code;
    work->campaign = (struct campaign){.program = &work->program,
                                       .rules = rules,
                                       .ports = &work->tool.ports,
                                       .cards = &work->desk,
                                       .options = &work->options,
                                       .out = stdout,
                                       .err = stderr};
    enum campaign_end end = campaign_run(&work->campaign);
    bool missed = work->options.only != MUTATION_NONE && work->campaign.mistakes == 0;
    if (end == CAMPAIGN_UNUSABLE)
        fail(failure, EXIT_USAGE,
             work->campaign.unsteady ? "its cards cannot be made again for each mistake"
                                     : "the script must pass without a mistake first");
    else
        print_end(work, end);
    campaign_free(&work->campaign);
    if (missed && end == CAMPAIGN_HELD)
        fail(failure, EXIT_USAGE, "--only %s: the script has no such mistake to make", work->only);
    else if (end != CAMPAIGN_UNUSABLE)
        return end == CAMPAIGN_HELD ? EXIT_DONE : EXIT_REFUSED;
    return EXIT_USAGE;
}

static int run_mutate(void *context, struct failure *failure) {
    struct work *work = context;
    struct crypto *crypto = crypto_openssl_new();
    work->options.per_command = (size_t)work->per_command;
    work->options.jobs = (unsigned)work->jobs;
    work->options.repeatable = work->this_run.seeded;
    work->options.run.seed = work->this_run.seed;
    work->options.run.keys = slot_keys(&work->given);
    tool_init(&work->tool, crypto);
    program_init(&work->program, &host_memory, &host_files);
    program_init(&work->rules, &host_memory, &host_files);
    buffer_init(&work->made, &host_memory);
    int code =
        work->given.cards.count > 0
            ? run_campaign(work, failure)
            : exit_of(fail(failure, EXIT_USAGE, "--link or --card NAME=LINK is missing"), failure);
    slots_close(&work->slots);
    program_free(&work->program);
    program_free(&work->rules);
    buffer_free(&work->made);
    tool_free(&work->tool);
    crypto_openssl_free(crypto);
    return code;
}

// ---- arguments -------------------------------------------------------------------------------

static bool take_kinds(void *context, char *list, struct failure *failure) {
    struct work *work = context;
    work->options.kinds = 0;
    if (strcmp(list, "none") == 0)
        return true;
    for (char *word = strtok(list, ","); word != NULL; word = strtok(NULL, ",")) {
        enum mutation_kind kind = mutation_find(bytes_of_string(word));
        if (kind == MUTATION_NONE || kind == MUTATION_KINDS)
            return fail(failure, EXIT_USAGE,
                        "--kinds '%s' is none of drop, repeat, swap, truncate, flip, tear", word);
        work->options.kinds |= 1u << kind;
    }
    return work->options.kinds != 0 || fail(failure, EXIT_USAGE, "--kinds is empty");
}

static bool take_only(void *context, char *text, struct failure *failure) {
    struct work *work = context;
    uint64_t step = 0, parameter = 0;
    snprintf(work->only, sizeof work->only, "%s", text);
    char *kind = strchr(text, ':'), *last = strrchr(text, ':');
    bool split = kind != NULL && kind != last;
    if (split)
        *kind++ = *last++ = '\0';
    work->options.only = split ? mutation_find(bytes_of_string(kind)) : MUTATION_NONE;
    if (work->options.only == MUTATION_NONE || work->options.only >= MUTATION_KINDS ||
        !program_number("", text, 0, UINT32_MAX, &step, NULL) ||
        !program_number("", last, 0, UINT32_MAX, &parameter, NULL))
        return fail(failure, EXIT_USAGE, "--only '%s' is not STEP:KIND:N", work->only);
    work->options.only_step = (size_t)step;
    work->options.only_parameter = (size_t)parameter;
    work->options.kinds = 1u << work->options.only;
    return true;
}

#define AT(member) offsetof(struct work, member)

static const struct option_row rows[] = {
    {NULL, "SCRIPT", OPTION_FILE,
     "the script, or a recording (dump), which is made a script as 'tessera apdu convert "
     "--captures' does",
     .at = AT(in), .needed = OPTION_EVERY},
    {"link", "LINK", OPTION_TAKEN, "the one card: emu:IMAGE, an image's path, or exec:PROGRAM",
     .take = slot_take_link},
    {"card", "NAME=LINK", OPTION_TAKEN, "one of several cards", .take = slot_take_card,
     .many = true},
    {"invariants", "FILE", OPTION_FILE,
     "a script whose setup and invariant blocks count in place of SCRIPT's", .at = AT(invariants)},
    {"kinds", "LIST", OPTION_TAKEN,
     "of drop,repeat,swap,truncate,flip,tear (all when left out), or none", .take = take_kinds},
    {"per-command", "N", OPTION_NUMBER, "of truncate and flip at most N a command, spread evenly",
     .at = AT(per_command), .most = UINT32_MAX},
    {"only", "STEP:KIND:N", OPTION_TAKEN, "this one mistake, as a violation named it",
     .take = take_only},
    {"reproducers", "DIR", OPTION_DIRECTORY, "a script for each violation",
     .at = AT(options.folder)},
    {"list", NULL, OPTION_FLAG, "print every mistake and what became of it",
     .at = AT(options.list)},
    {"jobs", "N", OPTION_NUMBER, "so many runs at once (as many as there are processors)",
     .at = AT(jobs), .least = 1, .most = CAMPAIGN_JOBS_MAX},
    {"keys", "NAME=FILE", OPTION_TAKEN, "keys of secure channels, for 'within scp03 keys=@NAME'",
     .take = slot_take_keys, .many = true},
    {"seed", "N", OPTION_SEED,
     "the same cards and values every time, and after every cut the torn card must stand as before "
     "or as after the command; only with TESSERA_LAB=1",
     .at = AT(this_run)},
};

static const struct action actions[] = {
    {1, NULL, "", run_mutate, "SCRIPT --link LINK | --card NAME=LINK... [OPTION]..."}};

static const struct command mutate = {
    .name = "apdu mutate",
    .purpose = "make one mistake after the other in the exchange of a script",
    .notes =
        "Runs the script on copies of the images, and from before each of its commands again and "
        "again with one mistake in that command; after each of these runs the cards are powered up "
        "again and the script's invariant blocks must hold. In setup blocks no mistakes are made; "
        "what they capture is known to the invariants. Ends with 'mutate: N mistakes, M "
        "violations'.\n\n"
        "exit: 0 no violation, 1 violations, 2 usage, script or input error",
    .rows = rows,
    .row_count = sizeof rows / sizeof rows[0],
    .actions = actions,
    .action_count = 1,
};

int main(int argc, char **argv) {
    static struct work work;
    long processors = sysconf(_SC_NPROCESSORS_ONLN);
    work.options.kinds = (1u << MUTATION_KINDS) - 2;
    work.jobs = processors < 1 ? 1 : processors < 16 ? (uint64_t)processors : 16;
    return command_main(&mutate, &work, argc, argv);
}

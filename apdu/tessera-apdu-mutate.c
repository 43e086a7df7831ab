// SPDX-License-Identifier: Apache-2.0
// tessera apdu mutate: one mistake after the other in the exchange of a script, each on fresh
// copies of the cards, and the script's invariants after each.
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "apdu/convert/fresh.h"
#include "apdu/script/mutate.h"
#include "apdu/script/tool.h"
#include "readers/emu.h"
#include "readers/seat.h"

static const char name[] = "tessera apdu mutate";
static const char usage[] =
    "usage: tessera apdu mutate SCRIPT|RECORDING --link emu:IMAGE | --card NAME=emu:IMAGE... "
    "[options]\n"
    "Runs the script once, then again and again with one mistake in one command, each time on\n"
    "fresh copies of the images; after each run the cards are powered up again and the script's\n"
    "invariant blocks must hold. A recording (dump) is made a script first, as\n"
    "tessera apdu convert --captures does; its invariants stand in a file of their own.\n"
    "  --invariants FILE  a script whose invariant blocks must hold, in place of SCRIPT's\n"
    "  --kinds LIST   of drop,repeat,swap,truncate,flip,tear (all when left out)\n"
    "  --list         print every mistake and what became of it\n"
    "  --seed N       the same cards and values every time; needs TESSERA_LAB=1\n"
    "Ends with `mutate: N mistakes, M violations`.\n"
    "exit: 0 no violation, 1 violations, 2 usage, script or input error\n";

struct campaign {
    struct tool tool;
    struct script_program program, rules; // rules: the invariants
    struct buffer made;                   // script of a recording
    struct seat_argument cards[SCRIPT_CARDS_MAX];
    size_t card_count;
    unsigned kinds;
    bool list, seeded;
    uint64_t seed;
    const char *in, *invariants;
    struct mutated_exchange exchange;
    struct seat seats[SCRIPT_CARDS_MAX];
    size_t mistakes, violations;
    struct buffer failure; // of the invariants
};

static bool cut(void *context, size_t card, uint64_t writes) {
    struct campaign *campaign = context;
    return emu_link_cut(campaign->seats[card].link, writes, 0);
}

static void on_failure(const struct script_listener *listener, const struct script_failure *what) {
    struct campaign *campaign = listener->context;
    diagnostic_render(&what->diagnostic, &campaign->failure);
    buffer_text(&campaign->failure, what->detail);
}

static bool open_cards(struct campaign *campaign) {
    struct seat_options how = {true, campaign->seeded, campaign->seed};
    struct link_failure failure;
    for (size_t i = 0; i < campaign->card_count; i++) {
        campaign->seats[i] = (struct seat){.link = NULL};
        if (!seat_open(&campaign->seats[i], &campaign->cards[i], i, &how, &failure)) {
            fprintf(stderr, "%s: %s\n", name, failure.text);
            return false;
        }
    }
    return true;
}

static void close_cards(struct campaign *campaign) {
    for (size_t i = 0; i < campaign->card_count; i++)
        seat_close(&campaign->seats[i]);
}

static enum script_outcome run_mistaken(struct campaign *campaign, bool clean) {
    struct mutated_link links[SCRIPT_CARDS_MAX];
    struct script_card cards[SCRIPT_CARDS_MAX];
    struct script_options options = {.seed = campaign->seed, .keep_going = !clean};
    struct script_listener listener = {.failure = clean ? on_failure : NULL, .context = campaign};
    for (size_t i = 0; i < campaign->card_count; i++) {
        cards[i] = seat_card(&campaign->seats[i], &campaign->cards[i]);
        mutated_link_init(&links[i], cards[i].link, i, &campaign->exchange);
        cards[i].link = &links[i].link;
    }
    return run_script(&campaign->program, &campaign->tool.world, &options, cards,
                      campaign->card_count, &listener)
        .outcome;
}

static bool invariants_hold(struct campaign *campaign) {
    struct script_card cards[SCRIPT_CARDS_MAX];
    struct script_options options = {.seed = campaign->seed, .only_invariants = true};
    struct script_listener listener = {.failure = on_failure, .context = campaign};
    uint8_t atr[64];
    size_t size;
    for (size_t i = 0; i < campaign->card_count; i++) {
        cards[i] = seat_card(&campaign->seats[i], &campaign->cards[i]);
        if (link_reset(cards[i].link, LINK_RESET_COLD, atr, sizeof atr, &size) != LINK_OK)
            return false;
    }
    buffer_clear(&campaign->failure);
    return run_script(&campaign->rules, &campaign->tool.world, &options, cards,
                      campaign->card_count, &listener)
               .outcome == OUTCOME_PASSED;
}

static bool run_one(struct campaign *campaign, enum mutation_kind kind, size_t step,
                    size_t parameter) {
    mutated_exchange_begin(&campaign->exchange, kind, step, parameter);
    bool opened = open_cards(campaign);
    if (opened) {
        enum script_outcome outcome = run_mistaken(campaign, false);
        bool held = invariants_hold(campaign);
        campaign->mistakes++;
        campaign->violations += !held;
        if (campaign->list || !held)
            printf("%s\tstep %zu\t%s %zu\trun %s\n", held ? "held" : "VIOLATED", step,
                   mutation_word(kind), parameter, outcome_word(outcome));
        if (!held)
            fputs(buffer_string(&campaign->failure), stderr);
    }
    close_cards(campaign);
    return opened;
}

/// The script as it is must pass, and so must its invariants.
static bool run_clean(struct campaign *campaign) {
    mutated_exchange_begin(&campaign->exchange, MUTATION_NONE, 0, 0);
    bool ok = open_cards(campaign) && run_mistaken(campaign, true) == OUTCOME_PASSED;
    ok = ok && invariants_hold(campaign);
    close_cards(campaign);
    if (!ok)
        fprintf(stderr, "%s%s: the script must pass without a mistake first\n",
                buffer_string(&campaign->failure), name);
    return ok;
}

static bool keep_step(struct importer *importer, const struct step *step) {
    return fresh_take(importer->context, step);
}

/// The script that a recording stands for, in campaign->made.
static bool script_of_dump(struct campaign *campaign, const struct script_source *source) {
    struct fresh fresh;
    struct importer importer = {.memory = &host_memory,
                                .source = source,
                                .reporter = &campaign->tool.reporter,
                                .take = keep_step,
                                .context = &fresh};
    fresh_init(&fresh, &host_memory);
    bool ok = import_dump(&importer);
    if (ok)
        fresh_write(&fresh, &campaign->made);
    fresh_free(&fresh);
    return ok;
}

static bool load(struct campaign *campaign, struct script_program *program, const char *file) {
    const char *error = "";
    program->main = sources_load(&program->sources, NULL, bytes_of_string(file), &error);
    if (program->main == NULL) {
        tool_complain(name, error, file);
        return false;
    }
    if (script_format_guess(program->main->text) == script_format_find("dump")) {
        if (!script_of_dump(campaign, program->main))
            return false;
        program->main = sources_add(&program->sources, file, buffer_bytes(&campaign->made));
    }
    return program->main != NULL && program_check(program, &campaign->tool.reporter, NULL, NULL);
}

static int run_campaign(struct campaign *campaign) {
    enum mutation_kind kind = MUTATION_NONE;
    size_t step = 0, parameter = 0;
    const char *rules = campaign->invariants != NULL ? campaign->invariants : campaign->in;
    if (!load(campaign, &campaign->program, campaign->in) ||
        !load(campaign, &campaign->rules, rules))
        return TOOL_USAGE_ERROR;
    if (campaign->rules.invariants == NULL)
        return tool_complain(name, "there is no invariant block; nothing would be checked", rules);
    if (!run_clean(campaign))
        return TOOL_USAGE_ERROR;
    while (mutation_next(&campaign->exchange, campaign->kinds, &kind, &step, &parameter))
        if (!run_one(campaign, kind, step, parameter))
            return TOOL_USAGE_ERROR;
    printf("mutate: %zu mistakes, %zu violations\n", campaign->mistakes, campaign->violations);
    return campaign->violations == 0 ? 0 : 1;
}

// ---- arguments -------------------------------------------------------------------------------

static bool add_card(struct campaign *campaign, const char *card, const char *link) {
    if (campaign->card_count == SCRIPT_CARDS_MAX || strncmp(link, "emu:", 4) != 0)
        return false;
    campaign->cards[campaign->card_count++] = (struct seat_argument){card, link};
    return true;
}

static bool take_card(struct campaign *campaign, char *argument) {
    char *equals = strchr(argument, '=');
    if (equals == NULL || equals == argument)
        return false;
    *equals = 0;
    return add_card(campaign, argument, equals + 1);
}

static bool take_kinds(struct campaign *campaign, char *list) {
    campaign->kinds = 0;
    for (char *word = strtok(list, ","); word != NULL; word = strtok(NULL, ",")) {
        unsigned before = campaign->kinds;
        for (unsigned kind = MUTATION_DROP; kind < MUTATION_KINDS; kind++)
            if (strcmp(word, mutation_word((enum mutation_kind)kind)) == 0)
                campaign->kinds |= 1u << kind;
        if (campaign->kinds == before)
            return false;
    }
    return campaign->kinds != 0;
}

static bool take_seed(struct campaign *campaign, const char *text) {
    const char *lab = getenv("TESSERA_LAB");
    char *end;
    campaign->seed = strtoull(text, &end, 0);
    campaign->seeded = true;
    return lab != NULL && strcmp(lab, "1") == 0 && *text != 0 && *end == 0;
}

static bool is_option(const char *argument, const char *option, const char *value) {
    return value[0] != 0 && strcmp(argument, option) == 0;
}

static int parse(struct campaign *campaign, int argc, char **argv) {
    static char none[] = "";
    campaign->kinds = (1u << MUTATION_KINDS) - 2;
    for (int i = 1; i < argc; i++) {
        char *value = i + 1 < argc ? argv[i + 1] : none;
        bool option = strncmp(argv[i], "--", 2) == 0, ok = true;
        if (strcmp(argv[i], "--list") == 0) {
            campaign->list = true;
            continue;
        }
        if (is_option(argv[i], "--link", value))
            ok = add_card(campaign, "card", value);
        else if (is_option(argv[i], "--card", value))
            ok = take_card(campaign, value);
        else if (is_option(argv[i], "--kinds", value))
            ok = take_kinds(campaign, value);
        else if (is_option(argv[i], "--invariants", value))
            campaign->invariants = value;
        else if (is_option(argv[i], "--seed", value))
            ok = take_seed(campaign, value);
        else if (option || campaign->in != NULL)
            ok = false;
        else
            campaign->in = argv[i];
        if (!ok)
            return tool_complain(name,
                                 "unknown or without its value (cards are emu:IMAGE, --seed "
                                 "needs TESSERA_LAB=1)",
                                 argv[i]);
        i += option ? 1 : 0;
    }
    if (campaign->in == NULL || campaign->card_count == 0)
        return tool_complain(name, "a script and its cards are needed", NULL);
    return 0;
}

int main(int argc, char **argv) {
    static struct campaign campaign;
    if (tool_help(argc, argv, name, usage))
        return 0;
    int status = parse(&campaign, argc, argv);
    if (status != 0)
        return status;
    struct crypto *crypto = crypto_openssl_new();
    tool_init(&campaign.tool, name, crypto);
    program_init(&campaign.program, &host_memory, &host_files);
    program_init(&campaign.rules, &host_memory, &host_files);
    buffer_init(&campaign.made, &host_memory);
    buffer_init(&campaign.failure, &host_memory);
    mutated_exchange_init(&campaign.exchange, &host_memory);
    campaign.exchange.cut = cut;
    campaign.exchange.context = &campaign;
    status = run_campaign(&campaign);
    mutated_exchange_free(&campaign.exchange);
    buffer_free(&campaign.failure);
    program_free(&campaign.program);
    program_free(&campaign.rules);
    buffer_free(&campaign.made);
    tool_free(&campaign.tool);
    crypto_openssl_free(crypto);
    return status;
}

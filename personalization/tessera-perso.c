// SPDX-License-Identifier: Apache-2.0
// tessera perso: personalization of cards in batches. docs/man/tessera-perso.1 describes it.
#include "card/card.h"
#include "card/port/file.h"
#include "card/port/memory.h"
#include "personalization/job_report.h"
#include "personalization/job_station.h"
#include "readers/emu.h"
#include "services/wire/files.h"
#include "services/wire/program.h"

#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static const char HELP[] =
    "usage: tessera perso key FILE [--size 16|24|32] [--method M] [--key-version HEX]\n"
    "       tessera perso plan BATCH --profile P --ca DIR --keys FILE|pkcs11:URI -o JOB\n"
    "                          [--printer CERT] [--transport FILE|URI] [--keep-going]\n"
    "       tessera perso run JOB --link LINK... [--rejects] [--json]\n"
    "       tessera perso run JOB --dry-run\n"
    "       tessera perso verify JOB --link LINK... [--json]\n"
    "       tessera perso report JOB [--check] [--json]\n"
    "\n"
    "  key     draws an issuer's master key into a file of mode 0600; with --passphrase-fd sealed\n"
    "  plan    checks batch (CSV or JSON) and profile and writes the job; touches no card\n"
    "  run     makes cards until none is open; stop it anywhere and run it again\n"
    "  verify  reads finished cards back and holds them against job and register\n"
    "  report  what the job did, signed by the bench center; 1 when rejects exist\n"
    "\n"
    "  --link LINK        a reader, again for more; in emu:DIR/%s.trm the card's id replaces %s "
    "and\n"
    "                     images that are missing are made blank\n"
    "  --method M         how card keys follow from the master key: kdf3 (default), visa2, emv,\n"
    "                     sp800-108, none\n"
    "  --printer CERT     PIN letters are sealed for this X.509 certificate (JOB/letters/ID.cms)\n"
    "  --transport KEY    master key of the cards as they come, where they do not come with the\n"
    "                     published key (profiles for GlobalPlatform cards)\n"
    "  --keep-going       leaves faulty rows of the batch out instead of refusing it\n"
    "  --rejects          takes rejected rows again\n"
    "  --dry-run          shows every command of the first open row, no secret, on a card in "
    "memory\n"
    "  --passphrase-fd N  passphrase of the master key file as one line from descriptor N\n"
    "  --token-pin-fd N   user PIN of tokens whose URI has no pin-source, as one line from N;\n"
    "                     without it the terminal is asked\n"
    "  --clock ISO8601, --seed N   laboratories only (TESSERA_LAB=1)\n";

enum { LINKS_MAX = 16, PASSPHRASE_MAX = 128, TOKEN_PIN_MAX = 128 };

struct arguments {
    const char *target; // FILE, BATCH or JOB
    const char *links[LINKS_MAX];
    size_t link_count;
    struct job_plan plan;
    uint64_t size;
    const char *method, *version;
    bool dry_run, again, json, check;
    char passphrase[PASSPHRASE_MAX], token_pin[TOKEN_PIN_MAX];
    struct program_world world;
};

enum option_id {
    OPTION_PROFILE = 256,
    OPTION_CA,
    OPTION_KEYS,
    OPTION_PRINTER,
    OPTION_TRANSPORT,
    OPTION_KEEP_GOING,
    OPTION_LINK,
    OPTION_DRY_RUN,
    OPTION_REJECTS,
    OPTION_JSON,
    OPTION_CHECK,
    OPTION_SIZE,
    OPTION_METHOD,
    OPTION_VERSION,
    OPTION_PASSPHRASE,
    OPTION_TOKEN_PIN,
    OPTION_CLOCK,
    OPTION_SEED
};

static const struct option options[] = {
    {"profile", required_argument, NULL, OPTION_PROFILE},
    {"ca", required_argument, NULL, OPTION_CA},
    {"keys", required_argument, NULL, OPTION_KEYS},
    {"printer", required_argument, NULL, OPTION_PRINTER},
    {"transport", required_argument, NULL, OPTION_TRANSPORT},
    {"keep-going", no_argument, NULL, OPTION_KEEP_GOING},
    {"link", required_argument, NULL, OPTION_LINK},
    {"dry-run", no_argument, NULL, OPTION_DRY_RUN},
    {"rejects", no_argument, NULL, OPTION_REJECTS},
    {"json", no_argument, NULL, OPTION_JSON},
    {"check", no_argument, NULL, OPTION_CHECK},
    {"size", required_argument, NULL, OPTION_SIZE},
    {"method", required_argument, NULL, OPTION_METHOD},
    {"key-version", required_argument, NULL, OPTION_VERSION},
    {"passphrase-fd", required_argument, NULL, OPTION_PASSPHRASE},
    {"token-pin-fd", required_argument, NULL, OPTION_TOKEN_PIN},
    {"clock", required_argument, NULL, OPTION_CLOCK},
    {"seed", required_argument, NULL, OPTION_SEED},
    {NULL, 0, NULL, 0},
};

static bool take_link(struct arguments *arguments, struct failure *failure) {
    if (arguments->link_count == LINKS_MAX)
        return fail(failure, EXIT_USAGE, "at most %d readers work at once", LINKS_MAX);
    arguments->links[arguments->link_count++] = optarg;
    return true;
}

static bool take_value(struct arguments *arguments, int option, struct failure *failure) {
    switch (option) {
    case OPTION_LINK:
        return take_link(arguments, failure);
    case OPTION_SIZE:
        return program_number("--size", optarg, SCP03_KEY_MAX, &arguments->size, failure);
    case OPTION_PASSPHRASE:
        return program_secret("--passphrase-fd", optarg, arguments->passphrase, PASSPHRASE_MAX,
                              failure);
    case OPTION_TOKEN_PIN:
        return program_secret("--token-pin-fd", optarg, arguments->token_pin, TOKEN_PIN_MAX,
                              failure);
    case OPTION_CLOCK:
        return program_set_clock(&arguments->world, optarg, failure);
    case OPTION_SEED:
        return program_set_seed(&arguments->world, optarg, failure);
    default:
        return fail(failure, EXIT_USAGE, "see 'tessera perso --help'");
    }
}

static bool take_option(struct arguments *arguments, int option, struct failure *failure) {
    const struct {
        int option;
        const char **text;
    } texts[] = {
        {OPTION_PROFILE, &arguments->plan.profile},     {OPTION_CA, &arguments->plan.ca},
        {OPTION_KEYS, &arguments->plan.keys},           {OPTION_PRINTER, &arguments->plan.printer},
        {OPTION_TRANSPORT, &arguments->plan.transport}, {OPTION_METHOD, &arguments->method},
        {OPTION_VERSION, &arguments->version},          {'o', &arguments->plan.directory}};
    const struct {
        int option;
        bool *flag;
    } flags[] = {{OPTION_KEEP_GOING, &arguments->plan.keep_going},
                 {OPTION_DRY_RUN, &arguments->dry_run},
                 {OPTION_REJECTS, &arguments->again},
                 {OPTION_JSON, &arguments->json},
                 {OPTION_CHECK, &arguments->check}};
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++)
        if (texts[i].option == option) {
            *texts[i].text = optarg;
            return true;
        }
    for (size_t i = 0; i < sizeof flags / sizeof flags[0]; i++)
        if (flags[i].option == option)
            return *flags[i].flag = true;
    return take_value(arguments, option, failure);
}

/// What the one argument of an action is; NULL: no such action.
static const char *target_of(const char *action) {
    static const char *const targets[][2] = {
        {"key", "FILE"}, {"plan", "BATCH"}, {"run", "JOB"}, {"verify", "JOB"}, {"report", "JOB"}};
    for (size_t i = 0; i < sizeof targets / sizeof targets[0]; i++)
        if (strcmp(targets[i][0], action) == 0)
            return targets[i][1];
    return NULL;
}

static bool parse(struct arguments *arguments, int argc, char **argv, struct failure *failure) {
    int option;
    const char *target = target_of(argv[0]);
    if (target == NULL)
        return fail(failure, EXIT_USAGE,
                    "'%s' is none of key, plan, run, verify, report; see 'tessera perso --help'",
                    argv[0]);
    arguments->world = program_world_now();
    arguments->size = 16;
    arguments->method = "kdf3";
    arguments->version = "30";
    while ((option = getopt_long(argc, argv, "o:", options, NULL)) != -1)
        if (!take_option(arguments, option, failure))
            return false;
    if (optind + 1 != argc)
        return fail(failure, EXIT_USAGE, "perso %s needs one %s%s; see 'tessera perso --help'",
                    argv[0], target, optind == argc ? "" : ", and nothing else");
    arguments->target = argv[optind];
    return true;
}

// ---- cards -------------------------------------------------------------------------------------

/// A card that exists only in memory, until the program ends.
struct blank {
    struct memory_port port;
    struct card_ports ports;
    uint8_t image[NVM_IMAGE_SIZE_LARGE];
};

static bool blank_form(struct blank *blank, uint32_t size, const struct crypto *crypto) {
    uint8_t serial[8];
    memory_port_open(&blank->port, blank->image, size);
    blank->ports = (struct card_ports){&blank->port.nvm, crypto};
    return crypto->ops->random(crypto, serial, sizeof serial) &&
           card_format(&blank->ports, serial) == CARD_OK;
}

static bool blank_write(const char *path, bool large, const struct crypto *crypto,
                        struct failure *failure) {
    uint32_t size = large ? NVM_IMAGE_SIZE_LARGE : NVM_IMAGE_SIZE;
    struct blank *blank = calloc(1, sizeof *blank);
    enum file_status status = FILE_FAILED;
    if (blank != NULL && blank_form(blank, size, crypto))
        status = file_image_write(path, bytes_of(blank->image, size), false);
    free(blank);
    if (status == FILE_MISSING)
        return fail(failure, EXIT_USAGE, "%s: its directory does not exist; make it first", path);
    return status == FILE_OK || fail(failure, (enum exit_code)file_status_exit(status), "%s: %s",
                                     path, file_status_text(status));
}

/// The link's name with the row's id in place of %s.
static bool full_name(const char *name, const char *id, char full[PATH_MAX],
                      struct failure *failure) {
    char card[NAME_MAX] = "";
    const char *place = strstr(name, "%s");
    if (place != NULL && !files_name(card, sizeof card, id))
        return fail_errno(failure, "--link %s: the id '%s' names no image", name, id);
    int size = place == NULL ? snprintf(full, PATH_MAX, "%s", name)
                             : snprintf(full, PATH_MAX, "%.*s%s%s", (int)(place - name), name, card,
                                        place + 2);
    return (size >= 0 && size < PATH_MAX) ||
           fail(failure, EXIT_USAGE, "--link %s: the name is too long", name);
}

static struct link *open_full(const char *full, struct failure *failure) {
    struct link_failure why;
    struct link *link = link_open(full, NULL, &why);
    if (link == NULL)
        fail(failure, (enum exit_code)link_exit_code(why.status), "%s", why.text);
    return link;
}

/// For verifying: what is not there is not made.
static struct link *open_existing(const char *name, const char *id, bool large,
                                  const struct crypto *crypto, struct failure *failure) {
    char full[PATH_MAX];
    (void)large;
    (void)crypto;
    return full_name(name, id, full, failure) ? open_full(full, failure) : NULL;
}

static struct link *open_or_make(const char *name, const char *id, bool large,
                                 const struct crypto *crypto, struct failure *failure) {
    char full[PATH_MAX];
    if (!full_name(name, id, full, failure))
        return NULL;
    if (strstr(name, "%s") != NULL && strncmp(full, "emu:", 4) == 0 &&
        access(full + 4, F_OK) != 0 && !blank_write(full + 4, large, crypto, failure))
        return NULL;
    return open_full(full, failure);
}

/// A rehearsal on a card in memory.
static bool rehearse_in_memory(const char *job, const struct station_order *order,
                               const struct crypto *crypto, struct failure *failure) {
    struct blank *blank = calloc(1, sizeof *blank);
    struct card *card = calloc(1, card_context_size());
    struct link *link = NULL;
    if (blank != NULL && card != NULL && blank_form(blank, sizeof blank->image, crypto) &&
        card_power_on(card, &blank->ports) == CARD_OK)
        link = emu_link_over(card, &blank->ports, CARD_CONTACT, NULL);
    bool done = link != NULL ? station_rehearse(job, order, link, failure)
                             : fail(failure, EXIT_REFUSED, "no card in memory for the rehearsal");
    link_close(link);
    free(card);
    free(blank);
    return done;
}

// ---- actions -----------------------------------------------------------------------------------

static const char *or_null(const char *text) {
    return text[0] != '\0' ? text : NULL;
}

static struct key_access access_of(const struct arguments *arguments) {
    return (struct key_access){.passphrase = or_null(arguments->passphrase),
                               .pin = {or_null(arguments->token_pin), true}};
}

static bool make_key(struct arguments *arguments, const struct crypto *crypto,
                     struct failure *failure) {
    enum derivation_method method;
    char *end = NULL;
    unsigned long version = strtoul(arguments->version, &end, 16);
    struct master_key key;
    struct key_access access = access_of(arguments);
    uint8_t kcv[3];
    if (!derivation_from_name(arguments->method, &method))
        return fail(failure, EXIT_USAGE,
                    "--method '%s' is none of kdf3, visa2, emv, sp800-108, none",
                    arguments->method);
    if (*end != '\0' || version == 0 || version > 0x7F)
        return fail(failure, EXIT_USAGE, "--key-version '%s' is no key version from 01 to 7F",
                    arguments->version);
    if (arguments->size != 16 && arguments->size != 24 && arguments->size != 32)
        return fail(failure, EXIT_USAGE, "--size is 16, 24 or 32 octets");
    if (!master_key_create(arguments->target, crypto, (uint8_t)arguments->size, method,
                           (uint8_t)version, access.passphrase, failure) ||
        !master_key_open(&key, arguments->target, crypto, &access, failure))
        return false;
    master_key_kcv(&key, kcv);
    printf("master key %s: version %02lX, method %s, check value %02X%02X%02X\n", arguments->target,
           version, derivation_name(method), kcv[0], kcv[1], kcv[2]);
    master_key_close(&key);
    return true;
}

/// Secrets that nobody will ever learn are worth a word before the cards are made.
static void warn_of_lost_pins(const struct job_plan *plan) {
    struct profile profile;
    if (plan->printer != NULL || !profile_load(&profile, plan->profile, NULL) || !profile.pin)
        return;
    fprintf(stderr,
            "tessera perso: warning: profile %s draws a PIN and a PUK for every card, but without "
            "--printer CERT no letter is written and nobody will know them\n",
            profile.name);
}

static bool plan(struct arguments *arguments, const struct crypto *crypto,
                 struct failure *failure) {
    struct master_key key;
    struct ca ca;
    size_t total = 0, faulty = 0;
    struct job_plan *plan = &arguments->plan;
    struct key_access access = access_of(arguments);
    plan->batch = arguments->target;
    if (plan->profile == NULL || plan->ca == NULL || plan->directory == NULL)
        return fail(failure, EXIT_USAGE, "--profile, --ca and -o are needed");
    // what will be needed must be there now, not at the first card
    if (!ca_open(&ca, plan->ca, &access.pin, crypto, arguments->world.today, failure))
        return false;
    const char *const sources[] = {plan->keys, plan->transport};
    bool there = true;
    for (size_t i = 0; there && i < sizeof sources / sizeof sources[0]; i++) {
        if (sources[i] == NULL)
            continue;
        there = master_key_open(&key, sources[i], crypto, &access, failure);
        if (there)
            master_key_close(&key);
    }
    ca_close(&ca);
    if (!there)
        return false;
    if (!job_create(plan, &total, &faulty, failure))
        return false;
    warn_of_lost_pins(plan);
    printf("%s: %zu cards planned", plan->directory, total);
    if (faulty > 0)
        printf(", %zu rows left out", faulty);
    putchar('\n');
    return true;
}

static bool work(struct arguments *arguments, bool verify, const struct crypto *crypto,
                 struct failure *failure) {
    struct station_order order = {.links = arguments->links,
                                  .link_count = arguments->link_count,
                                  .access = access_of(arguments),
                                  .world = &arguments->world,
                                  .again = arguments->again,
                                  .json = arguments->json,
                                  .open = verify ? open_existing : open_or_make};
    if (arguments->dry_run && verify)
        return fail(failure, EXIT_USAGE, "--dry-run is for 'perso run'; verify changes nothing");
    if (arguments->dry_run)
        return rehearse_in_memory(arguments->target, &order, crypto, failure);
    if (arguments->link_count == 0)
        return fail(failure, EXIT_USAGE, "--link LINK is needed");
    return verify ? station_verify(arguments->target, &order, failure)
                  : station_run(arguments->target, &order, failure);
}

static bool act(const char *action, struct arguments *arguments, const struct crypto *crypto,
                struct failure *failure) {
    if (strcmp(action, "key") == 0)
        return make_key(arguments, crypto, failure);
    if (strcmp(action, "plan") == 0)
        return plan(arguments, crypto, failure);
    if (strcmp(action, "run") == 0)
        return work(arguments, false, crypto, failure);
    if (strcmp(action, "verify") == 0)
        return work(arguments, true, crypto, failure);
    struct key_access access = access_of(arguments);
    return job_report_print(arguments->target, arguments->check, arguments->json, &access.pin,
                            crypto, arguments->world.today, failure);
}

int main(int argc, char **argv) {
    struct arguments arguments = {0};
    struct failure failure;
    struct crypto *crypto = NULL;
    if (program_informs("perso", HELP, argc, argv))
        return EXIT_DONE;
    if (argc < 2) {
        fputs(HELP, stderr);
        return EXIT_USAGE;
    }
    bool done = parse(&arguments, argc - 1, argv + 1, &failure);
    if (done)
        crypto = program_crypto(&arguments.world, &failure);
    done = done && crypto != NULL && act(argv[1], &arguments, crypto, &failure);
    crypto_openssl_free(crypto);
    bytes_erase(arguments.passphrase, sizeof arguments.passphrase);
    return done ? program_end("perso") : program_fail("perso", &failure);
}

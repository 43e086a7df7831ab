// SPDX-License-Identifier: Apache-2.0
// tessera perso: personalization of cards in batches. docs/man/tessera-perso.1 describes it.
#include "apdu/crypto/crypto_run.h"
#include "apdu/trace/tracing.h"
#include "base/must.h"
#include "base/options/options.h"
#include "card/applets.h"
#include "card/port/draft.h"
#include "personalization/authority/authority.h"
#include "personalization/job/approval.h"
#include "personalization/job/job_check.h"
#include "personalization/job/job_erase.h"
#include "personalization/job/job_report.h"
#include "personalization/job/job_session.h"
#include "readers/link/emu.h"
#include "readers/link/link_open.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { LINKS_MAX = 16, PASSPHRASE_MAX = 128, TOKEN_PIN_MAX = 128 };

struct arguments {
    const char *target; // FILE, BATCH or JOB
    const char *signer; // directory of an operator
    struct option_list links, operators;
    struct job_plan plan;
    uint64_t version;
    int size, method; // index of sizes; enum derivation_method
    bool dry_run, again, json, check;
    char passphrase[PASSPHRASE_MAX], token_pin[TOKEN_PIN_MAX];
    struct program_run run;
    struct tracing tracing;
};

// ---- cards -------------------------------------------------------------------------------------

static bool blank_write(const char *path, uint16_t roles, const struct crypto *crypto,
                        struct failure *failure) {
    struct draft draft;
    bool done = draft_make(&draft, standard_image_size(roles), &standard_rom, crypto, failure) &&
                draft_write(&draft, path, failure);
    draft_discard(&draft);
    return done;
}

static struct link *open_full(const char *full, struct failure *failure) {
    return link_of(full, NULL, NULL, failure);
}

/// For verifying: what is not there is not made.
static struct link *open_existing(const char *name, const char *id, uint16_t roles,
                                  const struct crypto *crypto, struct failure *failure) {
    char full[PATH_MAX];
    (void)roles;
    (void)crypto;
    return job_link_name(name, id, full, failure) ? open_full(full, failure) : NULL;
}

static struct link *open_or_make(const char *name, const char *id, uint16_t roles,
                                 const struct crypto *crypto, struct failure *failure) {
    char full[PATH_MAX];
    if (!job_link_name(name, id, full, failure))
        return NULL;
    const char *image = job_link_image(name, full);
    if (image != NULL && access(image, F_OK) != 0 && !blank_write(image, roles, crypto, failure))
        return NULL;
    return open_full(full, failure);
}

/// A rehearsal on a card in memory.
static bool rehearse_in_memory(const char *job, const struct job_session_order *order,
                               const struct crypto *crypto, struct failure *failure) {
    struct draft draft;
    bool done = draft_make(&draft, NVM_IMAGE_SIZE_LARGE, &standard_rom, crypto, failure);
    struct link *link = done ? emu_link_over(draft.card, &draft.ports, CARD_CONTACT, NULL) : NULL;
    done = done && (link != NULL ? job_session_rehearse(job, order, link, failure)
                                 : fail(failure, EXIT_REFUSED, "out of memory for a link"));
    link_close(link);
    draft_discard(&draft);
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

static const char *const sizes[] = {"16", "24", "32", NULL};

static bool make_key(struct arguments *arguments, const struct crypto *crypto,
                     struct failure *failure) {
    enum derivation_method method = (enum derivation_method)arguments->method;
    struct master_key key;
    struct key_access access = access_of(arguments);
    uint8_t kcv[3], version = (uint8_t)arguments->version;
    uint8_t size = (uint8_t)(16 + 8 * arguments->size);
    if (!master_key_create(arguments->target, crypto, size, method, version, access.passphrase,
                           failure) ||
        !master_key_open(&key, arguments->target, crypto, &access, failure))
        return false;
    master_key_kcv(&key, kcv);
    printf("master key %s: version %02X, method %s, check value %02X%02X%02X\n", arguments->target,
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
            "tessera perso plan: warning: profile %s generates a PIN and a PUK for every card, but "
            "without "
            "--printer CERT no letter is written and nobody will know them\n",
            profile.name);
}

static bool take_operators(const struct option_list *list, struct operators *operators,
                           struct failure *failure) {
    for (operators->count = 0; operators->count < list->count; operators->count++) {
        const char *id = list->items[operators->count];
        if (!holder_is_valid(bytes_of_string(id), ROLE_OPERATOR))
            return fail(failure, EXIT_USAGE, "--operator '%s' is no id", id);
        snprintf(operators->ids[operators->count], HOLDER_MAX + 1, "%s", id);
    }
    return true;
}

static bool plan(struct arguments *arguments, const struct crypto *crypto,
                 struct failure *failure) {
    struct ca ca;
    size_t total = 0, faulty = 0;
    struct job_plan *plan = &arguments->plan;
    struct key_access access = access_of(arguments);
    plan->batch = arguments->target;
    // what will be needed must be there now, not at the first card
    if (!ca_open(&ca, plan->ca, &access.pin, crypto, arguments->run.today, failure))
        return false;
    char kcv[8];
    bool done = take_operators(&arguments->operators, &plan->operators, failure) &&
                job_check_profile(plan, &ca, failure) &&
                job_check_key(plan->keys, plan->profile, crypto, &access, kcv, failure) &&
                job_check_key(plan->transport, NULL, crypto, &access, NULL, failure);
    plan->issued = &ca.issued;
    plan->today = arguments->run.today;
    plan->kcv = plan->keys != NULL ? kcv : NULL;
    done = done && job_create(plan, &total, &faulty, failure);
    ca_close(&ca);
    if (!done)
        return false;
    warn_of_lost_pins(plan);
    printf("%s: %zu card%s planned", plan->directory, total, total == 1 ? "" : "s");
    if (faulty > 0)
        printf(", %zu row%s left out", faulty, faulty == 1 ? "" : "s");
    putchar('\n');
    return plan->operators.count == 0 || approval_tell(plan->directory, crypto, failure);
}

static bool approve(struct arguments *arguments, const struct crypto *crypto,
                    struct failure *failure) {
    return approval_sign(arguments->target, arguments->signer, crypto, failure) &&
           approval_tell(arguments->target, crypto, failure);
}

static bool work(struct arguments *arguments, bool verify, const struct crypto *crypto,
                 struct failure *failure) {
    struct job_session_order order = {.links = arguments->links.items,
                                      .link_count = arguments->links.count,
                                      .access = access_of(arguments),
                                      .run = &arguments->run,
                                      .again = arguments->again,
                                      .json = arguments->json,
                                      .tracing = &arguments->tracing,
                                      .open = verify ? open_existing : open_or_make};
    if (arguments->dry_run)
        return rehearse_in_memory(arguments->target, &order, crypto, failure);
    if (arguments->links.count == 0)
        return fail(failure, EXIT_USAGE, "--link LINK is missing; see 'tessera perso run --help'");
    if (!tracing_open(&arguments->tracing, failure))
        return false;
    return verify ? job_session_verify(arguments->target, &order, failure)
                  : job_session_run(arguments->target, &order, failure);
}

static bool report(struct arguments *arguments, const struct crypto *crypto,
                   struct failure *failure) {
    struct key_access access = access_of(arguments);
    return job_report_print(arguments->target, arguments->check, arguments->json, &access.pin,
                            crypto, arguments->run.today, failure);
}

static bool run(struct arguments *arguments, const struct crypto *crypto, struct failure *failure) {
    return work(arguments, false, crypto, failure);
}

static bool verify(struct arguments *arguments, const struct crypto *crypto,
                   struct failure *failure) {
    return work(arguments, true, crypto, failure);
}

static int act(struct arguments *arguments,
               bool (*action)(struct arguments *arguments, const struct crypto *crypto,
                              struct failure *failure),
               struct failure *failure) {
    struct crypto *crypto = crypto_for_run(&arguments->run, failure);
    bool done = crypto != NULL && action(arguments, crypto, failure);
    crypto_openssl_free(crypto);
    return exit_of(done, failure);
}

static int run_key(void *context, struct failure *failure) {
    return act(context, make_key, failure);
}

static int run_plan(void *context, struct failure *failure) {
    return act(context, plan, failure);
}

static int run_approve(void *context, struct failure *failure) {
    return act(context, approve, failure);
}

static int run_run(void *context, struct failure *failure) {
    return act(context, run, failure);
}

static int run_verify(void *context, struct failure *failure) {
    return act(context, verify, failure);
}

static int run_report(void *context, struct failure *failure) {
    return act(context, report, failure);
}

static int run_erase(void *context, struct failure *failure) {
    const struct arguments *arguments = context;
    return exit_of(job_erase(arguments->target, failure), failure);
}

// ---- arguments ---------------------------------------------------------------------------------

#define AT(member) offsetof(struct arguments, member)

enum { KEY = 1, PLAN = 2, RUN = 4, VERIFY = 8, REPORT = 16, APPROVE = 32, ERASE = 64 };
enum { HAS_JOB = RUN | VERIFY | REPORT | APPROVE | ERASE, SAYS_JSON = RUN | VERIFY | REPORT };

static const char *const methods[] = {
    [DERIVE_NONE] = "none",   [DERIVE_KDF3] = "kdf3",       [DERIVE_VISA2] = "visa2-aes",
    [DERIVE_EMV] = "emv-aes", [DERIVE_SP800] = "sp800-108", NULL};
must_cover(methods, DERIVATION_METHOD_COUNT + 1);

static const struct option_row rows[] = {
    {NULL, "FILE", OPTION_FILE, "the new key file, mode 0600", .at = AT(target), .only = KEY,
     .needed = KEY},
    {NULL, "BATCH", OPTION_FILE, "CSV or JSON, one row a card", .at = AT(target), .only = PLAN,
     .needed = PLAN},
    {NULL, "JOB", OPTION_DIRECTORY, "directory of the job", .at = AT(target), .only = HAS_JOB,
     .needed = HAS_JOB},
    {"size", "N", OPTION_WORD, "16 (default), 24 or 32 octets", .at = AT(size), .words = sizes,
     .only = KEY},
    {"method", "M", OPTION_WORD,
     "how card keys follow from the master key: kdf3 (default), visa2-aes, emv-aes, sp800-108 or "
     "none",
     .at = AT(method), .words = methods, .only = KEY},
    {"key-version", "HEX", OPTION_HEX, "version of the keys, 01 to 7F; default 30",
     .at = AT(version), .least = 1, .most = 0x7F, .only = KEY},
    {"passphrase-fd", "N", OPTION_SECRET,
     "passphrase of the master key file, one line from descriptor N; with key it seals the file",
     .at = AT(passphrase), .most = PASSPHRASE_MAX},
    {"profile", "P", OPTION_FILE,
     "what every card holds: tessera-wallet, tessera-till, tessera-float, tessera-store, "
     "tessera-home, tessera-wallet-3des, piv, gp-keys, ndef, or the file of a profile",
     .at = AT(plan.profile), .words = profile_names, .only = PLAN, .needed = PLAN},
    {"ca", "DIR", OPTION_DIRECTORY, "the authority", .at = AT(plan.ca), .only = PLAN,
     .needed = PLAN},
    {"keys", "FILE", OPTION_FILE, "the issuer's master key: a file, or a pkcs11: URI",
     .at = AT(plan.keys), .only = PLAN},
    {"out", "JOB", OPTION_DIRECTORY, "the job's new directory", .at = AT(plan.directory),
     .letter = 'o', .only = PLAN, .needed = PLAN},
    {"printer", "CERT", OPTION_FILE,
     "PIN letters are sealed for this X.509 certificate (JOB/letters/ID.cms)",
     .at = AT(plan.printer), .only = PLAN},
    {"transport", "FILE", OPTION_FILE,
     "master key, or pkcs11: URI, of the cards as they come, where they do not come with the "
     "published key (profiles for GlobalPlatform cards)",
     .at = AT(plan.transport), .only = PLAN},
    {"replace", NULL, OPTION_FLAG,
     "ids that have a valid certificate get a new card; the old one's is revoked when it is made",
     .at = AT(plan.replace), .only = PLAN},
    {"operator", "ID", OPTION_TEXT,
     "run waits for this operator's signature, see approve; two at least, again for each",
     .at = AT(operators), .many = true, .most = OPERATORS_MAX, .only = PLAN},
    {"operator", "DIR", OPTION_DIRECTORY,
     "key and certificate of who signs, as 'tessera ca issue --role operator' wrote them",
     .at = AT(signer), .only = APPROVE, .needed = APPROVE},
    {"keep-going", NULL, OPTION_FLAG, "leave faulty rows of the batch out instead of refusing it",
     .at = AT(plan.keep_going), .only = PLAN},
    {"link", "LINK", OPTION_LINK,
     "a reader, again for more; in DIR/%s.trm the card's id replaces %s, and run makes images that "
     "are missing",
     .at = AT(links), .many = true, .most = LINKS_MAX, .only = RUN | VERIFY, .needed = VERIFY},
    {"rejects", NULL, OPTION_FLAG, "take rejected rows again", .at = AT(again), .only = RUN},
    {"dry-run", NULL, OPTION_FLAG,
     "show every command of the first open row, no secret, on a card in memory", .at = AT(dry_run),
     .only = RUN},
    {"check", NULL, OPTION_FLAG, "verify every signature and the register", .at = AT(check),
     .only = REPORT},
    {"json", NULL, OPTION_FLAG, "one JSON object a line", .at = AT(json), .only = SAYS_JSON},
    {"trace", NULL, OPTION_FLAG, OPTION_TRACE_HELP, .at = AT(tracing.wanted), .only = RUN | VERIFY},
    {"token-pin-fd", "N", OPTION_SECRET,
     "user PIN of tokens whose URI has no pin-source, one line from descriptor N; without it the "
     "terminal is asked",
     .at = AT(token_pin), .most = TOKEN_PIN_MAX},
    OPTION_CLOCK_ROW(AT(run)),
    OPTION_SEED_ROW(AT(run)),
};

static const struct action actions[] = {
    {KEY, "key", "generate an issuer's master key into a file", run_key, NULL},
    {PLAN, "plan", "check batch and profile and write the job; touches no card", run_plan, NULL},
    {APPROVE, "approve", "sign a plan that demands operators, with an operator's own key",
     run_approve, NULL},
    {RUN, "run", "make cards until none is open; stop it anywhere and run it again", run_run,
     "JOB --link LINK... [OPTION]...\nJOB --dry-run"},
    {VERIFY, "verify", "read finished cards back and hold them against job and register",
     run_verify, NULL},
    {REPORT, "report", "what the job did, signed by the local center; 1 when rejects exist",
     run_report, NULL},
    {ERASE, "erase", "leave of a finished job's rows their ids alone: no name, no address",
     run_erase, NULL},
};

static const struct command perso = {
    .name = "perso",
    .purpose = "personalization of cards in batches",
    .rows = rows,
    .row_count = sizeof rows / sizeof rows[0],
    .actions = actions,
    .action_count = sizeof actions / sizeof actions[0],
};

int main(int argc, char **argv) {
    struct arguments arguments = {.run = program_run_now(), .method = DERIVE_KDF3, .version = 0x30};
    int code = command_main(&perso, &arguments, argc, argv);
    bytes_erase(arguments.passphrase, sizeof arguments.passphrase);
    bytes_erase(arguments.token_pin, sizeof arguments.token_pin);
    return tracing_end(&arguments.tracing, "perso", code);
}

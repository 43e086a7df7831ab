// SPDX-License-Identifier: Apache-2.0
// tessera content convert: MPEG-2 to MPEG-4, encrypted in and out. docs/man/
// tessera-content-convert.1 describes it.
#include "apdu/crypto/crypto_run.h"
#include "base/files.h"
#include "base/options/options.h"
#include "base/progress.h"
#include "host/content/content_trust.h"
#include "host/licence/licence_session.h"
#include "host/media/conversion.h"
#include "personalization/keys/keyfile.h"

#include <limits.h>
#include <stdio.h>
#include <sys/prctl.h>
#include <time.h>
#include <unistd.h>

enum { TELL_EVERY_S = 10 };

struct arguments {
    const char *file, *out, *grant, *licence, *signer, *trust, *hotlist, *state;
    uint64_t quality;
    struct program_run run;
    struct crypto *crypto;
};

// ---- progress ----------------------------------------------------------------------------------

/// When it began, and how long after that somebody was told last.
struct telling {
    struct timespec began;
    double told;
};

static void tell(void *context, double done, double total) {
    struct telling *telling = context;
    struct timespec now;
    char left[64] = "";
    bool terminal = isatty(STDERR_FILENO);
    clock_gettime(CLOCK_MONOTONIC, &now);
    double spent = (double)(now.tv_sec - telling->began.tv_sec) +
                   (double)(now.tv_nsec - telling->began.tv_nsec) / 1e9;
    if (spent - telling->told < (terminal ? 0.2 : TELL_EVERY_S) || spent <= 0 || done <= 0)
        return;
    telling->told = spent;
    if (total > done)
        progress_time((total - done) * spent / done, left, sizeof left);
    fprintf(stderr, "%s%3.0f %% %.1fx%s%s%s", terminal ? "\r" : "",
            total > 0 ? 100 * done / total : 0, done / spent, left[0] != '\0' ? " " : "", left,
            terminal ? "   " : "\n");
}

// ---- who converts ------------------------------------------------------------------------------

/// Keys and certificates of the converter; spans point into it.
struct keys {
    struct content_sealer certified;
    struct signer signer;
    struct signer_scalar scalar;
    uint8_t kem_scalar[P256_SCALAR_SIZE], kem_point[P256_COMPRESSED_SIZE];
    struct converter converter;
};

static bool read_key(const struct arguments *arguments, const char *name, uint8_t *scalar,
                     uint8_t *point, struct failure *failure) {
    char path[PATH_MAX];
    return (files_path(path, sizeof path, arguments->signer, name) ||
            fail_errno(failure, "%s", arguments->signer)) &&
           keyfile_read(path, scalar, point, failure);
}

static bool read_keys(struct keys *keys, const struct arguments *arguments,
                      struct failure *failure) {
    uint8_t point[P256_COMPRESSED_SIZE];
    keys->scalar.crypto = arguments->crypto;
    if (!read_key(arguments, "key.pem", keys->scalar.scalar, point, failure) ||
        !content_sealer_open(&keys->certified, arguments->signer, ROLE_CONVERTER, point,
                             arguments->run.today, failure) ||
        !read_key(arguments, "kem-key.pem", keys->kem_scalar, keys->kem_point, failure))
        return false;
    signer_from_scalar(&keys->signer, &keys->scalar, point);
    keys->converter =
        (struct converter){&keys->signer, keys->kem_scalar, keys->kem_point, keys->certified.party};
    return true;
}

// ---- the grant ---------------------------------------------------------------------------------

/// Where a grant comes from.
struct lender {
    const struct arguments *arguments;
    const struct content_trust *trust;
    const struct keys *keys;
};

static bool lend_by_network(const struct lender *lender, const struct container_file *original,
                            struct grant *grant, struct failure *failure) {
    const struct arguments *arguments = lender->arguments;
    const struct bytes chain[3] = {lender->trust->front.root,
                                   lender->keys->certified.party.authority,
                                   lender->keys->certified.party.certificate};
    struct licence_session session;
    size_t size = 0;
    bool done = licence_session_open(&session, arguments->signer, arguments->licence, NULL,
                                     arguments->crypto, failure) &&
                licence_ask_grant(&session.client, original, chain, grant->octets,
                                  sizeof grant->octets, &size, failure);
    licence_session_close(&session);
    return done && grant_parse(grant, size, arguments->licence, failure);
}

static bool lend(void *context, const struct container_file *original, struct grant *grant,
                 struct failure *failure) {
    const struct lender *lender = context;
    return lender->arguments->grant != NULL ? grant_read(lender->arguments->grant, grant, failure)
                                            : lend_by_network(lender, original, grant, failure);
}

// ---- converting --------------------------------------------------------------------------------

static bool convert(const struct arguments *arguments, const struct content_trust *trust,
                    const struct keys *keys, struct failure *failure) {
    struct lender lender = {arguments, trust, keys};
    struct telling telling = {.told = 0};
    struct conversion_plan plan = {
        .file = arguments->file,
        .out = arguments->out,
        .state = arguments->state,
        .converter = &keys->converter,
        .trust = &trust->front,
        .crypto = arguments->crypto,
        .today = arguments->run.today,
        .options = {.quality = (int)arguments->quality, .progress = tell, .context = &telling},
        .lend = lend,
        .context = &lender};
    clock_gettime(CLOCK_MONOTONIC, &telling.began);
    bool done = conversion_run(&plan, failure);
    if (telling.told > 0 && isatty(STDERR_FILENO))
        fputc('\n', stderr);
    return done;
}

static int run_convert(void *context, struct failure *failure) {
    struct arguments *arguments = context;
    struct content_trust trust = {0};
    struct keys keys = {0};
    prctl(PR_SET_DUMPABLE, 0);
    if ((arguments->grant == NULL) == (arguments->licence == NULL))
        return exit_of(fail(failure, EXIT_USAGE, "say either --grant or --licence"), failure);
    arguments->crypto = crypto_for_run(&arguments->run, failure);
    bool done = arguments->crypto != NULL &&
                content_trust_open(&trust, arguments->trust, arguments->hotlist, arguments->crypto,
                                   failure) &&
                read_keys(&keys, arguments, failure) && convert(arguments, &trust, &keys, failure);
    bytes_erase(&keys, sizeof keys);
    content_trust_free(&trust);
    return exit_of(done, failure);
}

// ---- arguments ---------------------------------------------------------------------------------

#define AT(member) offsetof(struct arguments, member)

static const struct option_row rows[] = {
    {NULL, "FILE", OPTION_FILE, "the container", .at = AT(file), .needed = OPTION_EVERY},
    {"out", "FILE", OPTION_FILE, "the new container", .at = AT(out), .needed = OPTION_EVERY},
    {"grant", "FILE", OPTION_FILE, "a seller's leave, from 'tessera content grant'",
     .at = AT(grant)},
    {"licence", "URL", OPTION_TEXT,
     "instead: https://HOST:PORT of the seller's licence service, which is asked for it",
     .at = AT(licence)},
    {"signer", "DIR", OPTION_DIRECTORY,
     "keys and certificates of the converter, from 'tessera ca issue'", .at = AT(signer),
     .needed = OPTION_EVERY},
    {"trust", "DIR", OPTION_DIRECTORY,
     "root.cvc of the trusted root, and center.cvc whose hotlists count", .at = AT(trust),
     .needed = OPTION_EVERY},
    {"hotlist", "FILE", OPTION_FILE, "revoked certificates, from 'tessera ca hotlist'",
     .at = AT(hotlist)},
    {"state", "DIR", OPTION_DIRECTORY, "which grants were used; room for what is converted",
     .at = AT(state), .needed = OPTION_EVERY},
    {"quality", "N", OPTION_NUMBER, "from 1, the best, to 31 (3)", .at = AT(quality), .least = 1,
     .most = 31},
    OPTION_CLOCK_ROW(AT(run)),
    OPTION_SEED_ROW(AT(run)),
};

static const struct action actions[] = {
    {1, NULL, "convert MPEG-2 into MPEG-4, encrypted in and out", run_convert, NULL}};

static const struct command convert_command = {
    .name = "content convert",
    .purpose = "convert MPEG-2 into MPEG-4, encrypted in and out",
    .rows = rows,
    .row_count = sizeof rows / sizeof rows[0],
    .actions = actions,
    .action_count = sizeof actions / sizeof actions[0],
};

int main(int argc, char **argv) {
    struct arguments arguments = {.run = program_run_now(), .quality = CONVERT_QUALITY};
    int code = command_main(&convert_command, &arguments, argc, argv);
    crypto_openssl_free(arguments.crypto);
    return code;
}

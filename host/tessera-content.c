// SPDX-License-Identifier: Apache-2.0
// tessera content: secure containers on the command line. docs/man/tessera-content.1 describes it.
#include "apdu/crypto/crypto_run.h"
#include "base/calendar.h"
#include "base/files.h"
#include "base/options/options.h"
#include "host/content/container_pack.h"
#include "host/content/container_report.h"
#include "host/content/content_key.h"
#include "host/content/content_trust.h"
#include "host/content/grant.h"
#include "host/content/memory_card.h"
#include "host/content/policy.h"
#include "personalization/keys/keyfile.h"
#include "services/wire/media/container_file.h"

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>

struct arguments {
    const char *file, *card, *out, *content, *key_id, *key, *policy, *signer, *media, *trust,
        *hotlist, *converter;
    struct option_words files;
    uint64_t log2, serial, days;
    int algorithm; // index of algorithms
    bool json;
    struct program_run run;
    struct crypto *crypto;
};

static bool draw_from(struct arguments *arguments, struct failure *failure) {
    arguments->crypto = crypto_for_run(&arguments->run, failure);
    return arguments->crypto != NULL;
}

// ---- key ---------------------------------------------------------------------------------------

static int run_key(void *context, struct failure *failure) {
    struct arguments *arguments = context;
    return exit_of(draw_from(arguments, failure) &&
                       content_key_make(arguments->file, arguments->crypto, failure),
                   failure);
}

// ---- pack --------------------------------------------------------------------------------------

/// Who seals: key and certificates of a directory.
struct sealer {
    struct signer signer;
    struct signer_scalar scalar;
    struct content_sealer certified;
};

static bool open_sealer(struct sealer *sealer, const struct arguments *arguments, uint16_t role,
                        struct failure *failure) {
    char path[PATH_MAX];
    uint8_t point[P256_COMPRESSED_SIZE];
    sealer->scalar.crypto = arguments->crypto;
    if (!files_path(path, sizeof path, arguments->signer, "key.pem"))
        return fail_errno(failure, "%s", arguments->signer);
    if (!keyfile_read(path, sealer->scalar.scalar, point, failure))
        return false;
    signer_from_scalar(&sealer->signer, &sealer->scalar, point);
    return content_sealer_open(&sealer->certified, arguments->signer, role, point,
                               arguments->run.today, failure);
}

static bool pack_from(const struct arguments *arguments, struct sealer *sealer,
                      const struct content_key *key, struct pack_file *input,
                      struct failure *failure) {
    uint8_t policy[POLICY_OBJECT_MAX];
    struct pack_source source = pack_file_source(input);
    struct pack_plan plan = {.provider = sealer->certified.party,
                             .sealer = sealer->certified.party,
                             .signer = &sealer->signer,
                             .content = arguments->content,
                             .key_id = arguments->key_id,
                             .media = arguments->media,
                             .date = arguments->run.today,
                             .log2 = (unsigned)arguments->log2,
                             .algorithm = (enum container_algorithm)(arguments->algorithm + 1),
                             .key = bytes_of(key->octets, key->size)};
    return policy_from_file(arguments->policy, arguments->content, &sealer->signer, policy,
                            &plan.policy, failure) &&
           container_pack(arguments->out, &plan, &source, arguments->crypto, NULL, failure);
}

static int run_pack(void *context, struct failure *failure) {
    struct arguments *arguments = context;
    struct sealer *sealer = calloc(1, sizeof *sealer);
    struct content_key key = {.size = 0};
    struct pack_file input = {.file = NULL};
    bool done = sealer != NULL ? draw_from(arguments, failure)
                               : fail(failure, EXIT_REFUSED, "out of memory");
    done = done && open_sealer(sealer, arguments, ROLE_PROVIDER, failure) &&
           content_key_read(arguments->key, &key, failure) &&
           pack_file_open(&input, arguments->file, failure) &&
           pack_from(arguments, sealer, &key, &input, failure);
    pack_file_close(&input);
    bytes_erase(&key, sizeof key);
    if (sealer != NULL)
        bytes_erase(sealer, sizeof *sealer);
    free(sealer);
    return exit_of(done, failure);
}

// ---- grant -------------------------------------------------------------------------------------

static bool grant_from(const struct arguments *arguments, struct sealer *seller,
                       const struct container_file *original, const struct content_key *key,
                       struct failure *failure) {
    uint8_t converter[CERTIFICATE_MAX], object[GRANT_OBJECT_MAX];
    struct bytes made;
    uint32_t today = arguments->run.today;
    struct grant_terms terms = {.original = original,
                                .seller = seller->certified.party.certificate,
                                .serial = arguments->serial,
                                .date = today,
                                .expiry = date_add_days(today, (unsigned)arguments->days),
                                .key = bytes_of(key->octets, key->size)};
    size_t size = 0;
    if (!files_read(arguments->converter, converter, sizeof converter, &size))
        return fail_errno(failure, "cannot read the certificate %s", arguments->converter);
    terms.converter = bytes_of(converter, size);
    return grant_make(&terms, &seller->signer, arguments->crypto, object, &made, failure) &&
           grant_write(arguments->out, made, &seller->certified.party, failure);
}

/// The container is judged by the seller's own root.
static bool open_own(const struct arguments *arguments, struct content_trust *trust,
                     struct container_file **file, struct failure *failure) {
    if (!content_trust_open(trust, arguments->signer, NULL, arguments->crypto, failure))
        return false;
    *file = container_open(arguments->file, &trust->front, CONTAINER_WHOLE, failure);
    return *file != NULL;
}

static int run_grant(void *context, struct failure *failure) {
    struct arguments *arguments = context;
    struct sealer *seller = calloc(1, sizeof *seller);
    struct content_key key = {.size = 0};
    struct content_trust trust = {0};
    struct container_file *file = NULL;
    bool done = seller != NULL ? draw_from(arguments, failure)
                               : fail(failure, EXIT_REFUSED, "out of memory");
    done = done && open_sealer(seller, arguments, ROLE_SELLER, failure) &&
           content_key_read(arguments->key, &key, failure) &&
           open_own(arguments, &trust, &file, failure) &&
           container_unlock(file, bytes_of(key.octets, key.size), failure) &&
           grant_from(arguments, seller, file, &key, failure);
    container_close(file);
    content_trust_free(&trust);
    bytes_erase(&key, sizeof key);
    if (seller != NULL)
        bytes_erase(seller, sizeof *seller);
    free(seller);
    return exit_of(done, failure);
}

// ---- inspect, verify ---------------------------------------------------------------------------

static bool inspect_one(const char *path, const struct arguments *arguments,
                        struct failure *failure) {
    struct front_trust nobody = {.crypto = arguments->crypto};
    struct container_file *file = container_open(path, &nobody, CONTAINER_PART, failure);
    if (file != NULL)
        container_report(stdout, file, false, arguments->json);
    container_close(file);
    return file != NULL;
}

/// Every file is looked at; the first failure is told at the end, the others at once.
static int each_file(struct arguments *arguments,
                     bool (*look)(const char *, const struct arguments *, struct failure *),
                     struct failure *failure) {
    bool done = true;
    for (size_t i = 0; i < arguments->files.count; i++) {
        struct failure one = {0};
        if (look(arguments->files.items[i], arguments, &one))
            continue;
        if (done)
            *failure = one;
        else
            program_fail("content", &one);
        done = false;
    }
    return exit_of(done, failure);
}

static int run_inspect(void *context, struct failure *failure) {
    struct arguments *arguments = context;
    return draw_from(arguments, failure) ? each_file(arguments, inspect_one, failure)
                                         : (int)failure->code;
}

static bool check_all(struct container_file *file, const struct arguments *arguments,
                      struct failure *failure) {
    struct content_key key = {.size = 0};
    bool done = true;
    for (uint64_t i = 0; done && i < file->form.count; i++)
        done = container_check(file, i, failure);
    if (done && arguments->key != NULL)
        done = content_key_read(arguments->key, &key, failure) &&
               container_unlock(file, bytes_of(key.octets, key.size), failure);
    bytes_erase(&key, sizeof key);
    return done;
}

static bool verify_one(const char *path, const struct arguments *arguments,
                       struct failure *failure) {
    struct content_trust trust;
    struct container_file *file = NULL;
    bool done = content_trust_open(&trust, arguments->trust, arguments->hotlist, arguments->crypto,
                                   failure);
    if (done)
        file = container_open(path, &trust.front, CONTAINER_WHOLE, failure);
    done = file != NULL && check_all(file, arguments, failure);
    if (done)
        container_report(stdout, file, true, arguments->json);
    container_close(file);
    content_trust_free(&trust);
    return done;
}

static int run_verify(void *context, struct failure *failure) {
    struct arguments *arguments = context;
    return draw_from(arguments, failure) ? each_file(arguments, verify_one, failure)
                                         : (int)failure->code;
}

// ---- memory card -------------------------------------------------------------------------------

static int run_card(void *context, struct failure *failure) {
    struct arguments *arguments = context;
    struct memory_card card;
    bool done = draw_from(arguments, failure) &&
                memory_card_make(&card, arguments->card, arguments->crypto, failure);
    if (done)
        printf("%s\n", card.id);
    return exit_of(done, failure);
}

static int run_to_card(void *context, struct failure *failure) {
    struct arguments *arguments = context;
    struct content_trust trust = {0};
    struct container_file *file = NULL;
    struct memory_card card;
    char path[PATH_MAX];
    bool done = draw_from(arguments, failure) &&
                memory_card_open(&card, arguments->card, failure) &&
                content_trust_open(&trust, arguments->trust, arguments->hotlist, arguments->crypto,
                                   failure);
    if (done)
        file = container_open(arguments->file, &trust.front, CONTAINER_WHOLE, failure);
    done = file != NULL && memory_card_write(&card, file, path, failure);
    if (done)
        printf("%s\n", path);
    container_close(file);
    content_trust_free(&trust);
    return exit_of(done, failure);
}

// ---- arguments ---------------------------------------------------------------------------------

#define AT(member) offsetof(struct arguments, member)

enum { PACK = 1, INSPECT = 2, VERIFY = 4, KEY = 8, GRANT = 16, CARD = 32, TO_CARD = 64 };

static const char *const algorithms[] = {"derived", "wrapped", "public", NULL};

static const struct option_row rows[] = {
    {NULL, "FILE", OPTION_FILE, "the content", .at = AT(file), .only = PACK, .needed = PACK},
    {NULL, "FILE", OPTION_FILE, "the container", .at = AT(file), .only = GRANT, .needed = GRANT},
    {NULL, "FILE", OPTION_FILE, "the new key file", .at = AT(file), .only = KEY, .needed = KEY},
    {NULL, "FILE", OPTION_FILE, "containers", .at = AT(files), .only = INSPECT | VERIFY,
     .needed = INSPECT | VERIFY, .many = true},
    {NULL, "FILE", OPTION_FILE, "the container", .at = AT(file), .only = TO_CARD,
     .needed = TO_CARD},
    {NULL, "DIR", OPTION_DIRECTORY, "where the memory card is inserted", .at = AT(card),
     .only = CARD | TO_CARD, .needed = CARD | TO_CARD},
    {"out", "FILE", OPTION_FILE, "the new container", .at = AT(out), .only = PACK, .needed = PACK},
    {"out", "FILE", OPTION_FILE, "the new grant", .at = AT(out), .only = GRANT, .needed = GRANT},
    {"content", "ID", OPTION_TEXT, "the content's id", .at = AT(content), .only = PACK,
     .needed = PACK},
    {"key", "FILE", OPTION_FILE,
     "one line of 1 to 64 octets that its owner alone may read: the key that tickets carry",
     .at = AT(key), .only = PACK | VERIFY | GRANT, .needed = PACK | GRANT},
    {"policy", "FILE", OPTION_FILE,
     "JSON: enterprise that may sell, offers with prices, shares of the fee", .at = AT(policy),
     .only = PACK, .needed = PACK},
    {"signer", "DIR", OPTION_DIRECTORY,
     "keys and certificates of a provider, from 'tessera ca issue'", .at = AT(signer), .only = PACK,
     .needed = PACK},
    {"signer", "DIR", OPTION_DIRECTORY,
     "keys and certificates of a seller of the policy's enterprise", .at = AT(signer),
     .only = GRANT, .needed = GRANT},
    {"converter", "FILE", OPTION_FILE, "certificate.cvc of the converter", .at = AT(converter),
     .only = GRANT, .needed = GRANT},
    {"serial", "N", OPTION_NUMBER, "number of the grant, never given twice by this enterprise",
     .at = AT(serial), .only = GRANT, .needed = GRANT, .least = 1, .most = UINT64_MAX},
    {"days", "N", OPTION_NUMBER, "how long it may be used (7)", .at = AT(days), .only = GRANT,
     .most = 35},
    {"media", "TYPE", OPTION_TEXT, "media type (video/mp2t)", .at = AT(media), .only = PACK},
    {"key-id", "ID", OPTION_TEXT, "a key that opens several contents, by its own name",
     .at = AT(key_id), .only = PACK},
    {"algorithm", "WORD", OPTION_WORD,
     "how the chunks' key comes from the ticket's: derived from it, wrapped under it, or sealed "
     "for the public key that follows from it",
     .at = AT(algorithm), .only = PACK, .words = algorithms},
    {"chunk", "N", OPTION_NUMBER, "chunks of 2^N octets (16)", .at = AT(log2), .only = PACK,
     .least = CONTAINER_CHUNK_LOG_MIN, .most = CONTAINER_CHUNK_LOG_MAX},
    {"trust", "DIR", OPTION_DIRECTORY,
     "root.cvc of the trusted root, and center.cvc whose hotlists count", .at = AT(trust),
     .only = VERIFY | TO_CARD, .needed = VERIFY | TO_CARD},
    {"hotlist", "FILE", OPTION_FILE, "revoked certificates, from 'tessera ca hotlist'",
     .at = AT(hotlist), .only = VERIFY | TO_CARD},
    {"json", NULL, OPTION_FLAG, "one JSON object a line", .at = AT(json), .only = INSPECT | VERIFY},
    OPTION_CLOCK_ROW(AT(run)),
    OPTION_SEED_ROW(AT(run)),
};

static const struct action actions[] = {
    {PACK, "pack", "seal content with its policy into a container", run_pack, NULL},
    {INSPECT, "inspect", "show what containers say of themselves", run_inspect, NULL},
    {VERIFY, "verify", "judge signatures and every octet of containers", run_verify, NULL},
    {GRANT, "grant", "let one converter convert one content", run_grant, NULL},
    {KEY, "key", "generate a key for a content", run_key, NULL},
    {CARD, "card", "make a memory card of a directory; prints its name", run_card, NULL},
    {TO_CARD, "to-card", "write a container to a memory card; prints where it lies", run_to_card,
     NULL},
};

static const struct command content_command = {
    .name = "content",
    .purpose = "secure containers of content",
    .rows = rows,
    .row_count = sizeof rows / sizeof rows[0],
    .actions = actions,
    .action_count = sizeof actions / sizeof actions[0],
};

int main(int argc, char **argv) {
    struct arguments arguments = {
        .run = program_run_now(), .log2 = CONTAINER_CHUNK_LOG, .days = 7, .media = "video/mp2t"};
    int code = command_main(&content_command, &arguments, argc, argv);
    crypto_openssl_free(arguments.crypto);
    return code;
}

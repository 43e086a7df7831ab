// SPDX-License-Identifier: Apache-2.0
// tessera ca: the issuing authority on the command line. docs/man/tessera-ca.1 describes it.
#include "apdu/certificate.h"
#include "host/purse_failure.h"
#include "personalization/authority.h"
#include "personalization/keyfile.h"
#include "readers/link_open.h"
#include "services/wire/files.h"
#include "services/wire/program.h"

#include <errno.h>
#include <getopt.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static const char HELP[] =
    "usage: tessera ca init DIR [--keys pkcs11:URI [--production]] [--enterprise ID]\n"
    "       tessera ca issue --ca DIR --role ROLE --id ID [--enterprise ID] --out DIR\n"
    "       tessera ca renew --ca DIR --id ID --out DIR [--link LINK]\n"
    "       tessera ca revoke --ca DIR --id ID\n"
    "       tessera ca hotlist --ca DIR --out FILE\n"
    "\n"
    "  init     make a laboratory authority: root, one issuing authority per domain, bench\n"
    "           center; prints the root's id and fingerprint; with an enterprise it certifies\n"
    "           for that one only\n"
    "  issue    draw a key (0600) and certify it, as card-verifiable certificate and as X.509\n"
    "  renew    the next certificate for the same keys, and with --link into the card that has "
    "them\n"
    "  revoke   revoke every valid certificate of an id\n"
    "  hotlist  write the hotlist, signed by the bench center; its version only rises\n"
    "\n"
    "  --keys URI   the authority's keys are drawn in this PKCS#11 token and never leave it; the\n"
    "               directory keeps the URI (token, object, module-path, pin-source)\n"
    "  --production the root certifies hardware only, and nothing of a laboratory's\n"
    "  --token-pin-fd N   user PIN of a token whose URI has no pin-source, as one line from N;\n"
    "               without it the terminal is asked\n"
    "  ROLE     wallet till float store seller center provider telco bank player converter\n"
    "  --clock ISO8601, --seed N   laboratories only (TESSERA_LAB=1)\n";

enum { TOKEN_PIN_MAX = 128 };

struct arguments {
    const char *ca, *role, *id, *enterprise, *out, *link;
    const char *directory, *keys; // of init
    bool production;
    char token_pin[TOKEN_PIN_MAX];
    struct program_world world;
    const struct crypto *crypto;
};

enum option_id { OPTION_CLOCK = 256, OPTION_SEED, OPTION_TOKEN_PIN };

static const struct option options[] = {
    {"ca", required_argument, NULL, 'c'},
    {"role", required_argument, NULL, 'r'},
    {"id", required_argument, NULL, 'i'},
    {"enterprise", required_argument, NULL, 'e'},
    {"out", required_argument, NULL, 'o'},
    {"production", no_argument, NULL, 'p'},
    {"link", required_argument, NULL, 'l'},
    {"keys", required_argument, NULL, 'k'},
    {"token-pin-fd", required_argument, NULL, OPTION_TOKEN_PIN},
    {"clock", required_argument, NULL, OPTION_CLOCK},
    {"seed", required_argument, NULL, OPTION_SEED},
    {NULL, 0, NULL, 0},
};

static bool need(const char *value, const char *option, struct failure *failure) {
    return (value != NULL && value[0] != '\0') ||
           fail(failure, EXIT_USAGE, "%s is missing; see 'tessera ca --help'", option);
}

static bool take_option(struct arguments *arguments, int option, struct failure *failure) {
    switch (option) {
    case 'c':
        arguments->ca = optarg;
        return true;
    case 'r':
        arguments->role = optarg;
        return true;
    case 'i':
        arguments->id = optarg;
        return true;
    case 'e':
        arguments->enterprise = optarg;
        return need(optarg[0] != '\0' ? optarg : NULL, "the value of --enterprise", failure);
    case 'o':
        arguments->out = optarg;
        return true;
    case 'p':
        arguments->production = true;
        return true;
    case 'l':
        arguments->link = optarg;
        return true;
    case 'k':
        arguments->keys = optarg;
        return true;
    case OPTION_TOKEN_PIN:
        return program_secret("--token-pin-fd", optarg, arguments->token_pin, TOKEN_PIN_MAX,
                              failure);
    case OPTION_CLOCK:
        return program_set_clock(&arguments->world, optarg, failure);
    case OPTION_SEED:
        return program_set_seed(&arguments->world, optarg, failure);
    default:
        return fail(failure, EXIT_USAGE, "see 'tessera ca --help'");
    }
}

// ---- init ------------------------------------------------------------------------------------

static struct token_pin pin_of(const struct arguments *arguments) {
    const char *given = arguments->token_pin[0] != '\0' ? arguments->token_pin : NULL;
    return (struct token_pin){given, true};
}

static bool open_ca(struct ca *ca, const char *directory, const struct arguments *arguments,
                    struct failure *failure) {
    struct token_pin pin = pin_of(arguments);
    return ca_open(ca, directory, &pin, arguments->crypto, arguments->world.today, failure);
}

static bool run_init(struct arguments *arguments, struct failure *failure) {
    struct ca ca;
    char fingerprint[2 * SHA256_SIZE + 1];
    struct token_pin pin = pin_of(arguments);
    struct ca_plan plan = {.keys = arguments->keys,
                           .pin = &pin,
                           .world = arguments->production ? WORLD_PRODUCTION : WORLD_LAB,
                           .enterprise = arguments->enterprise};
    if (!need(arguments->directory, "DIR", failure))
        return false;
    if (arguments->keys != NULL && strncmp(arguments->keys, "pkcs11:", 7) != 0)
        return fail(failure, EXIT_USAGE,
                    "--keys '%s' is no pkcs11: URI; without --keys the keys are files in DIR",
                    arguments->keys);
    if (arguments->production && arguments->keys == NULL)
        return fail(failure, EXIT_USAGE,
                    "--production needs --keys pkcs11:URI: its keys are never in files");
    if (!ca_init(arguments->directory, &plan, arguments->crypto, arguments->world.today, failure) ||
        !open_ca(&ca, arguments->directory, arguments, failure))
        return false;
    bool done = ca_fingerprint(&ca, fingerprint);
    printf("root %s\nfingerprint %s\n", ca.hierarchy.members[MEMBER_ROOT].name, fingerprint);
    if (ca.token.token != NULL)
        printf("keys %s\n", token_name(ca.token.token));
    ca_close(&ca);
    return done;
}

// ---- issue -----------------------------------------------------------------------------------

static bool put(const char *directory, const char *name, struct bytes content,
                struct failure *failure) {
    char path[PATH_MAX];
    if (files_path(path, sizeof path, directory, name) &&
        files_write(path, content, FILES_PUBLIC, FILES_NEW))
        return true;
    return fail_errno(failure, "cannot write %s/%s", directory, name);
}

static bool put_key(const char *directory, const char *name, const struct ca_key_pair *pair,
                    struct failure *failure) {
    char path[PATH_MAX];
    if (!files_path(path, sizeof path, directory, name))
        return fail_errno(failure, "%s", directory);
    return keyfile_write(path, pair->scalar, pair->point, failure);
}

static bool make_out(const char *directory, struct failure *failure) {
    if (mkdir(directory, 0700) == 0)
        return true;
    if (errno == EEXIST)
        return fail(failure, EXIT_REFUSED, "%s exists already; name a new directory", directory);
    return fail_errno(failure, "cannot make the directory %s", directory);
}

/// Certificates and chain, as CVC and X.509.
static bool put_certificates(const struct ca *ca, const char *directory,
                             const struct ca_answer *answer, struct failure *failure) {
    char root[X509_PEM_MAX];
    size_t size = 0;
    enum member issuer = MEMBER_COUNT;
    struct certificate certificate;
    if (certificate_parse(bytes_of(answer->certificate, answer->certificate_size), &certificate) ==
        CERTIFICATE_OK)
        issuer = member_for_roles(certificate.roles);
    if (issuer == MEMBER_COUNT)
        return fail(failure, EXIT_REFUSED, "the new certificate does not parse");
    return put(directory, "certificate.cvc",
               bytes_of(answer->certificate, answer->certificate_size), failure) &&
           put(directory, "issuer.cvc", member_certificate(&ca->hierarchy, issuer), failure) &&
           put(directory, "root.cvc", member_certificate(&ca->hierarchy, MEMBER_ROOT), failure) &&
           put(directory, "certificate.pem", bytes_of(answer->x509, answer->x509_size), failure) &&
           ca_x509_root(ca, root, sizeof root, &size, failure) &&
           put(directory, "root.pem", bytes_of(root, size), failure);
}

static bool put_keys(const char *directory, const struct ca_keys *keys, struct failure *failure) {
    return put_key(directory, "key.pem", &keys->signing, failure) &&
           (!keys->has_kem || put_key(directory, "kem-key.pem", &keys->kem, failure));
}

static void tell(const struct ca_answer *answer, const char *id, uint16_t roles, const char *out) {
    printf("%s %s serial %" PRIu64 " valid %" PRIu32 "..%" PRIu32 " in %s\n", id, role_name(roles),
           answer->serial, answer->validity.from, answer->validity.until, out);
}

static bool issue_from(struct ca *ca, const struct arguments *arguments, uint16_t roles,
                       struct failure *failure) {
    struct ca_keys keys = {0};
    struct ca_answer answer;
    struct ca_request request = {.id = arguments->id,
                                 .roles = roles,
                                 .enterprise =
                                     arguments->enterprise != NULL ? arguments->enterprise : "",
                                 .assurance = ASSURANCE_EMULATED};
    bool done = ca_check_request(ca, &request, failure) && make_out(arguments->out, failure) &&
                ca_issue(ca, &request, &keys, &answer, failure) &&
                put_keys(arguments->out, &keys, failure) &&
                put_certificates(ca, arguments->out, &answer, failure);
    if (done)
        tell(&answer, request.id, roles, arguments->out);
    bytes_erase(&keys, sizeof keys);
    return done;
}

static bool run_issue(struct arguments *arguments, struct failure *failure) {
    struct ca ca;
    if (!need(arguments->ca, "--ca DIR", failure) || !need(arguments->role, "--role", failure) ||
        !need(arguments->id, "--id", failure) || !need(arguments->out, "--out DIR", failure))
        return false;
    uint16_t roles = role_from_name(arguments->role);
    if (roles == 0 || member_for_roles(roles) == MEMBER_COUNT)
        return fail(failure, EXIT_USAGE, "there is no role '%s'; see 'tessera ca --help'",
                    arguments->role);
    if (!open_ca(&ca, arguments->ca, arguments, failure))
        return false;
    bool done = issue_from(&ca, arguments, roles, failure);
    ca_close(&ca);
    return done;
}

// ---- renew -----------------------------------------------------------------------------------

/// EXCHANGE CERTIFICATES with the card's own certificate renews it.
static bool hand_over(const char *name, const char *id, struct bytes certificate,
                      struct failure *failure) {
    struct link_failure why;
    struct bytes own;
    struct link *link = link_open(name, NULL, &why);
    struct purse_client *client = link != NULL ? calloc(1, sizeof *client) : NULL;
    if (link == NULL)
        return fail(failure, (enum exit_code)link_exit_code(why.status), "%s", why.text);
    bool done = client != NULL || fail(failure, EXIT_REFUSED, "out of memory");
    if (done) {
        client_over(client, link);
        done = purse_went(client, client_select(client), failure) &&
               (strcmp(client->selection.id, id) == 0 ||
                fail(failure, EXIT_REFUSED, "%s: this is the card of %s, not of %s", name,
                     client->selection.id, id)) &&
               purse_went(client, client_exchange(client, certificate, &own), failure) &&
               (bytes_equal(own, certificate) ||
                fail(failure, EXIT_REFUSED, "%s: the card kept its older certificate", name));
        client_erase(client);
    }
    free(client);
    link_close(link);
    return done;
}

static bool renew_in(struct ca *ca, const struct arguments *arguments, struct failure *failure) {
    struct ca_answer answer;
    struct certificate certificate;
    bool done = make_out(arguments->out, failure) &&
                ca_renew(ca, arguments->id, &answer, failure) &&
                put_certificates(ca, arguments->out, &answer, failure);
    if (!done) {
        rmdir(arguments->out); // where nothing was renewed it is empty
        return false;
    }
    struct bytes whole = bytes_of(answer.certificate, answer.certificate_size);
    if (certificate_parse(whole, &certificate) == CERTIFICATE_OK)
        tell(&answer, arguments->id, certificate.roles, arguments->out);
    return arguments->link == NULL || hand_over(arguments->link, arguments->id, whole, failure);
}

static bool run_renew(struct arguments *arguments, struct failure *failure) {
    struct ca ca;
    if (!need(arguments->ca, "--ca DIR", failure) || !need(arguments->id, "--id", failure) ||
        !need(arguments->out, "--out DIR", failure) ||
        !open_ca(&ca, arguments->ca, arguments, failure))
        return false;
    bool done = renew_in(&ca, arguments, failure);
    ca_close(&ca);
    return done;
}

// ---- revoke, hotlist -------------------------------------------------------------------------

static bool run_revoke(struct arguments *arguments, struct failure *failure) {
    struct ca ca;
    size_t revoked = 0;
    if (!need(arguments->ca, "--ca DIR", failure) || !need(arguments->id, "--id", failure) ||
        !open_ca(&ca, arguments->ca, arguments, failure))
        return false;
    bool done = ca_revoke(&ca, arguments->id, &revoked, failure);
    if (done)
        printf("%s revoked: %zu certificate%s\n", arguments->id, revoked, revoked == 1 ? "" : "s");
    ca_close(&ca);
    return done;
}

static bool run_hotlist(struct arguments *arguments, struct failure *failure) {
    struct ca ca;
    struct object object;
    struct bytes whole;
    uint8_t buffer[HOTLIST_OBJECT_MAX];
    if (!need(arguments->ca, "--ca DIR", failure) || !need(arguments->out, "--out FILE", failure) ||
        !open_ca(&ca, arguments->ca, arguments, failure))
        return false;
    bool done = ca_hotlist(&ca, buffer, sizeof buffer, &whole, failure);
    if (done && !files_write(arguments->out, whole, FILES_PUBLIC, FILES_REPLACE))
        done = fail_errno(failure, "cannot write %s", arguments->out);
    if (done && object_decode_as(OBJECT_HOTLIST, whole, &object))
        printf("hotlist version %" PRIu64 ": %zu certificates, %zu devices\n",
               object_uint(&object, FIELD_VERSION),
               object.fields[FIELD_CERTIFICATES].size / CERTIFICATE_DIGEST_SIZE,
               object.fields[FIELD_DEVICES].size / HOLDER_MAX);
    ca_close(&ca);
    return done;
}

static const struct action {
    const char *word;
    bool (*run)(struct arguments *arguments, struct failure *failure);
} actions[] = {{"init", run_init},
               {"issue", run_issue},
               {"renew", run_renew},
               {"revoke", run_revoke},
               {"hotlist", run_hotlist}};

static const struct action *find_action(const char *word) {
    for (size_t i = 0; word != NULL && i < sizeof actions / sizeof actions[0]; i++)
        if (strcmp(actions[i].word, word) == 0)
            return &actions[i];
    return NULL;
}

static bool parse(struct arguments *arguments, const struct action **action, int argc, char **argv,
                  struct failure *failure) {
    int option;
    arguments->world = program_world_now();
    while ((option = getopt_long(argc, argv, "", options, NULL)) != -1)
        if (!take_option(arguments, option, failure))
            return false;
    const char *word = optind < argc ? argv[optind++] : NULL;
    *action = find_action(word);
    if (*action == NULL)
        return fail(failure, EXIT_USAGE, "%s%s%s: say one of init, issue, renew, revoke, hotlist",
                    word != NULL ? "'" : "", word != NULL ? word : "no action",
                    word != NULL ? "'" : "");
    if ((*action)->run == run_init && optind < argc)
        arguments->directory = argv[optind++];
    if (optind < argc)
        return fail(failure, EXIT_USAGE, "unexpected argument '%s'", argv[optind]);
    return true;
}

int main(int argc, char **argv) {
    struct arguments arguments = {0};
    const struct action *action = NULL;
    struct failure failure;
    if (program_informs("ca", HELP, argc, argv))
        return EXIT_DONE;
    if (!parse(&arguments, &action, argc, argv, &failure))
        return program_fail("ca", &failure);
    struct crypto *crypto = program_crypto(&arguments.world, &failure);
    arguments.crypto = crypto;
    bool done = crypto != NULL && action->run(&arguments, &failure);
    crypto_openssl_free(crypto);
    bytes_erase(arguments.token_pin, sizeof arguments.token_pin);
    return done ? program_end("ca") : program_fail("ca", &failure);
}

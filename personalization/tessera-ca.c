// SPDX-License-Identifier: Apache-2.0
// tessera ca: the issuing authority on the command line. docs/man/tessera-ca.1 describes it.
#include "apdu/crypto/crypto_run.h"
#include "apdu/object/certificate.h"
#include "apdu/trace/tracing.h"
#include "base/files.h"
#include "base/options/options.h"
#include "base/options/suggest.h"
#include "host/flows/meeting.h"
#include "host/purse/purse_renew.h"
#include "personalization/authority/authority.h"
#include "personalization/authority/files/folder.h"
#include "personalization/authority/files/hotlist_file.h"
#include "personalization/authority/files/replace.h"
#include "personalization/authority/lists/hotlist.h"
#include "readers/link/link_open.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { TOKEN_PIN_MAX = 128 };

struct arguments {
    const char *ca, *role, *id, *enterprise, *out, *link;
    const char *directory, *keys; // of init
    const char *domain, *space;   // of authority
    struct option_list hosts;
    bool production, network;
    int audience; // enum ca_audience; -1: as the card at the link, or for hosts
    char token_pin[TOKEN_PIN_MAX];
    struct program_run run;
    struct crypto *crypto;
    struct tracing tracing;
};

// ---- init ------------------------------------------------------------------------------------

static struct token_pin pin_of(const struct arguments *arguments) {
    const char *given = arguments->token_pin[0] != '\0' ? arguments->token_pin : NULL;
    return (struct token_pin){given, true};
}

static bool draw_from(struct arguments *arguments, struct failure *failure) {
    arguments->crypto = crypto_for_run(&arguments->run, failure);
    return arguments->crypto != NULL;
}

static bool open_ca(struct ca *ca, const char *directory, struct arguments *arguments,
                    struct failure *failure) {
    struct token_pin pin = pin_of(arguments);
    if (arguments->crypto == NULL && !draw_from(arguments, failure))
        return false;
    return ca_open(ca, directory, &pin, arguments->crypto, arguments->run.today, failure);
}

static bool make_ca(struct arguments *arguments, struct failure *failure) {
    struct ca ca;
    char fingerprint[2 * SHA256_SIZE + 1];
    struct token_pin pin = pin_of(arguments);
    struct ca_plan plan = {.keys = arguments->keys,
                           .pin = &pin,
                           .realm = arguments->production ? REALM_PRODUCTION : REALM_LAB,
                           .enterprise = arguments->enterprise};
    if (arguments->keys != NULL && strncmp(arguments->keys, "pkcs11:", 7) != 0)
        return fail(failure, EXIT_USAGE,
                    "--keys '%s' is no pkcs11: URI; without --keys the keys are files in DIR",
                    arguments->keys);
    if (arguments->production && arguments->keys == NULL)
        return fail(failure, EXIT_USAGE,
                    "--production needs --keys pkcs11:URI: its keys are never in files");
    if (!draw_from(arguments, failure) ||
        !ca_init(arguments->directory, &plan, arguments->crypto, arguments->run.today, failure) ||
        !open_ca(&ca, arguments->directory, arguments, failure))
        return false;
    bool done = ca_fingerprint(&ca, fingerprint);
    printf("root %s\nfingerprint %s\n", ca.hierarchy.members[MEMBER_ROOT].name, fingerprint);
    if (ca.token.token != NULL)
        printf("keys %s\n", token_name(ca.token.token));
    ca_close(&ca);
    return done;
}

static int run_init(void *context, struct failure *failure) {
    return exit_of(make_ca(context, failure), failure);
}

// ---- authority -------------------------------------------------------------------------------

static bool add_branch(struct ca *ca, const struct arguments *arguments, enum member domain,
                       struct failure *failure) {
    const struct hierarchy_branch *branch = NULL;
    const char *enterprise = arguments->enterprise != NULL ? arguments->enterprise : "";
    struct ca_branch_plan plan = {domain, arguments->space, enterprise};
    if (!ca_branch(ca, &plan, &branch, failure))
        return false;
    printf("authority %s of %s for %s\n", branch->member.name, member_word(domain), branch->space);
    return true;
}

static int run_authority(void *context, struct failure *failure) {
    struct arguments *arguments = context;
    struct ca ca;
    enum member domain = domain_from_word(arguments->domain);
    if (domain == MEMBER_COUNT)
        fail(failure, EXIT_USAGE, "--domain '%s': purse, trade, clearing or apparatus",
             arguments->domain);
    else if (open_ca(&ca, arguments->ca, arguments, failure)) {
        bool done = add_branch(&ca, arguments, domain, failure);
        ca_close(&ca);
        return exit_of(done, failure);
    }
    return failure->code;
}

// ---- issue -----------------------------------------------------------------------------------

static void tell(const struct ca_answer *answer, const char *id, const char *out) {
    printf("%s %s serial %" PRIu64 " valid %" PRIu32 "..%" PRIu32 " in %s\n", id,
           role_name(answer->roles), answer->serial, answer->validity.from, answer->validity.until,
           out);
}

static bool take_hosts(const struct option_list *list, struct x509_hosts *hosts,
                       struct failure *failure) {
    for (hosts->count = 0; hosts->count < list->count; hosts->count++) {
        const char *host = list->items[hosts->count];
        if (!x509_host_is_valid(host))
            return fail(failure, EXIT_USAGE, "--host '%s' is neither a host's name nor an address",
                        host);
        snprintf(hosts->names[hosts->count], X509_HOST_MAX, "%s", host);
    }
    return true;
}

static bool issue_from(struct ca *ca, const struct arguments *arguments, uint32_t roles,
                       struct failure *failure) {
    struct x509_hosts hosts;
    struct ca_answer answer;
    struct ca_request request = {.id = arguments->id,
                                 .roles = roles,
                                 .network = arguments->network,
                                 .enterprise =
                                     arguments->enterprise != NULL ? arguments->enterprise : "",
                                 .assurance = ASSURANCE_EMULATED,
                                 .hosts = &hosts};
    bool done = take_hosts(&arguments->hosts, &hosts, failure) &&
                ca_folder_issue(ca, &request, arguments->out, &answer, failure);
    if (done)
        tell(&answer, request.id, arguments->out);
    return done;
}

static bool no_role(const char *name, struct failure *failure) {
    struct suggestion near = suggestion_for(name);
    for (uint32_t role = 1; role != 0; role <<= 1)
        if (ca_gives(role))
            suggest(&near, role_name(role));
    return fail(failure, EXIT_USAGE, "there is no role '%s'%s%s; see 'tessera ca issue --help'",
                name, near.word != NULL ? "; did you mean " : "",
                near.word != NULL ? near.word : "");
}

static int run_issue(void *context, struct failure *failure) {
    struct arguments *arguments = context;
    struct ca ca;
    uint32_t roles = role_from_name(arguments->role);
    if (roles == 0 || !ca_gives(roles))
        no_role(arguments->role, failure);
    else if (open_ca(&ca, arguments->ca, arguments, failure)) {
        bool done = issue_from(&ca, arguments, roles, failure);
        ca_close(&ca);
        return exit_of(done, failure);
    }
    return failure->code;
}

// ---- cards -----------------------------------------------------------------------------------

/// The card at the link, its purse selected; *side stays NULL where no link is given.
static bool card_at(struct side **side, struct arguments *arguments, struct failure *failure) {
    if (arguments->link == NULL)
        return true;
    *side = side_over(link_of(arguments->link, &arguments->tracing, NULL, failure), failure);
    return *side != NULL && side_select(*side, failure);
}

// ---- revoke, hotlist -------------------------------------------------------------------------

/// What a kind of card has no room for any more: its list goes on without.
static bool tell_room(const struct ca *ca, enum ca_audience audience, struct failure *failure) {
    struct ca_list list;
    if (!ca_hotlist_measure(ca, audience, &list, failure))
        return false;
    if (list.left_out > 0)
        printf("the hotlist of %s is full: %zu revoked certificates do not fit, the first of them "
               "of %s\n",
               audience == CA_LIST_WALLETS ? "wallets" : "tills and floats", list.left_out,
               list.first_out);
    return true;
}

static int run_revoke(void *context, struct failure *failure) {
    struct arguments *arguments = context;
    struct ca ca;
    size_t revoked = 0;
    if (!open_ca(&ca, arguments->ca, arguments, failure))
        return failure->code;
    bool done = ca_revoke(&ca, arguments->id, &revoked, failure);
    if (done)
        printf("%s revoked: %zu certificate%s\n", arguments->id, revoked, revoked == 1 ? "" : "s");
    done = done && tell_room(&ca, CA_LIST_WALLETS, failure) &&
           tell_room(&ca, CA_LIST_MACHINES, failure);
    ca_close(&ca);
    return exit_of(done, failure);
}

static bool give_list(const struct ca *ca, struct side *side, const struct ca_list *list,
                      struct failure *failure) {
    return purse_bring_hotlist(&side->client, member_certificate(&ca->hierarchy, MEMBER_CENTER),
                               bytes_of(list->octets, list->size), failure);
}

/// As it was said, or what the card at the link takes, or a program's.
static enum ca_audience audience_of(const struct arguments *arguments, const struct side *side) {
    if (arguments->audience >= 0)
        return (enum ca_audience)arguments->audience;
    return side != NULL ? ca_audience_for(side->client.selection.roles) : CA_LIST_HOSTS;
}

static bool hand_out(struct ca *ca, const struct arguments *arguments, struct side *side,
                     struct failure *failure) {
    struct ca_list list = {0};
    enum ca_audience audience = audience_of(arguments, side);
    bool done = ca_may_replace(arguments->out, CA_KIND_HOTLIST, failure) &&
                ca_hotlist(ca, audience, &list, failure) &&
                ca_list_write(ca, audience, &list, arguments->out, failure);
    if (done)
        printf("hotlist version %" PRIu64 ": %zu certificates, %zu devices\n", list.version,
               list.certificates, list.holders);
    done = done && tell_room(ca, audience, failure) &&
           (side == NULL || give_list(ca, side, &list, failure));
    ca_list_free(&list);
    return done;
}

static int run_hotlist(void *context, struct failure *failure) {
    struct arguments *arguments = context;
    struct ca ca;
    struct side *side = NULL;
    if (!open_ca(&ca, arguments->ca, arguments, failure))
        return failure->code;
    bool done = card_at(&side, arguments, failure) && hand_out(&ca, arguments, side, failure);
    side_close(side);
    ca_close(&ca);
    return exit_of(done, failure);
}

// ---- renew -----------------------------------------------------------------------------------

/// Is it the card of the id that is to be renewed?
static bool is_of(struct side *side, const struct arguments *arguments, struct failure *failure) {
    const char *there = side->client.selection.id;
    return strcmp(there, arguments->id) == 0 ||
           fail(failure, EXIT_REFUSED, "%s: this is the card of %s, not of %s", arguments->link,
                there, arguments->id);
}

/// A card that lives on takes the present list first; beside the certificates its terminal finds
/// the whole one.
static bool renew_lists(struct ca *ca, const struct arguments *arguments, struct side *side,
                        struct failure *failure) {
    struct ca_list list = {0}, whole = {0};
    char path[PATH_MAX];
    bool done = ca_hotlist(ca, ca_audience_for(side->client.selection.roles), &list, failure) &&
                give_list(ca, side, &list, failure) &&
                ca_hotlist(ca, CA_LIST_HOSTS, &whole, failure) &&
                (files_path(path, sizeof path, arguments->out, "hotlist") ||
                 fail_errno(failure, "%s", arguments->out)) &&
                ca_list_write(ca, CA_LIST_HOSTS, &whole, path, failure);
    ca_list_free(&list);
    ca_list_free(&whole);
    return done;
}

static bool renew_in(struct ca *ca, struct arguments *arguments, struct side *side,
                     struct failure *failure) {
    struct ca_answer answer;
    bool linked = side != NULL;
    bool done = ca_folder_make(arguments->out, failure) &&
                (!linked ||
                 (is_of(side, arguments, failure) && renew_lists(ca, arguments, side, failure))) &&
                ca_renew(ca, arguments->id, &answer, failure) &&
                ca_folder_certificates(ca, arguments->out, &answer, failure);
    if (!done) {
        rmdir(arguments->out); // where nothing was renewed it is empty
        return false;
    }
    tell(&answer, arguments->id, arguments->out);
    return !linked ||
           purse_bring_certificate(&side->client,
                                   bytes_of(answer.certificate, answer.certificate_size), failure);
}

static int run_renew(void *context, struct failure *failure) {
    struct arguments *arguments = context;
    struct ca ca;
    struct side *side = NULL;
    if (!open_ca(&ca, arguments->ca, arguments, failure))
        return failure->code;
    bool done = card_at(&side, arguments, failure) && renew_in(&ca, arguments, side, failure);
    side_close(side);
    ca_close(&ca);
    return exit_of(done, failure);
}

static int run_crl(void *context, struct failure *failure) {
    struct arguments *arguments = context;
    struct ca ca;
    size_t count = 0;
    if (!open_ca(&ca, arguments->ca, arguments, failure))
        return failure->code;
    bool done = ca_may_replace(arguments->out, CA_KIND_CRL, failure) &&
                ca_revocation_list(&ca, arguments->out, &count, failure);
    if (done)
        printf("crl: %zu revoked certificate%s\n", count, count == 1 ? "" : "s");
    ca_close(&ca);
    return exit_of(done, failure);
}

// ---- arguments ---------------------------------------------------------------------------------

#define AT(member) offsetof(struct arguments, member)

enum { INIT = 1, ISSUE = 2, RENEW = 4, REVOKE = 8, HOTLIST = 16, CRL = 32, AUTHORITY = 64 };
enum {
    HAS_CA = ISSUE | RENEW | REVOKE | HOTLIST | CRL | AUTHORITY,
    HAS_ID = ISSUE | RENEW | REVOKE
};

static const char *const audiences[] = {[CA_LIST_WALLETS] = "wallets",
                                        [CA_LIST_MACHINES] = "machines",
                                        [CA_LIST_HOSTS] = "hosts",
                                        NULL};

static const struct option_row rows[] = {
    {NULL, "DIR", OPTION_DIRECTORY, "the authority's new directory", .at = AT(directory),
     .only = INIT, .needed = INIT},
    {"ca", "DIR", OPTION_DIRECTORY, "the authority", .at = AT(ca), .only = HAS_CA,
     .needed = HAS_CA},
    {"role", "ROLE", OPTION_TEXT,
     "wallet, till, float, store, seller, center, provider, telco, bank, player, converter or "
     "registry; operator, auditor or gateway, which have X.509 certificates only",
     .at = AT(role), .only = ISSUE, .needed = ISSUE},
    {"id", "ID", OPTION_TEXT, "whose certificate", .at = AT(id), .only = HAS_ID, .needed = HAS_ID},
    {"enterprise", "ID", OPTION_TEXT,
     "enterprise that is certified; with init and authority the only one that ever will be",
     .at = AT(enterprise), .only = INIT | ISSUE | AUTHORITY},
    {"domain", "DOMAIN", OPTION_TEXT, "what it certifies: purse, trade, clearing or apparatus",
     .at = AT(domain), .only = AUTHORITY, .needed = AUTHORITY},
    {"space", "SPACE", OPTION_TEXT,
     "how the names begin that it gives, and nobody else does: letters that end in a colon, shop:",
     .at = AT(space), .only = AUTHORITY, .needed = AUTHORITY},
    {"host", "HOST", OPTION_TEXT, "name or address under which a server is reached",
     .at = AT(hosts), .only = ISSUE, .many = true, .most = X509_HOSTS_MAX},
    {"network", NULL, OPTION_FLAG,
     "keys for the network, of the machine around the card that has this id and role",
     .at = AT(network), .only = ISSUE},
    {"out", "DIR", OPTION_DIRECTORY, "new directory for certificates and keys", .at = AT(out),
     .only = ISSUE | RENEW, .needed = ISSUE | RENEW},
    {"out", "FILE", OPTION_FILE, "the hotlist", .at = AT(out), .only = HOTLIST, .needed = HOTLIST},
    {"out", "FILE", OPTION_FILE, "the list", .at = AT(out), .only = CRL, .needed = CRL},
    {"link", "LINK", OPTION_LINK, "the card that has these keys takes the new certificate",
     .at = AT(link), .only = RENEW},
    {"link", "LINK", OPTION_LINK, "the card that takes the list", .at = AT(link), .only = HOTLIST},
    {"for", "KIND", OPTION_WORD,
     "who reads it: wallets, machines (tills and floats) or, if it is not said, hosts",
     .at = AT(audience), .words = audiences, .only = HOTLIST},
    {"keys", "URI", OPTION_TEXT,
     "a pkcs11: URI: the authority's keys are generated in this token and never leave it; the "
     "directory "
     "keeps the URI (token, object, module-path, pin-source)",
     .at = AT(keys), .only = INIT},
    {"production", NULL, OPTION_FLAG,
     "the root certifies hardware only, and nothing of a laboratory's; needs --keys",
     .at = AT(production), .only = INIT},
    {"token-pin-fd", "N", OPTION_SECRET,
     "user PIN of a token whose URI has no pin-source, one line from descriptor N; without it the "
     "terminal is asked",
     .at = AT(token_pin), .most = TOKEN_PIN_MAX},
    {"trace", NULL, OPTION_FLAG, OPTION_TRACE_HELP, .at = AT(tracing.wanted),
     .only = RENEW | HOTLIST},
    OPTION_CLOCK_ROW(AT(run)),
    OPTION_SEED_ROW(AT(run)),
};

static const struct action actions[] = {
    {INIT, "init", "make an authority: a root, one issuing authority per domain, a local center",
     run_init, NULL},
    {AUTHORITY, "authority",
     "make a further issuing authority below the root, for names of a space of its own",
     run_authority, NULL},
    {ISSUE, "issue", "generate a key (0600) and certify it, card-verifiable and as X.509",
     run_issue, NULL},
    {RENEW, "renew", "the next certificate for the same keys", run_renew, NULL},
    {REVOKE, "revoke", "revoke every valid certificate of an id", run_revoke, NULL},
    {HOTLIST, "hotlist", "write the signed hotlist; its version only rises", run_hotlist, NULL},
    {CRL, "crl", "write the list of revoked X.509 certificates, in PEM, for TLS", run_crl, NULL},
};

static const struct command ca_command = {
    .name = "ca",
    .purpose = "the authority that certifies cards and services",
    .rows = rows,
    .row_count = sizeof rows / sizeof rows[0],
    .actions = actions,
    .action_count = sizeof actions / sizeof actions[0],
};

int main(int argc, char **argv) {
    struct arguments arguments = {.run = program_run_now(), .audience = -1};
    int code = command_main(&ca_command, &arguments, argc, argv);
    crypto_openssl_free(arguments.crypto);
    bytes_erase(arguments.token_pin, sizeof arguments.token_pin);
    return tracing_end(&arguments.tracing, "ca", code);
}

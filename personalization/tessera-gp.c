// SPDX-License-Identifier: Apache-2.0
// tessera gp: manages the content and keys of any GlobalPlatform card over any link, by SCP03 or
// SCP02. docs/man/tessera-gp.1 describes it.
#include "apdu/crypto/crypto_run.h"
#include "apdu/octets/status.h"
#include "apdu/trace/tracing.h"
#include "base/files.h"
#include "base/options/options.h"
#include "personalization/channel/gp_keys.h"
#include "personalization/channel/gp_registry.h"
#include "readers/link/link_open.h"

#include <stdlib.h>
#include <string.h>

enum { AID_MAX = 16, PARAMETERS_MAX = 64, SECRET_MAX = 128, GROUP_MAX = 1024 };
enum { DAP = 0xC0, MANDATED_DAP = 0x01, DOMAIN_BIT = 0x80 };

struct octets {
    uint8_t data[PARAMETERS_MAX];
    size_t size;
};

struct arguments {
    const char *link, *keys, *new_keys, *file;
    struct octets target, domain, package, instance, parameters, privileges, data;
    uint64_t level, key_version, new_version, old_version, group;
    bool json;
    char passphrase[SECRET_MAX], token_pin[SECRET_MAX];
    struct program_run run;
    struct tracing tracing;
};

/// One card at work.
struct host {
    struct arguments *arguments;
    struct crypto *crypto;
    struct link *link;
    struct gp_key_source keys;
    struct gp_session session;
    struct failure *failure;
};

static struct bytes octets_of(const struct octets *octets) {
    return bytes_of(octets->data, octets->size);
}

static struct key_access access_of(const struct arguments *arguments) {
    return (struct key_access){
        .passphrase = arguments->passphrase[0] != '\0' ? arguments->passphrase : NULL,
        .pin = {arguments->token_pin[0] != '\0' ? arguments->token_pin : NULL, true}};
}

/// What a status means, with the card's own word.
static bool judge(struct host *host, enum gp_status status, const char *step) {
    const struct gp_session *session = &host->session;
    if (status == GP_OK)
        return true;
    if (status == GP_LINK)
        return fail(host->failure, (enum exit_code)link_exit_code(session->link_status),
                    "%s: %s: %s", host->link->name, step, host->link->error);
    if (status == GP_REFUSED && session->sw == SW_SECURITY_STATUS && host->arguments->level == 0)
        return fail(host->failure, EXIT_REFUSED,
                    "%s: %s: the card answers 6982: at level 00 it was proved who the host is, but "
                    "nothing shows whose each command is; leave --level out",
                    host->link->name, step);
    if (status == GP_REFUSED)
        return fail(host->failure, EXIT_REFUSED, "%s: %s: the card answers %04X (%s)",
                    host->link->name, step, session->sw, status_text(session->sw));
    return fail(host->failure, EXIT_REFUSED, "%s: %s: %s%s%s", host->link->name, step,
                gp_status_text(status), session->reason != NULL ? ": " : "",
                session->reason != NULL ? session->reason : "");
}

static bool connect_card(struct host *host) {
    struct arguments *arguments = host->arguments;
    host->link = link_of(arguments->link, &arguments->tracing, NULL, host->failure);
    return host->link != NULL;
}

static bool open_channel(struct host *host) {
    const struct arguments *arguments = host->arguments;
    struct key_access access = access_of(arguments);
    return gp_keys_open(&host->keys, arguments->keys, host->crypto, &access, host->failure) &&
           connect_card(host) &&
           judge(host,
                 gp_open_any(&host->session, host->link, host->crypto,
                             octets_of(&arguments->domain), (uint8_t)arguments->key_version,
                             (uint8_t)arguments->level, gp_keys_of, &host->keys),
                 "open the security domain");
}

// ---- actions ------------------------------------------------------------------------------------

static bool list(struct host *host) {
    struct gp_registry *registry = calloc(1, sizeof *registry);
    bool done = registry != NULL || fail(host->failure, EXIT_REFUSED, "out of memory");
    done = done && judge(host, gp_read_registry(&host->session, registry), "read the registry");
    if (done)
        gp_print_registry(registry, host->arguments->json, stdout);
    free(registry);
    return done;
}

/// DAPs are signatures over load files by a third party, whose keys are not here.
static bool refuse_dap(const struct arguments *arguments, struct failure *failure) {
    const struct octets *privileges = &arguments->privileges;
    bool dap = privileges->size > 0 &&
               ((privileges->data[0] & DAP) == DAP || (privileges->data[0] & MANDATED_DAP) != 0);
    return !dap || fail(failure, EXIT_USAGE,
                        "--privileges %02X asks for DAP verification, which is not supported: load "
                        "files would need signatures of a third party; leave the bit out",
                        privileges->data[0]);
}

static bool install(struct host *host) {
    const struct arguments *arguments = host->arguments;
    const struct octets *instance = &arguments->instance;
    struct gp_installation what = {
        .file = octets_of(arguments->package.size > 0 ? &arguments->package : &arguments->target),
        .module = octets_of(&arguments->target),
        .instance = octets_of(instance->size > 0 ? instance : &arguments->target),
        .privileges = octets_of(&arguments->privileges),
        .parameters = octets_of(&arguments->parameters)};
    return judge(host, gp_install_as(&host->session, &what), "install");
}

static bool delete (struct host *host) {
    return judge(host, gp_delete(&host->session, octets_of(&host->arguments->target)), "delete");
}

static bool set_state(struct host *host, uint8_t state, const char *step) {
    struct bytes aid = octets_of(&host->arguments->target);
    return judge(host, gp_set_application_status(&host->session, aid, state), step);
}

static bool lock(struct host *host) {
    return set_state(host, 0x80, "lock");
}

static bool unlock(struct host *host) {
    return set_state(host, 0x00, "unlock");
}

/// One data grouping for an application, by STORE DATA through its domain.
static bool store(struct host *host) {
    const struct arguments *arguments = host->arguments;
    uint8_t octets[GROUP_MAX];
    struct bytes data = octets_of(&arguments->data);
    if (arguments->file != NULL && !files_read(arguments->file, octets, sizeof octets, &data.size))
        return fail_errno(host->failure, "cannot read %s", arguments->file);
    if (arguments->file != NULL)
        data.data = octets;
    if (data.size == 0)
        return fail(host->failure, EXIT_USAGE, "nothing to store: say --file FILE or --data HEX");
    return judge(host, gp_aim(&host->session, octets_of(&arguments->target)),
                 "reach the application") &&
           judge(host, gp_store(&host->session, (uint16_t)arguments->group, data, true), "store");
}

/// New keys of the same derivation data as the card told.
static bool replace_keys(struct host *host) {
    const struct arguments *arguments = host->arguments;
    struct key_access access = access_of(arguments);
    struct gp_key_source source = {.derived = false};
    struct scp03_keys keys = {.size = 0};
    const char *reason = NULL;
    if (arguments->new_version == 0)
        return fail(host->failure, EXIT_USAGE, "--new-version HEX is missing: 01 to 7F");
    bool done = gp_keys_open(&source, arguments->new_keys, host->crypto, &access, host->failure) &&
                (gp_keys_of(&source, &host->session.card, &keys, &reason) ||
                 fail(host->failure, EXIT_REFUSED, "%s", reason != NULL ? reason : "no keys"));
    done = done && judge(host,
                         gp_put_keys(&host->session, (uint8_t)arguments->old_version,
                                     (uint8_t)arguments->new_version, &keys),
                         "put the keys");
    bytes_erase(&keys, sizeof keys);
    gp_keys_close(&source);
    return done;
}

static bool keys(struct host *host) {
    const struct gp_card *card = &host->session.card;
    if (host->arguments->new_keys != NULL)
        return replace_keys(host);
    gp_print_keys(card, host->arguments->json, stdout);
    return true;
}

static int act(struct arguments *arguments, bool (*action)(struct host *host),
               struct failure *failure) {
    struct host host = {.arguments = arguments, .failure = failure};
    if (!refuse_dap(arguments, failure))
        return failure->code;
    host.crypto = crypto_for_run(&arguments->run, failure);
    bool done = host.crypto != NULL && open_channel(&host) && action(&host);
    gp_close(&host.session);
    gp_keys_close(&host.keys);
    link_close(host.link);
    crypto_openssl_free(host.crypto);
    return exit_of(done, failure);
}

static int run_list(void *context, struct failure *failure) {
    return act(context, list, failure);
}

static int run_install(void *context, struct failure *failure) {
    return act(context, install, failure);
}

static int run_delete(void *context, struct failure *failure) {
    return act(context, delete, failure);
}

static int run_lock(void *context, struct failure *failure) {
    return act(context, lock, failure);
}

static int run_unlock(void *context, struct failure *failure) {
    return act(context, unlock, failure);
}

static int run_store(void *context, struct failure *failure) {
    return act(context, store, failure);
}

static int run_keys(void *context, struct failure *failure) {
    return act(context, keys, failure);
}

static int run_info(void *context, struct failure *failure) {
    struct arguments *arguments = context;
    struct host host = {.arguments = arguments, .failure = failure};
    bool done =
        connect_card(&host) && gp_print_information(host.link, octets_of(&arguments->domain),
                                                    arguments->json, stdout, failure);
    link_close(host.link);
    return exit_of(done, failure);
}

// ---- arguments ----------------------------------------------------------------------------------

static bool take_octets(const char *name, const char *value, size_t most, struct octets *out,
                        struct failure *failure) {
    size_t digits = strlen(value);
    bool good =
        digits % 2 == 0 && digits / 2 <= most && strspn(value, "0123456789abcdefABCDEF") == digits;
    for (size_t i = 0; good && i < digits / 2; i++) {
        const char pair[] = {value[2 * i], value[2 * i + 1], '\0'};
        out->data[i] = (uint8_t)strtoul(pair, NULL, 16);
    }
    out->size = digits / 2;
    return good || fail(failure, EXIT_USAGE, "%s '%s' is not up to %zu octets in hexadecimal", name,
                        value, most);
}

static bool take_aid(const char *name, const char *value, struct octets *out,
                     struct failure *failure) {
    return take_octets(name, value, AID_MAX, out, failure) &&
           (out->size >= 5 ||
            fail(failure, EXIT_USAGE, "%s '%s' is no AID: 5 to 16 octets", name, value));
}

static bool take_target(void *context, char *value, struct failure *failure) {
    return take_aid("AID", value, &((struct arguments *)context)->target, failure);
}

static bool take_domain(void *context, char *value, struct failure *failure) {
    return take_aid("--sd", value, &((struct arguments *)context)->domain, failure);
}

static bool take_package(void *context, char *value, struct failure *failure) {
    return take_aid("--package", value, &((struct arguments *)context)->package, failure);
}

static bool take_instance(void *context, char *value, struct failure *failure) {
    return take_aid("--instance", value, &((struct arguments *)context)->instance, failure);
}

static bool take_parameters(void *context, char *value, struct failure *failure) {
    return take_octets("--parameters", value, PARAMETERS_MAX - 2,
                       &((struct arguments *)context)->parameters, failure);
}

static bool take_data(void *context, char *value, struct failure *failure) {
    return take_octets("--data", value, PARAMETERS_MAX, &((struct arguments *)context)->data,
                       failure);
}

static bool take_privileges(void *context, char *value, struct failure *failure) {
    return take_octets("--privileges", value, 3, &((struct arguments *)context)->privileges,
                       failure);
}

#define AT(member) offsetof(struct arguments, member)

enum {
    LIST = 1,
    INFO = 2,
    INSTALL = 4,
    DELETE = 8,
    LOCK = 16,
    UNLOCK = 32,
    KEYS = 64,
    STORE = 128
};
enum {
    HAS_TARGET = INSTALL | DELETE | LOCK | UNLOCK | STORE,
    HAS_CHANNEL = LIST | HAS_TARGET | KEYS
};

static const struct option_row rows[] = {
    {NULL, "LINK", OPTION_LINK, OPTION_LINK_HELP, .at = AT(link), .needed = OPTION_EVERY},
    {NULL, "AID", OPTION_TAKEN, "the application; of install, the applet in its load file",
     .take = take_target, .only = HAS_TARGET, .needed = HAS_TARGET},
    {"keys", "K", OPTION_TEXT,
     "the domain's keys: published (those of blank cards), a file with lines enc, mac and dek or "
     "one "
     "line for all, or a master key (file or pkcs11:URI) that they follow from",
     .at = AT(keys), .only = HAS_CHANNEL, .needed = HAS_CHANNEL},
    {"sd", "AID", OPTION_TAKEN, "another security domain than the card's own", .take = take_domain},
    {"level", "HEX", OPTION_HEX,
     "security level of the channel: 01, 03, 13, 33 (SCP03), 01, 03 (SCP02), 00; default the "
     "highest",
     .at = AT(level), .most = 0x33, .only = HAS_CHANNEL},
    {"key-version", "HEX", OPTION_HEX, "key set of the channel; default the card's choice",
     .at = AT(key_version), .most = 0xFF, .only = HAS_CHANNEL},
    {"package", "AID", OPTION_TAKEN, "the load file, where its AID is another than the applet's",
     .take = take_package, .only = INSTALL},
    {"instance", "AID", OPTION_TAKEN, "the new application's own AID; default the applet's",
     .take = take_instance, .only = INSTALL},
    {"parameters", "HEX", OPTION_TAKEN, "what the applet is given at its installation (in C9)",
     .take = take_parameters, .only = INSTALL},
    {"privileges", "HEX", OPTION_TAKEN,
     "one or three octets; default 00. DAP verification is refused", .take = take_privileges,
     .only = INSTALL},
    {"group", "HEX", OPTION_HEX, "the data grouping, 4 digits", .at = AT(group), .least = 1,
     .most = 0xFFFF, .only = STORE, .needed = STORE},
    {"file", "FILE", OPTION_FILE, "its content, up to 1024 octets as they are", .at = AT(file),
     .only = STORE},
    {"data", "HEX", OPTION_TAKEN, "the same, up to 64 octets in hexadecimal", .take = take_data,
     .only = STORE},
    {"new", "K", OPTION_TEXT, "keys to put, named as --keys", .at = AT(new_keys), .only = KEYS},
    {"new-version", "HEX", OPTION_HEX, "version of the new keys, 01 to 7F", .at = AT(new_version),
     .least = 1, .most = 0x7F, .only = KEYS},
    {"replace", "HEX", OPTION_HEX, "version that the new keys take the place of; default none",
     .at = AT(old_version), .most = 0x7F, .only = KEYS},
    {"json", NULL, OPTION_FLAG, "one JSON object a line", .at = AT(json),
     .only = LIST | INFO | KEYS},
    {"passphrase-fd", "N", OPTION_SECRET,
     "passphrase of a master key's file, one line from descriptor N", .at = AT(passphrase),
     .most = SECRET_MAX, .only = HAS_CHANNEL},
    {"token-pin-fd", "N", OPTION_SECRET, "user PIN of a token, one line from descriptor N",
     .at = AT(token_pin), .most = SECRET_MAX, .only = HAS_CHANNEL},
    OPTION_TRACE_ROW(AT(tracing.wanted)),
    OPTION_SEED_ROW(AT(run)),
};

static const struct action actions[] = {
    {LIST, "list", "domains, applications and load files, with their states", run_list, NULL},
    {INFO, "info", "what the card tells everybody: identification, protocols, key sets", run_info,
     NULL},
    {INSTALL, "install", "install an applet of a load file on the card and make it selectable",
     run_install, NULL},
    {DELETE, "delete", "delete an application with its data", run_delete, NULL},
    {LOCK, "lock", "lock an application", run_lock, NULL},
    {UNLOCK, "unlock", "unlock it", run_unlock, NULL},
    {STORE, "store", "give an application one data grouping (STORE DATA)", run_store, NULL},
    {KEYS, "keys", "prove that keys fit, or put others", run_keys, NULL},
};

static const struct command gp = {
    .name = "gp",
    .purpose = "manage any GlobalPlatform card",
    .notes =
        "Whether a card speaks SCP03 or SCP02 it tells itself. Its cryptogram is checked first: "
        "wrong keys never cost an attempt. DAP is not supported.\n\n"
        "exit: 0 done, 1 the card refuses or the keys are wrong, 2 usage, 3 no card, 4 the "
        "transport broke, 5 locked",
    .rows = rows,
    .row_count = sizeof rows / sizeof rows[0],
    .actions = actions,
    .action_count = sizeof actions / sizeof actions[0],
};

int main(int argc, char **argv) {
    struct arguments arguments = {.level = GP_HIGHEST, .run = program_run_now()};
    int code = command_main(&gp, &arguments, argc, argv);
    code = tracing_end(&arguments.tracing, gp.name, code);
    bytes_erase(&arguments.passphrase, sizeof arguments.passphrase);
    bytes_erase(&arguments.token_pin, sizeof arguments.token_pin);
    return code;
}

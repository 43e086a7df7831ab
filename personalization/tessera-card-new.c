// SPDX-License-Identifier: Apache-2.0
// tessera card new: a card image, blank or from the factory. The card is made in memory and
// becomes a file only when it is finished. docs/man/tessera-card.1 describes it.
#include "apdu/command/perso_card.h"
#include "apdu/command/perso_ndef.h"
#include "apdu/crypto/crypto_run.h"
#include "apdu/octets/unit.h"
#include "base/options/options.h"
#include "card/applets.h"
#include "card/port/draft.h"
#include "card/port/file.h"
#include "personalization/authority/authority.h"
#include "personalization/cards/card_data.h"
#include "personalization/cards/card_secrets.h"
#include "personalization/cards/factory.h"
#include "personalization/channel/gp_keys.h"
#include "readers/link/emu.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { TOKEN_PIN_MAX = 128 };

struct arguments {
    const char *ca, *out, *keys;
    int role; // index of roles; -1: none
    bool blank, large, private;
    uint64_t scp_i; // above FF: as it comes
    char token_pin[TOKEN_PIN_MAX], passphrase[TOKEN_PIN_MAX];
    struct card_secrets secrets;
    bool rsa;
    const char *url;
    uint8_t ndef[PERSO_NDEF_MAX];
    struct piv_order identity;
    uint16_t units[PERSO_UNITS_MAX];
    struct factory_order order; // id and texts from the command line
    struct program_run run;
};

static bool take_unit(void *context, char *value, struct failure *failure) {
    struct arguments *arguments = context;
    uint16_t unit = unit_from_name(value);
    if (unit == 0)
        return fail(failure, EXIT_USAGE,
                    "--unit '%s' is no unit; write JPY, an ISO 4217 number or F000..FFFF", value);
    if (arguments->order.unit_count == PERSO_UNITS_MAX)
        return fail(failure, EXIT_USAGE, "a purse has room for %d units", PERSO_UNITS_MAX);
    arguments->units[arguments->order.unit_count++] = unit;
    return true;
}

static const uint16_t ROLES[] = {ROLE_WALLET, ROLE_TILL, ROLE_FLOAT, ROLE_WALLET | ROLE_STORE,
                                 ROLE_STORE};
static const char *const roles[] = {"wallet", "till", "float", "store", "home", NULL};

/// A blank card is nobody's: what says whose it is would be lost.
static bool check_blank(const struct arguments *arguments, struct failure *failure) {
    const struct factory_order *order = &arguments->order;
    const struct {
        bool given;
        const char *name;
    } others[] = {{arguments->ca != NULL, "ca"},
                  {arguments->role >= 0, "role"},
                  {order->id != NULL, "id"},
                  {order->enterprise[0] != '\0', "enterprise"},
                  {order->device != NULL, "device"},
                  {order->user != NULL, "user"},
                  {order->unit_count > 0, "unit"},
                  {arguments->secrets.pin[0] != '\0', "pin-fd"},
                  {arguments->secrets.puk[0] != '\0', "puk-fd"},
                  {arguments->secrets.piv_pin[0] != '\0', "piv-pin-fd"},
                  {arguments->secrets.piv_puk[0] != '\0', "piv-puk-fd"},
                  {arguments->secrets.management != 0, "piv-management"},
                  {arguments->keys != NULL, "keys"},
                  {arguments->private, "private"},
                  {arguments->rsa, "rsa"},
                  {arguments->url != NULL, "url"}};
    for (size_t i = 0; i < sizeof others / sizeof others[0]; i++)
        if (others[i].given)
            return fail(failure, EXIT_USAGE,
                        "--%s says something of a personalized card, --blank makes one without "
                        "applications and keys; leave one of them out",
                        others[i].name);
    return true;
}

/// What the card would refuse from inside, told before anything is done.
static bool check_names(const struct arguments *arguments, struct failure *failure) {
    const struct factory_order *order = &arguments->order;
    const struct {
        const char *name, *value;
        uint32_t roles;
    } names[] = {{"id", order->id, ROLE_WALLET},
                 {"enterprise", order->enterprise, ROLE_SELLER},
                 {"device", order->device, ROLE_SELLER},
                 {"user", order->user, ROLE_SELLER}};
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
        if (names[i].value != NULL && (i == 0 || names[i].value[0] != '\0') &&
            !holder_is_valid(bytes_of_string(names[i].value), names[i].roles))
            return fail(failure, EXIT_USAGE,
                        "--%s '%s' is no id: 1 to %d printable ASCII characters, no blanks",
                        names[i].name, names[i].value, i == 0 ? HOLDER_PURSE_MAX : HOLDER_MAX);
    return true;
}

/// What the rows cannot say: a blank card needs less.
static bool check(struct arguments *arguments, struct failure *failure) {
    struct factory_order *order = &arguments->order;
    enum file_status status = file_image_try(arguments->out, NVM_IMAGE_SIZE);
    if (!file_went(arguments->out, status, failure))
        return false;
    if (arguments->blank)
        return check_blank(arguments, failure);
    if (arguments->ca == NULL || arguments->role < 0 || order->id == NULL)
        return fail(failure, EXIT_USAGE,
                    "--ca DIR, --role ROLE and --id ID are needed; see 'tessera card new --help'");
    order->roles = ROLES[arguments->role];
    if (!check_names(arguments, failure) || !card_secrets_check(&arguments->secrets, failure))
        return false;
    if (order->device == NULL)
        order->device = order->id;
    if (arguments->private)
        order->options = 0;
    if (order->unit_count == 0) {
        struct factory_order usual = factory_order_for(NULL, 0);
        order->units = usual.units;
        order->unit_count = usual.unit_count;
    }
    return true;
}

// ---- the card --------------------------------------------------------------------------------

/// An identity for the same holder as the purse.
static bool order_identity(struct arguments *arguments, struct failure *failure) {
    struct piv_order *identity = &arguments->identity;
    size_t pin = strlen(arguments->secrets.piv_pin);
    if (pin < 6 || pin > 8 || strlen(arguments->secrets.piv_puk) != 8)
        return fail(failure, EXIT_USAGE, "a PIV PIN has 6 to 8 digits and a PIV PUK has 8");
    arguments->order.pin = arguments->secrets.pin;
    arguments->order.puk = arguments->secrets.puk;
    identity->id = arguments->order.id;
    identity->enterprise = arguments->order.enterprise;
    identity->assurance = arguments->order.assurance;
    for (size_t i = 0; i < PIV_SLOTS; i++)
        identity->rsa[i] = arguments->rsa;
    arguments->order.identity = identity;
    return true;
}

static bool order_tag(struct arguments *arguments, struct failure *failure) {
    enum { HEADER = 5, LONGEST = PERSO_NDEF_MAX - HEADER };
    if (arguments->url == NULL || arguments->url[0] == '\0')
        return true;
    size_t size = ndef_address(arguments->url, arguments->ndef, sizeof arguments->ndef);
    arguments->order.ndef = bytes_of(arguments->ndef, size);
    return size > 0 || fail(failure, EXIT_USAGE, "--url has %zu characters; a tag holds %d",
                            strlen(arguments->url), LONGEST);
}

/// The card becomes a file. A certificate of a card that nobody will ever have is revoked: its id
/// is free again.
static bool deliver(const struct draft *draft, const struct arguments *arguments, struct ca *ca,
                    struct failure *failure) {
    struct failure also;
    size_t revoked = 0;
    return draft_write(draft, arguments->out, failure) ||
           (ca_revoke(ca, arguments->order.id, &revoked, &also) && false);
}

/// Keys of this card's domain, as a GlobalPlatform host derives them from what the card tells.
static bool derive_keys(const struct draft *draft, const struct arguments *arguments,
                        const struct crypto *crypto, struct factory_channel *channel,
                        struct scp03_keys *keys, struct failure *failure) {
    struct gp_key_source source;
    struct card_report report;
    struct gp_card card = {.version = 0};
    const char *reason = "";
    struct key_access access = {
        .passphrase = arguments->passphrase[0] != '\0' ? arguments->passphrase : NULL,
        .pin = {arguments->token_pin[0] != '\0' ? arguments->token_pin : NULL, true}};
    card_report(draft->card, &report);
    memcpy(card.diversification + sizeof card.diversification - sizeof report.serial, report.serial,
           sizeof report.serial);
    bool done =
        gp_keys_open(&source, arguments->keys, crypto, &access, failure) &&
        (gp_keys_of(&source, &card, keys, &reason) || fail(failure, EXIT_REFUSED, "%s", reason));
    *channel =
        (struct factory_channel){.keys = gp_published_keys,
                                 .new_keys = keys,
                                 .new_version = source.derived ? source.master.version : 0x01};
    gp_keys_close(&source);
    return done;
}

static bool make_purse(const struct draft *draft, struct arguments *arguments, struct link *link,
                       const struct factory_authority *authority, const struct crypto *crypto,
                       struct failure *failure) {
    struct factory_channel channel;
    struct scp03_keys keys = {.size = 0};
    if (arguments->keys == NULL)
        return factory_personalize(link, &arguments->order, authority, NULL, crypto, failure);
    bool done = derive_keys(draft, arguments, crypto, &channel, &keys, failure) &&
                factory_personalize(link, &arguments->order, authority, &channel, crypto, failure);
    bytes_erase(&keys, sizeof keys);
    return done;
}

static bool personalize(struct draft *draft, struct arguments *arguments,
                        const struct crypto *crypto, struct failure *failure) {
    struct ca ca;
    struct token_pin pin = {arguments->token_pin[0] != '\0' ? arguments->token_pin : NULL, true};
    if (!ca_open(&ca, arguments->ca, &pin, crypto, arguments->run.today, failure))
        return false;
    struct factory_authority authority = factory_from_ca(&ca);
    struct link *link = emu_link_over(draft->card, &draft->ports, CARD_INTERNAL, NULL);
    bool done = link != NULL || fail(failure, EXIT_REFUSED, "out of memory for a link");
    done = done &&
           card_secrets_settle(&arguments->secrets, arguments->order.id, &arguments->identity,
                               crypto, failure) &&
           order_identity(arguments, failure) && order_tag(arguments, failure) &&
           factory_order_follow(&arguments->order, register_count(&ca.issued, arguments->order.id),
                                failure) &&
           make_purse(draft, arguments, link, &authority, crypto, failure) &&
           deliver(draft, arguments, &ca, failure);
    if (done)
        fputs(arguments->secrets.letter, stderr);
    link_close(link);
    ca_close(&ca);
    return done;
}

/// A blank card is as it comes, but for the parameter of its secure channel.
static bool prepare_blank(struct draft *draft, const struct arguments *arguments,
                          const struct crypto *crypto, struct failure *failure) {
    struct gp_session session;
    uint8_t octet = (uint8_t)arguments->scp_i;
    if (arguments->scp_i > 0xFF)
        return true;
    struct link *link = emu_link_over(draft->card, &draft->ports, CARD_INTERNAL, NULL);
    bool done = link != NULL &&
                gp_open(&session, link, crypto, (struct bytes){0}, 0, GP_LEVEL_FULL,
                        gp_published_keys, NULL) == GP_OK &&
                gp_store(&session, PERSO_CARD_SCP_OPTION, bytes_of(&octet, 1), true) == GP_OK;
    link_close(link);
    return done || fail(failure, EXIT_USAGE, "--scp-i '%02X' is no parameter i of SCP03", octet);
}

static bool make_card(struct arguments *arguments, const struct crypto *crypto,
                      struct failure *failure) {
    struct draft draft;
    uint32_t size =
        arguments->large ? NVM_IMAGE_SIZE_LARGE : standard_image_size(arguments->order.roles);
    bool done = draft_make(&draft, size, &standard_rom, crypto, failure) &&
                file_went(arguments->out, file_image_try(arguments->out, size), failure) &&
                (arguments->blank ? prepare_blank(&draft, arguments, crypto, failure) &&
                                        draft_write(&draft, arguments->out, failure)
                                  : personalize(&draft, arguments, crypto, failure));
    draft_discard(&draft);
    return done;
}

static int run_new(void *context, struct failure *failure) {
    struct arguments *arguments = context;
    struct crypto *crypto =
        check(arguments, failure) ? crypto_for_run(&arguments->run, failure) : NULL;
    bool done = crypto != NULL && make_card(arguments, crypto, failure);
    crypto_openssl_free(crypto);
    return exit_of(done, failure);
}

// ---- arguments ---------------------------------------------------------------------------------

#define AT(member) offsetof(struct arguments, member)

static const struct option_row rows[] = {
    {"ca", "DIR", OPTION_DIRECTORY, "the authority", .at = AT(ca)},
    {"role", "ROLE", OPTION_WORD,
     "wallet, till, float, store (a wallet that keeps tickets) or home (a home server: tickets, no "
     "purse)",
     .at = AT(role), .words = roles},
    {"id", "ID", OPTION_TEXT, "the card's id", .at = AT(order.id)},
    {"out", "IMAGE", OPTION_IMAGE, "the new image, mode 0600", .at = AT(out),
     .needed = OPTION_EVERY},
    {"enterprise", "ID", OPTION_TEXT, "enterprise that the card belongs to",
     .at = AT(order.enterprise)},
    {"device", "ID", OPTION_TEXT, "device id named by issue logs; default the id",
     .at = AT(order.device)},
    {"user", "ID", OPTION_TEXT, "user id named by issue logs", .at = AT(order.user)},
    {"unit", "UNIT", OPTION_TAKEN,
     "a unit that the purse can hold, again for more; default JPY and POINT", .take = take_unit,
     .many = true},
    {"pin-fd", "N", OPTION_SECRET,
     "PIN, one line from descriptor N; without it a random one is generated and shown once on "
     "standard "
     "error, with the PUK",
     .at = AT(secrets.pin), .most = SECRET_MAX},
    {"puk-fd", "N", OPTION_SECRET, "PUK likewise", .at = AT(secrets.puk), .most = SECRET_MAX},
    {"private", NULL, OPTION_FLAG, "balances are readable only after the PIN", .at = AT(private)},
    {"piv-pin-fd", "N", OPTION_SECRET,
     "PIN of the PIV application, 6 to 8 digits; without it that of the purse where it fits, else "
     "generated and shown",
     .at = AT(secrets.piv_pin), .most = SECRET_MAX},
    {"piv-puk-fd", "N", OPTION_SECRET, "PUK of the PIV application, 8 digits; likewise",
     .at = AT(secrets.piv_puk), .most = SECRET_MAX},
    {"keys", "K", OPTION_TEXT,
     "master key (file or pkcs11:URI) that the keys of the card's security domain follow from, for "
     "'tessera gp'; without it they are drawn and forgotten",
     .at = AT(keys)},
    {"passphrase-fd", "N", OPTION_SECRET,
     "passphrase of the master key's file, one line from descriptor N", .at = AT(passphrase),
     .most = TOKEN_PIN_MAX},
    {"rsa", NULL, OPTION_FLAG, "RSA-2048 instead of P-256 for the PIV keys", .at = AT(rsa)},
    {"piv-management", "KIND", OPTION_WORD,
     "of the PIV management key, generated and shown once: aes256 (default), aes192, aes128, or "
     "3des "
     "for "
     "tools that know no other",
     .at = AT(secrets.management), .words = management_words},
    {"url", "URL", OPTION_TEXT, "address that a phone opens when it touches the card",
     .at = AT(url)},
    {"blank", NULL, OPTION_FLAG, "no applications, no keys: for personalization elsewhere",
     .at = AT(blank)},
    {"large", NULL, OPTION_FLAG,
     "a blank card with room for a till, float or home server (512 KiB)", .at = AT(large)},
    {"scp-i", "HEX", OPTION_HEX,
     "parameter i of a blank card's SCP03: 00, 10, 20, 30, 60, 70 (default), or one more for S16 "
     "mode",
     .at = AT(scp_i), .most = 0xFF},
    {"token-pin-fd", "N", OPTION_SECRET,
     "user PIN of the token with the authority's keys, one line from descriptor N",
     .at = AT(token_pin), .most = TOKEN_PIN_MAX},
    OPTION_CLOCK_ROW(AT(run)),
    OPTION_SEED_ROW(AT(run)),
};

static const struct action actions[] = {
    {1, NULL, "", run_new,
     "--ca DIR --role ROLE --id ID --out IMAGE [OPTION]...\n--blank --out IMAGE [OPTION]..."},
};

static const struct command card_new = {
    .name = "card new",
    .purpose = "make a card image, personalized or blank",
    .notes =
        "An existing file is never overwritten. The keys are generated on the card. It holds no "
        "value: 'tessera purse issue' brings some.",
    .rows = rows,
    .row_count = sizeof rows / sizeof rows[0],
    .actions = actions,
    .action_count = sizeof actions / sizeof actions[0],
};

int main(int argc, char **argv) {
    struct arguments arguments = {
        .run = program_run_now(), .role = -1, .scp_i = 0x100, .order = factory_order_for(NULL, 0)};
    arguments.order.units = arguments.units;
    arguments.order.unit_count = 0;
    int code = command_main(&card_new, &arguments, argc, argv);
    bytes_erase(&arguments, sizeof arguments);
    return code;
}

// SPDX-License-Identifier: Apache-2.0
// tessera card new: a card image, blank or from the factory bench. The card is made in memory and
// becomes a file only when it is finished. docs/man/tessera-card.1 describes it.
#include "apdu/perso_card.h"
#include "apdu/perso_ndef.h"
#include "apdu/unit.h"
#include "card/card.h"
#include "card/port/file.h"
#include "card/port/memory.h"
#include "personalization/authority.h"
#include "personalization/bench.h"
#include "personalization/card_data.h"
#include "readers/emu.h"
#include "services/wire/program.h"

#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static const char HELP[] =
    "usage: tessera card new --ca DIR --role ROLE --id ID --out IMAGE [option...]\n"
    "       tessera card new --blank --out IMAGE\n"
    "\n"
    "  Makes a card image of mode 0600; an existing file is never overwritten. Its keys are drawn\n"
    "  on the card. It holds no value: 'tessera purse issue' brings some.\n"
    "\n"
    "  --role ROLE         wallet, till, float or store (a store's card is a wallet too)\n"
    "  --enterprise ID     enterprise that the card belongs to\n"
    "  --device ID         device id named by issue logs; default the id\n"
    "  --user ID           user id named by issue logs\n"
    "  --unit UNIT         a unit that the purse can hold (again for more); default JPY, POINT\n"
    "  --pin-fd N          PIN as one line from descriptor N; without it a random one is drawn "
    "and\n"
    "                      told once on standard error, with the PUK\n"
    "  --puk-fd N          PUK likewise\n"
    "  --private           balances are readable only after the PIN\n"
    "  --piv-pin-fd N, --piv-puk-fd N   PIN (6 to 8 digits) and PUK (8) of the PIV application;\n"
    "                      without them those of the purse where they fit, else drawn and told\n"
    "  --rsa               RSA-2048 instead of P-256 for the PIV keys\n"
    "  --url URL           address that a phone opens when it touches the card\n"
    "  --blank             no applications, no keys: for personalization elsewhere\n"
    "  --large             a blank card with room for a till or float (192 KiB)\n"
    "  --scp-i HEX         parameter i of a blank card's SCP03: 00, 10, 20, 30, 60, 70 (default),\n"
    "                      or one more for S16 mode\n"
    "  --token-pin-fd N    user PIN of the token with the authority's keys, one line from N\n"
    "  --clock ISO8601, --seed N   laboratories only (TESSERA_LAB=1)\n";

enum { SECRET_MAX = 13, TOKEN_PIN_MAX = 128 };

struct arguments {
    const char *ca, *role, *out;
    bool blank, large;
    const char *scp_i;
    char token_pin[TOKEN_PIN_MAX];
    char pin[SECRET_MAX], puk[SECRET_MAX], piv_pin[SECRET_MAX], piv_puk[SECRET_MAX];
    bool rsa;
    const char *url;
    uint8_t ndef[PERSO_NDEF_MAX];
    struct piv_order identity;
    uint16_t units[PERSO_UNITS_MAX];
    struct bench_order order; // id and texts from the command line
    struct program_world world;
};

enum option_id {
    OPTION_CA = 256,
    OPTION_ROLE,
    OPTION_ID,
    OPTION_OUT,
    OPTION_ENTERPRISE,
    OPTION_DEVICE,
    OPTION_USER,
    OPTION_UNIT,
    OPTION_PIN,
    OPTION_PUK,
    OPTION_TOKEN_PIN,
    OPTION_PRIVATE,
    OPTION_PIV_PIN,
    OPTION_PIV_PUK,
    OPTION_RSA,
    OPTION_SCP_I,
    OPTION_LARGE,
    OPTION_URL,
    OPTION_BLANK,
    OPTION_CLOCK,
    OPTION_SEED
};

static const struct option options[] = {
    {"ca", required_argument, NULL, OPTION_CA},
    {"role", required_argument, NULL, OPTION_ROLE},
    {"id", required_argument, NULL, OPTION_ID},
    {"out", required_argument, NULL, OPTION_OUT},
    {"enterprise", required_argument, NULL, OPTION_ENTERPRISE},
    {"device", required_argument, NULL, OPTION_DEVICE},
    {"user", required_argument, NULL, OPTION_USER},
    {"unit", required_argument, NULL, OPTION_UNIT},
    {"pin-fd", required_argument, NULL, OPTION_PIN},
    {"puk-fd", required_argument, NULL, OPTION_PUK},
    {"token-pin-fd", required_argument, NULL, OPTION_TOKEN_PIN},
    {"private", no_argument, NULL, OPTION_PRIVATE},
    {"piv-pin-fd", required_argument, NULL, OPTION_PIV_PIN},
    {"piv-puk-fd", required_argument, NULL, OPTION_PIV_PUK},
    {"rsa", no_argument, NULL, OPTION_RSA},
    {"scp-i", required_argument, NULL, OPTION_SCP_I},
    {"large", no_argument, NULL, OPTION_LARGE},
    {"url", required_argument, NULL, OPTION_URL},
    {"blank", no_argument, NULL, OPTION_BLANK},
    {"clock", required_argument, NULL, OPTION_CLOCK},
    {"seed", required_argument, NULL, OPTION_SEED},
    {NULL, 0, NULL, 0},
};

static bool take_unit(struct arguments *arguments, struct failure *failure) {
    uint16_t unit = unit_from_name(optarg);
    if (unit == 0)
        return fail(failure, EXIT_USAGE,
                    "--unit '%s' is no unit; write JPY, an ISO 4217 number or F000..FFFF", optarg);
    if (arguments->order.unit_count == PERSO_UNITS_MAX)
        return fail(failure, EXIT_USAGE, "a purse has room for %d units", PERSO_UNITS_MAX);
    arguments->units[arguments->order.unit_count++] = unit;
    return true;
}

static bool take_option(struct arguments *arguments, int option, struct failure *failure) {
    const struct {
        int option;
        const char **text;
    } texts[] = {
        {OPTION_CA, &arguments->ca},
        {OPTION_ROLE, &arguments->role},
        {OPTION_ID, &arguments->order.id},
        {OPTION_OUT, &arguments->out},
        {OPTION_ENTERPRISE, &arguments->order.enterprise},
        {OPTION_DEVICE, &arguments->order.device},
        {OPTION_USER, &arguments->order.user},
        {OPTION_URL, &arguments->url},
        {OPTION_SCP_I, &arguments->scp_i},
    };
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++)
        if (texts[i].option == option) {
            *texts[i].text = optarg;
            return true;
        }
    switch (option) {
    case OPTION_UNIT:
        return take_unit(arguments, failure);
    case OPTION_PIN:
        return program_secret("--pin-fd", optarg, arguments->pin, SECRET_MAX, failure);
    case OPTION_PUK:
        return program_secret("--puk-fd", optarg, arguments->puk, SECRET_MAX, failure);
    case OPTION_TOKEN_PIN:
        return program_secret("--token-pin-fd", optarg, arguments->token_pin, TOKEN_PIN_MAX,
                              failure);
    case OPTION_PIV_PIN:
        return program_secret("--piv-pin-fd", optarg, arguments->piv_pin, SECRET_MAX, failure);
    case OPTION_PIV_PUK:
        return program_secret("--piv-puk-fd", optarg, arguments->piv_puk, SECRET_MAX, failure);
    case OPTION_RSA:
        arguments->rsa = true;
        return true;
    case OPTION_PRIVATE:
        arguments->order.options = 0;
        return true;
    case OPTION_LARGE:
        arguments->large = true;
        return true;
    case OPTION_BLANK:
        arguments->blank = true;
        return true;
    case OPTION_CLOCK:
        return program_set_clock(&arguments->world, optarg, failure);
    case OPTION_SEED:
        return program_set_seed(&arguments->world, optarg, failure);
    default:
        return fail(failure, EXIT_USAGE, "see 'tessera card new --help'");
    }
}

static bool take_role(struct arguments *arguments, struct failure *failure) {
    uint16_t role = role_from_name(arguments->role);
    if (role == ROLE_STORE)
        role |= ROLE_WALLET;
    if ((role & ROLE_PURSES) == 0)
        return fail(failure, EXIT_USAGE, "--role '%s' is none of wallet, till, float, store",
                    arguments->role);
    arguments->order.roles = role;
    if (arguments->order.device == NULL)
        arguments->order.device = arguments->order.id;
    return true;
}

static bool check(struct arguments *arguments, struct failure *failure) {
    if (arguments->out == NULL)
        return fail(failure, EXIT_USAGE, "--out IMAGE is missing; see 'tessera card new --help'");
    if (access(arguments->out, F_OK) == 0)
        return fail(failure, EXIT_REFUSED, "%s exists already; a card is never overwritten",
                    arguments->out);
    if (arguments->blank)
        return true;
    if (arguments->ca == NULL || arguments->role == NULL || arguments->order.id == NULL)
        return fail(failure, EXIT_USAGE,
                    "--ca DIR, --role ROLE and --id ID are needed; see 'tessera card new --help'");
    return take_role(arguments, failure);
}

static bool parse(struct arguments *arguments, int argc, char **argv, struct failure *failure) {
    int option;
    arguments->world = program_world_now();
    arguments->order = bench_order_for(NULL, 0);
    struct bench_order defaults = arguments->order;
    arguments->order.unit_count = 0;
    while ((option = getopt_long(argc, argv, "", options, NULL)) != -1)
        if (!take_option(arguments, option, failure))
            return false;
    if (optind < argc)
        return fail(failure, EXIT_USAGE, "unexpected argument '%s'", argv[optind]);
    arguments->order.units = arguments->units;
    if (arguments->order.unit_count == 0) {
        arguments->order.units = defaults.units;
        arguments->order.unit_count = defaults.unit_count;
    }
    return check(arguments, failure);
}

// ---- the card --------------------------------------------------------------------------------

/// A card under construction: its medium is memory until it is whole.
struct workpiece {
    struct memory_port memory;
    struct card_ports ports;
    struct card *card;
    uint8_t *image;
    uint32_t size;
};

static bool workpiece_make(struct workpiece *piece, uint32_t size, const struct crypto *crypto,
                           struct failure *failure) {
    uint8_t serial[8];
    piece->size = size;
    piece->image = calloc(1, size);
    piece->card = calloc(1, card_context_size());
    if (piece->image == NULL || piece->card == NULL)
        return fail(failure, EXIT_REFUSED, "out of memory for an image of %u octets", size);
    memory_port_open(&piece->memory, piece->image, size);
    piece->ports = (struct card_ports){&piece->memory.nvm, crypto};
    if (!crypto->ops->random(crypto, serial, sizeof serial) ||
        card_format(&piece->ports, serial) != CARD_OK ||
        card_power_on(piece->card, &piece->ports) != CARD_OK)
        return fail(failure, EXIT_REFUSED, "the card operating system does not start");
    return true;
}

static void workpiece_discard(struct workpiece *piece) {
    if (piece->image != NULL)
        bytes_erase(piece->image, piece->size);
    if (piece->card != NULL)
        bytes_erase(piece->card, card_context_size());
    free(piece->image);
    free(piece->card);
}

static bool workpiece_write(const struct workpiece *piece, const char *path,
                            struct failure *failure) {
    enum file_status status = file_image_write(path, bytes_of(piece->image, piece->size), false);
    if (status == FILE_OK)
        return true;
    enum exit_code code =
        status == FILE_EXISTS ? EXIT_REFUSED : (enum exit_code)file_status_exit(status);
    return fail(failure, code, "%s: %s", path, file_status_text(status));
}

/// Uses the given secret, else borrows another that fits, else draws one and tells it once, as a
/// PIN letter does; given ones are not repeated.
static bool settle(char *secret, const char *borrow, size_t least, size_t most, const char *what,
                   const char *id, const struct crypto *crypto) {
    size_t borrowed = borrow != NULL ? strlen(borrow) : 0;
    if (secret[0] != '\0')
        return true;
    if (borrowed >= least && borrowed <= most) {
        memcpy(secret, borrow, borrowed + 1);
        return true;
    }
    if (!draw_digits(crypto, secret, least))
        return false;
    fprintf(stderr, "%s of %s: %s (told only once)\n", what, id, secret);
    return true;
}

static bool settle_management_key(struct piv_order *identity, const char *id,
                                  const struct crypto *crypto) {
    identity->management_size = PIV_MANAGEMENT_MAX;
    if (!crypto->ops->random(crypto, identity->management_key, PIV_MANAGEMENT_MAX))
        return false;
    fprintf(stderr, "PIV management key of %s (AES-256): ", id);
    for (size_t i = 0; i < PIV_MANAGEMENT_MAX; i++)
        fprintf(stderr, "%02x", identity->management_key[i]);
    fputs(" (told only once)\n", stderr);
    return true;
}

static bool settle_secrets(struct arguments *arguments, const struct crypto *crypto,
                           struct failure *failure) {
    const char *id = arguments->order.id;
    bool done = settle(arguments->pin, NULL, 6, 6, "PIN", id, crypto) &&
                settle(arguments->puk, NULL, 8, 8, "PUK", id, crypto) &&
                settle(arguments->piv_pin, arguments->pin, 6, 8, "PIV PIN", id, crypto) &&
                settle(arguments->piv_puk, arguments->puk, 8, 8, "PIV PUK", id, crypto) &&
                settle_management_key(&arguments->identity, id, crypto);
    if (!done)
        return fail(failure, EXIT_REFUSED, "cannot draw a PIN");
    arguments->order.pin = arguments->pin;
    arguments->order.puk = arguments->puk;
    return true;
}

/// An identity for the same holder as the purse.
static bool order_identity(struct arguments *arguments, struct failure *failure) {
    struct piv_order *identity = &arguments->identity;
    size_t pin = strlen(arguments->piv_pin);
    if (pin < 6 || pin > 8 || strlen(arguments->piv_puk) != 8)
        return fail(failure, EXIT_USAGE, "a PIV PIN has 6 to 8 digits and a PIV PUK has 8");
    identity->id = arguments->order.id;
    identity->enterprise = arguments->order.enterprise;
    identity->pin = arguments->piv_pin;
    identity->puk = arguments->piv_puk;
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

static bool personalize(struct workpiece *piece, struct arguments *arguments,
                        const struct crypto *crypto, struct failure *failure) {
    struct ca ca;
    struct token_pin pin = {arguments->token_pin[0] != '\0' ? arguments->token_pin : NULL, true};
    if (!ca_open(&ca, arguments->ca, &pin, crypto, arguments->world.today, failure))
        return false;
    struct bench_authority authority = bench_from_ca(&ca);
    struct link *link = emu_link_over(piece->card, &piece->ports, CARD_INTERNAL, NULL);
    bool done = link != NULL || fail(failure, EXIT_REFUSED, "out of memory for a link");
    done = done && settle_secrets(arguments, crypto, failure) &&
           order_identity(arguments, failure) && order_tag(arguments, failure) &&
           bench_order_follow(&arguments->order, register_count(&ca.issued, arguments->order.id),
                              failure) &&
           bench_personalize(link, &arguments->order, &authority, NULL, crypto, failure);
    link_close(link);
    ca_close(&ca);
    return done;
}

/// A blank card is as it comes, but for the parameter of its secure channel.
static bool prepare_blank(struct workpiece *piece, const struct arguments *arguments,
                          const struct crypto *crypto, struct failure *failure) {
    struct gp_session session;
    char *end = NULL;
    if (arguments->scp_i == NULL)
        return true;
    unsigned long i = strtoul(arguments->scp_i, &end, 16);
    uint8_t octet = (uint8_t)i;
    struct link *link = emu_link_over(piece->card, &piece->ports, CARD_INTERNAL, NULL);
    bool done = link != NULL && *end == '\0' && i <= 0xFF &&
                gp_open(&session, link, crypto, (struct bytes){0}, 0, GP_LEVEL_FULL,
                        gp_published_keys, NULL) == GP_OK &&
                gp_store(&session, PERSO_CARD_SCP_OPTION, bytes_of(&octet, 1), true) == GP_OK;
    link_close(link);
    return done ||
           fail(failure, EXIT_USAGE, "--scp-i '%s' is no parameter i of SCP03", arguments->scp_i);
}

static bool make_card(struct arguments *arguments, const struct crypto *crypto,
                      struct failure *failure) {
    struct workpiece piece = {0};
    bool large = arguments->large || (arguments->order.roles & (ROLE_TILL | ROLE_FLOAT)) != 0;
    bool done =
        workpiece_make(&piece, large ? NVM_IMAGE_SIZE_LARGE : NVM_IMAGE_SIZE, crypto, failure) &&
        (arguments->blank ? prepare_blank(&piece, arguments, crypto, failure)
                          : personalize(&piece, arguments, crypto, failure)) &&
        workpiece_write(&piece, arguments->out, failure);
    workpiece_discard(&piece);
    return done;
}

int main(int argc, char **argv) {
    struct arguments arguments = {0};
    struct failure failure;
    struct crypto *crypto = NULL;
    if (program_informs("card new", HELP, argc, argv))
        return EXIT_DONE;
    bool done = parse(&arguments, argc, argv, &failure);
    if (done)
        crypto = program_crypto(&arguments.world, &failure);
    done = done && crypto != NULL && make_card(&arguments, crypto, &failure);
    crypto_openssl_free(crypto);
    bytes_erase(&arguments, sizeof arguments);
    return done ? program_end("card new") : program_fail("card new", &failure);
}

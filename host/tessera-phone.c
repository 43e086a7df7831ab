// SPDX-License-Identifier: Apache-2.0
// tessera phone: tickets bought with a phone's purse, handed over, and played by the phone itself.
// docs/man/tessera-phone.1 describes it.
#include "apdu/crypto/crypto_run.h"
#include "apdu/octets/unit.h"
#include "apdu/trace/tracing.h"
#include "base/files.h"
#include "base/options/options.h"
#include "host/content/content_trust.h"
#include "host/content/memory_card.h"
#include "host/flows/content/content_use.h"
#include "host/flows/content/ticket_purchase.h"
#include "host/flows/meeting.h"
#include "host/flows/tickets/ticket_meeting.h"
#include "host/flows/tickets/ticket_report.h"
#include "host/licence/licence_session.h"
#include "host/media/showing.h"
#include "host/phone/profile.h"
#include "personalization/authority/party.h"
#include "readers/link/link_open.h"

#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <unistd.h>

enum { PIN_TEXT_MAX = 13 };

struct arguments {
    const char *subject; // number, or file or id of a content
    const char *to, *state, *trm, *till, *licence, *tls, *mail, *unit, *player, *hotlist, *card;
    uint64_t charge;
    int profile; // index of phone_profiles
    bool ticket_first, headless, hashes, json;
    char pin[PIN_TEXT_MAX];
    struct program_run run;
    struct crypto *crypto;
    struct tracing tracing;
};

/// What every action has open: the state and, over its link, the phone's card.
struct phone {
    struct arguments *arguments;
    struct machine_state state;
    struct ticket_side *own;
};

static struct link *open_link(struct arguments *arguments, const char *link, uint64_t turn,
                              struct failure *failure) {
    struct link_options how = {.seeded = arguments->run.seeded, .seed = arguments->run.seed + turn};
    return link_of(link, &arguments->tracing, &how, failure);
}

static bool open_phone(struct phone *phone, struct arguments *arguments, bool alone,
                       struct failure *failure) {
    *phone = (struct phone){.arguments = arguments, .state.lock = -1};
    arguments->crypto = crypto_for_run(&arguments->run, failure);
    if (arguments->crypto == NULL)
        return false;
    phone->own = ticket_side_over(open_link(arguments, arguments->trm, 0, failure), failure);
    if (phone->own == NULL || !ticket_side_select(phone->own, failure))
        return false;
    struct machine_kind kind = {phone_profiles[arguments->profile],
                                phone->own->client.selection.id};
    return machine_state_open(&phone->state, arguments->state, &kind, alone, failure);
}

static void close_phone(struct phone *phone) {
    ticket_side_close(phone->own);
    machine_state_close(&phone->state);
}

// ---- buy ---------------------------------------------------------------------------------------

/// Everything that a purchase needs besides the phone.
struct buying {
    char tls[PATH_MAX], mail[PHONE_MAIL_MAX];
    uint8_t root[CERTIFICATE_MAX], authority[CERTIFICATE_MAX];
    struct licence_session session;
    struct side *till;
    struct purse_client purse;
    struct purchase_order order;
    struct ticket_purchase purchase;
};

static bool read_file(const char *directory, const char *name, uint8_t out[CERTIFICATE_MAX],
                      struct bytes *octets, struct failure *failure) {
    char path[PATH_MAX];
    size_t size = 0;
    if (!files_path(path, sizeof path, directory, name) ||
        !files_read(path, out, CERTIFICATE_MAX, &size))
        return fail_errno(failure, "cannot read %s/%s", directory, name);
    *octets = bytes_of(out, size);
    return true;
}

static bool take_order(struct buying *buying, const struct phone *phone, struct failure *failure) {
    const struct arguments *arguments = phone->arguments;
    struct ticket_wish wish;
    if (!ticket_wish_read(arguments->subject, &wish, failure))
        return false;
    if (wish.by_name)
        return fail(failure, EXIT_USAGE, "'%s' is a ticket's name; buy by the number of an offer",
                    arguments->subject);
    buying->order = (struct purchase_order){.number = arguments->subject,
                                            .mail = buying->mail,
                                            .amount = arguments->charge,
                                            .unit = unit_from_name(arguments->unit),
                                            .ticket_first = arguments->ticket_first};
    return (buying->order.unit != 0 ||
            fail(failure, EXIT_USAGE, "there is no unit '%s'", arguments->unit)) &&
           phone_mail(&phone->state, arguments->mail, buying->mail, failure);
}

static bool open_till(struct buying *buying, struct arguments *arguments, struct failure *failure) {
    if (arguments->till == NULL)
        return true;
    if (!link_two_cards(arguments->trm, arguments->till, failure))
        return false;
    buying->till = side_over(open_link(arguments, arguments->till, 1, failure), failure);
    return buying->till != NULL;
}

static bool prepare(struct buying *buying, const struct phone *phone, struct failure *failure) {
    struct arguments *arguments = phone->arguments;
    struct ticket_purchase *purchase = &buying->purchase;
    client_over(&buying->purse, phone->own->link);
    *purchase = (struct ticket_purchase){.order = &buying->order,
                                         .state = &phone->state,
                                         .client = &buying->session.client,
                                         .purse = &buying->purse,
                                         .store = &phone->own->client,
                                         .pin = arguments->pin[0] != '\0' ? arguments->pin : NULL,
                                         .today = arguments->run.today,
                                         .failure = failure};
    bool done =
        take_order(buying, phone, failure) &&
        machine_state_find(&phone->state, arguments->tls, "tls", buying->tls, failure) &&
        read_file(buying->tls, "root.cvc", buying->root, &purchase->root, failure) &&
        read_file(buying->tls, "issuer.cvc", buying->authority, &purchase->authority, failure) &&
        licence_session_open(&buying->session, buying->tls, arguments->licence, NULL,
                             arguments->crypto, failure) &&
        open_till(buying, arguments, failure);
    purchase->till = buying->till != NULL ? &buying->till->client : NULL;
    return done;
}

/// It is over when its owner can have read so: a run that dies before says it again.
static bool tell(struct buying *buying, bool json, struct failure *failure) {
    ticket_purchase_report(&buying->purchase, stdout, json);
    return (fflush(stdout) == 0 || fail_errno(failure, "standard output")) &&
           ticket_purchase_close(&buying->purchase);
}

static int run_buy(void *context, struct failure *failure) {
    struct arguments *arguments = context;
    struct phone phone;
    struct buying *buying = calloc(1, sizeof *buying);
    if (buying == NULL)
        return fail(failure, EXIT_REFUSED, "out of memory") ? 0 : EXIT_REFUSED;
    bool done = open_phone(&phone, arguments, true, failure) && prepare(buying, &phone, failure) &&
                ticket_purchase_run(&buying->purchase) && tell(buying, arguments->json, failure);
    licence_session_close(&buying->session);
    side_close(buying->till);
    close_phone(&phone);
    bytes_erase(buying, sizeof *buying);
    free(buying);
    return exit_of(done, failure);
}

// ---- tickets, give -----------------------------------------------------------------------------

static int run_tickets(void *context, struct failure *failure) {
    struct arguments *arguments = context;
    struct phone phone;
    bool done = open_phone(&phone, arguments, false, failure) &&
                report_ticket_list(stdout, &phone.own->client, arguments->json, failure);
    close_phone(&phone);
    return exit_of(done, failure);
}

static bool give(struct phone *phone, struct ticket_side *home, struct failure *failure) {
    const struct arguments *arguments = phone->arguments;
    struct ticket_wish wish;
    struct ticket_flow *flow = calloc(1, sizeof *flow);
    if (flow == NULL)
        return fail(failure, EXIT_REFUSED, "out of memory");
    bool done = ticket_wish_read(arguments->subject, &wish, failure);
    if (done) {
        ticket_flow_over(flow, &phone->own->client, &home->client,
                         wish.by_name ? NULL : wish.number);
        memcpy(flow->name, wish.name, sizeof flow->name);
        ticket_transfer_run(flow);
        report_ticket_move(stdout, flow, arguments->subject, arguments->json);
        done = fail_ticket_flow(flow, failure);
    }
    bytes_erase(flow, sizeof *flow);
    free(flow);
    return done;
}

static int run_give(void *context, struct failure *failure) {
    struct arguments *arguments = context;
    struct phone phone = {.state.lock = -1};
    struct ticket_side *home = NULL;
    bool done = link_two_cards(arguments->trm, arguments->to, failure) &&
                open_phone(&phone, arguments, true, failure);
    if (done)
        home = ticket_side_over(open_link(arguments, arguments->to, 1, failure), failure);
    done = home != NULL && give(&phone, home, failure);
    ticket_side_close(home);
    close_phone(&phone);
    return exit_of(done, failure);
}

// ---- play --------------------------------------------------------------------------------------

/// What plays: the player inside the phone, the container, and the card that it lies on.
struct playing {
    char tls[PATH_MAX], directory[PATH_MAX], path[PATH_MAX];
    struct party party;
    struct content_trust trust;
    struct memory_card card;
    struct container_file *file;
    struct content_use use;
};

static bool open_player(struct playing *playing, struct ticket_party *player,
                        const struct phone *phone, struct failure *failure) {
    const struct arguments *arguments = phone->arguments;
    if (!machine_state_find(&phone->state, arguments->player, "player", playing->directory,
                            failure))
        return false;
    struct party_wish wish = {"player", playing->directory, ROLE_PLAYER};
    if (!party_open(&playing->party, &wish, arguments->run.today, arguments->crypto, failure))
        return false;
    const struct certificate *certificate = &playing->party.certificate;
    *player = (struct ticket_party){certificate->holder, certificate->whole, &playing->party.signer,
                                    arguments->crypto, arguments->run.today};
    return true;
}

/// A content's id names what lies on the memory card in the slot.
static bool open_content(struct playing *playing, const struct phone *phone,
                         struct failure *failure) {
    const struct arguments *arguments = phone->arguments;
    if (!machine_state_find(&phone->state, arguments->tls, "tls", playing->tls, failure) ||
        !content_trust_open(&playing->trust, playing->tls, arguments->hotlist, arguments->crypto,
                            failure) ||
        !memory_card_open(&playing->card, arguments->card, failure) ||
        !memory_card_path(&playing->card, bytes_of_string(arguments->subject), playing->path,
                          failure))
        return false;
    if (access(playing->path, F_OK) != 0)
        return fail(failure, EXIT_REFUSED, "%s is not on the memory card in %s", arguments->subject,
                    arguments->card);
    playing->file = container_open(playing->path, &playing->trust.front, CONTAINER_WHOLE, failure);
    return playing->file != NULL;
}

static bool play(struct playing *playing, const struct phone *phone, struct failure *failure) {
    const struct arguments *arguments = phone->arguments;
    struct ticket_party player;
    struct failure gone;
    struct showing showing = {arguments->subject, arguments->headless, arguments->hashes,
                              arguments->json,    arguments->crypto,   &playing->use.left};
    playing->use = (struct content_use){.store = &phone->own->client, .player = &player};
    if (!showing_check(&showing, failure) || !open_content(playing, phone, failure) ||
        !open_player(playing, &player, phone, failure) ||
        !content_use_run(&playing->use, playing->file, failure))
        return false;
    return showing_run(&showing, playing->file, failure) ||
           (!memory_card_there(&playing->card, &gone) &&
            fail(failure, gone.code, "%s: %s", playing->path, gone.text));
}

static int run_play(void *context, struct failure *failure) {
    struct phone phone;
    struct playing *playing = calloc(1, sizeof *playing);
    prctl(PR_SET_DUMPABLE, 0);
    if (playing == NULL)
        return fail(failure, EXIT_REFUSED, "out of memory") ? 0 : EXIT_REFUSED;
    bool done = open_phone(&phone, context, false, failure) && play(playing, &phone, failure);
    container_close(playing->file);
    content_trust_free(&playing->trust);
    party_close(&playing->party);
    close_phone(&phone);
    free(playing);
    return exit_of(done, failure);
}

// ---- arguments ---------------------------------------------------------------------------------

#define AT(member) offsetof(struct arguments, member)

enum { BUY = 1, TICKETS = 2, GIVE = 4, PLAY = 8 };

static const struct option_row rows[] = {
    {NULL, "NUMBER", OPTION_TEXT, "the number of the offer, as the seller's page has it",
     .at = AT(subject), .only = BUY | GIVE, .needed = BUY | GIVE},
    {NULL, "ID", OPTION_TEXT, "the content's id", .at = AT(subject), .only = PLAY, .needed = PLAY},
    {NULL, "LINK", OPTION_LINK, "the home server's card", .at = AT(to), .only = GIVE,
     .needed = GIVE},
    {"state", "DIR", OPTION_DIRECTORY,
     "what the phone keeps; its owner's alone, made where it is missing", .at = AT(state),
     .needed = OPTION_EVERY},
    {"trm", "LINK", OPTION_LINK, "the phone's card: purse and tickets", .at = AT(trm),
     .needed = OPTION_EVERY},
    {"profile", "KIND", OPTION_WORD, "what the machine is", .at = AT(profile),
     .words = phone_profiles},
    {"charge", "N", OPTION_NUMBER, "what it costs, as the page has it, in minor units",
     .at = AT(charge), .only = BUY, .needed = BUY, .least = 1, .most = INT64_MAX},
    {"unit", "UNIT", OPTION_TEXT, "JPY where it is not said", .at = AT(unit), .only = BUY},
    {"till", "LINK", OPTION_LINK, "the seller's till; not needed once it has been paid",
     .at = AT(till), .only = BUY},
    {"licence", "URL", OPTION_TEXT, "https://HOST:PORT of the seller's licence service",
     .at = AT(licence), .only = BUY, .needed = BUY},
    {"mail", "ADDRESS", OPTION_TEXT, "the owner's mail address; kept in STATE for the next time",
     .at = AT(mail), .only = BUY},
    {"ticket-first", NULL, OPTION_FLAG, "take the ticket, then pay for it", .at = AT(ticket_first),
     .only = BUY},
    {"pin-fd", "N", OPTION_SECRET, "PIN of the purse, one line from descriptor N", .at = AT(pin),
     .only = BUY, .most = PIN_TEXT_MAX},
    {"tls", "DIR", OPTION_DIRECTORY,
     "keys and certificates of the phone, from 'tessera ca issue --network' (STATE/tls)",
     .at = AT(tls), .only = BUY | PLAY},
    {"card", "DIR", OPTION_DIRECTORY, "the slot of the memory card with the content",
     .at = AT(card), .only = PLAY, .needed = PLAY},
    {"player", "DIR", OPTION_DIRECTORY,
     "keys and certificate of a player, from 'tessera ca issue' (STATE/player)", .at = AT(player),
     .only = PLAY},
    {"hotlist", "FILE", OPTION_FILE, "revoked certificates, from 'tessera ca hotlist'",
     .at = AT(hotlist), .only = PLAY},
    {"headless", NULL, OPTION_FLAG, "decode everything, show nothing", .at = AT(headless),
     .only = PLAY},
    {"hashes", NULL, OPTION_FLAG, "a line a frame: video or audio, octets, SHA-256",
     .at = AT(hashes), .only = PLAY},
    OPTION_JSON_ROW(AT(json)),
    OPTION_TRACE_ROW(AT(tracing.wanted)),
    OPTION_CLOCK_ROW(AT(run)),
    OPTION_SEED_ROW(AT(run)),
};

static const struct action actions[] = {
    {BUY, "buy", "pay a ticket at the seller's till and take it over the network; once", run_buy,
     NULL},
    {TICKETS, "tickets", "list the tickets that are here", run_tickets, NULL},
    {GIVE, "give", "hand a ticket over to a home server", run_give, NULL},
    {PLAY, "play", "use a ticket once and show its content from a memory card", run_play, NULL},
};

static const struct command phone_command = {
    .name = "phone",
    .purpose = "a phone: tickets bought with its purse, handed over, played",
    .rows = rows,
    .row_count = sizeof rows / sizeof rows[0],
    .actions = actions,
    .action_count = sizeof actions / sizeof actions[0],
};

int main(int argc, char **argv) {
    struct arguments arguments = {.run = program_run_now(), .unit = "JPY"};
    int code = command_main(&phone_command, &arguments, argc, argv);
    crypto_openssl_free(arguments.crypto);
    bytes_erase(arguments.pin, sizeof arguments.pin);
    return tracing_end(&arguments.tracing, "phone", code);
}

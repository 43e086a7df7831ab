// SPDX-License-Identifier: Apache-2.0
// tessera phone: tickets listed, handed over, and played by the phone itself.
// docs/man/tessera-phone.1 describes it.
#include "apdu/crypto/crypto_run.h"
#include "apdu/octets/unit.h"
#include "apdu/trace/tracing.h"
#include "base/files.h"
#include "base/options/options.h"
#include "host/content/content_trust.h"
#include "host/content/memory_card.h"
#include "host/flows/content/content_use.h"
#include "host/flows/meeting.h"
#include "host/flows/tickets/ticket_meeting.h"
#include "host/flows/tickets/ticket_report.h"
#include "host/media/showing.h"
#include "host/phone/profile.h"
#include "personalization/authority/party.h"
#include "readers/link/link_open.h"

#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <unistd.h>

struct arguments {
    const char *subject; // number, or file or id of a content
    const char *to, *state, *trm, *tls, *player, *hotlist, *card;
    int profile; // index of phone_profiles
    bool headless, hashes, json;
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

enum { TICKETS = 1, GIVE = 2, PLAY = 4 };

static const struct option_row rows[] = {
    {NULL, "NUMBER", OPTION_TEXT, "the number of the offer, as the seller's page has it",
     .at = AT(subject), .only = GIVE, .needed = GIVE},
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
    {"tls", "DIR", OPTION_DIRECTORY,
     "keys and certificates of the phone, from 'tessera ca issue --network' (STATE/tls)",
     .at = AT(tls), .only = PLAY},
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
    {TICKETS, "tickets", "list the tickets that are here", run_tickets, NULL},
    {GIVE, "give", "hand a ticket over to a home server", run_give, NULL},
    {PLAY, "play", "use a ticket once and show its content from a memory card", run_play, NULL},
};

static const struct command phone_command = {
    .name = "phone",
    .purpose = "a phone: tickets listed, handed over, played",
    .rows = rows,
    .row_count = sizeof rows / sizeof rows[0],
    .actions = actions,
    .action_count = sizeof actions / sizeof actions[0],
};

int main(int argc, char **argv) {
    struct arguments arguments = {.run = program_run_now()};
    int code = command_main(&phone_command, &arguments, argc, argv);
    crypto_openssl_free(arguments.crypto);
    return tracing_end(&arguments.tracing, "phone", code);
}

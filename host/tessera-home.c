// SPDX-License-Identifier: Apache-2.0
// tessera home: a home server's contents: fetched, listed, played by tickets. docs/man/
// tessera-home.1 describes it.
#include "apdu/crypto/crypto_run.h"
#include "apdu/trace/tracing.h"
#include "base/options/options.h"
#include "host/content/content_trust.h"
#include "host/content/memory_card.h"
#include "host/flows/content/content_request.h"
#include "host/flows/content/content_use.h"
#include "host/flows/report.h"
#include "host/flows/tickets/ticket_meeting.h"
#include "host/home/catalogue.h"
#include "host/licence/licence_session.h"
#include "host/media/showing.h"
#include "personalization/authority/party.h"
#include "readers/link/link_open.h"

#include <sys/prctl.h>

struct arguments {
    const char *id, *state, *content, *medium, *tls, *player, *hotlist, *store, *from, *phone,
        *card;
    bool headless, hashes, json;
    struct program_run run;
    struct crypto *crypto;
    struct tracing tracing;
};

/// What every action has open.
struct home {
    struct arguments *arguments;
    char tls[PATH_MAX];
    struct machine_state state;
    struct content_trust trust;
    struct library library;
};

static bool open_home(struct home *home, struct arguments *arguments, bool alone,
                      struct failure *failure) {
    static const struct machine_kind kind = {"home", NULL};
    *home = (struct home){.arguments = arguments, .state.lock = -1};
    home->library = (struct library){&home->state, &home->trust.front};
    arguments->crypto = crypto_for_run(&arguments->run, failure);
    return arguments->crypto != NULL &&
           machine_state_open(&home->state, arguments->state, &kind, alone, failure) &&
           machine_state_find(&home->state, arguments->tls, "tls", home->tls, failure) &&
           content_trust_open(&home->trust, home->tls, arguments->hotlist, arguments->crypto,
                              failure);
}

static void close_home(struct home *home) {
    content_trust_free(&home->trust);
    machine_state_close(&home->state);
}

// ---- fetch -------------------------------------------------------------------------------------

static bool fetch_from(struct home *home, const struct content_source *source,
                       struct failure *failure) {
    struct progress progress;
    struct content_request request = {.library = &home->library,
                                      .source = source,
                                      .id = home->arguments->id,
                                      .failure = failure,
                                      .progress = &progress};
    progress_begin(&progress);
    bool done = content_request_run(&request);
    progress_clear(&progress);
    if (done)
        content_request_report(&request, stdout, home->arguments->json);
    return done;
}

static bool fetch(struct home *home, struct failure *failure) {
    const struct arguments *arguments = home->arguments;
    struct source_medium medium = {.directory = arguments->medium, .trust = &home->trust.front};
    struct content_source source = source_of_medium(&medium);
    if ((arguments->medium == NULL) == (arguments->content == NULL))
        return fail(failure, EXIT_USAGE, "say either --content URL or --medium DIR");
    if (arguments->medium != NULL)
        return fetch_from(home, &source, failure);
    struct licence_session session;
    bool done = licence_session_open(&session, home->tls, NULL, arguments->content,
                                     arguments->crypto, failure);
    if (done) {
        struct source_service service = {session.client.courier, session.client.memory};
        source = source_of_service(&service);
        done = fetch_from(home, &source, failure);
    }
    licence_session_close(&session);
    return done;
}

static int run_fetch(void *context, struct failure *failure) {
    struct home home;
    bool done = open_home(&home, context, true, failure) && fetch(&home, failure);
    close_home(&home);
    return exit_of(done, failure);
}

// ---- catalogue ---------------------------------------------------------------------------------

static int run_catalogue(void *context, struct failure *failure) {
    struct arguments *arguments = context;
    struct home home;
    struct licence_session session = {0};
    bool done = open_home(&home, arguments, false, failure) &&
                licence_session_open(&session, home.tls, NULL, arguments->content,
                                     arguments->crypto, failure);
    if (done) {
        const struct source_service service = {session.client.courier, session.client.memory};
        done = catalogue_report(&service, stdout, arguments->json, failure);
    }
    licence_session_close(&session);
    close_home(&home);
    return exit_of(done, failure);
}

// ---- library -----------------------------------------------------------------------------------

static int run_library(void *context, struct failure *failure) {
    struct arguments *arguments = context;
    struct home home;
    bool done = open_home(&home, arguments, false, failure) &&
                library_report(&home.library, stdout, arguments->json, failure);
    close_home(&home);
    return exit_of(done, failure);
}

// ---- to-card -----------------------------------------------------------------------------------

static bool write_to_card(struct home *home, struct failure *failure) {
    const struct arguments *arguments = home->arguments;
    struct memory_card card;
    char path[PATH_MAX];
    if (!memory_card_open(&card, arguments->card, failure))
        return false;
    struct container_file *file = library_open(&home->library, arguments->id, failure);
    bool done = file != NULL && memory_card_write(&card, file, path, failure);
    container_close(file);
    if (done && arguments->json)
        report_line(stdout, json_pack("{s:s, s:s}", "status", "done", "file", path));
    else if (done)
        printf("%s\n", path);
    return done;
}

static int run_to_card(void *context, struct failure *failure) {
    struct home home;
    bool done = open_home(&home, context, false, failure) && write_to_card(&home, failure);
    close_home(&home);
    return exit_of(done, failure);
}

// ---- play --------------------------------------------------------------------------------------

/// The player of this home, its store, and the phones that come near.
struct meeting {
    struct party party;
    struct ticket_party player;
    struct ticket_side *store, *from, *phone;
};

static bool open_side(struct arguments *arguments, const char *link, uint64_t turn,
                      struct ticket_side **side, struct failure *failure) {
    struct link_options how = {.seeded = arguments->run.seeded, .seed = arguments->run.seed + turn};
    if (link == NULL)
        return true;
    *side = ticket_side_over(link_of(link, &arguments->tracing, &how, failure), failure);
    return *side != NULL && ticket_side_select(*side, failure);
}

static bool open_player(struct meeting *meeting, const struct home *home, struct failure *failure) {
    char directory[PATH_MAX];
    const struct arguments *arguments = home->arguments;
    if (!machine_state_find(&home->state, arguments->player, "player", directory, failure))
        return false;
    struct party_wish wish = {"player", directory, ROLE_PLAYER};
    if (!party_open(&meeting->party, &wish, arguments->run.today, arguments->crypto, failure))
        return false;
    const struct certificate *certificate = &meeting->party.certificate;
    meeting->player =
        (struct ticket_party){certificate->holder, certificate->whole, &meeting->party.signer,
                              arguments->crypto, arguments->run.today};
    return true;
}

/// What is kept here goes with one store.
static bool bind_state(const struct home *home, const struct ticket_side *store,
                       struct failure *failure) {
    const struct machine_kind kind = {"home", store->client.selection.id};
    return machine_state_bind(&home->state, &kind, failure);
}

static bool meet(struct meeting *meeting, const struct home *home, struct failure *failure) {
    struct arguments *arguments = home->arguments;
    if (arguments->from != NULL && arguments->phone != NULL)
        return fail(failure, EXIT_USAGE, "the phone of --from is at hand; leave --phone out");
    return open_player(meeting, home, failure) &&
           open_side(arguments, arguments->store, 0, &meeting->store, failure) &&
           bind_state(home, meeting->store, failure) &&
           open_side(arguments, arguments->from, 1, &meeting->from, failure) &&
           open_side(arguments, arguments->phone, 2, &meeting->phone, failure);
}

static bool unlock(struct meeting *meeting, struct container_file *file, struct ticket_left *left,
                   struct failure *failure) {
    struct ticket_side *phone = meeting->from != NULL ? meeting->from : meeting->phone;
    struct content_use use = {.store = &meeting->store->client,
                              .phone = phone != NULL ? &phone->client : NULL,
                              .player = &meeting->player};
    if (meeting->from != NULL &&
        (!content_use_hand_over(&meeting->from->client, use.store, file, failure) ||
         !ticket_side_select(meeting->store, failure)))
        return false;
    bool done = content_use_run(&use, file, failure);
    *left = use.left;
    return done;
}

/// The container is judged before a ticket moves or is used for it.
static bool play(struct home *home, struct failure *failure) {
    const struct arguments *arguments = home->arguments;
    struct ticket_left left = {0};
    struct meeting meeting = {.store = NULL};
    struct showing showing = {arguments->id,   arguments->headless, arguments->hashes,
                              arguments->json, arguments->crypto,   &left};
    if (!showing_check(&showing, failure))
        return false;
    struct container_file *file = library_open(&home->library, arguments->id, failure);
    bool done = file != NULL && meet(&meeting, home, failure) &&
                unlock(&meeting, file, &left, failure) && showing_run(&showing, file, failure);
    container_close(file);
    ticket_side_close(meeting.store);
    ticket_side_close(meeting.from);
    ticket_side_close(meeting.phone);
    party_close(&meeting.party);
    return done;
}

static int run_play(void *context, struct failure *failure) {
    struct home home;
    prctl(PR_SET_DUMPABLE, 0);
    bool done = open_home(&home, context, false, failure) && play(&home, failure);
    close_home(&home);
    return exit_of(done, failure);
}

// ---- arguments ---------------------------------------------------------------------------------

#define AT(member) offsetof(struct arguments, member)

enum { FETCH = 1, LIBRARY = 2, PLAY = 4, TO_CARD = 8, CATALOGUE = 16 };

static const struct option_row rows[] = {
    {NULL, "ID", OPTION_TEXT, "the content's id", .at = AT(id), .only = FETCH | PLAY | TO_CARD,
     .needed = FETCH | PLAY | TO_CARD},
    {NULL, "DIR", OPTION_DIRECTORY, "where the memory card is inserted", .at = AT(card),
     .only = TO_CARD, .needed = TO_CARD},
    {"state", "DIR", OPTION_DIRECTORY,
     "what the home server keeps; its owner's alone, made where it is missing", .at = AT(state),
     .needed = OPTION_EVERY},
    {"content", "URL", OPTION_TEXT, "https://HOST:PORT of a content service", .at = AT(content),
     .only = FETCH | CATALOGUE, .needed = CATALOGUE},
    {"medium", "DIR", OPTION_DIRECTORY, "instead: a medium with containers on it, without network",
     .at = AT(medium), .only = FETCH},
    {"tls", "DIR", OPTION_DIRECTORY,
     "keys and certificates of the home server, from 'tessera ca issue --network' (STATE/tls)",
     .at = AT(tls)},
    {"store", "LINK", OPTION_LINK, "the home server's own card, which counts the use",
     .at = AT(store), .only = PLAY, .needed = PLAY},
    {"from", "LINK", OPTION_LINK, "a phone that hands the ticket over first", .at = AT(from),
     .only = PLAY},
    {"phone", "LINK", OPTION_LINK, "the phone that bought a bound ticket", .at = AT(phone),
     .only = PLAY},
    {"player", "DIR", OPTION_DIRECTORY,
     "keys and certificate of a player, from 'tessera ca issue' (STATE/player)", .at = AT(player),
     .only = PLAY},
    {"hotlist", "FILE", OPTION_FILE, "revoked certificates, from 'tessera ca hotlist'",
     .at = AT(hotlist)},
    {"headless", NULL, OPTION_FLAG, "decode everything, show nothing", .at = AT(headless),
     .only = PLAY},
    {"hashes", NULL, OPTION_FLAG, "a line a frame: video or audio, octets, SHA-256",
     .at = AT(hashes), .only = PLAY},
    OPTION_JSON_ROW(AT(json)),
    {"trace", NULL, OPTION_FLAG, OPTION_TRACE_HELP, .at = AT(tracing.wanted), .only = PLAY},
    OPTION_CLOCK_ROW(AT(run)),
    OPTION_SEED_ROW(AT(run)),
};

static const struct action actions[] = {
    {CATALOGUE, "catalogue", "what a content service offers", run_catalogue, NULL},
    {FETCH, "fetch", "bring a content from a service or a medium; goes on where it broke off",
     run_fetch, NULL},
    {LIBRARY, "library", "list the contents that are here", run_library, NULL},
    {TO_CARD, "to-card", "write a content to a memory card; prints where it lies", run_to_card,
     NULL},
    {PLAY, "play", "use a ticket once and show its content", run_play, NULL},
};

static const struct command home_command = {
    .name = "home",
    .purpose = "a home server: contents fetched, listed, played by tickets",
    .rows = rows,
    .row_count = sizeof rows / sizeof rows[0],
    .actions = actions,
    .action_count = sizeof actions / sizeof actions[0],
};

int main(int argc, char **argv) {
    struct arguments arguments = {.run = program_run_now()};
    int code = command_main(&home_command, &arguments, argc, argv);
    crypto_openssl_free(arguments.crypto);
    return tracing_end(&arguments.tracing, "home", code);
}

// SPDX-License-Identifier: Apache-2.0
// tessera content play: a container on the screen, or hashed frame by frame. docs/man/
// tessera-content-play.1 describes it.
#include "apdu/crypto/crypto_run.h"
#include "apdu/trace/tracing.h"
#include "base/options/options.h"
#include "host/content/content_key.h"
#include "host/content/content_trust.h"
#include "host/content/memory_card.h"
#include "host/flows/content/content_use.h"
#include "host/flows/tickets/ticket_meeting.h"
#include "host/media/showing.h"
#include "personalization/authority/party.h"
#include "readers/link/link_open.h"

#include <sys/prctl.h>

struct arguments {
    const char *file, *key, *store, *phone, *player, *trust, *hotlist;
    bool headless, hashes, json;
    struct program_run run;
    struct crypto *crypto;
    struct tracing tracing;
    struct ticket_left left; // of the ticket that opened it
};

static bool unlock_by_file(struct arguments *arguments, struct container_file *file,
                           struct failure *failure) {
    struct content_key key;
    bool done = content_key_read(arguments->key, &key, failure) &&
                container_unlock(file, bytes_of(key.octets, key.size), failure);
    bytes_erase(&key, sizeof key);
    return done;
}

// ---- a ticket ----------------------------------------------------------------------------------

/// Who takes part: the player that asks, the store that answers, the phone that a bound ticket
/// wants.
struct meeting {
    struct party party;
    struct ticket_party player;
    struct ticket_side *store, *phone;
};

static struct ticket_side *open_side(struct arguments *arguments, const char *link,
                                     struct failure *failure) {
    struct link_options how = {.seeded = arguments->run.seeded, .seed = arguments->run.seed};
    return ticket_side_over(link_of(link, &arguments->tracing, &how, failure), failure);
}

static bool meet(struct meeting *meeting, struct arguments *arguments, struct failure *failure) {
    struct party_wish player = {"player", arguments->player, ROLE_PLAYER};
    if (!party_open(&meeting->party, &player, arguments->run.today, arguments->crypto, failure))
        return false;
    const struct certificate *certificate = &meeting->party.certificate;
    meeting->player =
        (struct ticket_party){certificate->holder, certificate->whole, &meeting->party.signer,
                              arguments->crypto, arguments->run.today};
    meeting->store = open_side(arguments, arguments->store, failure);
    if (meeting->store == NULL || !ticket_side_select(meeting->store, failure))
        return false;
    meeting->phone =
        arguments->phone != NULL ? open_side(arguments, arguments->phone, failure) : NULL;
    return arguments->phone == NULL || meeting->phone != NULL;
}

static bool unlock_by_ticket(struct arguments *arguments, struct container_file *file,
                             struct failure *failure) {
    struct meeting meeting = {.store = NULL};
    bool done = meet(&meeting, arguments, failure);
    if (done) {
        struct content_use use = {.store = &meeting.store->client,
                                  .phone = meeting.phone != NULL ? &meeting.phone->client : NULL,
                                  .player = &meeting.player};
        done = content_use_run(&use, file, failure);
        arguments->left = use.left;
    }
    ticket_side_close(meeting.store);
    ticket_side_close(meeting.phone);
    party_close(&meeting.party);
    return done;
}

// ---- the whole ---------------------------------------------------------------------------------

static bool check_arguments(const struct arguments *arguments, struct failure *failure) {
    if ((arguments->key == NULL) == (arguments->store == NULL))
        return fail(failure, EXIT_USAGE, "say either --store LINK or --key FILE");
    return (arguments->store != NULL) == (arguments->player != NULL) ||
           fail(failure, EXIT_USAGE, "--store goes with --player DIR, who asks it");
}

/// Without its card a container ends in a way that says nothing of the card.
static bool tell_card(const char *path, bool on_card, const struct memory_card *card,
                      struct failure *failure) {
    struct failure gone;
    if (on_card && !memory_card_there(card, &gone))
        fail(failure, gone.code, "%s: %s", path, gone.text);
    return false;
}

/// The container is judged before a ticket is used for it.
static int run_play(void *context, struct failure *failure) {
    struct arguments *arguments = context;
    struct content_trust trust = {0};
    struct container_file *file = NULL;
    struct memory_card card;
    bool on_card = memory_card_below(&card, arguments->file);
    struct showing showing = {.title = arguments->file,
                              .headless = arguments->headless,
                              .hashes = arguments->hashes,
                              .json = arguments->json,
                              .left = arguments->store != NULL ? &arguments->left : NULL};
    prctl(PR_SET_DUMPABLE, 0);
    if (!showing_check(&showing, failure) || !check_arguments(arguments, failure))
        return failure->code;
    showing.crypto = arguments->crypto = crypto_for_run(&arguments->run, failure);
    bool done = arguments->crypto != NULL &&
                content_trust_open(&trust, arguments->trust, arguments->hotlist, arguments->crypto,
                                   failure);
    if (done)
        file = container_open(arguments->file, &trust.front, CONTAINER_WHOLE, failure);
    done =
        file != NULL &&
        (arguments->store != NULL ? unlock_by_ticket : unlock_by_file)(arguments, file, failure) &&
        showing_run(&showing, file, failure);
    done = done || tell_card(arguments->file, on_card, &card, failure);
    container_close(file);
    content_trust_free(&trust);
    return exit_of(done, failure);
}

// ---- arguments ---------------------------------------------------------------------------------

#define AT(member) offsetof(struct arguments, member)

static const struct option_row rows[] = {
    {NULL, "FILE", OPTION_FILE, "the container", .at = AT(file), .needed = OPTION_EVERY},
    {"store", "LINK", OPTION_LINK,
     "the card with the ticket: one use of it is counted, and it gives the key", .at = AT(store)},
    {"player", "DIR", OPTION_DIRECTORY, "keys and certificate of a player, from 'tessera ca issue'",
     .at = AT(player)},
    {"phone", "LINK", OPTION_LINK, "the phone that bought a bound ticket", .at = AT(phone)},
    {"key", "FILE", OPTION_FILE, "instead: the key octets that a ticket would give", .at = AT(key)},
    {"trust", "DIR", OPTION_DIRECTORY,
     "root.cvc of the trusted root, and center.cvc whose hotlists count", .at = AT(trust),
     .needed = OPTION_EVERY},
    {"hotlist", "FILE", OPTION_FILE, "revoked certificates, from 'tessera ca hotlist'",
     .at = AT(hotlist)},
    {"headless", NULL, OPTION_FLAG, "decode everything, show nothing", .at = AT(headless)},
    {"hashes", NULL, OPTION_FLAG, "a line a frame: video or audio, octets, SHA-256",
     .at = AT(hashes)},
    OPTION_JSON_ROW(AT(json)),
    OPTION_TRACE_ROW(AT(tracing.wanted)),
    OPTION_CLOCK_ROW(AT(run)),
    OPTION_SEED_ROW(AT(run)),
};

static const struct action actions[] = {
    {1, NULL, "play a container on the screen, or hash it frame by frame", run_play, NULL}};

static const struct command play_command = {
    .name = "content play",
    .purpose = "play a container on the screen, or hash it frame by frame",
    .rows = rows,
    .row_count = sizeof rows / sizeof rows[0],
    .actions = actions,
    .action_count = sizeof actions / sizeof actions[0],
};

int main(int argc, char **argv) {
    struct arguments arguments = {.run = program_run_now()};
    int code = command_main(&play_command, &arguments, argc, argv);
    crypto_openssl_free(arguments.crypto);
    return tracing_end(&arguments.tracing, "content play", code);
}

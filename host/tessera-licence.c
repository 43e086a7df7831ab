// SPDX-License-Identifier: Apache-2.0
// tessera licence: keys and offers of contents for a licence service. docs/man/tessera-licence.1
// describes it.
#include "apdu/crypto/crypto_run.h"
#include "apdu/octets/unit.h"
#include "base/calendar.h"
#include "base/options/options.h"
#include "host/content/content_key.h"
#include "host/content/content_trust.h"
#include "host/licence/licence_session.h"
#include "host/licence/publish.h"

#include <stdio.h>

struct arguments {
    const char *file, *key, *url, *content, *tls, *number, *unit, *first, *last, *activator;
    struct option_list actions;
    uint64_t amount, plays, copies;
    bool sealed, json;
    struct program_run run;
    struct crypto *crypto;
};

/// What both actions have open: the container, judged by the caller's own root, and the service.
struct session {
    struct content_trust trust;
    struct container_file *container;
    struct licence_session licence;
};

static bool open_session(struct session *session, struct arguments *arguments,
                         struct failure *failure) {
    arguments->crypto = crypto_for_run(&arguments->run, failure);
    if (arguments->crypto == NULL ||
        !content_trust_open(&session->trust, arguments->tls, NULL, arguments->crypto, failure))
        return false;
    session->container =
        container_open(arguments->file, &session->trust.front, CONTAINER_PART, failure);
    return session->container != NULL &&
           licence_session_open(&session->licence, arguments->tls, arguments->url,
                                arguments->content, arguments->crypto, failure);
}

static void close_session(struct session *session) {
    licence_session_close(&session->licence);
    container_close(session->container);
    content_trust_free(&session->trust);
}

static int run_key(void *context, struct failure *failure) {
    struct arguments *arguments = context;
    struct session session = {0};
    struct content_key key = {.size = 0};
    bool done =
        content_key_read(arguments->key, &key, failure) &&
        open_session(&session, arguments, failure) &&
        licence_hand_key(&session.licence.client, session.container, bytes_of(key.octets, key.size),
                         arguments->content != NULL, failure);
    bytes_erase(&key, sizeof key);
    close_session(&session);
    return exit_of(done, failure);
}

static bool take_day(const char *option, const char *text, uint32_t *day, struct failure *failure) {
    *day = text != NULL ? date_of_text(text) : 0;
    return text == NULL || *day != 0 ||
           fail(failure, EXIT_USAGE, "--%s '%s' is no day as 2026-12-31", option, text);
}

static bool make_offer(struct session *session, const struct arguments *arguments,
                       struct failure *failure) {
    char number[17];
    struct licence_offer offer = {
        .amount = arguments->amount,
        .unit = unit_from_name(arguments->unit),
        .plays = arguments->plays > 0 ? (int64_t)arguments->plays : -1,
        .copies = arguments->copies > 0 ? (int64_t)arguments->copies : -1,
        .actions = licence_actions(arguments->actions.items, arguments->actions.count),
        .sealed = arguments->sealed,
        .number = arguments->number,
        .activator = arguments->activator};
    if (offer.unit == 0)
        return fail(failure, EXIT_USAGE, "there is no unit '%s'", arguments->unit);
    if (offer.actions == 0)
        return fail(
            failure, EXIT_USAGE,
            "--allow takes play, copy, bound and game; bound and game beside what they bind");
    if (!take_day("first-day", arguments->first, &offer.first_day, failure) ||
        !take_day("last-day", arguments->last, &offer.last_day, failure) ||
        !licence_make_offer(&session->licence.client, session->container, &offer, number, failure))
        return false;
    offer.number = number;
    if (arguments->content != NULL &&
        !publish_offer(&session->licence.client, session->container, &offer, failure))
        return false;
    printf(arguments->json ? "{\"number\":\"%s\"}\n" : "%s\n", number);
    return true;
}

static int run_offer(void *context, struct failure *failure) {
    struct arguments *arguments = context;
    struct session session = {0};
    bool done =
        open_session(&session, arguments, failure) && make_offer(&session, arguments, failure);
    close_session(&session);
    return exit_of(done, failure);
}

// ---- arguments ---------------------------------------------------------------------------------

#define AT(member) offsetof(struct arguments, member)

enum { KEY = 1, OFFER = 2 };

static const struct option_row rows[] = {
    {NULL, "FILE", OPTION_FILE, "a container of the content", .at = AT(file),
     .needed = OPTION_EVERY},
    {"licence", "URL", OPTION_TEXT, "https://HOST:PORT of the licence service", .at = AT(url),
     .needed = OPTION_EVERY},
    {"content", "URL", OPTION_TEXT,
     "https://HOST:PORT of a content service that has the container and passes the key on",
     .at = AT(content), .only = KEY},
    {"content", "URL", OPTION_TEXT,
     "https://HOST:PORT of a content service whose page of the content is to name the offer",
     .at = AT(content), .only = OFFER},
    {"tls", "DIR", OPTION_DIRECTORY,
     "keys and certificates of who says it, from 'tessera ca issue': a provider's for key, a "
     "seller's for offer",
     .at = AT(tls), .needed = OPTION_EVERY},
    {"key", "FILE", OPTION_FILE, "the key octets that tickets carry", .at = AT(key), .only = KEY,
     .needed = KEY},
    {"amount", "N", OPTION_NUMBER, "the charge in minor units", .at = AT(amount), .only = OFFER,
     .needed = OFFER, .least = 1, .most = INT64_MAX},
    {"unit", "UNIT", OPTION_TEXT, "JPY where it is not said", .at = AT(unit), .only = OFFER},
    {"plays", "N", OPTION_NUMBER, "how often; any number of times where it is not said",
     .at = AT(plays), .only = OFFER, .least = 1, .most = 65535},
    {"copies", "N", OPTION_NUMBER, "how many copies, 255 for any number; none where it is not said",
     .at = AT(copies), .only = OFFER, .least = 1, .most = 255},
    {"allow", "ACTION", OPTION_TEXT,
     "play (alone, where nothing is said), copy; bound: only with the buyer's phone; game: only on "
     "game machines",
     .at = AT(actions), .only = OFFER, .many = true, .most = 4},
    {"first-day", "DATE", OPTION_TEXT, "from this day on", .at = AT(first), .only = OFFER},
    {"last-day", "DATE", OPTION_TEXT, "to this day", .at = AT(last), .only = OFFER},
    {"sealed", NULL, OPTION_FLAG, "tickets play only when they are paid for", .at = AT(sealed),
     .only = OFFER},
    {"activator", "ID", OPTION_TEXT,
     "the telephone company that may unseal tickets besides the seller", .at = AT(activator),
     .only = OFFER},
    {"number", "NUMBER", OPTION_TEXT, "the offer's number; a coded one where it is not said",
     .at = AT(number), .only = OFFER},
    {"json", NULL, OPTION_FLAG, "one JSON object a line", .at = AT(json), .only = OFFER},
    OPTION_CLOCK_ROW(AT(run)),
    OPTION_SEED_ROW(AT(run)),
};

static const struct action actions[] = {
    {KEY, "key", "hand the key of a content to a licence service, sealed for it", run_key, NULL},
    {OFFER, "offer", "offer tickets for a content; prints the offer's number", run_offer, NULL},
};

static const struct command licence_command = {
    .name = "licence",
    .purpose = "keys and offers of contents for a licence service",
    .rows = rows,
    .row_count = sizeof rows / sizeof rows[0],
    .actions = actions,
    .action_count = sizeof actions / sizeof actions[0],
};

int main(int argc, char **argv) {
    struct arguments arguments = {.run = program_run_now(), .unit = "JPY"};
    int code = command_main(&licence_command, &arguments, argc, argv);
    crypto_openssl_free(arguments.crypto);
    return code;
}

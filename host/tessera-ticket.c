// SPDX-License-Identifier: Apache-2.0
// tessera ticket: rights on cards on the command line. docs/man/tessera-ticket.1 describes it.
#include "apdu/crypto/crypto_run.h"
#include "apdu/object/action.h"
#include "apdu/octets/unit.h"
#include "apdu/trace/tracing.h"
#include "base/options/options.h"
#include "host/content/content_key.h"
#include "host/flows/tickets/ticket_delivery.h"
#include "host/flows/tickets/ticket_errand.h"
#include "host/flows/tickets/ticket_meeting.h"
#include "host/flows/tickets/ticket_report.h"
#include "host/tickets/ticket_failure.h"
#include "personalization/authority/party.h"
#include "personalization/cards/seller/local_seller.h"
#include "readers/link/link_open.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { PIN_TEXT_MAX = 13, TOKEN_PIN_MAX = 128, LINKS_MAX = 2, COPIES_MOST = 254 };

struct arguments {
    const char *links[LINKS_MAX];
    const char *number, *ca, *seller, *key, *party, *content, *out;
    bool json, unsettled, in_transit;
    int action; // index of uses
    struct ticket_order order;
    struct option_list named, actions;
    uint64_t plays, copies; // UINT64_MAX: not said
    int algorithm;          // index of algorithms
    char pin[PIN_TEXT_MAX], token_pin[TOKEN_PIN_MAX];
    struct program_run run;
    struct crypto *crypto;
    struct tracing tracing;
};

static struct ticket_side *open_side(struct arguments *arguments, size_t index,
                                     struct failure *failure) {
    struct link_options how = {.seeded = arguments->run.seeded,
                               .seed = arguments->run.seed + index};
    return ticket_side_over(link_of(arguments->links[index], &arguments->tracing, &how, failure),
                            failure);
}

// ---- list --------------------------------------------------------------------------------------

/// What is done at one store.
typedef bool store_work(struct ticket_client *client, const struct arguments *arguments,
                        struct failure *failure);

static int at_store(struct arguments *arguments, store_work *work, struct failure *failure) {
    struct ticket_side *side = open_side(arguments, 0, failure);
    bool done = side != NULL && ticket_side_select(side, failure) &&
                work(&side->client, arguments, failure);
    ticket_side_close(side);
    return exit_of(done, failure);
}

static bool list(struct ticket_client *client, const struct arguments *arguments,
                 struct failure *failure) {
    return report_ticket_list(stdout, client, arguments->json, failure);
}

static int run_list(void *context, struct failure *failure) {
    return at_store(context, list, failure);
}

// ---- show --------------------------------------------------------------------------------------

static bool show(struct ticket_client *client, const struct arguments *arguments,
                 struct failure *failure) {
    struct ticket_wish wish;
    struct ticket_row row;
    struct object header;
    if (!ticket_wish_read(arguments->number, &wish, failure) ||
        !ticket_wish_find(&wish, client, &row, failure) ||
        !ticket_went(client, ticket_client_read(client, row.name, &header, &row.left), failure))
        return false;
    report_ticket_header(stdout, &row, &header, arguments->json);
    return true;
}

static int run_show(void *context, struct failure *failure) {
    return at_store(context, show, failure);
}

// ---- forget ------------------------------------------------------------------------------------

static bool forget(struct ticket_client *client, const struct arguments *arguments,
                   struct failure *failure) {
    struct ticket_wish wish;
    struct ticket_row row;
    bool done = ticket_wish_read(arguments->number, &wish, failure) &&
                ticket_forget(client, &wish, arguments->pin, arguments->in_transit, &row, failure);
    if (done)
        report_ticket(stdout, &row, arguments->json);
    return done;
}

static int run_forget(void *context, struct failure *failure) {
    return at_store(context, forget, failure);
}

// ---- move --------------------------------------------------------------------------------------

static bool move(struct ticket_side *source, struct ticket_side *destination,
                 const struct arguments *arguments, struct failure *failure) {
    struct ticket_wish wish;
    struct ticket_flow *flow = calloc(1, sizeof *flow);
    if (flow == NULL)
        return fail(failure, EXIT_REFUSED, "out of memory");
    bool done = ticket_wish_read(arguments->number, &wish, failure);
    if (done) {
        ticket_flow_over(flow, &source->client, &destination->client,
                         wish.by_name ? NULL : wish.number);
        memcpy(flow->name, wish.name, sizeof flow->name);
        ticket_transfer_run(flow);
        report_ticket_move(stdout, flow, arguments->number, arguments->json);
        if (flow->status == FLOW_DONE && !flow->completed)
            fprintf(stderr, "tessera ticket: moved; the source left before it knew, which the next "
                            "move between the two tells it\n");
        done = fail_ticket_flow(flow, failure);
    }
    bytes_erase(flow, sizeof *flow);
    free(flow);
    return done;
}

static int run_move(void *context, struct failure *failure) {
    struct arguments *arguments = context;
    bool two = link_two_cards(arguments->links[0], arguments->links[1], failure);
    struct ticket_side *source = two ? open_side(arguments, 0, failure) : NULL;
    struct ticket_side *destination = source != NULL ? open_side(arguments, 1, failure) : NULL;
    bool done = destination != NULL && move(source, destination, arguments, failure);
    ticket_side_close(source);
    ticket_side_close(destination);
    return exit_of(done, failure);
}

// ---- play, activate ----------------------------------------------------------------------------

static const char *const uses[] = {"play", "copy", "convert", NULL};

/// The player that asks, the store that answers, the phone that a bound ticket wants.
struct meeting {
    struct party party;
    struct ticket_party signs;
    struct ticket_side *store, *phone;
    struct ticket_row row;
};

static bool meet(struct meeting *meeting, struct arguments *arguments, const char *option,
                 uint16_t roles, struct failure *failure) {
    struct party_wish wanted = {option, arguments->party, roles};
    struct ticket_wish wish;
    arguments->crypto = crypto_for_run(&arguments->run, failure);
    if (arguments->crypto == NULL || !ticket_wish_read(arguments->number, &wish, failure) ||
        !party_open(&meeting->party, &wanted, arguments->run.today, arguments->crypto, failure))
        return false;
    const struct certificate *certificate = &meeting->party.certificate;
    meeting->signs =
        (struct ticket_party){certificate->holder, certificate->whole, &meeting->party.signer,
                              arguments->crypto, arguments->run.today};
    meeting->store = open_side(arguments, 0, failure);
    return meeting->store != NULL && ticket_side_select(meeting->store, failure) &&
           ticket_wish_find(&wish, &meeting->store->client, &meeting->row, failure);
}

static void part(struct meeting *meeting) {
    ticket_side_close(meeting->store);
    ticket_side_close(meeting->phone);
    party_close(&meeting->party);
}

static bool play(struct meeting *meeting, const struct arguments *arguments,
                 struct failure *failure) {
    struct ticket_play play = {.store = &meeting->store->client,
                               .phone = meeting->phone != NULL ? &meeting->phone->client : NULL,
                               .player = &meeting->signs,
                               .action = (enum ticket_action)(1 << arguments->action)};
    bool done = ticket_use(&play, &meeting->row, arguments->content, arguments->out, failure);
    if (done)
        report_ticket_use(stdout, &meeting->row, uses[arguments->action], &play.left,
                          arguments->json);
    ticket_play_erase(&play);
    return done;
}

static int run_play(void *context, struct failure *failure) {
    struct arguments *arguments = context;
    struct meeting meeting = {.store = NULL};
    bool with_phone = arguments->links[1] != NULL;
    bool done = meet(&meeting, arguments, "player", ROLE_PLAYER, failure);
    if (done && with_phone)
        meeting.phone = open_side(arguments, 1, failure);
    done = done && (!with_phone || meeting.phone != NULL) && play(&meeting, arguments, failure);
    part(&meeting);
    return exit_of(done, failure);
}

static int run_activate(void *context, struct failure *failure) {
    struct arguments *arguments = context;
    struct meeting meeting = {.store = NULL};
    bool done = meet(&meeting, arguments, "signer", ROLE_SELLER | ROLE_TELCO, failure) &&
                ticket_activate_run(&meeting.store->client, &meeting.signs, meeting.row.name,
                                    !arguments->unsettled, failure);
    if (done)
        report_ticket_settled(stdout, &meeting.row, !arguments->unsettled, arguments->json);
    part(&meeting);
    return exit_of(done, failure);
}

// ---- issue -------------------------------------------------------------------------------------

static const char *const algorithms[] = {"aes128", "aes256", NULL};

static bool complete_order(struct arguments *arguments, struct failure *failure) {
    struct ticket_order *order = &arguments->order;
    if ((order->content == NULL) == (order->key_id == NULL))
        return fail(failure, EXIT_USAGE, "say either --content ID or --key-id ID");
    for (size_t i = 0; i < arguments->actions.count; i++) {
        uint8_t bit = action_of(arguments->actions.items[i]);
        if (bit == 0)
            return fail(failure, EXIT_USAGE,
                        "--allow '%s' is none of play, copy, convert, bound, game",
                        arguments->actions.items[i]);
        order->actions |= bit;
    }
    if (order->last_day != 0 && order->last_day < order->first_day)
        return fail(failure, EXIT_USAGE, "--last-day is before --first-day: it would never play");
    if (order->last_day != 0 && order->last_day < arguments->run.today)
        fprintf(stderr, "tessera ticket issue: warning: --last-day is over: it plays no more\n");
    order->counted = arguments->plays != UINT64_MAX;
    order->plays = order->counted ? (uint16_t)arguments->plays : 0;
    order->copies = (uint8_t)arguments->copies;
    order->named = arguments->named.items;
    order->named_count = arguments->named.count;
    order->algorithm = (enum hpke_algorithm)(HPKE_AES_128 + arguments->algorithm);
    return true;
}

/// The content's key: of --key, or one that the seller draws for this content and keeps.
static bool find_key(const struct arguments *arguments, const struct local_seller *seller,
                     struct content_key *key, struct failure *failure) {
    const struct ticket_order *order = &arguments->order;
    return arguments->key != NULL
               ? content_key_read(arguments->key, key, failure)
               : content_key_of(seller->directory,
                                order->content != NULL ? order->content : order->key_id,
                                arguments->crypto, key, failure);
}

/// An older sale that had not arrived goes first.
static bool deliver(struct ticket_side *side, struct local_seller *seller,
                    const struct arguments *arguments, struct failure *failure) {
    struct seller as_seen = local_seller_of(seller);
    struct ticket_delivery *delivery = calloc(1, sizeof *delivery);
    bool done = delivery != NULL || fail(failure, EXIT_REFUSED, "out of memory"), again = done;
    while (done && again) {
        done = ticket_delivery_run(delivery, &side->client, &as_seen, arguments->crypto, failure);
        again = done && !local_seller_is_ordered(seller);
        if (done)
            report_ticket_delivery(stdout, delivery, &seller->header, arguments->json);
    }
    free(delivery);
    return done;
}

static bool sell_from(struct ca *ca, struct arguments *arguments, struct ticket_side *side,
                      struct failure *failure) {
    struct local_seller *seller = calloc(1, sizeof *seller);
    struct content_key key = {.size = 0};
    if (seller == NULL)
        return fail(failure, EXIT_REFUSED, "out of memory");
    bool done = local_seller_open(seller, ca, arguments->seller, &arguments->order, failure) &&
                find_key(arguments, seller, &key, failure);
    arguments->order.key = bytes_of(key.octets, key.size);
    done = done && deliver(side, seller, arguments, failure);
    local_seller_close(seller);
    bytes_erase(&key, sizeof key);
    free(seller);
    return done;
}

static bool sell(struct arguments *arguments, struct failure *failure) {
    struct ca ca;
    struct token_pin pin = {arguments->token_pin[0] != '\0' ? arguments->token_pin : NULL, true};
    arguments->crypto = crypto_for_run(&arguments->run, failure);
    struct ticket_side *side = arguments->crypto != NULL ? open_side(arguments, 0, failure) : NULL;
    if (side == NULL ||
        !ca_open(&ca, arguments->ca, &pin, arguments->crypto, arguments->run.today, failure)) {
        ticket_side_close(side);
        return false;
    }
    bool done = sell_from(&ca, arguments, side, failure);
    ca_close(&ca);
    ticket_side_close(side);
    return done;
}

static int run_issue(void *context, struct failure *failure) {
    struct arguments *arguments = context;
    struct ticket_wish wish;
    bool done = complete_order(arguments, failure) &&
                ticket_wish_read(arguments->order.number, &wish, failure);
    if (done && wish.by_name)
        done = fail(failure, EXIT_USAGE, "'%s' is a ticket's name; it follows from what is sold",
                    arguments->order.number);
    arguments->order.number = wish.number;
    return exit_of(done && sell(arguments, failure), failure);
}

// ---- arguments ---------------------------------------------------------------------------------

static bool take_unit(void *context, char *value, struct failure *failure) {
    struct arguments *arguments = context;
    arguments->order.unit = unit_from_name(value);
    return arguments->order.unit != 0 ||
           fail(failure, EXIT_USAGE,
                "--unit '%s' is no unit; write JPY, an ISO 4217 code or F000..FFFF", value);
}

enum { ISSUE = 1, LIST = 2, SHOW = 4, MOVE = 8, PLAY = 16, ACTIVATE = 32, FORGET = 64 };
enum {
    ONE = LIST | SHOW | PLAY | ACTIVATE | FORGET,
    NAMED = SHOW | MOVE | PLAY | ACTIVATE | FORGET
};

#define AT(member) offsetof(struct arguments, member)

static const struct option_row rows[] = {
    {NULL, "LINK", OPTION_LINK, OPTION_LINK_HELP, .at = AT(links[0]), .only = ISSUE | ONE,
     .needed = OPTION_EVERY},
    {NULL, "SOURCE", OPTION_LINK, OPTION_LINK_HELP, .at = AT(links[0]), .only = MOVE,
     .needed = OPTION_EVERY},
    {NULL, "DESTINATION", OPTION_LINK, "the card that the ticket goes to", .at = AT(links[1]),
     .only = MOVE, .needed = OPTION_EVERY},
    {NULL, "NUMBER", OPTION_TEXT,
     "the ticket's number, or its name (32 hexadecimal digits), which is one ticket's alone",
     .at = AT(number), .only = NAMED, .needed = OPTION_EVERY},
    {"player", "DIR", OPTION_DIRECTORY, "of a player, as 'tessera ca issue' writes it",
     .at = AT(party), .only = PLAY, .needed = PLAY},
    {"signer", "DIR", OPTION_DIRECTORY,
     "of the ticket's seller or activator, as 'tessera ca issue' writes it; of a local seller "
     "CA/sellers/ID",
     .at = AT(party), .only = ACTIVATE, .needed = ACTIVATE},
    {"phone", "LINK", OPTION_LINK, "the phone that bought a bound ticket", .at = AT(links[1]),
     .only = PLAY},
    {"action", "ACTION", OPTION_WORD, "play (default), copy or convert", .at = AT(action),
     .words = uses, .only = PLAY},
    {"content", "ID", OPTION_TEXT, "the content to open, where the ticket opens many",
     .at = AT(content), .only = PLAY},
    {"out", "FILE", OPTION_FILE,
     "a new file for the content's key, mode 0600; else it is forgotten", .at = AT(out),
     .only = PLAY},
    {"pin-fd", "N", OPTION_SECRET, "PIN of the ticket store, one line from descriptor N",
     .at = AT(pin), .most = PIN_TEXT_MAX, .only = FORGET, .needed = FORGET},
    {"in-transit", NULL, OPTION_FLAG, "also one that is on its way: it is lost unless it arrived",
     .at = AT(in_transit), .only = FORGET},
    {"refused", NULL, OPTION_FLAG, "say that the sale will not be settled", .at = AT(unsettled),
     .only = ACTIVATE},
    {"ca", "DIR", OPTION_DIRECTORY, "the authority whose local seller sells", .at = AT(ca),
     .only = ISSUE, .needed = ISSUE},
    {"number", "NUMBER", OPTION_TEXT, "of the offer: plain, or coded with check signs",
     .at = AT(order.number), .only = ISSUE, .needed = ISSUE},
    {"content", "ID", OPTION_TEXT, "the content that it opens", .at = AT(order.content),
     .only = ISSUE},
    {"key-id", "ID", OPTION_TEXT, "instead: the key that opens many contents",
     .at = AT(order.key_id), .only = ISSUE},
    {"key", "FILE", OPTION_FILE,
     "the content's key, a line of 1 to 64 octets; else the seller draws one for each content",
     .at = AT(key), .only = ISSUE},
    {"plays", "N", OPTION_NUMBER, "how often it plays; any number, where it is not said",
     .at = AT(plays), .most = UINT16_MAX, .only = ISSUE},
    {"copies", "N", OPTION_NUMBER, "how many copies may be made, 255: any number; else none",
     .at = AT(copies), .most = COPIES_MOST + 1, .only = ISSUE},
    {"first-day", "DAY", OPTION_DAY, "the first day on which it plays", .at = AT(order.first_day),
     .only = ISSUE},
    {"last-day", "DAY", OPTION_DAY, "the last day", .at = AT(order.last_day), .only = ISSUE},
    {"allow", "ACTION", OPTION_TEXT,
     "play (alone, where nothing is said), copy, convert; bound: only with the buyer's phone; "
     "game: "
     "only on game machines",
     .at = AT(actions), .only = ISSUE, .many = true, .most = 5},
    {"named", "ID", OPTION_TEXT, "apparatus that may have it; any, where none is named",
     .at = AT(named), .only = ISSUE, .many = true, .most = OPTION_LIST_MAX},
    {"charge", "N", OPTION_NUMBER, "its price in minor units; default 1000", .at = AT(order.charge),
     .most = INT64_MAX, .only = ISSUE},
    {"unit", "UNIT", OPTION_TAKEN, "JPY (default), another ISO 4217 code, POINT, F000..FFFF",
     .take = take_unit, .only = ISSUE},
    {"sealed", NULL, OPTION_FLAG, "it does not play before it is settled", .at = AT(order.sealed),
     .only = ISSUE},
    {"activator", "ID", OPTION_TEXT, "who may say that it is settled, besides the seller",
     .at = AT(order.activator), .only = ISSUE},
    {"wrap", "ALGORITHM", OPTION_WORD, "how the key is sealed: aes128 (default) or aes256",
     .at = AT(algorithm), .words = algorithms, .only = ISSUE},
    {"seller", "ID", OPTION_TEXT, "the local seller's id; default local-seller", .at = AT(seller),
     .only = ISSUE},
    {"token-pin-fd", "N", OPTION_SECRET,
     "user PIN of the token with the authority's keys, one line from descriptor N",
     .at = AT(token_pin), .most = TOKEN_PIN_MAX, .only = ISSUE},
    OPTION_JSON_ROW(AT(json)),
    OPTION_TRACE_ROW(AT(tracing.wanted)),
    OPTION_CLOCK_ROW(AT(run)),
    OPTION_SEED_ROW(AT(run)),
};

static const struct action actions[] = {
    {ISSUE, "issue", "sell a ticket for tests and deliver it into a phone", run_issue, NULL},
    {LIST, "list", "the tickets on a card", run_list, NULL},
    {SHOW, "show", "one ticket: what it grants and what is left", run_show, NULL},
    {PLAY, "play", "use a ticket as a player does: one use, and the content's key", run_play, NULL},
    {ACTIVATE, "activate", "open a sealed ticket: its sale is settled", run_activate, NULL},
    {FORGET, "forget", "erase a ticket", run_forget, NULL},
    {MOVE, "move", "bring a ticket to another card, or a broken move to its end", run_move, NULL},
};

static const struct command ticket = {
    .name = "ticket",
    .purpose = "rights on cards: each ticket exists once",
    .notes = "A move that broke is run again with the same cards: the ticket is never lost and "
             "never there twice.",
    .rows = rows,
    .row_count = sizeof rows / sizeof rows[0],
    .actions = actions,
    .action_count = sizeof actions / sizeof actions[0],
};

int main(int argc, char **argv) {
    struct arguments arguments = {.run = program_run_now(),
                                  .seller = "local-seller",
                                  .plays = UINT64_MAX,
                                  .order = {.charge = 1000, .unit = UNIT_JPY}};
    int code = command_main(&ticket, &arguments, argc, argv);
    crypto_openssl_free(arguments.crypto);
    bytes_erase(arguments.pin, sizeof arguments.pin);
    bytes_erase(arguments.token_pin, sizeof arguments.token_pin);
    return tracing_end(&arguments.tracing, "ticket", code);
}

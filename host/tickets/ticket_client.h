// SPDX-License-Identifier: Apache-2.0
// The ticket store as a terminal sees it: one function a command, over any link, with answers taken
// apart. What each command does and refuses: docs/tickets.md and apdu/command/catalogue.h. Nothing
// is decided here; the order of commands is the flows' (host/flows).
#ifndef HOST_TICKETS_TICKET_CLIENT_H
#define HOST_TICKETS_TICKET_CLIENT_H

#include "apdu/command/exchange.h"
#include "apdu/command/tickets.h"
#include "apdu/object/certificate.h"
#include "apdu/object/ticket.h"

enum {
    TICKET_ANSWER_MAX = 2048,
    TICKET_ONE_MAX = 256,  // one signed object
    TICKET_PAGE_ROWS = 16, // more than an answer of LIST holds
    TICKET_DEVICES_MAX = 64,
    TICKET_TRANSIT_MAX = 16,
    TICKET_NAME_TEXT = 2 * TICKET_NAME_SIZE + 1,
};

enum ticket_outcome {
    TICKET_OK = 0,
    TICKET_REFUSED, // the card said no: client.sw tells why; nothing changed
    TICKET_ABSENT,  // no card: nothing was sent
    TICKET_BROKEN,  // the pipe broke: the command may have taken effect or not
    TICKET_LOCKED,  // someone else holds the card
    TICKET_GARBLED, // the answer is not what the command answers
    TICKET_OUTCOME_COUNT,
};

/// A reception request, a receipt or a cancel with its octets.
struct ticket_object {
    uint8_t octets[TICKET_ONE_MAX];
    size_t size;
    struct object object; // points into octets: do not copy the struct, use ticket_object_set
};

/// Copies and decodes. False: not an object of this type (0: of any type).
bool ticket_object_set(struct ticket_object *out, uint8_t type, struct bytes octets);

/// What SURRENDER or a seller gives and IMPORT takes: the header, then the state.
struct ticket_move {
    uint8_t octets[2 * TICKET_OBJECT_MAX];
    size_t size;
    struct object header, state; // point into octets: use ticket_move_set
};

/// Copies a header with its state behind it, as the card gives them, and decodes both. False:
/// empty, too long, or not exactly these two.
bool ticket_move_set(struct ticket_move *out, struct bytes octets);

/// What SELECT tells: the transmission request of a store.
struct ticket_selection {
    char id[HOLDER_MAX + 1];
    uint8_t digest[CERTIFICATE_DIGEST_SIZE]; // of its certificate
    uint8_t challenge[16];
    unsigned in_transit;
    bool offers; // the ticket of offered, until the next reset
    uint8_t offered[TICKET_NAME_SIZE];
};

struct ticket_identity {
    char id[HOLDER_MAX + 1];
    uint16_t roles;
    uint8_t options; // TICKETS_FREE_READING
};

/// A row of LIST.
struct ticket_row {
    uint16_t slot;
    uint8_t name[TICKET_NAME_SIZE];
    char number[HOLDER_MAX + 1];
    char content[HOLDER_MAX + 1]; // or the key id
    bool by_key;                  // content holds a key id: one key for many contents
    struct ticket_left left;
    char destination[HOLDER_MAX + 1]; // it is in transit to; "": it is here
};

/// A ticket on its way.
struct ticket_transit {
    uint32_t n;
    uint8_t name[TICKET_NAME_SIZE];
    char destination[HOLDER_MAX + 1];
};

struct ticket_room {
    unsigned capacity, used, open; // used: tickets here, those in transit among them
};

struct ticket_client {
    struct link *link;
    struct exchange_count count;
    struct ticket_selection selection; // of the last SELECT
    uint16_t sw;
    const char *step; // the command that came last, for messages
    bool newer;       // its answer is GARBLED because the ticket is of a newer version
    uint8_t answer[TICKET_ANSWER_MAX];
};

/// Over a link that the caller keeps and closes.
void ticket_client_over(struct ticket_client *client, struct link *link);
/// Erases what was received.
void ticket_client_erase(struct ticket_client *client);

/// SELECT of the store; who it is goes to client->selection. GARBLED: not personalized.
enum ticket_outcome ticket_client_select(struct ticket_client *client);
/// Points into the client's answer.
enum ticket_outcome ticket_client_certificate(struct ticket_client *client,
                                              struct bytes *certificate);
/// Gives a certificate, takes the store's own (into the client's answer).
enum ticket_outcome ticket_client_exchange(struct ticket_client *client, struct bytes certificate,
                                           struct bytes *own);

// ---- moves -------------------------------------------------------------------------------------

/// OFFER, over contacts: SELECT names this ticket from now on.
enum ticket_outcome ticket_client_offer(struct ticket_client *client,
                                        const uint8_t name[TICKET_NAME_SIZE]);
/// ACCEPT for a source (its id and challenge). reference: of a sale, where the source is a seller,
/// else empty.
enum ticket_outcome ticket_client_accept(struct ticket_client *client, const char *source,
                                         const uint8_t challenge[16], struct bytes reference,
                                         struct ticket_object *request);
/// SURRENDER. Where the request's number was answered before, move is that answer again, whatever
/// ticket it holds: look at its state.
enum ticket_outcome ticket_client_surrender(struct ticket_client *client,
                                            const struct ticket_object *request,
                                            const uint8_t name[TICKET_NAME_SIZE],
                                            struct ticket_move *move);
/// IMPORT; end is a receipt, or a cancel where CANCEL came first: look at its type.
enum ticket_outcome ticket_client_import(struct ticket_client *client,
                                         const struct ticket_move *move, struct ticket_object *end);
/// CANCEL of a number; end is a cancel, or a receipt where IMPORT came first.
enum ticket_outcome ticket_client_cancel(struct ticket_client *client, uint32_t n,
                                         const char *source, struct ticket_object *end);
/// COMPLETE or TAKE CANCEL, as the end's type says.
enum ticket_outcome ticket_client_end(struct ticket_client *client,
                                      const struct ticket_object *end);

// ---- use ---------------------------------------------------------------------------------------

/// PLAY with a player's request and, for a bound ticket, its phone's presence (else empty); grant
/// points into the client's answer.
enum ticket_outcome ticket_client_play(struct ticket_client *client, struct bytes request,
                                       struct bytes presence, struct bytes *grant);
/// PROVE by the phone that bought a ticket, for one action at a store under its challenge; presence
/// points into the client's answer.
enum ticket_outcome ticket_client_prove(struct ticket_client *client, const uint8_t challenge[16],
                                        const uint8_t name[TICKET_NAME_SIZE], const char *store,
                                        enum ticket_action action, struct bytes *presence);
/// DOCKET, over contacts or from inside: the subscriber has the sale of a sealed ticket billed.
/// docket points into the client's answer.
enum ticket_outcome ticket_client_docket(struct ticket_client *client,
                                         const uint8_t name[TICKET_NAME_SIZE], uint32_t date,
                                         const char *subscriber, struct bytes *docket);
/// ACTIVATE: whoever the header names says that the sale is settled, or is not.
enum ticket_outcome ticket_client_activate(struct ticket_client *client, struct bytes answer);

// ---- reading -----------------------------------------------------------------------------------

/// GET DATA: id, roles and options of the store. TICKET_GARBLED: an answer without one of them.
enum ticket_outcome ticket_client_identity(struct ticket_client *client,
                                           struct ticket_identity *out);
/// One page of LIST from a slot on: rows holds TICKET_PAGE_ROWS; *count 0 behind the last. The next
/// page begins behind the last row's slot.
enum ticket_outcome ticket_client_list(struct ticket_client *client, uint16_t from,
                                       struct ticket_row *rows, size_t *count);
/// READ: the header (into the client's answer) and what is left.
enum ticket_outcome ticket_client_read(struct ticket_client *client,
                                       const uint8_t name[TICKET_NAME_SIZE], struct object *header,
                                       struct ticket_left *left);
/// What is on its way from here; out holds TICKET_TRANSIT_MAX.
enum ticket_outcome ticket_client_transit(struct ticket_client *client, struct ticket_transit *out,
                                          size_t *count);
enum ticket_outcome ticket_client_room(struct ticket_client *client, struct ticket_room *out);

// ---- the owner ---------------------------------------------------------------------------------

struct ticket_device {
    char id[HOLDER_MAX + 1];
};

/// The devices that the store gives tickets to and takes them from; out holds TICKET_DEVICES_MAX.
enum ticket_outcome ticket_client_devices(struct ticket_client *client, struct ticket_device *out,
                                          size_t *count);
/// The PIN is not kept.
enum ticket_outcome ticket_client_verify(struct ticket_client *client, const char *pin);
/// SET DEVICE, behind the PIN.
enum ticket_outcome ticket_client_set_device(struct ticket_client *client, bool add,
                                             const char *id);

/// FORGET, behind the PIN: erases a ticket, or one on its way, which is lost unless its destination
/// has it.
enum ticket_outcome ticket_client_forget(struct ticket_client *client, bool in_transit,
                                         const uint8_t name[TICKET_NAME_SIZE]);

/// Hexadecimal digits of a ticket's name.
void ticket_name_text(const uint8_t name[TICKET_NAME_SIZE], char text[TICKET_NAME_TEXT]);
/// False: not that many hexadecimal digits.
bool ticket_name_from_text(const char *text, uint8_t name[TICKET_NAME_SIZE]);

#endif

// SPDX-License-Identifier: Apache-2.0
// What the files of the handset share; nobody else includes it. handset.c opens, waits and closes,
// handset_air.c is the card on the air, handset_slip.c what a machine hands to the phone itself,
// handset_act.c does what is touched, handset_command.c what a command says, handset_show.c says
// how it stands.
#ifndef HOST_HOUSEHOLD_HANDSET_PRIVATE_H
#define HOST_HOUSEHOLD_HANDSET_PRIVATE_H

#include "apdu/object/certificate.h"
#include "apdu/octets/codec.h"
#include "host/household/handset.h"
#include "host/phone/slip.h"
#include "host/state/machine_state.h"
#include "host/terminal/errand.h"
#include "host/terminal/terminal_screen.h"

#include <pthread.h>

enum handset_phase {
    HANDSET_IDLE,  // what is on the phone
    HANDSET_ASK,   // a till wants money
    HANDSET_ARMED, // hold it to the reader
    HANDSET_BUSY,  // an errand runs
    HANDSET_END,   // how it ended
    HANDSET_PHASE_COUNT,
};

/// What a till across the air asks for.
struct handset_terms {
    char payee[HOLDER_MAX + 1]; // "": nobody asks; of what is armed: whoever
    uint64_t amount;
    uint16_t unit;
};

/// What the thread of the air and the phone's own share, under lock.
struct handset_air {
    pthread_mutex_t lock;
    int pipe[2];       // an octet: something happened
    struct link *link; // a reader is there
    bool own;          // the phone itself uses the card
    enum handset_route { ROUTE_NONE, ROUTE_PURSE, ROUTE_OTHER, ROUTE_SLIP } route;
    struct handset_terms asked, armed, declined;
    bool is_armed;
    int64_t armed_until_ms, declined_until_ms; // monotonic
    bool changed;                              // the card is not as it was shown
    json_t *taps;                              // newest first
    uint8_t slip[SLIP_MAX];                    // what of one has come
    size_t slip_size;
    char slip_name[SLIP_NAME_MAX]; // of the last whole one in this field; "": none
    bool slips_due;                // one was kept, and is to be brought away
};

enum handset_errand {
    ERRAND_NONE,
    ERRAND_SHOW,
    ERRAND_TICKETS,
    ERRAND_PIN,
    ERRAND_BILL,
    ERRAND_OWN,
};

struct handset {
    struct handset_options options;
    struct machine_state state;
    int lock;
    struct terminal_screen *screen;
    struct handset_air air;
    struct errand errand;
    enum handset_errand running;
    bool show_due, tickets_due;
    int64_t bill_ms; // when slips are brought to the telephone company, monotonic; 0: none are open
    enum handset_phase phase;
    const char *say;
    char detail[ERRAND_SAID_MAX + 1]; // what a command said when it ended
    json_t *waiting;                  // an act whose turn comes after the errand; NULL: none
    json_t *purse, *tickets;          // as its commands tell them; NULL: not known yet
    int64_t until_ms;                 // when the phase is over, monotonic; 0: it stays
    int control, reply;               // commands come here; who waits for an answer, or -1
    json_t *command;                  // under way; NULL: none
    bool command_acted;               // its act was done
    int64_t command_until_ms;         // so long it waits for a payment that is asked for
};

/// Milliseconds of a clock that never goes back, as until_ms and the air's have them.
int64_t handset_now_ms(void);

// ---- handset_show.c
/// Phase, sentence and what is asked or armed, as the page has them; new reference. Takes the air's
/// lock.
json_t *handset_state(struct handset *handset);
/// Is this what a till asks for now? shown: "ask" of a state that a page had. Takes the air's lock.
bool handset_asks(struct handset *handset, const json_t *shown);
/// Tells the page how everything stands: phase, sentence, purse and tickets, taps, what is asked.
/// Nothing without a screen. Takes the air's lock.
void handset_show(struct handset *handset);
/// Enters a phase with a sentence's key (a string that stays) and shows it. Asking, armed and ended
/// are over after HANDSET_ARMED_MS; what a command said is kept in HANDSET_END alone.
void handset_say(struct handset *handset, enum handset_phase phase, const char *say);

// ---- handset_act.c
/// An act of the page.
void handset_act(struct handset *handset, json_t *act);
/// Something happened on the air.
void handset_heard(struct handset *handset);
/// Starts what is due, when nobody else has the card.
void handset_next(struct handset *handset);
/// The errand ended.
void handset_ended(struct handset *handset);

// ---- handset_command.c
/// A command is at the control socket: takes it, and answers now or later.
void handset_command_take(struct handset *handset);
/// Goes on with the one that waits.
void handset_command_next(struct handset *handset);

// ---- handset_air.c
/// The newest taps of an earlier run; a new reference.
json_t *handset_read_taps(const struct handset *handset);
/// From now on the card debits once on these terms (payee "": whoever, up to the amount).
void handset_arm(struct handset *handset, const struct handset_terms *terms);
void handset_disarm(struct handset *handset);
/// Its owner said no to what is asked: for a while the same is refused.
void handset_decline(struct handset *handset);
/// May a till have this now? Asked: the phone is dark from here on, until its owner has said yes or
/// no. The air's lock is held.
enum handset_consent { CONSENT_YES, CONSENT_NO, CONSENT_ASKED };
enum handset_consent handset_consent(struct handset *handset, const struct handset_terms *terms);
/// It has it, and that is on record: by the purse or by the telephone bill. The air's lock is held.
void handset_paid(struct handset *handset, const struct handset_terms *terms, bool by_bill);
/// Takes the card for the phone itself, or gives it back. False: a reader has it.
bool handset_hold(struct handset *handset, bool own);

// ---- handset_slip.c
/// A command to the phone's own application; the size of its answer, 0: silence. The air's lock is
/// held.
size_t handset_slip(struct handset *handset, const struct apdu_command *command, uint8_t *answer,
                    size_t capacity);

#endif

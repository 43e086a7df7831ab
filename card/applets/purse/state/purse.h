// SPDX-License-Identifier: Apache-2.0
// The purse that a command works on: opened once when the command begins, it knows its roles, its
// tables and all its numbers, so that none of them is read from memory twice. Numbers that change
// are staged together when the command succeeds.
#ifndef CARD_APPLETS_PURSE_STATE_PURSE_H
#define CARD_APPLETS_PURSE_STATE_PURSE_H

#include "card/applets/purse/state/layout.h"

struct purse {
    struct card_call *call;
    uint16_t roles; // of its card
    struct geometry tables;
    uint64_t numbers[NUMBER_COUNT];
    uint8_t changed_from, changed_to; // numbers to stage; none when equal
};

/// Opens the purse that a call is for.
void purse_open(struct purse *purse, struct card_call *call);
/// Stages what changed of its numbers: once, at the end of a command that succeeds.
void purse_stage(struct purse *purse);

/// A number of the purse as this command has it; setting one waits for purse_stage.
uint64_t number_get(const struct purse *purse, enum number number);
void number_set(struct purse *purse, enum number number, uint64_t value);

/// Reads a text into buffer (HOLDER_MAX octets); an unset text has size 0.
struct bytes text_get(const struct purse *purse, enum text text, uint8_t *buffer);
void text_set(struct purse *purse, enum text text, struct bytes value);
bool text_equals(const struct purse *purse, enum text text, struct bytes value);

/// The digest of the last object of a kind that was taken, as it is stored; setting stages it.
void taken_get(const struct purse *purse, enum taken taken, uint8_t digest[SHA256_SIZE]);
void taken_set(struct purse *purse, enum taken taken, const uint8_t digest[SHA256_SIZE]);

/// Runs a command on a purse opened for it; stages what changed of its numbers when it succeeds.
uint16_t purse_run(struct card_call *call, uint16_t (*command)(struct purse *purse));

#endif

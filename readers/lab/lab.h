// SPDX-License-Identifier: Apache-2.0
// A laboratory: a private pcscd with the given cards plugged in and present, for one command or
// until it is stopped. Two processes hold it: a guard that the user sees, and a keeper that is the
// parent of everything else; whichever dies, the other one takes the lab down. docs/lab.md.
// A further kind of device adds a piece (pieces.c: pieces[]), its options (tessera-lab.c: rows[])
// and its orders (keeper.c: orders[]).
#ifndef READERS_LAB_LAB_H
#define READERS_LAB_LAB_H

#include <stdio.h>
#include <sys/types.h>

#include "base/options/options.h"
#include "readers/lab/isolation.h"

enum {
    LAB_CARDS_MAX = 16,
    LAB_READER_CARDS = 2, // slots of one virtual reader
    LAB_NFC_MAX = 8,
    LAB_TAPS_MAX = 16,
    LAB_EXPORTS_MAX = 64,
    LAB_PATH_MAX = 100, // within the lab's directory; socket names must stay under 108
    LAB_UP_SECONDS = 20,
    LAB_GRACE_MS = 2000,
    LAB_EXIT_TIMEOUT = 124,
    LAB_EXIT_FAILED = 125,
};

/// What the command line says.
struct lab_options {
    struct option_list cards;       // IMAGE, or exec:PROGRAM for a card of another make
    bool fresh;                     // copies of the images: what happens in the lab stays there
    const char *record;             // file for what programs say to the cards, or NULL
    struct option_list nfc_readers; // names
    struct option_list taps;        // WHAT@READER
    const char *nfc_trace;          // file for the radio trace, or NULL
    unsigned timeout_s;             // 0: none
    enum isolation_kind isolation;
    bool verbose;
    char **command; // NULL-terminated; NULL for lab start
};

/// One virtual card in its reader slot.
struct lab_card {
    char reader[64]; // "Tessera 00 00"
    unsigned port;
    char control[LAB_PATH_MAX];
    char log[LAB_PATH_MAX];
    char copy[LAB_PATH_MAX]; // --fresh: of its image
    pid_t pid;               // 0: ended
    pid_t recorder;          // 0: none
};

struct lab_export {
    char name[48];
    char value[160];
};

struct lab {
    const struct lab_options *options;
    char directory[LAB_PATH_MAX - 24];
    struct isolation isolation;
    char log[LAB_PATH_MAX]; // pcscd's
    pid_t pcscd, command;
    pid_t field; // tessera field; 0: none, or ended
    char field_log[LAB_PATH_MAX];
    int record;           // --record: where rows go
    uint64_t record_zero; // microseconds of the monotonic clock
    struct lab_card cards[LAB_CARDS_MAX];
    struct lab_export exports[LAB_EXPORTS_MAX];
    size_t export_count;
    char error[2048]; // why it failed
};

/// Makes an empty private directory for the lab. False: error says why.
bool lab_directory_make(struct lab *lab);

/// Path of a file in a lab's directory; the name is printf's.
void lab_file(const char *directory, char path[LAB_PATH_MAX], const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/// Sets a variable for the command (or the export lines of lab start).
void lab_export(struct lab *lab, const char *name, const char *value);

/// A sentence why the lab failed, and false, so that a piece can end with it.
bool lab_fail(struct lab *lab, const char *format, ...) __attribute__((format(printf, 2, 3)));

/// Runs the whole thing and returns the exit code: the command's, 124, or 125.
int lab_run(const struct lab_options *options);

/// Puts up a lab that stays; prints its export lines once it is ready. 0 or 125.
int lab_start(const struct lab_options *options, FILE *out);

/// Ends the lab of this directory (NULL: of the environment, else the only one of this user).
/// 0, 2 (several), 3 (none).
int lab_stop(const char *directory);

/// Directory of the lab that a command without one means: of the environment, else the only one of
/// this user that was started. 0, or the exit code (2 several, 3 none) after a message.
int lab_find(char *found, size_t size);

/// The keeper's life: up, command or orders, down. guard: a descriptor that reads as closed once
/// the guard is gone; ready: written to when the lab is up (-1: nobody waits). Returns the exit
/// code.
int keeper_run(struct lab *lab, int guard, int ready);

#endif

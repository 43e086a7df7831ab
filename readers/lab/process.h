// SPDX-License-Identifier: Apache-2.0
// The processes of a lab: starting a service, ending everything that descends from this process,
// removing the lab's directory. Nothing survives the lab, even one that was killed.
#ifndef READERS_LAB_PROCESS_H
#define READERS_LAB_PROCESS_H

#include <signal.h>
#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

/// What to start. Missing parts (NULL) are left as they are.
struct process {
    char *const *argv;       // argv[0] is a path, or a name to look for in PATH
    const char *log;         // standard output and error go to the end of this file
    bool (*prepare)(void *); // runs in the child, last before exec; false ends it with 125
    void *context;
    bool service; // own session, standard input from /dev/null, ends when its parent does
};

/// -1 when there is no process to be had. A program that cannot be executed ends with 127 (not
/// found) or 126, and says so in its log or on standard error.
pid_t process_start(const struct process *process);

/// Orphans of this process's descendants become its children from now on.
void process_adopt_orphans(void);

/// Sends the signal to every descendant of this process but those listed. Returns how many.
size_t process_signal_descendants(int signal, const pid_t *spared, size_t spared_count);

/// Ends every descendant: SIGTERM, SIGKILL after grace_ms, reaped. spared ones stay.
void process_end_descendants(unsigned grace_ms, const pid_t *spared, size_t spared_count);

/// Exit code as a shell gives it: 128 + signal for a killed process.
int process_code(int wait_status);

/// Full path of a program: beside this one, then in PATH, then in the usual sbin directories.
bool process_find(const char *name, char *path, size_t size);

/// Full path of a library that comes with the programs: beside this one, or in ../lib/tessera.
bool process_find_library(const char *name, char *path, size_t size);

/// Removes a directory and everything in it; links are not followed.
void remove_tree(const char *path);

/// The last lines of a file, for a message.
void file_tail(const char *path, char *text, size_t size);

#endif

// SPDX-License-Identifier: Apache-2.0
// Programs that tests start and end: a temporary directory, a child with its output in a file,
// lines awaited in that file with a deadline. Nothing outlives the test.
#ifndef TESTS_KIT_DAEMON_H
#define TESTS_KIT_DAEMON_H

#include <stdbool.h>
#include <sys/types.h>

enum { DAEMON_PATH_MAX = 512 };

struct daemon {
    pid_t pid; // 0: not running
    char log[DAEMON_PATH_MAX];
};

/// Makes a directory for this test; daemon_remove_directory takes it away with everything in it.
bool daemon_directory(char path[DAEMON_PATH_MAX]);
void daemon_remove_directory(const char *path);

/// Starts argv (argv[0] is searched in PATH); its output goes to the file log. Ends with the test
/// process.
bool daemon_start(struct daemon *daemon, const char *log, char *const argv[]);

/// Waits until the log contains text, or the program ended, or ms are over. True: the text is
/// there.
bool daemon_await(const struct daemon *daemon, const char *text, int ms);

/// Waits for the end, at most ms, then kills. Returns the exit code, 128 + signal, or -1 (killed
/// here).
int daemon_end(struct daemon *daemon, int signal, int ms);

/// Runs to the end with a deadline; returns as daemon_end.
int daemon_run(const char *log, char *const argv[], int ms);

/// Has this file this text?
bool file_contains(const char *path, const char *text);

#endif

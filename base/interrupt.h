// SPDX-License-Identifier: Apache-2.0
// Ctrl-C and TERM as a question that a program asks between two steps, so that it can finish what
// it began: clean up, write its files whole, and only then end. A thread of its own waits for the
// signals; all other threads block them.
#ifndef BASE_INTERRUPT_H
#define BASE_INTERRUPT_H

#include <stdint.h>

struct interrupt;

/// Begins to watch SIGINT and SIGTERM; called before other threads are made. A second signal ends
/// the process at once. NULL: no memory or no thread; the signals then end it as they always do.
struct interrupt *interrupt_watch(void);

/// Goes on watching in a child process, which has no thread of its parent's.
void interrupt_watch_in_child(struct interrupt *interrupt);

/// The signal that came; 0: none, or nobody watches (NULL).
int interrupt_signal(const struct interrupt *interrupt);

/// A descriptor that is readable once a signal came; -1 for NULL.
int interrupt_descriptor(const struct interrupt *interrupt);

/// Sleeps so long, or until a signal comes.
void interrupt_sleep(const struct interrupt *interrupt, uint64_t nanoseconds);

/// Ends watching and frees; NULL is nothing.
void interrupt_end(struct interrupt *interrupt);

#endif

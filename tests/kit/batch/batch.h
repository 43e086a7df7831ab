// SPDX-License-Identifier: Apache-2.0
// Personalization jobs over cards of other makers (foreign.h), in this process: a place with an
// authority and master keys, a job at a time, and a card that is pulled out at every command.
#ifndef TESTS_KIT_BATCH_BATCH_H
#define TESTS_KIT_BATCH_BATCH_H

#include "personalization/job/job_session.h"
#include "tests/kit/batch/foreign.h"

enum { BATCH_CARDS = 4 };

/// Behind the links "0", "1" and so on. The test makes and frees them.
extern struct foreign *batch_cards[BATCH_CARDS];
/// Of the last failure.
extern char batch_message[512];

/// Profiles that tests share: 3DES and AES-192 management key, a tag, keys by kdf3.
extern const char batch_piv[], batch_piv_aes[], batch_tag[], batch_keys[];

/// Authority; master keys k16, k24 and, with key version 01, arriving. First and last test.
void batch_begin(void);
void batch_end(void);

/// A path in the place; eight at a time.
const char *batch_path(const char *name);
/// Plans a job of so many rows c0, c1, ..; profile is its text.
void batch_plan(const char *profile, const char *key, const char *transport, unsigned rows);
/// job_session_run or job_session_verify with the card behind one link.
enum exit_code batch_work(bool (*action)(const char *, const struct job_session_order *,
                                         struct failure *),
                          const char *link);
/// job_session_run over several links at once.
bool batch_run_all(const char *const *links, size_t count, struct failure *failure);
void batch_count(size_t *done, size_t *rejected);
/// How many lines of a file of the job hold a word.
unsigned batch_lines(const char *name, const char *word);
/// Runs and asserts that so many rows are done and none is rejected.
void batch_made(const char *link, size_t wanted);
/// One card, pulled out at its n-th command, before or behind it, for every n until a run goes
/// through; each time the job must go on to exactly one done row.
void batch_pull_everywhere(struct foreign *(*make)(void), const char *profile, const char *key,
                           void (*inspect)(struct foreign *card));

#endif

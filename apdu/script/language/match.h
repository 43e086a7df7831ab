// SPDX-License-Identifier: Apache-2.0
// Answers against what a script expects: status word rules, octet patterns with masks, gaps and
// captures, TLV paths; and how a difference is shown, octet by octet with the data objects around.
#ifndef APDU_SCRIPT_LANGUAGE_MATCH_H
#define APDU_SCRIPT_LANGUAGE_MATCH_H

#include "apdu/script/language/evaluate.h"

/// Positive rules are alternatives; a negative rule that fits refuses.
bool sw_matches(const struct sw_rule *rules, uint16_t sw);
/// The rules as they were written, for messages.
void sw_rules_render(const struct sw_rule *rules, struct buffer *out);

enum match_result { MATCH_YES, MATCH_NO, MATCH_FAULT };

struct mismatch {
    size_t offset;              // first octet that differs, or where octets are missing or left
    bool too_short, too_long;   // octets are missing, octets are left over
    const struct pattern *part; // of the pattern; NULL when octets are left over
};

/// Matches all of data. Captures are stored only on MATCH_YES. MATCH_FAULT: evaluation->fault.
enum match_result pattern_match(struct evaluation *evaluation, const struct pattern *pattern,
                                struct bytes data, struct mismatch *mismatch);

/// Rows of expected and actual octets with marks, and the data objects around the difference.
void mismatch_render(struct evaluation *evaluation, const struct pattern *pattern,
                     struct bytes data, const struct mismatch *mismatch, struct buffer *out);

/// Follows a path of tags. False: *missing is the first step that is not there.
bool path_find(struct bytes data, const struct path_step *path, struct bytes *value,
               const struct path_step **missing);
/// A path as it is written in scripts, at the end of out.
void path_render(const struct path_step *path, struct buffer *out);

/// "6F / A5 / 50 (octets 9..17)": the data objects that an offset lies in; nothing when data is
/// not TLV up to there.
void trail_render(struct bytes data, size_t offset, struct buffer *out);

#endif

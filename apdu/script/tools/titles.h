// SPDX-License-Identifier: Apache-2.0
// The titles of tests in script files, without running anything: lists of them, and which files
// have one.
#ifndef APDU_SCRIPT_TOOLS_TITLES_H
#define APDU_SCRIPT_TOOLS_TITLES_H

#include "apdu/script/run/report.h"
#include "apdu/script/tools/batch.h"

/// How scripts are read, and how titles are printed: as text, or as JSON.
struct titles {
    const struct crypto *crypto;
    const struct catalogue_own *own; // may be NULL
    enum report_mode mode;
};

/// Prints file and title of every test, a line each. A script that is wrong says so on standard
/// error; the worst outcome comes back.
enum script_outcome titles_list(const struct titles *titles, const struct batch_files *files);

/// Only scripts that have a test of this title stay in files.
enum script_outcome titles_keep(const struct titles *titles, const char *title,
                                struct batch_files *files);

#endif

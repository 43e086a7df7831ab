// SPDX-License-Identifier: Apache-2.0
// Which machine its owner carries, or has on the desk, and what is known of him. What a phone does
// any of them does.
#ifndef HOST_PHONE_PROFILE_H
#define HOST_PHONE_PROFILE_H

#include "host/state/machine_state.h"

enum { PHONE_MAIL_MAX = 65 };

/// "phone", "pda", "notebook", "desktop": the kind that marks its state directory; NULL ends.
extern const char *const phone_profiles[];

/// The owner's mail address: the one given, which is kept, else the one of the last time. False:
/// neither (EXIT_USAGE), or it is no address.
bool phone_mail(const struct machine_state *state, const char *given, char out[PHONE_MAIL_MAX],
                struct failure *failure);

#endif

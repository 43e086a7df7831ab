// SPDX-License-Identifier: Apache-2.0
#include "services/wire/form/form_names.h"

#define NAME_TEXT(identifier, text) [identifier] = (text),
const char *const form_names[NAME_COUNT] = {FORM_NAMES(NAME_TEXT)};
#undef NAME_TEXT

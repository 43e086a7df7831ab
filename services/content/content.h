// SPDX-License-Identifier: Apache-2.0
// The content service: containers of providers under their ids, a catalogue that reads without
// scripts, downloads in ranges, keys passed on sealed (docs/content.md, The service). It never
// sees a key or plaintext.
#ifndef SERVICES_CONTENT_CONTENT_H
#define SERVICES_CONTENT_CONTENT_H

#include "services/core/service.h"

extern const struct service content_service;

#endif

// SPDX-License-Identifier: Apache-2.0
// Memory of the C library behind the seam of base/buffer.h.
#ifndef BASE_HEAP_H
#define BASE_HEAP_H

#include "base/buffer.h"

extern const struct script_memory host_memory;

#endif

// SPDX-License-Identifier: Apache-2.0
// Answers that people read: HTML without scripts, nothing from elsewhere.
#ifndef SERVICES_CORE_PAGE_H
#define SERVICES_CORE_PAGE_H

#include "services/core/handler.h"

/// Does who asks want a page?
bool page_wanted(const struct call *call);
/// Text with what has a meaning in HTML written out.
void page_put_escaped(struct buffer *out, const char *text);
/// Text as a part of a link: everything but letters, digits and -._~ as percent octets.
void page_put_link(struct buffer *out, const char *text);
/// The whole page as the call's answer; frees out.
void page_answer(struct call *call, struct buffer *out);

#endif

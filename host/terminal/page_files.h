// SPDX-License-Identifier: Apache-2.0
// The files of terminals' pages, as they stand in host/terminal/page/ and host/*/page/: they are
// part of the program, so that a screen needs nothing installed.
#ifndef HOST_TERMINAL_PAGE_FILES_H
#define HOST_TERMINAL_PAGE_FILES_H

#include "base/bytes.h"

/// Puts a file of the tree into the program, under a name that PAGE_FILE_OF gives back. The path is
/// from the root of the tree, where the compiler runs.
#define PAGE_FILE(name, path)                                                                      \
    __asm__(".pushsection .rodata\n"                                                               \
            ".global page_" #name "_begin\n.global page_" #name "_end\n"                           \
            "page_" #name "_begin:\n.incbin \"" path "\"\n"                                        \
            "page_" #name "_end:\n.byte 0\n"                                                       \
            ".popsection\n");                                                                      \
    extern const uint8_t page_##name##_begin[], page_##name##_end[]

#define PAGE_FILE_OF(name)                                                                         \
    bytes_of(page_##name##_begin, (size_t)(page_##name##_end - page_##name##_begin))

/// host/terminal/page/terminal.js, icon.svg and terminal.css.
struct bytes page_terminal_script(void);
struct bytes page_terminal_icon(void);
struct bytes page_terminal_style(void);

#endif

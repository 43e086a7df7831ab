// SPDX-License-Identifier: Apache-2.0
#include "host/terminal/page_files.h"

PAGE_FILE(terminal_script, "host/terminal/page/terminal.js");
PAGE_FILE(terminal_icon, "host/terminal/page/icon.svg");
PAGE_FILE(terminal_style, "host/terminal/page/terminal.css");

struct bytes page_terminal_script(void) {
    return PAGE_FILE_OF(terminal_script);
}

struct bytes page_terminal_icon(void) {
    return PAGE_FILE_OF(terminal_icon);
}

struct bytes page_terminal_style(void) {
    return PAGE_FILE_OF(terminal_style);
}

// SPDX-License-Identifier: Apache-2.0
// tessera perso letters: sealed PIN letters printed from a template.
// docs/man/tessera-perso-letters.1.
#include "base/bytes.h"
#include "base/options/options.h"
#include "personalization/letters/letters.h"

#include <stdio.h>

enum { PASSPHRASE_MAX = 256 };

struct arguments {
    struct letters_order order;
    int form;
    char passphrase[PASSPHRASE_MAX];
};

static int run_letters(void *context, struct failure *failure) {
    struct arguments *arguments = context;
    struct letters_order *order = &arguments->order;
    size_t count = 0;
    order->form = (enum letters_form)arguments->form;
    order->passphrase = arguments->passphrase[0] != '\0' ? arguments->passphrase : NULL;
    bool done = letters_print(order, &count, failure);
    if (done)
        printf("%zu letter%s in %s\n", count, count == 1 ? "" : "s", order->out);
    return exit_of(done, failure);
}

#define AT(member) offsetof(struct arguments, member)

static const char *const forms[] = {[LETTERS_TEXT] = "text", [LETTERS_PDF] = "pdf", NULL};

static const struct option_row rows[] = {
    {NULL, "JOB", OPTION_DIRECTORY, "the job, or a directory with its sealed letters (*.cms)",
     .at = AT(order.source), .needed = OPTION_EVERY},
    {"template", "FILE", OPTION_FILE,
     "wording of a letter: {id}, {pin}, {puk} and {COLUMN} stand for what the card's letter has",
     .at = AT(order.template), .needed = OPTION_EVERY},
    {"printer", "CERT", OPTION_FILE, "the certificate that the letters are sealed for, in PEM",
     .at = AT(order.printer), .needed = OPTION_EVERY},
    {"key", "FILE", OPTION_FILE, "its private key, in PEM", .at = AT(order.key),
     .needed = OPTION_EVERY},
    {"passphrase-fd", "N", OPTION_SECRET, "passphrase of the key, one line from descriptor N",
     .at = AT(passphrase), .most = PASSPHRASE_MAX},
    {"form", "FORM", OPTION_WORD, "text (default) or pdf", .at = AT(form), .words = forms},
    {"font", "FONT", OPTION_TEXT, "of a PDF, as Pango describes it; default \"Sans 11\"",
     .at = AT(order.font)},
    {"out", "DIR", OPTION_DIRECTORY,
     "where ID.txt or ID.pdf go, mode 0600; a directory that is not there is made, mode 0700",
     .at = AT(order.out), .letter = 'o', .needed = OPTION_EVERY},
};

static const struct action actions[] = {{0, NULL, "", run_letters, NULL}};

static const struct command letters = {
    .name = "perso letters",
    .purpose = "print PIN letters from a template, as text or PDF",
    .rows = rows,
    .row_count = sizeof rows / sizeof rows[0],
    .actions = actions,
    .action_count = sizeof actions / sizeof actions[0],
};

int main(int argc, char **argv) {
    struct arguments arguments = {.order.font = "Sans 11"};
    int code = command_main(&letters, &arguments, argc, argv);
    bytes_erase(arguments.passphrase, sizeof arguments.passphrase);
    return code;
}

// SPDX-License-Identifier: Apache-2.0
// tessera content publish: a container to a content service. docs/man/tessera-content-publish.1
// describes it.
#include "apdu/crypto/crypto_run.h"
#include "base/options/options.h"
#include "host/content/content_trust.h"
#include "host/licence/licence_session.h"
#include "host/licence/publish.h"

struct arguments {
    const char *file, *content, *tls;
    struct publish_page page;
    struct program_run run;
    struct crypto *crypto;
};

static bool publish(const struct arguments *arguments, const struct container_file *container,
                    struct failure *failure) {
    struct licence_session session;
    bool done = licence_session_open(&session, arguments->tls, NULL, arguments->content,
                                     arguments->crypto, failure) &&
                publish_container(&session.client, container, &arguments->page, failure);
    licence_session_close(&session);
    return done;
}

/// The container is judged by the provider's own root before anything is sent.
static int run_publish(void *context, struct failure *failure) {
    struct arguments *arguments = context;
    struct content_trust trust = {0};
    struct container_file *container = NULL;
    arguments->crypto = crypto_for_run(&arguments->run, failure);
    bool done = arguments->crypto != NULL &&
                content_trust_open(&trust, arguments->tls, NULL, arguments->crypto, failure);
    if (done)
        container = container_open(arguments->file, &trust.front, CONTAINER_WHOLE, failure);
    done = container != NULL && publish(arguments, container, failure);
    container_close(container);
    content_trust_free(&trust);
    return exit_of(done, failure);
}

// ---- arguments ---------------------------------------------------------------------------------

#define AT(member) offsetof(struct arguments, member)

static const struct option_row rows[] = {
    {NULL, "FILE", OPTION_FILE, "the container", .at = AT(file), .needed = OPTION_EVERY},
    {"content", "URL", OPTION_TEXT, "https://HOST:PORT of the content service", .at = AT(content),
     .needed = OPTION_EVERY},
    {"tls", "DIR", OPTION_DIRECTORY,
     "keys and certificates of the provider that sealed it, from 'tessera ca issue'", .at = AT(tls),
     .needed = OPTION_EVERY},
    {"title", "TEXT", OPTION_TEXT, "what the catalogue says", .at = AT(page.title),
     .needed = OPTION_EVERY},
    {"subtitle", "TEXT", OPTION_TEXT, "below the title", .at = AT(page.subtitle)},
    {"performers", "TEXT", OPTION_TEXT, "who plays", .at = AT(page.performers)},
    {"creator", "TEXT", OPTION_TEXT, "who made it", .at = AT(page.creator)},
    {"comment", "TEXT", OPTION_TEXT, "what else there is to say", .at = AT(page.comment)},
    OPTION_CLOCK_ROW(AT(run)),
    OPTION_SEED_ROW(AT(run)),
};

static const struct action actions[] = {
    {1, NULL, "bring a container to a content service, with its page", run_publish, NULL}};

static const struct command publish_command = {
    .name = "content publish",
    .purpose = "bring a container to a content service, with its page",
    .rows = rows,
    .row_count = sizeof rows / sizeof rows[0],
    .actions = actions,
    .action_count = sizeof actions / sizeof actions[0],
};

int main(int argc, char **argv) {
    struct arguments arguments = {.run = program_run_now()};
    int code = command_main(&publish_command, &arguments, argc, argv);
    crypto_openssl_free(arguments.crypto);
    return code;
}

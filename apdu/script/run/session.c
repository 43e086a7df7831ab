// SPDX-License-Identifier: Apache-2.0
#include "apdu/script/run/session.h"

#include <string.h>

static void report_diagnostic(const struct script_reporter *reporter,
                              const struct script_diagnostic *what) {
    struct session *session = reporter->context;
    struct buffer text;
    buffer_init(&text, session->ports.memory);
    diagnostic_render(what, &text);
    if (!session->first_error_kept) {
        struct script_case failed = {
            .outcome = OUTCOME_ERROR, .message = what->message, .at = what->at};
        report_add(session->report, &failed, buffer_string(&text));
        session->first_error_kept = true;
    }
    fputs(buffer_string(&text), session->err);
    buffer_free(&text);
}

bool session_open(struct session *session, const char *file) {
    const char *error = "";
    struct script_reporter reporter = {report_diagnostic, session};
    program_init(&session->program, session->ports.memory, session->ports.files);
    session->program.own = session->own;
    buffer_init(&session->detail, session->ports.memory);
    session->program.main =
        sources_load(&session->program.sources, NULL, bytes_of_string(file), &error);
    if (session->program.main == NULL) {
        fprintf(session->err, "%s: cannot be read: %s\n", file, error);
        report_add_error(session->report, OUTCOME_ERROR, error);
        return false;
    }
    if (session->needs.card_count == 0)
        return program_check(&session->program, &reporter, NULL, NULL);
    session->needs.reporter = &reporter;
    session->needs.memory = session->ports.memory;
    return needs_check(&session->needs, &session->program);
}

// ---- listener --------------------------------------------------------------------------------

static void on_case_end(const struct script_listener *listener, const struct script_case *result) {
    struct session *session = listener->context;
    report_add(session->report, result, buffer_string(&session->detail));
    buffer_clear(&session->detail);
}

static void on_failure(const struct script_listener *listener, const struct script_failure *what) {
    struct session *session = listener->context;
    size_t before = session->detail.size;
    diagnostic_render(&what->diagnostic, &session->detail);
    buffer_text(&session->detail, what->detail);
    const char *text = buffer_string(&session->detail);
    if (session->mode == REPORT_PLAIN && session->detail.size > before)
        fputs(text + before, session->err);
}

static void print_masked(FILE *out, const struct script_exchange *what) {
    size_t span = 0;
    for (size_t i = 0; i < what->command.size; i++) {
        bool secret = what->secret;
        for (span = 0; span < what->secret_count; span++)
            secret |= i - what->secrets[span].offset < what->secrets[span].size;
        if (secret)
            fputs(i > 0 ? " ##" : "##", out);
        else
            fprintf(out, i > 0 ? " %02X" : "%02X", (unsigned)what->command.data[i]);
    }
}

static void print_dry(struct session *session, const struct script_exchange *what) {
    if (strcmp(what->card_name, "card") != 0)
        fprintf(session->out, "%s: ", what->card_name);
    print_masked(session->out, what);
    fputs(what->unknown ? "  # and a value from an earlier answer\n" : "\n", session->out);
}

static void on_exchange(const struct script_listener *listener,
                        const struct script_exchange *what) {
    struct session *session = listener->context;
    if (session->options->dry_run)
        print_dry(session, what);
    for (struct script_observer *observer = session->observers; observer != NULL;
         observer = observer->next)
        if (observer->exchange != NULL)
            observer->exchange(observer, what);
}

static void on_event(const struct script_listener *listener, const struct script_event *what) {
    struct session *session = listener->context;
    for (struct script_observer *observer = session->observers; observer != NULL;
         observer = observer->next)
        if (observer->event != NULL)
            observer->event(observer, what);
}

static void on_echo(const struct script_listener *listener, struct bytes text) {
    struct session *session = listener->context;
    if (session->mode == REPORT_JSON) {
        char line[1024];
        snprintf(line, sizeof line, "%.*s", (int)text.size, (const char *)text.data);
        fputs("{\"type\":\"echo\",\"text\":\"", session->out);
        report_json_text(session->out, line);
        fputs("\"}\n", session->out);
    } else
        fprintf(session->out, "%s%.*s\n", session->mode == REPORT_TAP ? "# " : "", (int)text.size,
                (const char *)text.data);
    fflush(session->out); // whoever waits for it behind a pipe sees it now
}

void session_run(struct session *session, const struct script_card *cards, size_t card_count) {
    struct script_listener listener = {.case_end = on_case_end,
                                       .exchange = on_exchange,
                                       .event = on_event,
                                       .failure = on_failure,
                                       .echo = on_echo,
                                       .context = session};
    bool watched = session->observers != NULL || session->options->dry_run;
    if (!watched) // nobody looks at exchanges: do not even describe them
        listener.exchange = NULL;
    run_script(&session->program, &session->ports, session->options, cards, card_count, &listener);
}

void session_close(struct session *session) {
    buffer_free(&session->detail);
    program_free(&session->program);
}

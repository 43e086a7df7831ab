// SPDX-License-Identifier: Apache-2.0
// Requests that two programs could read differently, as files, and the answer that each one gets:
// tests/corpus/http/*.http and answers.tsv. An answer is its status and, where it is a problem
// document, the word; "-" is the library's own answer; "closed" is none.
#include "base/files.h"
#include "tests/kit/http/stand.h"
#include "tests/kit/suite.h"

#include <glob.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define DIRECTORY "tests/corpus/http/"

enum { FILES_MAX = 250, CASE_MAX = 80000, OUTCOME_MAX = 200, PATIENCE_MS = 300 };

static struct http_stand s;
static struct {
    glob_t files;
    int sockets[FILES_MAX];
    char octets[CASE_MAX], answers[16384];
} c;

static void begin(void) {
    static const char *const hosts[] = {"localhost", NULL};
    http_stand_begin(&s, 0,
                     (struct http_server_options){.hosts = hosts,
                                                  .per_address_max = FILES_MAX,
                                                  .request_ms = PATIENCE_MS,
                                                  .idle_ms = PATIENCE_MS});
}

static struct bytes read_case(const char *path) {
    size_t size = 0;
    CU_ASSERT(files_read(path, (uint8_t *)c.octets, sizeof c.octets, &size));
    return bytes_of(c.octets, size);
}

/// The word of a problem document among the octets up to end; "-" when there is none.
static void word_of(const char *text, const char *end, char *out, size_t capacity) {
    static const char MARK[] = "\"word\":\"";
    const char *found = strstr(text, MARK);
    snprintf(out, capacity, "-");
    if (found != NULL && found < end)
        snprintf(out, capacity, "%.*s", (int)strcspn(found + sizeof MARK - 1, "\""),
                 found + sizeof MARK - 1);
}

/// The next answer from here on; the end of the text when there is none.
static const char *next_answer(const char *text) {
    const char *at = text;
    while ((at = strstr(at, "HTTP/1.")) != NULL && raw_status(at) == 0)
        at++;
    return at != NULL ? at : text + strlen(text);
}

static void outcome_of(const char *text, char *out, size_t capacity) {
    size_t used = 0;
    snprintf(out, capacity, "closed");
    for (const char *at = next_answer(text), *next; *at != '\0'; at = next) {
        char word[40] = "";
        next = next_answer(at + 1);
        if (raw_status(at) >= 400)
            word_of(at, next, word, sizeof word);
        used += (size_t)snprintf(out + used, capacity - used, "%s%u%s%s", used > 0 ? " " : "",
                                 raw_status(at), word[0] != '\0' ? ":" : "", word);
    }
}

static const char *name_of(const char *path) {
    return path + sizeof DIRECTORY - 1;
}

/// Is the line NAME<TAB>OUTCOME in answers.tsv?
static bool is_pinned(const char *path, const char *outcome) {
    char line[OUTCOME_MAX + 80];
    snprintf(line, sizeof line, "\n%.*s\t%s\n", (int)strcspn(name_of(path), "."), name_of(path),
             outcome);
    return strstr(c.answers, line) != NULL;
}

/// All at once: those that say too little wait for their deadlines together.
static void every_file_gets_its_answer(void) {
    char outcome[OUTCOME_MAX];
    size_t size = 0;
    begin();
    CU_ASSERT(
        files_read(DIRECTORY "answers.tsv", (uint8_t *)c.answers, sizeof c.answers - 1, &size));
    c.answers[size] = '\0';
    CU_ASSERT_FATAL(glob(DIRECTORY "*.http", 0, NULL, &c.files) == 0);
    CU_ASSERT_FATAL(c.files.gl_pathc >= 60 && c.files.gl_pathc < FILES_MAX);
    for (size_t i = 0; i < c.files.gl_pathc; i++) {
        c.sockets[i] = raw_connect(s.options.socket);
        raw_send(c.sockets[i], read_case(c.files.gl_pathv[i]));
    }
    for (size_t i = 0; i < c.files.gl_pathc; i++) {
        raw_read_all(c.sockets[i], s.text, sizeof s.text);
        close(c.sockets[i]);
        outcome_of(s.text, outcome, sizeof outcome);
        if (!is_pinned(c.files.gl_pathv[i], outcome)) {
            printf("%.*s\t%s\n", (int)strcspn(name_of(c.files.gl_pathv[i]), "."),
                   name_of(c.files.gl_pathv[i]), outcome);
            CU_FAIL("an answer is not the pinned one");
        }
    }
    CU_ASSERT(http_stand_serves(&s));
    http_stand_end(&s);
    globfree(&c.files);
}

int main(int argc, char **argv) {
    static const struct suite_test tests[] = {
        {"every file gets its answer", every_file_gets_its_answer, NULL},
    };
    return suite_main("test-http-corpus", tests, sizeof tests / sizeof tests[0], argc, argv);
}

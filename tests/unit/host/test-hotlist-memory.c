// SPDX-License-Identifier: Apache-2.0
// What a terminal remembers of hotlists (host/terminal/hotlist_memory.h): versions of a center rise
// only, whatever file is put in the place of --hotlist, and whenever the program starts again.
#include "host/terminal/hotlist_memory.h"

#include "base/files.h"
#include "tests/kit/image.h"
#include "tests/kit/suite.h"

#include <stdio.h>
#include <string.h>

static char directory[TEST_PATH_MAX], path[TEST_PATH_MAX + 16];
static struct failure failure;

static void begin(void) {
    test_directory_make(directory);
    snprintf(path, sizeof path, "%s/hotlists", directory);
}

static void end(void) {
    test_directory_remove(directory);
}

/// Each call reads the directory anew, as a program that starts does.
static bool believes(const char *center, uint32_t version) {
    struct revocations list = {.version = version};
    failure = (struct failure){0};
    snprintf(list.center, sizeof list.center, "%s", center);
    return hotlist_believe(directory, &list, &failure);
}

static void put(const char *text) {
    CU_ASSERT_FATAL(files_write(path, bytes_of_string(text), FILES_SECRET, FILES_REPLACE));
}

static void versions_rise_only(void) {
    begin();
    CU_ASSERT(believes("CENTER", 7) && believes("CENTER", 7) && believes("CENTER", 9));
    for (uint32_t version = 0; version < 9; version++) {
        CU_ASSERT_FALSE(believes("CENTER", version));
        CU_ASSERT_EQUAL(failure.code, EXIT_REFUSED);
        CU_ASSERT_PTR_NOT_NULL(strstr(failure.text, "version 9 was believed here"));
    }
    CU_ASSERT(believes("CENTER", 9) && believes("CENTER", UINT32_MAX));
    CU_ASSERT_FALSE(believes("CENTER", UINT32_MAX - 1));
    end();
}

static void each_center_counts_for_itself(void) {
    begin();
    CU_ASSERT(believes("CENTER", 9) && believes("OTHER", 3) && believes("OTHER", 4));
    CU_ASSERT_FALSE(believes("CENTER", 8));
    CU_ASSERT_FALSE(believes("OTHER", 3));
    CU_ASSERT(believes("CENTER", 9));
    end();
}

static void without_a_list_nothing_is_written(void) {
    uint8_t text[16];
    size_t size;
    begin();
    CU_ASSERT(hotlist_believe(directory, NULL, &failure));
    CU_ASSERT_FALSE(files_read(path, text, sizeof text, &size));
    end();
}

/// A memory that says nothing is not taken for an empty one.
static void damaged_memories_are_refused(void) {
    static const char *const damaged[] = {"", "[]", "{\"CENTER\":\"9\"}", "{\"CENTER\":9",
                                          "{\"CENTER\":9,\"CENTER\":1}"};
    begin();
    for (size_t i = 0; i < sizeof damaged / sizeof damaged[0]; i++) {
        put(damaged[i]);
        CU_ASSERT_FALSE(believes("CENTER", 10));
        CU_ASSERT_PTR_NOT_NULL(strstr(failure.text, "does not say which hotlists were believed"));
    }
    end();
}

static void what_cannot_be_remembered_is_not_believed(void) {
    begin();
    snprintf(directory + strlen(directory), 8, "/gone");
    CU_ASSERT_FALSE(believes("CENTER", 1));
    CU_ASSERT_PTR_NOT_NULL(strstr(failure.text, "cannot write"));
    directory[strlen(directory) - 5] = '\0';
    end();
}

static const struct suite_test tests[] = {
    {"a center's versions rise only", versions_rise_only, NULL},
    {"each center counts for itself", each_center_counts_for_itself, NULL},
    {"without a list nothing is written", without_a_list_nothing_is_written, NULL},
    {"a damaged memory is refused", damaged_memories_are_refused, NULL},
    {"what cannot be remembered is not believed", what_cannot_be_remembered_is_not_believed, NULL},
};

int main(int argc, char **argv) {
    return suite_main("test-hotlist-memory", tests, sizeof tests / sizeof tests[0], argc, argv);
}

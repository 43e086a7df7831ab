// SPDX-License-Identifier: Apache-2.0
// Runs corpus files through a fuzz target without libFuzzer: replay PATH..., files or directories.
// Each input is copied to memory of exactly its size. Prints how many; none is a failure.
#include "tests/fuzz/fuzz.h"

#include <dirent.h>
#include <string.h>
#include <sys/stat.h>

static size_t runs;

static void run_file(const char *path, size_t size) {
    FILE *file = fopen(path, "rb");
    uint8_t *exact = malloc(size > 0 ? size : 1);
    if (file == NULL || exact == NULL || fread(exact, 1, size, file) != size) {
        fprintf(stderr, "replay: cannot read %s\n", path);
        exit(2);
    }
    fclose(file);
    // a crash names its input by this line
    fprintf(stderr, "%s\n", path);
    LLVMFuzzerTestOneInput(exact, size);
    free(exact);
    runs++;
}

static void run_path(const char *path) {
    struct stat status;
    if (stat(path, &status) != 0) {
        fprintf(stderr, "replay: no such file: %s\n", path);
        exit(2);
    }
    if (!S_ISDIR(status.st_mode)) {
        run_file(path, (size_t)status.st_size);
        return;
    }
    DIR *directory = opendir(path);
    for (struct dirent *entry; directory != NULL && (entry = readdir(directory)) != NULL;) {
        char inner[1024];
        snprintf(inner, sizeof inner, "%s/%s", path, entry->d_name);
        if (entry->d_name[0] != '.')
            run_path(inner);
    }
    closedir(directory);
}

int main(int argc, char **argv) {
    for (int i = 1; i < argc; i++)
        run_path(argv[i]);
    printf("%zu inputs\n", runs);
    return runs > 0 ? 0 : 1;
}

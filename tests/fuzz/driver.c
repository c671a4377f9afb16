/* Runs a fuzz target over the files of its corpus, where there is no libFuzzer: each whole, each cut short,
 * each with single bytes changed. Called by ctest. Touches only the directory that it is given. */
#include <dirent.h>
#include <string.h>

#include "tests/fuzz/fuzz.h"

enum {
    FILE_MAX_BYTES = 1 << 20,
    VARIED_MAX_BYTES = 4096, /* longer files are run whole only */
    PATH_MAX_BYTES = 4096
};

/* A copy of exactly size bytes, so that a sanitizer sees what is read past them. */
static void run_copy(const uint8_t *data, size_t size)
{
    uint8_t *copy = malloc(size > 0 ? size : 1);

    FUZZ_PROMISE(copy != NULL);
    memcpy(copy, data, size);
    LLVMFuzzerTestOneInput(copy, size);
    free(copy);
}

static void run_varied(uint8_t *data, size_t size)
{
    static const uint8_t changes[] = {0x00, 0x80, 0xFF, '\n', '\'', '"', '\\'};

    for (size_t cut = 0; cut < size; cut++) {
        run_copy(data, cut);
        run_copy(data + cut, size - cut);
    }
    for (size_t at = 0; at < size; at += 1 + size / 256) {
        uint8_t byte = data[at];

        for (size_t i = 0; i < sizeof changes; i++) {
            data[at] = changes[i];
            run_copy(data, size);
        }
        data[at] = byte;
    }
}

static void run_file(const char *path)
{
    FILE *file = fopen(path, "rbe");
    uint8_t *data = malloc(FILE_MAX_BYTES);
    size_t size;

    FUZZ_PROMISE(file != NULL && data != NULL);
    size = fread(data, 1, FILE_MAX_BYTES, file);
    fclose(file);
    run_copy(data, size);
    if (size <= VARIED_MAX_BYTES) {
        run_varied(data, size);
    }
    free(data);
}

int main(int argc, char **argv)
{
    unsigned files = 0;

    for (int i = 1; i < argc; i++) {
        DIR *directory = opendir(argv[i]);
        const struct dirent *entry;

        FUZZ_PROMISE(directory != NULL);
        while ((entry = readdir(directory)) != NULL) {
            char path[PATH_MAX_BYTES];

            if (entry->d_name[0] != '.') {
                snprintf(path, sizeof path, "%s/%s", argv[i], entry->d_name);
                run_file(path);
                files++;
            }
        }
        closedir(directory);
    }
    printf("%u files\n", files);
    return files > 0 ? 0 : 1;
}

// SPDX-License-Identifier: Apache-2.0
//
// Runs a fuzz target once on each file named, with any compiler: so that the tests, under whatever
// sanitizers they run, cover the seeds and keep the target compiling.
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

// The whole of a file, in a block just as large, so that reading past its end is seen.
static uint8_t *read_whole(const char *path, size_t *size)
{
    FILE *file = fopen(path, "rb");
    if (!file)
        return NULL;
    uint8_t *data = NULL;
    if (fseek(file, 0, SEEK_END) == 0) {
        *size = (size_t)ftell(file);
        rewind(file);
        data = malloc(*size ? *size : 1);
        if (data && fread(data, 1, *size, file) != *size) {
            free(data);
            data = NULL;
        }
    }
    fclose(file);
    return data;
}

int main(int count, char **paths)
{
    for (int i = 1; i < count; i++) {
        size_t size;
        uint8_t *data = read_whole(paths[i], &size);
        if (!data) {
            perror(paths[i]);
            return EXIT_FAILURE;
        }
        printf("%s\n", paths[i]);
        fflush(stdout);
        LLVMFuzzerTestOneInput(data, size);
        free(data);
    }
    return count > 1 ? EXIT_SUCCESS : EXIT_FAILURE;
}

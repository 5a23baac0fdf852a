// SPDX-License-Identifier: Apache-2.0
#define _XOPEN_SOURCE 700 // for scandir and POSIX

#include "made.h"

#include <dirent.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

int make(scratch *t, const step *steps, int count, const char *path, bool force)
{
    const int status = make_tour(&t->session, steps, count, path, force);
    fflush(t->session.err);
    if (status == EXIT_REFUSED && strstr(t->said, "gnuplot is not installed"))
        skip();
    return status;
}

int make_short(scratch *t, const char *path, bool force)
{
    static const block blocks[] = {
        TEXT("Two commands."),
        COMMAND("array 1,2 -o a.npy", ""),
        COMMAND("info a.npy", "f32 (2,)\n"),
        {0},
    };
    static const step steps[] = {{"A step", blocks}};
    return make(t, steps, 1, path, force);
}

const char *written(scratch *t)
{
    fflush(t->session.out);
    return t->out;
}

char *read_text(const char *path)
{
    char *text = NULL;
    size_t size = 0;
    FILE *file = fopen(path, "rb");
    assert_non_null(file);
    assert_true(getdelim(&text, &size, '\0', file) > 0);
    fclose(file);
    return text;
}

void remove_folder(const char *path)
{
    struct dirent **entries;
    const int count = scandir(path, &entries, NULL, NULL);
    assert_true(count >= 0);
    for (int i = 0; i < count; i++) {
        char name[512];
        snprintf(name, sizeof name, "%s/%.255s", path, entries[i]->d_name);
        unlink(name);
        free(entries[i]);
    }
    free(entries);
    assert_int_equal(rmdir(path), 0);
}

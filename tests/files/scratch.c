// SPDX-License-Identifier: Apache-2.0
#define _XOPEN_SOURCE 700 // for mkdtemp and POSIX

#include "scratch.h"

#include <dirent.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static void listen_anew(scratch *t)
{
    if (t->session.err)
        fclose(t->session.err);
    free(t->said);
    t->said = NULL;
    t->session.err = open_memstream(&t->said, &t->said_length);
    assert_non_null(t->session.err);
}

int scratch_begin(void **state)
{
    scratch *t = calloc(1, sizeof *t);
    assert_non_null(t);
    t->session.command = "test";
    t->session.out = open_memstream(&t->out, &t->out_length);
    assert_non_null(t->session.out);
    listen_anew(t);
    // In memory, if there is such a place, since every output waits for the disk.
    strcpy(t->folder, access("/dev/shm", W_OK | X_OK) == 0 ? "/dev/shm/faltung-XXXXXX"
                                                           : "/tmp/faltung-XXXXXX");
    assert_non_null(mkdtemp(t->folder));
    assert_int_equal(chdir(t->folder), 0);
    *state = t;
    return 0;
}

// Calls `visit` for every file in the working folder and counts them.
static int visit_files(int (*visit)(const char *name))
{
    DIR *folder = opendir(".");
    assert_non_null(folder);
    int count = 0;
    for (struct dirent *entry; (entry = readdir(folder));) {
        if (strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0)
            continue;
        count++;
        if (visit)
            assert_int_equal(visit(entry->d_name), 0);
    }
    closedir(folder);
    return count;
}

int count_files(void)
{
    return visit_files(NULL);
}

int scratch_end(void **state)
{
    scratch *t = *state;
    visit_files(remove);
    assert_int_equal(chdir("/"), 0);
    assert_int_equal(rmdir(t->folder), 0);
    fclose(t->session.out);
    fclose(t->session.err);
    free(t->out);
    free(t->said);
    free(t);
    return 0;
}

void assert_refusal(scratch *t, int status, int expected, const char *words)
{
    fflush(t->session.err);
    if (!strstr(t->said, words))
        fail_msg("\"%s\" is not in \"%s\"", words, t->said);
    if (status != expected)
        fail_msg("status %d, not %d, for \"%s\"", status, expected, t->said);
    assert_ptr_equal(strchr(t->said, '\n'), t->said + t->said_length - 1);
    listen_anew(t);
}

void write_file(const char *path, const void *bytes, size_t count)
{
    FILE *file = fopen(path, "wb");
    assert_non_null(file);
    assert_int_equal(fwrite(bytes, 1, count, file), count);
    assert_int_equal(fclose(file), 0);
}

void assert_file(const char *path, const void *bytes, size_t count)
{
    FILE *file = fopen(path, "rb");
    assert_non_null(file);
    char *found = malloc(count + 1);
    assert_non_null(found);
    assert_int_equal(fread(found, 1, count + 1, file), count);
    assert_memory_equal(found, bytes, count);
    free(found);
    fclose(file);
}

int read_piped(scratch *t, array *a, const void *bytes, size_t count)
{
    int ends[2];
    assert_int_equal(pipe(ends), 0);
    assert_int_equal(write(ends[1], bytes, count), count);
    close(ends[1]);
    char path[32];
    snprintf(path, sizeof path, "/dev/fd/%d", ends[0]);
    int status = array_read(&t->session, a, path);
    close(ends[0]);
    return status;
}

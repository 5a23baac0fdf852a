// SPDX-License-Identifier: Apache-2.0
#include "charts/gnuplot.h"

#include <errno.h>
#include <spawn.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>

extern char **environ;

// What stands at 0, 1 and 2 while gnuplot runs. Files rather than pipes: neither side can wait for
// the other, and no signal arises from one that has gone.
typedef struct streams {
    FILE *file[3];
} streams;

static void close_streams(streams *t)
{
    for (int i = 0; i < 3; i++) {
        if (t->file[i])
            fclose(t->file[i]);
    }
}

static int open_streams(session *s, streams *t, const char *script)
{
    *t = (streams){{tmpfile(), tmpfile(), tmpfile()}};
    if (t->file[0] && t->file[1] && t->file[2] && fputs(script, t->file[0]) >= 0 &&
        fflush(t->file[0]) == 0) {
        rewind(t->file[0]);
        return EXIT_DONE;
    }
    const char *why = strerror(errno);
    close_streams(t);
    return refuse(s, EXIT_REFUSED, "cannot write a temporary file for gnuplot: %s", why);
}

// Starts gnuplot and waits for it. Returns an errno if it could not be started.
static int spawn_and_wait(const streams *t, int *status)
{
    posix_spawn_file_actions_t actions;
    int error = posix_spawn_file_actions_init(&actions);
    if (error)
        return error;
    for (int i = 0; i < 3 && !error; i++)
        error = posix_spawn_file_actions_adddup2(&actions, fileno(t->file[i]), i);
    char name[] = "gnuplot", defaults[] = "--default-settings";
    char *arguments[] = {name, defaults, NULL};
    pid_t child;
    if (!error)
        error = posix_spawnp(&child, name, &actions, NULL, arguments, environ);
    posix_spawn_file_actions_destroy(&actions);
    while (!error && waitpid(child, status, 0) < 0) {
        if (errno != EINTR)
            error = errno;
    }
    return error;
}

// The whole of a file, with a zero behind it; NULL if it cannot be had.
static char *read_all(FILE *file, size_t *size)
{
    if (fseek(file, 0, SEEK_END) != 0)
        return NULL;
    const long end = ftell(file);
    char *text = end < 0 ? NULL : malloc((size_t)end + 1);
    if (!text)
        return NULL;
    rewind(file);
    *size = fread(text, 1, (size_t)end, file);
    text[*size] = '\0';
    return text;
}

static int refuse_failure(session *s, FILE *words)
{
    size_t size = 0;
    char *text = read_all(words, &size);
    const char *first = text ? text + strspn(text, " \n") : "";
    if (!*first)
        first = "it did not say why";
    refuse(s, EXIT_REFUSED, "gnuplot failed: %.*s", (int)strcspn(first, "\n"), first);
    free(text);
    return EXIT_REFUSED;
}

static int run(session *s, const streams *t, char **output, size_t *size)
{
    int status = 0;
    const int error = spawn_and_wait(t, &status);
    if (error == ENOENT)
        return refuse(s, EXIT_REFUSED,
                      "gnuplot is not installed: charts need it (on Debian or Ubuntu: apt-get "
                      "install gnuplot-nox)");
    if (error)
        return refuse(s, EXIT_REFUSED, "cannot run gnuplot: %s", strerror(error));
    if (!WIFEXITED(status) || WEXITSTATUS(status) != 0)
        return refuse_failure(s, t->file[2]);
    *output = read_all(t->file[1], size);
    if (!*output)
        return refuse(s, EXIT_REFUSED, "not enough memory for what gnuplot drew");
    return EXIT_DONE;
}

int gnuplot_run(session *s, const char *script, char **output, size_t *size)
{
    streams t;
    int status = open_streams(s, &t, script);
    if (status != EXIT_DONE)
        return status;
    status = run(s, &t, output, size);
    close_streams(&t);
    return status;
}

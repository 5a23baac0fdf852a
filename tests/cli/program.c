// SPDX-License-Identifier: Apache-2.0
#define _XOPEN_SOURCE 700 // for mkdtemp and nftw

#include "program.h"

#include <dirent.h>
#include <ftw.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

ran_line ran;
static char line[16384];
static char folder[64];

// ------------------------------------------------------------------------------------ the folder

static void set_environment(void)
{
    char path[8192];
    const char *program = getenv("FALTUNG");
    program = program ? program : FALTUNG_PROGRAM;
    const char *slash = strrchr(program, '/');
    assert_non_null(slash);
    snprintf(path, sizeof path, "%.*s:%s", (int)(slash - program), program, getenv("PATH"));
    assert_int_equal(setenv("FALTUNG", program, 1), 0);
    assert_int_equal(setenv("PATH", path, 1), 0);
    // The words of the system's errors are compared with.
    assert_int_equal(setenv("LC_ALL", "C", 1), 0);
    assert_int_equal(unsetenv("POSIXLY_CORRECT"), 0);
    assert_int_equal(unsetenv("COLUMNS"), 0);
}

int program_begin(void **state)
{
    static bool ready;
    (void)state;
    if (!ready)
        set_environment();
    ready = true;
    strcpy(folder, "/tmp/faltung-XXXXXX");
    assert_non_null(mkdtemp(folder));
    assert_int_equal(chdir(folder), 0);
    return 0;
}

static int remove_one(const char *path, const struct stat *status, int type, struct FTW *place)
{
    (void)status, (void)type, (void)place;
    return remove(path);
}

int program_end(void **state)
{
    (void)state;
    free(ran.out);
    free(ran.err);
    ran = (ran_line){0};
    assert_int_equal(chdir("/"), 0);
    assert_int_equal(nftw(folder, remove_one, 8, FTW_DEPTH | FTW_PHYS), 0);
    return 0;
}

static int is_visible(const struct dirent *entry)
{
    return strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0;
}

// Calls `write` for every name in the folder, in order, and returns what was written; to be freed.
static char *list_folder(void (*write)(FILE *file, const char *name))
{
    char *text = NULL;
    size_t length;
    struct dirent **entry;
    FILE *file = open_memstream(&text, &length);
    int count = scandir(".", &entry, is_visible, alphasort);
    assert_non_null(file);
    assert_true(count >= 0);
    for (int i = 0; i < count; i++) {
        write(file, entry[i]->d_name);
        free(entry[i]);
    }
    free(entry);
    assert_int_equal(fclose(file), 0);
    return text;
}

static void write_name(FILE *file, const char *name)
{
    fprintf(file, "%s%s", ftell(file) ? " " : "", name);
}

// A name, what stands under it, and a hash of a file's bytes.
static void write_state(FILE *file, const char *name)
{
    struct stat status;
    assert_int_equal(lstat(name, &status), 0);
    uint64_t hash = 0;
    if (S_ISREG(status.st_mode) && access(name, R_OK) == 0) {
        size_t count;
        char *bytes = read_bytes(name, &count);
        for (size_t i = 0; i < count; i++)
            hash = hash * 31 + (unsigned char)bytes[i];
        free(bytes);
    }
    fprintf(file, "%s %o %lld %llx\n", name, (unsigned)status.st_mode, (long long)status.st_size,
            (unsigned long long)hash);
}

void assert_folder(const char *names)
{
    char *found = list_folder(write_name);
    if (strcmp(found, names) != 0)
        fail_msg("%s: the folder holds \"%s\", not \"%s\"", line, found, names);
    free(found);
}

// ----------------------------------------------------------------------------------------- files

void write_bytes(const char *path, const void *bytes, size_t count)
{
    FILE *file = fopen(path, "wb");
    assert_non_null(file);
    assert_int_equal(fwrite(bytes, 1, count, file), count);
    assert_int_equal(fclose(file), 0);
}

void write_text(const char *path, const char *text)
{
    write_bytes(path, text, strlen(text));
}

static char *read_all(FILE *file, size_t *count)
{
    char *bytes = NULL;
    size_t length;
    FILE *copy = open_memstream(&bytes, &length);
    assert_non_null(copy);
    for (int c; (c = getc(file)) != EOF;)
        putc(c, copy);
    assert_int_equal(fclose(copy), 0);
    if (count)
        *count = length;
    return bytes;
}

char *read_bytes(const char *path, size_t *count)
{
    FILE *file = fopen(path, "rb");
    if (!file)
        fail_msg("%s: no file '%s'", line, path);
    char *bytes = read_all(file, count);
    fclose(file);
    return bytes;
}

// ----------------------------------------------------------------------------------------- lines

static void become_shell(FILE *out, FILE *err)
{
    if (freopen("/dev/null", "rb", stdin) && dup2(fileno(out), 1) >= 0 && dup2(fileno(err), 2) >= 0)
        execl("/bin/sh", "sh", "-c", line, (char *)NULL);
    _exit(127);
}

static void run_line(void)
{
    FILE *out = tmpfile(), *err = tmpfile();
    assert_non_null(out);
    assert_non_null(err);
    free(ran.out);
    free(ran.err);
    pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0)
        become_shell(out, err);
    int status;
    assert_int_equal(waitpid(child, &status, 0), child);
    // A shell that replaces itself by its last command ends by that command's signal.
    ran.status = WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
    rewind(out);
    rewind(err);
    ran.out = read_all(out, &ran.out_length);
    ran.err = read_all(err, NULL);
    fclose(out);
    fclose(err);
}

static void set_line(const char *format, va_list arguments)
{
    int length = vsnprintf(line, sizeof line, format, arguments);
    assert_true(length >= 0 && (size_t)length < sizeof line);
}

void run(const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    set_line(format, arguments);
    va_end(arguments);
    run_line();
}

static void assert_success(void)
{
    if (ran.status != DONE || ran.err[0])
        fail_msg("%s: status %d, said \"%s\"", line, ran.status, ran.err);
}

void succeed(const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    set_line(format, arguments);
    va_end(arguments);
    run_line();
    assert_success();
}

void assert_prints(const char *words, const char *expected)
{
    succeed("%s", words);
    if (strcmp(ran.out, expected) != 0)
        fail_msg("%s: printed \"%s\", not \"%s\"", line, ran.out, expected);
}

void assert_says(const char *words, const char *expected)
{
    succeed("%s", words);
    if (!strstr(ran.out, expected))
        fail_msg("%s: \"%s\" is not in \"%s\"", line, expected, ran.out);
}

// One line, or two of which the second points to --help.
static bool is_short(const char *said)
{
    const char *end = strchr(said, '\n');
    if (!end || !end[1])
        return end;
    const char *second = end + 1;
    return strstr(second, "--help") && strchr(second, '\n') == second + strlen(second) - 1;
}

void assert_refuses(int status, const char *words, const char *expected)
{
    char *before = list_folder(write_state);
    run("%s", words);
    char *after = list_folder(write_state);
    if (!strstr(ran.err, expected))
        fail_msg("%s: \"%s\" is not in \"%s\"", line, expected, ran.err);
    if (ran.status != status)
        fail_msg("%s: status %d, not %d, for \"%s\"", line, ran.status, status, ran.err);
    if (!is_short(ran.err) || strncmp(ran.err, "faltung", strlen("faltung")) != 0)
        fail_msg("%s: \"%s\" is not one line that begins with faltung", line, ran.err);
    if (ran.out_length)
        fail_msg("%s: refused, but printed \"%s\"", line, ran.out);
    if (strcmp(before, after) != 0)
        fail_msg("%s: refused, but changed the folder from\n%sto\n%s", line, before, after);
    free(before);
    free(after);
}

// --------------------------------------------------------------------------------- surroundings

void skip_if_sanitized(void)
{
    if (FALTUNG_SANITIZED)
        skip();
}

bool has_program(const char *name)
{
    run("command -v %s >/dev/null", name);
    return ran.status == 0;
}

bool disturb(const char *const words[], int number, long microseconds)
{
    pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0) {
        signal(number, SIG_DFL); // what runs in the background may have been told to ignore it
        execvp(words[0], (char *const *)words);
        _exit(127);
    }
    nanosleep(&(struct timespec){0, 1000 * microseconds}, NULL);
    int status;
    assert_int_equal(kill(child, number), 0); // one that has ended is there until it is waited for
    assert_int_equal(waitpid(child, &status, 0), child);
    const bool killed = WIFSIGNALED(status);
    assert_true(killed ? WTERMSIG(status) == number : WEXITSTATUS(status) == DONE);
    return killed;
}

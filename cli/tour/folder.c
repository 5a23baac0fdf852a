// SPDX-License-Identifier: Apache-2.0
#define _XOPEN_SOURCE 700 // for realpath

#include "tour/folder.h"

#include "files/output.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static const char mark_heading[] =
    "Written by faltung tour. These files it may replace; with any other here it will not:\n";

static int cannot_write(session *s, const char *path, int error)
{
    return refuse(s, EXIT_REFUSED, "cannot write '%s': %s", path, strerror(error));
}

// ------------------------------------------------------------------------------------- its entries

static int is_entry(const struct dirent *entry)
{
    return strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0;
}

static void free_entries(struct dirent **entries, int count)
{
    for (int i = 0; i < count; i++)
        free(entries[i]);
    free(entries);
}

// "FOLDER/NAME", to be freed; NULL without memory.
static char *join(const char *path, const char *name)
{
    const size_t size = strlen(path) + strlen(name) + 2;
    char *joined = malloc(size);
    if (joined)
        snprintf(joined, size, "%s/%s", path, name);
    return joined;
}

// Reads the mark of a folder, to be freed. NULL with errno set if there is none.
static char *read_mark(const char *path)
{
    char *name = join(path, FOLDER_MARK), *text = NULL;
    size_t size = 0;
    FILE *file = name ? fopen(name, "r") : NULL;
    free(name);
    if (!file)
        return NULL;
    if (getdelim(&text, &size, '\0', file) < 0 ||
        strncmp(text, mark_heading, strlen(mark_heading)) != 0) {
        free(text);
        text = NULL;
        errno = EINVAL;
    }
    fclose(file);
    return text;
}

// Whether one line of the mark is this name.
static bool is_listed(const char *mark, const char *name)
{
    const size_t length = strlen(name);
    for (const char *line = strchr(mark, '\n'); line && line[1]; line = strchr(line + 1, '\n'))
        if (strncmp(line + 1, name, length) == 0 && line[1 + length] == '\n')
            return true;
    return false;
}

// Whether the tour wrote this entry: a regular file that the mark lists.
static bool is_own(const char *path, const char *mark, const char *name)
{
    struct stat status;
    char *joined = join(path, name);
    const bool regular = joined && lstat(joined, &status) == 0 && S_ISREG(status.st_mode);
    free(joined);
    return regular && is_listed(mark, name);
}

// Refuses a folder, found at `at`, that is not wholly a tour's. `path` is its name for messages.
static int check_own(session *s, const char *at, const char *path)
{
    struct dirent **entries;
    const int count = scandir(at, &entries, is_entry, alphasort);
    if (count < 0)
        return refuse(s, EXIT_REFUSED, "cannot read '%s': %s", path, strerror(errno));
    char *mark = count ? read_mark(at) : NULL;
    int status = EXIT_DONE;
    if (count && !mark)
        status = refuse(s, EXIT_REFUSED,
                        "'%s' exists and is not the folder of a tour: it is left as it is", path);
    for (int i = 0; !status && i < count; i++)
        if (!is_own(at, mark, entries[i]->d_name))
            status =
                refuse(s, EXIT_REFUSED, "'%s' holds '%s', which no tour wrote: it is left as it is",
                       path, entries[i]->d_name);
    free(mark);
    free_entries(entries, count);
    return status;
}

// Removes a folder with its entries; if there is a mark, only with those that it lists. Returns 0
// or an error's number.
static int remove_folder(const char *path, const char *mark)
{
    struct dirent **entries;
    const int count = scandir(path, &entries, is_entry, NULL);
    if (count < 0)
        return errno;
    for (int i = 0; i < count; i++) {
        char *name = join(path, entries[i]->d_name);
        if (name && (!mark || is_own(path, mark, entries[i]->d_name)))
            unlink(name);
        free(name);
    }
    free_entries(entries, count);
    return rmdir(path) == 0 ? 0 : errno;
}

// Writes the mark into the working folder: everything that is in it, and the mark itself.
static int write_mark(session *s)
{
    struct dirent **entries;
    output_file mark;
    const int count = scandir(".", &entries, is_entry, alphasort);
    if (count < 0)
        return cannot_write(s, FOLDER_MARK, errno);
    int status = output_open(s, &mark, FOLDER_MARK, false, false);
    if (!status) {
        fprintf(mark.file, "%s%s\n", mark_heading, FOLDER_MARK);
        for (int i = 0; i < count; i++)
            fprintf(mark.file, "%s\n", entries[i]->d_name);
        status = output_commit(s, &mark);
    }
    free_entries(entries, count);
    return status;
}

// ----------------------------------------------------------------------------------------- its
// name

// A name beside `target` that nobody has, ".NAME.WORD-PID", to be freed; NULL with errno set. If
// `make` is set it is made a folder.
static char *name_beside(const char *target, const char *word, bool make)
{
    const char *slash = strrchr(target, '/');
    const int length = slash ? (int)(slash - target) + 1 : 0;
    const size_t room = strlen(target) + 64;
    char *name = malloc(room);
    for (int attempt = 0; name && attempt < 100; attempt++) {
        struct stat status;
        snprintf(name, room, "%.*s.%.180s.%s-%ld-%d", length, target, target + length, word,
                 (long)getpid(), attempt);
        if (make ? mkdir(name, 0777) == 0 : lstat(name, &status) != 0 && errno == ENOENT)
            return name;
        if (make && errno != EEXIST)
            break;
    }
    const int error = errno;
    free(name);
    errno = error;
    return NULL;
}

// The path without slashes at its end, to be freed.
static char *trim(const char *path)
{
    size_t length = strlen(path);
    while (length > 1 && path[length - 1] == '/')
        length--;
    return strndup(path, length);
}

// Finds the target, and refuses what could not be replaced by it.
static int find_target(session *s, folder *f)
{
    struct stat status;
    if (!*f->path)
        return refuse(s, EXIT_REFUSED, "the folder's name is empty");
    char *path = trim(f->path);
    const bool exists = path && stat(path, &status) == 0;
    const bool dangling = path && !exists && lstat(path, &status) == 0;
    f->target = exists ? realpath(path, NULL) : path ? strdup(path) : NULL;
    const int error = errno;
    free(path);
    if (dangling)
        return refuse(s, EXIT_REFUSED, "cannot write '%s': it is a link that leads nowhere",
                      f->path);
    if (!f->target)
        return cannot_write(s, f->path, error);
    if (!exists)
        return EXIT_DONE;
    if (!S_ISDIR(status.st_mode))
        return refuse(s, EXIT_REFUSED, "'%s' exists and is no folder", f->path);
    if (!f->replaces)
        return refuse(s, EXIT_REFUSED, "'%s' exists; --force replaces it", f->path);
    return check_own(s, f->target, f->path);
}

static char *make_temporary(void)
{
    const char *place = getenv("TMPDIR");
    char *name = join(place && *place ? place : "/tmp", "faltung-tour-XXXXXX");
    if (!name || mkdtemp(name))
        return name;
    free(name);
    return NULL;
}

static void release(folder *f)
{
    if (f->origin >= 0)
        close(f->origin);
    free(f->made);
    free(f->target);
    *f = (folder){.origin = -1};
}

// Makes the folder and enters it; false with errno set.
static bool make_and_enter(folder *f)
{
    f->origin = open(".", O_RDONLY | O_DIRECTORY);
    if (f->origin < 0)
        return false;
    f->made = f->target ? name_beside(f->target, "partial", true) : make_temporary();
    if (!f->made)
        return false;
    if (chdir(f->made) == 0)
        return true;
    const int error = errno;
    rmdir(f->made);
    errno = error;
    return false;
}

int folder_begin(session *s, folder *f, const char *path, bool force)
{
    *f = (folder){.path = path, .replaces = force, .origin = -1};
    int status = path ? find_target(s, f) : EXIT_DONE;
    if (!status && !make_and_enter(f))
        status = cannot_write(s, path ? path : "a temporary folder", errno);
    if (status)
        release(f);
    return status;
}

// --------------------------------------------------------------------------------------- its place

// Removes the folder that was moved aside, of which nothing is but what a tour wrote.
static int remove_aside(session *s, const folder *f, const char *aside)
{
    char *mark = read_mark(aside);
    const int error = remove_folder(aside, mark ? mark : "");
    free(mark);
    if (!error)
        return EXIT_DONE;
    return refuse(s, EXIT_REFUSED, "'%s' is written, but the old folder is left as '%s': %s",
                  f->path, aside, strerror(error));
}

// Puts the folder in the place of an old one, which is first moved aside, and only there, where
// nobody expects it, looked at for the last time and removed.
static int replace(session *s, folder *f)
{
    char *aside = name_beside(f->target, "old", false);
    if (!aside || rename(f->target, aside) != 0) {
        const int error = errno;
        free(aside);
        return cannot_write(s, f->path, error);
    }
    int status = check_own(s, aside, f->path);
    if (!status && rename(f->made, f->target) != 0)
        status = cannot_write(s, f->path, errno);
    if (!status) {
        free(f->made);
        f->made = NULL;
        status = remove_aside(s, f, aside);
    } else if (rename(aside, f->target) != 0) {
        refuse(s, status, "the old folder '%s' is left as '%s'", f->path, aside);
    }
    free(aside);
    return status;
}

// An empty folder, and none, give way to a rename.
static int put_in_place(session *s, folder *f)
{
    if (rename(f->made, f->target) == 0) {
        free(f->made);
        f->made = NULL;
        return EXIT_DONE;
    }
    struct stat status;
    if ((errno == ENOTEMPTY || errno == EEXIST) && stat(f->target, &status) == 0)
        return f->replaces ? replace(s, f)
                           : refuse(s, EXIT_REFUSED, "'%s' exists; --force replaces it", f->path);
    return cannot_write(s, f->path, errno);
}

int folder_publish(session *s, folder *f)
{
    int status = write_mark(s);
    if (!status && fchdir(f->origin) != 0)
        status = cannot_write(s, f->path, errno);
    if (!status)
        status = put_in_place(s, f);
    folder_abandon(f);
    return status;
}

void folder_abandon(folder *f)
{
    if (f->origin >= 0 && fchdir(f->origin) == 0 && f->made)
        remove_folder(f->made, NULL);
    release(f);
}

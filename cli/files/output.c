// SPDX-License-Identifier: Apache-2.0
#define _XOPEN_SOURCE 700 // for realpath

#include "files/output.h"
#include "files/cleanup.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>
#include <unistd.h>

// What stands under a name.
typedef struct place {
    bool exists;
    struct stat status; // of what symbolic links lead to; only if it exists
} place;

static bool is_standard(const char *path)
{
    return strcmp(path, "-") == 0;
}

static int cannot_write(session *s, const char *path, int error)
{
    if (is_standard(path))
        return refuse_lost_output(s, error);
    const char *why = error ? strerror(error) : "some of it was lost";
    return refuse(s, EXIT_REFUSED, "cannot write '%s': %s", path, why);
}

// The length of the part of a path that names its folder, with the slash; 0 if it names none.
static size_t folder_length(const char *path)
{
    const char *slash = strrchr(path, '/');
    return slash ? (size_t)(slash - path) + 1 : 0;
}

// The folder of a path, to be freed; NULL without memory.
static char *folder_of(const char *path)
{
    size_t length = folder_length(path);
    return length ? strndup(path, length) : strdup(".");
}

static bool is_direct(const place *p)
{
    return p->exists && (S_ISCHR(p->status.st_mode) || S_ISFIFO(p->status.st_mode));
}

static int check_existing(session *s, const char *path, bool force, const place *p)
{
    if (is_direct(p))
        return EXIT_DONE;
    if (S_ISDIR(p->status.st_mode))
        return refuse(s, EXIT_REFUSED, "cannot write '%s': it is a folder", path);
    if (!S_ISREG(p->status.st_mode))
        return refuse(s, EXIT_REFUSED, "cannot write '%s': it is no regular file", path);
    if (!force)
        return refuse(s, EXIT_REFUSED, "'%s' exists; --force replaces it", path);
    return EXIT_DONE;
}

static int check_folder(session *s, const char *path)
{
    if (!*path)
        return refuse(s, EXIT_REFUSED, "the output's name is empty");
    if (!path[folder_length(path)])
        return refuse(s, EXIT_REFUSED, "cannot write '%s': it names a folder", path);
    char *folder = folder_of(path);
    int error = folder ? 0 : errno;
    if (folder && access(folder, W_OK | X_OK) != 0)
        error = errno;
    int status = EXIT_DONE;
    if (error)
        status = refuse(s, EXIT_REFUSED, "cannot write '%s': its folder '%s': %s", path,
                        folder ? folder : "", strerror(error));
    free(folder);
    return status;
}

// Looks at what stands under a name, and refuses what cannot be written there.
static int inspect(session *s, const char *path, bool force, place *p)
{
    p->exists = stat(path, &p->status) == 0;
    if (p->exists)
        return check_existing(s, path, force, p);
    if (errno != ENOENT)
        return cannot_write(s, path, errno);
    struct stat link;
    if (lstat(path, &link) == 0)
        return refuse(s, EXIT_REFUSED, "cannot write '%s': it is a link that leads nowhere", path);
    return check_folder(s, path);
}

bool output_name_ends(const char *path, const char *ending)
{
    size_t length = strlen(path), tail = strlen(ending);
    return length >= tail && strcasecmp(path + length - tail, ending) == 0;
}

int output_check(session *s, const char *path, bool force)
{
    place p;
    return is_standard(path) ? EXIT_DONE : inspect(s, path, force, &p);
}

static int refuse_terminal(session *s)
{
    return refuse(s, EXIT_REFUSED,
                  "the output is binary and would go to a terminal: redirect it, or name a file "
                  "with -o");
}

static int open_standard(session *s, output_file *o, bool binary)
{
    if (binary && isatty(fileno(s->out)))
        return refuse_terminal(s);
    o->file = s->out;
    o->standard = true;
    return EXIT_DONE;
}

// Opens what exists and is no file. It is not created if it has gone meanwhile.
static int open_direct(session *s, output_file *o, bool binary)
{
    int descriptor = open(o->path, O_WRONLY | O_NOCTTY);
    if (descriptor < 0)
        return cannot_write(s, o->path, errno);
    if (binary && isatty(descriptor)) {
        close(descriptor);
        return refuse_terminal(s);
    }
    o->file = fdopen(descriptor, "wb");
    if (o->file)
        return EXIT_DONE;
    int error = errno;
    close(descriptor);
    return cannot_write(s, o->path, error);
}

// Creates ".NAME.partial-PID" beside the target, or with a number behind it if that is taken. The
// name is cut, so that it is no longer than a file's name may be when NAME is not. Returns a
// descriptor, or -1 with errno set.
static int create_partial(output_file *o, mode_t mode)
{
    size_t folder = folder_length(o->target);
    size_t room = strlen(o->target) + 64;
    o->partial = malloc(room);
    if (!o->partial)
        return -1;
    for (int attempt = 0; attempt < 100; attempt++) {
        snprintf(o->partial, room, "%.*s.%.190s.partial-%ld", (int)folder, o->target,
                 o->target + folder, (long)getpid());
        if (attempt)
            snprintf(o->partial + strlen(o->partial), 16, "-%d", attempt);
        int descriptor = open(o->partial, O_WRONLY | O_CREAT | O_EXCL, mode);
        if (descriptor >= 0 || errno != EEXIST)
            return descriptor;
    }
    return -1;
}

static void release(output_file *o)
{
    free(o->partial);
    free(o->target);
    *o = (output_file){.path = o->path};
}

// A file that replaces another has its permissions from the first moment: it must never be more
// readable than that one.
static bool open_partial(output_file *o, const place *p)
{
    o->target = p->exists ? realpath(o->path, NULL) : strdup(o->path);
    if (!o->target)
        return false;
    mode_t mode = p->exists ? p->status.st_mode & 0777 : 0666;
    int descriptor = create_partial(o, mode);
    if (descriptor < 0)
        return false;
    if (p->exists)
        (void)fchmod(descriptor, mode);
    o->file = fdopen(descriptor, "wb");
    if (o->file)
        return true;
    int error = errno;
    close(descriptor);
    unlink(o->partial);
    errno = error;
    return false;
}

static int open_beside(session *s, output_file *o, const place *p)
{
    sigset_t before;
    cleanup_hold(&before);
    bool opened = open_partial(o, p);
    int error = errno;
    if (opened)
        cleanup_add(o);
    cleanup_resume(&before);
    if (opened)
        return EXIT_DONE;
    release(o);
    return cannot_write(s, o->path, error);
}

int output_open(session *s, output_file *o, const char *path, bool force, bool binary)
{
    *o = (output_file){.path = path, .force = force};
    if (is_standard(path))
        return open_standard(s, o, binary);
    place p;
    int status = inspect(s, path, force, &p);
    if (status)
        return status;
    return is_direct(&p) ? open_direct(s, o, binary) : open_beside(s, o, &p);
}

int output_write(session *s, output_file *o, const void *bytes, size_t count)
{
    errno = 0;
    if (fwrite(bytes, 1, count, o->file) == count)
        return EXIT_DONE;
    return cannot_write(s, o->path, errno);
}

// Flushes to the disk. Returns 0 or an error's number, -1 if some of it was lost and no number says
// why.
static int complete(const output_file *o)
{
    errno = 0;
    if (fflush(o->file) != 0 || ferror(o->file))
        return errno ? errno : -1;
    // Pipes and some file systems know no fsync; that is no failure.
    if (o->partial && fsync(fileno(o->file)) != 0 && errno != EINVAL && errno != ENOTSUP)
        return errno;
    return 0;
}

// Takes a name that must be free, where the file system has no hard links: the name is reserved by
// an empty file, which the rename replaces.
static int rename_to_free_name(const char *partial, const char *target)
{
    int descriptor = open(target, O_WRONLY | O_CREAT | O_EXCL, 0600);
    if (descriptor < 0)
        return errno;
    close(descriptor);
    if (rename(partial, target) == 0)
        return 0;
    int error = errno;
    unlink(target);
    return error;
}

// Gives the partial file its name. Returns 0 or an error's number.
static int publish(const char *partial, const char *target, bool force)
{
    if (force)
        return rename(partial, target) == 0 ? 0 : errno;
    if (link(partial, target) != 0)
        return errno == EEXIST ? EEXIST : rename_to_free_name(partial, target);
    unlink(partial);
    return 0;
}

// A name is on the disk only when its folder is. Best effort: not every file system can do it, and
// the file is complete in any case.
static void sync_folder(const char *path)
{
    char *folder = folder_of(path);
    int descriptor = folder ? open(folder, O_RDONLY | O_DIRECTORY) : -1;
    if (descriptor >= 0) {
        (void)fsync(descriptor);
        close(descriptor);
    }
    free(folder);
}

// Closes the file and publishes or, if `error` is set already, removes it. Returns 0 or an error's
// number.
static int finish(output_file *o, int error)
{
    if (fclose(o->file) != 0 && !error)
        error = errno;
    sigset_t before;
    cleanup_hold(&before);
    if (o->partial && !error)
        error = publish(o->partial, o->target, o->force);
    if (o->partial && error)
        unlink(o->partial);
    cleanup_remove(o);
    cleanup_resume(&before);
    return error;
}

int output_publish(const char *partial, const char *target, bool force)
{
    int error = publish(partial, target, force);
    if (!error)
        sync_folder(target);
    return error;
}

int output_complete(session *s, output_file *o)
{
    int error = complete(o);
    return error ? cannot_write(s, o->path, error < 0 ? 0 : error) : EXIT_DONE;
}

int output_commit(session *s, output_file *o)
{
    if (o->standard) {
        *o = (output_file){.path = o->path};
        return finish_output(s);
    }
    int error = finish(o, complete(o));
    if (o->target && !error)
        sync_folder(o->target);
    release(o);
    if (error == EEXIST)
        return refuse(s, EXIT_REFUSED, "'%s' exists; --force replaces it", o->path);
    return error ? cannot_write(s, o->path, error < 0 ? 0 : error) : EXIT_DONE;
}

void output_abandon(output_file *o)
{
    if (o->file && !o->standard)
        finish(o, -1);
    release(o);
}

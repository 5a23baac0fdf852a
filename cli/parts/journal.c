// SPDX-License-Identifier: Apache-2.0
#define _XOPEN_SOURCE 700 // for realpath

#include "parts/journal.h"
#include "files/output.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

// ------------------------------------------------------------------------------------------- names

// FOLDER.NAME.ENDING, to be freed; NULL without memory.
static char *hidden_name(const journal_names *names, const char *ending)
{
    const char *name = names->target + strlen(names->folder);
    size_t room = strlen(names->target) + strlen(ending) + 3;
    char *made = malloc(room);
    if (made)
        snprintf(made, room, "%s.%s.%s", names->folder, name, ending);
    return made;
}

static int no_memory(session *s)
{
    return refuse(s, EXIT_REFUSED, "out of memory");
}

int journal_find_names(session *s, journal_names *names, const char *output, shard part)
{
    char ending[64] = "journal";
    if (part.count)
        snprintf(ending, sizeof ending, "journal-%" PRId64 "-of-%" PRId64, part.index, part.count);
    *names = (journal_names){.output = output, .target = realpath(output, NULL)};
    if (!names->target)
        names->target = strdup(output);
    const char *slash = names->target ? strrchr(names->target, '/') : NULL;
    if (names->target)
        names->folder = strndup(names->target, slash ? (size_t)(slash - names->target) + 1 : 0);
    if (names->folder) {
        names->partial = hidden_name(names, "partial");
        names->journal = hidden_name(names, ending);
    }
    if (names->partial && names->journal)
        return EXIT_DONE;
    journal_names_free(names);
    return no_memory(s);
}

void journal_names_free(journal_names *names)
{
    free(names->target);
    free(names->folder);
    free(names->partial);
    free(names->journal);
    *names = (journal_names){0};
}

// --------------------------------------------------------------------------------------- one file

static int cannot(session *s, const char *what, const char *path)
{
    return refuse(s, EXIT_REFUSED, "cannot %s '%s': %s", what, path, strerror(errno));
}

// All of a file, followed by a zero, to be freed; NULL with errno.
static char *read_text(int descriptor, size_t *length)
{
    size_t room = JOURNAL_HEAD;
    char *text = malloc(room);
    *length = 0;
    for (ssize_t got = 1; text && got > 0; *length += (size_t)got) {
        if (room - *length < 2) {
            char *larger = realloc(text, room *= 2);
            if (!larger)
                free(text);
            text = larger;
        }
        got = text ? pread(descriptor, text + *length, room - *length - 1, (off_t)*length) : 0;
        if (got < 0) {
            free(text);
            return NULL;
        }
    }
    if (text)
        text[*length] = 0;
    return text;
}

// Waits for nobody: false if another process has it. The lock goes with the process.
static bool lock(int descriptor)
{
    struct flock whole = {.l_type = F_WRLCK, .l_whence = SEEK_SET};
    return fcntl(descriptor, F_SETLK, &whole) == 0;
}

// The line that a text goes on with, without its end; false if it does not end.
static bool take_line(const char **text, const char **line, size_t *length)
{
    const char *end = strchr(*text, '\n');
    if (!end)
        return false;
    *line = *text;
    *length = (size_t)(end - *text);
    *text = end + 1;
    return true;
}

// "done BEGIN END\n", and nothing else.
static bool parse_done(const char *line, size_t length, int64_t pixels, span *done)
{
    char again[64];
    if (length >= sizeof again - 1 ||
        sscanf(line, "done %" SCNd64 " %" SCNd64, &done->begin, &done->end) != 2)
        return false;
    int wrote = snprintf(again, sizeof again, "done %" PRId64 " %" PRId64, done->begin, done->end);
    return (size_t)wrote == length && memcmp(again, line, length) == 0 && done->begin >= 0 &&
           done->begin < done->end && done->end <= pixels;
}

static bool parse_pixels(const char *line, int64_t *pixels)
{
    return sscanf(line, "pixels: %" SCNd64, pixels) == 1 && *pixels >= 0;
}

// What a journal's text says.
typedef struct account {
    size_t head, valid; // bytes up to the end of "pixels", and of the last line that is whole
    int64_t pixels;
} account;

// False if it is no journal, and without memory, since then nothing is known of it.
static bool parse(const char *text, account *a, spans *done)
{
    const char *next = text, *line;
    size_t length;
    *a = (account){.pixels = -1};
    while (a->pixels < 0 && take_line(&next, &line, &length))
        if (parse_pixels(line, &a->pixels))
            a->head = a->valid = (size_t)(next - text);
    if (a->pixels < 0)
        return false;
    for (span one; take_line(&next, &line, &length) && parse_done(line, length, a->pixels, &one);
         a->valid = (size_t)(next - text))
        if (!spans_add(done, one))
            return false;
    return true;
}

// Refuses a journal whose head is another, by what the first line is about that differs.
static int compare_heads(session *s, const journal_names *names, const char *path, const char *text,
                         const char *head)
{
    const char *wanted = head, *found = text, *a, *b;
    size_t of_a = 0, of_b = 0;
    while (take_line(&wanted, &a, &of_a))
        if (!take_line(&found, &b, &of_b) || of_a != of_b || memcmp(a, b, of_a) != 0)
            return refuse(s, EXIT_REFUSED,
                          "'%s' is of a run with another %.*s: to begin anew remove it and '%s'",
                          path, (int)strcspn(a, ":\n"), a, names->partial);
    return EXIT_DONE;
}

// Reads a journal and what it says is done, nothing if its head is not complete yet. `head` may be
// NULL.
static int read_journal(session *s, const journal_names *names, const char *path, int descriptor,
                        const char *head, account *a, spans *done)
{
    size_t length;
    char *text = read_text(descriptor, &length);
    if (!text)
        return cannot(s, "read", path);
    int status = EXIT_DONE;
    *a = (account){0};
    if (!strstr(text, "\npixels: ")) {
        free(text);
        return EXIT_DONE;
    }
    if (head)
        status = compare_heads(s, names, path, text, head);
    if (!status && !parse(text, a, done))
        status = refuse(s, EXIT_REFUSED, "'%s' is no journal that can be read", path);
    free(text);
    return status;
}

// ------------------------------------------------------------------------------------ all of them

// Whether a name in the folder is that of one of the output's journals.
static bool is_journal(const journal_names *names, const char *name)
{
    const char *base = names->target + strlen(names->folder);
    const size_t length = strlen(base);
    static const char ending[] = ".journal";
    return name[0] == '.' && strncmp(name + 1, base, length) == 0 &&
           strncmp(name + 1 + length, ending, strlen(ending)) == 0 &&
           (name[1 + length + strlen(ending)] == 0 || name[1 + length + strlen(ending)] == '-');
}

typedef int each_journal(session *s, const journal_names *names, const char *path, void *context);

static int for_each(session *s, const journal_names *names, each_journal *each, void *context)
{
    const char *folder = *names->folder ? names->folder : ".";
    DIR *all = opendir(folder);
    if (!all)
        return cannot(s, "read", folder);
    int status = EXIT_DONE;
    for (const struct dirent *entry; !status && (entry = readdir(all));) {
        if (!is_journal(names, entry->d_name))
            continue;
        size_t room = strlen(names->folder) + strlen(entry->d_name) + 1;
        char *path = malloc(room);
        if (path)
            snprintf(path, room, "%s%s", names->folder, entry->d_name);
        status = path ? each(s, names, path, context) : no_memory(s);
        free(path);
    }
    closedir(all);
    return status;
}

typedef struct others {
    const char *head;
    spans *done;
} others;

// A journal of another part, which its process may be writing to.
static int read_other(session *s, const journal_names *names, const char *path, void *context)
{
    const others *o = context;
    account a;
    if (strcmp(path, names->journal) == 0)
        return EXIT_DONE;
    int descriptor = open(path, O_RDONLY);
    if (descriptor < 0)
        return errno == ENOENT ? EXIT_DONE : cannot(s, "read", path);
    int status = read_journal(s, names, path, descriptor, o->head, &a, o->done);
    close(descriptor);
    return status;
}

// ------------------------------------------------------------------------------------ the journal

static int write_text(session *s, int descriptor, const char *path, const char *text)
{
    size_t length = strlen(text);
    if (write(descriptor, text, length) == (ssize_t)length && fsync(descriptor) == 0)
        return EXIT_DONE;
    if (!errno)
        errno = ENOSPC;
    return cannot(s, "write", path);
}

// What is done by all journals, of which nothing is left if the file that it was done in is gone.
// That is looked for after the others' are read, which note nothing before it is there. *kept: the
// bytes of this one's journal that count.
static int read_done(session *s, journal *j, const journal_names *names, const char *head,
                     size_t *kept)
{
    account a = {0};
    others o = {head, &j->done};
    spans own = {0};
    int status = read_journal(s, names, names->journal, j->descriptor, head, &a, &own);
    if (!status)
        status = for_each(s, names, read_other, &o);
    const bool is_there = access(names->partial, F_OK) == 0;
    if (!status && !is_there && j->done.count)
        status =
            refuse(s, EXIT_REFUSED,
                   "'%s' is gone, which journals of '%s' are about: remove these to begin anew",
                   names->partial, names->output);
    for (size_t i = 0; !status && is_there && i < own.count; i++)
        if (!spans_add(&j->done, own.span[i]))
            status = no_memory(s);
    spans_free(&own);
    *kept = is_there ? a.valid : a.head;
    return status;
}

// A journal that is locked.
static int begin_journal(session *s, journal *j, const journal_names *names, const char *head)
{
    const bool is_new = lseek(j->descriptor, 0, SEEK_END) == 0;
    size_t kept;
    int status = read_done(s, j, names, head, &kept);
    if (!status && ftruncate(j->descriptor, (off_t)kept) != 0)
        status = cannot(s, "write", names->journal);
    if (!status && kept == 0) // it is new, or its head is not complete
        status = write_text(s, j->descriptor, names->journal, head);
    if (status && is_new)
        unlink(names->journal);
    return status;
}

int journal_open(session *s, journal *j, const journal_names *names, const char *head)
{
    *j = (journal){.descriptor = open(names->journal, O_RDWR | O_CREAT | O_APPEND, 0666)};
    if (j->descriptor < 0)
        return cannot(s, "write", names->journal);
    int status = lock(j->descriptor)
                     ? begin_journal(s, j, names, head)
                     : refuse(s, EXIT_REFUSED, "another process is computing '%s'", names->output);
    if (status)
        journal_close(j);
    return status;
}

int journal_add(session *s, journal *j, const journal_names *names, span done)
{
    char line[64];
    snprintf(line, sizeof line, "done %" PRId64 " %" PRId64 "\n", done.begin, done.end);
    int status = write_text(s, j->descriptor, names->journal, line);
    if (!status && !spans_add(&j->done, done))
        status = no_memory(s);
    return status;
}

void journal_close(journal *j)
{
    if (j->descriptor >= 0)
        close(j->descriptor);
    spans_free(&j->done);
    j->descriptor = -1;
}

// -------------------------------------------------------------------------------------- the finish

typedef struct totals {
    journal_account *all;
    int64_t count;
} totals;

static int add_journal(session *s, const journal_names *names, const char *path, void *context)
{
    totals *t = context;
    account a = {0};
    size_t length;
    int descriptor = open(path, O_RDWR);
    if (descriptor < 0)
        return cannot(s, "read", path);
    int status = EXIT_DONE;
    if (!lock(descriptor))
        status = refuse(s, EXIT_REFUSED, "another process is computing '%s'", names->output);
    if (!status)
        status = read_journal(s, names, path, descriptor, t->all->head, &a, &t->all->done);
    if (!status && a.head && !t->all->head) {
        t->all->head = read_text(descriptor, &length);
        if (t->all->head)
            t->all->head[a.head] = 0;
        else
            status = cannot(s, "read", path);
    }
    close(descriptor);
    if (a.head) {
        t->all->pixels = a.pixels;
        t->count++;
    }
    return status;
}

int journal_read_all(session *s, const journal_names *names, journal_account *all)
{
    totals t = {.all = all};
    *all = (journal_account){0};
    int status = for_each(s, names, add_journal, &t);
    if (!status && t.count == 0)
        status = refuse(s, EXIT_REFUSED, "there is no part of '%s' to finish", names->output);
    if (status) {
        free(all->head);
        spans_free(&all->done);
    }
    return status;
}

static int remove_journal(session *s, const journal_names *names, const char *path, void *context)
{
    (void)names;
    (void)context;
    return unlink(path) == 0 || errno == ENOENT ? EXIT_DONE : cannot(s, "remove", path);
}

typedef struct paths {
    char **path;
    size_t count;
} paths;

static int collect(session *s, const journal_names *names, const char *path, void *context)
{
    (void)names;
    paths *p = context;
    char *copy = strdup(path), **more = realloc(p->path, (p->count + 1) * sizeof *more);
    if (more)
        p->path = more;
    if (!copy || !more) {
        free(copy);
        return no_memory(s);
    }
    p->path[p->count++] = copy;
    return EXIT_DONE;
}

static void paths_free(paths *p)
{
    for (size_t i = 0; i < p->count; i++)
        free(p->path[i]);
    free(p->path);
}

// The journals go last: if this is ended in between, they are about a file that is gone, and the
// next run begins anew. They are found first, so that nothing can fail once the output is there.
int journal_publish(session *s, const journal_names *names, bool force)
{
    paths journals = {NULL, 0};
    int status = for_each(s, names, collect, &journals);
    int error = status ? 0 : output_publish(names->partial, names->target, force);
    if (error == EEXIST)
        status = refuse(s, EXIT_REFUSED, "'%s' exists; --force replaces it", names->output);
    else if (error)
        status = refuse(s, EXIT_REFUSED, "cannot write '%s': %s", names->output, strerror(error));
    for (size_t i = 0; i < journals.count && !status; i++)
        (void)unlink(journals.path[i]);
    paths_free(&journals);
    return status;
}

int journal_discard(session *s, const journal_names *names)
{
    if (unlink(names->partial) != 0 && errno != ENOENT)
        return cannot(s, "remove", names->partial);
    return for_each(s, names, remove_journal, NULL);
}

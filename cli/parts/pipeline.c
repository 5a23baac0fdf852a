// SPDX-License-Identifier: Apache-2.0
#include "parts/pipeline.h"
#include "parts/bounds.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

// Where a piece is while it is in memory.
typedef struct slot {
    piece piece;
    slab input, second, output;
    bool is_read, is_computed;
} slot;

enum { MOST_SLOTS = 2, ALIGNMENT = 64 };

typedef struct pipeline {
    session *session;
    const parts_job *job;
    pipeline_note *note;
    void *context;
    slot slot[MOST_SLOTS];
    pthread_mutex_t mutex; // of what follows, and the slots' flags
    pthread_cond_t changed;
    int status;     // of the first failure
    int64_t pieces; // how many there are; -1 until the last has been read
} pipeline;

// ------------------------------------------------------------------------------------------ flags

static void set(pipeline *p, bool *flag, bool value)
{
    pthread_mutex_lock(&p->mutex);
    *flag = value;
    pthread_cond_broadcast(&p->changed);
    pthread_mutex_unlock(&p->mutex);
}

static void fail(pipeline *p, int status)
{
    pthread_mutex_lock(&p->mutex);
    if (!p->status)
        p->status = status;
    pthread_cond_broadcast(&p->changed);
    pthread_mutex_unlock(&p->mutex);
}

static bool has_failed(pipeline *p)
{
    pthread_mutex_lock(&p->mutex);
    const bool failed = p->status;
    pthread_mutex_unlock(&p->mutex);
    return failed;
}

// Waits until a flag is set; false if something has failed, or there is no such piece.
static bool wait_for(pipeline *p, const bool *flag, int64_t index)
{
    pthread_mutex_lock(&p->mutex);
    while (!*flag && !p->status && (p->pieces < 0 || index < p->pieces))
        pthread_cond_wait(&p->changed, &p->mutex);
    const bool done = *flag && !p->status;
    pthread_mutex_unlock(&p->mutex);
    return done;
}

// ---------------------------------------------------------------------------- reading and writing

static int cannot_read(session *s, const box_file *f, const store_reason *why)
{
    if (why->ended)
        return refuse(s, EXIT_BAD_FILE, "%s: ends within its data", f->path);
    return refuse(s, EXIT_REFUSED, "cannot read '%s': %s", f->path, why->text);
}

// The axis along which a box goes on where the one before ended or overlaps it, the others being
// the same; -1: there is none.
static int find_continued(int rank, const faltung_part *before, const faltung_part *box)
{
    int found = -1;
    for (int i = 0; i < rank; i++) {
        const bool same = before->begin[i] == box->begin[i] && before->end[i] == box->end[i];
        const bool goes_on = before->begin[i] <= box->begin[i] && box->begin[i] < before->end[i] &&
                             before->end[i] <= box->end[i];
        if (same)
            continue;
        if (!goes_on || found >= 0)
            return -1;
        found = i;
    }
    return found;
}

// Reads the input of a piece: what the piece before has of it, whose slab is still there, is
// copied.
static bool read_input(const parts_job *job, const slot *before, slot *t, store_reason *why)
{
    const faltung_part *all = &t->piece.input;
    faltung_part rest = *all;
    const int axis =
        before ? find_continued(job->input.header.rank, &before->piece.input, all) : -1;
    if (axis >= 0) {
        faltung_part shared = *all;
        shared.end[axis] = rest.begin[axis] = before->piece.input.end[axis];
        slab_copy(&job->input, &shared, &before->input, &before->piece.input, &t->input, all);
    }
    return box_file_read(&job->input, &rest, job->plan, job->spatial_axes, &t->input, all, why);
}

static int read_piece(pipeline *p, const slot *before, slot *t)
{
    const parts_job *job = p->job;
    store_reason why;
    slab_shape(&t->input, &job->input, &t->piece.input);
    slab_shape(&t->output, &job->output, &t->piece.output);
    if (!read_input(job, before, t, &why))
        return cannot_read(p->session, &job->input, &why);
    if (!job->second.file)
        return EXIT_DONE;
    slab_shape(&t->second, &job->second, &t->piece.second);
    if (!box_file_read(&job->second, &t->piece.second, NULL, 0, &t->second, &t->piece.second, &why))
        return cannot_read(p->session, &job->second, &why);
    return EXIT_DONE;
}

static int write_piece(pipeline *p, const slot *t)
{
    const box_file *f = &p->job->output;
    store_reason why;
    if (!box_file_write(f, &t->piece.output, &t->output, &why))
        return refuse(p->session, EXIT_REFUSED, "cannot write '%s': %s", f->path, why.text);
    return p->note(p->context, &t->piece.pixels);
}

// Waits for a piece to be computed, and writes it; false if that was not to be.
static bool write_computed(pipeline *p, int64_t index)
{
    slot *t = &p->slot[index % p->job->slots];
    if (!wait_for(p, &t->is_computed, index))
        return false;
    const int status = write_piece(p, t);
    if (status)
        fail(p, status);
    set(p, &t->is_computed, false);
    return !status;
}

// Says how many pieces there are, so that nobody waits for another.
static void set_pieces(pipeline *p, int64_t pieces)
{
    pthread_mutex_lock(&p->mutex);
    p->pieces = pieces;
    pthread_cond_broadcast(&p->changed);
    pthread_mutex_unlock(&p->mutex);
}

static bool read_next(pipeline *p, int64_t index, int64_t from)
{
    slot *t = &p->slot[index % p->job->slots];
    const slot *before =
        index > 0 && p->job->slots > 1 ? &p->slot[(index - 1) % p->job->slots] : NULL;
    if (!job_next_piece(p->job, from, &t->piece))
        return false;
    const int status = read_piece(p, before, t);
    if (status)
        fail(p, status);
    else
        set(p, &t->is_read, true);
    return !status;
}

// Reads as many pieces ahead as there are slots.
static void *move_pieces(void *context)
{
    pipeline *p = context;
    const int64_t ahead = p->job->slots;
    int64_t from = p->job->wanted.begin, read = 0, written = 0;
    bool goes_on = true;
    while (goes_on) {
        if (read - written == ahead)
            goes_on = write_computed(p, written++);
        else if ((goes_on = read_next(p, read, from)))
            from = p->slot[read++ % ahead].piece.pixels.end;
    }
    set_pieces(p, read);
    while (written < read && write_computed(p, written))
        written++;
    if (!has_failed(p))
        fail(p, p->note(p->context, NULL)); // EXIT_DONE is no failure
    return NULL;
}

// -------------------------------------------------------------------------------------- computing

static int compute(pipeline *p, slot *t, void *workspace)
{
    const parts_job *job = p->job;
    faltung_message message;
    if (!job->work->compute(job, &t->piece, &t->input.tensor,
                            job->second.file ? &t->second.tensor : NULL, &t->output.tensor,
                            workspace, &message))
        return EXIT_DONE;
    return refuse(p->session, EXIT_REFUSED, "%s", message.text);
}

static void compute_pieces(pipeline *p, void *workspace)
{
    for (int64_t index = 0;; index++) {
        slot *t = &p->slot[index % p->job->slots];
        if (!wait_for(p, &t->is_read, index))
            return;
        const int status = compute(p, t, workspace);
        if (status) {
            fail(p, status);
            return;
        }
        pthread_mutex_lock(&p->mutex);
        t->is_read = false;
        t->is_computed = true;
        pthread_cond_broadcast(&p->changed);
        pthread_mutex_unlock(&p->mutex);
    }
}

// ----------------------------------------------------------------------------------------- memory

static bool take(slab *s, size_t bytes)
{
    return posix_memalign(&s->tensor.data, ALIGNMENT, bytes ? bytes : 1) == 0;
}

// Memory for every slot; what there is of it is freed by release_slots either way.
static bool make_slots(pipeline *p)
{
    const slot_bytes most = bounds_most_bytes(p->job);
    bool made = true;
    for (int i = 0; i < p->job->slots && made; i++) {
        slot *t = &p->slot[i];
        made = take(&t->input, most.input) && take(&t->output, most.output) &&
               (!p->job->second.file || take(&t->second, most.second));
    }
    return made;
}

static void release_slots(pipeline *p)
{
    for (int i = 0; i < MOST_SLOTS; i++) {
        free(p->slot[i].input.tensor.data);
        free(p->slot[i].second.tensor.data);
        free(p->slot[i].output.tensor.data);
    }
}

// One piece after the other, where there can be no thread that moves them meanwhile.
static void take_turns(pipeline *p, void *workspace)
{
    int64_t from = p->job->wanted.begin;
    for (int64_t index = 0; !p->status; index++) {
        slot *t = &p->slot[index % p->job->slots];
        if (!read_next(p, index, from))
            break;
        p->status = compute(p, t, workspace);
        if (!p->status)
            p->status = write_piece(p, t);
        from = t->piece.pixels.end;
    }
    if (!p->status)
        p->status = p->note(p->context, NULL);
}

static int run(pipeline *p, void *workspace)
{
    pthread_t mover;
    pthread_mutex_init(&p->mutex, NULL);
    pthread_cond_init(&p->changed, NULL);
    if (pthread_create(&mover, NULL, move_pieces, p) != 0)
        take_turns(p, workspace);
    else {
        compute_pieces(p, workspace);
        pthread_join(mover, NULL);
    }
    pthread_cond_destroy(&p->changed);
    pthread_mutex_destroy(&p->mutex);
    return p->status;
}

int pipeline_run(session *s, const parts_job *job, pipeline_note *note, void *context)
{
    pipeline p = {.session = s, .job = job, .note = note, .context = context, .pieces = -1};
    void *workspace = NULL;
    const size_t bytes = faltung_plan_workspace(job->plan); // none without a plan
    int status = EXIT_DONE;
    if (!make_slots(&p) || posix_memalign(&workspace, ALIGNMENT, bytes ? bytes : 1) != 0)
        status = refuse(s, EXIT_REFUSED, "out of memory");
    else
        status = run(&p, workspace);
    free(workspace);
    release_slots(&p);
    return status;
}

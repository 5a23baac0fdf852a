// SPDX-License-Identifier: Apache-2.0
#include "parts/run.h"
#include "clock.h"
#include "files/output.h"
#include "json.h"
#include "parts/bounds.h"
#include "parts/forward.h"
#include "parts/head.h"
#include "parts/pipeline.h"
#include "parts/weight.h"
#include "peak.h"
#include "progress.h"

#include <errno.h>
#include <inttypes.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

typedef struct run_state {
    session *session;
    const parts_request *request;
    parts_job job;
    weight_units units; // of a gradient of a weight
    const char *algorithm;
    size_t workspace;
    journal_names names;
    journal journal;
    spans done; // before this run
    // While it goes on:
    span written;             // what is not in the journal yet
    int64_t pixels, computed; // to compute in all, and computed
    double committed, cost;   // when that was last done, and how long it took
    double begin, told;
    progress progress;
} run_state;

int parts_read_shape(session *s, array *a, const char *path)
{
    box_file f;
    a->memory = NULL;
    int status = box_file_open(s, &f, path, &posix_store);
    if (status)
        return status;
    memcpy(a->shape, f.header.shape, sizeof a->shape);
    a->tensor = (faltung_tensor){NULL, f.header.dtype, f.header.rank, a->shape, NULL};
    box_file_close(&f);
    return EXIT_DONE;
}

// Where the i-th of `count` equal parts of so many begins.
static int64_t begin_of(int64_t all, int64_t i, int64_t count)
{
    return all / count * i + all % count * i / count;
}

// Pixels of a shard: whole rows along the first spatial axis, where there are enough.
static span pixels_of(const grid *g, shard part)
{
    const span all = grid_all(g);
    if (!part.count || all.end == 0)
        return all;
    int64_t row = g->axes > 1 ? all.end / (g->size[0] * g->size[1]) : 1;
    if (all.end / row < part.count)
        row = 1;
    return (span){begin_of(all.end / row, part.index, part.count) * row,
                  begin_of(all.end / row, part.index + 1, part.count) * row};
}

// ---------------------------------------------------------------------------------- keeping track

static void tell(run_state *r)
{
    const double now = clock_now(), share = (double)r->computed / (double)r->pixels;
    const double bytes = (double)r->computed * (double)r->job.grid.channels *
                         (double)faltung_dtype_size(r->job.output.header.dtype);
    progress_show(&r->progress, share, bytes);
    const bool last = r->computed == r->pixels;
    if (!r->request->json || (!last && now - r->told < 0.2))
        return;
    json j = json_begin(r->session->out);
    json_number(&j, "done", share);
    json_number(&j, "seconds", now - r->begin);
    json_number(&j, "seconds_left", (now - r->begin) / share * (1 - share));
    json_number(&j, "bytes_written", bytes);
    json_integer(&j, "peak_bytes", (int64_t)peak_bytes());
    json_end(&j);
    fflush(r->session->out);
    r->told = now;
}

static int check_inputs(const run_state *r)
{
    int status = box_file_check(r->session, &r->job.input);
    return status || !r->job.second.file ? status : box_file_check(r->session, &r->job.second);
}

// Notes in the journal what is written, once that has reached the disk, and if what it was computed
// from is still the same.
static int commit(run_state *r)
{
    const box_file *f = &r->job.output;
    store_reason why;
    const double begin = clock_now();
    if (r->written.begin == r->written.end)
        return EXIT_DONE;
    if (!f->kind->sync(f->file, &why))
        return refuse(r->session, EXIT_REFUSED, "cannot write '%s': %s", f->path, why.text);
    int status = check_inputs(r);
    if (!status)
        status = journal_add(r->session, &r->journal, &r->names, r->written);
    r->written.begin = r->written.end;
    r->committed = clock_now();
    r->cost = r->committed - begin;
    return status;
}

// Waiting for the disk takes no more than a twentieth of the time.
static int note(void *context, const span *pixels)
{
    run_state *r = context;
    const double apart = 20;
    int status = EXIT_DONE;
    if (!pixels)
        return commit(r);
    if (pixels->begin != r->written.end) // something between them was done before
        status = commit(r);
    if (r->written.begin == r->written.end)
        r->written.begin = pixels->begin;
    r->written.end = pixels->end;
    r->computed += pixels->end - pixels->begin;
    if (!status && clock_now() - r->committed > apart * r->cost)
        status = commit(r);
    tell(r);
    return status;
}

// ----------------------------------------------------------------------------------------- the run

// The shape of the partial file: the output's, or a row for each unit.
static int partial_shape(const run_state *r, int64_t shape[FALTUNG_MAX_AXES + 2])
{
    const parts_request *q = r->request;
    memcpy(shape, q->shape, (size_t)q->rank * sizeof *shape);
    if (q->weight)
        return q->rank;
    shape[0] = r->job.grid.size[0];
    shape[1] = r->job.grid.channels;
    return 2;
}

// What the output takes on the disk beyond what it has there already.
static int check_space(run_state *r)
{
    struct statvfs disk;
    struct stat partial;
    const char *folder = *r->names.folder ? r->names.folder : ".";
    faltung_part all = {{0}, {0}};
    r->job.output.header.rank = partial_shape(r, all.end);
    uint64_t needed = (uint64_t)box_bytes(&r->job.output, &all);
    if (statvfs(folder, &disk) != 0)
        return EXIT_DONE; // the disk itself will say
    if (stat(r->names.partial, &partial) == 0) {
        const uint64_t there = (uint64_t)partial.st_blocks * 512;
        needed = needed > there ? needed - there : 0;
    }
    const uint64_t room = (uint64_t)disk.f_bavail * disk.f_frsize;
    if (needed <= room)
        return EXIT_DONE;
    return refuse(r->session, EXIT_REFUSED,
                  "cannot write '%s': it takes %" PRIu64 " bytes, and the disk has %" PRIu64,
                  r->request->output, needed, room);
}

static int open_inputs(run_state *r)
{
    const parts_request *q = r->request;
    const char *second = q->weight ? q->residual : q->grad_output;
    int status = box_file_open(r->session, &r->job.input, q->input, q->kind);
    if (!status && second)
        status = box_file_open(r->session, &r->job.second, second, q->kind);
    return status;
}

// Whether one index of an axis of the output, in the middle, needs as much of the input as its
// block, as it does where large tiles are transformed, and less than all of it.
static bool is_whole(const faltung_plan *plan, const grid *g, int i, const faltung_part *all)
{
    const int axis = g->batched ? i + 1 : i;
    const int64_t middle = g->size[i] / 2, begin = middle - middle % g->block[i];
    faltung_part one = *all, block = *all, of_one, of_block, of_all;
    if (g->block[i] == 1 || begin + g->block[i] > g->size[i])
        return false;
    one.begin[axis] = middle;
    one.end[axis] = middle + 1;
    block.begin[axis] = begin;
    block.end[axis] = begin + g->block[i];
    if (faltung_plan_needed_input(plan, &one, &of_one, NULL) ||
        faltung_plan_needed_input(plan, &block, &of_block, NULL) ||
        faltung_plan_needed_input(plan, all, &of_all, NULL))
        return false;
    const int64_t length = of_one.end[axis] - of_one.begin[axis];
    return length == of_block.end[axis] - of_block.begin[axis] &&
           length < of_all.end[axis] - of_all.begin[axis];
}

static void find_whole_blocks(const faltung_plan *plan, grid *g)
{
    const int first = g->batched ? 1 : 0; // the channels' axis
    faltung_part all = {{0}, {0}};
    all.end[0] = g->size[0]; // or channels, below
    all.end[first] = g->channels;
    for (int i = 1; i < g->axes; i++)
        all.end[first + i] = g->size[i];
    for (int i = 1; i < g->axes; i++)
        g->whole[i] = is_whole(plan, g, i, &all);
}

static int make_plan(run_state *r, faltung_plan **plan)
{
    const parts_request *q = r->request;
    const faltung_tensor input = box_file_tensor(&r->job.input);
    faltung_message message;
    faltung_explanation e;
    if (faltung_plan_create(q->conv, &input, &q->weight->tensor, q->bias ? &q->bias->tensor : NULL,
                            plan, &message) ||
        faltung_plan_explain(*plan, &e, &message))
        return refuse(r->session, EXIT_REFUSED, "%s", message.text);
    r->job.work = &forward_work;
    r->job.plan = *plan;
    r->job.grid = grid_of(&e, q->conv->axes);
    r->algorithm = e.algorithm[e.chosen];
    find_whole_blocks(*plan, &r->job.grid);
    r->workspace = faltung_plan_workspace(*plan);
    return EXIT_DONE;
}

static int make_units(run_state *r)
{
    const parts_request *q = r->request;
    int status = weight_divide(r->session, q->conv, &r->job.input, &r->job.second, q->shape,
                               q->unit, &r->units, &r->workspace);
    if (status)
        return status;
    r->job.work = &weight_work;
    r->job.units = &r->units;
    r->job.grid = weight_grid(&r->units);
    r->algorithm = "sums of units";
    return EXIT_DONE;
}

// The shape that a residual must have, before anything is read of it.
static int check_residual(const run_state *r)
{
    const parts_request *q = r->request;
    const npy_header *h = &r->job.second.header;
    if (!q->weight || !q->residual ||
        (h->rank == q->rank && memcmp(h->shape, q->shape, (size_t)q->rank * sizeof *q->shape) == 0))
        return EXIT_DONE;
    return refuse(r->session, EXIT_REFUSED, "the residual '%s' has another shape than the output",
                  q->residual);
}

// A file that replaces another has its permissions before any number is written to it.
static void keep_permissions(const journal_names *names)
{
    struct stat status;
    if (stat(names->target, &status) == 0)
        (void)chmod(names->partial, status.st_mode & 0777);
}

// The journal, the partial file, and what is done of it; nothing new is left after a failure. What
// other parts may be writing to is left alone.
static int open_output(run_state *r, const char *head)
{
    const bool is_new = access(r->names.journal, F_OK) != 0;
    const bool is_alone = !r->request->part.count && access(r->names.partial, F_OK) != 0;
    int64_t shape[FALTUNG_MAX_AXES + 2];
    int status = journal_open(r->session, &r->journal, &r->names, head);
    if (status)
        return status;
    const int rank = partial_shape(r, shape);
    status = box_file_create(r->session, &r->job.output, r->names.partial, r->request->kind,
                             r->job.output.header.dtype, rank, shape);
    if (!status)
        keep_permissions(&r->names);
    for (size_t i = 0; i < r->journal.done.count && !status; i++)
        if (!spans_add(&r->done, r->journal.done.span[i]))
            status = refuse(r->session, EXIT_REFUSED, "out of memory");
    if (status && is_new)
        unlink(r->names.journal);
    if (status && is_alone)
        unlink(r->names.partial);
    return status;
}

static int compute(run_state *r)
{
    r->pixels = (r->job.wanted.end - r->job.wanted.begin) - spans_count(&r->done, r->job.wanted);
    r->progress = progress_begin(r->session, "convolving");
    r->begin = r->committed = clock_now();
    int status = r->pixels ? pipeline_run(r->session, &r->job, note, r) : EXIT_DONE;
    progress_end(&r->progress);
    return status;
}

static int publish(run_state *r)
{
    const parts_request *q = r->request;
    const span all = grid_all(&r->job.grid);
    if (q->part.count || spans_count(&r->journal.done, all) < all.end)
        return EXIT_DONE;
    return q->weight ? journal_publish(r->session, &r->names, q->force)
                     : weight_finish(r->session, &r->names, q->rank, q->shape, q->force);
}

// Everything from the grid on.
static int run_grid(run_state *r)
{
    const parts_request *q = r->request;
    char head[JOURNAL_HEAD];
    r->job.spatial_axes = q->conv->axes;
    r->job.wanted = pixels_of(&r->job.grid, q->part);
    r->job.done = &r->done;
    r->job.output.header.dtype = faltung_result_dtype(r->job.input.header.dtype);
    int status = check_residual(r);
    if (!status)
        status = check_space(r);
    if (!status)
        status = bounds_choose(r->session, &r->job, r->workspace, q->memory,
                               q->piece ? q->piece : PARTS_ENOUGH);
    if (!status)
        status = head_write(r->session, q, &r->job, r->algorithm, head);
    if (!status)
        status = open_output(r, head);
    if (!status)
        status = compute(r);
    box_file_close(&r->job.output);
    if (!status)
        status = publish(r);
    journal_close(&r->journal);
    return status;
}

int parts_run(session *s, const parts_request *request)
{
    run_state r = {.session = s, .request = request, .journal = {.descriptor = -1}};
    faltung_plan *plan = NULL;
    int status = journal_find_names(s, &r.names, request->output, request->part);
    if (status)
        return status;
    status = open_inputs(&r);
    if (!status)
        status = request->weight ? make_plan(&r, &plan) : make_units(&r);
    if (!status)
        status = run_grid(&r);
    faltung_plan_destroy(plan);
    box_file_close(&r.job.input);
    box_file_close(&r.job.second);
    spans_free(&r.done);
    journal_names_free(&r.names);
    return status;
}

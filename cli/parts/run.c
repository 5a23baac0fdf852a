// SPDX-License-Identifier: Apache-2.0
#define _XOPEN_SOURCE 700

#include "parts/run.h"
#include "clock.h"
#include "files/output.h"
#include "json.h"
#include "parts/bounds.h"
#include "parts/pipeline.h"
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

// ----------------------------------------------------------------------------- what is computed

static uint64_t hash_bytes(const void *bytes, size_t count)
{
    uint64_t hash = UINT64_C(0xcbf29ce484222325); // FNV-1a
    for (size_t i = 0; i < count; i++)
        hash = (hash ^ ((const unsigned char *)bytes)[i]) * UINT64_C(0x100000001b3);
    return hash;
}

static uint64_t hash_array(const array *a)
{
    int64_t count = 0;
    (void)faltung_tensor_count(&a->tensor, &count, NULL); // it is in memory
    return hash_bytes(a->memory, (size_t)count * faltung_dtype_size(a->tensor.dtype));
}

static faltung_problem problem_of(const run_state *r)
{
    const faltung_tensor *weight = &r->request->weight->tensor;
    const npy_header *input = &r->job.input.header;
    faltung_problem p = {.conv = *r->request->conv, .dtype = input->dtype};
    p.input_rank = input->rank;
    p.weight_rank = weight->rank;
    memcpy(p.input_shape, input->shape, (size_t)input->rank * sizeof *input->shape);
    memcpy(p.weight_shape, weight->shape, (size_t)weight->rank * sizeof *weight->shape);
    return p;
}

// Adds a line to a text that has room for it.
static void add_line(char *text, const char *format, ...) __attribute__((format(printf, 2, 3)));
static void add_line(char *text, const char *format, ...)
{
    size_t length = strlen(text);
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(text + length, JOURNAL_HEAD - length, format, arguments);
    va_end(arguments);
    strncat(text, "\n", JOURNAL_HEAD - strlen(text) - 1);
}

static void add_version(char *text, const char *name, const box_file *f)
{
    const file_version *v = &f->version;
    if (f->file)
        add_line(text, "%s: %" PRId64 " bytes, changed at %" PRId64 ".%09" PRId64, name, v->bytes,
                 v->seconds, v->nanoseconds);
}

// All that the output's bytes depend on. Whether there are matrix tiles, too, where they matter.
static int write_head(run_state *r, const faltung_explanation *e, char head[JOURNAL_HEAD])
{
    char text[1024];
    faltung_message message;
    const parts_request *q = r->request;
    const faltung_problem problem = problem_of(r);
    if (faltung_problem_format(&problem, text, sizeof text, &message))
        return refuse(r->session, EXIT_REFUSED, "%s", message.text);
    *head = 0;
    add_line(head, "version of Faltung: %s", faltung_version());
    add_line(head, "convolution: %s", text);
    add_line(head, "accuracy: %d", (int)q->conv->accuracy);
    add_line(head, "zero points: %d and %d", q->conv->input_zero_point, q->conv->weight_zero_point);
    add_line(head, "algorithm: %s", e->algorithm[e->chosen]);
    add_version(head, "input", &r->job.input);
    add_line(head, "weight: %s, %016" PRIx64, faltung_dtype_name(q->weight->tensor.dtype),
             hash_array(q->weight));
    if (q->bias)
        add_line(head, "bias: %016" PRIx64, hash_array(q->bias));
    add_version(head, "residual", &r->job.residual);
    add_line(head, "pixels: %" PRId64, grid_all(&r->job.grid).end);
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
    int64_t row = all.end / (g->size[0] * g->size[1]);
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

// Notes in the journal what is written, once that has reached the disk.
static int commit(run_state *r)
{
    const box_file *f = &r->job.output;
    store_reason why;
    const double begin = clock_now();
    if (r->written.begin == r->written.end)
        return EXIT_DONE;
    if (!f->kind->sync(f->file, &why))
        return refuse(r->session, EXIT_REFUSED, "cannot write '%s': %s", f->path, why.text);
    int status = journal_add(r->session, &r->journal, &r->names, r->written);
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

// ------------------------------------------------------------------------------------------- the
// run

// What the output takes on the disk beyond what it has there already.
static int check_space(run_state *r)
{
    struct statvfs disk;
    struct stat partial;
    const char *folder = *r->names.folder ? r->names.folder : ".";
    faltung_part all = {{0}, {0}};
    memcpy(all.end, r->request->shape, (size_t)r->request->rank * sizeof *all.end);
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
    int status = box_file_open(r->session, &r->job.input, q->input, q->kind);
    if (!status && q->residual)
        status = box_file_open(r->session, &r->job.residual, q->residual, q->kind);
    return status;
}

static int make_plan(run_state *r, faltung_plan **plan)
{
    const parts_request *q = r->request;
    const faltung_tensor input = box_file_tensor(&r->job.input);
    faltung_message message;
    if (faltung_plan_create(q->conv, &input, &q->weight->tensor, q->bias ? &q->bias->tensor : NULL,
                            plan, &message))
        return refuse(r->session, EXIT_REFUSED, "%s", message.text);
    r->job.plan = *plan;
    return EXIT_DONE;
}

// The shape that a residual must have, before anything is read of it.
static int check_residual(const run_state *r)
{
    const parts_request *q = r->request;
    const npy_header *h = &r->job.residual.header;
    if (!q->residual ||
        (h->rank == q->rank && memcmp(h->shape, q->shape, (size_t)q->rank * sizeof *q->shape) == 0))
        return EXIT_DONE;
    return refuse(r->session, EXIT_REFUSED, "the residual '%s' has another shape than the output",
                  q->residual);
}

// The journal, the partial file, and what is done of it; nothing new is left after a failure.
static int open_output(run_state *r, const char *head)
{
    const parts_request *q = r->request;
    const bool is_new = access(r->names.journal, F_OK) != 0;
    int status = journal_open(r->session, &r->journal, &r->names, head);
    if (status)
        return status;
    const faltung_dtype dtype = r->job.output.header.dtype;
    status = box_file_create(r->session, &r->job.output, r->names.partial, q->kind, dtype, q->rank,
                             q->shape);
    for (size_t i = 0; i < r->journal.done.count && !status; i++)
        if (!spans_add(&r->done, r->journal.done.span[i]))
            status = refuse(r->session, EXIT_REFUSED, "out of memory");
    if (status && is_new) {
        unlink(r->names.journal);
        unlink(r->names.partial);
    }
    return status;
}

static int check_inputs(const run_state *r)
{
    int status = box_file_check(r->session, &r->job.input);
    return status || !r->request->residual ? status : box_file_check(r->session, &r->job.residual);
}

static int compute(run_state *r)
{
    r->pixels = (r->job.wanted.end - r->job.wanted.begin) - spans_count(&r->done, r->job.wanted);
    r->progress = progress_begin(r->session, "convolving");
    r->begin = r->committed = clock_now();
    int status = r->pixels ? pipeline_run(r->session, &r->job, note, r) : EXIT_DONE;
    progress_end(&r->progress);
    return status ? status : check_inputs(r);
}

static int publish(run_state *r)
{
    const span all = grid_all(&r->job.grid);
    if (r->request->part.count || spans_count(&r->journal.done, all) < all.end)
        return EXIT_DONE;
    return journal_publish(r->session, &r->names, r->request->force);
}

// Everything from the plan on.
static int run_planned(run_state *r)
{
    const parts_request *q = r->request;
    faltung_explanation e;
    faltung_message message;
    char head[JOURNAL_HEAD];
    if (faltung_plan_explain(r->job.plan, &e, &message))
        return refuse(r->session, EXIT_REFUSED, "%s", message.text);
    r->job.grid = grid_of(&e, q->conv->axes);
    r->job.spatial_axes = q->conv->axes;
    r->job.wanted = pixels_of(&r->job.grid, q->part);
    r->job.done = &r->done;
    r->job.output.header =
        (npy_header){.dtype = faltung_result_dtype(r->job.input.header.dtype), .rank = q->rank};
    int status = check_residual(r);
    if (!status)
        status = bounds_choose(r->session, &r->job, q->memory, q->piece ? q->piece : PARTS_ENOUGH);
    if (!status)
        status = check_space(r);
    if (!status)
        status = write_head(r, &e, head);
    if (!status)
        status = open_output(r, head);
    if (status)
        return status;
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
        status = make_plan(&r, &plan);
    if (!status)
        status = run_planned(&r);
    faltung_plan_destroy(plan);
    box_file_close(&r.job.input);
    box_file_close(&r.job.residual);
    spans_free(&r.done);
    journal_names_free(&r.names);
    return status;
}

// ---------------------------------------------------------------------------------------- the
// finish

// Sees that all of a file has reached the disk.
static int sync_partial(session *s, const journal_names *names)
{
    store_reason why;
    store *file = posix_store.open(names->partial, true, &why);
    bool done = file && posix_store.sync(file, &why);
    if (file)
        posix_store.close(file);
    return done ? EXIT_DONE
                : refuse(s, EXIT_REFUSED, "cannot write '%s': %s", names->partial, why.text);
}

static int finish(session *s, const journal_names *names, bool force)
{
    spans done = {0};
    int64_t pixels = 0;
    int status = journal_read_all(s, names, &done, &pixels);
    const span missing = spans_first_missing(&done, (span){0, pixels});
    const int64_t computed = spans_count(&done, (span){0, pixels});
    spans_free(&done);
    if (status)
        return status;
    if (missing.begin < missing.end)
        return refuse(s, EXIT_REFUSED,
                      "'%s' is not complete: %" PRId64 " of %" PRId64
                      " pixels are computed, the first that is not is %" PRId64,
                      names->output, computed, pixels, missing.begin);
    if (access(names->partial, F_OK) != 0)
        return refuse(s, EXIT_REFUSED, "'%s' is gone", names->partial);
    status = sync_partial(s, names);
    return status ? status : journal_publish(s, names, force);
}

int parts_finish(session *s, const char *output, bool force)
{
    journal_names names;
    int status = output_check(s, output, force);
    if (!status)
        status = journal_find_names(s, &names, output, (shard){0, 0});
    if (status)
        return status;
    status = finish(s, &names, force);
    journal_names_free(&names);
    return status;
}

// SPDX-License-Identifier: Apache-2.0
#include "trial.h"

#include "borders.h"
#include "fft_bound.h"
#include "slabs.h"
#include "transform_bound.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

// Of the integers that are convolved.
enum { LIMIT = 8 };

enum { ARENA_BYTES = 256 << 20, MOST_ALLOCATIONS = 8 };

static const char *const instruction_sets[] = {"scalar", "avx2", "avx512", "amx", "neon"};
static bool is_there[COUNT_OF(instruction_sets)];

static arena input, weight, bias, residual, output, workspace, allocations[MOST_ALLOCATIONS];
static arena *const arenas[] = {&input, &weight, &bias, &residual, &output, &workspace};

static const char *const ways[] = {"at once", "planned", "in parts", "in slabs"};

// What is added to the sums: nothing, another tensor, or what the output holds.
typedef enum addition { NOTHING, ANOTHER, ITSELF, ADDITIONS } addition;

static const char *const additions[] = {"no residual", "a residual", "added to itself"};

static void note_trial(const trial *t, const faltung_conv *conv, addition added,
                       const faltung_tensor *in, const faltung_tensor *by, edge at)
{
    faltung_problem p = {.conv = *conv, t->dtype, in->rank, {0}, by->rank, {0}};
    char text[320];
    memcpy(p.input_shape, in->shape, (size_t)in->rank * sizeof *in->shape);
    memcpy(p.weight_shape, by->shape, (size_t)by->rank * sizeof *by->shape);
    assert_ok(faltung_problem_format(&p, text, sizeof text, NULL), NULL);
    blame("%s (%s, %s, %s bias, %s, %s, %s, %d threads, against the %s)", text,
          conv->instruction_set, conv->algorithm ? conv->algorithm : "best",
          t->with_bias ? "with" : "no", additions[added], ways[t->way],
          t->channels_last ? "channels last" : "contiguous", t->threads,
          at == AT_BEGIN ? "begin" : "end");
}

// ------------------------------------------------------------------------------------------ memory

// Hands out one arena for each allocation.
typedef struct lender {
    edge at;
    void *lent[MOST_ALLOCATIONS]; // NULL: free
} lender;

static void *lend(void *context, size_t size, size_t alignment)
{
    lender *l = context;
    for (int i = 0; i < MOST_ALLOCATIONS; i++)
        if (!l->lent[i])
            return l->lent[i] = arena_place(&allocations[i], size, alignment, l->at);
    return NULL;
}

static void take_back(void *context, void *memory)
{
    lender *l = context;
    for (int i = 0; i < MOST_ALLOCATIONS; i++)
        if (l->lent[i] == memory)
            l->lent[i] = NULL;
}

static bool has(const char *instruction_set)
{
    const int64_t shape[] = {1, 1, 1};
    faltung_conv conv = FALTUNG_CONV1D;
    const faltung_tensor one = {NULL, FALTUNG_F32, 3, shape, NULL};
    faltung_explanation explanation;
    conv.instruction_set = instruction_set;
    return faltung_explain(&conv, &one, &one, &explanation, NULL) == FALTUNG_OK;
}

void trials_begin(void)
{
    for (size_t i = 0; i < COUNT_OF(arenas); i++)
        arena_make(arenas[i], ARENA_BYTES);
    for (size_t i = 0; i < MOST_ALLOCATIONS; i++)
        arena_make(&allocations[i], ARENA_BYTES);
    slabs_begin(ARENA_BYTES);
    for (size_t i = 0; i < COUNT_OF(instruction_sets); i++)
        is_there[i] = has(instruction_sets[i]);
    blame_begin();
}

void trials_end(void)
{
    blame_end();
    for (size_t i = 0; i < COUNT_OF(arenas); i++)
        arena_free(arenas[i]);
    for (size_t i = 0; i < MOST_ALLOCATIONS; i++)
        arena_free(&allocations[i]);
    slabs_end();
}

// ---------------------------------------------------------------------------------------- operands

// A tensor with the shape of an array, in an arena.
typedef struct copy {
    faltung_tensor tensor;
    int64_t strides[FALTUNG_MAX_RANK];
    int64_t channels, pixels; // those of the last axes, if channels come last
    bool channels_last;
} copy;

// Where the element lies that is the i-th of the contiguous array.
static int64_t place_of(const copy *c, int64_t i)
{
    if (!c->channels_last)
        return i;
    int64_t image = c->channels * c->pixels, within = i % image;
    return i - within + within % c->pixels * c->channels + within / c->pixels;
}

static void copy_place(copy *c, const arena *to, const array *from, edge at)
{
    size_t size = faltung_dtype_size(from->tensor.dtype);
    *c = (copy){.tensor = from->tensor};
    c->tensor.data = arena_place(to, (size_t)from->count * size, size, at);
}

// Exchanges the order of channels and the `axes` axes behind them.
static void put_channels_last(copy *c, const array *from, int axes)
{
    int channel = c->tensor.rank - axes - 1;
    c->channels_last = true;
    c->channels = from->shape[channel];
    c->pixels = from->strides[channel];
    for (int i = 0; i < c->tensor.rank; i++)
        c->strides[i] = i < channel    ? from->strides[i]
                        : i == channel ? 1
                                       : from->strides[i] * c->channels;
    c->tensor.strides = c->strides;
}

static void copy_fill(const copy *c, const array *from)
{
    size_t size = faltung_dtype_size(from->tensor.dtype);
    char *to = c->tensor.data;
    const char *source = from->memory;
    if (!c->channels_last)
        memcpy(to, source, (size_t)from->count * size);
    for (int64_t i = 0; c->channels_last && i < from->count; i++)
        memcpy(to + place_of(c, i) * (int64_t)size, source + i * (int64_t)size, size);
}

static double copy_get(const copy *c, int64_t i)
{
    const array elements = {.tensor = c->tensor, .memory = c->tensor.data};
    return array_get(&elements, place_of(c, i));
}

// -------------------------------------------------------------------------------------- the trial

typedef struct copies {
    copy input, weight, bias, residual, output;
    addition added;
} copies;

static const faltung_tensor *residual_of(const copies *c)
{
    return c->added == NOTHING   ? NULL
           : c->added == ANOTHER ? &c->residual.tensor
                                 : &c->output.tensor;
}

static void copies_make(copies *c, const trial *t, const operands *o, const array *addend, edge at)
{
    copy_place(&c->input, &input, &o->input, at);
    copy_place(&c->weight, &weight, &o->weight, at);
    copy_place(&c->bias, &bias, &o->bias, at);
    copy_place(&c->residual, &residual, addend, at);
    copy_place(&c->output, &output, &o->output, at);
    if (t->channels_last) {
        put_channels_last(&c->input, &o->input, t->sample.axes);
        put_channels_last(&c->residual, addend, t->sample.axes);
        put_channels_last(&c->output, &o->output, t->sample.axes);
    }
    copy_fill(&c->input, &o->input);
    copy_fill(&c->weight, &o->weight);
    copy_fill(&c->bias, &o->bias);
    copy_fill(&c->residual, addend);
    copy_fill(&c->output, c->added == ITSELF ? addend : &o->output); // NaN
}

static void run_part(const trial *t, const faltung_plan *plan, const copies *c,
                     const faltung_part *part, void *work, edge at)
{
    faltung_message message;
    if (t->way == IN_SLABS)
        run_slab(plan, t->sample.axes, &c->input.tensor, residual_of(c), &c->output.tensor, part,
                 work, at);
    else
        assert_ok(faltung_plan_run_residual(plan, &c->input.tensor, residual_of(c),
                                            &c->output.tensor, part, work, &message),
                  &message);
}

// Four parts that meet anywhere, the last first.
static void run_parts(const trial *t, const faltung_plan *plan, const copies *c, void *work,
                      edge at, prng *random)
{
    const faltung_tensor *y = &c->output.tensor;
    int axis[2];
    int64_t cut[2];
    for (int i = 0; i < 2; i++) {
        axis[i] = (int)random_between(random, 0, y->rank - 1);
        cut[i] = random_between(random, 0, y->shape[axis[i]]);
    }
    for (int quarter = 3; quarter >= 0; quarter--) {
        faltung_part part = {{0}, {0}};
        bool empty = false;
        memcpy(part.end, y->shape, (size_t)y->rank * sizeof *y->shape);
        for (int i = 0; i < 2; i++) {
            int64_t *begin = &part.begin[axis[i]], *end = &part.end[axis[i]];
            if (quarter >> i & 1)
                *begin = cut[i] > *begin ? cut[i] : *begin;
            else
                *end = cut[i] < *end ? cut[i] : *end;
            empty = empty || *begin > *end;
        }
        if (!empty)
            run_part(t, plan, c, &part, work, at);
    }
}

static void compute(const trial *t, const faltung_conv *conv, const copies *c, edge at,
                    prng *random)
{
    faltung_message message;
    faltung_plan *plan;
    const faltung_tensor *b = t->with_bias ? &c->bias.tensor : NULL;
    if (t->way == BY_ONE_CALL) {
        assert_ok(faltung_convolve_residual(conv, &c->input.tensor, &c->weight.tensor, b,
                                            residual_of(c), &c->output.tensor, &message),
                  &message);
        return;
    }
    assert_ok(faltung_plan_create(conv, &c->input.tensor, &c->weight.tensor, b, &plan, &message),
              &message);
    void *work = arena_place(&workspace, faltung_plan_workspace(plan), 64, at);
    if (t->way >= IN_PARTS)
        run_parts(t, plan, c, work, at, random);
    else
        assert_ok(faltung_plan_run_residual(plan, &c->input.tensor, residual_of(c),
                                            &c->output.tensor, NULL, work, &message),
                  &message);
    faltung_plan_destroy(plan);
}

// What a type holds of a sum.
static double rounded(faltung_dtype dtype, double sum)
{
    return dtype == FALTUNG_F16    ? half_to_double(half_from_double(sum))
           : dtype == FALTUNG_BF16 ? brain_to_double(brain_from_double(sum))
                                   : sum;
}

// What comes out, and what it may be wrong by: NULL: nothing.
typedef struct expectation {
    oracle_sum *sums;
    double *bounds;
    double *first; // with bounds, what the first instruction set gave
    bool has_first;
} expectation;

static bool is_right(expectation *e, double got, double expected, int64_t i)
{
    if (!e->bounds)
        return got == expected;
    if (!e->has_first)
        e->first[i] = got;
    return fabs(got - expected) <= e->bounds[i] && got == e->first[i];
}

static void check_output(const copy *out, expectation *e, int64_t count)
{
    for (int64_t i = 0; i < count; i++) {
        double got = copy_get(out, i);
        double expected = rounded(out->tensor.dtype, (double)e->sums[i].value);
        if (is_right(e, got, expected, i))
            continue;
        print_error("%s: element %lld is %.9g, not %.9g\n", blamed(), (long long)i, got, expected);
        fail();
    }
    e->has_first = true;
}

// Activations that leave integers what they are; where they are the type, there is none.
static void choose_activation(const trial *t, faltung_conv *conv, prng *random)
{
    if (faltung_result_dtype(t->dtype) == FALTUNG_I32)
        return;
    static const faltung_activation some[] = {FALTUNG_ACTIVATION_NONE, FALTUNG_ACTIVATION_NONE,
                                              FALTUNG_ACTIVATION_RELU, FALTUNG_ACTIVATION_CLAMP};
    conv->activation = some[random_between(random, 0, COUNT_OF(some) - 1)];
    conv->clamp_min = -5;
    conv->clamp_max = 40;
}

// What is to come out of a sum, the last step done.
static void finish_sums(const faltung_conv *conv, addition added, const array *addend,
                        oracle_sum *sums)
{
    for (int64_t i = 0; i < addend->count; i++) {
        long double y = sums[i].value + (added ? array_get(addend, i) : 0);
        if (conv->activation == FALTUNG_ACTIVATION_RELU)
            y = y < 0 ? 0 : y;
        if (conv->activation == FALTUNG_ACTIVATION_CLAMP)
            y = y < -5 ? -5 : y > 40 ? 40 : y;
        sums[i].value = y;
    }
}

static expectation expect(const trial *t, const faltung_conv *conv, const operands *o)
{
    expectation e = {.sums = conv->padding_mode ? sums_of_padded(t, o, conv->padding_mode)
                                                : oracle_convolve(&t->sample, o, t->with_bias)};
    const double outside = conv->padding_mode ? LIMIT : 0;
    if (sample_is_computed_by(&t->sample, t->dtype, conv, "winograd") ||
        sample_is_computed_by(&t->sample, t->dtype, conv, "lattice"))
        e.bounds = transform_bounds(&t->sample, o, conv, outside);
    else if (sample_is_computed_by(&t->sample, t->dtype, conv, "fft"))
        e.bounds = fft_bounds(&t->sample, o, outside);
    if (e.bounds) {
        e.first = malloc((size_t)o->output.count * sizeof *e.first);
        assert_non_null(e.first);
    }
    return e;
}

static void expectation_free(expectation *e)
{
    free(e->sums);
    free(e->bounds);
    free(e->first);
}

// Matrix tiles transform nothing: theirs are not the bits of those that do.
static bool is_taken(size_t instruction_set, const expectation *e)
{
    return is_there[instruction_set] &&
           !(e->bounds && strcmp(instruction_sets[instruction_set], "amx") == 0);
}

// Whether the algorithm that is asked for can be had. Transforms are only bounded where what is
// written is not rounded again; forms of Winograd's are asked for by names of their own.
static bool is_possible(const trial *t, const faltung_conv *conv)
{
    const bool is_whole = t->dtype == FALTUNG_F32 || t->dtype == FALTUNG_F64;
    const char *name = conv->algorithm;
    if (!name)
        return true;
    if (strcmp(name, "winograd4") == 0 || strcmp(name, "winograd2") == 0)
        name = "winograd";
    return is_whole && sample_is_computed_by(&t->sample, t->dtype, conv, name);
}

void trial_check(const trial *t, prng *random)
{
    operands o;
    array addend;
    copies c = {.added = random_between(random, NOTHING, ADDITIONS - 1)};
    lender l = {0};
    const faltung_allocator allocator = {lend, take_back, &l};
    faltung_conv conv = sample_conv(&t->sample);
    conv.threads = t->threads;
    conv.accuracy = t->accuracy;
    conv.algorithm = t->algorithm;
    conv.padding_mode = choose_mode(&t->sample, random);
    if (!is_possible(t, &conv))
        return;
    operands_make(&o, &t->sample, t->dtype);
    operands_fill_integers(&o, random, LIMIT);
    array_make(&addend, faltung_result_dtype(t->dtype), o.output.tensor.rank, o.output.shape);
    array_fill_integers(&addend, random, -8, 8);
    expectation e = expect(t, &conv, &o);
    conv.allocator = &allocator;
    choose_activation(t, &conv, random);
    finish_sums(&conv, c.added, &addend, e.sums);
    const int64_t sets = COUNT_OF(instruction_sets), chosen = random_between(random, 0, 1000);
    for (int64_t i = 0; i < sets * TRY_EDGES; i++) {
        const size_t set = (size_t)((i + chosen) % sets);
        const edge at = (edge)((i / sets + chosen) % EDGES);
        if (!is_taken(set, &e))
            continue;
        l.at = at;
        conv.instruction_set = instruction_sets[set];
        copies_make(&c, t, &o, &addend, at);
        note_trial(t, &conv, c.added, &c.input.tensor, &c.weight.tensor, at);
        compute(t, &conv, &c, at, random);
        check_output(&c.output, &e, o.output.count);
        if (t->once)
            break;
    }
    expectation_free(&e);
    array_free(&addend);
    operands_free(&o);
}

// SPDX-License-Identifier: Apache-2.0
#include "slabs.h"

#include <string.h>

static arena inputs, residuals, outputs;

void slabs_begin(size_t bytes)
{
    arena_make(&inputs, bytes);
    arena_make(&residuals, bytes);
    arena_make(&outputs, bytes);
}

void slabs_end(void)
{
    arena_free(&inputs);
    arena_free(&residuals);
    arena_free(&outputs);
}

// A dense tensor of a box.
typedef struct slab {
    faltung_tensor tensor;
    int64_t shape[FALTUNG_MAX_RANK], strides[FALTUNG_MAX_RANK];
} slab;

static void strides_of(const faltung_tensor *t, int64_t *strides)
{
    int64_t step = 1;
    for (int i = t->rank - 1; i >= 0; i--) {
        strides[i] = t->strides ? t->strides[i] : step;
        step *= t->shape[i];
    }
}

static bool is_farther(const int64_t *strides, int i, int j)
{
    return strides[i] > strides[j] || (strides[i] == strides[j] && i < j);
}

// Dense strides, in the order that a tensor's have.
static void order_as(slab *s, const faltung_tensor *t)
{
    int64_t strides[FALTUNG_MAX_RANK];
    strides_of(t, strides);
    for (int i = 0; i < t->rank; i++) {
        s->strides[i] = 1;
        for (int j = 0; j < t->rank; j++)
            if (j != i && is_farther(strides, i, j))
                s->strides[i] *= s->shape[j];
    }
}

static void make(slab *s, const faltung_tensor *t, const faltung_part *box, const arena *in,
                 edge at)
{
    const size_t size = faltung_dtype_size(t->dtype);
    size_t count = 1;
    for (int i = 0; i < t->rank; i++) {
        s->shape[i] = box->end[i] - box->begin[i];
        assert_true(s->shape[i] >= 0);
        count *= (size_t)s->shape[i];
    }
    s->tensor = *t;
    s->tensor.shape = s->shape;
    s->tensor.strides = s->strides;
    s->tensor.data = arena_place(in, count * size, size, at);
    order_as(s, t);
}

// Where a slab's element lies in the tensor. Beyond a border that goes round there is what the
// library says.
static int64_t place_in(const faltung_tensor *t, const faltung_plan *plan, int axes,
                        const faltung_part *box, const int64_t *index)
{
    int64_t strides[FALTUNG_MAX_RANK], place = 0;
    strides_of(t, strides);
    for (int i = 0; i < t->rank; i++) {
        int64_t at = box->begin[i] + index[i];
        const int axis = i - (t->rank - axes);
        if (plan && axis >= 0)
            assert_int_equal(faltung_plan_find_input(plan, axis, at, &at, NULL), FALTUNG_OK);
        assert_true(at >= 0 && at < t->shape[i]);
        place += at * strides[i];
    }
    return place;
}

// Copies a box between a tensor and a slab.
static void copy(const faltung_tensor *t, const slab *s, const faltung_plan *plan, int axes,
                 const faltung_part *box, bool to_slab)
{
    const int64_t size = (int64_t)faltung_dtype_size(t->dtype);
    int64_t index[FALTUNG_MAX_RANK] = {0};
    for (int i = 0; i < t->rank; i++)
        if (s->shape[i] == 0)
            return;
    for (int axis = 0; axis >= 0;) {
        int64_t in_slab = 0, in_tensor = place_in(t, plan, axes, box, index);
        for (int i = 0; i < t->rank; i++)
            in_slab += index[i] * s->strides[i];
        char *a = (char *)s->tensor.data + in_slab * size, *b = (char *)t->data + in_tensor * size;
        memcpy(to_slab ? a : b, to_slab ? b : a, (size_t)size);
        for (axis = t->rank - 1; axis >= 0 && ++index[axis] == s->shape[axis]; axis--)
            index[axis] = 0;
    }
}

void run_slab(const faltung_plan *plan, int axes, const faltung_tensor *input,
              const faltung_tensor *residual, const faltung_tensor *output,
              const faltung_part *part, void *work, edge at)
{
    faltung_message message;
    faltung_part needed;
    slab in, added, out;
    const bool to_itself = residual == output;
    assert_ok(faltung_plan_needed_input(plan, part, &needed, &message), &message);
    make(&in, input, &needed, &inputs, at);
    make(&out, output, part, &outputs, at);
    copy(input, &in, plan, axes, &needed, true);
    copy(output, &out, NULL, axes, part, true);
    if (residual && !to_itself) {
        make(&added, residual, part, &residuals, at);
        copy(residual, &added, NULL, axes, part, true);
    }
    const faltung_tensor *r = !residual ? NULL : to_itself ? &out.tensor : &added.tensor;
    assert_ok(faltung_plan_run_slab(plan, &in.tensor, r, &out.tensor, part, work, &message),
              &message);
    copy(output, &out, NULL, axes, part, false);
}

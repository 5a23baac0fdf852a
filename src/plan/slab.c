// SPDX-License-Identifier: Apache-2.0
//
// Parts of an output from no more of the input than they need. The task is that of the whole, so
// that the bits are, too: the slabs' views begin where the whole tensors would.
#include "base/checked.h"
#include "base/fail.h"
#include "plan/pieces.h"
#include "plan/plan.h"
#include "problem/needed.h"
#include "tensor/tensor.h"

#include <inttypes.h>
#include <string.h>

static bool is_empty(const fal_valid *valid, const faltung_part *part)
{
    int64_t shape[FALTUNG_MAX_AXES + 2];
    const int rank = fal_output_shape(valid, shape);
    for (int i = 0; i < rank; i++)
        if (part->begin[i] == part->end[i])
            return true;
    return false;
}

// Along a spatial axis, the outputs of a part with those that are computed together with them.
static fal_range computed_outputs(const fal_choice *choice, int axis, fal_range outputs)
{
    const fal_valid *v = &choice->valid;
    if (!choice->algorithm->together)
        return outputs;
    const fal_together t =
        choice->algorithm->together(&choice->task, axis + FALTUNG_MAX_AXES - v->axes);
    const int64_t begin = (outputs.begin + t.lead) / t.count * t.count - t.lead;
    const int64_t end = fal_round_up(outputs.end + t.lead, t.count) - t.lead;
    return (fal_range){fal_most(0, begin), fal_least(v->output[axis], end)};
}

static void find_needed(const fal_choice *choice, const faltung_part *part, faltung_part *needed)
{
    const fal_valid *v = &choice->valid;
    const int first = v->batched ? 1 : 0; // the channels' axis
    *needed = *part;                      // of images
    for (int i = first; i <= first + v->axes; i++) {
        fal_range r = {part->begin[i], part->end[i]};
        if (i == first)
            r = fal_needed_channels(v, r);
        else
            r = fal_needed_positions(v, &choice->task.problem, i - first - 1,
                                     computed_outputs(choice, i - first - 1, r));
        needed->begin[i] = r.begin;
        needed->end[i] = r.end;
    }
}

static faltung_status check_plan(const faltung_plan *plan, const faltung_part *part,
                                 faltung_message *message)
{
    if (!plan || !part)
        return fal_fail(message, FALTUNG_ERROR_NULL, "%s is NULL", plan ? "part" : "plan");
    if (plan->choice.valid.of_weight)
        return fal_plan_refuse_kind(plan, message);
    return fal_validate_part(&plan->choice.valid, part, message);
}

faltung_status faltung_plan_needed_input(const faltung_plan *plan, const faltung_part *part,
                                         faltung_part *needed, faltung_message *message)
{
    faltung_status status = check_plan(plan, part, message);
    if (status)
        return status;
    if (!needed)
        return fal_fail(message, FALTUNG_ERROR_NULL, "needed is NULL");
    if (is_empty(&plan->choice.valid, part))
        *needed = (faltung_part){{0}, {0}};
    else
        find_needed(&plan->choice, part, needed);
    return FALTUNG_OK;
}

faltung_status faltung_plan_find_input(const faltung_plan *plan, int axis, int64_t position,
                                       int64_t *element, faltung_message *message)
{
    if (!plan || !element)
        return fal_fail(message, FALTUNG_ERROR_NULL, "%s is NULL", plan ? "element" : "plan");
    const fal_valid *v = &plan->choice.valid;
    if (axis < 0 || axis >= v->axes)
        return fal_fail(message, FALTUNG_ERROR_OPTION, "axis=%d, allowed is 0 to %d", axis,
                        v->axes - 1);
    const fal_range allowed = fal_shown_positions(v, axis);
    if (position < allowed.begin || position >= allowed.end)
        return fal_fail(message, FALTUNG_ERROR_SHAPE,
                        "position=%" PRId64 " along axis %d of the input, allowed is %" PRId64
                        " to %" PRId64,
                        position, axis, allowed.begin, allowed.end - 1);
    *element = fal_find_input(v, axis, position);
    return FALTUNG_OK;
}

// A slab as the whole tensor that it is a part of: of its shape, and beginning where that would.
// Along an axis of which there is one element or none, no step is taken.
typedef struct whole {
    faltung_tensor tensor;
    int64_t shape[FALTUNG_MAX_AXES + 2], strides[FALTUNG_MAX_AXES + 2];
} whole;

static faltung_status check_whole(const whole *w, const char *name, faltung_message *message)
{
    int64_t count;
    return fal_tensor_check(&w->tensor, name, &count, message);
}

static void place_whole(const faltung_tensor *slab, const faltung_part *part, whole *w)
{
    uint64_t from_origin = 0;
    w->tensor = *slab;
    w->tensor.shape = w->shape;
    w->tensor.strides = w->strides;
    fal_tensor_strides(slab, w->strides);
    for (int i = 0; i < slab->rank; i++) {
        if (slab->shape[i] < 2) // and lowering takes it for 1 where there is no other element
            w->strides[i] = w->shape[i] == 1;
        from_origin += (uint64_t)part->begin[i] * (uint64_t)w->strides[i];
    }
    from_origin *= faltung_dtype_size(slab->dtype);
    w->tensor.data = (void *)((uintptr_t)slab->data - (uintptr_t)from_origin);
}

// Where a border goes round and a slab has what lies beyond the input, its positions become those
// of an input of its own.
static void go_round(const fal_valid *valid, faltung_part *needed, fal_choice *choice,
                     int64_t *input_shape)
{
    const int first = valid->batched ? 2 : 1; // the first spatial axis
    for (int i = 0; i < valid->axes && valid->padding_mode == FALTUNG_PADDING_CIRCULAR; i++) {
        fal_problem_axis *axis = &choice->task.problem.axis[FALTUNG_MAX_AXES - valid->axes + i];
        const int64_t cropped = fal_find_crop(valid, i).begin;
        int64_t *begin = &needed->begin[first + i];
        const int64_t from = *begin - cropped, to = needed->end[first + i] - cropped;
        if (fal_is_sampled(valid, i) || (from >= 0 && to <= axis->input))
            continue;
        axis->input = to - from;
        axis->padding += from;
        *begin = cropped; // which the view steps over
        input_shape[first + i] = to - from;
    }
}

static void list_shape(const faltung_part *part, int rank, int64_t *shape)
{
    for (int i = 0; i < rank; i++)
        shape[i] = part->end[i] - part->begin[i];
}

static faltung_status run(const faltung_plan *plan, const faltung_tensor *input,
                          const faltung_tensor *residual, const faltung_tensor *output,
                          const faltung_part *part, faltung_part *needed, void *workspace,
                          faltung_message *message)
{
    fal_choice choice = plan->choice;
    const fal_valid *valid = &plan->choice.valid;
    whole in, out, added;
    fal_input_shape(valid, in.shape);
    fal_output_shape(valid, out.shape);
    fal_output_shape(valid, added.shape);
    go_round(valid, needed, &choice, in.shape);
    place_whole(input, needed, &in);
    place_whole(output, part, &out);
    if (residual)
        place_whole(residual, part, &added);
    faltung_status status = check_whole(&in, "input", message);
    if (!status)
        status = check_whole(&out, "output", message);
    if (status)
        return status;
    const fal_operands operands =
        fal_plan_operands(plan, &in.tensor, residual ? &added.tensor : NULL, &out.tensor);
    const fal_part lowered = fal_lower_part(valid, part);
    return fal_plan_run(plan, &choice, &operands, &lowered, workspace, message);
}

faltung_status faltung_plan_run_slab(const faltung_plan *plan, const faltung_tensor *input,
                                     const faltung_tensor *residual, const faltung_tensor *output,
                                     const faltung_part *part, void *workspace,
                                     faltung_message *message)
{
    faltung_part needed;
    faltung_status status = faltung_plan_needed_input(plan, part, &needed, message);
    if (status)
        return status;
    int64_t of_input[FALTUNG_MAX_AXES + 2], of_output[FALTUNG_MAX_AXES + 2];
    const fal_valid *valid = &plan->choice.valid;
    const int rank = fal_output_shape(valid, of_output);
    list_shape(&needed, rank, of_input);
    list_shape(part, rank, of_output);
    status = fal_validate_slab(valid, input, of_input, output, of_output, message);
    if (!status)
        status = fal_validate_residual(valid, residual, output, message);
    if (status || is_empty(valid, part))
        return status;
    return run(plan, input, residual, output, part, &needed, workspace, message);
}

// SPDX-License-Identifier: Apache-2.0
//
// Plans: a choice together with the weight and the bias, packed or copied.
#include "plan/plan.h"

#include "base/fail.h"
#include "base/memory.h"
#include "plan/pieces.h"
#include "tensor/tensor.h"

#include <string.h>

static const faltung_allocator *allocator_of(const faltung_plan *plan)
{
    return plan->has_allocator ? &plan->allocator : NULL;
}

// Copies a validated tensor.
static faltung_status make_copy(const faltung_plan *plan, const faltung_tensor *from,
                                const char *name, fal_copy *to, faltung_message *message)
{
    int64_t count;
    faltung_status status = fal_tensor_check_data(from, name, message);
    if (!status)
        status = fal_tensor_check(from, name, &count, message);
    if (status)
        return status;
    memcpy(to->shape, from->shape, (size_t)from->rank * sizeof *to->shape);
    size_t bytes = (size_t)count * faltung_dtype_size(from->dtype);
    to->tensor = (faltung_tensor){fal_allocate(allocator_of(plan), bytes), from->dtype, from->rank,
                                  to->shape, NULL};
    if (!to->tensor.data)
        return fal_fail(message, FALTUNG_ERROR_MEMORY, "out of memory: %zu bytes for %s", bytes,
                        name);
    return faltung_tensor_copy(from, &to->tensor, message);
}

static faltung_status copy_operands(faltung_plan *plan, const faltung_tensor *weight,
                                    const faltung_tensor *bias, faltung_message *message)
{
    faltung_status status = make_copy(plan, weight, "weight", &plan->weight, message);
    if (!status && bias) {
        plan->has_bias = true;
        status = make_copy(plan, bias, "bias", &plan->bias, message);
    }
    return status;
}

static faltung_status pack_operands(faltung_plan *plan, const faltung_tensor *weight,
                                    const faltung_tensor *bias, faltung_message *message)
{
    size_t bytes = fal_choice_packed_bytes(&plan->choice);
    faltung_status status = fal_tensor_check_data(weight, "weight", message);
    if (!status && bias)
        status = fal_tensor_check_data(bias, "bias", message);
    if (status)
        return status;
    plan->packed = fal_allocate(allocator_of(plan), bytes);
    if (!plan->packed)
        return fal_fail(message, FALTUNG_ERROR_MEMORY, "out of memory: %zu bytes for weights",
                        bytes);
    const fal_operands operands = fal_choice_operands(&plan->choice, NULL, weight, bias, NULL);
    plan->choice.algorithm->pack(&plan->choice.task, &operands, plan->packed);
    return FALTUNG_OK;
}

// Strides are each run's own. All 0, they lie within the memory of any shape; but that columns are
// farther apart than channels is kept.
static faltung_tensor without_strides(const faltung_conv *conv, const faltung_tensor *tensor,
                                      int64_t strides[FALTUNG_MAX_RANK])
{
    faltung_tensor view = *tensor;
    memset(strides, 0, FALTUNG_MAX_RANK * sizeof *strides);
    if (fal_is_channels_last(conv, tensor))
        for (int i = tensor->rank - conv->axes; i < tensor->rank; i++)
            strides[i] = 1;
    view.strides = strides;
    return view;
}

faltung_status faltung_plan_create(const faltung_conv *conv, const faltung_tensor *input,
                                   const faltung_tensor *weight, const faltung_tensor *bias,
                                   faltung_plan **plan, faltung_message *message)
{
    if (!plan)
        return fal_fail(message, FALTUNG_ERROR_NULL, "plan is NULL");
    *plan = NULL;
    if (!input)
        return fal_fail(message, FALTUNG_ERROR_NULL, "input is NULL");
    int64_t strides[FALTUNG_MAX_RANK];
    const faltung_tensor planned = without_strides(conv, input, strides);
    fal_choice choice;
    faltung_status status = fal_choose(conv, &planned, weight, bias, &choice, message);
    if (status)
        return status;
    faltung_plan *made = fal_allocate(conv->allocator, sizeof *made);
    if (!made)
        return fal_fail(message, FALTUNG_ERROR_MEMORY, "out of memory: %zu bytes for a plan",
                        sizeof *made);
    *made = (faltung_plan){.choice = choice, .has_allocator = conv->allocator != NULL};
    if (conv->allocator)
        made->allocator = *conv->allocator;
    if (choice.valid.of_weight) { // both of whose operands come with a run
        *plan = made;
        return FALTUNG_OK;
    }
    status = fal_choice_packed_bytes(&choice) ? pack_operands(made, weight, bias, message)
                                              : copy_operands(made, weight, bias, message);
    if (status)
        faltung_plan_destroy(made);
    else
        *plan = made;
    return status;
}

void faltung_plan_destroy(faltung_plan *plan)
{
    if (!plan)
        return;
    // The plan holds its own allocator, and is freed through it.
    bool has_allocator = plan->has_allocator;
    const faltung_allocator allocator = plan->allocator;
    const faltung_allocator *used = has_allocator ? &allocator : NULL;
    fal_release(used, plan->packed);
    fal_release(used, plan->weight.tensor.data);
    fal_release(used, plan->bias.tensor.data);
    fal_release(used, plan);
}

size_t faltung_plan_workspace(const faltung_plan *plan)
{
    if (!plan)
        return 0;
    size_t packed = plan->choice.valid.of_weight ? fal_choice_packed_bytes(&plan->choice) : 0;
    return packed + fal_choice_workspace(&plan->choice);
}

faltung_status fal_plan_refuse_kind(const faltung_plan *plan, faltung_message *message)
{
    return fal_fail(message, FALTUNG_ERROR_OPTION,
                    plan->choice.valid.of_weight
                        ? "a plan of a weight's gradient is run by faltung_plan_run_weight"
                        : "faltung_plan_run_weight is for plans of a weight's gradient");
}

// The workspace that a run was given, or of its own: NULL where there is none.
static faltung_status find_workspace(const faltung_plan *plan, void *given, void **own,
                                     faltung_message *message)
{
    size_t bytes = faltung_plan_workspace(plan);
    *own = !given && bytes ? fal_allocate(allocator_of(plan), bytes) : NULL;
    if (given || !bytes || *own)
        return FALTUNG_OK;
    return fal_fail(message, FALTUNG_ERROR_MEMORY, "out of memory: %zu bytes of workspace for %s",
                    bytes, plan->choice.algorithm->name);
}

faltung_status faltung_plan_run_weight(const faltung_plan *plan, const faltung_tensor *input,
                                       const faltung_tensor *grad_output,
                                       const faltung_tensor *grad_weight, void *workspace,
                                       faltung_message *message)
{
    if (!plan)
        return fal_fail(message, FALTUNG_ERROR_NULL, "plan is NULL");
    if (!plan->choice.valid.of_weight)
        return fal_plan_refuse_kind(plan, message);
    void *own;
    const fal_choice *choice = &plan->choice;
    faltung_status status =
        fal_validate_weight_run(&choice->valid, input, grad_output, grad_weight, message);
    if (!status)
        status = find_workspace(plan, workspace, &own, message);
    if (status)
        return status;
    const fal_operands operands =
        fal_choice_operands(choice, input, grad_output, NULL, grad_weight);
    fal_pack_and_run(choice, &operands, workspace ? workspace : own);
    fal_release(allocator_of(plan), own);
    return FALTUNG_OK;
}

fal_operands fal_plan_operands(const faltung_plan *plan, const faltung_tensor *input,
                               const faltung_tensor *residual, const faltung_tensor *output)
{
    fal_operands operands =
        fal_choice_operands(&plan->choice, input, plan->packed ? NULL : &plan->weight.tensor,
                            plan->has_bias ? &plan->bias.tensor : NULL, output);
    fal_add_residual(&operands, residual);
    return operands;
}

faltung_status fal_plan_run(const faltung_plan *plan, const fal_choice *choice,
                            const fal_operands *operands, const fal_part *part, void *workspace,
                            faltung_message *message)
{
    void *own;
    faltung_status status = find_workspace(plan, workspace, &own, message);
    if (status)
        return status;
    fal_run_choice(choice, operands, plan->packed, part, workspace ? workspace : own);
    fal_release(allocator_of(plan), own);
    return FALTUNG_OK;
}

// A part of the output, or all of it for NULL; `residual` may be NULL, too.
static faltung_status run(const faltung_plan *plan, const faltung_tensor *input,
                          const faltung_tensor *residual, const faltung_tensor *output,
                          const fal_part *part, void *workspace, faltung_message *message)
{
    if (plan->choice.valid.of_weight)
        return fal_plan_refuse_kind(plan, message);
    faltung_status status = fal_validate_run(&plan->choice.valid, input, output, message);
    if (!status)
        status = fal_validate_residual(&plan->choice.valid, residual, output, message);
    if (status)
        return status;
    const fal_operands operands = fal_plan_operands(plan, input, residual, output);
    return fal_plan_run(plan, &plan->choice, &operands, part, workspace, message);
}

faltung_status faltung_plan_run(const faltung_plan *plan, const faltung_tensor *input,
                                const faltung_tensor *output, void *workspace,
                                faltung_message *message)
{
    return faltung_plan_run_residual(plan, input, NULL, output, NULL, workspace, message);
}

faltung_status faltung_plan_run_part(const faltung_plan *plan, const faltung_tensor *input,
                                     const faltung_tensor *output, const faltung_part *part,
                                     void *workspace, faltung_message *message)
{
    if (!plan || !part)
        return fal_fail(message, FALTUNG_ERROR_NULL, "%s is NULL", plan ? "part" : "plan");
    return faltung_plan_run_residual(plan, input, NULL, output, part, workspace, message);
}

faltung_status faltung_plan_run_residual(const faltung_plan *plan, const faltung_tensor *input,
                                         const faltung_tensor *residual,
                                         const faltung_tensor *output, const faltung_part *part,
                                         void *workspace, faltung_message *message)
{
    if (!plan)
        return fal_fail(message, FALTUNG_ERROR_NULL, "plan is NULL");
    if (!part)
        return run(plan, input, residual, output, NULL, workspace, message);
    faltung_status status = fal_validate_part(&plan->choice.valid, part, message);
    if (status)
        return status;
    const fal_part lowered = fal_lower_part(&plan->choice.valid, part);
    return run(plan, input, residual, output, &lowered, workspace, message);
}

faltung_status faltung_plan_explain(const faltung_plan *plan, faltung_explanation *explanation,
                                    faltung_message *message)
{
    if (!plan || !explanation)
        return fal_fail(message, FALTUNG_ERROR_NULL, "%s is NULL", plan ? "explanation" : "plan");
    fal_explain_choice(&plan->choice, explanation);
    return FALTUNG_OK;
}

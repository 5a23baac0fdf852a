// SPDX-License-Identifier: Apache-2.0
#include "problem/lower.h"

#include "base/checked.h"
#include "tensor/element.h"
#include "tensor/tensor.h"

bool fal_is_sampled(const fal_valid *valid, int i)
{
    const faltung_axis *axis = &valid->axis[i];
    return !axis->transposed && axis->kernel == 1 && axis->padding.begin == 0 &&
           axis->padding.end == 0 && axis->input_dilation == 1;
}

// Whether an axis has one output, which needs nothing outside.
static bool has_one_output(const fal_valid *valid, int i)
{
    const faltung_axis *axis = &valid->axis[i];
    if (valid->output[i] != 1 || axis->padding.begin != 0 || axis->padding.end != 0)
        return false;
    if (axis->kernel > 1 && valid->padding_mode != FALTUNG_PADDING_ZEROS)
        return false;
    return axis->transposed ? axis->kernel == 1 && axis->input == 1 : axis->input_dilation == 1;
}

static bool has_kernel(const fal_valid *valid)
{
    for (int i = 0; i < valid->axes; i++)
        if (valid->axis[i].kernel > 1)
            return true;
    return false;
}

bool fal_is_row_of_images(const fal_valid *valid)
{
    const bool has_room =
        valid->axes < 3 || valid->axis[0].kernel == 1 || valid->axis[2].kernel == 1;
    const bool is_depthwise = valid->input_channels == valid->groups;
    if (valid->of_weight || valid->batch < 2 || !has_room || (is_depthwise && has_kernel(valid)))
        return false;
    for (int i = 0; i < valid->axes; i++)
        if (!has_one_output(valid, i))
            return false;
    return true;
}

faltung_padding fal_find_crop(const fal_valid *valid, int i)
{
    const faltung_padding p = valid->axis[i].padding;
    if (valid->padding_mode != FALTUNG_PADDING_CIRCULAR)
        return (faltung_padding){0, 0};
    return (faltung_padding){fal_most(-p.begin, 0), fal_most(-p.end, 0)};
}

// A validated axis has a representable extent and, if it is transposed, a representable size before
// cropping, (W - 1)*S + extent + output_padding: no position of the lowered problem is beyond
// these. A stride that leads to no second output, and a dilation to no second element of the
// kernel, may be any number, and is 1 here, so that sizes found from it are not out of all
// proportion.
static fal_problem_axis lower_axis(const faltung_axis *axis, int64_t output)
{
    fal_problem_axis lowered = {
        .input = axis->input,
        .kernel = axis->kernel,
        .output = output,
        .input_dilation = axis->input_dilation,
        .dilation = axis->kernel > 1 ? axis->dilation : 1,
        .stride = output > 1 ? axis->stride : 1,
        .padding = axis->padding.begin,
    };
    if (axis->transposed) {
        lowered.input_dilation = axis->stride;
        lowered.stride = 1;
        lowered.padding = axis->dilation * (axis->kernel - 1) - axis->padding.begin;
    }
    return lowered;
}

static void add_missing_axes(const fal_valid *valid, fal_problem *problem)
{
    for (int i = 0; i < FALTUNG_MAX_AXES - valid->axes; i++)
        problem->axis[i] = (fal_problem_axis){1, 1, 1, 1, 1, 1, 0};
}

// Whether the outputs or the inputs of the convolution are the kernel, they are the ones that lie a
// stride apart.
static fal_problem lower_of_weight(const fal_valid *valid)
{
    int64_t first = valid->transposed ? valid->input_channels : valid->output_channels;
    int64_t second = valid->transposed ? valid->output_channels : valid->input_channels;
    fal_problem problem = {
        .dtype = valid->dtype,
        .weight_dtype = valid->dtype,
        .output_dtype = valid->dtype,
        .conjugates_input = valid->conjugates && !valid->transposed,
        .conjugates_weight = valid->conjugates && valid->transposed,
        .accuracy = valid->accuracy,
        .batch = second / valid->groups,
        .groups = valid->groups,
        .input_channels = valid->batch,
        .output_channels = first / valid->groups,
        .of_weight = true,
        .border_counts = !valid->transposed,
    };
    add_missing_axes(valid, &problem);
    for (int i = 0; i < valid->axes; i++) {
        const faltung_axis *axis = &valid->axis[i];
        int64_t input = axis->input, output = valid->output[i];
        const int64_t kernel = valid->transposed ? input : output;
        problem.axis[FALTUNG_MAX_AXES - valid->axes + i] = (fal_problem_axis){
            .input = valid->transposed ? output : input,
            .kernel = kernel,
            .output = axis->kernel,
            .input_dilation = 1,
            .dilation = kernel > 1 ? axis->stride : 1,
            .stride = axis->kernel > 1 ? axis->dilation : 1,
            .padding = axis->padding.begin,
        };
    }
    return problem;
}

int64_t fal_find_element(faltung_padding_mode border, int64_t position, int64_t size)
{
    const bool before = position < 0;
    if (!before && position < size)
        return position;
    if (border == FALTUNG_PADDING_REFLECT)
        position = before ? -position : (size - 1) - (position - (size - 1));
    if (border == FALTUNG_PADDING_CIRCULAR)
        position += before ? size : -size;
    if (border == FALTUNG_PADDING_REPLICATE)
        position = before ? 0 : size - 1;
    // Bands may reach further than the padding does.
    bool found = border != FALTUNG_PADDING_ZEROS && position >= 0 && position < size;
    return found ? position : -1;
}

bool fal_is_paired(const fal_problem *p, int64_t channel)
{
    return fal_is_integer(p->dtype) && !(p->odd && channel == p->input_channels - 1);
}

// Whether the axis that images take the place of goes to the first one's. Of a sum's products,
// those along the last axis are outside either way.
static bool moves_last_axis(const fal_valid *valid)
{
    return fal_is_row_of_images(valid) && valid->axis[valid->axes - 1].kernel > 1;
}

static void make_row_of_images(const fal_valid *valid, fal_problem *problem)
{
    const int64_t columns = problem->batch;
    if (moves_last_axis(valid))
        problem->axis[0] = problem->axis[FALTUNG_MAX_AXES - 1];
    problem->axis[FALTUNG_MAX_AXES - 1] = (fal_problem_axis){columns, 1, columns, 1, 1, 1, 0};
    problem->batch = 1;
    problem->border_counts = true; // there is none
}

fal_problem fal_lower(const fal_valid *valid)
{
    if (valid->of_weight)
        return lower_of_weight(valid);
    fal_problem problem = {
        .dtype = valid->dtype,
        .weight_dtype = valid->weight_dtype,
        .output_dtype = valid->output_dtype,
        .input_zero = valid->input_zero_point,
        .weight_zero = valid->weight_zero_point,
        .conjugates_weight = valid->conjugates,
        .accuracy = valid->accuracy,
        .batch = valid->batch,
        .groups = valid->groups,
        .input_channels = valid->input_channels / valid->groups,
        .output_channels = valid->output_channels / valid->groups,
        .activation = valid->activation,
        .border = valid->padding_mode,
        .border_counts = !valid->transposed,
    };
    if (fal_is_integer(valid->dtype)) {
        problem.odd = problem.input_channels % 2;
        problem.input_channels = problem.input_channels / 2 + problem.odd;
    }
    const int missing = FALTUNG_MAX_AXES - valid->axes;
    add_missing_axes(valid, &problem);
    for (int i = 0; i < valid->axes; i++) {
        fal_problem_axis *axis = &problem.axis[missing + i];
        *axis = lower_axis(&valid->axis[i], valid->output[i]);
        const faltung_padding crop = fal_find_crop(valid, i);
        axis->input -= crop.begin + crop.end;
        axis->padding += crop.begin;
        problem.border_counts = problem.border_counts && axis->input_dilation == 1;
        if (fal_is_sampled(valid, i)) {
            problem.sampled = problem.sampled || axis->stride > 1;
            axis->input = axis->output;
            axis->stride = 1;
        }
    }
    if (fal_is_row_of_images(valid))
        make_row_of_images(valid, &problem);
    return problem;
}

// An axis of size 1 may have any stride, since it is never taken: 1 can be multiplied.
static void list_strides(const faltung_tensor *tensor, int64_t strides[FALTUNG_MAX_RANK])
{
    fal_tensor_strides(tensor, strides);
    for (int i = 0; i < tensor->rank; i++)
        if (tensor->shape[i] == 1)
            strides[i] = 1;
}

// Input and output alike: (N, C, spatial...) or (C, spatial...), with `channels` of one group.
static fal_view lower_picture(const fal_valid *valid, const faltung_tensor *tensor,
                              int64_t channels)
{
    int64_t strides[FALTUNG_MAX_RANK];
    const int64_t *next = strides;
    list_strides(tensor, strides);
    fal_view view = {.data = tensor->data};
    if (valid->batched)
        view.outer = *next++;
    view.channel = *next++;
    // One group has no next one, which might be out of reach.
    view.group = valid->groups > 1 ? channels * view.channel : 0;
    for (int i = 0; i < valid->axes; i++)
        view.axis[FALTUNG_MAX_AXES - valid->axes + i] = next[i];
    return view;
}

// As make_row_of_images() does; a weight has no images.
static void take_images_for_columns(const fal_valid *valid, fal_view *view, bool is_weight)
{
    int64_t *last = &view->axis[FALTUNG_MAX_AXES - 1];
    if (!fal_is_row_of_images(valid))
        return;
    if (moves_last_axis(valid))
        view->axis[0] = *last;
    *last = 0;
    if (is_weight)
        return;
    *last = view->outer;
    view->outer = 0;
}

// Lets the channels of integers be pairs.
static void pair_channels(const fal_valid *valid, fal_view *view)
{
    if (!fal_is_integer(valid->dtype) || valid->input_channels / valid->groups < 2)
        return;
    view->pair = view->channel;
    view->channel *= 2;
}

static fal_view lower_input(const fal_valid *valid, const faltung_tensor *tensor)
{
    fal_view view = lower_picture(valid, tensor, valid->input_channels / valid->groups);
    pair_channels(valid, &view);
    for (int i = 0; i < valid->axes; i++) {
        int64_t *step = &view.axis[FALTUNG_MAX_AXES - valid->axes + i];
        if (fal_is_sampled(valid, i)) // a step never taken may be too large to be multiplied
            *step = valid->output[i] > 1 ? *step * valid->axis[i].stride : 0;
        int64_t cropped = fal_find_crop(valid, i).begin * *step;
        if (cropped)
            view.data = (char *)view.data + cropped * (int64_t)faltung_dtype_size(valid->dtype);
    }
    take_images_for_columns(valid, &view, false);
    return view;
}

static fal_view lower_output(const fal_valid *valid, const faltung_tensor *tensor)
{
    fal_view view = lower_picture(valid, tensor, valid->output_channels / valid->groups);
    take_images_for_columns(valid, &view, false);
    return view;
}

static fal_view lower_weight(const fal_valid *valid, const faltung_tensor *tensor)
{
    int64_t strides[FALTUNG_MAX_RANK], first = 0;
    list_strides(tensor, strides);
    int64_t per_group = tensor->shape[0] / valid->groups; // along the first axis
    fal_view view = {.group = valid->groups > 1 ? per_group * strides[0] : 0};
    view.outer = strides[valid->transposed ? 1 : 0];
    view.channel = strides[valid->transposed ? 0 : 1];
    pair_channels(valid, &view);
    for (int i = 0; i < valid->axes; i++) {
        int64_t stride = strides[2 + i], size = tensor->shape[2 + i];
        if (valid->transposed) { // flipped: from the last element backwards
            first += (size - 1) * stride;
            stride = -stride;
        }
        view.axis[FALTUNG_MAX_AXES - valid->axes + i] = stride;
    }
    take_images_for_columns(valid, &view, true);
    bool empty = valid->input_channels == 0;
    view.data = empty ? tensor->data
                      : (char *)tensor->data + first * (int64_t)faltung_dtype_size(tensor->dtype);
    return view;
}

// A picture of a weight gradient: images are summed over, channels are outputs.
static fal_view turn(fal_view view)
{
    int64_t image = view.outer;
    view.outer = view.channel;
    view.channel = image;
    return view;
}

static fal_operands lower_weight_operands(const fal_valid *valid, const faltung_tensor *input,
                                          const faltung_tensor *weight,
                                          const faltung_tensor *output)
{
    fal_operands operands = {0};
    fal_view *in = valid->transposed ? &operands.weight : &operands.input;
    fal_view *out = valid->transposed ? &operands.input : &operands.weight;
    if (input)
        *in = turn(lower_picture(valid, input, valid->input_channels / valid->groups));
    if (weight)
        *out = turn(lower_picture(valid, weight, valid->output_channels / valid->groups));
    if (output) {
        int64_t strides[FALTUNG_MAX_RANK], per_group = output->shape[0] / valid->groups;
        list_strides(output, strides);
        operands.output = (fal_view){.data = output->data,
                                     .outer = strides[1],
                                     .channel = strides[0],
                                     .group = valid->groups > 1 ? per_group * strides[0] : 0};
        for (int i = 0; i < valid->axes; i++)
            operands.output.axis[FALTUNG_MAX_AXES - valid->axes + i] = strides[2 + i];
    }
    return operands;
}

fal_operands fal_lower_operands(const fal_valid *valid, const faltung_tensor *input,
                                const faltung_tensor *weight, const faltung_tensor *output)
{
    if (valid->of_weight)
        return lower_weight_operands(valid, input, weight, output);
    fal_operands operands = {0};
    if (input)
        operands.input = lower_input(valid, input);
    if (weight)
        operands.weight = lower_weight(valid, weight);
    if (output)
        operands.output = lower_output(valid, output);
    return operands;
}

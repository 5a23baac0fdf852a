// SPDX-License-Identifier: Apache-2.0
//
// From a picture to the columns of its blocks, and back.
#include "commands/run.h"

#include "commands/transform.h"
#include "geometry.h"

#include <string.h>

// What the options say of blocks that slide along some axes: as many as --axes says or any list of
// values has, else 2 as in PyTorch.
static int describe(session *s, const options *o, faltung_conv *conv, int64_t *kernel)
{
    const int lists[] = {o->kernel.count, o->output_size.count};
    int axes = was_given(o, OPTION_AXES) ? (int)o->axes : 0, status;
    for (size_t i = 0; !axes && i < sizeof lists / sizeof *lists; i++)
        axes = lists[i] > 1 ? lists[i] : 0;
    axes = axes ? axes : 2;
    if (axes > FALTUNG_MAX_AXES)
        return refuse(s, EXIT_REFUSED, "there are 1 to %d axes, not %d", FALTUNG_MAX_AXES, axes);
    if (!was_given(o, OPTION_KERNEL))
        return refuse(s, EXIT_USAGE, "--kernel is needed: the size of a block");
    *conv = (faltung_conv)FALTUNG_DEFAULTS(FALTUNG_CONV, axes);
    if ((status = spread_values(s, OPTION_KERNEL, &o->kernel, axes, 1, kernel)) ||
        (status = spread_values(s, OPTION_STRIDE, &o->stride, axes, 1, conv->stride)) ||
        (status = spread_values(s, OPTION_DILATION, &o->dilation, axes, 1, conv->dilation)) ||
        (status = spread_paddings(s, &o->padding, axes, conv->padding)) ||
        (status =
             spread_values(s, OPTION_OUTPUT_SIZE, &o->output_size, axes, 1, conv->output_size)))
        return status;
    conv->padding_rule = o->padding.rule;
    conv->has_output_size = was_given(o, OPTION_OUTPUT_SIZE);
    conv->threads = (int)o->threads;
    return EXIT_DONE;
}

static int unfold(session *s, const command *c, const options *o, const faltung_tensor *input,
                  array *result)
{
    faltung_conv conv;
    int64_t kernel[MAX_AXIS_VALUES], shape[3];
    faltung_message message;
    (void)c;
    int status = describe(s, o, &conv, kernel);
    if (status)
        return status;
    if (faltung_unfold_shape(&conv, kernel, input, shape, &message))
        return refuse_message(s, &message);
    status = make_result(s, o, result, input->dtype, input->rank == conv.axes + 2 ? 3 : 2, shape);
    if (status || !faltung_unfold(&conv, kernel, input, &result->tensor, &message))
        return status;
    array_free(result);
    return refuse_message(s, &message);
}

static int fold(session *s, const command *c, const options *o, const faltung_tensor *columns,
                array *result)
{
    faltung_conv conv;
    int64_t kernel[MAX_AXIS_VALUES], shape[FALTUNG_MAX_AXES + 2];
    faltung_message message;
    (void)c;
    int status = describe(s, o, &conv, kernel);
    if (status)
        return status;
    if (!conv.has_output_size)
        return refuse(s, EXIT_USAGE, "--output-size is needed: the size of the picture");
    if (faltung_fold_shape(&conv, kernel, columns, shape, &message))
        return refuse_message(s, &message);
    status = make_result(s, o, result, columns->dtype, conv.axes + columns->rank - 1, shape);
    if (status || !faltung_fold(&conv, kernel, columns, &result->tensor, &message))
        return status;
    array_free(result);
    return refuse_message(s, &message);
}

int run_unfold(session *s, const command *c, const options *o)
{
    return run_transform(s, c, o, unfold);
}

int run_fold(session *s, const command *c, const options *o)
{
    return run_transform(s, c, o, fold);
}

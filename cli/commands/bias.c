// SPDX-License-Identifier: Apache-2.0
#include "commands/run.h"

#include "commands/transform.h"
#include "geometry.h"

#include <string.h>

// The digit in "conv2d_bias" and "conv_transpose2d_bias".
static int count_axes(const char *name)
{
    return name[strcspn(name, "0123456789")] - '0';
}

static int sum(session *s, const command *c, const options *o, const faltung_tensor *grad_output,
               array *result)
{
    faltung_conv conv = FALTUNG_DEFAULTS(FALTUNG_CONV, count_axes(c->name));
    faltung_message message;
    conv.threads = (int)o->threads;
    // The axis of the channels, if there is one; else what follows is refused.
    int channel = grad_output->rank - conv.axes - 1;
    int64_t channels = channel >= 0 ? grad_output->shape[channel] : 0;
    int status = make_result(s, o, result, grad_output->dtype, 1, &channels);
    if (status)
        return status;
    if (faltung_bias_gradient(&conv, grad_output, &result->tensor, &message) == FALTUNG_OK)
        return EXIT_DONE;
    array_free(result);
    return refuse_message(s, &message);
}

int run_bias(session *s, const command *c, const options *o)
{
    return run_transform(s, c, o, sum);
}

// SPDX-License-Identifier: Apache-2.0
#include "problem/validate.h"

static int picture_shape(const fal_valid *valid, int64_t channels, int64_t *shape)
{
    int rank = 0;
    if (valid->batched)
        shape[rank++] = valid->batch;
    shape[rank++] = channels;
    return rank;
}

int fal_input_shape(const fal_valid *valid, int64_t shape[FALTUNG_MAX_AXES + 2])
{
    int rank = picture_shape(valid, valid->input_channels, shape);
    for (int i = 0; i < valid->axes; i++)
        shape[rank++] = valid->axis[i].input;
    return rank;
}

int fal_forward_shape(const fal_valid *valid, int64_t shape[FALTUNG_MAX_AXES + 2])
{
    int rank = picture_shape(valid, valid->output_channels, shape);
    for (int i = 0; i < valid->axes; i++)
        shape[rank++] = valid->output[i];
    return rank;
}

int fal_output_shape(const fal_valid *valid, int64_t shape[FALTUNG_MAX_AXES + 2])
{
    if (!valid->of_weight)
        return fal_forward_shape(valid, shape);
    int64_t in = valid->input_channels, out = valid->output_channels;
    shape[0] = valid->transposed ? in : out;
    shape[1] = (valid->transposed ? out : in) / valid->groups;
    for (int i = 0; i < valid->axes; i++)
        shape[2 + i] = valid->axis[i].kernel;
    return 2 + valid->axes;
}

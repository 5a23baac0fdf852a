// SPDX-License-Identifier: Apache-2.0
//
// A convolution that is prepared once and run on many inputs: two frames of a film whose pixels lie
// channels last, (H, W, C), as cameras deliver them. Strides say so; nothing is copied.
#include <faltung.h>
#include <stdio.h>
#include <stdlib.h>

enum { HEIGHT = 4, WIDTH = 6, CHANNELS = 3, FRAMES = 2 };

// The shape of a tensor is always (C, H, W); where the next element is, its strides say.
static const int64_t frame_shape[] = {CHANNELS, HEIGHT, WIDTH};
static const int64_t channels_last[] = {1, WIDTH *CHANNELS, CHANNELS};

// Every other column of every other row, of each channel by itself.
static faltung_conv halving(void)
{
    faltung_conv conv = FALTUNG_CONV2D;
    conv.stride[0] = conv.stride[1] = 2;
    conv.padding_rule = FALTUNG_PADDING_SAME_UPPER;
    conv.groups = CHANNELS;
    return conv;
}

// Bytes for faltung_plan_run, aligned as it wants them. NULL if none are needed: then NULL may be
// passed as well.
static void *make_workspace(const faltung_plan *plan)
{
    size_t size = faltung_plan_workspace(plan);
    return size ? aligned_alloc(64, (size + 63) / 64 * 64) : NULL;
}

static void fill(float *pixels, int frame)
{
    for (int i = 0; i < HEIGHT * WIDTH * CHANNELS; i++)
        pixels[i] = (float)(i % CHANNELS + frame * (i / CHANNELS));
}

static void print(const float *pixels, const int64_t *shape)
{
    for (int64_t row = 0; row < shape[1]; row++) {
        for (int64_t i = 0; i < shape[2] * shape[0]; i++)
            printf("%s%g",
                   i % shape[0] ? ","
                   : i          ? "  "
                                : "",
                   pixels[row * shape[2] * shape[0] + i]);
        printf("\n");
    }
}

static faltung_status run_frames(const faltung_plan *plan, const int64_t *shape,
                                 faltung_message *message)
{
    static float before[HEIGHT * WIDTH * CHANNELS];
    static float after[HEIGHT * WIDTH * CHANNELS];
    const int64_t strides[] = {1, shape[2] * CHANNELS, CHANNELS};
    const faltung_tensor input = {before, FALTUNG_F32, 3, frame_shape, channels_last};
    const faltung_tensor output = {after, FALTUNG_F32, 3, shape, strides};
    void *workspace = make_workspace(plan);
    faltung_status status = FALTUNG_OK;
    for (int frame = 0; frame < FRAMES && status == FALTUNG_OK; frame++) {
        fill(before, frame);
        status = faltung_plan_run(plan, &input, &output, workspace, message);
        if (status == FALTUNG_OK) {
            printf("frame %d:\n", frame);
            print(after, shape);
        }
    }
    free(workspace);
    return status;
}

int main(void)
{
    // The mean of 2 x 2 pixels, the same for each channel.
    float means[CHANNELS * 2 * 2];
    for (int i = 0; i < CHANNELS * 2 * 2; i++)
        means[i] = 0.25f;
    const faltung_tensor weight = {means, FALTUNG_F32, 4, (int64_t[]){CHANNELS, 1, 2, 2}, NULL};

    // Only the shape of an input is needed to plan.
    const faltung_tensor input = {NULL, FALTUNG_F32, 3, frame_shape, NULL};
    const faltung_conv conv = halving();
    faltung_plan *plan;
    faltung_message message;
    faltung_explanation explanation;
    faltung_status status = faltung_plan_create(&conv, &input, &weight, NULL, &plan, &message);
    if (status == FALTUNG_OK)
        status = faltung_plan_explain(plan, &explanation, &message);
    if (status == FALTUNG_OK)
        status = run_frames(plan, explanation.output_shape, &message);
    if (status != FALTUNG_OK)
        fprintf(stderr, "%s: %s\n", faltung_status_name(status), message.text);
    faltung_plan_destroy(plan);
    return status == FALTUNG_OK ? EXIT_SUCCESS : EXIT_FAILURE;
}

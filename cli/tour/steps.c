// SPDX-License-Identifier: Apache-2.0
#include "tour/steps.h"

const char tour_title[] = "Convolution, step by step";

const char *const tour_introduction[] = {
    "This is a tutorial on the arithmetic of convolutions for those who know "
    "`torch.nn.functional.conv2d` and want to know why it gives the sizes that it gives, and which "
    "padding to ask for. Every number in it has been computed and checked by Faltung, a C library "
    "and command for convolutions with PyTorch's functional semantics. Faltung is the German word "
    "for convolution.",
    "Each step shows the commands that it ran, followed by what they printed. All of them can be "
    "pasted into a terminal, in their order, in an empty folder.",
    "Throughout, $W$ is the width of the input along one axis, $K$ the width of the kernel, $S$ "
    "the stride and $P$ the padding, the number of zeros put at *each* end of the axis. All axes "
    "behave alike, so one is enough for the arithmetic.",
    NULL,
};

const step tour_steps[] = {
    {"An input and a kernel", input_step},
    {"The basic convolution", convolution_step},
    {"Keeping the size: `padding='same'`", same_step},
    {"`'same'` with a stride is refused", strided_same_step},
    {"Stride 2, without padding and with", stride_step},
    {"Which padding gives $ceil(W/S)$?", derivation_step},
    {"Does the padding depend on the width?", widths_step},
    {"The limits of the padding", limits_step},
    {"The common case: the stride divides the width", common_step},
    {"Where the textbook formula fails", failing_step},
    {"Transposed convolution, there and back", transposed_step},
};

const int tour_step_count = sizeof tour_steps / sizeof *tour_steps;

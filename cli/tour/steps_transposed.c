// SPDX-License-Identifier: Apache-2.0
//
// Step 11: the way back.
#include "tour/steps.h"

const block transposed_step[] = {
    TEXT("A strided convolution makes images smaller, a transposed one makes them larger again. "
         "First the way there, from 16 to 8:"),
    PYTHON("down = torch.nn.functional.conv2d(x, kernel, stride=2, padding=1)\n"
           "# shape (16, 10, 8, 8)"),
    COMMAND("conv2d x.npy kernel.npy -o down.npy --stride 2 --padding 1", ""),
    COMMAND("info down.npy", "f32 (16, 10, 8, 8)\n"),
    TEXT("Now back, with the same kernel, stride and padding. For the way back the kernel's first "
         "axis is that of the input channels, 10, and its second that of the output channels, 3, "
         "so it fits as it is:"),
    PYTHON("torch.nn.functional.conv_transpose2d(down, kernel, stride=2, padding=1)\n"
           "# shape (16, 3, 15, 15)"),
    COMMAND("conv_transpose2d down.npy kernel.npy -o up15.npy --stride 2 --padding 1", ""),
    COMMAND("info up15.npy", "f32 (16, 3, 15, 15)\n"),
    TEXT("15, not 16. The floor in the size formula loses something: with this stride, widths of "
         "15 and of 16 both become 8."),
    COMMAND("size --input 15:17 --kernel 3 --stride 2 --padding 1", "15 8\n16 8\n"),
    TEXT("The way back cannot know which it was. It takes the smallest, with which no step was cut "
         "off:"),
    FORMULA("W = (o - 1)S - 2P + K"),
    COMMAND("size --input 8 --kernel 3 --stride 2 --padding 1 --transposed", "15\n"),
    CLAIM(stride_many_sizes_lead_to_one,
          "The widths that become $o$ are the $S$ numbers from $(o - 1)S - 2P + K$ on", "cases",
          .kernel = 9, .stride = 8, .padding = 4, .width = 60, .output = true),
    TEXT("`output_padding` says which of them is meant. In spite of its name it pads nothing with "
         "zeros: it makes the output larger by so many rows and columns, at the end only, and "
         "they are computed like all others."),
    PYTHON("torch.nn.functional.conv_transpose2d(\n"
           "    down, kernel, stride=2, padding=1, output_padding=1)\n"
           "# shape (16, 3, 16, 16)"),
    COMMAND("conv_transpose2d down.npy kernel.npy -o up.npy --stride 2 --padding 1 "
            "--output-padding 1",
            ""),
    COMMAND("info up.npy", "f32 (16, 3, 16, 16)\n"),
    FIGURE(FIGURE_DRAWING,
           "draw --input 8 --kernel 3 --stride 2 --padding 1 --transposed --output-padding 1",
           "transposed", "adds, at the end only: cell 15, reached by kernel position 2",
           "One axis of it. Every number of the input is spread over 3 cells of the output, "
           "and the next one begins 2 cells further on. `output_padding` gives back cell 15, which "
           "the padding would have cropped; only position 2 of the kernel, its last, reaches it."),
    FIGURE(FIGURE_ANIMATED,
           "draw --input 4,4 --kernel 3,3 --stride 2 --padding 1 --transposed --output-padding 1",
           "transposed-grid", "row and column 7, reached by kernel position 2",
           "Both axes, from 4 x 4 to 8 x 8, read the other way round: as a plain convolution over "
           "an input with zeros put in. Row 7 and column 7 are those of "
           "`output_padding`: only position 2 of the kernel, its last row or column, meets a pixel "
           "there."),
    TEXT("Instead of `output_padding` one may ask for the size itself, which PyTorch offers in its "
         "layers only. Sizes that cannot be are refused:"),
    COMMAND("conv_transpose2d down.npy kernel.npy -o up16.npy --stride 2 --padding 1 --output-size "
            "16,16",
            ""),
    COMMAND_PART("compare up16.npy up.npy", "equal: all 12288 elements"),
    REFUSED("conv_transpose2d down.npy kernel.npy -o up17.npy --stride 2 --padding 1 --output-size "
            "17,17",
            "requested an output size of (17, 17), but valid sizes range from [15, 15] to "
            "[16, 16]"),
    TEXT("The way back does not bring back the image: only its size. What is transposed is the "
         "matrix. A convolution is a linear map of its input, and the transposed one is the map "
         "with the transposed matrix, which is why it is the gradient of the first. Transposed "
         "means that for all images $a$ and $b$ the two scalar products agree: that of "
         "$conv(a)$ and $b$, and that of $a$ and $transposed(b)$. Here $a$ is `x` and $b$ is "
         "`down`:"),
    CLAIM(transposed_is_the_transpose,
          "The scalar product of `down` with itself, 243732.61, is that of `x` and `up`, to within "
          "rounding",
          "scalar products", 0),
    {0},
};

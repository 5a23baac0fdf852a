// SPDX-License-Identifier: Apache-2.0
//
// Steps 1 to 5: what a convolution computes, and how large its output is.
#include "tour/steps.h"

const block input_step[] = {
    TEXT("A tutorial is easier to follow if your numbers are the ones on the page. In PyTorch this "
         "one begins with"),
    PYTHON("torch.manual_seed(14)\n"
           "x = torch.randn(16, 3, 16, 16)\n"
           "kernel = torch.randn(10, 3, 3, 3)"),
    TEXT("a batch of 16 images with 3 channels of 16 x 16 pixels, and 10 filters that look at 3 "
         "channels of 3 x 3 pixels. Faltung draws the same numbers. Both arrays come from one "
         "stream, so the order of the shapes matters, as it does in PyTorch."),
    COMMAND("randn 16x3x16x16 10x3x3x3 --seed 14 -o x.npy -o kernel.npy", ""),
    COMMAND("info x.npy", "f32 (16, 3, 16, 16)\n"),
    COMMAND("info kernel.npy", "f32 (10, 3, 3, 3)\n"),
    COMMAND_HEAD("show x.npy", 4,
                 "f32 (16, 3, 16, 16)\n"
                 "[[[[-0.3418 -0.0956  1.3965 ... -1.6924  0.0423  0.5466]\n"
                 "   [ 0.2573 -2.1496 -1.4315 ...  0.8029 -1.3786  0.5835]\n"
                 "   [ 0.9398 -0.7250  0.6836 ... -0.0921 -0.4363 -0.1503]\n"),
    TEXT("These are not merely close to PyTorch's numbers, they are the same in every bit. That is "
         "possible because nothing in them is random but the seed: the Mersenne Twister gives "
         "uniform numbers, and pairs of those become pairs of normal ones by a logarithm, a square "
         "root, a sine and a cosine. Whoever does the same operations in the same order, with the "
         "same polynomials, gets the same bits."),
    CLAIM(input_is_pytorchs,
          "The bytes of `x` have the FNV-1a hash of PyTorch's, `ee9eaf44f564ac01`", "numbers", 0),
    CLAIM(kernel_is_pytorchs,
          "The bytes of `kernel` have the FNV-1a hash of PyTorch's, `5608defef45f94cf`", "numbers",
          0),
    {0},
};

const block convolution_step[] = {
    TEXT("`nn.Conv2d` is a layer: it owns a kernel and learns it. `torch.nn.functional.conv2d` is "
         "the bare operation, a function of an input and an explicit kernel, and so is "
         "Faltung's."),
    PYTHON("y = torch.nn.functional.conv2d(x, kernel)\n"
           "# shape (16, 10, 14, 14)"),
    COMMAND("conv2d x.npy kernel.npy -o y.npy", ""),
    COMMAND("info y.npy", "f32 (16, 10, 14, 14)\n"),
    COMMAND_HEAD("show y.npy", 3,
                 "f32 (16, 10, 14, 14)\n"
                 "[[[[  0.2466  -4.8376  -1.6990 ...  -1.3254   0.8099   6.5395]\n"
                 "   [  3.4327  -7.6257   0.9079 ...   3.6500   2.9327   2.7255]\n"),
    TEXT("Image $n$ has one output plane for every filter $o$. For each pixel of it the filter is "
         "laid over the input, numbers that meet are multiplied, and the products are summed over "
         "all channels:"),
    FORMULA("y[n, o, i, j] = sum_(c, u, v) x[n, c, i + u, j + v] * kernel[o, c, u, v]"),
    CLAIM(output_is_the_sum,
          "Every number in `y.npy` is this sum, to within the rounding of its terms", "numbers", 0),
    TEXT("The kernel is not turned around first, as a mathematician would expect of a "
         "convolution: what machine learning calls by that name is a cross-correlation."),
    FIGURE(FIGURE_ANIMATED, "draw --input 5,5 --kernel 3,3", "convolution", "+ 1 = 3",
           "A kernel of 3 x 3 has 3 x 3 places in an input of 5 x 5. Each gives one number of the "
           "output."),
    TEXT("Why is the output smaller than the input? Along one axis the first window begins at "
         "pixel 0 of the padded input. The last one that fits begins no later than at pixel $W + "
         "2P - K$. Between the two lie $floor((W - K + 2P)/S)$ whole steps of $S$ pixels, and each "
         "of them adds one window to the first:"),
    FORMULA("o = floor((W - K + 2P)/S) + 1"),
    PYTHON("def get_output_size(w, k, p, s):\n"
           "    return int((w - k + 2 * p) / s) + 1"),
    TEXT("For $W = 16$ and $K = 3$, with stride 1 and no padding, that is"),
    COMMAND("size --input 16 --kernel 3", "14\n"),
    TEXT("One detail: `int()` truncates toward zero where the formula says floor. The two differ "
         "when the numerator is negative. For $W = 2$, $K = 3$ and $S = 2$ the function would say "
         "`int(-0.5) + 1`, one output; but a kernel of 3 does not fit into 2 pixels, and there is "
         "no output at all. PyTorch refuses this, and Faltung does in the same words:"),
    REFUSED("size --input 2 --kernel 3 --stride 2",
            "Calculated padded input size per channel: (2). Kernel size: (3). Kernel size can't be "
            "greater than actual input size"),
    CLAIM(truncation_differs_without_output_only,
          "Wherever the kernel fits, `get_output_size` gives the size that Faltung gives; wherever "
          "it does not, Faltung refuses",
          "cases", .kernel = 15, .stride = 8, .padding = 8, .width = 50),
    {0},
};

const block same_step[] = {
    TEXT("An unpadded convolution with stride 1 loses $K - 1$ pixels along each axis. Padding with "
         "as many zeros makes up for them."),
    PYTHON("torch.nn.functional.conv2d(x, kernel, padding='same')\n"
           "# shape (16, 10, 16, 16)"),
    COMMAND("conv2d x.npy kernel.npy -o same.npy --padding same", ""),
    COMMAND("info same.npy", "f32 (16, 10, 16, 16)\n"),
    TEXT("Here it takes one zero at each end of both axes:"),
    COMMAND("padding --input 16 --kernel 3 --stride 1 --rule same", "1\n"),
    FIGURE(FIGURE_ANIMATED, "draw --input 5,5 --kernel 3,3 --padding same", "same", "+ 1 = 5",
           "With a border of zeros the kernel has as many places as the input has pixels."),
    TEXT("An even kernel needs an odd number of zeros, which cannot be shared out evenly. PyTorch "
         "puts the one too many at the end: right and bottom. Faltung writes `begin:end` where the "
         "two ends differ."),
    COMMAND("padding --input 16 --kernel 4 --stride 1 --rule same", "1:2\n"),
    {0},
};

const block strided_same_step[] = {
    TEXT("The same request with a stride is an error:"),
    PYTHON("torch.nn.functional.conv2d(x, kernel, stride=2, padding='same')\n"
           "# RuntimeError: padding='same' is not supported for strided convolutions"),
    REFUSED("conv2d x.npy kernel.npy -o refused.npy --padding same --stride 2",
            "padding='same' is not supported for strided convolutions"),
    CLAIM(nothing_is_left, "The refused command left no file `refused.npy` behind", "numbers", 0),
    TEXT(
        "With stride 2 the output cannot have the input's size. What *same* could sensibly mean is "
        "one output for every step that the stride begins, $ceil(W/S)$ in all. But the padding "
        "for that depends on the width, and it can be shared out between the two ends in several "
        "ways. TensorFlow chose one way and ONNX names two; PyTorch leaves the choice to you. In "
        "Faltung each way has its name: `same_upper`, `same_lower` and `same_symmetric`. The next "
        "two steps say what they are."),
    {0},
};

const block stride_step[] = {
    TEXT("With stride 2 and no padding every second window is left out:"),
    PYTHON("torch.nn.functional.conv2d(x, kernel, stride=2)\n"
           "# shape (16, 10, 7, 7)"),
    COMMAND("conv2d x.npy kernel.npy -o strided.npy --stride 2", ""),
    COMMAND("info strided.npy", "f32 (16, 10, 7, 7)\n"),
    TEXT("The formula of step 2 agrees:"),
    FORMULA("floor((16 - 3 + 2 * 0)/2) + 1 = floor(6.5) + 1 = 7"),
    COMMAND("size --input 16 --kernel 3 --stride 2", "7\n"),
    FIGURE(FIGURE_DRAWING, "draw --input 16 --kernel 3 --stride 2", "stride",
           "Left over: 1 cell at the end",
           "Seven windows. The step that is cut off by the floor is a pixel that nobody looks at, "
           "at the end of the axis."),
    TEXT("TensorFlow's `SAME` wants $ceil(16/2) = 8$ outputs. Eight windows need $(8 - 1) * 2 + 3 "
         "= 17$ pixels, one more than there are, and TensorFlow puts an odd one at the end. ONNX "
         "calls this rule `SAME_UPPER`:"),
    COMMAND("padding --input 16 --kernel 3 --stride 2 --rule same_upper", "0:1\n"),
    COMMAND("conv2d x.npy kernel.npy -o upper.npy --stride 2 --padding same_upper", ""),
    COMMAND("info upper.npy", "f32 (16, 10, 8, 8)\n"),
    FIGURE(FIGURE_DRAWING, "draw --input 16 --kernel 3 --stride 2 --padding same_upper", "upper",
           "= 8", "One zero at the end makes room for an eighth window."),
    TEXT("In PyTorch this takes two calls, and you have to know the numbers:"),
    PYTHON("F = torch.nn.functional\n"
           "F.conv2d(F.pad(x, (0, 1, 0, 1)), kernel, stride=2)\n"
           "# shape (16, 10, 8, 8)"),
    TEXT("`SAME_LOWER` of ONNX puts the odd one at the begin. The output has the same size, but "
         "every window lies one pixel further to the begin, so its numbers are others:"),
    COMMAND("padding --input 16 --kernel 3 --stride 2 --rule same_lower", "1:0\n"),
    TEXT("And a symmetric padding, which is all that `conv2d` itself can be given, does it, too:"),
    COMMAND("size --input 16 --kernel 3 --stride 2 --padding 1", "8\n"),
    TEXT("Which symmetric paddings do, and which is the lowest of them?"),
    {0},
};

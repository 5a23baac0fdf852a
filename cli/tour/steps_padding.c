// SPDX-License-Identifier: Apache-2.0
//
// Steps 6 to 10: the lowest symmetric padding.
#include "tour/steps.h"

const block derivation_step[] = {
    TEXT("We look for every $P$ with which the formula of step 2 gives $o = ceil(W/S)$ outputs:"),
    FORMULA("ceil(W/S) = floor((W - K + 2P)/S) + 1"),
    TEXT("The floor of a number is $o - 1$ exactly when that number is at least $o - 1$ and less "
         "than $o$. So the equation is a pair of inequalities:"),
    FORMULA("o - 1 <= (W - K + 2P)/S < o"),
    TEXT("Multiply by $S$, which is positive:"),
    FORMULA("(o - 1)S <= W - K + 2P < o*S"),
    TEXT("Then solve for $P$:"),
    FORMULA("((o - 1)S - W + K)/2 <= P < (o*S - W + K)/2"),
    TEXT(
        "The paddings that do it are the whole numbers in the half-open interval $[p_min, p_max)$, "
        "from zero on:"),
    FORMULA("p_min = ((o - 1)S - W + K)/2,   p_max = p_min + S/2"),
    TEXT("Both ends may be halves. If $p_min$ is negative, no padding is needed. Otherwise the "
         "lowest padding is $p_min$ rounded up:"),
    PYTHON("def get_lowest_padding(w, k, s):\n"
           "    o = math.ceil(w / s)\n"
           "    p_min = ((o - 1) * s - w + k) / 2\n"
           "    return max(0, math.ceil(p_min))"),
    TEXT("An example: $W = 90$, $K = 15$ and $S = 10$ should give $o = 9$. Then $p_min = (80 - 90 "
         "+ 15)/2 = 2.5$ and $p_max = 7.5$, and the lowest padding is 3."),
    COMMAND("padding --input 90 --kernel 15 --stride 10", "3\n"),
    COMMAND_PART("padding --input 90 --kernel 15 --stride 10 --explain",
                 "output 9 = ceil(90/10) for symmetric paddings 2.5 <= P < 7.5; the lowest is 3"),
    TEXT("A padding of 2 is too little, 3 to 7 are right, and 8 is too much:"),
    COMMAND("size --input 90 --kernel 15 --stride 10 --padding 2", "8\n"),
    COMMAND("size --input 90 --kernel 15 --stride 10 --padding 3", "9\n"),
    COMMAND("size --input 90 --kernel 15 --stride 10 --padding 7", "9\n"),
    COMMAND("size --input 90 --kernel 15 --stride 10 --padding 8", "10\n"),
    FIGURE(FIGURE_DRAWING, "draw --input 90 --kernel 15 --stride 10 --padding 3", "lowest",
           "Left over: 1 cell at the end",
           "Nine windows of 15 pixels, 10 apart, over 90 pixels with 3 zeros at each end. They "
           "need 95 cells, so one of the 96 is left over."),
    CLAIM(
        interval_holds_every_padding,
        "A padding gives $ceil(W/S)$ outputs exactly when it lies in the interval, and if one does "
        "`get_lowest_padding` is the lowest",
        "cases", .kernel = 31, .stride = 16, .padding = 40, .width = 100),
    {0},
};

const block widths_step[] = {
    TEXT("A network should take images of many sizes, but its layers are built with one padding. "
         "So: how does the lowest padding change with the width? Here it is for a kernel of 5 and "
         "stride 2, over the widths 200 to 299:"),
    FIGURE(FIGURE_CHART, "plot padding --input 200:300 --kernel 5 --stride 2", "widths-k5-s2",
           "always 2", "Kernel 5, stride 2: a padding of 2, whatever the width."),
    COMMAND("padding --input 200:300 --kernel 5 --stride 2 --unique", "2\n"),
    TEXT("`--unique` prints every different value once, and there is only one. The same holds for "
         "a kernel of 3 with stride 1:"),
    FIGURE(FIGURE_CHART, "plot padding --input 200:300 --kernel 3 --stride 1", "widths-k3-s1",
           "always 1", "Kernel 3, stride 1: a padding of 1, whatever the width."),
    COMMAND("padding --input 200:300 --kernel 3 --stride 1 --unique", "1\n"),
    TEXT("But not for every kernel and stride:"),
    FIGURE(FIGURE_CHART, "plot padding --input 200:300 --kernel 16 --stride 10", "widths-k16-s10",
           "from 3 to 8",
           "Kernel 16, stride 10: anything from 3 to 8. Above over the width, where the same saw "
           "tooth comes back every 10 pixels; below over $W mod 10$, which is all that matters."),
    COMMAND("padding --input 200:300 --kernel 16 --stride 10 --unique", "3\n4\n5\n6\n7\n8\n"),
    TEXT("Why only the remainder matters: if the image grows by $S$ pixels, $o$ grows by one, and "
         "in $p_min = ((o - 1)S - W + K)/2$ the two changes cancel."),
    CLAIM(padding_depends_on_the_remainder,
          "The widths $W$ and $W + S$ have the same lowest padding, or none has one", "cases",
          .kernel = 31, .stride = 16, .width = 300),
    TEXT("When does the width not matter at all? Exactly when the lowest and the highest value "
         "that step 8 finds are the same number: for $S = 1$, and for $S = 2$ with an odd kernel. "
         "(And for a kernel of a single pixel, which never needs padding.)"),
    CLAIM(padding_ignores_the_width_exactly_when,
          "A symmetric padding exists for every width and is the same for all exactly when $K = "
          "1$, or $K$ is odd and $S$ is 1 or 2",
          "cases", .kernel = 31, .stride = 16),
    {0},
};

const block limits_step[] = {
    TEXT("How far can the padding swing? Write $r = W - (o - 1)S$, the part of the image that the "
         "last step covers. It is a number from 1 to $S$: the remainder $W mod S$, with $S$ in the "
         "place of 0. Then the formula of step 6 becomes"),
    FORMULA("p_min = (K - r)/2,   1 <= r <= S"),
    TEXT("It is largest for $r = 1$, one pixel more than a whole number of steps, and smallest for "
         "$r = S$, whole steps. Rounded up, these are the limits of the lowest padding:"),
    FORMULA("ceil((K - S)/2) <= P <= ceil((K - 1)/2)"),
    TEXT("A negative limit counts as 0, since there is no padding below that. Of the widths 90 and "
         "91 the first needs the least, the second the most:"),
    COMMAND("padding --input 90 --kernel 16 --stride 10", "3\n"),
    COMMAND("padding --input 91 --kernel 16 --stride 10", "8\n"),
    TEXT("One whole period, a row for each remainder, from the most to the least:"),
    TABLE(fill_remainders,
          "The lowest padding over $W mod S$, for a kernel of 16 and stride 10. Each is $p_min$ "
          "rounded up, and each interval is as long as half the stride, 5."),
    COMMAND("padding --input 91:101 --kernel 16 --stride 10",
            "91 8\n92 7\n93 7\n94 6\n95 6\n96 5\n97 5\n98 4\n99 4\n100 3\n"),
    CLAIM(limits_are_reached,
          "Over all widths the lowest padding takes both limits and nothing beyond them, wherever "
          "one exists",
          "cases", .kernel = 63, .stride = 32),
    TEXT("This also answers step 7. The two limits are the same number when nothing lies between "
         "$K - S$ and $K - 1$ that rounding could tell apart: always for $S = 1$, and for $S = 2$ "
         "when $K - 1$ is even."),
    {0},
};

const block common_step[] = {
    TEXT("Widths are mostly chosen so that the stride divides them: 224 and 256 can be halved many "
         "times. For $W = S * o$ the remainder of step 8 is $r = S$, and the lowest padding is the "
         "lower limit, whatever the width:"),
    FORMULA("P = ceil((K - S)/2)"),
    CLAIM(whole_strides_need_no_width,
          "For $W = S * o$ the lowest padding is $max(0, ceil((K - S)/2))$, or none exists",
          "cases", .kernel = 31, .stride = 16, .width = 100, .output = true),
    TEXT("So a layer can choose its padding without knowing the image. The tutorial's function "
         "takes a width that common strides divide:"),
    PYTHON("def get_padding(kernel_size, stride, width=256):\n"
           "    return get_lowest_padding(width, kernel_size, stride)"),
    TABLE(fill_usual_paddings,
          "get_padding(kernel_size, stride) for the usual kernels, from top to bottom, and "
          "strides, from left to right. With stride 1 an even kernel has none: see step 10."),
    TEXT("Much of it looks familiar. A kernel of 3 is padded by 1 with stride 1 and with stride 2. "
         "The 7 x 7 kernel with stride 2 that a ResNet begins with is padded by 3. Patches of 16 "
         "pixels with stride 16, as vision transformers cut them, are not padded at all."),
    COMMAND("padding --input 224 --kernel 3 --stride 1", "1\n"),
    COMMAND("padding --input 224 --kernel 3 --stride 2", "1\n"),
    COMMAND("padding --input 224 --kernel 7 --stride 2", "3\n"),
    COMMAND("padding --input 224 --kernel 16 --stride 16", "0\n"),
    {0},
};

const block failing_step[] = {
    TEXT("The interval of step 6 is $S/2$ long and holds its lower end but not its upper one. From "
         "$S = 2$ on it is at least 1 long, so there is always a whole number in it. For $S = 1$ "
         "it is half as long, and"),
    FORMULA("(K - 1)/2 <= P < K/2"),
    TEXT("For an odd $K$ the lower end is a whole number, and the answer. For an even $K$ it is a "
         "half, the next whole number is $K/2$, and that is the end which is no longer in the "
         "interval: no symmetric padding keeps the size. The formula $ceil((K - 1)/2) = K/2$ "
         "still gives a number, but its output has $W + 1$ pixels."),
    COMMAND("size --input 5 --kernel 4 --stride 1 --padding 2", "6\n"),
    TEXT("Faltung does not hand out that number. It says what is the matter and names the two "
         "one-sided answers:"),
    REFUSED("padding --input 5 --kernel 4 --stride 1", "no symmetric padding exists"),
    COMMAND("padding --input 5 --kernel 4 --stride 1 --rule same_upper", "1:2\n"),
    COMMAND("padding --input 5 --kernel 4 --stride 1 --rule same_lower", "2:1\n"),
    COMMAND("size --input 5 --kernel 4 --stride 1 --padding 1:2", "5\n"),
    FIGURE(FIGURE_DRAWING, "draw --input 5 --kernel 4 --padding 1:2", "one-sided", "= 5",
           "Five windows of 4 pixels over 5 pixels need 8 cells: 3 zeros, an odd number."),
    TEXT("What counts is the kernel's extent with its dilation, $D(K - 1) + 1$. A kernel of 4 with "
         "dilation 2 covers 7 pixels, an odd number, and has a symmetric padding:"),
    COMMAND("padding --input 16 --kernel 4 --stride 1 --dilation 2", "3\n"),
    CLAIM(unit_stride_needs_an_odd_kernel,
          "With stride 1 a symmetric padding keeps the size exactly when the extent $E = D(K - 1) "
          "+ 1$ is odd, and for an even one a padding of $E/2$ gives $W + 1$",
          "cases", .kernel = 31, .dilation = 8, .width = 100),
    {0},
};

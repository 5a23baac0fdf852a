// SPDX-License-Identifier: Apache-2.0
#include "commands.h"

#include "commands/run.h"
#include "help.h"

#include <string.h>

#define BIT(name) OPTION_BIT(OPTION_##name)

// Sets of options.
#define COMMON   (BIT(HELP) | BIT(VERSION))
#define TO_FILE  (BIT(OUTPUT) | BIT(FORCE))
#define GEOMETRY (BIT(INPUT) | BIT(KERNEL) | BIT(STRIDE) | BIT(DILATION))
#define CONVOLUTION                                                                                \
    (COMMON | TO_FILE | BIT(STRIDE) | BIT(PADDING) | BIT(DILATION) | BIT(GROUPS) | BIT(THREADS) |  \
     BIT(WORKSPACE_LIMIT) | BIT(ACCURACY) | BIT(ALGORITHM))
#define IN_PARTS    (BIT(MEMORY) | BIT(SHARD) | BIT(JSON))
#define ZERO_POINTS (BIT(INPUT_ZERO_POINT) | BIT(WEIGHT_ZERO_POINT))
#define FINISHED    (CONVOLUTION | IN_PARTS | ZERO_POINTS | BIT(ACTIVATION) | BIT(RESIDUAL))
#define FORWARD     (FINISHED | BIT(PADDING_MODE) | BIT(INPUT_DILATION))
#define TRANSPOSED  (FINISHED | BIT(OUTPUT_PADDING) | BIT(OUTPUT_SIZE))
#define OF_INPUT    (CONVOLUTION | IN_PARTS | BIT(INPUT_SIZE))
#define OF_WEIGHT   (CONVOLUTION | IN_PARTS | BIT(WEIGHT_SIZE))
#define SLIDING                                                                                    \
    (COMMON | TO_FILE | BIT(KERNEL) | BIT(STRIDE) | BIT(PADDING) | BIT(DILATION) | BIT(AXES) |     \
     BIT(THREADS))
#define OF_BIAS (COMMON | TO_FILE | BIT(THREADS))

#define CONVOLUTION_DETAILS                                                                        \
    "INPUT is (N, C, spatial...) or, unbatched, (C, spatial...), WEIGHT is (O, C/groups, "         \
    "kernel...), BIAS has one number per output channel. Files are .npy, or .pgm and .ppm "        \
    "pictures, which are (1, H, W) or (3, H, W) with values 0 to 255; - is standard input or "     \
    "output. The result has the input's type, of integers of 8 bits (i8, u8) it is i32."
#define TRANSPOSED_DETAILS                                                                         \
    "INPUT is (N, C, spatial...) or, unbatched, (C, spatial...), WEIGHT is (C, O/groups, "         \
    "kernel...), BIAS has one number per output channel. Padding crops the output. Each axis of "  \
    "the output has (W - 1)*stride - begin - end + dilation*(K - 1) + output_padding + 1 "         \
    "elements; same_upper and same_lower crop it to W*stride, or to --output-size as ONNX does. "  \
    "Files are .npy, .pgm or .ppm; - is "                                                          \
    "standard input or output."
#define CONVOLUTION_EXAMPLE(name)                                                                  \
    "faltung " name " x.npy kernel.npy -o y.npy --stride 2 --padding same_upper"
#define TRANSPOSED_EXAMPLE(name)                                                                   \
    "faltung " name " x.npy kernel.npy -o y.npy --stride 2 --output-padding 1"

#define OF_INPUT_DETAILS                                                                           \
    "GRAD_OUTPUT holds the derivatives of some number with respect to the output of the "          \
    "convolution, WEIGHT is as there; the result holds those with respect to the input, and has "  \
    "the input's shape: --input-size, since a stride leaves several possible. Options are those "  \
    "of the convolution. Files are .npy, .pgm or .ppm; - is standard input or output."
#define OF_WEIGHT_DETAILS                                                                          \
    "INPUT is that of the convolution, GRAD_OUTPUT holds the derivatives of some number with "     \
    "respect to its output; the result holds those with respect to the weight, and has the "       \
    "weight's shape: --weight-size. Options are those of the convolution. With --memory and "      \
    "--shard the sums of some rows at a time are made by themselves and added in double, so that " \
    "bits differ from those without. Files are .npy, .pgm or .ppm; - is standard input or output."

#define OF_BIAS_DETAILS                                                                            \
    "GRAD_OUTPUT, (N, O, spatial...) or (O, spatial...), holds the derivatives of some number "    \
    "with respect to the output of the convolution; the result holds those with respect to the "   \
    "bias: for each of the O channels the sum over batch and space, made in double and rounded "   \
    "once. Files are .npy, .pgm or .ppm; - is standard input or output."

// The three gradients of a convolution along some axes.
#define GRADIENTS(name, input_size, weight_size)                                                   \
    {name "_input",                                                                                \
     "GRAD_OUTPUT WEIGHT",                                                                         \
     "gradient of " name " with respect to its input",                                             \
     "faltung " name "_input dy.npy kernel.npy -o dx.npy --input-size " input_size,                \
     OF_INPUT_DETAILS,                                                                             \
     OF_INPUT,                                                                                     \
     2,                                                                                            \
     2,                                                                                            \
     run_convolve},                                                                                \
        {name "_weight",                                                                           \
         "INPUT GRAD_OUTPUT",                                                                      \
         "gradient of " name " with respect to its weight",                                        \
         "faltung " name "_weight x.npy dy.npy -o dw.npy --weight-size " weight_size,              \
         OF_WEIGHT_DETAILS,                                                                        \
         OF_WEIGHT,                                                                                \
         2,                                                                                        \
         2,                                                                                        \
         run_convolve},                                                                            \
    {                                                                                              \
        name "_bias", "GRAD_OUTPUT", "gradient of " name " with respect to its bias",              \
            "faltung " name "_bias dy.npy -o db.npy", OF_BIAS_DETAILS, OF_BIAS, 1, 1, run_bias     \
    }

const command commands[] = {
    {"conv", "INPUT WEIGHT [BIAS]", "convolve along as many axes as the weight's kernel has",
     CONVOLUTION_EXAMPLE(
         "conv") "\n"
                 "faltung conv x.npy kernel.npy -o y.npy --input-dilation 2 --padding -1:3",
     CONVOLUTION_DETAILS, FORWARD, 2, 3, run_convolve},
    {"conv1d", "INPUT WEIGHT [BIAS]", "convolve along one axis", CONVOLUTION_EXAMPLE("conv1d"),
     CONVOLUTION_DETAILS, FORWARD, 2, 3, run_convolve},
    {"conv2d", "INPUT WEIGHT [BIAS]", "convolve along two axes", CONVOLUTION_EXAMPLE("conv2d"),
     CONVOLUTION_DETAILS, FORWARD, 2, 3, run_convolve},
    {"conv3d", "INPUT WEIGHT [BIAS]", "convolve along three axes", CONVOLUTION_EXAMPLE("conv3d"),
     CONVOLUTION_DETAILS, FORWARD, 2, 3, run_convolve},
    {"conv_transpose1d", "INPUT WEIGHT [BIAS]", "transposed convolution along one axis",
     TRANSPOSED_EXAMPLE("conv_transpose1d"), TRANSPOSED_DETAILS, TRANSPOSED, 2, 3, run_convolve},
    {"conv_transpose2d", "INPUT WEIGHT [BIAS]", "transposed convolution along two axes",
     TRANSPOSED_EXAMPLE("conv_transpose2d"), TRANSPOSED_DETAILS, TRANSPOSED, 2, 3, run_convolve},
    {"conv_transpose3d", "INPUT WEIGHT [BIAS]", "transposed convolution along three axes",
     TRANSPOSED_EXAMPLE("conv_transpose3d"), TRANSPOSED_DETAILS, TRANSPOSED, 2, 3, run_convolve},
    GRADIENTS("conv1d", "8x80x3000", "384x80x3"),
    GRADIENTS("conv2d", "1x64x56x56", "64x64x3x3"),
    GRADIENTS("conv3d", "1x16x16x56x56", "32x16x3x3x3"),
    GRADIENTS("conv_transpose1d", "1x64x500", "64x32x4"),
    GRADIENTS("conv_transpose2d", "1x64x28x28", "64x32x4x4"),
    GRADIENTS("conv_transpose3d", "1x16x8x8x8", "16x8x2x2x2"),
    {"finish", "OUTPUT", "put an output in place whose parts were computed one by one",
     "faltung conv2d x.npy kernel.npy -o y.npy --shard 0/2\n"
     "faltung conv2d x.npy kernel.npy -o y.npy --shard 1/2\n"
     "faltung finish y.npy",
     "Checks that every part is there, and gives the file its name. While parts are computed they "
     "are in .y.npy.partial, and journals beside it say what is done.",
     COMMON | BIT(FORCE), 1, 1, run_finish},
    {"unfold", "INPUT", "columns of the blocks that slide over a picture",
     "faltung unfold x.npy -o columns.npy --kernel 3 --padding 1",
     "INPUT is (N, C, spatial...) or, unbatched, (C, spatial...); the result is (N, C*kernel..., "
     "blocks) or (C*kernel..., blocks): torch.nn.functional.unfold, along 1 to 3 axes. A "
     "convolution is its weight, as a matrix, times the columns. Files are .npy, .pgm or .ppm; - "
     "is standard input or output.",
     SLIDING, 1, 1, run_unfold},
    {"fold", "COLUMNS", "picture of the blocks in columns, added where they overlap",
     "faltung fold columns.npy -o x.npy --kernel 3 --padding 1 --output-size 56,56",
     "COLUMNS is what unfold gives of a picture of this size with the same options; the result is "
     "(N, C, spatial...) or (C, spatial...): torch.nn.functional.fold, along 1 to 3 axes. Sums are "
     "made in double and rounded once. Files are .npy, .pgm or .ppm; - is standard input or "
     "output.",
     SLIDING | BIT(OUTPUT_SIZE), 1, 1, run_fold},
    {"size", "", "size of a convolution's output",
     "faltung size --input 16 --kernel 3                                     # 14\n"
     "faltung size --input 8 --kernel 3 --stride 2 --padding 1 --transposed  # 15",
     "Prints one size per axis, or for a range of inputs a line 'input output' for each.",
     COMMON | GEOMETRY | BIT(PADDING) | BIT(INPUT_DILATION) | BIT(TRANSPOSED) |
         BIT(OUTPUT_PADDING) | BIT(JSON),
     0, 0, run_size},
    {"padding", "", "padding that gives an output of ceil(input/stride)",
     "faltung padding --input 90 --kernel 15 --stride 10                # 3\n"
     "faltung padding --input 200:300 --kernel 5 --stride 2 --unique    # 2\n"
     "faltung padding --input 16 --kernel 3 --stride 2 --rule same_upper\n"
     "faltung padding --input 8 --kernel 4 --stride 2 --transposed --rule same_upper",
     "Prints the padding as --padding takes it: one number where both sides agree, begin:end where "
     "they differ, joined by commas over the axes; for a range of inputs a line 'input padding' "
     "for each. With --transposed it is what same_upper or same_lower crops from the output: to "
     "input*stride, or as ONNX does to --output-size.",
     COMMON | GEOMETRY | BIT(RULE) | BIT(UNIQUE) | BIT(EXPLAIN) | BIT(JSON) | BIT(TRANSPOSED) |
         BIT(OUTPUT_PADDING) | BIT(OUTPUT_SIZE),
     0, 0, run_padding},
    {"plot", "padding", "chart of the padding over a range of widths",
     "faltung plot padding --input 200:300 --kernel 16 --stride 10 -o padding.svg",
     "The lowest symmetric padding over the widths. Without -o the chart is drawn in the terminal; "
     "a file is SVG or PNG by its name. gnuplot draws it.",
     COMMON | GEOMETRY | TO_FILE, 1, 1, run_plot},
    {"draw", "", "picture of a convolution",
     "faltung draw --input 5,5 --kernel 3 --stride 2 --padding 1 -o conv.svg --animate\n"
     "faltung draw --input 90 --kernel 15 --stride 10 --padding 3",
     "One size as --input draws one axis as a strip, two draw grids. Without -o the picture is "
     "drawn in the terminal with characters.",
     COMMON | GEOMETRY | BIT(PADDING) | BIT(TRANSPOSED) | BIT(OUTPUT_PADDING) | BIT(ANIMATE) |
         TO_FILE,
     0, 0, run_draw},
    {"tour", "", "the tutorial, step by step, with its figures", "faltung tour -o tour",
     "Computes every number that the tutorial states, and fails if one of them is wrong. With -o "
     "the folder receives index.html, the charts, the drawings and the arrays; --force replaces "
     "the folder of an older tour.",
     COMMON | TO_FILE, 0, 0, run_tour},
    {"randn", "SHAPE...", "normal numbers, bit for bit those of torch.randn",
     "faltung randn 16x3x16x16 10x3x3x3 --seed 14 -o x.npy -o kernel.npy",
     "One file per shape, all drawn from one stream, as by torch.manual_seed(SEED) and then "
     "torch.randn for each in turn. The type is f32 or f64.",
     COMMON | TO_FILE | BIT(SEED) | BIT(DTYPE), 1, MAX_OPERANDS, run_randn},
    {"array", "VALUES", "array from numbers on the command line",
     "faltung array '1,0,-1;2,0,-2;1,0,-1' -o kernel.npy --shape 1x1x3x3",
     "Numbers are joined by commas, rows by semicolons. Without --shape the array has as many axes "
     "as are needed: one for a single row, else two.",
     COMMON | TO_FILE | BIT(SHAPE) | BIT(DTYPE), 1, 1, run_array},
    {"show", "FILE", "shape, type and values of an array", "faltung show kernel.npy",
     "Arrays over 1000 elements are abbreviated as NumPy does.", COMMON | BIT(JSON), 1, 1,
     run_show},
    {"info", "[FILE]", "what a file, or Faltung itself, is",
     "faltung info y.npy    # f32 (16, 10, 7, 7)\nfaltung info", NULL, COMMON | BIT(JSON), 0, 1,
     run_info},
    {"compare", "A B", "whether two arrays are equal within a tolerance",
     "faltung compare y.npy expected.npy --rtol 1e-6",
     "Exits with 0 if |A - B| <= atol + rtol*|B| for every element, else with 1; prints how far "
     "they are apart either way.",
     COMMON | BIT(RTOL) | BIT(ATOL) | BIT(EQUAL_NAN) | BIT(JSON), 2, 2, run_compare},
    {"explain", "PROBLEM", "how a convolution is computed, and why so",
     "faltung explain conv2d:16x3x16x16,10x3x3x3,stride=2,padding=1",
     "A problem is an operation, the shapes of input and weight, and any of stride=, padding=, "
     "padding_mode=, dilation=, input_dilation=, output_padding=, output_size=, groups=, "
     "activation=, layout=, dtype=, with axes joined by '+'.",
     COMMON | BIT(JSON) | BIT(ACCURACY) | BIT(ALGORITHM) | BIT(THREADS) | BIT(WORKSPACE_LIMIT), 1,
     1, run_explain},
    {"bench", "[PROBLEM...]", "how fast convolutions are, beside what the machine can do",
     "faltung bench conv2d:1x64x56x56,64x64x3x3,padding=1\n"
     "faltung bench --table --threads 2\n"
     "faltung bench --file problems.txt --check --json",
     "Times problems, written as for explain, in turns with the machine's own ceilings: loops that "
     "only multiply and add in registers, and copying of as many bytes as a problem moves. "
     "Operands "
     "are random, of the normal distribution, without a bias; weights are prepared once, ahead. A "
     "multiply-add counts as two operations, and those with zeros of the padding count. A row of "
     "the table has a target beside its share, unless memory bounds it. Runs on one thread unless "
     "--threads says more.",
     COMMON | BIT(JSON) | BIT(ACCURACY) | BIT(ALGORITHM) | BIT(THREADS) | BIT(WORKSPACE_LIMIT) |
         BIT(TABLE) | BIT(LIST) | BIT(FILE) | BIT(SECONDS) | BIT(CHECK),
     0, MAX_OPERANDS, run_bench},
    {"errors", "[PROBLEM...]", "how exact convolutions are",
     "faltung errors\nfaltung errors conv2d:1x64x56x56,64x64x3x3,padding=1",
     "Computes problems, written as for explain, or a list of them that has one for each "
     "algorithm, "
     "on four kinds of numbers: of the normal distribution, of one sign, with one that is huge, "
     "and "
     "such as cancel. Errors are relative to the sum of the absolute values of an output's "
     "products, in units of half the distance of neighbouring numbers of the type, against sums in "
     "f64: their maximum, and the root of the mean of their squares. Accuracies that lead to the "
     "same algorithm are one row.",
     COMMON | BIT(JSON), 0, MAX_OPERANDS, run_errors},
    {"help", "[COMMAND]", "help on a command", "faltung help conv2d", NULL, COMMON, 0, 1, run_help},
    {"man", "", "this manual page, as roff", "faltung man | man -l -", NULL, COMMON, 0, 0, run_man},
    {"completion", "bash|zsh", "completion of the command line for a shell",
     "source <(faltung completion bash)", "The script is written to standard output.", COMMON, 1, 1,
     run_completion},
};

const int command_count = sizeof commands / sizeof *commands;

const command *find_command(const char *name)
{
    for (int i = 0; i < command_count; i++)
        if (strcmp(commands[i].name, name) == 0)
            return &commands[i];
    return NULL;
}

static int print_version(session *s)
{
    fprintf(s->out, "faltung %s\n", faltung_version());
    return EXIT_DONE;
}

static int run_options(session *s, const command *found, const options *o)
{
    if (o->help)
        return print_help(s, found);
    return o->version ? print_version(s) : found->run(s, found, o);
}

static int run(session *s, const command *found, int argc, char **argv)
{
    options o;
    const grammar g = {found->options, found->least, found->most, found->operands,
                       found->run == run_randn};
    s->command = found->name;
    int status = read_options(s, &g, argc, argv, &o);
    if (status)
        return status;
    status = run_options(s, found, &o);
    int written = finish_output(s);
    return status ? status : written;
}

int run_command_line(session *s, int argc, char **argv)
{
    s->command = "";
    if (argc < 2)
        return refuse(s, EXIT_USAGE, "a command is needed; faltung --help lists them");
    const char *name = argv[1];
    if (strcmp(name, "--version") == 0) {
        print_version(s);
        return finish_output(s);
    }
    if (strcmp(name, "--help") == 0 || strcmp(name, "-h") == 0) {
        print_overview(s);
        return finish_output(s);
    }
    const command *found = find_command(name);
    if (!found)
        return refuse(s, EXIT_USAGE, "'%s' is no command; faltung --help lists them", name);
    return run(s, found, argc - 1, argv + 1);
}

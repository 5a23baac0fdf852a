// SPDX-License-Identifier: Apache-2.0
#include "options.h"

#include "values.h"

#include <getopt.h>
#include <math.h>
#include <stddef.h>
#include <string.h>

#define FIELD(name) offsetof(options, name)
#define RULES       "valid|same|same_upper|same_lower|same_symmetric"

const option_spec option_specs[OPTION_COUNT] = {
    [OPTION_INPUT] = {"input", 0, "W", NULL,
                      "size of the input: one per axis (90,64), or a half-open range (200:300)",
                      read_axis_sizes, FIELD(input)},
    [OPTION_KERNEL] = {"kernel", 0, "K", NULL,
                       "size of the kernel, one for all axes or one per axis", read_axis_values,
                       FIELD(kernel)},
    [OPTION_AXES] = {"axes", 0, "N", NULL,
                     "along how many axes, 1 to 3 (default: as many as values are given, or 2)",
                     read_threads, FIELD(axes)},
    [OPTION_STRIDE] = {"stride", 0, "S", NULL,
                       "step of the kernel, one or one per axis (default 1)", read_axis_values,
                       FIELD(stride)},
    [OPTION_PADDING] =
        {"padding", 0, "P", RULES,
         "padding around the input: a number, begin:end, of which a negative side crops, one of "
         "these per axis (1,0:2), or a rule: valid, same, same_upper, same_lower, same_symmetric "
         "(default 0)",
         read_axis_paddings, FIELD(padding)},
    [OPTION_PADDING_MODE] = {"padding-mode", 0, "MODE", "zeros|reflect|replicate|circular",
                             "what the padding shows: zeros, or the input again by reflect, "
                             "replicate or circular, as torch.nn.Conv2d (default zeros)",
                             read_padding_mode, FIELD(padding_mode)},
    [OPTION_RULE] = {"rule", 0, "RULE", RULES,
                     "which padding to find: valid, same (PyTorch), same_upper (TensorFlow), "
                     "same_lower, same_symmetric (the default)",
                     read_rule, FIELD(rule)},
    [OPTION_DILATION] = {"dilation", 0, "D", NULL,
                         "distance between the kernel's elements, one or one per axis (default 1)",
                         read_axis_values, FIELD(dilation)},
    [OPTION_INPUT_DILATION] = {"input-dilation", 0, "L", NULL,
                               "distance between the input's elements, with zeros in between, one "
                               "or one per axis (default 1)",
                               read_axis_values, FIELD(input_dilation)},
    [OPTION_GROUPS] = {"groups", 0, "G", NULL,
                       "number of groups that the channels are divided into (default 1)",
                       read_number, FIELD(groups)},
    [OPTION_TRANSPOSED] = {"transposed", 0, NULL, NULL, "a transposed convolution", read_flag,
                           FIELD(transposed)},
    [OPTION_OUTPUT_PADDING] = {"output-padding", 0, "N", NULL,
                               "rows that a transposed convolution adds at the end of its output, "
                               "one or one per axis (default 0)",
                               read_axis_values, FIELD(output_padding)},
    [OPTION_OUTPUT_SIZE] = {"output-size", 0, "N[,N...]", NULL,
                            "size of a transposed convolution's output, one per axis, from which "
                            "the output padding follows, or by same_upper and same_lower the "
                            "padding; of fold's picture",
                            read_axis_values, FIELD(output_size)},
    [OPTION_INPUT_SIZE] = {"input-size", 0, "SHAPE", NULL,
                           "shape of the input that the gradient is of, such as 1x64x56x56; "
                           "without it the smallest that there is",
                           read_shape, FIELD(input_size)},
    [OPTION_WEIGHT_SIZE] = {"weight-size", 0, "SHAPE", NULL,
                            "shape of the weight that the gradient is of, such as 64x64x3x3",
                            read_shape, FIELD(weight_size)},
    [OPTION_ACTIVATION] = {"activation", 0, "NAME",
                           "none|relu|relu6|leaky_relu|sigmoid|silu|gelu|gelu_tanh|hardswish",
                           "function of the result: relu, relu6, leaky_relu[:slope], sigmoid, "
                           "silu, gelu, gelu_tanh, hardswish, clamp:min:max (default none)",
                           read_activation, FIELD(activation)},
    [OPTION_RESIDUAL] = {"residual", 0, "FILE", NULL,
                         "array of the result's shape that is added before the activation",
                         read_path, FIELD(residual)},
    [OPTION_THREADS] = {"threads", 0, "N", NULL,
                        "the most threads to use; the result does not depend on it", read_threads,
                        FIELD(threads)},
    [OPTION_WORKSPACE_LIMIT] = {"workspace-limit", 0, "BYTES", NULL,
                                "the most memory to work in besides the operands and the packed "
                                "weight, 1 or more; with very little, a slower algorithm is taken",
                                read_bytes, FIELD(workspace_limit)},
    [OPTION_MEMORY] = {"memory", 0, "SIZE", NULL,
                       "compute part by part between files, so that no more memory than this is "
                       "taken in all: 512M, 4G; a run that was ended goes on where it was",
                       read_memory, FIELD(memory)},
    [OPTION_SHARD] = {"shard", 0, "I/N", NULL,
                      "compute part I of N, 0/N to N-1/N, in any order and on any machine that has "
                      "the files, in 1G of memory unless --memory says otherwise; 'faltung finish' "
                      "puts them together",
                      read_shard, FIELD(shard)},
    [OPTION_ACCURACY] = {"accuracy", 0, "NAME", "exact|balanced|fast",
                         "exact, balanced or fast (default balanced)", read_accuracy,
                         FIELD(accuracy)},
    [OPTION_ALGORITHM] =
        {"algorithm", 0, "NAME",
         "tiles|winograd|lattice|fft|depthwise|direct|phases|dots|winograd_gradient|"
         "weight_gradient|complex|reference|winograd4|winograd2",
         "compute by this one of those that 'faltung explain' lists, or by its "
         "winograd with tiles of 4x4 or 2x2, or refuse where it cannot (default "
         "the best)",
         read_path, FIELD(algorithm)},
    [OPTION_INPUT_ZERO_POINT] = {"input-zero-point", 0, "N", NULL,
                                 "what is subtracted from each element of an input of integers "
                                 "(default 0)",
                                 read_zero_point, FIELD(input_zero_point)},
    [OPTION_WEIGHT_ZERO_POINT] = {"weight-zero-point", 0, "N", NULL,
                                  "the same of a weight of integers (default 0)", read_zero_point,
                                  FIELD(weight_zero_point)},
    [OPTION_UNIQUE] = {"unique", 0, NULL, NULL, "only the different paddings, in rising order",
                       read_flag, FIELD(unique)},
    [OPTION_EXPLAIN] = {"explain", 0, NULL, NULL,
                        "also the interval of paddings, the output's size, and by how much the "
                        "sampling grid is shifted against the other rules",
                        read_flag, FIELD(explain)},
    [OPTION_ANIMATE] = {"animate", 0, NULL, NULL, "move the kernel from position to position",
                        read_flag, FIELD(animate)},
    [OPTION_SEED] = {"seed", 0, "N", NULL, "as given to torch.manual_seed (default 0)", read_seed,
                     FIELD(seed)},
    [OPTION_DTYPE] = {"dtype", 0, "TYPE", "f32|f64|f16|bf16|i8|u8|i32|c64|c128",
                      "type of the array's elements (default f32)", read_dtype, FIELD(dtype)},
    [OPTION_SHAPE] = {"shape", 0, "SHAPE", NULL, "shape to give the array, such as 1x1x3x3",
                      read_shape, FIELD(shape)},
    [OPTION_RTOL] = {"rtol", 0, "X", NULL, "tolerance relative to B's value (default 1e-5)",
                     read_tolerance, FIELD(rtol)},
    [OPTION_ATOL] = {"atol", 0, "X", NULL, "absolute tolerance (default 1e-8)", read_tolerance,
                     FIELD(atol)},
    [OPTION_EQUAL_NAN] = {"equal-nan", 0, NULL, NULL, "take NaN as equal to NaN", read_flag,
                          FIELD(equal_nan)},
    [OPTION_TABLE] = {"table", 0, NULL, NULL, "the built-in table of layers of known networks",
                      read_flag, FIELD(table)},
    [OPTION_LIST] = {"list", 0, NULL, NULL, "only say which problems these are, and time nothing",
                     read_flag, FIELD(list)},
    [OPTION_FILE] = {"file", 0, "FILE", NULL,
                     "problems from a file, one on each line; - is standard input", read_path,
                     FIELD(file)},
    [OPTION_SECONDS] = {"seconds", 0, "X", NULL, "time for each problem (default 2)", read_seconds,
                        FIELD(seconds)},
    [OPTION_CHECK] = {"check", 0, NULL, NULL,
                      "compare what was computed with sums by the definition", read_flag,
                      FIELD(check)},
    [OPTION_OUTPUT] = {"output", 'o', "FILE", NULL,
                       "where the result goes; - is standard output (tour: a folder)", NULL, 0},
    [OPTION_FORCE] = {"force", 0, NULL, NULL, "replace what exists", read_flag, FIELD(force)},
    [OPTION_JSON] = {"json", 0, NULL, NULL, "print figures as JSON", read_flag, FIELD(json)},
    [OPTION_HELP] = {"help", 'h', NULL, NULL, "this help", read_flag, FIELD(help)},
    [OPTION_VERSION] = {"version", 0, NULL, NULL, "the version of Faltung", read_flag,
                        FIELD(version)},
};

static const options defaults = {
    .rule = FALTUNG_PADDING_SAME_SYMMETRIC,
    .groups = 1,
    .activation = {FALTUNG_ACTIVATION_NONE, 0.01, -HUGE_VAL, HUGE_VAL},
    .dtype = FALTUNG_F32,
    .rtol = 1e-5,
    .atol = 1e-8,
    .seconds = 2,
};

static int add_output(session *s, const grammar *g, const char *path, options *o)
{
    if (o->outputs == (g->many_outputs ? MAX_OPERANDS : 1))
        return refuse(s, EXIT_USAGE, "--output is given %s",
                      o->outputs == 1 ? "twice" : "too often");
    o->output[o->outputs++] = path;
    return EXIT_DONE;
}

static int add_operand(session *s, const grammar *g, const char *text, options *o)
{
    if (o->operands == MAX_OPERANDS)
        return refuse(s, EXIT_USAGE, "'%s' is one operand too many: at most %d are taken", text,
                      MAX_OPERANDS);
    if (o->operands == g->most)
        return g->most
                   ? refuse(s, EXIT_USAGE, "'%s' is one operand too many: there are %s", text,
                            g->operands)
                   : refuse(s, EXIT_USAGE, "'%s' is not expected: there are options only", text);
    o->operand[o->operands++] = text;
    return EXIT_DONE;
}

static int add_option(session *s, const grammar *g, option_id id, const char *text, options *o)
{
    const option_spec *spec = &option_specs[id];
    bool again = was_given(o, id);
    o->given |= OPTION_BIT(id);
    if (id == OPTION_OUTPUT)
        return add_output(s, g, text, o);
    if (again)
        return refuse(s, EXIT_USAGE, "--%s is given twice", spec->name);
    const char *allowed = spec->read(text, (char *)o + spec->field);
    if (allowed)
        return refuse(s, EXIT_USAGE, "--%s '%s': allowed is %s", spec->name, text, allowed);
    return EXIT_DONE;
}

// What getopt returns for an option by its name is LONG and its id: apart from every letter.
enum { LONG = 256 };

// getopt's view of the options that the command has.
static void list_for_getopt(option_set allowed, struct option *list)
{
    for (int id = 0; id < OPTION_COUNT; id++)
        if (allowed >> id & 1)
            *list++ = (struct option){option_specs[id].name,
                                      option_specs[id].argument ? required_argument : no_argument,
                                      NULL, LONG + id};
    *list = (struct option){NULL, 0, NULL, 0};
}

static int refuse_word(session *s, int code, const char *word)
{
    if (code == ':')
        return refuse(s, EXIT_USAGE, "%s needs a value", word);
    if (optopt >= LONG)
        return refuse(s, EXIT_USAGE, "%s: --%s takes no value", word,
                      option_specs[optopt - LONG].name);
    return refuse(s, EXIT_USAGE, "%s is no option of this command, or the beginning of several",
                  word);
}

// A word that begins like a negative number is an operand: no option does.
static bool is_negative_number(const char *word)
{
    return word[0] == '-' && word[1] && strchr("0123456789.", word[1]);
}

// Reads the next word or two; sets `done` behind the last.
static int read_word(session *s, const grammar *g, int argc, char **argv, const struct option *list,
                     options *o, bool *done)
{
    if (optind < argc && is_negative_number(argv[optind]))
        return add_operand(s, g, argv[optind++], o);
    int before = optind;
    // "-": operands come as the value of option 1, in their order; ":": missing values are told.
    int code = getopt_long(argc, argv, "-:o:h", list, NULL);
    *done = code == -1;
    if (*done)
        return EXIT_DONE;
    if (code == 1)
        return add_operand(s, g, optarg, o);
    if (code == '?' || code == ':')
        return refuse_word(s, code, argv[before]);
    option_id id = code == 'o'   ? OPTION_OUTPUT
                   : code == 'h' ? OPTION_HELP
                                 : (option_id)(code - LONG);
    if (!(g->allowed >> id & 1))
        return refuse_word(s, '?', argv[before]);
    return add_option(s, g, id, optarg, o);
}

// One process may run several commands, and getopt remembers: an optind of 0 makes it begin afresh,
// and an empty command line makes it do so before anyone looks at optind.
static void restart_getopt(void)
{
    static char name[] = "faltung";
    char *const nothing[] = {name, NULL};
    const struct option none = {NULL, 0, NULL, 0};
    opterr = 0;
    optind = 0;
    getopt_long(1, nothing, "-:", &none, NULL);
    optind = 1;
}

int read_options(session *s, const grammar *g, int argc, char **argv, options *o)
{
    struct option list[OPTION_COUNT + 1];
    bool done = false;
    list_for_getopt(g->allowed, list);
    *o = defaults;
    restart_getopt();
    for (int status; !done; done = done || o->help || o->version)
        if ((status = read_word(s, g, argc, argv, list, o, &done)))
            return status;
    if (o->help || o->version)
        return EXIT_DONE;
    while (optind < argc) // behind "--"
        if (add_operand(s, g, argv[optind++], o))
            return EXIT_USAGE;
    if (o->operands < g->least)
        return refuse(s, EXIT_USAGE, "an operand is missing: faltung %s %s", s->command,
                      g->operands);
    return EXIT_DONE;
}

// SPDX-License-Identifier: Apache-2.0
//
// The one table of options: parsing, --help, the man page and shell completion are all made from
// it.
#ifndef CLI_OPTIONS_H
#define CLI_OPTIONS_H

#include "session.h"

#include <stdint.h>

// Every option of every command.
typedef enum option_id {
    OPTION_INPUT,
    OPTION_KERNEL,
    OPTION_AXES,
    OPTION_STRIDE,
    OPTION_PADDING,
    OPTION_PADDING_MODE,
    OPTION_RULE,
    OPTION_DILATION,
    OPTION_INPUT_DILATION,
    OPTION_GROUPS,
    OPTION_TRANSPOSED,
    OPTION_OUTPUT_PADDING,
    OPTION_OUTPUT_SIZE,
    OPTION_INPUT_SIZE,
    OPTION_WEIGHT_SIZE,
    OPTION_ACTIVATION,
    OPTION_RESIDUAL,
    OPTION_THREADS,
    OPTION_WORKSPACE_LIMIT,
    OPTION_MEMORY,
    OPTION_SHARD,
    OPTION_ACCURACY,
    OPTION_ALGORITHM,
    OPTION_INPUT_ZERO_POINT,
    OPTION_WEIGHT_ZERO_POINT,
    OPTION_UNIQUE,
    OPTION_EXPLAIN,
    OPTION_ANIMATE,
    OPTION_SEED,
    OPTION_DTYPE,
    OPTION_SHAPE,
    OPTION_RTOL,
    OPTION_ATOL,
    OPTION_EQUAL_NAN,
    OPTION_TABLE,
    OPTION_LIST,
    OPTION_FILE,
    OPTION_SECONDS,
    OPTION_CHECK,
    OPTION_OUTPUT,
    OPTION_FORCE,
    OPTION_JSON,
    OPTION_HELP,
    OPTION_VERSION,
    OPTION_COUNT,
} option_id;

// A set of options, one bit each.
typedef uint64_t option_set;
#define OPTION_BIT(id) ((option_set)1 << (id))

enum { MAX_OPERANDS = 64, MAX_AXIS_VALUES = FALTUNG_MAX_AXES + 2 };

// "2" or "2,1". count is 0 where the option was not given.
typedef struct axis_values {
    int count;
    int64_t value[MAX_AXIS_VALUES];
} axis_values;

// "16", "16,20" or the half-open range "200:300".
typedef struct axis_sizes {
    int count;
    int64_t value[MAX_AXIS_VALUES];
    bool is_range; // then count is 1, and it runs from value[0] up to, but not including, `stop`
    int64_t stop;
} axis_sizes;

// "1", "1,2", "0:1,0:1" or the name of a rule.
typedef struct axis_paddings {
    int count; // 0 where a rule is named, or nothing is given
    faltung_padding value[MAX_AXIS_VALUES];
    bool negative; // whether one is a negative number, rather than a side of begin:end
    faltung_padding_rule rule;
} axis_paddings;

// "relu", "leaky_relu:0.1", "clamp:0:1".
typedef struct activation {
    faltung_activation kind;
    double slope, min, max;
} activation;

// "2/4": one part of so many.
typedef struct shard_choice {
    int64_t index, count;
} shard_choice;

typedef struct array_shape {
    int rank;
    int64_t size[FALTUNG_MAX_RANK];
} array_shape;

// What the user said. Options that were not given have the value that their help states.
typedef struct options {
    option_set given;
    int operands;
    const char *operand[MAX_OPERANDS];
    int outputs;
    const char *output[MAX_OPERANDS];
    axis_sizes input;
    axis_values kernel, stride, dilation, input_dilation, output_padding, output_size;
    axis_paddings padding;
    faltung_padding_mode padding_mode;
    faltung_padding_rule rule;
    int64_t axes, groups, threads, workspace_limit, memory;
    shard_choice shard;
    int input_zero_point, weight_zero_point;
    uint64_t seed;
    faltung_accuracy accuracy;
    const char *algorithm;
    activation activation;
    const char *residual;
    faltung_dtype dtype;
    array_shape shape, input_size, weight_size;
    double rtol, atol, seconds;
    const char *file;
    bool transposed, unique, explain, animate, equal_nan, table, list, check, force, json, help;
    bool version;
} options;

typedef struct option_spec {
    const char *name;     // without the dashes
    char letter;          // short form, or 0
    const char *argument; // what stands for its value in help, or NULL for a flag
    const char *words;    // the values it takes by name, joined by '|', or NULL
    const char *help;
    // Reads the value into `field` of the options, or returns what is allowed instead.
    const char *(*read)(const char *text, void *field);
    size_t field; // offset in struct options
} option_spec;

extern const option_spec option_specs[OPTION_COUNT];

// Reads the arguments behind the command's name. `allowed` is the set of options that the command
// has, `least` to `most` the operands it takes. Refuses what does not parse with EXIT_USAGE. Once
// --help or --version is met nothing more is asked for.
typedef struct grammar {
    option_set allowed;
    int least, most;
    const char *operands; // as the synopsis names them
    bool many_outputs;    // whether -o may be given more than once
} grammar;

int read_options(session *s, const grammar *g, int argc, char **argv, options *o);

// Whether the option was given.
static inline bool was_given(const options *o, option_id id)
{
    return o->given >> id & 1;
}

#endif

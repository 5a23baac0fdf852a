// SPDX-License-Identifier: Apache-2.0
//
// The binary interface: prints the size of every public structure, where its members lie, and what
// the names of enumerations stand for, as abi.txt has it recorded. What a program was compiled with
// must be what a later library of the same version takes: a line that changes there is a new major
// version, one that is added to an enumeration is not.
#include <faltung.h>

#include <stddef.h>
#include <stdio.h>

#define STRUCT(type)         printf(#type " %zu\n", sizeof(type))
#define MEMBER(type, member) printf("  " #member " %zu\n", offsetof(type, member))
#define NAME(name)           printf("  " #name " %d\n", (int)(name))

static void show_status(void)
{
    puts("faltung_status");
    NAME(FALTUNG_OK);
    NAME(FALTUNG_ERROR_NULL);
    NAME(FALTUNG_ERROR_OPTION);
    NAME(FALTUNG_ERROR_DTYPE);
    NAME(FALTUNG_ERROR_RANK);
    NAME(FALTUNG_ERROR_SHAPE);
    NAME(FALTUNG_ERROR_EMPTY);
    NAME(FALTUNG_ERROR_STRIDE);
    NAME(FALTUNG_ERROR_DILATION);
    NAME(FALTUNG_ERROR_PADDING);
    NAME(FALTUNG_ERROR_OUTPUT_PADDING);
    NAME(FALTUNG_ERROR_OUTPUT_SIZE);
    NAME(FALTUNG_ERROR_GROUPS);
    NAME(FALTUNG_ERROR_KERNEL);
    NAME(FALTUNG_ERROR_TOO_SMALL);
    NAME(FALTUNG_ERROR_NO_PADDING);
    NAME(FALTUNG_ERROR_OVERFLOW);
    NAME(FALTUNG_ERROR_OVERLAP);
    NAME(FALTUNG_ERROR_PARSE);
    NAME(FALTUNG_ERROR_MEMORY);
}

static void show_message(void)
{
    STRUCT(faltung_message);
    MEMBER(faltung_message, text);
}

static void show_dtype(void)
{
    puts("faltung_dtype");
    NAME(FALTUNG_F32);
    NAME(FALTUNG_F64);
    NAME(FALTUNG_F16);
    NAME(FALTUNG_BF16);
    NAME(FALTUNG_I8);
    NAME(FALTUNG_U8);
    NAME(FALTUNG_I32);
    NAME(FALTUNG_C64);
    NAME(FALTUNG_C128);
}

static void show_tensor(void)
{
    STRUCT(faltung_tensor);
    MEMBER(faltung_tensor, data);
    MEMBER(faltung_tensor, dtype);
    MEMBER(faltung_tensor, rank);
    MEMBER(faltung_tensor, shape);
    MEMBER(faltung_tensor, strides);
}

static void show_padding(void)
{
    STRUCT(faltung_padding);
    MEMBER(faltung_padding, begin);
    MEMBER(faltung_padding, end);
}

static void show_padding_rule(void)
{
    puts("faltung_padding_rule");
    NAME(FALTUNG_PADDING_EXPLICIT);
    NAME(FALTUNG_PADDING_VALID);
    NAME(FALTUNG_PADDING_SAME);
    NAME(FALTUNG_PADDING_SAME_UPPER);
    NAME(FALTUNG_PADDING_SAME_LOWER);
    NAME(FALTUNG_PADDING_SAME_SYMMETRIC);
}

static void show_axis(void)
{
    STRUCT(faltung_axis);
    MEMBER(faltung_axis, input);
    MEMBER(faltung_axis, kernel);
    MEMBER(faltung_axis, stride);
    MEMBER(faltung_axis, dilation);
    MEMBER(faltung_axis, padding);
    MEMBER(faltung_axis, transposed);
    MEMBER(faltung_axis, output_padding);
    MEMBER(faltung_axis, input_dilation);
}

static void show_padding_interval(void)
{
    STRUCT(faltung_padding_interval);
    MEMBER(faltung_padding_interval, output);
    MEMBER(faltung_padding_interval, twice_min);
    MEMBER(faltung_padding_interval, twice_max);
    MEMBER(faltung_padding_interval, exists);
    MEMBER(faltung_padding_interval, lowest);
}

static void show_padding_limits(void)
{
    STRUCT(faltung_padding_limits);
    MEMBER(faltung_padding_limits, low);
    MEMBER(faltung_padding_limits, high);
}

static void show_operation(void)
{
    puts("faltung_operation");
    NAME(FALTUNG_CONV);
    NAME(FALTUNG_CONV_TRANSPOSE);
    NAME(FALTUNG_CONV_INPUT);
    NAME(FALTUNG_CONV_WEIGHT);
    NAME(FALTUNG_CONV_TRANSPOSE_INPUT);
    NAME(FALTUNG_CONV_TRANSPOSE_WEIGHT);
}

static void show_accuracy(void)
{
    puts("faltung_accuracy");
    NAME(FALTUNG_ACCURACY_BALANCED);
    NAME(FALTUNG_ACCURACY_EXACT);
    NAME(FALTUNG_ACCURACY_FAST);
}

static void show_padding_mode(void)
{
    puts("faltung_padding_mode");
    NAME(FALTUNG_PADDING_ZEROS);
    NAME(FALTUNG_PADDING_REFLECT);
    NAME(FALTUNG_PADDING_REPLICATE);
    NAME(FALTUNG_PADDING_CIRCULAR);
}

static void show_activation(void)
{
    puts("faltung_activation");
    NAME(FALTUNG_ACTIVATION_NONE);
    NAME(FALTUNG_ACTIVATION_RELU);
    NAME(FALTUNG_ACTIVATION_RELU6);
    NAME(FALTUNG_ACTIVATION_LEAKY_RELU);
    NAME(FALTUNG_ACTIVATION_SIGMOID);
    NAME(FALTUNG_ACTIVATION_SILU);
    NAME(FALTUNG_ACTIVATION_GELU);
    NAME(FALTUNG_ACTIVATION_GELU_TANH);
    NAME(FALTUNG_ACTIVATION_HARDSWISH);
    NAME(FALTUNG_ACTIVATION_CLAMP);
}

static void show_allocator(void)
{
    STRUCT(faltung_allocator);
    MEMBER(faltung_allocator, allocate);
    MEMBER(faltung_allocator, release);
    MEMBER(faltung_allocator, context);
}

static void show_parallel(void)
{
    STRUCT(faltung_parallel);
    MEMBER(faltung_parallel, run);
    MEMBER(faltung_parallel, context);
}

static void show_conv(void)
{
    STRUCT(faltung_conv);
    MEMBER(faltung_conv, operation);
    MEMBER(faltung_conv, axes);
    MEMBER(faltung_conv, stride);
    MEMBER(faltung_conv, dilation);
    MEMBER(faltung_conv, padding_rule);
    MEMBER(faltung_conv, padding);
    MEMBER(faltung_conv, padding_mode);
    MEMBER(faltung_conv, input_dilation);
    MEMBER(faltung_conv, output_padding);
    MEMBER(faltung_conv, has_output_size);
    MEMBER(faltung_conv, output_size);
    MEMBER(faltung_conv, groups);
    MEMBER(faltung_conv, activation);
    MEMBER(faltung_conv, negative_slope);
    MEMBER(faltung_conv, clamp_min);
    MEMBER(faltung_conv, clamp_max);
    MEMBER(faltung_conv, accuracy);
    MEMBER(faltung_conv, threads);
    MEMBER(faltung_conv, workspace_limit);
    MEMBER(faltung_conv, parallel);
    MEMBER(faltung_conv, allocator);
    MEMBER(faltung_conv, instruction_set);
    MEMBER(faltung_conv, input_zero_point);
    MEMBER(faltung_conv, weight_zero_point);
    MEMBER(faltung_conv, algorithm);
}

static void show_part(void)
{
    STRUCT(faltung_part);
    MEMBER(faltung_part, begin);
    MEMBER(faltung_part, end);
}

static void show_explanation(void)
{
    STRUCT(faltung_explanation);
    MEMBER(faltung_explanation, rank);
    MEMBER(faltung_explanation, output_shape);
    MEMBER(faltung_explanation, padding);
    MEMBER(faltung_explanation, output_padding);
    MEMBER(faltung_explanation, algorithms);
    MEMBER(faltung_explanation, algorithm);
    MEMBER(faltung_explanation, reason);
    MEMBER(faltung_explanation, chosen);
    MEMBER(faltung_explanation, how);
    MEMBER(faltung_explanation, block);
    MEMBER(faltung_explanation, instruction_set);
    MEMBER(faltung_explanation, threads);
    MEMBER(faltung_explanation, packed_bytes);
    MEMBER(faltung_explanation, workspace_bytes);
    MEMBER(faltung_explanation, workspace_wanted);
    MEMBER(faltung_explanation, multiply_adds);
    MEMBER(faltung_explanation, bytes);
    MEMBER(faltung_explanation, bytes_moved);
    MEMBER(faltung_explanation, work);
}

static void show_layout(void)
{
    puts("faltung_layout");
    NAME(FALTUNG_NCHW);
    NAME(FALTUNG_NHWC);
}

static void show_problem(void)
{
    STRUCT(faltung_problem);
    MEMBER(faltung_problem, conv);
    MEMBER(faltung_problem, dtype);
    MEMBER(faltung_problem, input_rank);
    MEMBER(faltung_problem, input_shape);
    MEMBER(faltung_problem, weight_rank);
    MEMBER(faltung_problem, weight_shape);
    MEMBER(faltung_problem, weight_dtype);
    MEMBER(faltung_problem, layout);
}

static void show_call(void)
{
    STRUCT(faltung_call);
    MEMBER(faltung_call, conv);
    MEMBER(faltung_call, dtype);
    MEMBER(faltung_call, input_rank);
    MEMBER(faltung_call, input_shape);
    MEMBER(faltung_call, input_strides);
    MEMBER(faltung_call, weight_dtype);
    MEMBER(faltung_call, weight_rank);
    MEMBER(faltung_call, weight_shape);
    MEMBER(faltung_call, weight_strides);
    MEMBER(faltung_call, output_dtype);
    MEMBER(faltung_call, output_rank);
    MEMBER(faltung_call, output_shape);
    MEMBER(faltung_call, output_strides);
}

static void show_generator(void)
{
    STRUCT(faltung_generator);
    MEMBER(faltung_generator, state);
    MEMBER(faltung_generator, next);
    MEMBER(faltung_generator, has_spare);
    MEMBER(faltung_generator, spare);
}

int main(void)
{
    show_status();
    show_message();
    show_dtype();
    show_tensor();
    show_padding();
    show_padding_rule();
    show_axis();
    show_padding_interval();
    show_padding_limits();
    show_operation();
    show_accuracy();
    show_padding_mode();
    show_activation();
    show_allocator();
    show_parallel();
    show_conv();
    show_part();
    show_explanation();
    show_layout();
    show_problem();
    show_call();
    show_generator();
    return 0;
}

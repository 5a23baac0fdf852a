// SPDX-License-Identifier: Apache-2.0
//
// The names of the public enumerations' values.
#include <faltung.h>

static const char *const statuses[] = {
    [FALTUNG_OK] = "ok",
    [FALTUNG_ERROR_NULL] = "null",
    [FALTUNG_ERROR_OPTION] = "option",
    [FALTUNG_ERROR_DTYPE] = "dtype",
    [FALTUNG_ERROR_RANK] = "rank",
    [FALTUNG_ERROR_SHAPE] = "shape",
    [FALTUNG_ERROR_EMPTY] = "empty",
    [FALTUNG_ERROR_STRIDE] = "stride",
    [FALTUNG_ERROR_DILATION] = "dilation",
    [FALTUNG_ERROR_PADDING] = "padding",
    [FALTUNG_ERROR_OUTPUT_PADDING] = "output_padding",
    [FALTUNG_ERROR_OUTPUT_SIZE] = "output_size",
    [FALTUNG_ERROR_GROUPS] = "groups",
    [FALTUNG_ERROR_KERNEL] = "kernel",
    [FALTUNG_ERROR_TOO_SMALL] = "too_small",
    [FALTUNG_ERROR_NO_PADDING] = "no_padding",
    [FALTUNG_ERROR_OVERFLOW] = "overflow",
    [FALTUNG_ERROR_OVERLAP] = "overlap",
    [FALTUNG_ERROR_PARSE] = "parse",
    [FALTUNG_ERROR_MEMORY] = "memory",
};

static const char *const rules[] = {
    [FALTUNG_PADDING_EXPLICIT] = "explicit",
    [FALTUNG_PADDING_VALID] = "valid",
    [FALTUNG_PADDING_SAME] = "same",
    [FALTUNG_PADDING_SAME_UPPER] = "same_upper",
    [FALTUNG_PADDING_SAME_LOWER] = "same_lower",
    [FALTUNG_PADDING_SAME_SYMMETRIC] = "same_symmetric",
};

static const char *const modes[] = {
    [FALTUNG_PADDING_ZEROS] = "zeros",
    [FALTUNG_PADDING_REFLECT] = "reflect",
    [FALTUNG_PADDING_REPLICATE] = "replicate",
    [FALTUNG_PADDING_CIRCULAR] = "circular",
};

static const char *const activations[] = {
    [FALTUNG_ACTIVATION_NONE] = "none",           [FALTUNG_ACTIVATION_RELU] = "relu",
    [FALTUNG_ACTIVATION_RELU6] = "relu6",         [FALTUNG_ACTIVATION_LEAKY_RELU] = "leaky_relu",
    [FALTUNG_ACTIVATION_SIGMOID] = "sigmoid",     [FALTUNG_ACTIVATION_SILU] = "silu",
    [FALTUNG_ACTIVATION_GELU] = "gelu",           [FALTUNG_ACTIVATION_GELU_TANH] = "gelu_tanh",
    [FALTUNG_ACTIVATION_HARDSWISH] = "hardswish", [FALTUNG_ACTIVATION_CLAMP] = "clamp",
};

static const struct {
    const char *name;
    size_t size;
} dtypes[] = {
    [FALTUNG_F32] = {"f32", 4},   [FALTUNG_F64] = {"f64", 8}, [FALTUNG_F16] = {"f16", 2},
    [FALTUNG_BF16] = {"bf16", 2}, [FALTUNG_I8] = {"i8", 1},   [FALTUNG_U8] = {"u8", 1},
    [FALTUNG_I32] = {"i32", 4},   [FALTUNG_C64] = {"c64", 8}, [FALTUNG_C128] = {"c128", 16},
};

static const char *const layouts[] = {[FALTUNG_NCHW] = "nchw", [FALTUNG_NHWC] = "nhwc"};

#define COUNT(table) (sizeof(table) / sizeof(table)[0])

const char *faltung_status_name(faltung_status status)
{
    return (size_t)status < COUNT(statuses) ? statuses[status] : "unknown";
}

const char *faltung_padding_rule_name(faltung_padding_rule rule)
{
    return (size_t)rule < COUNT(rules) ? rules[rule] : "unknown";
}

const char *faltung_padding_mode_name(faltung_padding_mode mode)
{
    return (size_t)mode < COUNT(modes) ? modes[mode] : "unknown";
}

const char *faltung_activation_name(faltung_activation activation)
{
    return (size_t)activation < COUNT(activations) ? activations[activation] : "unknown";
}

const char *faltung_layout_name(faltung_layout layout)
{
    return (size_t)layout < COUNT(layouts) ? layouts[layout] : "unknown";
}

const char *faltung_dtype_name(faltung_dtype dtype)
{
    return faltung_dtype_size(dtype) ? dtypes[dtype].name : "unknown";
}

size_t faltung_dtype_size(faltung_dtype dtype)
{
    return (size_t)dtype < COUNT(dtypes) ? dtypes[dtype].size : 0;
}

faltung_dtype faltung_result_dtype(faltung_dtype input)
{
    if (input == FALTUNG_I8 || input == FALTUNG_U8)
        return FALTUNG_I32;
    return faltung_dtype_size(input) && input != FALTUNG_I32 ? input : (faltung_dtype)0;
}

// SPDX-License-Identifier: Apache-2.0
//
// Faltung: convolutions with the semantics of PyTorch's functional interface, on a CPU.
//
// The whole public interface is this header. Its conventions:
//
//  - Shapes are in elements, outermost axis first: an input is (N, C, spatial...) or, unbatched,
//    (C, spatial...); a weight is (O, I/groups, kernel...), for a transposed convolution
//    (I, O/groups, kernel...). Spatial axes stand in the order D, H, W; a convolution over fewer
//    axes leaves out the first ones. Per-axis arrays are in the same order, from index 0.
//  - Convolution means cross-correlation, as everywhere in machine learning: the kernel is not
//    flipped.
//  - Every function that can fail returns a faltung_status and takes, last, a faltung_message that
//    receives one line naming the argument, its value and what is allowed. It may be NULL. When a
//    function fails, nothing that it would have written is to be relied on, but the message.
//  - All sizes are int64_t and every function is total over them: any value is either answered
//    exactly or refused. NULL is refused where it is not said to be allowed.
//  - The library never prints, never aborts and never changes its arguments but where it says so.
//    It keeps no state but a pool of threads: every function may be called from any thread at any
//    time, as long as no other thread writes what it reads.
//
// Before version 1.0 the structs may gain fields between minor versions; initialise them by the
// macros given for them and recompile.
#ifndef FALTUNG_H
#define FALTUNG_H

#include <math.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#if defined(__GNUC__)
#define FALTUNG_API __attribute__((visibility("default")))
#else
#define FALTUNG_API
#endif

#define FALTUNG_VERSION_MAJOR 0
#define FALTUNG_VERSION_MINOR 1
#define FALTUNG_VERSION_PATCH 0

// The version of the library in use, "major.minor.patch". Static; never freed.
FALTUNG_API const char *faltung_version(void);

// ---------------------------------------------------------------------------- status and messages

typedef enum faltung_status {
    FALTUNG_OK = 0,
    FALTUNG_ERROR_NULL,           // a pointer that must not be NULL is
    FALTUNG_ERROR_OPTION,         // an enumeration, axes, threads or zero point out of range
    FALTUNG_ERROR_DTYPE,          // operands of different or unusable element types
    FALTUNG_ERROR_RANK,           // a tensor with too few or too many axes
    FALTUNG_ERROR_SHAPE,          // operands whose shapes do not fit together
    FALTUNG_ERROR_EMPTY,          // a size of zero where only the batch or the channels may be
    FALTUNG_ERROR_STRIDE,         // a stride below 1
    FALTUNG_ERROR_DILATION,       // a dilation below 1
    FALTUNG_ERROR_PADDING,        // a negative or too large padding, or a rule that does not apply
    FALTUNG_ERROR_OUTPUT_PADDING, // negative, or not smaller than stride or dilation
    FALTUNG_ERROR_OUTPUT_SIZE,    // a requested output size that cannot be had
    FALTUNG_ERROR_GROUPS,         // groups below 1, or not dividing the channels
    FALTUNG_ERROR_KERNEL,         // an empty kernel
    FALTUNG_ERROR_TOO_SMALL,      // the kernel does not fit: the output would be empty
    FALTUNG_ERROR_NO_PADDING,     // no symmetric padding gives the size that the rule asks for
    FALTUNG_ERROR_OVERFLOW,       // a size, a count or an address beyond the machine's integers
    FALTUNG_ERROR_OVERLAP,        // an output that shares memory with an operand or with itself
    FALTUNG_ERROR_PARSE,          // a text that is not a problem
    FALTUNG_ERROR_MEMORY,         // an allocation failed
} faltung_status;

// The name of a status in lower case, such as "stride"; "ok" for FALTUNG_OK and "unknown" for a
// value that is no status. Static; never freed.
FALTUNG_API const char *faltung_status_name(faltung_status status);

// Room for one line of explanation, owned by the caller. After a failure `text` holds the message,
// without a newline and cut where it would not fit; after a success it is untouched.
typedef struct faltung_message {
    char text[1024];
} faltung_message;

// -------------------------------------------------------------------------------------- tensors

typedef enum faltung_dtype {
    FALTUNG_F32 = 1,  // IEEE binary32
    FALTUNG_F64 = 2,  // IEEE binary64
    FALTUNG_F16 = 3,  // IEEE binary16, stored only: sums are wider and rounded once
    FALTUNG_BF16 = 4, // the upper half of a binary32 (bfloat16), stored only as binary16 is
    FALTUNG_I8 = 5,   // int8_t, whose products are summed in int32_t, modulo 2^32
    FALTUNG_U8 = 6,   // uint8_t, the same
    FALTUNG_I32 = 7,  // int32_t: results and biases of convolutions of i8 and u8
    FALTUNG_C64 = 8,  // complex numbers: two binary32, the real part first
    FALTUNG_C128 = 9, // complex numbers: two binary64
} faltung_dtype;

// The most axes that a tensor may have.
#define FALTUNG_MAX_RANK 32

// A view of numbers that somebody else owns: the library never frees any part of it.
//
// What is said of sharing memory is judged by strides alone, in little time, and rather refused
// than overlooked: two tensors share memory if the ranges from their lowest to their highest
// element meet, even where they interleave; and a tensor overlaps itself unless each axis, from the
// smallest stride to the largest, steps over all that the axes before it reach.
typedef struct faltung_tensor {
    void *data;             // the element at index (0, ..., 0); aligned for its type
    faltung_dtype dtype;    // what each element is
    int rank;               // number of axes, 0 to FALTUNG_MAX_RANK
    const int64_t *shape;   // `rank` sizes, each at least 0
    const int64_t *strides; // `rank` distances in elements, of any sign; NULL: contiguous, the
                            // last axis the fastest
} faltung_tensor;

// Bytes of one element; 0 for a value that is no dtype.
FALTUNG_API size_t faltung_dtype_size(faltung_dtype dtype);

// "f32", "f64", "f16", "bf16", "i8", "u8", "i32", "c64", "c128"; "unknown" for a value that is no
// dtype. Static; never freed.
FALTUNG_API const char *faltung_dtype_name(faltung_dtype dtype);

// The dtype of the result, and of the bias, of a convolution whose input has this dtype: I32 for I8
// and U8, else the same. 0 for I32, which is no input's dtype, and for a value that is none.
FALTUNG_API faltung_dtype faltung_result_dtype(faltung_dtype input);

// Counts the elements of a tensor, checking it on the way: dtype, rank, sizes, and that the
// farthest element it can name lies within the address space. Data is not read and may be NULL.
// Errors: NULL, DTYPE, RANK, SHAPE (a negative size), OVERFLOW.
FALTUNG_API faltung_status faltung_tensor_count(const faltung_tensor *tensor, int64_t *count,
                                                faltung_message *message);

// Copies every element of `source` to the same index of `destination`, converting between element
// types by one rounding to nearest even. An integer type takes the nearest number that it has, and
// 0 for NaN; a complex one an imaginary part of 0 from one that has none. The shapes must be equal,
// strides and types may differ. Errors: as faltung_tensor_count, SHAPE, DTYPE from a complex type
// to one that is not, and OVERLAP if the two share memory or two indices of the destination name
// the same element.
FALTUNG_API faltung_status faltung_tensor_copy(const faltung_tensor *source,
                                               const faltung_tensor *destination,
                                               faltung_message *message);

// ------------------------------------------------------------------- sizes and paddings of an axis

// Padding on the two sides of one axis. Elements of the input; for a transposed convolution,
// elements cropped from the output. A negative side crops the input, or extends the output of a
// transposed convolution. From -INT64_MAX/2 to INT64_MAX/2.
typedef struct faltung_padding {
    int64_t begin;
    int64_t end;
} faltung_padding;

// How a padding is found. W is the input's size, K the kernel's, S the stride, D the dilation, and
// K_eff = D(K - 1) + 1 the extent of the dilated kernel.
typedef enum faltung_padding_rule {
    FALTUNG_PADDING_EXPLICIT = 0, // the numbers given
    FALTUNG_PADDING_VALID,        // none
    FALTUNG_PADDING_SAME,         // PyTorch's: stride 1 only, output W; an odd one goes to the end
    FALTUNG_PADDING_SAME_UPPER,   // TensorFlow's SAME, ONNX's SAME_UPPER: output ceil(W/S), the odd
                                  // one at the end. Transposed: output W*S
    FALTUNG_PADDING_SAME_LOWER,   // ONNX's SAME_LOWER: as SAME_UPPER, the odd one at the begin
    FALTUNG_PADDING_SAME_SYMMETRIC, // the lowest padding, equal on both sides, with output
                                    // ceil(W/S)
} faltung_padding_rule;

// "explicit", "valid", "same", "same_upper", "same_lower", "same_symmetric"; "unknown" for a value
// that is no rule. Static; never freed.
FALTUNG_API const char *faltung_padding_rule_name(faltung_padding_rule rule);

// One axis of a convolution.
typedef struct faltung_axis {
    int64_t input;    // W, at least 0
    int64_t kernel;   // K, at least 1
    int64_t stride;   // S, at least 1
    int64_t dilation; // D, at least 1
    faltung_padding padding;
    bool transposed;        // a transposed convolution, which goes from output to input
    int64_t output_padding; // transposed only: 0 or more, below stride or below dilation
    int64_t input_dilation; // L, at least 1: L - 1 zeros between the input's elements (JAX's
                            // lhs_dilation); 1 for a transposed convolution
} faltung_axis;

// Stride 1, dilation 1, no padding: `faltung_axis axis = FALTUNG_AXIS(16, 3);`
#define FALTUNG_AXIS(input, kernel)                                                                \
    {                                                                                              \
        (input), (kernel), 1, 1, {0, 0}, false, 0, 1                                               \
    }

// The output's size along one axis:
//   floor(((W - 1)*L + 1 + begin + end - K_eff) / S) + 1,
//   transposed: (W - 1)*S - begin - end + K_eff + output_padding.
// Errors: NULL, EMPTY, KERNEL, STRIDE, DILATION, PADDING, OUTPUT_PADDING, TOO_SMALL (the result
// would be below 1), and OVERFLOW if K_eff or the size with all that is added to it and nothing
// cropped is not an int64_t.
FALTUNG_API faltung_status faltung_output_size(const faltung_axis *axis, int64_t *size,
                                               faltung_message *message);

// Replaces the padding of `axis` by what `rule` gives, and for SAME_UPPER and SAME_LOWER transposed
// its output_padding, too; EXPLICIT leaves all as it is. Errors: as faltung_output_size without
// TOO_SMALL; OPTION for a value that is no rule; PADDING for SAME with a stride over 1, for SAME
// and SAME_SYMMETRIC transposed, and for any but EXPLICIT and VALID with an input_dilation over 1;
// NO_PADDING for SAME_SYMMETRIC with stride 1 and an even K_eff. On failure `axis` is as it was.
FALTUNG_API faltung_status faltung_axis_set_padding(faltung_axis *axis, faltung_padding_rule rule,
                                                    faltung_message *message);

// Makes the output of a transposed axis have `size` elements. By SAME_UPPER and SAME_LOWER, as
// ONNX's output_shape does: of the total (W - 1)*S + K_eff + output_padding - size half is cropped
// at each side, the odd one at the end or at the begin; what is missing is added at the end, by a
// negative padding. (ONNX divides as SAME_LOWER does where auto_pad is NOTSET.) By EXPLICIT and
// VALID, as PyTorch's output_size does: it sets output_padding, from 0 to S - 1. Errors: as
// faltung_axis_set_padding; OUTPUT_SIZE for a size that cannot be had, or an axis that is not
// transposed. On failure `axis` is as it was.
FALTUNG_API faltung_status faltung_axis_set_output_size(faltung_axis *axis,
                                                        faltung_padding_rule rule, int64_t size,
                                                        faltung_message *message);

// The symmetric paddings P with output ceil(W/S): those with twice_min <= 2P < twice_max. Both ends
// may be odd, that is half-integers of P, and no integer P need lie between.
//   twice_min = (ceil(W/S) - 1)*S - W + K_eff,   twice_max = twice_min + S.
typedef struct faltung_padding_interval {
    int64_t output;    // ceil(W/S)
    int64_t twice_min; // may be negative: then no padding is needed
    int64_t twice_max; // twice_min + S
    bool exists;       // whether an integer P >= 0 lies in the interval
    int64_t lowest;    // the lowest such P; 0 if none exists
} faltung_padding_interval;

// Errors: NULL, EMPTY, KERNEL, STRIDE, DILATION, OVERFLOW; PADDING for a transposed axis or one
// with an input_dilation. The padding of `axis` is not looked at. That none exists is no error.
FALTUNG_API faltung_status faltung_find_padding_interval(const faltung_axis *axis,
                                                         faltung_padding_interval *interval,
                                                         faltung_message *message);

// The least and the greatest value that the lowest symmetric padding takes over all widths:
//   max(0, ceil((K_eff - S)/2)) <= P <= max(0, ceil((K_eff - 1)/2)).
// It depends on the width only through W mod S, and not at all where the two are equal.
typedef struct faltung_padding_limits {
    int64_t low;
    int64_t high;
} faltung_padding_limits;

// Errors: NULL, KERNEL, STRIDE, DILATION, OVERFLOW; PADDING as there; NO_PADDING for
// stride 1 and an even K_eff. The input and the padding of `axis` are not looked at.
FALTUNG_API faltung_status faltung_find_padding_limits(const faltung_axis *axis,
                                                       faltung_padding_limits *limits,
                                                       faltung_message *message);

// --------------------------------------------------------------------------------- convolutions

#define FALTUNG_MAX_AXES 3

// What is computed of what. A gradient is that of any scalar: grad_output holds its derivatives
// with respect to the output, grad_input and grad_weight those with respect to an operand, and each
// has the shape of what it belongs to. The functions below call the two operands `input` and
// `weight` whatever they are:
//   operation                        `input`      `weight`     result
//   CONV, CONV_TRANSPOSE             input        weight       output
//   CONV_INPUT, ..._INPUT            grad_output  weight       grad_input
//   CONV_WEIGHT, ..._WEIGHT          input        grad_output  grad_weight
typedef enum faltung_operation {
    FALTUNG_CONV = 1,                 // torch.nn.functional.conv1d, conv2d, conv3d
    FALTUNG_CONV_TRANSPOSE = 2,       // torch.nn.functional.conv_transpose1d, 2d, 3d
    FALTUNG_CONV_INPUT = 3,           // torch.nn.grad.conv1d_input, 2d, 3d
    FALTUNG_CONV_WEIGHT = 4,          // torch.nn.grad.conv1d_weight, 2d, 3d
    FALTUNG_CONV_TRANSPOSE_INPUT = 5, // the same of a transposed convolution
    FALTUNG_CONV_TRANSPOSE_WEIGHT = 6,
} faltung_operation;

// What a result may cost in accuracy to be fast. Each gives the same bits for any number of threads
// and on every machine, but that bf16 has others where there are matrix tiles, if not by EXACT. All
// but EXACT compute some convolutions by transforms, 3x3 of many channels and larger kernels, for
// which integers are not exact, and an infinity in the input reaches outputs nearby
// (docs/numerics.md).
typedef enum faltung_accuracy {
    FALTUNG_ACCURACY_BALANCED = 0, // errors comparable to those of a plain sum
    FALTUNG_ACCURACY_EXACT = 1,    // nothing but the sum of the products, in a documented order
    FALTUNG_ACCURACY_FAST = 2,     // whatever is fastest within a documented bound
} faltung_accuracy;

// What lies outside the input where padding reaches there: torch.nn.Conv2d's padding_mode.
typedef enum faltung_padding_mode {
    FALTUNG_PADDING_ZEROS = 0,
    FALTUNG_PADDING_REFLECT = 1,   // the input mirrored in its last element: 2 1 | 0 1 2 3 | 2 1
    FALTUNG_PADDING_REPLICATE = 2, // its last element: 0 0 | 0 1 2 3 | 3 3
    FALTUNG_PADDING_CIRCULAR = 3,  // the input again, from its other end: 2 3 | 0 1 2 3 | 0 1
} faltung_padding_mode;

// "zeros", "reflect", "replicate", "circular"; "unknown" for a value that is no mode. Static; never
// freed.
FALTUNG_API const char *faltung_padding_mode_name(faltung_padding_mode mode);

// What is done to each sum, after the bias and a residual have been added, before it is rounded and
// written: the functions of torch.nn.functional. NaN stays NaN.
typedef enum faltung_activation {
    FALTUNG_ACTIVATION_NONE = 0,
    FALTUNG_ACTIVATION_RELU,       // max(x, 0)
    FALTUNG_ACTIVATION_RELU6,      // min(max(x, 0), 6)
    FALTUNG_ACTIVATION_LEAKY_RELU, // x for x > 0, else negative_slope*x
    FALTUNG_ACTIVATION_SIGMOID,    // 1/(1 + exp(-x))
    FALTUNG_ACTIVATION_SILU,       // x*sigmoid(x)
    FALTUNG_ACTIVATION_GELU,       // x*(1 + erf(x/sqrt(2)))/2
    FALTUNG_ACTIVATION_GELU_TANH,  // x*(1 + tanh(sqrt(2/pi)*(x + 0.044715*x^3)))/2
    FALTUNG_ACTIVATION_HARDSWISH,  // x*relu6(x + 3)/6
    FALTUNG_ACTIVATION_CLAMP,      // min(max(x, clamp_min), clamp_max)
} faltung_activation;

// "none", "relu", "relu6", "leaky_relu", "sigmoid", "silu", "gelu", "gelu_tanh", "hardswish",
// "clamp"; "unknown" for a value that is no activation. Static; never freed.
FALTUNG_API const char *faltung_activation_name(faltung_activation activation);

// Where plans and workspaces take their memory from.
typedef struct faltung_allocator {
    // At least `size` bytes (never 0) aligned to `alignment`, a power of two; NULL if there are
    // none.
    void *(*allocate)(void *context, size_t size, size_t alignment);
    void (*release)(void *context, void *memory); // never called with NULL
    void *context;
} faltung_allocator;

// Threads of the caller's own to run on, such as those of a framework that has a pool already.
typedef struct faltung_parallel {
    // Calls task(argument, i) once for every i from 0 to count - 1, on any threads, in any order,
    // at once or not, and returns when all calls have returned. `count` is at most the number of
    // threads that the convolution may use. The tasks share their work piece by piece: one that is
    // held up leaves its share to the others.
    void (*run)(void *context, int count, void (*task)(void *argument, int index), void *argument);
    void *context;
} faltung_parallel;

// What is to be computed. Start from one of the initialisers below, which hold PyTorch's defaults;
// only the first `axes` elements of each array are looked at.
typedef struct faltung_conv {
    faltung_operation operation;               // which way
    int axes;                                  // 1, 2 or 3 spatial axes
    int64_t stride[FALTUNG_MAX_AXES];          // at least 1
    int64_t dilation[FALTUNG_MAX_AXES];        // at least 1
    faltung_padding_rule padding_rule;         // other than EXPLICIT, it overrides `padding`
    faltung_padding padding[FALTUNG_MAX_AXES]; // negative sides crop
    faltung_padding_mode padding_mode;         // of CONV; others have zeros. REFLECT pads less than
                                               // the input's size, CIRCULAR no more than it
    int64_t input_dilation[FALTUNG_MAX_AXES];  // of CONV, at least 1; else, and with other modes
                                               // than zeros, 1
    int64_t output_padding[FALTUNG_MAX_AXES];  // transposed, and CONV_INPUT, which is one: below
                                               // stride or dilation
    bool has_output_size;                  // for these, `output_size` says how large the result is,
    int64_t output_size[FALTUNG_MAX_AXES]; // and `output_padding` follows from it; or, by
                                           // SAME_UPPER and SAME_LOWER, what is cropped, as by
                                           // faltung_axis_set_output_size. Weight gradients need
                                           // it: the kernel's size. Other gradients need it to
                                           // apply a rule for padding that depends on the input
    int64_t groups;                        // at least 1; divides both channel counts
    faltung_activation activation;         // of the output, in floating point and real; a gradient
                                           // has none
    double negative_slope;                 // of leaky_relu; any number but NaN
    double clamp_min, clamp_max;           // of clamp; any numbers but NaN, infinities too
    faltung_accuracy accuracy;             // how exact the sums must be
    int threads;                           // the most to use, 0: as many as OMP_NUM_THREADS
                                           // says or there are CPUs. Small work takes fewer; the
                                           // result does not depend on it
    size_t workspace_limit;                // the most bytes that faltung_plan_workspace may be; 0:
                                           // any. To fit, bands of the input become smaller and
                                           // threads fewer, which changes no bit, and at last
                                           // slower algorithms are taken, in the order of
                                           // explanations, the last of which needs nothing
    const faltung_parallel *parallel;      // NULL: threads of the library's own
    const faltung_allocator *allocator;    // NULL: the C library's
    const char *instruction_set;           // "amx", "avx512", "avx2", "neon" or "scalar"; NULL:
                                           // what the environment's FALTUNG_ISA says, else the
                                           // best. AMX, for BF16, I8 and U8, is AVX-512 for others
    int input_zero_point;  // of integers: what is subtracted from every element of the input, and
    int weight_zero_point; // of the weight, before they are multiplied, as in ONNX's ConvInteger:
                           // a number of the operand's dtype. Padding contributes 0
    const char *algorithm; // one of the names that faltung_explain lists, or "winograd4" or
                           // "winograd2", of tiles of 4x4 or 2x2, to be taken if it can compute
                           // this at all, or else refused (OPTION); NULL: the best one
} faltung_conv;

#define FALTUNG_DEFAULTS(operation, axes)                                                          \
    {                                                                                              \
        (operation), (axes), {1, 1, 1}, {1, 1, 1}, FALTUNG_PADDING_EXPLICIT,                       \
            {{0, 0}, {0, 0}, {0, 0}}, FALTUNG_PADDING_ZEROS, {1, 1, 1}, {0, 0, 0}, false,          \
            {0, 0, 0}, 1, FALTUNG_ACTIVATION_NONE, 0.01, -HUGE_VAL, HUGE_VAL,                      \
            FALTUNG_ACCURACY_BALANCED, 0, 0, NULL, NULL, NULL, 0, 0, NULL                          \
    }
#define FALTUNG_CONV1D           FALTUNG_DEFAULTS(FALTUNG_CONV, 1)
#define FALTUNG_CONV2D           FALTUNG_DEFAULTS(FALTUNG_CONV, 2)
#define FALTUNG_CONV3D           FALTUNG_DEFAULTS(FALTUNG_CONV, 3)
#define FALTUNG_CONV_TRANSPOSE1D FALTUNG_DEFAULTS(FALTUNG_CONV_TRANSPOSE, 1)
#define FALTUNG_CONV_TRANSPOSE2D FALTUNG_DEFAULTS(FALTUNG_CONV_TRANSPOSE, 2)
#define FALTUNG_CONV_TRANSPOSE3D FALTUNG_DEFAULTS(FALTUNG_CONV_TRANSPOSE, 3)

// The shape that the output of a convolution must have; its rank is the input's. Data is not read
// and may be NULL. Errors: every status from NULL to OVERFLOW, checked in the order that
// docs/semantics.md gives.
FALTUNG_API faltung_status faltung_output_shape(const faltung_conv *conv,
                                                const faltung_tensor *input,
                                                const faltung_tensor *weight,
                                                int64_t shape[FALTUNG_MAX_AXES + 2],
                                                faltung_message *message);

// Computes a convolution: output = conv(input, weight) + bias, or a gradient. `bias` may be NULL,
// and must be for gradients, else it has one axis with an element per output channel. `output` has
// the shape that faltung_output_shape gives. All operands have the same dtype, but for integers,
// where input and weight are I8 or U8 each and output and bias I32; there are no gradients of
// these. They have any strides, and the output overlaps none of them, nor itself. Complex numbers
// are multiplied as such, without conjugation; their gradients are those that PyTorch's autograd
// gives, of which the real part belongs to the real part. Nothing is kept between calls. Errors: as
// faltung_output_shape, OVERLAP, MEMORY.
FALTUNG_API faltung_status faltung_convolve(const faltung_conv *conv, const faltung_tensor *input,
                                            const faltung_tensor *weight,
                                            const faltung_tensor *bias,
                                            const faltung_tensor *output, faltung_message *message);

// Computes a convolution, or the gradient of an input, with a residual that is added to it: output
// = activation(conv(input, weight) + bias + residual). The residual has the shape, the dtype and
// the strides of the output; it may be the output itself, which is then added to, else it shares no
// memory with it. NULL: there is none, and this is faltung_convolve. Errors: as there; OPTION for
// the gradient of a weight; DTYPE, RANK, SHAPE (sizes or strides are others).
FALTUNG_API faltung_status faltung_convolve_residual(
    const faltung_conv *conv, const faltung_tensor *input, const faltung_tensor *weight,
    const faltung_tensor *bias, const faltung_tensor *residual, const faltung_tensor *output,
    faltung_message *message);

// Computes the gradient of a convolution's bias: for each channel of grad_output, which is
// (N, O, spatial...) or (O, spatial...), the sum over batch and space. grad_bias has one axis of O
// elements. It is the same for transposed convolutions and whatever the stride, so only the options
// of `conv` are looked at: axes and threads. An empty batch gives zeros. Sums are made in double,
// in one order (docs/numerics.md), and rounded once; integers have no gradients. Errors: NULL,
// OPTION, DTYPE, RANK, SHAPE, EMPTY, OVERFLOW, OVERLAP.
FALTUNG_API faltung_status faltung_bias_gradient(const faltung_conv *conv,
                                                 const faltung_tensor *grad_output,
                                                 const faltung_tensor *grad_bias,
                                                 faltung_message *message);

// A convolution that is validated, chosen and prepared once, to be run many times. Unlike a
// faltung_conv it refers to nothing that the caller owns.
typedef struct faltung_plan faltung_plan;

// Prepares conv(input, weight) + bias for inputs of this shape and type. The weight and the bias
// (which may be NULL) are copied; the input's data is not looked at, and its strides only say what
// runs are expected to be like: where channels lie closer together than columns (channels last), it
// is made to be fast for such inputs and outputs. Any strides give the same bits. A plan of a
// weight gradient keeps neither operand, and looks at no data. On success the caller owns *plan
// until faltung_plan_destroy; on failure *plan is NULL. Errors: as faltung_convolve.
FALTUNG_API faltung_status faltung_plan_create(const faltung_conv *conv,
                                               const faltung_tensor *input,
                                               const faltung_tensor *weight,
                                               const faltung_tensor *bias, faltung_plan **plan,
                                               faltung_message *message);

// Bytes that a run needs besides its operands; may be 0, and is for NULL.
FALTUNG_API size_t faltung_plan_workspace(const faltung_plan *plan);

// Runs a plan on an input of the planned shape and type, with any strides. `workspace` is
// faltung_plan_workspace(plan) bytes aligned to 64, which no other run uses meanwhile, or NULL:
// then the run allocates what it needs. Several threads may run one plan at once. Errors: NULL,
// DTYPE, RANK, SHAPE, OVERFLOW, OVERLAP, MEMORY; OPTION for a plan of a weight gradient.
FALTUNG_API faltung_status faltung_plan_run(const faltung_plan *plan, const faltung_tensor *input,
                                            const faltung_tensor *output, void *workspace,
                                            faltung_message *message);

// Runs a plan of a weight gradient, whose two operands both come with the run; else as
// faltung_plan_run. Errors: as there, and OPTION for any other plan.
FALTUNG_API faltung_status faltung_plan_run_weight(const faltung_plan *plan,
                                                   const faltung_tensor *input,
                                                   const faltung_tensor *grad_output,
                                                   const faltung_tensor *grad_weight,
                                                   void *workspace, faltung_message *message);

// A box of an output: along each of its axes, in the order of its shape, from `begin` up to, but
// not including, `end`. It may be empty.
typedef struct faltung_part {
    int64_t begin[FALTUNG_MAX_AXES + 2];
    int64_t end[FALTUNG_MAX_AXES + 2];
} faltung_part;

// Computes a part of the output by itself, and writes no other element; input and output are given
// as to faltung_plan_run. Parts give the same bits as the whole, however they cut it. Several
// threads may compute parts of one output at once, each with a workspace of its own: a plan made
// for 1 thread has the smallest. Parts are fastest in multiples of what faltung_plan_explain gives
// as `block`. Errors: as faltung_plan_run; NULL if `part` is; SHAPE if it is not within the output.
FALTUNG_API faltung_status faltung_plan_run_part(const faltung_plan *plan,
                                                 const faltung_tensor *input,
                                                 const faltung_tensor *output,
                                                 const faltung_part *part, void *workspace,
                                                 faltung_message *message);

// Runs a plan, or a part of it, with a residual as faltung_convolve_residual adds it. `residual`
// and `part` may be NULL: there is none, and all of the output is computed. Errors: as
// faltung_plan_run_part and faltung_convolve_residual.
FALTUNG_API faltung_status faltung_plan_run_residual(const faltung_plan *plan,
                                                     const faltung_tensor *input,
                                                     const faltung_tensor *residual,
                                                     const faltung_tensor *output,
                                                     const faltung_part *part, void *workspace,
                                                     faltung_message *message);

// The part of an input that a part of the output is computed from, so that no more of it has to be
// there, as where the whole is larger than memory: along each axis of the input, in the order of
// its shape. It is within the input, but for circular padding: then a part at the border needs
// positions outside, and faltung_plan_find_input says which elements are there. It may be empty,
// where a part is computed from padding alone, and is for a part that is. Errors: NULL, OPTION for
// a plan of a weight gradient, SHAPE.
FALTUNG_API faltung_status faltung_plan_needed_input(const faltung_plan *plan,
                                                     const faltung_part *part, faltung_part *needed,
                                                     faltung_message *message);

// The element of the input that circular padding shows at a position along a spatial axis, counted
// from 0: the position itself within the input, else one from its other end. Errors: NULL, OPTION
// (no such axis), SHAPE (the position is farther outside than the input, without what negative
// sides crop, is large, or, for other modes, outside).
FALTUNG_API faltung_status faltung_plan_find_input(const faltung_plan *plan, int axis,
                                                   int64_t position, int64_t *element,
                                                   faltung_message *message);

// Computes a part of the output from that part of the input: `input` is a tensor of what
// faltung_plan_needed_input names and no more, `output` and `residual` (NULL: there is none) are
// tensors of the part. The bits are those of the whole. Errors: as faltung_plan_run_residual, and
// OVERFLOW if the whole tensors, by the strides of these, could not be addressed.
FALTUNG_API faltung_status faltung_plan_run_slab(const faltung_plan *plan,
                                                 const faltung_tensor *input,
                                                 const faltung_tensor *residual,
                                                 const faltung_tensor *output,
                                                 const faltung_part *part, void *workspace,
                                                 faltung_message *message);

// Frees a plan that no thread is running. NULL is allowed and does nothing.
FALTUNG_API void faltung_plan_destroy(faltung_plan *plan);

// -------------------------------------------------------------------------------- sliding blocks

// torch.nn.functional.unfold and fold, along 1 to 3 axes. A block of `kernel` elements, one size
// per axis, slides over a picture as the kernel of a convolution does; unfold makes a column of
// each:
//   columns[n, (c, k), l] = input[n, c, y*stride + k*dilation - padding],
// 0 in the border, where k counts the block's elements and l the blocks y, both in row-major order.
// Of `conv`, whose operation is FALTUNG_CONV, the axes, the geometry and the options are looked at:
// stride, dilation, padding and its rule, output_size, threads, parallel. The picture is
// (N, C, spatial...), columns are (N, C*kernel..., blocks...); unbatched, both without N.

// The shape of the columns of a picture; their rank is 3, or 2 for an unbatched one. Data is not
// read and may be NULL. Errors: NULL, OPTION, DTYPE, KERNEL, DILATION, PADDING, STRIDE, RANK,
// EMPTY, NO_PADDING, TOO_SMALL, OVERFLOW.
FALTUNG_API faltung_status faltung_unfold_shape(const faltung_conv *conv, const int64_t *kernel,
                                                const faltung_tensor *input, int64_t shape[3],
                                                faltung_message *message);

// Copies every element of every block, bit by bit, from `input` to `columns` of the same dtype and
// the shape that faltung_unfold_shape gives. Errors: as there, SHAPE, OVERLAP.
FALTUNG_API faltung_status faltung_unfold(const faltung_conv *conv, const int64_t *kernel,
                                          const faltung_tensor *input,
                                          const faltung_tensor *columns, faltung_message *message);

// The shape of the picture that columns are folded to: conv->output_size, which is needed, says its
// spatial sizes. Errors: as faltung_unfold_shape, SHAPE (a picture of that size has other columns),
// OUTPUT_SIZE.
FALTUNG_API faltung_status faltung_fold_shape(const faltung_conv *conv, const int64_t *kernel,
                                              const faltung_tensor *columns,
                                              int64_t shape[FALTUNG_MAX_AXES + 2],
                                              faltung_message *message);

// Adds all blocks up where they lie in the picture: the adjoint of faltung_unfold. Each sum is made
// in double, over the elements of the block in row-major order, and rounded once; where no block
// lies, it is 0. Integers and complex numbers are not folded. Errors: as faltung_fold_shape,
// OVERLAP.
FALTUNG_API faltung_status faltung_fold(const faltung_conv *conv, const int64_t *kernel,
                                        const faltung_tensor *columns, const faltung_tensor *output,
                                        faltung_message *message);

// ---------------------------------------------------------------------------------- explanations

#define FALTUNG_MAX_ALGORITHMS 16
#define FALTUNG_HOW_BYTES      256

// How a convolution is computed, and why so.
typedef struct faltung_explanation {
    int rank;                                      // of the output
    int64_t output_shape[FALTUNG_MAX_AXES + 2];    // (N, O, spatial...), or (O, spatial...)
    faltung_padding padding[FALTUNG_MAX_AXES];     // as resolved from the rule
    int64_t output_padding[FALTUNG_MAX_AXES];      // as resolved from the rule or output_size
    int algorithms;                                // number of algorithms there are, in the order
    const char *algorithm[FALTUNG_MAX_ALGORITHMS]; // in which they are considered: name, and why it
    const char *reason[FALTUNG_MAX_ALGORITHMS];    // was chosen or passed over. Static strings
    int chosen;                                    // index of the one chosen
    char how[FALTUNG_HOW_BYTES];                   // in words: its tiles, its blocks, how it adds
    int64_t block[FALTUNG_MAX_AXES + 2]; // sizes of a part, in the order of the output's shape,
                                         // below which parts cost more than their share
    const char *instruction_set;         // of the kernels used. Static string
    int threads;                         // that pay for this problem
    size_t packed_bytes;     // of the weight and bias in the algorithm's order; 0: as they are
    size_t workspace_bytes;  // of all threads: what a run needs besides its operands
    size_t workspace_wanted; // what it would be without a limit
    double multiply_adds;    // of real numbers, with those that meet the padding's zeros
    double bytes;            // of input, weight and output, each counted once
    double bytes_moved;      // that the algorithm reads and writes, for contiguous tensors: packed
                             // copies too, and weights as often as a block needs them
    double work[FALTUNG_MAX_ALGORITHMS]; // of each algorithm: about how many multiply-adds of plain
                                         // sums take as long; 0: it cannot compute this, or nobody
                                         // can tell. That is not all that it is chosen by
} faltung_explanation;

// Explains what faltung_convolve would do. Data is not read and may be NULL. Errors: as
// faltung_output_shape.
FALTUNG_API faltung_status faltung_explain(const faltung_conv *conv, const faltung_tensor *input,
                                           const faltung_tensor *weight,
                                           faltung_explanation *explanation,
                                           faltung_message *message);

// Explains what a plan does. Errors: NULL.
FALTUNG_API faltung_status faltung_plan_explain(const faltung_plan *plan,
                                                faltung_explanation *explanation,
                                                faltung_message *message);

// ----------------------------------------------------------------------------- problem strings

// How a picture lies in memory, without gaps. PyTorch calls the second channels_last.
typedef enum faltung_layout {
    FALTUNG_NCHW = 0, // each channel by itself
    FALTUNG_NHWC = 1, // the channels of each pixel together
} faltung_layout;

// "nchw", "nhwc"; "unknown" for a value that is no layout. Static; never freed.
FALTUNG_API const char *faltung_layout_name(faltung_layout layout);

// A convolution without its numbers, as written in tests, benchmarks and bug reports.
typedef struct faltung_problem {
    faltung_conv conv;
    faltung_dtype dtype; // of the operands
    int input_rank;
    int64_t input_shape[FALTUNG_MAX_AXES + 2];
    int weight_rank;
    int64_t weight_shape[FALTUNG_MAX_AXES + 2];
    faltung_dtype weight_dtype; // where it is another one, as I8 may be beside U8; else 0, or the
                                // same
    faltung_layout layout;      // of input and output, and of what has their shapes; a weight, and
                                // its gradient, always is as its shape says
} faltung_problem;

// Reads a problem string:
//   conv2d:16x3x16x16,10x3x3x3,stride=2,padding=1:2+0,dilation=1,groups=1,dtype=f32
// The operation is conv1d to conv3d or conv_transpose1d to conv_transpose3d, or a gradient of one:
// conv2d_input, conv2d_weight. Then come the shapes of the convolution's input and weight, also
// where a gradient is asked for; then, in any order and each at most once: stride, padding
// (numbers, begin:end pairs, which may be negative, or the name of a rule), padding_mode, dilation,
// input_dilation, output_padding, output_size, groups, activation (a name; leaky_relu:slope;
// clamp:min:max), dtype, weight_dtype (where it is another one), input_zero_point,
// weight_zero_point, layout (nchw, nhwc). Axes are joined by '+'; one value stands for all axes.
// Only the form is checked: whether the problem can be computed is for faltung_output_shape to say.
// Errors: NULL, PARSE.
FALTUNG_API faltung_status faltung_problem_parse(const char *text, faltung_problem *problem,
                                                 faltung_message *message);

// What faltung_convolve is to be called with for a problem: its operands and its result.
typedef struct faltung_call {
    faltung_conv conv;   // of a gradient with the result's size as output_size
    faltung_dtype dtype; // of the input
    int input_rank;
    int64_t input_shape[FALTUNG_MAX_AXES + 2], input_strides[FALTUNG_MAX_AXES + 2];
    faltung_dtype weight_dtype;
    int weight_rank;
    int64_t weight_shape[FALTUNG_MAX_AXES + 2], weight_strides[FALTUNG_MAX_AXES + 2];
    faltung_dtype output_dtype; // and that of a bias
    int output_rank;
    int64_t output_shape[FALTUNG_MAX_AXES + 2], output_strides[FALTUNG_MAX_AXES + 2];
} faltung_call;

// Finds them. Errors: as faltung_output_shape.
FALTUNG_API faltung_status faltung_problem_call(const faltung_problem *problem, faltung_call *call,
                                                faltung_message *message);

// Writes the shortest string that faltung_problem_parse reads as this problem into `text`, `size`
// bytes with the terminating zero. accuracy, threads, parallel, allocator and instruction_set have
// no place in it. Errors: NULL, OPTION, RANK, OVERFLOW (it does not fit).
FALTUNG_API faltung_status faltung_problem_format(const faltung_problem *problem, char *text,
                                                  size_t size, faltung_message *message);

// --------------------------------------------------------------------------------- random numbers

// A stream of random numbers: PyTorch's default generator on a CPU (MT19937). Plain data: copy it
// to fork the stream. Not to be used by two threads at once.
typedef struct faltung_generator {
    uint32_t state[624];
    int next;       // index of the next word of `state` to hand out
    bool has_spare; // whether `spare` holds a normal number for the next short tensor
    double spare;
} faltung_generator;

// torch.manual_seed(seed): begins the stream. Only the low 32 bits of the seed count, as there.
FALTUNG_API faltung_status faltung_manual_seed(faltung_generator *generator, uint64_t seed,
                                               faltung_message *message);

// torch.randn: fills a tensor, in the order of its indices, with numbers of the standard normal
// distribution. f32 gives every bit that PyTorch gives on x86-64 with AVX2; f64, and tensors of
// fewer than 16 elements, do where the C library's log, sin, cos and log1p agree with PyTorch's.
// Errors: as faltung_tensor_count; DTYPE for other types; OVERLAP if two indices name the same
// element; OPTION if `generator` cannot have been seeded. After a failure nothing has been drawn.
FALTUNG_API faltung_status faltung_randn(faltung_generator *generator, const faltung_tensor *tensor,
                                         faltung_message *message);

#ifdef __cplusplus
}
#endif

#endif

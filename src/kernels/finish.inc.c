// SPDX-License-Identifier: Apache-2.0
//
// The last step: what is done to a sum, bias included, on its way from a register to the output. A
// residual is added first, with one rounding, then the activation is applied.
//
// Every lane goes through the same operations for every instruction set, so the bits are the same.
// The curves of f32 are computed here, within a few units in the last place; those of f64 lane by
// lane by the C library.

// ----------------------------------------------------------------------------------------- curves

#if FAL_INTEGER

// Sums of integers have no activation.
FAL_INLINE vec activate(const fal_activation *a, vec x)
{
    (void)a;
    return x;
}

typedef struct range {
    int none;
} range;

FAL_INLINE range range_of(const fal_finish *f)
{
    (void)f;
    return (range){0};
}

FAL_INLINE vec clamp(range r, vec x)
{
    (void)r;
    return x;
}

#else

#if FAL_NUMBER == 4

// `yes` in the lanes where all bits of `where` are set, `no` where none is.
FAL_INLINE vec vec_choose(vec_bits where, vec yes, vec no)
{
    return (vec)(((vec_bits)yes & where) | ((vec_bits)no & ~where));
}

FAL_INLINE vec vec_magnitude(vec x)
{
    return (vec)((vec_bits)x & 0x7fffffff);
}

// exp(x) for x <= 0: 2^n * e^r with |r| <= log(2)/2. The polynomial's relative error is below
// 3.1e-9; 2^n is multiplied in two steps, so that a subnormal result is rounded once.
FAL_INLINE vec exp_of_negative(vec x)
{
    const vec to_integer = vec_splat(12582912.0F); // 1.5 * 2^23: a sum with it has no fraction
    const vec least = vec_splat(-150);             // of which exp is 0
    x = vec_most(least, x);
    vec shifted = vec_fma(x, vec_splat(1.44269504F), to_integer);
    vec n = shifted - to_integer;
    vec r = vec_fma(n, vec_splat(-0.693145752F), x); // log(2), in two parts
    r = vec_fma(n, vec_splat(-1.42860677e-6F), r);
    vec q = vec_splat(0.001381446706F);
    q = vec_fma(q, r, vec_splat(0.008368780411F));
    q = vec_fma(q, r, vec_splat(0.04166839421F));
    q = vec_fma(q, r, vec_splat(0.1666652011F));
    q = vec_fma(q, r, vec_splat(0.4999999341F));
    vec p = vec_fma(r * r, q, r) + vec_splat(1);
    vec_bits exponent = (vec_bits)shifted - (vec_bits)to_integer, half = exponent >> 1;
    vec low = (vec)((half + 127) << 23), high = (vec)((exponent - half + 127) << 23);
    return p * low * high;
}

FAL_INLINE vec sigmoid(vec x)
{
    vec z = exp_of_negative(-vec_magnitude(x));
    return vec_choose(x < 0, z, vec_splat(1)) / (z + vec_splat(1));
}

// erfc(|x|/sqrt(2))/2 = exp(-x^2/2) * u*P(u) with u = 1/(1 + 0.3*|x|/sqrt(2)), within 2e-8 of
// itself; exp's argument is taken with the rounding error of x^2.
FAL_INLINE vec normal_tail(vec x)
{
    const vec one = vec_splat(1), half = vec_splat(-0.5F);
    vec u = one / vec_fma(vec_magnitude(x), vec_splat(0.212132034F), one);
    vec p = vec_splat(-0.06471703446F);
    p = vec_fma(p, u, vec_splat(0.242548197F));
    p = vec_fma(p, u, vec_splat(-0.2556131621F));
    p = vec_fma(p, u, vec_splat(0.2731974541F));
    p = vec_fma(p, u, vec_splat(-0.04681557877F));
    p = vec_fma(p, u, vec_splat(0.107218121F));
    p = vec_fma(p, u, vec_splat(0.07424121902F));
    p = vec_fma(p, u, vec_splat(0.08534596706F));
    p = vec_fma(p, u, vec_splat(0.08459480741F)) * u;
    x = vec_choose(vec_magnitude(x) > 20, vec_splat(20), x); // beyond, it is 0
    vec square = x * x, rest = vec_fma(x, x, -square);
    vec e = exp_of_negative(square * half);
    return vec_fma(e, rest * half, e) * p;
}

FAL_INLINE vec gelu(vec x)
{
    vec tail = normal_tail(x);
    return x * vec_choose(x < 0, tail, vec_splat(1) - tail);
}

FAL_INLINE vec gelu_tanh(vec x)
{
    vec cubed = x * x * x;
    return x * sigmoid(vec_splat(1.59576912F) * vec_fma(cubed, vec_splat(0.044715F), x));
}

FAL_INLINE vec hardswish(vec x)
{
    vec ramp = vec_least(vec_splat(6), vec_most(vec_splat(0), x + vec_splat(3)));
    return x * ramp / vec_splat(6);
}

FAL_INLINE vec leaky_relu(vec x, real slope)
{
    return vec_choose(x > 0, x, x * vec_splat(slope));
}

// Out of line: it is long, and what it costs beside a call is more.
static __attribute__((noinline)) vec follow_curve(const fal_activation *a, vec x)
{
    switch (a->kind) {
    case FALTUNG_ACTIVATION_LEAKY_RELU:
        return leaky_relu(x, (real)a->slope);
    case FALTUNG_ACTIVATION_SIGMOID:
        return sigmoid(x);
    case FALTUNG_ACTIVATION_SILU:
        return x * sigmoid(x);
    case FALTUNG_ACTIVATION_GELU:
        return gelu(x);
    case FALTUNG_ACTIVATION_GELU_TANH:
        return gelu_tanh(x);
    default:
        return hardswish(x);
    }
}

#else

static __attribute__((noinline)) vec follow_curve(const fal_activation *a, vec x)
{
    real lane[FAL_LANES];
    vec_store(lane, x);
    for (int i = 0; i < FAL_LANES; i++)
        lane[i] = fal_activate(a, lane[i]);
    return vec_load(lane);
}

#endif

// ----------------------------------------------------------------------------------- the last step

// What a last step that adds and clamps at most clamps to, if only to infinity; it is asked for
// once for all sums of a tile, since nobody knows that writing them does not change it. NULL:
// nothing.
typedef struct range {
    vec low, high;
} range;

FAL_INLINE range range_of(const fal_finish *f)
{
    const double infinity = __builtin_inf();
    const bool clamps = f && f->activation.kind == FALTUNG_ACTIVATION_CLAMP;
    return (range){vec_splat((real)(clamps ? f->activation.low : -infinity)),
                   vec_splat((real)(clamps ? f->activation.high : infinity))};
}

FAL_INLINE vec clamp(range r, vec x)
{
    return vec_least(r.high, vec_most(r.low, x));
}

FAL_INLINE vec activate(const fal_activation *a, vec x)
{
    if (a->kind == FALTUNG_ACTIVATION_CLAMP)
        return clamp((range){vec_splat((real)a->low), vec_splat((real)a->high)}, x);
    return a->kind == FALTUNG_ACTIVATION_NONE ? x : follow_curve(a, x);
}

#endif

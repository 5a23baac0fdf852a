// SPDX-License-Identifier: Apache-2.0
#include "problems.h"

enum {
    IN, // channels of a group
    OUT,
    HEIGHT,
    WIDTH,
    KERNEL_HEIGHT,
    KERNEL_WIDTH,
    STRIDE_DOWN,
    STRIDE_ALONG,
    DILATION_DOWN,
    DILATION_ALONG,
    INPUT_DILATION_DOWN,
    INPUT_DILATION_ALONG,
    TOP,
    BOTTOM,
    LEFT,
    RIGHT,
    OUTPUT_PADDING_DOWN,
    OUTPUT_PADDING_ALONG,
    TRANSPOSED,
    GROUPING,
    BATCH,
    BIAS,
    WAY,
    CHANNELS_LAST,
    TYPE,
    FACTORS
};

static const faltung_dtype types[] = {FALTUNG_F32,  FALTUNG_F64, FALTUNG_F16,
                                      FALTUNG_BF16, FALTUNG_I8,  FALTUNG_U8};

// The last is depthwise: as many groups as OUT says, of one channel each.
static const int64_t groupings[] = {1, 2, 3, -1};

typedef struct factor {
    int64_t least, greatest; // for pairs: all values from one to the other
    int specials;            // for triples: so many of these
    int64_t special[8];
} factor;

static const factor factors[FACTORS] = {
    [IN] = {1, 35, 5, {1, 2, 3, 8, 33}},
    [OUT] = {1, 35, 7, {1, 2, 4, 7, 16, 17, 33}},
    [HEIGHT] = {1, 20, 4, {1, 2, 7, 12}},
    [WIDTH] = {1, 20, 7, {1, 4, 7, 8, 13, 16, 20}},
    [KERNEL_HEIGHT] = {1, 7, 3, {1, 3, 4}},
    [KERNEL_WIDTH] = {1, 7, 4, {1, 2, 3, 7}},
    [STRIDE_DOWN] = {1, 3, 2, {1, 2}},
    [STRIDE_ALONG] = {1, 3, 3, {1, 2, 3}},
    [DILATION_DOWN] = {1, 2, 2, {1, 2}},
    [DILATION_ALONG] = {1, 2, 2, {1, 2}},
    [INPUT_DILATION_DOWN] = {1, 3, 2, {1, 2}},
    [INPUT_DILATION_ALONG] = {1, 3, 2, {1, 2}},
    [TOP] = {-1, 3, 2, {0, 1}},
    [BOTTOM] = {-1, 3, 2, {0, 3}},
    [LEFT] = {-1, 3, 3, {0, 1, 3}},
    [RIGHT] = {-1, 3, 3, {0, 1, 2}},
    [OUTPUT_PADDING_DOWN] = {0, 2, 2, {0, 1}},
    [OUTPUT_PADDING_ALONG] = {0, 2, 2, {0, 1}},
    [TRANSPOSED] = {0, 1, 2, {0, 1}},
    [GROUPING] = {0, 3, 3, {0, 1, 3}},
    [BATCH] = {0, 2, 2, {1, 2}}, // 0: unbatched
    [BIAS] = {0, 1, 2, {0, 1}},
    [WAY] = {BY_ONE_CALL, IN_SLABS, 4, {BY_ONE_CALL, PLANNED, IN_PARTS, IN_SLABS}},
    [CHANNELS_LAST] = {0, 1, 2, {0, 1}},
    [TYPE] = {0, COUNT_OF(types) - 1, 3, {0, 3, 4}},
};

static trial trial_of(const int64_t *v)
{
    sample s = sample_make(v[TRANSPOSED], 2);
    bool depthwise = groupings[v[GROUPING]] < 0;
    s.batch = v[BATCH] ? v[BATCH] : -1;
    s.groups = depthwise ? v[OUT] : groupings[v[GROUPING]];
    s.channels_in = s.groups * v[IN];
    s.channels_out = s.groups * (depthwise ? 1 : v[OUT]);
    *sample_axis(&s, 0) = (faltung_axis){.input = v[HEIGHT],
                                         .kernel = v[KERNEL_HEIGHT],
                                         .stride = v[STRIDE_DOWN],
                                         .dilation = v[DILATION_DOWN],
                                         .padding = {v[TOP], v[BOTTOM]},
                                         .transposed = v[TRANSPOSED],
                                         .output_padding = v[OUTPUT_PADDING_DOWN],
                                         .input_dilation = v[INPUT_DILATION_DOWN]};
    *sample_axis(&s, 1) = (faltung_axis){.input = v[WIDTH],
                                         .kernel = v[KERNEL_WIDTH],
                                         .stride = v[STRIDE_ALONG],
                                         .dilation = v[DILATION_ALONG],
                                         .padding = {v[LEFT], v[RIGHT]},
                                         .transposed = v[TRANSPOSED],
                                         .output_padding = v[OUTPUT_PADDING_ALONG],
                                         .input_dilation = v[INPUT_DILATION_ALONG]};
    sample_measure(&s);
    return (trial){.sample = s,
                   .dtype = types[v[TYPE]],
                   .with_bias = v[BIAS],
                   .way = (way)v[WAY],
                   .channels_last = v[CHANNELS_LAST],
                   .accuracy = FALTUNG_ACCURACY_BALANCED};
}

trial trial_of_pairs(const int *combination)
{
    int64_t value[FACTORS];
    for (int i = 0; i < FACTORS; i++)
        value[i] = factors[i].least + combination[i];
    return trial_of(value);
}

trial trial_of_triples(const int *combination)
{
    int64_t value[FACTORS];
    for (int i = 0; i < FACTORS; i++)
        value[i] = factors[i].special[combination[i]];
    return trial_of(value);
}

static bool makes_sense(const sample *s)
{
    sample measured = *s;
    for (int i = 0; i < 3; i++) {
        const faltung_axis *a = &s->axis[i];
        int64_t most = a->stride > a->dilation ? a->stride : a->dilation;
        if (a->output_padding >= (a->transposed ? most : 1))
            return false;
        if (a->transposed && a->input_dilation > 1)
            return false;
    }
    // Many groups have one input channel each.
    bool deep = s->groups > 3 && s->channels_in != s->groups;
    return !deep && sample_measure(&measured);
}

// Products, beside what a trial costs without any.
static double cost_of(const trial *t)
{
    const double fixed = 1000;
    const sample *s = &t->sample;
    if (!makes_sense(s))
        return 0;
    double cost = (double)(s->channels_out * (s->channels_in / s->groups));
    for (int i = 0; i < 3; i++)
        cost *= (double)(s->axis[i].kernel * (s->transposed ? s->axis[i].input : s->output[i]));
    return fixed + cost * (double)(s->batch < 0 ? 1 : s->batch);
}

static double cost_of_pairs(const int *combination)
{
    trial t = trial_of_pairs(combination);
    return cost_of(&t);
}

static double cost_of_triples(const int *combination)
{
    trial t = trial_of_triples(combination);
    return cost_of(&t);
}

// A covering's levels cannot be computed where it is initialised.
static covering make_covering(int strength, double (*cost)(const int *combination))
{
    covering c = {.factors = FACTORS, .strength = strength, .cost = cost};
    for (int i = 0; i < FACTORS; i++)
        c.levels[i] =
            strength == 2 ? (int)(factors[i].greatest - factors[i].least + 1) : factors[i].specials;
    return c;
}

covering all_pairs(void)
{
    return make_covering(2, cost_of_pairs);
}

covering special_triples(void)
{
    return make_covering(3, cost_of_triples);
}

// Of any number an algorithm that is asked for; often none.
static const char *algorithm_of(uint64_t number)
{
    static const char *const some[] = {NULL,        "fft",       "lattice",
                                       "winograd4", "winograd2", "winograd"};
    return some[number % COUNT_OF(some)];
}

bool trial_of_bytes(const uint8_t *bytes, size_t count, trial *t)
{
    int64_t value[FACTORS];
    for (int i = 0; i < FACTORS; i++) {
        int64_t byte = (size_t)i < count ? bytes[i] : 0;
        value[i] = factors[i].least + byte % (factors[i].greatest - factors[i].least + 1);
    }
    *t = trial_of(value);
    t->algorithm = algorithm_of(count > FACTORS ? bytes[FACTORS] : 0);
    double cost = cost_of(t);
    return cost > 0 && cost < 5e4;
}

// A few are so wide that a row is computed in several bands.
static trial plane_by_chance(prng *random)
{
    const bool wide = random_between(random, 0, 15) == 0;
    const double most = wide ? 2e6 : 5e5;
    trial t;
    double cost;
    do {
        int64_t value[FACTORS];
        for (int i = 0; i < FACTORS; i++)
            value[i] = random_between(random, factors[i].least, factors[i].greatest);
        if (wide)
            value[WIDTH] = random_between(random, 2000, 6000);
        t = trial_of(value);
        cost = cost_of(&t);
    } while (cost <= 0 || cost > most);
    return t;
}

// An axis of a kernel of 3 for an output of so many.
static faltung_axis tiled_axis(prng *random, bool transposed, int64_t output, int64_t dilation)
{
    faltung_axis axis = FALTUNG_AXIS(0, 3);
    axis.dilation = dilation;
    axis.padding.begin = random_between(random, 0, 3);
    axis.padding.end = random_between(random, 0, 3);
    int64_t padding = axis.padding.begin + axis.padding.end;
    axis.input = transposed ? output + padding - 2 * dilation : output + 2 * dilation - padding;
    axis.transposed = transposed;
    return axis;
}

// The depth of a kernel of slices.
static faltung_axis sliced_axis(prng *random, bool transposed)
{
    faltung_axis axis = FALTUNG_AXIS(random_between(random, 1, 5), random_between(random, 1, 3));
    axis.dilation = random_between(random, 1, 2);
    axis.stride = transposed ? 1 : random_between(random, 1, 2);
    axis.padding.begin = random_between(random, 0, transposed ? 1 : 4);
    axis.padding.end = random_between(random, 0, transposed ? 1 : 4);
    axis.transposed = transposed;
    return axis;
}

static trial tiles_by_chance(prng *random, int64_t width)
{
    const bool fast = random_between(random, 0, 1), transposed = random_between(random, 0, 2) == 0;
    const int64_t least = fast ? 16 : 32, kind = random_between(random, 0, 3);
    const int64_t dilation = kind ? 1 : random_between(random, 2, 3);
    const int axes = random_between(random, 0, 2) ? 2 : 3;
    const bool is_flat = random_between(random, 0, 3) == 0; // kernels of one row
    sample s = sample_make(transposed, axes);
    trial t = {.dtype = FALTUNG_F32, .with_bias = random_between(random, 0, 1)};
    t.accuracy = fast ? FALTUNG_ACCURACY_FAST : FALTUNG_ACCURACY_BALANCED;
    t.way = (way)random_between(random, BY_ONE_CALL, IN_SLABS);
    t.channels_last = random_between(random, 0, 3) == 0;
    t.threads = (int)random_between(random, 0, 3);
    s.batch = random_between(random, 1, 3);
    s.groups = random_between(random, 1, 2);
    s.channels_in = s.groups * random_between(random, least, least + 20);
    s.channels_out = s.groups * random_between(random, least, least + 20);
    do {
        if (axes == 3)
            s.axis[0] = sliced_axis(random, transposed);
        s.axis[1] = tiled_axis(random, transposed, random_between(random, 3, 24), dilation);
        if (is_flat)
            s.axis[1].kernel = s.axis[1].dilation = 1;
        s.axis[2] = tiled_axis(random, transposed, width, dilation);
    } while (s.axis[1].input < 1 || s.axis[2].input < 1 || !sample_measure(&s));
    t.sample = s;
    return t;
}

trial trial_of_tiles(prng *random, int64_t width)
{
    const double most = 4e7;
    trial t;
    do {
        t = tiles_by_chance(random, width);
    } while (cost_of(&t) > most);
    return t;
}

// An axis with a stride of 2, or with zeros between the input's elements, for about so many
// outputs.
static faltung_axis phased_axis(prng *random, bool transposed, bool dilated, int64_t output)
{
    faltung_axis axis = FALTUNG_AXIS(0, random_between(random, 3, 4));
    axis.padding.begin = random_between(random, 0, 4);
    axis.padding.end = random_between(random, 0, 4);
    axis.transposed = transposed;
    axis.output_padding = transposed ? random_between(random, 0, 1) : 0;
    axis.stride = dilated ? 1 : 2;
    axis.input_dilation = dilated ? 2 : 1;
    axis.input = transposed || dilated ? output / 2 + 1 : 2 * output + random_between(random, 0, 1);
    return axis;
}

trial trial_of_phases(prng *random, int64_t width)
{
    const int64_t kind = random_between(random, 0, 4);
    const bool transposed = kind < 2, dilated = kind == 2;
    const int axes = random_between(random, 0, 2) ? 2 : 3;
    sample s = sample_make(transposed, axes);
    trial t = {
        .dtype = FALTUNG_F32, .with_bias = random_between(random, 0, 1), .algorithm = "winograd"};
    t.accuracy = random_between(random, 0, 1) ? FALTUNG_ACCURACY_FAST : FALTUNG_ACCURACY_BALANCED;
    t.way = (way)random_between(random, BY_ONE_CALL, IN_SLABS);
    t.channels_last = random_between(random, 0, 3) == 0;
    t.threads = (int)random_between(random, 0, 3);
    s.batch = random_between(random, 1, 3);
    s.groups = random_between(random, 1, 2);
    s.channels_in = s.groups * random_between(random, 1, 40);
    s.channels_out = s.groups * random_between(random, 1, 40);
    do {
        s.axis[1] = phased_axis(random, transposed, dilated, random_between(random, 1, 24));
        if (random_between(random, 0, 3) == 0) { // kernels of one row
            s.axis[1] = (faltung_axis)FALTUNG_AXIS(random_between(random, 1, 9), 1);
            s.axis[1].transposed = transposed;
        }
        s.axis[2] = phased_axis(random, transposed, dilated, width);
        if (axes == 3) { // of one slice, which may be of the border
            s.axis[0] = (faltung_axis)FALTUNG_AXIS(random_between(random, 1, 3), 1);
            s.axis[0].padding.begin = random_between(random, 0, transposed ? 0 : 1);
            s.axis[0].padding.end = random_between(random, 0, transposed ? 0 : 2);
            s.axis[0].stride = random_between(random, 1, transposed ? 1 : 2);
            s.axis[0].transposed = transposed;
        }
    } while (!sample_measure(&s));
    t.sample = s;
    return t;
}

// An axis of a kernel of up to so many, with the border anywhere.
static faltung_axis transformed_axis(prng *random, bool transposed, int64_t kernel)
{
    faltung_axis axis =
        FALTUNG_AXIS(random_between(random, 1, 40), random_between(random, 1, kernel));
    axis.dilation = kernel < 8 ? random_between(random, 1, 2) : 1;
    axis.padding.begin = random_between(random, 0, kernel);
    axis.padding.end = random_between(random, 0, kernel);
    axis.transposed = transposed;
    return axis;
}

trial trial_of_spectra(prng *random, int64_t kernel)
{
    const bool transposed = random_between(random, 0, 2) == 0;
    const int axes = random_between(random, 0, 3) ? 2 : 3;
    sample s = sample_make(transposed, axes);
    trial t = {.dtype = FALTUNG_F32, .with_bias = random_between(random, 0, 1), .algorithm = "fft"};
    if (random_between(random, 0, 3) == 0)
        t.dtype = FALTUNG_F64;
    t.way = (way)random_between(random, BY_ONE_CALL, IN_SLABS);
    t.channels_last = random_between(random, 0, 3) == 0;
    t.threads = (int)random_between(random, 0, 3);
    s.batch = random_between(random, 1, 3);
    s.groups = random_between(random, 1, 2);
    s.channels_in = s.groups * random_between(random, 1, kernel > 10 ? 3 : 20);
    s.channels_out = s.groups * random_between(random, 1, kernel > 10 ? 3 : 20);
    do {
        if (axes == 3)
            s.axis[0] = sliced_axis(random, transposed);
        s.axis[1] = transformed_axis(random, transposed, kernel);
        s.axis[2] = transformed_axis(random, transposed, kernel);
    } while (s.axis[2].kernel == 1 || !sample_measure(&s));
    t.sample = s;
    return t;
}

trial trial_by_chance(prng *random)
{
    const int64_t kind = random_between(random, 0, 15);
    if (kind == 0)
        return trial_of_tiles(random, random_between(random, 1, 70));
    if (kind == 1)
        return trial_of_phases(random, random_between(random, 1, 70));
    if (kind == 2)
        return trial_of_spectra(random, random_between(random, 2, 40));
    trial t = plane_by_chance(random);
    int axes = (int)random_between(random, 0, 3);
    if (axes)
        t.sample = sample_random(random, random_between(random, 0, 1), axes);
    if (random_between(random, 0, 1)) {
        t.dtype = FALTUNG_F32;
        t.algorithm = algorithm_of(random_bits(random));
    }
    t.threads = (int)random_between(random, 0, 3);
    return t;
}

// SPDX-License-Identifier: Apache-2.0
//
// Sums with channels in the lanes as they are turned on their way to the output, and where they go;
// shared by all shapes and types of elements.

typedef struct square {
    const fal_emission *e;
    const fal_wide_kernel *kernel;
    int channel;  // the first of FAL_LANES
    int channels; // to be written
} square;

// FAL_LANES pixels of FAL_LANES channels, with the bias, turned so that each vector is a channel's.
FAL_INLINE void load_turned(const square *s, int pixel, vec *turned)
{
    const real *sums = (const real *)s->e->sums + s->channel;
    vec bias = vec_load((const real *)s->e->bias + s->channel);
    FAL_UNROLL
    for (int i = 0; i < FAL_LANES; i++)
        turned[i] = vec_load(sums + (pixel + i) * s->kernel->channels) + bias;
    vec_transpose(turned);
}

static int least(int a, int b)
{
    return a < b ? a : b;
}

// Where the pixels of a square go that are to be written.
typedef struct spots {
    int64_t at[FAL_LANES];
    int from[FAL_LANES];
    int count;
    bool even; // all of them, pixel_stride apart
} spots;

static spots find_spots(const square *q, int pixel)
{
    const fal_emission *e = q->e;
    int run = q->kernel->run, all = e->tiles * q->kernel->pixels;
    spots s = {.count = 0, .even = true};
    for (int i = 0; i < FAL_LANES && pixel + i < all; i++) {
        const fal_place *place = &e->place[(pixel + i) / run];
        int neighbour = (pixel + i) % run;
        if (neighbour >= place->pixels)
            continue;
        s.from[s.count] = i;
        s.at[s.count] = place->position + neighbour * e->pixel_stride;
        s.even = s.even && s.at[s.count] == s.at[0] + i * e->pixel_stride;
        s.count++;
    }
    s.even = s.even && s.count == FAL_LANES;
    return s;
}

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

// Pixels of a strip that follow each other in the output: the rest of a row, or several rows.
typedef struct spots {
    int first, count;
    int64_t to;
} spots;

// Those that begin with a run; *next is the run behind it.
static spots find_spots(const square *q, int run, int *next)
{
    const fal_emission *e = q->e;
    const int size = q->kernel->run, runs = e->tiles * q->kernel->pixels / size;
    const fal_place *place = e->place;
    spots s = {run * size, (int)place[run].pixels, place[run].position};
    while (++run < runs && place[run - 1].pixels == size && place[run].pixels > 0 &&
           place[run].position == place[run - 1].position + size * e->pixel_stride)
        s.count += (int)place[run].pixels;
    *next = run;
    return s;
}

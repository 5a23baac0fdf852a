// SPDX-License-Identifier: Apache-2.0
//
// What lies ahead of a tile of one channel by itself, by its lines. A function of its own: within a
// tile it would take registers, and a twentieth of the time of those that fetch nothing.

static __attribute__((noinline)) void fetch_ahead(const fal_plane_strip *s, const real *from,
                                                  int64_t row, int rows, int stride, int phases,
                                                  int vectors)
{
    const real *to = (const real *)s->output + row * s->output_pitch;
    uintptr_t input = (uintptr_t)from + (uintptr_t)s->ahead_input;
    uintptr_t output = (uintptr_t)to + (uintptr_t)s->ahead_output;
    const uintptr_t width = (uintptr_t)vectors * FAL_VECTOR;
    vec_in_turn(); // gcc takes a function that fetches alone for one that does nothing
    for (int i = 0; i < rows * stride; i++, input += (uintptr_t)s->pitch * sizeof(real))
        for (uintptr_t at = 0; at < width * (uintptr_t)stride; at += 64)
            __builtin_prefetch((const void *)(input + at), 0, 2);
    for (int r = 0; r < rows; r++, output += (uintptr_t)s->output_pitch * sizeof(real))
        for (uintptr_t at = 0; at < width * (uintptr_t)phases; at += 64)
            __builtin_prefetch((const void *)(output + at), 1, 2);
}

// SPDX-License-Identifier: Apache-2.0
#include "algorithms/fft/turns.h"

#include "algorithms/workspace.h"

#include <math.h>

// e^(-2*pi*i*k/length) for every k, by halving angles and adding them: with no more than sums,
// products and roots, which are the same on every machine. Within some 1e-15.
static void compute_turns(int length, double turns[][2])
{
    double angle[2] = {0, -1}; // of a quarter
    const double quarters[4][2] = {{1, 0}, {0, -1}, {-1, 0}, {0, 1}};
    int known = length < 4 ? length : 4;
    for (int k = 0; k < known; k++)
        for (int i = 0; i < 2; i++)
            turns[k][i] = quarters[k * (4 / known)][i];
    for (; known < length; known *= 2) {
        const double cosine = sqrt((1 + angle[0]) / 2);
        angle[1] /= 2 * cosine;
        angle[0] = cosine;
        for (int k = known - 1; k >= 0; k--) {
            const double c = turns[k][0], s = turns[k][1];
            turns[2 * k][0] = c;
            turns[2 * k][1] = s;
            turns[2 * k + 1][0] = c * angle[0] - s * angle[1];
            turns[2 * k + 1][1] = c * angle[1] + s * angle[0];
        }
    }
}

static void fill_turns(int length, size_t number, void *to)
{
    double turns[FAL_FFT_LONGEST][2];
    compute_turns(length, turns);
    for (int k = 0; k < length; k++)
        for (int i = 0; i < 2; i++)
            if (number == sizeof(float))
                ((float *)to)[2 * k + i] = (float)turns[k][i];
            else
                ((double *)to)[2 * k + i] = turns[k][i];
}

// Where the kernels leave a frequency of a line: digits to the base of four are reversed, the last
// of which may be one to the base of eight.
static int find_place(int length, int frequency)
{
    int place = 0;
    for (; length > 8; length /= 4) {
        place += frequency % 4 * (length / 4);
        frequency /= 4;
    }
    return place + frequency;
}

// Frequencies in the order of their places, and where each mirrored one is.
static void find_mirrors(int length, int mirror[FAL_FFT_LONGEST])
{
    for (int f = 0; f < length; f++)
        mirror[find_place(length, f)] = find_place(length, (length - f) % length);
}

static void fill_places(const fal_fft_layout *l, int32_t *at)
{
    int high[FAL_FFT_LONGEST], wide[FAL_FFT_LONGEST];
    find_mirrors(l->size[0], high);
    find_mirrors(l->size[1], wide);
    for (int r = 0; r < l->size[0]; r++)
        for (int c = 0; c < l->size[1]; c++) {
            if (c > wide[c] || (c == wide[c] && r > high[r]))
                continue; // it is the mirror of another one
            *at++ = (int32_t)(r * l->pitch + c);
            *at++ = (int32_t)(high[r] * l->pitch + wide[c]);
        }
}

enum { PLACES = FAL_FFT_AXES + 1 };

static size_t lay_out(const fal_fft_layout *l, size_t number, void *place, void **places)
{
    const size_t bytes[PLACES] = {
        2 * (size_t)l->size[0] * number,
        2 * (size_t)l->size[1] * number,
        2 * (size_t)l->frequencies * sizeof(int32_t),
    };
    return fal_divide_workspace(place, PLACES, bytes, places);
}

size_t fal_fft_table_bytes(const fal_fft_layout *l, size_t number)
{
    void *places[PLACES];
    return lay_out(l, number, NULL, places);
}

fal_fft_tables fal_fft_find_tables(const fal_fft_layout *l, size_t number, void *place)
{
    void *places[PLACES];
    lay_out(l, number, place, places);
    return (fal_fft_tables){{places[0], places[1]}, places[2]};
}

void fal_fft_fill_tables(const fal_fft_layout *l, size_t number, const fal_fft_tables *t)
{
    for (int i = 0; i < FAL_FFT_AXES; i++)
        fill_turns(l->size[i], number, t->turns[i]);
    fill_places(l, t->at);
}

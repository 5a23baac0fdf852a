// SPDX-License-Identifier: Apache-2.0
//
// Sizes of transforms, tiles and blocks. What bits depend on is decided by the problem alone; how
// many pairs of tiles are a block may depend on the machine.
#ifndef FAL_ALGORITHMS_FFT_LAYOUT_H
#define FAL_ALGORITHMS_FFT_LAYOUT_H

#include "algorithms/slices.h"

// Rows and columns, of which there are two of everything.
enum { FAL_FFT_AXES = 2, FAL_FFT_LONGEST = 256, FAL_FFT_LINE = 16 };

typedef struct fal_fft_layout {
    int size[FAL_FFT_AXES];        // of a transform; 1: there is none
    int64_t outputs[FAL_FFT_AXES]; // of a tile
    int pair_axis;                 // along which two neighbouring tiles are a pair
    int64_t pairs[FAL_FFT_AXES];   // of an output
    int64_t frequencies;           // of which the mirrored ones are not
    bool pixels;                   // whether lanes are pairs, rather than channels
    int64_t inputs;                // planes of the input that an output sums over
    double work;                   // in multiply-adds of one lane, as far as that can be said
    int64_t pitch;                 // from one row of a picture to the next, in complex numbers
    int64_t rows;                  // of a picture that are brought from or to planes at once
    int64_t plane, row;            // of these, from one to the next
    int64_t block;                 // pairs whose spectra are multiplied together
    int64_t line;                  // numbers of a line of a factor that is broadcast
    int64_t spectra;               // from one frequency to the next of a block's spectra
    int64_t sums;                  // and of what their products leave
    int64_t weights;               // and of one vector's, or, if lanes are pairs, of all weights
    int64_t vectors;               // of weights, one behind the other
} fal_fft_layout;

// Whether some sizes will do for a problem.
bool fal_fft_fits(const fal_problem *problem);

// The sizes and the work for one that fits. The rest is left out.
fal_fft_layout fal_fft_size(const fal_problem *problem);

// All of it, for a problem that fits.
fal_fft_layout fal_fft_lay_out(const fal_task *task);

// Outputs of a pair along an axis.
int64_t fal_fft_pair_outputs(const fal_fft_layout *layout, int axis);

#endif

// SPDX-License-Identifier: Apache-2.0
//
// The inner loops, once per instruction set and type of number. They know memory and numbers, not
// convolutions. Elements of the input and the output may be of other types: halves become f32 as
// they are copied, and are rounded once as sums are written; bytes become pairs in one number,
// which are multiplied each by each and summed in int32_t.
//
// All sum alike: a sum is one chain of fused multiply-adds that begins at +0 and goes through its
// products in order, and neither the shape of a tile nor the width of a vector has a part in it. So
// kernels differ in speed and in nothing else. Positions and distances are in numbers.
#ifndef FAL_KERNELS_KERNELS_H
#define FAL_KERNELS_KERNELS_H

#include "base/activation.h"
#include "kernels/box.h"
#include "kernels/transforms.h"

// The most sums that a strip leaves; and how many numbers may be read, but are not used, behind
// biases and behind the room for that most of sums, which a square of them at the end may reach.
enum { FAL_STRIP_SUMS = 4096, FAL_SLACK = 32 };

// Products that one tile goes through. A list of them ends with a count of 0, and whatever it
// leaves out is added to nothing: products with the zeros of a border, for one.
typedef struct fal_stretch {
    int32_t first, count; // in units: see fal_products
    int32_t skip;         // with channels in the lanes, the pixels that take no part: an index into
                          // the kernel's `skips`
} fal_stretch;

// What the tiles of a strip have in common: the same products of different pixels.
typedef struct fal_products {
    const void *input;
    const int32_t *offset; // of every product: where it reads, from its pixel on
    const void *weight;    // for every product one of each channel of the tile; aligned to 64 bytes
                           // with channels in the lanes
    int64_t count;         // of the products; the weights that will be read next follow theirs
    const fal_stretch *const *stretches; // of every tile
    int64_t unit;                        // products in a unit of a stretch
    int tiles;
} fal_products;

// What is done to a sum, with the bias added, before it is written: an element is added, then the
// activation is applied.
typedef struct fal_finish {
    bool adds;
    ptrdiff_t residual; // from where a sum is written to what is added to it, in bytes
    fal_activation activation;
} fal_finish;

// Whether a last step adds and clamps at most.
static inline bool fal_is_brief(const fal_finish *f)
{
    return !f || f->activation.kind == FALTUNG_ACTIVATION_NONE ||
           f->activation.kind == FALTUNG_ACTIVATION_CLAMP;
}

// Whether a last step is a clamp and nothing else, which the kernels do themselves. NULL: it is
// not.
static inline bool fal_is_clamp(const fal_finish *f)
{
    return f && !f->adds && f->activation.kind == FALTUNG_ACTIVATION_CLAMP;
}

// ------------------------------------------------------------------------------- channels in lanes

// Where a run of pixels goes, from an `output` on: its first pixel, and how many there are, which
// may be fewer than the kernel's `run`, or none.
typedef struct fal_place {
    int64_t position;
    int64_t pixels;
} fal_place;

// Tiles of a few pixels, broadcast, by one or two vectors of channels. A pixel is addressed by its
// run, neighbours that lie `step` apart: pixel(p) = run[p / R] + (p % R) * step, R being the
// kernel's `run`. The sums are left as [pixel][channel]; with `add` they are added to what is
// there. Or, if `output` is given, a tile's channels follow each other there: the sums are
// finished by what is brief and written to it, the biases added.
typedef struct fal_wide_strip {
    fal_products products;
    const int32_t *run; // of all tiles, one after the other
    int64_t step;
    void *sums; // aligned to 64 bytes
    bool add;
    void *output; // of numbers; NULL: none, and what follows is not looked at
    const void *bias;
    const fal_place *place; // of every run
    int64_t pixel_stride;
    const fal_finish *finish; // NULL: nothing
    // What is brought near meanwhile: so many numbers for each product of a tile, from so far ahead
    // of its first pixel on; or, if there are none to be, the weights that will be read next.
    int64_t ahead, share;
} fal_wide_strip;

// The most tiles of a strip.
enum { FAL_WIDE_STRIP = 16, FAL_LONG_STRIP = 32 };

enum { FAL_WIDE_SKIPS = 16 };

typedef struct fal_wide_kernel {
    int channels; // of a tile
    int pixels;   // of a tile
    int run;      // neighbours that must lie `step` apart
    int strip;    // tiles of a strip that fill whole squares and stay in the first-level cache
    // Sets of pixels that a stretch may leave out, bit p for pixel p. The first is empty. Only the
    // first `far_skips` may be used with a step other than 1.
    uint16_t skips[FAL_WIDE_SKIPS];
    int skip_count, far_skips;
    void (*multiply)(const fal_wide_strip *strip);
} fal_wide_kernel;

// Sums of a wide strip on their way to the output, with the bias added to each and then finished.
typedef struct fal_emission {
    const void *sums;
    const void *bias; // of the tile's channels
    void *output;
    int64_t channel_stride, pixel_stride; // of the output
    bool flat; // whether all runs but the last are full and lie one behind the other from `output`
               // on, and pixel_stride is 1: then places are not looked at
    const fal_place *place; // of every run
    int tiles;
    int pixels;               // to be written, if flat
    int first, past;          // channels of the tile to be written
    const fal_finish *finish; // NULL: nothing
} fal_emission;

// --------------------------------------------------------------------------------- pixels in lanes

// A part of a vector of pixels: neighbours in the output, and in the input, where they are the
// kernel's `step` apart. Lane i is at from + i*step, if bit i of `lanes` is set, and at
// to + i*pixel_stride in the output, if bit i of `written` is: pieces that follow each other in the
// output may be written as one.
typedef struct fal_piece {
    int64_t to;
    int32_t from;
    uint16_t lanes, written;
} fal_piece;

// Tiles of a few channels by some vectors of pixels, each made of `pieces` pieces. With `add` the
// sums are added to what is in `sums`; with `last` they are then written to the output, with the
// bias added and finished, and else left in `sums`, which may be used for scratch either way.
typedef struct fal_long_strip {
    fal_products products;
    const fal_piece *piece; // of every vector of every tile
    void *sums;             // [tile][channel][vector][lane]; aligned to 64 bytes
    bool add, last;
    const void *bias;                     // of the tile's channels
    void *output;                         // at the first channel
    int64_t channel_stride, pixel_stride; // of the output
    const fal_finish *finish;             // NULL: nothing
    // With `walks` every product of vectors of one piece reads `step` numbers behind the one
    // before, and none is left out: neither offsets nor stretches are looked at.
    bool walks;
    int64_t step;
    // Where such vectors are kept as they are read, each at its `from`, and how far one product's
    // are from the next one's; NULL: nowhere.
    void *keep;
    int64_t keep_step;
    bool looks_ahead; // whether what the next tile reads is brought near
    // What is brought near: so many lines for each product, which begin `fetch_step` bytes behind
    // those of the one before; one of them with every second product. This strip's first tile is
    // the `visit`-th that takes its share.
    int64_t lines, fetch_step;
    const char *fetch;
    int64_t visit;
} fal_long_strip;

typedef struct fal_long_kernel {
    int channels; // of a tile
    int vectors;  // of pixels
    int pieces; // of each vector: with 1 all lanes of a vector are read, or, if it has none, no or
                // all, else those of the pieces
    int step;   // numbers of the input from pixel to pixel: 1, or 2. Then the pieces are the two
                // halves, which are read as a vector each: from the first pixel of the first on,
                // and up to the last pixel of the second, whether it has lanes or not
    int strip;  // tiles of a strip whose sums have room
    void (*multiply)(const fal_long_strip *strip);
} fal_long_kernel;

// ----------------------------------------------------------------------- one channel, row over row

// Rows of one channel of the output, some vectors wide, from one channel of the input. They are
// computed in tiles of as many rows as the kernel says, one below the other: a row of the input is
// loaded once for all rows of a tile that it is a product of. The products of an output are in the
// order [column of the kernel][row of the kernel].
typedef struct fal_plane_strip {
    const void *input; // where the first pixel of the first row meets the kernel's first column, in
                       // the first row of the input that is read
    int64_t pitch;     // from one row of the kernel to the next, in the input
    const int32_t *offset; // of the kernel's columns
    const uint32_t *lanes; // [column][vector]: which lanes are to be read, the others being zero;
                           // with a stride of 2 two bits for each, as they lie in memory
    int64_t first_row, past_row; // rows of the input that may be read, counted from the one where
                                 // the first row of the output meets the first of the kernel
    int64_t rows;                // of the kernel
    // Its columns, where pixels of several phases lie side by side those of one phase after the
    // other: the last one of each is before this.
    int64_t past_column[2];
    const void *weight; // [column][row]
    const void *bias;   // one number
    void *output;
    int64_t output_pitch, output_rows;
    uint32_t output_lanes;    // to be written, of the last vector of each phase
    const fal_finish *finish; // a mere clamp, or NULL: nothing
    // From what is read and written to what will be next, which is brought near meanwhile, in
    // bytes; 0: nothing. It need not be there.
    int64_t ahead_input, ahead_output;
} fal_plane_strip;

typedef struct fal_plane_kernel {
    int rows;        // of a tile
    int vectors;     // of pixels of each
    int stride;      // from one pixel, and one row, to the next in the input: 1 or 2
    int phases;      // pixels of the output that a lane stands for, side by side: 1 or 2
    int kernel_rows; // of the kernel; 0: any
    void (*multiply)(const fal_plane_strip *strip);
} fal_plane_kernel;

// ------------------------------------------------------------------- one channel, channels in
// lanes

// Pixels of the output whose channels lie side by side, each from one channel of the input: of each
// the sum over the taps, in order, and the bias. Steps are in numbers, from a pixel to the next.
// Weights and biases are whole vectors of 64 bytes; nothing else is read or written beyond.
typedef struct fal_across {
    const void *const *input;  // for each tap what the first pixel meets, from the first channel on
    const void *const *weight; // and by what that is multiplied
    int64_t taps;
    int64_t pixels, channels;
    int64_t input_step, output_step;
    const void *bias;
    void *output;
    const fal_finish *finish; // a mere clamp, or NULL: nothing
} fal_across;

// A few rows of such pixels at once, by a square kernel with one stride: what windows share is read
// once. Products are in the order [column of the kernel][row of the kernel].
typedef struct fal_slide {
    const void *const *row; // of the input, what the first pixel's window begins with: as many as
                            // the kernels' rows and those of the output reach over
    int64_t column_step;    // from one column of them to the next
    const bool *is_zero;    // of each: there are zeros, for as many columns as are read together
    int64_t columns;        // of the kernel: fewer than it has, where a border takes the others
    int64_t pixels, channels;
    const void *weight; // [column][row], aligned as above, `weight_step` from each other
    int64_t weight_step;
    const void *bias;
    void *output;
    int64_t output_row, output_step; // from one row, and one pixel, to the next
    const fal_finish *finish;        // a mere clamp, or NULL: nothing
    // As above; of the input, as many of the last rows as those of the output are apart.
    int64_t ahead_input, ahead_output;
} fal_slide;

typedef struct fal_slide_kernel {
    int size;    // rows and columns of the kernel
    int stride;  // along both
    int rows;    // of the output
    int columns; // of the input that are read together
    void (*sum)(const fal_slide *slide);
} fal_slide_kernel;

// The most rows of the output, and of the input that they read.
enum { FAL_SLIDE_ROWS = 4, FAL_SLIDE_READ = 11, FAL_SLIDE_SHAPES = 6 };

// ------------------------------------------------------------------------------------ dot products

// For each tap the products of one or two pictures, made of images made of strips of vectors, with
// another one, read from the tap's offset on. A vector here is 64 bytes of lanes; each lane is a
// sum by itself. With `add` they are added to what is there.
typedef struct fal_dots {
    const void *input, *grad;
    int pictures;          // of grad: 1, or 2
    int64_t grad_picture;  // from the first to the second
    const int32_t *offset; // of every tap, in the input
    int64_t taps;
    int64_t images, strips, vectors; // of grad
    int64_t input_image, input_strip, grad_image, grad_strip;
    void *sums; // [picture][tap][lane]
    bool add;
    // What will be packed next, of which a line of either is brought near beside each vector; 0:
    // nothing. It need not be there. Distances from one image to the next are in bytes.
    uintptr_t next_input, next_grad;
    int64_t next_input_image, next_grad_image;
} fal_dots;

// Where a pixel of grad is, and what the first tap multiplies it with; in numbers.
typedef struct fal_dots_place {
    int32_t grad, input;
} fal_dots_place;

// Places in a table: so many of each image, those of one image behind those of the one before.
typedef struct fal_dots_list {
    int32_t first, count;
} fal_dots_list;

// Taps that fit into registers: one row of so many, or FAL_DOTS_ROWS of up to FAL_DOTS_COLUMNS.
enum { FAL_DOTS_TAPS = 9, FAL_DOTS_ROWS = 3, FAL_DOTS_COLUMNS = 3, FAL_DOTS_FETCHES = 4 };

// The same for up to 64 bytes of channels at once, which lie side by side in both pictures. What
// was a lane of vectors is a list of pixels, which has a sum of its own.
typedef struct fal_dots_across {
    const void *input, *grad;
    int64_t channels;
    int rows, columns;   // of taps
    ptrdiff_t offset;    // of the first one in the input; all of these are in numbers
    int64_t row, column; // from one row of taps, and from one column, to the next
    int64_t images;
    const fal_dots_list *list; // [lane]
    const fal_dots_place *place;
    const uint16_t *inside; // of every place, a bit for each tap, row by row: it meets the input
    const void *zeros;      // what others meet: as many as there can be channels
    void *sums;             // [tap][lane][channel]
    bool add;               // to what is there
    // What is multiplied next, of which so many lines for each place are brought near, at these
    // bytes from that of the input, and that of grad; 0: none. They need not be there.
    int fetches;
    uintptr_t next_input, next_grad;
    ptrdiff_t fetch[FAL_DOTS_FETCHES];
} fal_dots_across;

// ----------------------------------------------------------------------------------------- copying

// Rows of sums, with the bias added, that are finished on their way to the output. With a
// from_row or from_column of 0 one number stands for many.
typedef struct fal_rows {
    const void *from;
    void *to;
    int64_t rows, columns;
    int64_t from_row, from_column;
    int64_t to_row, to_column;
    const fal_finish *finish; // NULL: nothing
} fal_rows;

// ------------------------------------------------------------------------------------ matrix tiles

// Matrix multiplication by a processor's own tiles. The numbers that they take hold neighbours
// along the channels: two halves, or four bytes.
enum {
    FAL_TILE = 16, // channels of the output, pixels, and numbers of a chunk that a tile has at most
    FAL_TILE_PARTS = 4,
    FAL_TILE_STRIP = 2 * FAL_TILE, // pixels that are multiplied at once, of as many channels
};

// Rows of elements of some channels on their way to rows of numbers. Distances are in elements and
// numbers.
typedef struct fal_tile_box {
    const void *part[FAL_TILE_PARTS]; // of each channel of a number its first element; NULL: zero
    uint32_t *to;
    int64_t rows, columns;
    int64_t from_row, from_column;
    int64_t to_row;
    int64_t before, after; // numbers of a border to be written on both sides of each row
    uint32_t border;
} fal_tile_box;

// The sums of one or two tiles of channels by strips of one or two of pixels, which begin with
// `bias` and go over all chunks and, within each, all taps. Pixels lie side by side, number by
// number, and are the columns of a product; or the numbers of a pixel do, channels last, and pixels
// are its rows: then biases and sums are [pixel][channel].
typedef struct fal_tile_products {
    const uint32_t *input; // at the first pixel
    int64_t pixel, number; // from a pixel, and from a number of it, to the next: one of them is 1
    int64_t chunk;         // from a chunk of numbers to the next
    const int32_t *offset; // of every tap
    int64_t taps, chunks;
    int64_t strips;     // one behind the other; the last one's second tile may be in vain
    const void *weight; // [tile][chunk][tap][channel][FAL_TILE numbers], channels last
                        // [tile][chunk][tap][number][channel]; aligned to 64 bytes
    int64_t weight_tile;
    const void *bias; // [tile][channel][FAL_TILE pixels]; aligned to 64 bytes
    void *sums;       // [strip][2 * FAL_TILE channels][FAL_TILE_STRIP pixels]; aligned to 64 bytes
} fal_tile_products;

// What comes between `begin` and `end` must stay on one thread.
typedef struct fal_tile_kernels {
    void (*begin)(int numbers, bool channels_last); // of each chunk, at most FAL_TILE
    void (*end)(void);
    void (*gather)(const fal_tile_box *box);
    // Writes sums as write_rows does where that is all: columns that lie side by side, at most
    // FAL_TILE_STRIP, and no last step. Subnormal numbers, which no sum is, may be written as 0.
    void (*write)(const fal_rows *rows);
    // By whether weights are unsigned, channels last, and there are two tiles of channels and of
    // pixels.
    void (*multiply[2][2][2][2])(const fal_tile_products *products);
} fal_tile_kernels;

// --------------------------------------------------------------------------------------- the table

// Room in the lists.
enum {
    FAL_WIDE_SHAPES = 5,
    FAL_SINGLE_SHAPES = 3,
    FAL_APART_SHAPES = 3,
    FAL_LONG_SHAPES = 40,
    FAL_PLANE_SHAPES = 49
};

typedef struct fal_kernels {
    const char *name;            // "amx", "avx512", "avx2", "neon", "scalar"
    faltung_dtype dtype;         // of the elements of the input
    int size;                    // of a number, in bytes
    int input_size, output_size; // of an element of the input, and of the output. Where it is that
                                 // of a number, elements are numbers
    int lanes;                   // numbers of a vector
    int most_pieces;             // of a vector of pixels
    // Each list ends with NULL. Channels in the lanes: which shape wastes the fewest pixels depends
    // on the width of the output. Those of the same pixels stand together, in falling order of
    // channels.
    const fal_wide_kernel *wide[FAL_WIDE_SHAPES];
    // The same for an output of one pixel.
    const fal_wide_kernel *single[FAL_SINGLE_SHAPES];
    // The same for few pixels of which none are neighbours, which fill no squares; there may be
    // none.
    const fal_wide_kernel *apart[FAL_APART_SHAPES];
    // Pixels in the lanes, for few channels: for each number of pieces in falling order of
    // channels, down to 1.
    const fal_long_kernel *longs[FAL_LONG_SHAPES];
    // One channel by itself: those for one size of kernel before those for any, and wide ones
    // first.
    const fal_plane_kernel *planes[FAL_PLANE_SHAPES];
    const fal_winograd_kernels *winograd; // NULL: none for this type
    const fal_fft_kernels *fft;           // NULL: none for integers
    const fal_tile_kernels *tiles;        // NULL: none
    void (*emit_wide)(const fal_emission *emission, const fal_wide_kernel *kernel);
    // Writes what a strip has left in its sums, with the bias added: channels [first, past) of it.
    void (*emit_long)(const fal_long_strip *strip, const fal_long_kernel *kernel, int first,
                      int past);
    const fal_slide_kernel *slides[FAL_SLIDE_SHAPES]; // up to NULL
    void (*sum_across)(const fal_across *across);
    void (*sum_dots)(const fal_dots *dots);
    void (*sum_dots_across)(const fal_dots_across *dots);
    void (*fold_dots_across)(void *sums, int64_t taps); // lanes by halves, into the first one
    void (*copy)(const fal_box *box);
    void (*write_rows)(const fal_rows *rows);
    bool (*are_finite)(const void *numbers, int64_t count);
} fal_kernels;

// The kernels for the best instruction set that this processor has; for a type that has none of its
// own those of the type that it is summed in.
const fal_kernels *fal_best_kernels(faltung_dtype dtype);

// The same for an instruction set by name; NULL if there is no such set, or the processor does not
// have it.
const fal_kernels *fal_find_kernels(const char *name, faltung_dtype dtype);

#endif

// SPDX-License-Identifier: Apache-2.0
//
// PGM and PPM, the plainest pictures: P5 (grey) and P6 (red, green, blue), a byte per value. Used
// by array.c, and by what fuzzes it.
#ifndef CLI_FILES_PNM_H
#define CLI_FILES_PNM_H

#include "files/array.h"
#include "files/input.h"
#include "files/output.h"

// The first byte of every PGM and PPM file.
#define PNM_FIRST_BYTE 'P'

// Reads a picture as array_read does; the input stands at its beginning, and afterwards behind the
// picture.
int pnm_read(session *s, array *a, input *in);

// Whether a file's name ends in .pgm or .ppm, in either case.
bool pnm_is_name(const char *path);

typedef struct pnm_picture {
    int channels; // 1 or 3, by the name
    int64_t height;
    int64_t width;
} pnm_picture;

// Takes a shape for a picture of the kind that the name says; refuses what is none, and pictures
// without a pixel.
int pnm_check(session *s, const char *path, int rank, const int64_t *shape, pnm_picture *picture);

// Writes a tensor as a picture of the kind that the output's name says.
int pnm_write(session *s, const faltung_tensor *tensor, output_file *o);

#endif

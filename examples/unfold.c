// SPDX-License-Identifier: Apache-2.0
//
// What a convolution multiplies, as a matrix: each column is a block of the picture.
#include <faltung.h>
#include <inttypes.h>
#include <stdio.h>

static float picture[3][4] = {{3, 1, 4, 1}, {5, 9, 2, 6}, {5, 3, 5, 8}};
static float columns[4][6], covered[3][4];

static void print(const char *title, const faltung_tensor *matrix)
{
    const float *next = matrix->data;
    printf("%s\n", title);
    for (int64_t row = 0; row < matrix->shape[matrix->rank - 2]; row++)
        for (int64_t last = matrix->shape[matrix->rank - 1], i = 0; i < last; i++)
            printf("%3g%s", *next++, i + 1 < last ? "" : "\n");
}

int main(void)
{
    const int64_t kernel[] = {2, 2};
    const faltung_tensor image = {picture, FALTUNG_F32, 3, (int64_t[]){1, 3, 4}, NULL};
    const faltung_tensor sums = {covered, FALTUNG_F32, 3, (int64_t[]){1, 3, 4}, NULL};
    faltung_conv conv = FALTUNG_CONV2D;
    faltung_message message;
    int64_t shape[3]; // (C*kernel, blocks), since the picture has no batch

    if (faltung_unfold_shape(&conv, kernel, &image, shape, &message) != FALTUNG_OK) {
        fprintf(stderr, "%s\n", message.text);
        return 1;
    }
    const faltung_tensor blocks = {columns, FALTUNG_F32, 2, shape, NULL};
    conv.has_output_size = true; // of the picture to fold to
    conv.output_size[0] = 3;
    conv.output_size[1] = 4;
    if (faltung_unfold(&conv, kernel, &image, &blocks, &message) != FALTUNG_OK ||
        faltung_fold(&conv, kernel, &blocks, &sums, &message) != FALTUNG_OK) {
        fprintf(stderr, "%s\n", message.text);
        return 1;
    }
    print("the picture", &image);
    print("its blocks of 2 by 2, one in each column", &blocks);
    print("folded: every pixel as often as blocks cover it", &sums);
}

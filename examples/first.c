// SPDX-License-Identifier: Apache-2.0
#include <faltung.h>
#include <stdio.h>

static float picture[4][4] = {{3, 1, 4, 1}, {5, 9, 2, 6}, {5, 3, 5, 8}, {9, 7, 9, 3}};
static float sobel[3][3] = {{-1, 0, 1}, {-2, 0, 2}, {-1, 0, 1}}, edges[2][2];

int main(void)
{
    faltung_conv conv = FALTUNG_CONV2D;
    faltung_tensor input = {picture, FALTUNG_F32, 3, (int64_t[]){1, 4, 4}, NULL};
    faltung_tensor weight = {sobel, FALTUNG_F32, 4, (int64_t[]){1, 1, 3, 3}, NULL};
    faltung_tensor output = {edges, FALTUNG_F32, 3, (int64_t[]){1, 2, 2}, NULL};
    if (faltung_convolve(&conv, &input, &weight, NULL, &output, NULL) != FALTUNG_OK)
        return 1;
    printf("%g %g\n%g %g\n", edges[0][0], edges[0][1], edges[1][0], edges[1][1]);
}

// SPDX-License-Identifier: Apache-2.0
#include "files/pnm.h"
#include "files/shape.h"

#include <errno.h>
#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

// ------------------------------------------------------------------------------------- reading

static int malformed(session *s, const input *in, const char *reason)
{
    return refuse(s, EXIT_BAD_FILE, "%s: malformed picture: %s", in->name, reason);
}

static bool is_space(int c)
{
    return c == ' ' || (c >= '\t' && c <= '\r');
}

static bool is_digit(int c)
{
    return c >= '0' && c <= '9';
}

// The next character of the header. A comment counts as the end of its line.
static int next_character(FILE *file)
{
    int c = getc(file);
    if (c == '#')
        while (c != '\n' && c != '\r' && c != EOF)
            c = getc(file);
    return c;
}

// Reads a number and the one space behind it, after any number of spaces before it. Numbers too
// large for a picture are cut down to one that is too large still.
static int read_number(session *s, input *in, const char *name, int64_t *number)
{
    const int64_t too_large = INT32_MAX;
    int c = next_character(in->file);
    while (is_space(c))
        c = next_character(in->file);
    bool any = is_digit(c);
    for (*number = 0; is_digit(c); c = next_character(in->file))
        *number = *number > too_large / 10 ? too_large : *number * 10 + (c - '0');
    if (c == EOF)
        return input_short(s, in, "its header");
    if (!any || !is_space(c))
        return refuse(s, EXIT_BAD_FILE, "%s: malformed picture: its %s is not a number", in->name,
                      name);
    if (*number < 1 || *number >= too_large)
        return refuse(s, EXIT_BAD_FILE, "%s: malformed picture: its %s is not within 1...%" PRId64,
                      in->name, name, too_large - 1);
    return EXIT_DONE;
}

static int read_magic(session *s, input *in, int *channels)
{
    char magic[2];
    int status = input_read(s, in, magic, sizeof magic, "its header");
    if (status)
        return status;
    if (magic[0] != 'P' || (magic[1] != '5' && magic[1] != '6'))
        return malformed(s, in, "it does not begin with P5 or P6, the kinds that are read");
    *channels = magic[1] == '5' ? 1 : 3;
    return EXIT_DONE;
}

static int read_header(session *s, input *in, pnm_picture *picture)
{
    int64_t maximum = 0;
    int status = read_magic(s, in, &picture->channels);
    if (!status)
        status = read_number(s, in, "width", &picture->width);
    if (!status)
        status = read_number(s, in, "height", &picture->height);
    if (!status)
        status = read_number(s, in, "maximum", &maximum);
    if (!status && maximum != 255)
        return refuse(s, EXIT_BAD_FILE, "%s: its maximum is %" PRId64 "; only 255 is read",
                      in->name, maximum);
    return status;
}

// From a file's order, the channels of a pixel together, to a tensor's, channel after channel.
static void separate(const unsigned char *raster, int channels, int64_t pixels, float *values)
{
    for (int channel = 0; channel < channels; channel++)
        for (int64_t i = 0; i < pixels; i++)
            *values++ = raster[i * channels + channel];
}

int pnm_read(session *s, array *a, input *in)
{
    pnm_picture picture;
    int status = read_header(s, in, &picture);
    if (status)
        return status;
    const int64_t shape[] = {picture.channels, picture.height, picture.width};
    int64_t strides[3];
    size_t bytes;
    if (!shape_lay_out(3, shape, 1, false, strides, &bytes))
        return malformed(s, in, "it is larger than any memory");
    void *raster;
    status = input_take(s, in, bytes, &raster);
    if (status)
        return status;
    status = array_make(s, a, FALTUNG_F32, 3, shape);
    if (!status)
        separate(raster, picture.channels, picture.height * picture.width, a->memory);
    free(raster);
    return status;
}

// ------------------------------------------------------------------------------------- writing

bool pnm_is_name(const char *path)
{
    return output_name_ends(path, ".pgm") || output_name_ends(path, ".ppm");
}

int pnm_check(session *s, const char *path, int rank, const int64_t *shape, pnm_picture *picture)
{
    picture->channels = output_name_ends(path, ".pgm") ? 1 : 3;
    int64_t batch = rank == 4 ? shape[0] : 1;
    int64_t channels = rank == 3 || rank == 4 ? shape[rank - 3] : 1;
    if (rank < 2 || rank > 4 || batch != 1 || channels != picture->channels ||
        shape[rank - 2] < 1 || shape[rank - 1] < 1) {
        const char *shapes = picture->channels == 1 ? "(H, W), (1, H, W) or (1, 1, H, W)"
                                                    : "(3, H, W) or (1, 3, H, W)";
        shape_text text;
        return refuse(s, EXIT_REFUSED, "'%s': a picture of this kind has shape %s, not %s", path,
                      shapes, shape_write(&text, rank, shape));
    }
    picture->height = shape[rank - 2];
    picture->width = shape[rank - 1];
    return EXIT_DONE;
}

// The comparisons send NaN to 0.
static unsigned char to_byte(double value)
{
    if (!(value > 0))
        return 0;
    return value < 255 ? (unsigned char)nearbyint(value) : 255;
}

static void interleave(const double *values, int channels, int64_t pixels, unsigned char *raster)
{
    for (int channel = 0; channel < channels; channel++)
        for (int64_t i = 0; i < pixels; i++)
            raster[i * channels + channel] = to_byte(*values++);
}

static int write_raster(session *s, const double *values, const pnm_picture *picture,
                        output_file *o)
{
    int64_t pixels = picture->height * picture->width;
    size_t bytes = (size_t)(pixels * picture->channels);
    unsigned char *raster = malloc(bytes);
    if (!raster)
        return refuse(s, EXIT_REFUSED, "the picture '%s' does not fit into memory", o->path);
    interleave(values, picture->channels, pixels, raster);
    int status = output_write(s, o, raster, bytes);
    free(raster);
    return status;
}

int pnm_write(session *s, const faltung_tensor *tensor, output_file *o)
{
    pnm_picture picture;
    int status = pnm_check(s, o->path, tensor->rank, tensor->shape, &picture);
    if (status)
        return status;
    char header[64];
    int length = snprintf(header, sizeof header, "P%d\n%" PRId64 " %" PRId64 "\n255\n",
                          picture.channels == 1 ? 5 : 6, picture.width, picture.height);
    status = output_write(s, o, header, (size_t)length);
    if (status)
        return status;
    // Rounded once: f64 holds every value of the other types.
    array values;
    status = array_copy(s, &values, tensor, FALTUNG_F64);
    if (status)
        return status;
    status = write_raster(s, values.memory, &picture, o);
    array_free(&values);
    return status;
}

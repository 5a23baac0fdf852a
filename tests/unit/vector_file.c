// SPDX-License-Identifier: Apache-2.0
#include "vector_file.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

typedef struct progress {
    vector_file *file;
    vector_error *error;
    int line;
    int64_t filled; // elements of the last case that were read
    bool ended;     // whether "end" was read
} progress;

static bool refuse(const progress *at, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

static bool refuse(const progress *at, const char *format, ...)
{
    char why[256];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(why, sizeof why, format, arguments);
    va_end(arguments);
    snprintf(at->error->text, sizeof at->error->text, "line %d: %s", at->line, why);
    return false;
}

static vector_case *last_case(const progress *at)
{
    return at->file->count ? &at->file->cases[at->file->count - 1] : NULL;
}

static bool is_complete(const progress *at)
{
    const vector_case *last = last_case(at);
    return !last || at->filled == last->count;
}

// The type that a problem says, where the digits of its elements do not tell; else 0.
static faltung_dtype find_type(const char *problem)
{
    static const faltung_dtype types[] = {FALTUNG_F16, FALTUNG_BF16, FALTUNG_C64, FALTUNG_C128};
    const char *key = strstr(problem, ",dtype=");
    for (int i = 0; key && i < 4; i++)
        if (strcmp(key + strlen(",dtype="), faltung_dtype_name(types[i])) == 0)
            return types[i];
    return (faltung_dtype)0;
}

static int parts_of(faltung_dtype type)
{
    return type == FALTUNG_C64 || type == FALTUNG_C128 ? 2 : 1;
}

// Reads sizes joined by x, to the end of the text.
static bool read_shape(const char *text, vector_case *recorded)
{
    recorded->count = 1;
    for (recorded->rank = 0; recorded->rank < FALTUNG_MAX_AXES + 2; recorded->rank++) {
        char *end;
        long size = strtol(text, &end, 10);
        if (end == text || size < 0 || size > 1000)
            return false;
        recorded->shape[recorded->rank] = size;
        recorded->count *= size;
        if (*end == '\0') {
            recorded->rank++;
            return true;
        }
        if (*end != 'x')
            return false;
        text = end + 1;
    }
    return false;
}

static bool read_case(progress *at, const char *line)
{
    vector_case recorded = {.type = 0};
    char bias[8], shape[64];
    int length = 0;
    if (!is_complete(at))
        return refuse(at, "the case before has too few elements");
    sscanf(line, "case %255s seed=%" SCNu64 " bias=%7s output=%63s %n", recorded.problem,
           &recorded.seed, bias, shape, &length);
    if (length == 0 || line[length] != '\0')
        return refuse(at, "not a case: %.160s", line);
    recorded.type = find_type(recorded.problem);
    recorded.has_bias = strcmp(bias, "yes") == 0;
    if (!recorded.has_bias && strcmp(bias, "no") != 0)
        return refuse(at, "bias=%s, allowed are yes and no", bias);
    if (!read_shape(shape, &recorded))
        return refuse(at, "output=%s is not a shape", shape);
    recorded.count *= parts_of(recorded.type);

    vector_file *file = at->file;
    vector_case *cases = realloc(file->cases, (size_t)(file->count + 1) * sizeof *cases);
    if (!cases)
        return refuse(at, "out of memory");
    file->cases = cases;
    recorded.expected = malloc((size_t)recorded.count * sizeof(double) + 1);
    if (!recorded.expected)
        return refuse(at, "out of memory");
    cases[file->count++] = recorded;
    at->filled = 0;
    return true;
}

static double decode_half(faltung_dtype type, uint64_t bits)
{
    uint16_t half = (uint16_t)bits;
    double value = 0;
    const faltung_tensor from = {&half, type, 0, NULL, NULL};
    const faltung_tensor to = {&value, FALTUNG_F64, 0, NULL, NULL};
    faltung_tensor_copy(&from, &to, NULL);
    return value;
}

static double decode(faltung_dtype type, size_t digits, uint64_t bits)
{
    uint32_t low = (uint32_t)bits;
    float single;
    double value;
    memcpy(&single, &low, sizeof single);
    memcpy(&value, &bits, sizeof value);
    return digits == 4 ? decode_half(type, bits) : digits == 8 ? (double)single : value;
}

static bool read_elements(progress *at, char *line)
{
    vector_case *recorded = last_case(at);
    char *rest = NULL;
    for (char *word = strtok_r(line, " ", &rest); word; word = strtok_r(NULL, " ", &rest)) {
        size_t digits = strspn(word, "0123456789abcdef");
        if (word[digits] != '\0')
            return refuse(at, "not an element: %.64s", word);
        if (is_complete(at))
            return refuse(at, "an element too many: %s", word);
        if (digits != 8 && digits != 16 && digits != 4)
            return refuse(at, "not an element: %.64s", word);
        faltung_dtype type = recorded->type;
        if (!type)
            type = digits == 16 ? FALTUNG_F64 : FALTUNG_F32;
        if (digits * (size_t)parts_of(type) != 2 * faltung_dtype_size(type))
            return refuse(at, "elements of different types: %s", word);
        recorded->type = type;
        recorded->expected[at->filled++] = decode(type, digits, strtoull(word, NULL, 16));
    }
    return true;
}

static bool read_end(progress *at, const char *line)
{
    int count, length = 0;
    if (!is_complete(at))
        return refuse(at, "the last case has too few elements");
    if (sscanf(line, "end %d%n", &count, &length) != 1 || line[length] != '\0')
        return refuse(at, "not an end: %.160s", line);
    if (count != at->file->count || count == 0)
        return refuse(at, "%d cases were announced, %d read", count, at->file->count);
    at->ended = true;
    return true;
}

static bool read_line(progress *at, char *line)
{
    if (line[0] == '#')
        return true;
    if (at->ended || line[0] == '\0')
        return refuse(at, "an empty line, or one after the end");
    if (strncmp(line, "case ", 5) == 0)
        return read_case(at, line);
    if (strncmp(line, "end ", 4) == 0)
        return read_end(at, line);
    return read_elements(at, line);
}

bool vector_file_read(FILE *stream, vector_file *file, vector_error *error)
{
    progress state = {file, error, 0, 0, false};
    char *line = NULL;
    size_t room = 0;
    bool good = true;
    *file = (vector_file){NULL, 0};
    while (good && getline(&line, &room, stream) >= 0) {
        state.line++;
        line[strcspn(line, "\n")] = '\0';
        good = read_line(&state, line);
    }
    free(line);
    if (good && !state.ended)
        good = refuse(&state, "the file ends early");
    if (!good)
        vector_file_free(file);
    return good;
}

void vector_file_free(vector_file *file)
{
    for (int i = 0; i < file->count; i++)
        free(file->cases[i].expected);
    free(file->cases);
    *file = (vector_file){NULL, 0};
}

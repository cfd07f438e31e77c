/* npy.h: a matrix of f32 as a NumPy file, format 1.0, written row by row: numpy.load reads it. */
#ifndef LEVIN_FORMATS_NPY_H
#define LEVIN_FORMATS_NPY_H

#include <levin/base.h>

typedef struct levin_npy levin_npy;

/** A file of rows of width numbers, which appears at path when it is committed. Yours; NULL after
 *  an error. */
levin_npy *levin__npy_open(const char *path, int64_t width);
/** Adds n rows. False after an error, which commit tells. */
bool levin__npy_add(levin_npy *f, const float *rows, int64_t n);
/** 0 when the file stands under its name as a whole. Frees f either way. */
int levin__npy_commit(levin_npy *f);
/** Gives up; nothing is left. Frees f; NULL is allowed. */
void levin__npy_abort(levin_npy *f);

#endif

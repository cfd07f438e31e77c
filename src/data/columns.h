/* columns.h: finding a column by its name, or by the names that data sets usually give it. */
#ifndef LEVIN_DATA_COLUMNS_H
#define LEVIN_DATA_COLUMNS_H

#include "data/rows.h"

enum { LEVIN_NO_COLUMN = -1 };

/* A name that a file does not have is LEVIN_ENOTFOUND, with the nearest and the list of those that
 * it has. Letter case is ignored where nothing else fits. */

/** The columns of texts: those named, else a usual pair ("premise" and "hypothesis"), else a usual
 *  single one. *pair is LEVIN_NO_COLUMN where there is none. False after an error. */
bool levin__text_columns(const levin_rows *r, const char *text_name, const char *pair_name,
                         int *text, int *pair);

/** The column of labels (values, for a regression): the one named, else a usual one. *label is
 *  LEVIN_NO_COLUMN if there is none, which is an error only if it was named or is required. */
bool levin__label_column(const levin_rows *r, const char *name, bool regression, bool required,
                         int *label);

#endif

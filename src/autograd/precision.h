/* precision.h: Lightning's words for precisions, and the one place where such a word becomes what
 * levin_set_autocast takes. The trainer, the embedder and the program ask here. */
#ifndef LEVIN_AUTOGRAD_PRECISION_H
#define LEVIN_AUTOGRAD_PRECISION_H

#include <levin/tensor.h>

/** What autocast takes for a precision: "32-true" (also for NULL), "bf16-mixed" and Lightning's
 *  other names for these, and "int8" (not for learning), in any case. 0, or LEVIN_EINVAL for a word
 * that means nothing here. */
int levin__precision_parse(const char *word, levin_dtype *out);

#endif

/* cases.h: operators' one-line problems, made real.
 *
 * A case is words: name=shape gives a tensor of random numbers (3x5; (1,4,2)x5 is ragged with those
 * lengths), name=shape<limit one of random ids below limit; name=number an attribute; the word bf16
 * turns autocast on. "x=3x5 ids=3<5 smooth=0.1". */
#ifndef LEVIN_TESTS_SUPPORT_CASES_H
#define LEVIN_TESTS_SUPPORT_CASES_H

#include "ops/op.h"

#include <levin/levin.h>

enum { CASE_TENSORS = 8 };

typedef struct {
    char text[256];
    int n;                         // tensors
    levin_tensor *t[CASE_TENSORS]; // yours; f32 ones are leaves that require gradients
    bool bf16;
} levin_case;

/** Makes the next case of *cases, a list of lines, and moves it on; false at the end. */
bool levin_case_next(levin_case *c, const char **cases, uint64_t seed);
void levin_case_free(levin_case *c);
/** A number of the case, or missing. */
double levin_case_number(const levin_case *c, const char *name, double missing);
/** Calls the operator's public function on the case; NULL after an error. */
levin_tensor *levin_case_call(const levin_op *op, const levin_case *c);

#endif

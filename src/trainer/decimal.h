/* decimal.h: the decimal of fewest digits that reads back as a given number. */
#ifndef LEVIN_TRAINER_DECIMAL_H
#define LEVIN_TRAINER_DECIMAL_H

#include <levin/base.h>

/* d.ddd times ten to the exponent. */
typedef struct levin_decimal {
    uint64_t digits; // as a whole number, without zeros at its end; at most 17 of them
    int count;       // how many they are
    int exponent;
} levin_decimal;

/** Of x, which is finite and above 0. Of several decimals of that length the nearest, as Python's
 * repr has it. */
levin_decimal levin__decimal_of(double x);

#endif

/* state.h: a checkpoint's dictionary of numbers and texts, as JSON, numbers by levin__json_real. */
#ifndef LEVIN_TRAINER_STATE_H
#define LEVIN_TRAINER_STATE_H

#include "base/json.h"

#include <levin/safetensors.h>
#include <levin/trainer.h>

/* Arrays are tensors of the file, "<prefix><key>". */
struct levin_state {
    json_t *object; // lent
    const char *prefix;
    /* Writing: takes an array into the file. */
    int (*add)(void *payload, const char *prefix, const char *key, const float *data, int64_t n);
    void *payload;
    /* Reading. */
    const levin_safetensors *tensors;
};

/** Of a number or one of the three texts; missing for anything else. */
double levin__json_real_value(const json_t *value, double missing);
/** Adds a member; takes value. NULL is a text that jansson refuses: LEVIN_EINVAL. */
void levin__json_put(json_t *object, const char *key, json_t *value);
/* No counter of a run gets there; up to here doubles, as which callbacks keep theirs, are exact,
 * and a few may be added without a thought of INT64_MAX. */
#define LEVIN_COUNT_MOST ((int64_t)1 << 53)

/** A number of levin_state_set_number that must be whole, from least, which it is where it is
 *  missing, to LEVIN_COUNT_MOST; LEVIN_EFORMAT, and least, if it is anything else. */
int64_t levin__state_count(const levin_state *s, const char *key, int64_t least);
/** A member that is an integer from 0 to LEVIN_COUNT_MOST; LEVIN_EFORMAT if it is not there. */
int64_t levin__json_need_int(const json_t *object, const char *key, const char *where);
double levin__json_need_real(const json_t *object, const char *key, const char *where);

#endif

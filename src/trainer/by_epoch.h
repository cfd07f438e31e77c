/* by_epoch.h: a number that changes from epoch to epoch, written "{0: 1, 4: 2}": 1 from epoch 0 on,
 * 2 from epoch 4 on; 1 before the first that is named. Epochs count from 0. */
#ifndef LEVIN_TRAINER_BY_EPOCH_H
#define LEVIN_TRAINER_BY_EPOCH_H

#include <levin/base.h>

enum { LEVIN_BY_EPOCH_MOST = 64 };

typedef struct levin_by_epoch {
    int n;
    struct {
        int64_t epoch, value;
    } at[LEVIN_BY_EPOCH_MOST]; // by rising epoch, the first is 0
} levin_by_epoch;

/** The same in every epoch. */
levin_by_epoch levin__by_epoch_always(int64_t value);
/** From text; epochs in any order, values from 1. 0, or LEVIN_EINVAL that names what. */
int levin__by_epoch_parse(const char *what, const char *text, levin_by_epoch *out);
int64_t levin__by_epoch_at(const levin_by_epoch *s, int64_t epoch);
/** Whether it is 1 in every epoch. */
bool levin__by_epoch_is_one(const levin_by_epoch *s);

#endif

/* case_outcome.h: what a recorded case left on the disk. */
#ifndef LEVIN_TESTS_CASE_OUTCOME_H
#define LEVIN_TESTS_CASE_OUTCOME_H

#include <jansson.h>

/** All .ckpt files below root, sorted; the caller's, as everything here. */
json_t *case_checkpoint_files(const char *root);
/** Progress counters of each of them, under Lightning's names. */
json_t *case_contents(const char *root, const json_t *files);
/** Rows of the first metrics.csv; null if there is none. */
json_t *case_metrics_csv(const char *root);

#endif

/* results.h: what fit, validate and test give to standard output. */
#ifndef LEVIN_CLI_RESULTS_H
#define LEVIN_CLI_RESULTS_H

#include <jansson.h>
#include <levin/trainer.h>

void cli_result_count(json_t *results, const char *name, int64_t value);
/** Adds a number; one that is not finite becomes null. */
void cli_result_number(json_t *results, const char *name, double value);
/** Adds a text; NULL and "" become null. */
void cli_result_text(json_t *results, const char *name, const char *value);
/** Adds those of these metrics (closed by NULL) that t has; one that is not finite is printed as
 *  nan or inf, and as null in JSON. */
void cli_result_metrics(json_t *results, const levin_trainer *t, const char *const *names);
/** Prints one JSON object on a line, or a line for each value that is not null. */
void cli_result_print(const json_t *results, bool as_json);

#endif

/* report.h: how a conformance runner counts and ends: one line for each failure, then "N passed, N
 * failed, N skipped". */
#ifndef LEVIN_TESTS_SUPPORT_REPORT_H
#define LEVIN_TESTS_SUPPORT_REPORT_H

#include <stdbool.h>

/** Counts one check; a failure prints what is said. */
void report_check(bool passed, const char *fmt, ...) __attribute__((__format__(__printf__, 2, 3)));
/** Counts a check that cannot be made here, and says why. */
void report_skip(const char *fmt, ...) __attribute__((__format__(__printf__, 1, 2)));
/** Prints the last line; the exit status. */
int report_end(void);
/** The folder of the model that tests use: $LEVIN_MODEL, or NULL. */
const char *report_model(void);
/** Folder name inside $LEVIN_DATA or ../shared/data if that is there, else NULL. Static. */
const char *report_data(const char *name);

#endif

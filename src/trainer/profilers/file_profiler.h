/* file_profiler.h: what profilers share that may write to a file: where it lies. */
#ifndef LEVIN_TRAINER_PROFILERS_FILE_PROFILER_H
#define LEVIN_TRAINER_PROFILERS_FILE_PROFILER_H

#include "base/buffer.h"

#include <levin/sys/profiler.h>

/* What the structs of such profilers begin with. */
typedef struct levin_file_profiler {
    levin_profiler base;
    char *dirpath, *filename; // as given; NULL: left open
    char *stage, *dir;        // of the running call
} levin_file_profiler;

/** A profiler of the class; texts are copied. NULL after an error. */
levin_file_profiler *levin__file_profiler_new(const levin_profiler_class *type, const char *dirpath,
                                              const char *filename);
/** Notes the call and makes the folder that is written to. 0 or an error code. */
int levin__file_profiler_setup(levin_file_profiler *p, const levin_profiled_call *call);
/** <dir>/<stage>-<name><ending>, the caller's; characters that have no place in a name of a file
 * become '_'. NULL after an error. */
char *levin__file_profiler_path(const levin_file_profiler *p, const char *name, const char *ending);
/** "FIT Profiler Report" and a new line. */
void levin__file_profiler_title(const levin_file_profiler *p, levin_buffer *out);
/** A report, which is freed: added to the file if there is a filename, else the result, to be
 * shown. What cannot be written is shown too. */
char *levin__file_profiler_report(levin_file_profiler *p, levin_buffer *text);
void levin__file_profiler_free(levin_profiler *p);

#endif

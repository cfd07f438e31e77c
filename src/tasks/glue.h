/* glue.h: the table of GLUE tasks, for the program. */
#ifndef LEVIN_TASKS_GLUE_H
#define LEVIN_TASKS_GLUE_H

#include <levin/tasks.h>

/** Name of task i; NULL behind the last. */
const char *levin__glue_word(int i);
/** The file of a split in data_dir, the caller's. NULL after an error that says where it was looked
 *  for. */
char *levin__glue_file(const char *task, const char *split, const char *data_dir);

#endif

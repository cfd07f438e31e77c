/* file_logger.h: what loggers that write files share: the folder of a run,
 * <save_dir>/<name>/version_N, and its hparams.yaml. */
#ifndef LEVIN_TRAINER_LOGGERS_FILE_LOGGER_H
#define LEVIN_TRAINER_LOGGERS_FILE_LOGGER_H

#include "trainer/loggers/names.h"

#include <levin/sys/logger.h>

/* A record that comes so many seconds after the last flush does not wait. */
#define LEVIN_LONGEST_WAIT 1.0

typedef struct levin_log_place {
    char *save_dir, *name, *version, *sub_dir; // as given; NULL: left open
    char *run;                                 // .../version_N; NULL before it has begun
    char *dir;                                 // that, or sub_dir in it
    const struct levin_log_place *shared;      // whose version it shares, or NULL
} levin_log_place;

/* What the structs of such loggers begin with. */
typedef struct levin_file_logger {
    levin_logger base;
    levin_log_place place;
    levin_names names;
} levin_file_logger;

/** A logger of the class. as_given are lent texts; NULL after an error. */
levin_file_logger *levin__file_logger_new(const levin_logger_class *type,
                                          const levin_log_place *as_given, const char *prefix);
/** The logger as one that writes files; NULL if it is of another kind. */
levin_file_logger *levin__file_logger(const levin_logger *l);
/** Makes the folder, once. Two runs that begin at the same time never get the same new one. */
int levin__file_logger_start(levin_logger *l, const char *root_dir);
/** The folder that the folders of runs lie in; *run is that of the run itself, NULL while it is a
 *  number to come. Both the caller's; NULL after an error. */
char *levin__file_logger_above(const levin_file_logger *l, const char *root_dir, char **run);
/** Those of the list that would go to the same place share one version. */
void levin__file_loggers_share(levin_logger *const *list, int n);

/* Slots of their classes. */
int levin__file_logger_hyperparameters(levin_logger *l, const char *const (*pairs)[2], int n);
const char *levin__file_logger_dir(const levin_logger *l);
void levin__file_logger_free(levin_logger *l);

#endif

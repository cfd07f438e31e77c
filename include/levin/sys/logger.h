/* logger.h: for people who write a logger. A struct of yours with `levin_logger base` first and one
 * constant levin_logger_class. */
#ifndef LEVIN_SYS_LOGGER_H
#define LEVIN_SYS_LOGGER_H

#include <levin/loggers.h>

#ifdef __cplusplus
extern "C" {
#endif

/* One cell of a row. */
typedef struct levin_logged {
    const char *name; // lent
    double value;
    bool integer; // an epoch, a number of batches
} levin_logged;

/* Functions return 0 or an error code, recorded with levin_error_set or not: it ends the run. Those
 * left NULL do nothing. */
typedef struct levin_logger_class {
    const char *name;
    size_t size;
    /** A run begins: makes its folder below root_dir unless it has its own place; the folder is to
     * be chosen once. Called before each fit, validate and test, and with "." before what a program
     * logs by hand outside of them. */
    int (*start)(levin_logger *l, const char *root_dir);
    int (*log_metrics)(levin_logger *l, const levin_logged *row, int n, int64_t step);
    int (*log_hyperparameters)(levin_logger *l, const char *const (*pairs)[2], int n);
    int (*log_text)(levin_logger *l, const char *tag, const char *text, int64_t step);
    int (*log_histogram)(levin_logger *l, const char *tag, const levin_tensor *values,
                         int64_t step);
    /** Nothing is kept back afterwards. Called at the end of a validation and before a checkpoint;
     * finalize does the same by itself. */
    int (*flush)(levin_logger *l);
    /** The run is over: "success" or "failed". */
    int (*finalize)(levin_logger *l, const char *status);
    /** The folder of this run, lent; NULL if it has none. */
    const char *(*log_dir)(const levin_logger *l);
    void (*free)(levin_logger *l); // what the struct holds, not the struct; may be NULL
} levin_logger_class;

#define LEVIN_LOGGER(type) .name = #type, .size = sizeof(type)

struct levin_logger {
    const levin_logger_class *type;
    bool has_begun; // the library's part: between start and finalize
};

/** A logger of the class, zeroed behind its base. Yours until a trainer takes it. NULL after an
 * error. */
LEVIN_API levin_logger *levin_logger_new(const levin_logger_class *type);

#ifdef __cplusplus
}
#endif
#endif

/* meter.h: a callback that measures what the results of fit report beside the metrics. */
#ifndef LEVIN_CLI_METER_H
#define LEVIN_CLI_METER_H

#include <levin/callbacks.h>

typedef struct cli_meter {
    levin_callback base;
    int64_t sequences;      // trained on
    double seconds;         // of training, validation not counted
    int64_t validated_step; // global_step of the last validation; -1: there was none
    double began;           // of the stretch of training that runs, or 0
} cli_meter;

/** Yours until a trainer takes it; it lives as long as the trainer. */
cli_meter *cli_meter_new(void);

#endif

/* span.h: a piece of time that a profiler is told of when it is over. */
#ifndef LEVIN_SYS_SPAN_H
#define LEVIN_SYS_SPAN_H

#ifdef __cplusplus
extern "C" {
#endif

typedef enum levin_span_kind {
    LEVIN_SPAN_ACTION,   // a hook or a loop of the trainer, under Lightning's name; they nest
    LEVIN_SPAN_FORWARD,  // an operator
    LEVIN_SPAN_BACKWARD, // its way back
    LEVIN_SPAN_WORK,     // of another thread: its share of an operator, a batch in the making
} levin_span_kind;

typedef struct levin_span {
    levin_span_kind kind;
    const char *name;        // lent as long as the trainer lives
    double began, ended;     // seconds, on a clock that never goes back
    double flops;            // products and sums of products; 0 where they are not counted
    int thread;              // 0, 1, 2: in the order of their first spans
    const char *thread_name; // lent until the call returns; "" if it has none
} levin_span;

#ifdef __cplusplus
}
#endif
#endif

/* span.h: telling somebody how long things took. While nobody listens, a span costs one predictable
 * branch at either end. */
#ifndef LEVIN_BASE_SPAN_H
#define LEVIN_BASE_SPAN_H

#include "base/clock.h"

#include <levin/sys/span.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>

/* Is told of each span of this process, by the thread whose it was, one at a time. */
typedef void levin_listener(void *self, const levin_span *span);

extern atomic_bool levin__spans_are_heard;

/** Listens from now on; false if somebody else does. */
bool levin__spans_listen(levin_listener *listener, void *self);
/** Stops; afterwards the listener is not called any more. */
void levin__spans_forget(void);

/** Before something begins: what levin__span_is_heard wants to know. */
static inline double levin__span_begin(void)
{
    return atomic_load_explicit(&levin__spans_are_heard, memory_order_relaxed) ? levin__seconds()
                                                                               : 0;
}
/** After it is over. */
static inline bool levin__span_is_heard(double began) { return began > 0; }
void levin__span_tell(levin_span_kind kind, const char *name, double began, double flops);

/** Names the calling thread, in at most 15 bytes; number is appended unless it is negative. */
void levin__thread_set_name(const char *name, int number);
/** Fills in the thread of a span that is told to somebody directly. */
void levin__span_set_thread(levin_span *span);

#endif

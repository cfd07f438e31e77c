/* init.h: the thread's seed and generator, which checkpoints keep. */
#ifndef LEVIN_NN_INIT_H
#define LEVIN_NN_INIT_H

#include "base/random.h"

/** The seed that levin_seed_everything was given last on this thread; 0 at first, as Lightning's
 *  seed_everything takes when it finds none. */
uint64_t levin__seed(void);
/** The generator of new weights; its state may be copied out and back. */
levin_generator *levin__generator(void);

#endif

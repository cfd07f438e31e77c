/* region.h: blocks that live long, side by side in large pages. The weights of a model are read
 * from end to end for every text, and alone each of them would be too small for such a page. */
#ifndef LEVIN_BASE_REGION_H
#define LEVIN_BASE_REGION_H

#include <stddef.h>

/** Bytes aligned to LEVIN_ALIGN, not cleared; NULL and LEVIN_ENOMEM if there are none. From any
 *  thread. */
void *levin__region_alloc(size_t bytes);
/** Gives such a block back, or does nothing for NULL; bytes as they were asked for. */
void levin__region_free(void *block, size_t bytes);

#endif

/* loader.h: what the trainer asks of a loader beside its public face. */
#ifndef LEVIN_DATA_LOADER_H
#define LEVIN_DATA_LOADER_H

#include <levin/data.h>

/** Whether the batch that is lent is the last of its epoch; waits for the next one of a stream. */
bool levin__dataloader_is_last(levin_dataloader *l);
/** Takes the chain of levin_dataloader_and apart: what follows l is the caller's. */
levin_dataloader *levin__dataloader_unchain(levin_dataloader *l);

#endif

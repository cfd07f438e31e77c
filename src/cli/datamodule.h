/* datamodule.h: the data of levin fit as a data module, which reads its files anew whenever the
 * trainer asks for loaders again. */
#ifndef LEVIN_CLI_DATAMODULE_H
#define LEVIN_CLI_DATAMODULE_H

#include "cli/data.h"

#include <levin/datamodule.h>

/** Of d, which is lent. The first loaders that it gives are train and val, which it takes; val may
 *  be NULL. Yours; NULL after an error. */
levin_datamodule *cli_datamodule(const cli_data *d, levin_dataloader *train, levin_dataloader *val);

#endif

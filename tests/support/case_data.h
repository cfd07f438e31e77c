/* case_data.h: the data of a recorded case: row i is the number i. */
#ifndef LEVIN_TESTS_CASE_DATA_H
#define LEVIN_TESTS_CASE_DATA_H

#include <jansson.h>
#include <levin/levin.h>

enum { CASE_MAX_LOADERS = 4 };

/** A loader over n rows. */
levin_dataloader *case_loader(int64_t n, const levin_dataloader_opts *opts);
/** The training loader, the caller's; NULL if the case has none. */
levin_dataloader *case_train_loader(const json_t *c);
/** The evaluation loaders, closed by NULL. */
void case_eval_loaders(const json_t *c, levin_dataloader *list[CASE_MAX_LOADERS + 1]);
/** The same in a data module, which appends its calls to a list, "setup:fit" and so on. c and calls
 *  are lent. */
levin_datamodule *case_datamodule_new(const json_t *c, json_t *calls);

#endif

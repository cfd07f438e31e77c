/* datamodule.c: see datamodule.h. */
#include "cli/datamodule.h"

#include "base/error.h"

typedef struct {
    levin_datamodule base;
    const cli_data *data;
    levin_dataloader *first[CLI_TEST]; // by split: opened before, not asked for yet
    bool has[CLI_TEST];                // a file that goes away later is missed
} datamodule;

static levin_dataloader *give(levin_datamodule *base, cli_split split)
{
    datamodule *d = (datamodule *)base;
    levin_dataloader *first = d->first[split];
    d->first[split] = NULL;
    if (first || levin_error() || !d->has[split])
        return first;
    levin_dataset *set = cli_data_open(d->data, split);
    return set ? cli_data_loader(d->data, split, set) : NULL;
}

static levin_dataloader *train_dataloader(levin_datamodule *d) { return give(d, CLI_TRAIN); }
static levin_dataloader *val_dataloader(levin_datamodule *d) { return give(d, CLI_VALIDATION); }

static void free_first(levin_datamodule *base)
{
    datamodule *d = (datamodule *)base;
    levin_dataloader_free(d->first[CLI_TRAIN]);
    levin_dataloader_free(d->first[CLI_VALIDATION]);
}

static const levin_datamodule_class text_classification = {
    .name = "TextClassificationDataModule",
    .size = sizeof(datamodule),
    .free = free_first,
    .train_dataloader = train_dataloader,
    .val_dataloader = val_dataloader,
};

levin_datamodule *cli_datamodule(const cli_data *data, levin_dataloader *train,
                                 levin_dataloader *val)
{
    datamodule *d = (datamodule *)levin_datamodule_new(&text_classification);
    if (!d) {
        levin_dataloader_free(train);
        levin_dataloader_free(val);
        return NULL;
    }
    d->data = data;
    d->first[CLI_TRAIN] = train;
    d->first[CLI_VALIDATION] = val;
    d->has[CLI_TRAIN] = train != NULL;
    d->has[CLI_VALIDATION] = val != NULL;
    return &d->base;
}

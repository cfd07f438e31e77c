/* source.h: a file or a folder that holds a model, recognised by what is in it: what levin info
 * describes and levin convert reads. */
#ifndef LEVIN_CLI_SOURCE_H
#define LEVIN_CLI_SOURCE_H

#include "formats/checkpoint.h"
#include "formats/torch_file.h"
#include "formats/weights.h"

typedef enum cli_form {
    CLI_FORM_FOLDER,      // a Hugging Face folder
    CLI_FORM_LEVIN,       // a checkpoint of levin's trainer
    CLI_FORM_LIGHTNING,   // one of PyTorch Lightning, or of another program with a state_dict
    CLI_FORM_TORCH,       // weights that torch.save wrote: pytorch_model.bin
    CLI_FORM_SAFETENSORS, // weights alone
} cli_form;

/* A tensor of the model, by its name in the state dict. */
typedef struct cli_tensor {
    const char *name;
    const levin_st_tensor *at;
} cli_tensor;

typedef struct cli_source {
    cli_form form;
    const char *path;    // lent
    cli_tensor *tensors; // in the order of names
    size_t n;
    /* What stands beside the tensors: kind, format, epoch, global_step, version, hyper_parameters,
     * and keys, the names of everything that the file holds; each only if it is there. */
    json_t *facts;
    levin_weights *weights;
    levin_checkpoint *checkpoint;
    levin_safetensors *safetensors;
    levin_torch *torch;
    levin_torch_table *table;
} cli_source;

/** Opens it; without load the tensors may have no numbers. False after an error, with nothing left
 *  to close. */
bool cli_source_open(cli_source *s, const char *path, bool load);
void cli_source_close(cli_source *s);
/** What the form is called: "Lightning checkpoint" and so on. */
const char *cli_source_kind(const cli_source *s);

#endif

/* torch_file.h: files that torch.save wrote: a zip archive with a pickle and the bytes of storages
 * (since torch 1.6), or pickles with the bytes behind them (before). What the value means, weights
 * or a checkpoint, is the caller's business. */
#ifndef LEVIN_FORMATS_TORCH_FILE_H
#define LEVIN_FORMATS_TORCH_FILE_H

#include "formats/pickle.h"

typedef struct levin_torch levin_torch;

/** Whether a file begins as torch.save's do; as little as four bytes tell. */
bool levin__torch_begins(const void *bytes, size_t n);
/** Maps a file, reads its value and checks that every storage is there and of its size. Numbers are
 *  not read yet. Yours; NULL after an error. */
levin_torch *levin__torch_open(const char *path);
/** The same over bytes in memory, which must outlive it; where names them in messages. */
levin_torch *levin__torch_parse(void *bytes, size_t n, const char *where);
void levin__torch_free(levin_torch *f);
/** What was saved. Lent, as all in it. */
const levin_value *levin__torch_root(const levin_torch *f);
/** False for the format before torch 1.6. */
bool levin__torch_is_zip(const levin_torch *f);

/* The tensors of a dict {name: tensor} in the order of names; of equal names the last one. */
typedef struct levin_torch_table {
    levin_st_tensor *at;
    size_t n;
    size_t others; // entries that are no tensors, or whose key is no text
} levin_torch_table;

/** Lists them; with load their numbers are read too, each tensor's in a place of its own, whole and
 *  in order, which f owns; else data is NULL. Free with levin__torch_table_free, before f. NULL
 *  after an error. */
levin_torch_table *levin__torch_table(levin_torch *f, const levin_value *dict, bool load);
void levin__torch_table_free(levin_torch_table *t);

#endif

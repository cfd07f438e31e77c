/* safetensors_header.h: what the JSON header of a safetensors file says, entry by entry, before
 * anybody has judged whether it fits the file. */
#ifndef LEVIN_FORMATS_SAFETENSORS_HEADER_H
#define LEVIN_FORMATS_SAFETENSORS_HEADER_H

#include "formats/header_scanner.h"

#include <levin/safetensors.h>

enum { LEVIN_ST_MAX_HEADER = 100000000 };

typedef struct levin_st_item {
    levin_text name;
    levin_st_tensor tensor;  // shape and data are set once the file has been judged
    const unsigned char *at; // where its name stands
    size_t first_dim;        // of its shape, in dims
    uint64_t begin, end;     // data_offsets
} levin_st_item;

typedef struct levin_st_pair {
    levin_text key, value;
} levin_st_pair;

/* Texts lie in the scanner's strings, in the order of the file. */
typedef struct levin_st_header {
    levin_st_item *items;
    size_t n_items, items_room;
    levin_st_pair *pairs; // __metadata__
    size_t n_pairs, pairs_room;
    uint64_t *dims; // all shapes, one after the other
    size_t n_dims, dims_room;
    bool has_metadata;
} levin_st_header;

/** Reads the header that s holds, in file order, duplicates included. On failure free it all the
 *  same. */
bool levin__st_header_read(levin_st_header *h, levin_scanner *s);
void levin__st_header_free(levin_st_header *h);

/** The type of that name, or LEVIN_ST_DTYPES. */
levin_st_dtype levin__st_dtype_find(const char *name, size_t n);
/** Elements and bytes of a shape; false if the product or the number of bits overflows 64 bits, or
 *  if the last byte is not full. */
bool levin__st_size(const uint64_t *shape, int64_t ndim, levin_st_dtype dtype, uint64_t *numel,
                    uint64_t *bytes);

#endif

/* safetensors.h: the weight format of Hugging Face, read by mapping and written atomically. The
 * reader gives the verdicts of the safetensors package 0.8 and refuses everything that it refuses.
 */
#ifndef LEVIN_SAFETENSORS_H
#define LEVIN_SAFETENSORS_H

#include <levin/base.h>

#ifdef __cplusplus
extern "C" {
#endif

typedef struct levin_safetensors levin_safetensors;

/* In the order of the safetensors package, smallest alignment first: files are laid out by it. */
typedef enum levin_st_dtype {
    LEVIN_ST_BOOL,
    LEVIN_ST_F4,
    LEVIN_ST_F6_E2M3,
    LEVIN_ST_F6_E3M2,
    LEVIN_ST_U8,
    LEVIN_ST_I8,
    LEVIN_ST_F8_E5M2,
    LEVIN_ST_F8_E4M3,
    LEVIN_ST_F8_E8M0,
    LEVIN_ST_F8_E4M3FNUZ,
    LEVIN_ST_F8_E5M2FNUZ,
    LEVIN_ST_I16,
    LEVIN_ST_U16,
    LEVIN_ST_F16,
    LEVIN_ST_BF16,
    LEVIN_ST_I32,
    LEVIN_ST_U32,
    LEVIN_ST_F32,
    LEVIN_ST_C64,
    LEVIN_ST_F64,
    LEVIN_ST_I64,
    LEVIN_ST_U64,
    LEVIN_ST_DTYPES
} levin_st_dtype;

/* A tensor of a file; everything is lent by the file. */
typedef struct levin_st_tensor {
    const char *name; // closed by a NUL; may hold NULs before it
    size_t name_size;
    levin_st_dtype dtype;
    int64_t ndim;
    const uint64_t *shape;
    uint64_t numel;
    void *data; // not aligned; private pages, may be written without touching the file
    size_t bytes;
} levin_st_tensor;

/** Maps a file and checks all of its header; nobody may cut the file while it is open. Yours. NULL
 *  with LEVIN_EIO, or LEVIN_EFORMAT ("path: byte N: what is wrong, what would be right"). */
LEVIN_API levin_safetensors *levin_safetensors_open(const char *path);
/** The same over bytes in memory, which must outlive it; where names them in messages. */
LEVIN_API levin_safetensors *levin_safetensors_parse(void *bytes, size_t n, const char *where);
LEVIN_API void levin_safetensors_free(levin_safetensors *s);
LEVIN_API int64_t levin_safetensors_count(const levin_safetensors *s);
/** Tensor i in the order of names. */
LEVIN_API const levin_st_tensor *levin_safetensors_at(const levin_safetensors *s, int64_t i);
/** By name; NULL, without an error, if it is not there. */
LEVIN_API const levin_st_tensor *levin_safetensors_find(const levin_safetensors *s,
                                                        const char *name);
/** __metadata__: number of entries, keys and values; NULL past the end or if absent. */
LEVIN_API int64_t levin_safetensors_metadata_count(const levin_safetensors *s);
LEVIN_API const char *levin_safetensors_metadata(const levin_safetensors *s, const char *key);
LEVIN_API const char *levin_safetensors_metadata_key(const levin_safetensors *s, int64_t i);

/** "F32" and so on; bits of one element. */
LEVIN_API const char *levin_st_dtype_name(levin_st_dtype dtype);
LEVIN_API int levin_st_dtype_bits(levin_st_dtype dtype);
/** Elements [first, first + n) of t as f32, from F64, F32, F16, BF16, integers or BOOL. 0, or
 *  LEVIN_EDTYPE for another type, LEVIN_EINVAL past the end. */
LEVIN_API int levin_st_to_f32(const levin_st_tensor *t, uint64_t first, uint64_t n, float *out);

/* Writing: describe every tensor first, then its bytes are fetched in file order. */
typedef struct levin_st_entry {
    const char *name;
    levin_st_dtype dtype;
    int64_t ndim;
    const uint64_t *shape;
    const void *data;
} levin_st_entry;
/** Writes a file atomically; metadata holds n_metadata pairs key, value. Tensors are ordered as the
 *  safetensors package orders them; the header is padded with spaces to a multiple of 8. 0, or
 *  LEVIN_EINVAL for what the reader would refuse, or LEVIN_EIO: then an older file at path is as it
 *  was, and nothing half-written is left. */
LEVIN_API int levin_safetensors_save(const char *path, const levin_st_entry *tensors, int64_t n,
                                     const char *const (*metadata)[2], int64_t n_metadata);

#ifdef __cplusplus
}
#endif
#endif

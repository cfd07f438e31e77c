/* record.h: TFRecord, the framing of TensorBoard's event files: length, checksum of the length,
 * bytes, checksum of the bytes. */
#ifndef LEVIN_FORMATS_RECORD_H
#define LEVIN_FORMATS_RECORD_H

#include <stddef.h>
#include <stdint.h>

enum { LEVIN_RECORD_HEAD = 12, LEVIN_RECORD_TAIL = 4 };

/** Frames n bytes that stand LEVIN_RECORD_HEAD behind record; LEVIN_RECORD_TAIL more belong to it.
 *  The size of the whole. */
size_t levin__record_frame(unsigned char *record, size_t n);

/** CRC-32C (Castagnoli, RFC 3720). */
uint32_t levin__crc32c(const void *bytes, size_t n);
/** The same, turned so that checksums can stand among bytes that are summed up again. */
uint32_t levin__crc32c_masked(const void *bytes, size_t n);

#endif

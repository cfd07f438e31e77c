/* record.c: see record.h. */
#include "formats/record.h"

#include <pthread.h>
#include <string.h>

static uint32_t table[256]; // the sum of each byte
static pthread_once_t once = PTHREAD_ONCE_INIT;

static void make_table(void)
{
    const uint32_t polynomial = 0x82f63b78; // bit-reversed
    for (uint32_t byte = 0; byte < 256; byte++) {
        uint32_t sum = byte;
        for (int bit = 0; bit < 8; bit++)
            sum = sum >> 1 ^ (sum & 1 ? polynomial : 0);
        table[byte] = sum;
    }
}

uint32_t levin__crc32c(const void *bytes, size_t n)
{
    const unsigned char *at = bytes;
    uint32_t sum = UINT32_MAX;
    pthread_once(&once, make_table);
    for (size_t i = 0; i < n; i++)
        sum = sum >> 8 ^ table[(sum ^ at[i]) & 0xff];
    return ~sum;
}

uint32_t levin__crc32c_masked(const void *bytes, size_t n)
{
    uint32_t sum = levin__crc32c(bytes, n);
    return (sum >> 15 | sum << 17) + 0xa282ead8u;
}

static void put_little_endian(unsigned char *to, uint64_t x, int bytes)
{
    for (int i = 0; i < bytes; i++)
        to[i] = (unsigned char)(x >> 8 * i);
}

size_t levin__record_frame(unsigned char *record, size_t n)
{
    unsigned char *bytes = record + LEVIN_RECORD_HEAD;
    put_little_endian(record, n, 8);
    put_little_endian(record + 8, levin__crc32c_masked(record, 8), 4);
    put_little_endian(bytes + n, levin__crc32c_masked(bytes, n), 4);
    return LEVIN_RECORD_HEAD + n + LEVIN_RECORD_TAIL;
}

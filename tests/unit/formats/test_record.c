/* test_record.c: checksums and frames of event files, against RFC 3720's vectors and bytes that
 * TensorBoard's own writer makes. */
#include "support/unit.h"

#include "formats/record.h"

static void checksums_are_those_of_the_rfc(void **state)
{
    (void)state;
    unsigned char bytes[32];
    memset(bytes, 0, sizeof bytes);
    assert_int_equal(levin__crc32c(bytes, 32), 0x8a9136aa);
    memset(bytes, 0xff, sizeof bytes);
    assert_int_equal(levin__crc32c(bytes, 32), 0x62a8ab43);
    for (unsigned char i = 0; i < 32; i++)
        bytes[i] = i;
    assert_int_equal(levin__crc32c(bytes, 32), 0x46dd794e);
    for (unsigned char i = 0; i < 32; i++)
        bytes[i] = (unsigned char)(31 - i);
    assert_int_equal(levin__crc32c(bytes, 32), 0x113fdb5c);
    assert_int_equal(levin__crc32c("123456789", 9), 0xe3069283);
    assert_int_equal(levin__crc32c("", 0), 0);
}

static void a_masked_checksum_is_turned_and_moved(void **state)
{
    (void)state;
    uint32_t sum = 0xe3069283;
    assert_int_equal(levin__crc32c_masked("123456789", 9),
                     (uint32_t)((sum >> 15 | sum << 17) + 0xa282ead8u));
}

/* As tensorboard.summary.writer.record_writer of TensorBoard 2.21 frames it. */
static void a_frame_is_tensorboards(void **state)
{
    (void)state;
    static const unsigned char expected[] = {
        0x0f, 0,   0,   0,   0,   0,   0,   0,   0x6d, 0x53, 0x2b, 0x09, 0x1a, 0x0d, 'b',  'r',
        'a',  'i', 'n', '.', 'E', 'v', 'e', 'n', 't',  ':',  '2',  0xfc, 0x98, 0x51, 0x29,
    };
    unsigned char record[LEVIN_RECORD_HEAD + 15 + LEVIN_RECORD_TAIL];
    memcpy(record + LEVIN_RECORD_HEAD,
           "\x1a\x0d"
           "brain.Event:2",
           15);
    assert_int_equal(levin__record_frame(record, 15), sizeof record);
    assert_memory_equal(record, expected, sizeof expected);
}

static void a_frame_may_hold_nothing(void **state)
{
    (void)state;
    unsigned char record[LEVIN_RECORD_HEAD + LEVIN_RECORD_TAIL + 1] = { [16] = 7 };
    assert_int_equal(levin__record_frame(record, 0), 16);
    assert_int_equal(record[16], 7);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(checksums_are_those_of_the_rfc),
        cmocka_unit_test(a_masked_checksum_is_turned_and_moved),
        cmocka_unit_test(a_frame_is_tensorboards),
        cmocka_unit_test(a_frame_may_hold_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

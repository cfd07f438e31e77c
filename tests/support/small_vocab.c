/* small_vocab.c: see small_vocab.h. */
#include "support/small_vocab.h"

#include "base/file.h"
#include "support/scratch.h"

const char SMALL_VOCAB[] = "[PAD]\n[UNK]\n[CLS]\n[SEP]\n[MASK]\na\nb\nc\nd\ne\n##a\n##b\n##c\n##d\n"
                           "##e\nab\ncab\n.\n,\n'\nbad\n";

levin_tokenizer *small_tokenizer(const levin_tokenizer_opts *opts)
{
    assert_int_equal(make_scratch(NULL), 0);
    const char *path = in_scratch("vocab.txt");
    assert_int_equal(levin__file_write(path, SMALL_VOCAB, sizeof SMALL_VOCAB - 1), LEVIN_OK);
    levin_tokenizer *t = levin_tokenizer_from_vocab(path, opts);
    if (!t)
        fail_msg("%s", levin_error_message());
    remove_scratch(NULL);
    return t;
}

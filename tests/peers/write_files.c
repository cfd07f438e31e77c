/* write_files DIR: one safetensors file for each element type, and some odd ones, in DIR/tensors;
 * and the tokenizer of DIR/original, saved again in DIR/tokenizer. Peers look at them afterwards.
 */
#include <levin/levin.h>
#include <levin/safetensors.h>
#include <stdio.h>

enum { BYTES = 256 };
static unsigned char bytes[BYTES]; // the content of every tensor
static const uint64_t square[] = { 2, 4 }, line[] = { 8 }, none[] = { 0, 3 };

static void save(const char *dir, const char *name, const levin_st_entry *entries, int64_t n,
                 const char *const (*metadata)[2], int64_t n_metadata)
{
    char path[1024];
    snprintf(path, sizeof path, "%s/tensors/%s.safetensors", dir, name);
    levin_safetensors_save(path, entries, n, metadata, n_metadata);
}

static void save_each_type(const char *dir)
{
    for (int type = 0; type < LEVIN_ST_DTYPES; type++) {
        levin_st_dtype t = (levin_st_dtype)type;
        const levin_st_entry entries[] = { { "b", t, 2, square, bytes },
                                           { "a", t, 1, line, bytes + 64 } };
        save(dir, levin_st_dtype_name(t), entries, 2, NULL, 0);
    }
}

static void save_odd_ones(const char *dir)
{
    static const char *const metadata[][2] = { { "format", "pt" },
                                               { "quote \"\\\n\t\x01", "\xc3\xa9t\xc3\xa9" } };
    const levin_st_entry mixed[] = {
        { "z", LEVIN_ST_U8, 1, line, bytes },
        { "scalar", LEVIN_ST_F64, 0, NULL, bytes },
        { "empty", LEVIN_ST_F32, 2, none, bytes },
        { "\xe6\x9d\xb1 \"\\/", LEVIN_ST_BF16, 2, square, bytes },
        { "", LEVIN_ST_I64, 1, line, bytes },
        { "a", LEVIN_ST_BOOL, 1, line, bytes + 1 },
    };
    save(dir, "mixed", mixed, sizeof mixed / sizeof *mixed, metadata, 2);
    save(dir, "metadata alone", NULL, 0, metadata, 1);
    save(dir, "nothing", NULL, 0, NULL, 0);
}

static void save_tokenizer(const char *dir)
{
    char from[1024], to[1024];
    snprintf(from, sizeof from, "%s/original", dir);
    snprintf(to, sizeof to, "%s/tokenizer", dir);
    levin_tokenizer *t = levin_tokenizer_from_pretrained(from);
    levin_tokenizer_save(t, to);
    levin_tokenizer_free(t);
}

int main(int argc, char **argv)
{
    if (argc != 2)
        return fprintf(stderr, "usage: write_files DIR\n"), 2;
    for (int i = 0; i < BYTES; i++)
        bytes[i] = i % 2 == 1; // true and false, where that matters
    save_each_type(argv[1]);
    save_odd_ones(argv[1]);
    save_tokenizer(argv[1]);
    return levin_perror("write_files");
}

/* small_vocab.c: see small_vocab.h. */
#include "support/small_vocab.h"

#include "base/file.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

const char SMALL_VOCAB[] = "[PAD]\n[UNK]\n[CLS]\n[SEP]\n[MASK]\na\nb\nc\nd\ne\n##a\n##b\n##c\n##d\n"
                           "##e\nab\ncab\n.\n,\n'\nbad\n";

static char folder[256], path[512];

const char *new_folder(void)
{
    const char *where = getenv("TMPDIR");
    snprintf(folder, sizeof folder, "%s/levin-test-XXXXXX", where ? where : "/tmp");
    assert_non_null(mkdtemp(folder));
    return folder;
}

void remove_folder(void)
{
    DIR *d = opendir(folder);
    if (!d)
        return;
    for (struct dirent *e = readdir(d); e; e = readdir(d))
        if (strcmp(e->d_name, ".") != 0 && strcmp(e->d_name, "..") != 0)
            unlink(path_in_folder(e->d_name));
    closedir(d);
    rmdir(folder);
}

const char *path_in_folder(const char *name)
{
    snprintf(path, sizeof path, "%s/%s", folder, name);
    return path;
}

const char *write_file(const char *name, const char *text)
{
    assert_int_equal(levin__file_write(path_in_folder(name), text, strlen(text)), LEVIN_OK);
    return path;
}

levin_tokenizer *small_tokenizer(const levin_tokenizer_opts *opts)
{
    new_folder();
    levin_tokenizer *t = levin_tokenizer_from_vocab(write_file("vocab.txt", SMALL_VOCAB), opts);
    if (!t)
        fail_msg("%s", levin_error_message());
    remove_folder();
    return t;
}

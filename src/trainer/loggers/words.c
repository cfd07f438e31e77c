/* words.c: see words.h. */
#include "trainer/loggers/words.h"

#include <string.h>
#include <strings.h>

static levin_logger *make_csv(void) { return levin_csv_logger(NULL); }
static levin_logger *make_tensorboard(void) { return levin_tensorboard_logger(NULL); }

/* The first of two is the one whose folder counts; they share it anyway. */
static levin_logger *const csv[] = { NULL }, *const tensorboard[] = { NULL },
                           *const csv_first[] = { NULL }, *const csv_last[] = { NULL };
levin_logger *const levin_default_logger[] = { NULL };
levin_logger *const levin_no_logger[] = { NULL };

static const struct {
    const char *word, *also;
    levin_logger *const *list;
    levin_logger *(*make[LEVIN_WORD_LOGGERS])(void);
} words[] = {
    { "true", NULL, levin_default_logger, { make_tensorboard, make_csv } },
    { "false", NULL, levin_no_logger, { NULL, NULL } },
    { "csv", "CSVLogger", csv, { make_csv, NULL } },
    { "tensorboard", "TensorBoardLogger", tensorboard, { make_tensorboard, NULL } },
    { "csv,tensorboard", NULL, csv_first, { make_csv, make_tensorboard } },
    { "tensorboard,csv", NULL, csv_last, { make_tensorboard, make_csv } },
};
enum { WORDS = sizeof words / sizeof *words };

levin_logger *const *levin__loggers_of_word(const char *word)
{
    for (int i = 0; i < WORDS; i++)
        if (strcmp(words[i].word, word) == 0 ||
            (words[i].also && strcasecmp(words[i].also, word) == 0))
            return words[i].list;
    return NULL;
}

const char *levin__word_of_loggers(levin_logger *const *list)
{
    for (int i = 0; i < WORDS; i++)
        if (words[i].list == list)
            return words[i].word;
    return NULL;
}

levin_logger *const *levin__loggers_make(levin_logger *const *list,
                                         levin_logger *made[LEVIN_WORD_LOGGERS + 1])
{
    const char *word = levin__word_of_loggers(list ? list : levin_default_logger);
    int n = 0;
    for (int i = 0; word && i < WORDS; i++)
        for (int k = 0; strcmp(words[i].word, word) == 0 && k < LEVIN_WORD_LOGGERS; k++)
            if (words[i].make[k])
                made[n++] = words[i].make[k]();
    made[n] = NULL;
    return word ? made : list;
}

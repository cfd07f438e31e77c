/* write_events DIR: a short fit of the boring module, logged to DIR by TensorBoardLogger and
 * CSVLogger: scalars of every kind, a text and a histogram; event_files.py reads them. */
#include "support/boring.h"

#include <math.h>
#include <stdio.h>

enum { NUMBERS = 2000 };

/* Numbers of many sizes, exact in f32, that the script makes too. */
static levin_tensor *make_numbers(void)
{
    levin_tensor *t = levin_zeros(LEVIN_F32, 1, (int64_t[]){ NUMBERS });
    for (int i = 0; i < NUMBERS; i++)
        ((float *)levin_tensor_data(t))[i] = ldexpf((float)(i * i % 997 - 498), i % 23 - 17);
    return t;
}

static void log_more(boring *self, const levin_batch *b)
{
    levin_logger *l = levin_trainer_logger(levin_module_trainer(&self->base), 0);
    if (b->batch_idx != 2 || self->batches > 3)
        return;
    levin_logger_log_text(l, "note", "# Zw\xc3\xb6lf\n\n*twelve* | \xe6\x9d\xb1", 2);
    levin_logger_log_histogram(l, "numbers", make_numbers(), 2);
    levin_log_number(&self->base, "nan", (double)NAN, NULL);
    levin_log_number(&self->base, "inf", (double)INFINITY, NULL);
    levin_log_number(&self->base, "a,\"b\" \xc3\xa9/\xe6\x9d\xb1", 1e-7, NULL);
}

static void fit(const char *dir)
{
    levin_logger *loggers[] = {
        levin_tensorboard_logger(NULL),
        levin_csv_logger(NULL),
        levin_tensorboard_logger(
            &(levin_tensorboard_logger_opts){ .name = "other", .prefix = "run", .sub_dir = "tb" }),
        NULL,
    };
    boring *m = boring_new(1);
    m->during_step = log_more;
    levin_save_hyperparameter(&m->base, "lr", "0.01");
    levin_save_hyperparameter(&m->base, "name", "'it''s'");
    levin_save_hyperparameter(&m->base, "flag", "true");
    levin_save_hyperparameter(&m->base, "none", "null");
    levin_save_hyperparameter(&m->base, "list", "[1, 2]");
    levin_save_hyperparameter(&m->base, "word", "b\xc3\xa9rt");
    levin_trainer *t = levin_trainer_new(&(levin_trainer_flags){
        .default_root_dir = dir, .max_epochs = 3, .log_every_n_steps = 1, .logger = loggers });
    levin_trainer_set_output(t, NULL);
    levin_trainer_fit(t, &m->base,
                      boring_loader(40, 1, &(levin_dataloader_opts){ .batch_size = 4 }),
                      boring_loader(8, 2, NULL));
    levin_trainer_test(t, &m->base, boring_loader(8, 3, NULL));
    levin_trainer_free(t);
    levin_module_free(&m->base);
}

int main(int argc, char **argv)
{
    if (argc != 2)
        return fprintf(stderr, "usage: write_events DIR\n"), 2;
    fit(argv[1]);
    return levin_perror("write_events");
}

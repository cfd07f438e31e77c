/* kills.c: kills RUNS [SEED]: a fit with a checkpoint after every step, windows of two batches and
 * validations inside the epoch gets SIGKILL at random moments and is started again until it ends.
 * Every checkpoint and log that then lies there must be readable, the weights at the end must have
 * the bits of a run that nobody killed, and no file half written may be left then. */
#include "support/boring.h"
#include "support/events.h"

#include "base/clock.h"
#include "base/file.h"
#include "base/memory.h"
#include "base/random.h"
#include "base/text.h"
#include "formats/checkpoint.h"

#include <ftw.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { MOST_KILLS = 6 }; // of one run, which then may end

static const char *final_file = "final";

/* What a child does: goes on from the last checkpoint, or begins, and writes the weights down. */
static int train(const char *root)
{
    levin_callback *callbacks[] = { levin_model_checkpoint(&(levin_model_checkpoint_opts){
                                        .every_n_train_steps = 1,
                                        .monitor = "train_loss_step",
                                        .save_top_k = 2,
                                        .save_last = LEVIN_ON }),
                                    NULL };
    boring *m = boring_new(3);
    m->dropout = 0.2;
    m->schedule = m->log_twice = true;
    levin_trainer *t = levin_trainer_new(&(levin_trainer_flags){
        .default_root_dir = root,
        .max_epochs = 2,
        .accumulate_grad_batches = 2,
        .val_check_interval = LEVIN_BATCHES(3),
        .log_every_n_steps = 1,
        .enable_progress_bar = LEVIN_OFF,
        .enable_model_summary = LEVIN_OFF,
        .callbacks = callbacks,
    });
    levin_trainer_set_output(t, NULL);
    levin_dataloader_opts shuffled = { .batch_size = 4, .shuffle = LEVIN_ON };
    levin_trainer_fit_from(t, &m->base, boring_loader(50, 1, &shuffled),
                           boring_loader(12, 2, &(levin_dataloader_opts){ .batch_size = 4 }),
                           "last");
    int64_t n = 0;
    float *weights = boring_weights(m, &n);
    char *path = levin__path_join(root, final_file);
    FILE *f = path ? fopen(path, "w") : NULL;
    if (f) {
        fwrite(weights, sizeof *weights, (size_t)n, f);
        fclose(f);
    }
    levin__free(path);
    levin__free(weights);
    levin_trainer_free(t);
    levin_module_free(&m->base);
    return f && levin_perror("kills") == 0 ? 0 : 1;
}

static void wait_for(double seconds)
{
    struct timespec time = { .tv_sec = (time_t)seconds };
    time.tv_nsec = (long)((seconds - (double)time.tv_sec) * 1e9);
    nanosleep(&time, NULL);
}

/* Starts the fit and kills it after so many seconds; 0: lets it end. Whether it ended by itself;
 * what it said then, in *status. */
static bool run_and_kill(const char *root, double after, int *status)
{
    fflush(NULL);
    pid_t child = fork();
    if (child == 0)
        exit(train(root));
    if (after > 0) {
        wait_for(after);
        kill(child, SIGKILL);
    }
    waitpid(child, status, 0);
    return WIFEXITED(*status);
}

static int unreadable, readable, half_written;

/* A log is whole lines. */
static bool is_whole_text(const char *path)
{
    char *text = slurp(path);
    bool whole = text && (!*text || text[strlen(text) - 1] == '\n');
    levin__free(text);
    return whole;
}

/* Records that follow one another, each with its checksums. */
static bool is_whole_event_file(const char *path)
{
    levin_mapping file;
    if (levin__file_map(&file, path) < 0)
        return levin_perror("kills") == 0;
    const unsigned char *at = file.data;
    size_t left = file.size, n;
    while (left && (n = event_record_size(at, left)) > 0) {
        at += n;
        left -= n;
    }
    levin__file_unmap(&file);
    return left == 0;
}

static bool is_whole_checkpoint(const char *path)
{
    levin_checkpoint *c = levin__checkpoint_open(path);
    levin__checkpoint_free(c);
    return levin_perror("kills") == 0;
}

static int look_at(const char *path, const struct stat *info, int kind, struct FTW *where)
{
    (void)info, (void)where;
    bool whole = true;
    if (kind != FTW_F)
        return 0;
    if (levin__ends_with(path, ".ckpt"))
        whole = is_whole_checkpoint(path);
    else if (levin__ends_with(path, ".csv") || levin__ends_with(path, ".yaml"))
        whole = is_whole_text(path);
    else if (strstr(path, "/events.out.tfevents."))
        whole = is_whole_event_file(path);
    else
        return 0;
    readable++;
    if (!whole) {
        unreadable++;
        fprintf(stderr, "%s cannot be read\n", path);
    }
    return 0;
}

static int look_for_rest(const char *path, const struct stat *info, int kind, struct FTW *where)
{
    (void)info, (void)kind;
    if (!strstr(path + where->base, ".tmp."))
        return 0;
    half_written++;
    fprintf(stderr, "%s is left\n", path);
    return 0;
}

static char *final_weights(const char *root, size_t *size)
{
    char *path = levin__path_join(root, final_file), *bytes = NULL;
    FILE *f = fopen(path, "r");
    *size = 0;
    if (f) {
        enum { MOST = 1 << 16 };
        bytes = levin__calloc(MOST, 1);
        *size = fread(bytes, 1, MOST, f);
        fclose(f);
    }
    levin__free(path);
    return bytes;
}

typedef struct {
    double seconds; // of a run that nobody kills
    char *weights;
    size_t size;
} reference;

static reference undisturbed(void)
{
    char *root = temporary_folder();
    int status;
    double began = levin__seconds();
    reference r = { 0 };
    if (run_and_kill(root, 0, &status) && WEXITSTATUS(status) == 0) {
        r.seconds = levin__seconds() - began;
        r.weights = final_weights(root, &r.size);
    }
    remove_folder(root);
    levin__free(root);
    return r;
}

/* Kills one run again and again until it ends, how often is in kills. Whether it ended as the
 * other. */
static bool killed_run_ends_the_same(const reference *r, levin_generator *g, int *kills)
{
    char *root = temporary_folder();
    bool ended = false;
    int status = 0;
    for (int i = 0; !ended; i++) {
        double after = i < MOST_KILLS ? levin__generator_uniform(g) * r->seconds + 1e-6 : 0;
        ended = run_and_kill(root, after, &status);
        *kills += !ended;
        nftw(root, look_at, 16, FTW_PHYS);
    }
    nftw(root, look_for_rest, 16, FTW_PHYS);
    size_t size;
    char *weights = final_weights(root, &size);
    bool same = WEXITSTATUS(status) == 0 && size && size == r->size &&
                memcmp(weights, r->weights, size) == 0;
    levin__free(weights);
    remove_folder(root);
    levin__free(root);
    return same;
}

int main(int argc, char **argv)
{
    long runs = argc > 1 ? strtol(argv[1], NULL, 10) : 0;
    if (runs < 1)
        return fprintf(stderr, "usage: kills RUNS [SEED]\n"), 2;
    unsigned long long seed =
        argc > 2 ? strtoull(argv[2], NULL, 10) : (unsigned long long)time(NULL);
    levin_generator g;
    levin__generator_seed(&g, seed);
    printf("seed %llu\n", seed);
    reference r = undisturbed();
    long different = 0;
    int kills = 0;
    for (long i = 0; i < runs && r.weights;) {
        int before = kills;
        different += !killed_run_ends_the_same(&r, &g, &kills);
        if (kills > before)
            i++;
        else // the machine is quicker now than when it was measured
            r.seconds /= 2;
    }
    printf(
        "%ld runs, %d kills: %ld ended with other weights, %d of %d files cannot be read, %d are "
        "half written and left\n",
        runs, kills, different, unreadable, readable, half_written);
    bool failed = !r.weights || different || unreadable || !readable || half_written;
    levin__free(r.weights);
    return failed;
}

/* checkpoint_io.c: where the bytes of a checkpoint lie. Without a CheckpointIO a path is a file.
 * With one, files are made and read in default_root_dir, and the plugin moves them. */
#include "trainer/checkpoint.h"

#include "base/error.h"
#include "base/file.h"
#include "base/memory.h"

#include <errno.h>
#include <stdlib.h>
#include <unistd.h>

/* An empty file of our own; NULL after an error. The caller's. */
static char *temporary(const levin_trainer *t)
{
    char *path = levin__path_join(t->set.root_dir, ".levin-checkpoint-XXXXXX");
    if (!path || levin__make_dirs(t->set.root_dir) < 0)
        return path;
    int fd = mkstemp(path);
    if (fd < 0)
        levin__error_system(errno, "%s: cannot make a file for a checkpoint", path);
    else
        close(fd);
    return path;
}

static void drop(char *path)
{
    if (path)
        unlink(path);
    levin__free(path);
}

static int report(int result, const char *path, const char *what)
{
    return levin__error_returned(result, "%s: the CheckpointIO cannot %s", path, what);
}

int levin__checkpoint_put(const levin_trainer *t, const char *path, const json_t *header,
                          const levin_st_entry *tensors, int64_t n)
{
    const levin_checkpoint_io *io = t->set.io;
    if (!io)
        return levin__checkpoint_save(path, header, tensors, n);
    char *file = temporary(t);
    if (!levin_error() && levin__checkpoint_save(file, header, tensors, n) == LEVIN_OK)
        report(io->save_checkpoint(io->payload, file, path), path, "save it");
    drop(file);
    return levin_error();
}

levin_checkpoint *levin__checkpoint_read(const levin_trainer *t, const char *path)
{
    const levin_checkpoint_io *io = t->set.io;
    if (!io)
        return levin__checkpoint_open(path);
    levin_checkpoint *c = NULL;
    char *file = temporary(t);
    if (!levin_error() &&
        report(io->load_checkpoint(io->payload, path, file), path, "load it") == LEVIN_OK)
        c = levin__checkpoint_open(file); // mapped: the name may go
    drop(file);
    return c;
}

bool levin__checkpoint_exists(const levin_trainer *t, const char *path)
{
    const levin_checkpoint_io *io = t->set.io;
    return io ? io->exists(io->payload, path) : levin__is_file(path);
}

void levin__checkpoint_remove(const levin_trainer *t, const char *path)
{
    const levin_checkpoint_io *io = t->set.io;
    if (io)
        report(io->remove_checkpoint(io->payload, path), path, "remove it");
    else if (unlink(path) != 0 && errno != ENOENT)
        levin__error_system(errno, "%s: cannot delete", path);
}

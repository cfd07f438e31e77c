/* device_stats_monitor.c: Lightning's DeviceStatsMonitor for the only device that there is, the
 * CPU: what psutil would say of the whole machine. */
#include "base/error.h"
#include "base/machine.h"
#include "trainer/classes.h"
#include "trainer/own_rows.h"

#define NAMES(hook)                                                                                \
    {                                                                                              \
        "DeviceStatsMonitor." #hook "/cpu_vm_percent", "DeviceStatsMonitor." #hook "/cpu_percent", \
            "DeviceStatsMonitor." #hook "/cpu_swap_percent"                                        \
    }
enum { STATS = 3 };
typedef const char *const stat_names[STATS];

typedef struct {
    levin_callback base;
    bool cpu_stats;
    levin_cpu_times before; // at the last look
} device_stats_monitor;

/* Of the time since the last look. */
static double busy_since(device_stats_monitor *c)
{
    levin_cpu_times now = c->before, before = c->before;
    levin__cpu_times(&now);
    c->before = now;
    return now.all > before.all ? 100 * (now.busy - before.busy) / (now.all - before.all) : 0;
}

static void log_row(levin_callback *base, levin_trainer *t, const levin_batch *b, stat_names *names)
{
    device_stats_monitor *c = (device_stats_monitor *)base;
    levin_memory_use use;
    if (!c->cpu_stats || !levin__own_row_is_due(t, b) || !levin__memory_use(&use))
        return;
    const double values[STATS] = { use.ram, busy_since(c), use.swap };
    levin_logged row[STATS];
    for (int i = 0; i < STATS; i++)
        row[i] = (levin_logged){ .name = (*names)[i], .value = values[i] };
    levin__log_write_row(t, row, STATS, t->position.stepped_batches);
}

static void check(levin_callback *base, levin_trainer *t, levin_module *m)
{
    (void)base;
    (void)m;
    if (t->running == LEVIN_RUNNING_FIT)
        levin__own_rows_need_logger(t, "DeviceStatsMonitor");
}

static void setup(levin_callback *base, levin_trainer *t, levin_module *m)
{
    device_stats_monitor *c = (device_stats_monitor *)base;
    levin_memory_use use;
    (void)t;
    (void)m;
    if (c->cpu_stats && (!levin__cpu_times(&c->before) || !levin__memory_use(&use)))
        levin__error_set(LEVIN_EUNSUPPORTED, "DeviceStatsMonitor: /proc/stat and /proc/meminfo do "
                                             "not say how busy the machine is; leave it out");
}

#define HOOK(hook)                                                                                 \
    static void hook(levin_callback *c, levin_trainer *t, levin_module *m, const levin_batch *b)   \
    {                                                                                              \
        static stat_names names = NAMES(hook);                                                     \
        (void)m;                                                                                   \
        log_row(c, t, b, &names);                                                                  \
    }
HOOK(on_train_batch_start)
HOOK(on_train_batch_end)
HOOK(on_validation_batch_start)
HOOK(on_validation_batch_end)
HOOK(on_test_batch_start)
HOOK(on_test_batch_end)

static const levin_callback_class device_stats_monitor_class = {
    .name = "DeviceStatsMonitor",
    .size = sizeof(device_stats_monitor),
    .check = check,
    .setup = setup,
    .on_train_batch_start = on_train_batch_start,
    .on_train_batch_end = on_train_batch_end,
    .on_validation_batch_start = on_validation_batch_start,
    .on_validation_batch_end = on_validation_batch_end,
    .on_test_batch_start = on_test_batch_start,
    .on_test_batch_end = on_test_batch_end,
};

levin_callback *levin_device_stats_monitor(const levin_device_stats_monitor_opts *opts)
{
    device_stats_monitor *c =
        levin_error() ? NULL
                      : (device_stats_monitor *)levin_callback_new(&device_stats_monitor_class);
    if (c)
        c->cpu_stats = !opts || opts->cpu_stats.value >= 0;
    return (levin_callback *)c;
}

#define ARGUMENT(field, missing, help)                                                             \
    LEVIN_ARGUMENT(levin_device_stats_monitor_opts, field, missing, help)

static const levin_flag arguments[] = {
    ARGUMENT(cpu_stats, "true", "processors and memory; there is no other device"),
    { 0 },
};

static levin_callback *make(const void *options) { return levin_device_stats_monitor(options); }

const levin_class levin__class_device_stats_monitor = {
    .kind = LEVIN_CLASS_CALLBACK,
    .name = "DeviceStatsMonitor",
    .paths = (const char *const[]){ "lightning.pytorch.callbacks.DeviceStatsMonitor", NULL },
    .help = "logs how busy the machine is",
    .arguments = arguments,
    .size = sizeof(levin_device_stats_monitor_opts),
    .make.callback = make,
};

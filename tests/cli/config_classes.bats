load helper

# Options whose values are classes: optimizers, schedules, callbacks, loggers.

timer=("  - class_path: lightning.pytorch.callbacks.Timer" "    init_args:" "      duration: '00:01:00:00'")
checkpoint=("  - class_path: lightning.pytorch.callbacks.ModelCheckpoint" "    init_args:" "      monitor: val_acc")

@test "a plus puts a class at the end of a list, and what follows is about the newest" {
    printed fit --trainer.callbacks+=Timer --trainer.callbacks.duration 00:01:00:00 \
        --trainer.callbacks+ ModelCheckpoint --trainer.callbacks.monitor=val_acc --trainer.callbacks.init_args.mode max
    is "trainer:" "  callbacks:" "${timer[@]}" "${checkpoint[@]}" "      mode: max"
    printed fit --trainer.callbacks+='{class_path: Timer, init_args: {duration: 00:01:00:00}}' \
        --trainer.callbacks+='[{class_path: ModelCheckpoint, init_args: {monitor: val_acc}}, ModelSummary]'
    is "trainer:" "  callbacks:" "${timer[@]}" "${checkpoint[@]}" "  - class_path: lightning.pytorch.callbacks.ModelSummary"
    printed fit --trainer.callbacks+=Timer --trainer.callbacks=ModelSummary
    is "trainer:" "  callbacks:" "  - class_path: lightning.pytorch.callbacks.ModelSummary"
    printed fit --trainer.callbacks+=Timer --trainer.callbacks=null
    is "{}"
    try fit --trainer.callbacks.monitor=val_acc
    one_line_error 2 "levin fit: --trainer.callbacks.monitor: no class was named before; --trainer.callbacks+=CLASS adds one"
    try fit --trainer.callbacks+=Timer --trainer.callbacks.duration=1 --trainer.callbacks.duration=2
    one_line_error 2 "levin fit: --trainer.callbacks.duration is given twice"
    try fit --trainer.callbacks+
    one_line_error 2 "levin fit: --trainer.callbacks+ needs a value"
}

@test "lists of files are replaced by later ones, or appended to" {
    printf 'trainer:\n  callbacks:\n  - class_path: Timer\n    init_args: {duration: 00:01:00:00}\n' >a.yaml
    printf 'trainer:\n  callbacks:\n    class_path: ModelCheckpoint\n    init_args:\n      monitor: val_acc\n' >b.yaml
    printf 'trainer:\n  callbacks+:\n  - class_path: ModelCheckpoint\n    init_args: {monitor: val_acc}\n' >more.yaml
    printed fit --config a.yaml --config b.yaml
    is "trainer:" "  callbacks:" "${checkpoint[@]}"
    printed fit --config a.yaml --config more.yaml
    is "trainer:" "  callbacks:" "${timer[@]}" "${checkpoint[@]}"
    printed fit --config a.yaml --config more.yaml --trainer.callbacks.mode=max
    is "trainer:" "  callbacks:" "${timer[@]}" "${checkpoint[@]}" "      mode: max"
}

@test "another class keeps the arguments that it knows" {
    printf 'optimizer:\n  class_path: torch.optim.AdamW\n  init_args: {lr: 1e-3, betas: [0.8, 0.99], foreach: null}\n' >a.yaml
    printf 'optimizer: {class_path: SGD}\n' >b.yaml
    printed fit --config a.yaml
    is "optimizer:" "  class_path: torch.optim.AdamW" "  init_args:" "    lr: 0.001" "    betas:" "    - 0.8" "    - 0.99"
    printed fit --config a.yaml --config b.yaml --optimizer.momentum 0.9
    is "optimizer:" "  class_path: torch.optim.SGD" "  init_args:" "    lr: 0.001" "    momentum: 0.9"
    printed fit --config a.yaml --optimizer '{lr: 2e-3}'
    is "optimizer:" "  class_path: torch.optim.AdamW" "  init_args:" "    lr: 0.002" "    betas:" "    - 0.8" "    - 0.99"
    printed fit --lr_scheduler.num_cycles 3 --lr_scheduler cosine
    is "lr_scheduler:" "  class_path: transformers.get_cosine_schedule_with_warmup" "  init_args:" "    num_cycles: 3.0"
    printed fit --config b.yaml --optimizer null
    is "{}"
}

@test "a profiler is one class, or none" {
    simple=("  profiler:" "    class_path: lightning.pytorch.profilers.SimpleProfiler")
    printed fit --trainer.profiler simple --trainer.profiler.filename perf
    is "trainer:" "${simple[@]}" "    init_args:" "      filename: perf"
    printf 'trainer: {profiler: {class_path: lightning.pytorch.profilers.SimpleProfiler, init_args: {filename: perf}}}\n' >a.yaml
    printed fit --config a.yaml --trainer.profiler.extended false
    is "trainer:" "${simple[@]}" "    init_args:" "      filename: perf" "      extended: false"
    printed fit --config a.yaml --trainer.profiler advanced
    is "trainer:" "  profiler:" "    class_path: lightning.pytorch.profilers.AdvancedProfiler" "    init_args:" "      filename: perf"
    printed fit --config a.yaml --trainer.profiler null
    is "{}"
    try fit --trainer.profiler.filename perf
    one_line_error 2 "levin fit: --trainer.profiler.filename: no class was named before; --trainer.profiler=CLASS names one"
    try fit --trainer.profiler+=simple
    one_line_error 2 "levin fit: --trainer.profiler: what is appended is not one class"
    try fit --trainer.profiler '[simple, trace]'
    one_line_error 2 "levin fit: --trainer.profiler: a list is not one class"
    try fit --trainer.profiler '{filename: perf}'
    one_line_error 2 "levin fit: --trainer.profiler: a mapping without class_path"
}

@test "a schedule takes torch's names and lists" {
    printed fit --lr_scheduler MultiStepLR --lr_scheduler.milestones '[30, 80]'
    is "lr_scheduler:" "  class_path: torch.optim.lr_scheduler.MultiStepLR" "  init_args:" "    milestones:" "    - 30" "    - 80"
    printf 'lr_scheduler: {class_path: torch.optim.lr_scheduler.MultiStepLR, init_args: {milestones: [2, 4], gamma: 0.5}}\n' >a.yaml
    printed fit --config a.yaml
    is "lr_scheduler:" "  class_path: torch.optim.lr_scheduler.MultiStepLR" "  init_args:" "    milestones:" "    - 2" "    - 4" "    gamma: 0.5"
    printed fit --lr_scheduler '{class_path: CosineAnnealingLR, init_args: {T_max: 9, eta_min: 1e-6}}'
    is "lr_scheduler:" "  class_path: torch.optim.lr_scheduler.CosineAnnealingLR" "  init_args:" "    T_max: 9" "    eta_min: 1.0e-06"
    printed fit --lr_scheduler '{class_path: ReduceLROnPlateau, init_args: {monitor: val_acc, mode: max, threshold_mode: abs}}'
    is "lr_scheduler:" "  class_path: torch.optim.lr_scheduler.ReduceLROnPlateau" "  init_args:" "    monitor: val_acc" "    mode: max" "    threshold_mode: abs"
    try fit --lr_scheduler MultiStepLR --lr_scheduler.milestones '[30, x]'
    one_line_error 2 "levin fit: --lr_scheduler.milestones: '[30, x]' is not a list of up to 32 whole numbers above 0"
}

@test "loggers are a list, or true or false" {
    printed fit --trainer.logger false
    is "trainer:" "  logger: false"
    printf 'trainer: {logger: [CSVLogger]}\n' >a.yaml
    printed fit --config a.yaml --trainer.logger true
    is "{}"
    printed fit --trainer.logger+=CSVLogger --trainer.logger.name runs
    is "trainer:" "  logger:" "  - class_path: lightning.pytorch.loggers.CSVLogger" "    init_args:" "      name: runs"
    try fit --model.name "$PLAIN" --data.task mnli --data.dir "$MNLI" "${quick[@]}" --trainer.logger+=CSVLogger \
        --trainer.logger.name runs --trainer.logger.save_dir out
    [ "$status" -eq 0 ]
    [ -f out/runs/version_0/config.yaml ]
    [ -f out/runs/version_0/metrics.csv ]
    [ ! -e lightning_logs ]
}

@test "classes that are given to fit do their work" {
    try fit --model.name "$PLAIN" --data.task mnli --data.dir "$MNLI" "${quick[@]}" --optimizer SGD \
        --optimizer.momentum 0.9 --lr_scheduler linear --lr_scheduler.warmup 2 --trainer.callbacks+=ModelCheckpoint \
        --trainer.callbacks.filename '{epoch}-{step}-mine' --trainer.callbacks.save_last true --json
    [ "$status" -eq 0 ]
    [ -f lightning_logs/version_0/checkpoints/last.ckpt ]
    ls lightning_logs/version_0/checkpoints | grep -q mine
    grep -q '^optimizer: SGD$' lightning_logs/version_0/hparams.yaml
    grep -q '^optimizer.momentum: 0.9$' lightning_logs/version_0/hparams.yaml
    loss=$(json train_loss)
    try fit --model.name "$PLAIN" --data.task mnli --data.dir "$MNLI" "${quick[@]}" --optimizer SGD --json
    json_holds "o['train_loss'] != $loss"
}

@test "torch's schedules and Lightning's callbacks have Lightning's names" {
    printed fit --lr_scheduler StepLR --lr_scheduler.step_size 2 --trainer.callbacks+=EarlyStopping \
        --trainer.callbacks.monitor=val_loss --trainer.callbacks.patience=0
    is "trainer:" "  callbacks:" "  - class_path: lightning.pytorch.callbacks.EarlyStopping" "    init_args:" \
        "      monitor: val_loss" "      patience: 0" "lr_scheduler:" \
        "  class_path: torch.optim.lr_scheduler.StepLR" "  init_args:" "    step_size: 2"
    printed fit --lr_scheduler torch.optim.lr_scheduler.CosineAnnealingLR --lr_scheduler.T_max 5
    is "lr_scheduler:" "  class_path: torch.optim.lr_scheduler.CosineAnnealingLR" "  init_args:" "    T_max: 5"
    printf 'trainer: {max_epochs: 3, enable_progress_bar: false}\ndata: {batch_size: 16, max_train_rows: 32}\n' >three.yaml
    try fit --config three.yaml --model.name "$PLAIN" --data.task mnli --data.dir "$MNLI" \
        --lr_scheduler ReduceLROnPlateau --lr_scheduler.monitor val_loss --trainer.callbacks+=EarlyStopping \
        --trainer.callbacks.monitor=val_loss --trainer.callbacks.stopping_threshold=1e9 --json
    [ "$status" -eq 0 ]
    grep -q '^lr_scheduler: ReduceLROnPlateau$' lightning_logs/version_0/hparams.yaml
    steps=$(json global_step)
    try fit --config three.yaml --model.name "$PLAIN" --data.task mnli --data.dir "$MNLI" --json
    json_holds "o['global_step'] == 3 * $steps"
}

@test "loggers and monitors that are given to fit do their work" {
    try fit --model.name "$PLAIN" --data.task mnli --data.dir "$MNLI" "${quick[@]}" --trainer.log_every_n_steps 1 \
        --trainer.logger+=TensorBoardLogger --trainer.logger.name runs --trainer.logger.sub_dir events \
        --trainer.logger+=CSVLogger --trainer.logger.name runs --trainer.logger.prefix p \
        --trainer.callbacks+=LearningRateMonitor --trainer.callbacks.logging_interval step \
        --trainer.callbacks.log_momentum true --trainer.callbacks+=DeviceStatsMonitor \
        --trainer.callbacks+=ThroughputMonitor --trainer.callbacks.window_size 2 --trainer.callbacks.separator .
    [ "$status" -eq 0 ]
    compgen -G "runs/version_0/events/events.out.tfevents.*"
    header=,$(head -n 1 runs/version_0/metrics.csv),
    for name in lr-AdamW lr-AdamW-momentum DeviceStatsMonitor.on_train_batch_end/cpu_percent train.device.mfu \
        train.device.items_per_sec validate.batches; do
        [[ "$header" == *",p-$name,"* ]] || { echo "no $name in $header"; return 1; }
    done
    [[ "$header" != *weight_decay* ]]
}

@test "wrong classes and arguments are named where they stand" {
    try fit --model.name "$PLAIN" --data.task mnli --data.dir "$MNLI" --trainer.callbacks+=ThroughputMonitor \
        --trainer.callbacks.window_size 1
    one_line_error 2 "levin fit: --trainer.callbacks: ThroughputMonitor: window_size 1"
    try fit --trainer.callbacks+=LearningRateMonitor --trainer.callbacks.logging_interval hour
    one_line_error 2 "levin fit: --trainer.callbacks.logging_interval: 'hour' is none of: null step epoch"

    try fit --trainer.callbacks+=ModelCheckpont
    one_line_error 2 "levin fit: --trainer.callbacks: unknown callback 'ModelCheckpont', did you mean ModelCheckpoint?"
    try fit --optimizer linear
    one_line_error 2 "levin fit: --optimizer: linear is an lr_scheduler, not an optimizer"
    try fit --optimizer torch.optim.LBFGS
    one_line_error 2 "levin fit: --optimizer: this build has no optimizer LBFGS"
    try fit --optimizer SGD --optimizer.betas '[0.9, 0.99]'
    one_line_error 2 "levin fit: --optimizer: SGD has no argument 'betas'; AdamW, Adam have one"
    try fit --optimizer.betas '[0.9]'
    one_line_error 2 "levin fit: --optimizer.betas: '[0.9]' is not a list of 2 numbers"
    try fit --model.name "$PLAIN" --trainer.callbacks+=EarlyStopping
    one_line_error 2 "levin fit: --trainer.callbacks.monitor is missing, EarlyStopping needs it"
    try fit --lr_scheduler StepLR --lr_scheduler.step_size 0
    one_line_error 2 "levin fit: --lr_scheduler.step_size: '0' is not a number from 1"
    printf 'trainer:\n  callbacks:\n  - class_path: ModelCheckpoint\n    init_args:\n      monitr: val_acc\n' >c.yaml
    try fit --config c.yaml
    one_line_error 2 "levin fit: c.yaml:5:7: trainer.callbacks: ModelCheckpoint has no argument 'monitr', did you mean monitor?"
    printf 'optimizer:\n  class_path: AdamW\n  init_args:\n    lr: fast\n' >c.yaml
    try fit --config c.yaml
    one_line_error 2 "levin fit: c.yaml:4:9: optimizer.lr: 'fast' is not a number"
    printf 'optimizer:\n  class_path: AdamW\n  init_args:\n    fused: true\n' >c.yaml
    try fit --config c.yaml
    one_line_error 2 "levin fit: c.yaml:4:12: optimizer.fused: 'true' is not possible here, only null"
    printf 'trainer:\n  callbacks:\n  - init_args: {}\n' >c.yaml
    try fit --config c.yaml
    one_line_error 2 "levin fit: c.yaml:3:5: trainer.callbacks: a mapping without class_path"
    printf 'trainer:\n  callbacks:\n  - class_path: ModelCheckpoint\n    init_args:\n      save_top_k: -2\n' >c.yaml
    try fit --config c.yaml --model.name "$PLAIN" --data.task mnli --data.dir "$MNLI"
    one_line_error 2 "levin fit: c.yaml:3:17: trainer.callbacks: " "save_top_k"
}

@test "help of each class" {
    for option in --trainer.callbacks --trainer.logger --optimizer --lr_scheduler; do
        try fit $option.help
        [ "$status" -eq 0 ]
        [ "${lines[0]}" = "Classes of $option; $option.help CLASS lists the arguments of one." ]
        classes=$(grep -o '^  [A-Za-z_]\+' <<<"$output")
        [ -n "$classes" ]
        for class in $classes; do
            try fit $option.help=$class
            [ "$status" -eq 0 ]
            [[ "${lines[0]}" == "$class: "* ]]
            [[ "${lines[1]}" == "class_path: "* ]]
            first=$output
            try fit $option.help $class
            [ "$output" = "$first" ]
        done
    done
    try fit --trainer.callbacks.help=lightning.pytorch.callbacks.Timer
    grep -q -- '--trainer.callbacks.duration TEXT .*time for training, DD:HH:MM:SS$' <<<"$output"
    try fit --optimizer.help=Adm
    one_line_error 2 "levin fit: unknown optimizer 'Adm', did you mean Adam?"
    try validate --optimizer.help
    one_line_error 2 "levin validate: unknown option '--optimizer.help'"
}

load helper

@test "a value out of its range is named with its place and its option" {
    printf 'trainer:\n  max_epochs: -2\n' >range.yaml
    try fit --config range.yaml
    one_line_error 2 "levin fit: range.yaml:2:15: trainer.max_epochs: -2 is below -1"
    only_line
    PL_FIT__TRAINER__DEVICES=3 try fit
    one_line_error 2 "levin fit: PL_FIT__TRAINER__DEVICES: trainer.devices 3: each device"
    printf 'trainer: {precision: bf18}\n' >precision.yaml
    try fit --config precision.yaml
    one_line_error 2 "levin fit: precision.yaml:1:22: unknown trainer.precision 'bf18', known: 32-true"
    while read -r option value said; do
        try fit "--trainer.$option" "$value"
        one_line_error 2 "levin fit: $said"
    done <<'END'
max_epochs -2 --trainer.max_epochs: -2 is below -1
fast_dev_run -1 --trainer.fast_dev_run: -1 is below 0
val_check_interval 1.5 --trainer.val_check_interval: the share 1.5 is not between 0 and 1
limit_train_batches 1.5 --trainer.limit_train_batches: 1.5 is neither
precision 64 --trainer.precision: 64 is not in this build
precision x unknown --trainer.precision 'x', known: 32-true
strategy foo unknown --trainer.strategy 'foo', known: auto
strategy ddp --trainer.strategy ddp: it shares
max_time soon --trainer.max_time: 'soon' is not a time
END
}

@test "what flags forbid each other is not said of one of them" {
    printed fit --trainer.min_epochs 2000 --trainer.check_val_every_n_epoch null
    is "trainer:" "  min_epochs: 2000" "  check_val_every_n_epoch: null"
    try fit --model.name "$PLAIN" --data.task mnli --data.dir "$MNLI" --trainer.min_epochs 3 --trainer.max_epochs 2
    one_line_error 2 "levin fit: min_epochs 3 is above max_epochs 2"
}

@test "text in brackets that cannot be read is named by its option" {
    try fit --trainer '{"max_epochs": 3'
    one_line_error 2 "levin fit: --trainer:2:1: did not find expected"
    try fit --trainer.callbacks '[{class_path: Timer}'
    one_line_error 2 "levin fit: --trainer.callbacks:2:1: did not find expected"
    try fit --trainer.callbacks+='{class_path: [}'
    one_line_error 2 "levin fit: --trainer.callbacks+:1:15: did not find expected"
    try fit --config '{trainer: {'
    one_line_error 2 "levin fit: --config:2:1: did not find expected"
    try fit --trainer '{max_epochs: two}'
    one_line_error 2 "levin fit: --trainer.max_epochs: 'two' is not a whole number"
    printed fit --trainer '{max_epochs: 2}' --trainer '{max_epochs: 3}'
    is "trainer:" "  max_epochs: 3"
}

@test "a file without a name is none" {
    try fit --config ''
    one_line_error 2 "levin fit: --config needs a file"
}

@test "what cannot work whatever the data is wrong usage, found before a model is loaded" {
    data=(--model.name "$PLAIN" --data.task mnli --data.dir "$MNLI")
    try fit "${data[@]}" --trainer.precision int8
    one_line_error 2 "levin fit: precision int8 and fit: nothing is learned in int8"
    only_line
    for monitor in LearningRateMonitor DeviceStatsMonitor ThroughputMonitor; do
        try fit "${data[@]}" --trainer.callbacks+=$monitor --trainer.logger false
        one_line_error 2 "levin fit: $monitor: there is no logger to write to"
        only_line
    done
    try validate --model.name "$NLI" --data.task mnli --data.dir "$MNLI" --trainer.callbacks+=ThroughputMonitor \
        --trainer.logger false
    one_line_error 2 "levin validate: ThroughputMonitor: there is no logger to write to"
    for command in fit validate; do
        try $command "${data[@]}" --data.max_length 129
        one_line_error 2 "levin $command: --data.max_length 129: the model has positions for 128 tokens"
        only_line
    done
    [ ! -e lightning_logs ]
}

@test "a checkpoint that is not there leaves no run behind" {
    try fit --model.name "$PLAIN" --data.task mnli --data.dir "$MNLI" --ckpt_path nowhere.ckpt
    one_line_error 1 "levin fit: nowhere.ckpt: there is no such checkpoint"
    only_line
    [ ! -e lightning_logs ]
}

@test "a number of a class is held against both its ends, where it stands" {
    printf 'optimizer:\n  class_path: AdamW\n  init_args:\n    betas: [0.9, 1.5]\n' >betas.yaml
    try fit --config betas.yaml
    one_line_error 2 "levin fit: betas.yaml:4:12: optimizer.betas: '1.5' is not a number above 0 and below 1"
    try fit --lr_scheduler OneCycleLR --lr_scheduler.pct_start 2
    one_line_error 2 "levin fit: --lr_scheduler.pct_start: '2' is not a number from 0 to 1"
}

@test "true is no number, and what YAML has for true and false is so on the command line" {
    printf 'trainer: {max_epochs: True}\n' >true.yaml
    try fit --config true.yaml
    one_line_error 2 "levin fit: true.yaml:1:23: trainer.max_epochs: 'true' is not a whole number"
    try fit --trainer.accumulate_grad_batches True
    one_line_error 2 "levin fit: --trainer.accumulate_grad_batches: 'true' is not a whole number"
    printed fit --trainer.fast_dev_run True --trainer.barebones=yes --trainer.logger Off --data.text_column yes --json=on
    is "trainer:" "  fast_dev_run: 1" "  barebones: true" "  logger: false" "data:" "  text_column: 'yes'" "json: true"
}

@test "a time may be a mapping of its units" {
    printf 'trainer: {max_time: {minutes: 5}, val_check_interval: {hours: 1.5, seconds: 1}}\n' >time.yaml
    printed fit --config time.yaml
    is "trainer:" "  max_time: '{minutes: 5}'" "  val_check_interval: '00:01:30:01'"
    "$LEVIN" fit --config time.yaml --print_config >again.yaml
    printed fit --config again.yaml --trainer.callbacks+=Timer --trainer.callbacks.duration '{"days": 1, "weeks": 1}'
    is "trainer:" "  max_time: '{minutes: 5}'" "  val_check_interval: '00:01:30:01'" "  callbacks:" \
        "  - class_path: lightning.pytorch.callbacks.Timer" "    init_args:" "      duration: '{\"days\": 1, \"weeks\": 1}'"
    try fit --trainer.max_time '{minuts: 5}'
    one_line_error 2 "levin fit: --trainer.max_time: '{minuts: 5}' is not a time" "{hours: 1, minutes: 30}"
}

@test "what is too large, and what an amount may be, is said of each flag" {
    try fit --trainer.max_epochs 99999999999999999999
    one_line_error 2 "levin fit: --trainer.max_epochs: 99999999999999999999 is too large"
    try fit --data.max_train_rows 99999999999999999999
    one_line_error 2 "levin fit: --data.max_train_rows: 99999999999999999999 is too large"
    try fit --trainer.limit_val_batches foo
    one_line_error 2 "levin fit: --trainer.limit_val_batches: 'foo' is not a number of batches or a share of them"
    [[ "$stderr" != *time* ]]
    try fit --trainer.val_check_interval foo
    one_line_error 2 "levin fit: --trainer.val_check_interval: 'foo' is not" "a time DD:HH:MM:SS" "100 steps"
}

@test "a share of an epoch and a count over epochs contradict each other, in words of the command line" {
    try fit --model.name "$PLAIN" --data.task mnli --data.dir "$MNLI" --trainer.check_val_every_n_epoch null \
        --trainer.val_check_interval 0.5
    one_line_error 2 "levin fit: val_check_interval: a share of an epoch cannot go with check_val_every_n_epoch null, "
    [[ "$stderr" != *-1* ]]
}

load helper

# A fit that --config can be laid over.
write_fit() {
    cat >fit.yaml <<END
seed_everything: 3
trainer:
  max_epochs: 1
  num_sanity_val_steps: 0
  callbacks:
  - class_path: ModelCheckpoint
    init_args:
      monitor: val_acc
      mode: max
model:
  name: $PLAIN
data:
  task: mnli
  dir: $MNLI
  batch_size: 16
optimizer:
  class_path: torch.optim.AdamW
  init_args:
    lr: 1e-3
lr_scheduler:
  class_path: transformers.get_linear_schedule_with_warmup
  init_args:
    warmup: 0.1
END
}

@test "a file says what options say" {
    write_fit
    try fit --config fit.yaml --json
    [ "$status" -eq 0 ]
    try fit --model.name "$PLAIN" --data.task mnli --data.dir "$MNLI" --data.batch_size 16 --optimizer.lr 1e-3 \
        --lr_scheduler linear --lr_scheduler.warmup 0.1 --trainer.max_epochs 1 --seed_everything 3 \
        --trainer.num_sanity_val_steps 0 --trainer.callbacks+=ModelCheckpoint \
        --trainer.callbacks.monitor val_acc --trainer.callbacks.mode=max --json
    [ "$status" -eq 0 ]
    cmp lightning_logs/version_{0,1}/model/model.safetensors
    cmp lightning_logs/version_{0,1}/metrics.csv
    cmp <(grep -v '^json' lightning_logs/version_0/config.yaml) <(grep -v '^json' lightning_logs/version_1/config.yaml)
}

@test "layers are laid over each other from left to right, key by key" {
    printf 'trainer:\n  max_epochs: 2\n  max_steps: 20\n' >a.yaml
    printf 'trainer: {max_epochs: 3}\n' >b.yaml
    printed fit --config a.yaml --config b.yaml
    is "trainer:" "  max_epochs: 3" "  max_steps: 20"
    printed fit --config b.yaml --config a.yaml
    is "trainer:" "  max_epochs: 2" "  max_steps: 20"
    printed fit --trainer.max_epochs 9 --trainer.max_steps 8 --config b.yaml
    is "trainer:" "  max_epochs: 3" "  max_steps: 8"
    printed fit --config b.yaml --trainer.max_epochs 9
    is "trainer:" "  max_epochs: 9"
    printed fit -c a.yaml --trainer.max_epochs 9 --config=b.yaml --trainer.max_epochs 10
    is "trainer:" "  max_epochs: 10" "  max_steps: 20"
    try fit --config a.yaml --trainer.max_epochs 1 --trainer.max_epochs 2
    one_line_error 2 "levin fit: --trainer.max_epochs is given twice"
}

@test "null puts a default back" {
    printf 'trainer:\n  max_epochs: 2\n  gradient_clip_val: 1.5\ndata:\n  max_length: 64\n  batch_size: 8\n' >a.yaml
    printf 'trainer:\n  max_epochs: null\n  gradient_clip_val:\ndata: {max_length: ~, batch_size: null}\n' >b.yaml
    printed fit --config a.yaml --config b.yaml
    is "{}"
    printed fit --config a.yaml --data.max_length null --data.batch_size=null --trainer.max_epochs=null
    is "trainer:" "  gradient_clip_val: 1.5"
}

@test "a file for several commands has their names above the options" {
    printf 'fit:\n  trainer: {max_epochs: 4}\nvalidate:\n  trainer:\n    limit_val_batches: 3\ntest:\n' >all.yaml
    printed fit --config all.yaml
    is "trainer:" "  max_epochs: 4"
    printed validate --config all.yaml
    is "trainer:" "  limit_val_batches: 3"
    printed test --config all.yaml
    is "{}"
    printed predict --config all.yaml
    is "{}"
    # before the command it is read first
    try --config all.yaml fit --print_config=skip_default
    [ "${output#*$'\n'}" = $'trainer:\n  max_epochs: 4' ]
    printf 'trainer: {max_epochs: 5}\n' >own.yaml
    try --config=all.yaml fit --config own.yaml --print_config=skip_default
    [ "${output#*$'\n'}" = $'trainer:\n  max_epochs: 5' ]
    try --config all.yaml
    one_line_error 2 "levin: no command behind --config"
    printf 'fit: {trainer: {max_epochs: 4}}\ntrainer: {max_epochs: 5}\n' >mixed.yaml
    try fit --config mixed.yaml
    one_line_error 2 "levin fit: mixed.yaml:2:1: 'trainer' stands beside names of commands"
}

@test "a file may hold what other commands need" {
    write_fit
    printed predict --config fit.yaml --trainer.callbacks=null
    is "trainer:" "  max_epochs: 1" "  num_sanity_val_steps: 0" "model:" "  name: $PLAIN" "data:" "  task: mnli" \
        "  dir: $MNLI" "  batch_size: 16"
    printed validate --config fit.yaml --trainer.callbacks=null
    not grep -q optimizer <<<"$output"
    printf 'trainer: {max_epoks: 3}\n' >wrong.yaml
    try predict --config wrong.yaml
    one_line_error 2 "levin predict: wrong.yaml:1:11: unknown key 'trainer.max_epoks'"
    # the command line and its groups take what is the command's own
    try validate --optimizer AdamW
    one_line_error 2 "levin validate: unknown option '--optimizer'"
}

@test "options may be grouped on the command line, in braces or in a file" {
    printed fit --trainer '{max_epochs: 2, limit_val_batches: 0.5}' --data.batch_size 4
    is "trainer:" "  max_epochs: 2" "  limit_val_batches: 0.5" "data:" "  batch_size: 4"
    printf 'max_epochs: 6\n' >trainer.yml
    printed fit --trainer trainer.yml
    is "trainer:" "  max_epochs: 6"
    printed fit --config '{trainer: {max_epochs: 7}, data.batch_size: 5}'
    is "trainer:" "  max_epochs: 7" "data:" "  batch_size: 5"
    printed fit --model '{name: a, pooling: cls}'
    is "model:" "  name: a" "  pooling: cls"
    printed fit --model a
    is "model:" "  name: a"
    try fit --trainer 3
    one_line_error 2 "levin fit: --trainer: a text is not a mapping of options"
}

@test "model and data may be written as the classes that they are" {
    printf 'model:\n  class_path: transformers.BertForSequenceClassification\n  init_args:\n    pooling: mean\ndata:\n  class_path: TextClassificationDataModule\n  init_args: {batch_size: 8}\n' >c.yaml
    printed fit --config c.yaml --model.init_args.name x
    is "model:" "  name: x" "  pooling: mean" "data:" "  batch_size: 8"
    printf 'model:\n  class_path: GPT2\n' >c.yaml
    try fit --config c.yaml
    one_line_error 2 "levin fit: c.yaml:2:15: model.class_path: 'GPT2' is not BertForSequenceClassification"
}

@test "print_config gives every option, in Lightning's order, and reads back as it is" {
    try fit --print_config
    [ "$status" -eq 0 ]
    [ "$(head -n 1 <<<"$output")" = "# levin==$("$LEVIN" --version | cut -d ' ' -f 2)" ]
    [ "$(grep '^[a-z]' <<<"$output" | cut -d : -f 1 | head -n 8 | paste -sd ' ')" = \
        "seed_everything trainer model data optimizer lr_scheduler ckpt_path weights_only" ]
    write_fit
    try fit --config fit.yaml --trainer.callbacks+=Timer --trainer.callbacks.duration 12:01:00:00 --text "" --print_config
    [ "$status" -eq 2 ] # --text is predict's
    try fit --config fit.yaml --trainer.callbacks+=Timer --trainer.callbacks.duration 12:01:00:00 \
        --trainer.max_time 12:02:00:00 --data.text_column yes --data.label_column $'two\nlines' --trainer.precision 32 \
        --print_config
    [ "$status" -eq 0 ]
    printf '%s\n' "$output" >printed.yaml
    try fit --config printed.yaml --print_config
    [ "$output" = "$(<printed.yaml)" ]
    for what in skip_default skip_null skip_default,skip_null; do
        "$LEVIN" fit --config printed.yaml --print_config=$what >less.yaml
        try fit --config less.yaml --print_config
        [ "$output" = "$(<printed.yaml)" ]
    done
    not grep -q ': null' less.yaml
    python3 -c 'import yaml' 2>/dev/null || return 0
    python3 -c 'import sys, yaml
text = open("printed.yaml").read()
read = yaml.safe_load(text)
assert read["data"]["text_column"] == "yes" and read["data"]["label_column"] == "two\nlines"
assert read["optimizer"]["init_args"]["eps"] == 1e-8
sys.exit(yaml.safe_dump(read, sort_keys=False) != text.split("\n", 1)[1])'
}

@test "print_config leaves out what it is asked to, and needs nothing that is required" {
    printed fit
    is "{}"
    try fit --print_config=skip_unset
    not grep -q ': null' <<<"$output"
    grep -q '^  max_steps: -1$' <<<"$output"
    try fit --print_config=skip_default,skip_nothing
    one_line_error 2 "levin fit: --print_config: 'skip_nothing' is not skip_default, skip_null or skip_unset"
    # null that is no default says something
    printf 'trainer: {check_val_every_n_epoch: null}\n' >n.yaml
    try fit --config n.yaml --print_config=skip_null
    grep -q '^  check_val_every_n_epoch: null$' <<<"$output"
}

@test "a run writes config.yaml, and a run from it alone is the same run" {
    write_fit
    try fit --config fit.yaml --data.max_train_rows 64 --json
    [ "$status" -eq 0 ]
    loss=$(json train_loss) val=$(json val_loss)
    config=lightning_logs/version_0/config.yaml
    grep -q '^# levin==' $config
    grep -q '^seed_everything: 3$' $config
    try fit --config $config
    json_holds "o['train_loss'] == $loss and o['val_loss'] == $val"
    cmp lightning_logs/version_{0,1}/model/model.safetensors
    cmp lightning_logs/version_{0,1}/metrics.csv
    cmp lightning_logs/version_{0,1}/config.yaml
    try test --config $config --model.name lightning_logs/version_0/model
    [ "$status" -eq 0 ]
    [ ! -e lightning_logs/version_2/config.yaml ]
}

@test "config.yaml of another run is not written over unless that is asked for" {
    write_fit
    try fit --config fit.yaml --trainer.logger false --trainer.default_root_dir out
    [ "$status" -eq 0 ]
    [ -f out/config.yaml ]
    sum=$(sha256sum <out/config.yaml)
    try fit --config fit.yaml --trainer.logger false --trainer.default_root_dir out --seed_everything 4
    one_line_error 1 "levin fit: out/config.yaml is there, from another run" "--save_config_kwargs.overwrite"
    [ "$(sha256sum <out/config.yaml)" = "$sum" ]
    [ "$(find out -name '*.ckpt' | wc -l)" -eq 1 ]
    try fit --config fit.yaml --trainer.logger false --trainer.default_root_dir out --seed_everything 4 \
        --save_config_kwargs.overwrite
    [ "$status" -eq 0 ]
    grep -q '^seed_everything: 4$' out/config.yaml
    try fit --config fit.yaml --trainer.logger false --trainer.default_root_dir out --seed_everything 5 \
        --save_config_kwargs.overwrite false
    one_line_error 1 "levin fit: out/config.yaml is there, from another run"
    not grep -q overwrite out/config.yaml
    mkdir empty && cd empty
    try fit --config ../fit.yaml --trainer.fast_dev_run true
    [ "$status" -eq 0 ]
    [ -z "$(ls -A)" ]
    try fit --config ../fit.yaml --trainer.fast_dev_run false
    [ -f lightning_logs/version_0/config.yaml ]
}

@test "a switch is on by its name, or as the word behind it says" {
    for words in --json=true "--json true" --json; do
        printed validate $words --data.batch_size 3
        is "data:" "  batch_size: 3" "json: true"
    done
    for words in --json=false "--json false"; do
        printed validate $words --data.batch_size 3
        is "data:" "  batch_size: 3"
    done
    try validate --json maybe
    one_line_error 2 "levin validate: unexpected word 'maybe'"
    try validate --json true true
    one_line_error 2 "levin validate: unexpected word 'true'"
    # where a command takes words, it is one of them until it has them all
    try info --json true
    one_line_error 1 "levin info: true: "
    try info "$PLAIN" --json true
    json_holds 'o["model_type"] == "bert"'
    try fit --trainer.enable_progress_bar --json
    one_line_error 2 "levin fit: --trainer.enable_progress_bar needs a value"
}

@test "a seed is a number, the environment's, or a new one, and is written down" {
    printed fit --seed_everything true
    is "{}"
    PL_GLOBAL_SEED=11 printed fit --seed_everything true
    is "seed_everything: 11"
    printed fit --seed_everything false
    [[ "$output" =~ ^seed_everything:\ [0-9]+$ ]]
    first=$output
    printed fit --seed_everything false
    [ "$output" != "$first" ]
}

# wrong TEXT MESSAGE: what a file of that text is answered with.
wrong() {
    printf "$1" >wrong.yaml
    try fit --config wrong.yaml
    one_line_error 2 "levin fit: wrong.yaml$2"
    only_line
    [ -z "$output" ]
}

@test "bad YAML is named with line and column" {
    wrong 'trainer:\n  max_epochs: 2\n max_steps: 3\n' ":3:2: did not find expected key while parsing a block mapping"
    wrong 'trainer: {max_epochs: 2\n' ":2:1: did not find expected ',' or '}'"
    wrong 'trainer:\n\tmax_epochs: 2\n' ":2:1: found character that cannot start any token"
    wrong 'trainer:\n  max_epochs: 2\n  max_epochs: 3\n' ":3:3: 'max_epochs' is given twice, first in line 2"
    wrong 'trainer: &t {max_epochs: 2}\nmodel:\n  <<: *t\n' ":3:3: merge keys (<<) are not read"
    wrong 'trainer: !!python/object:os.system {}\n' ":1:10: tags such as"
    wrong 'model: {name: "caf\xe9"}\n' ":1:20: invalid trailing UTF-8 octet"
    wrong 'a: 1\n---\nb: 2\n' ":2:1: a second document"
}

@test "a file may be empty, and may be a pipe" {
    : >empty.yaml
    printed fit --config empty.yaml
    is "{}"
    printed fit --trainer.max_epochs 3 --config /dev/null
    is "trainer:" "  max_epochs: 3"
    printed fit --config <(printf 'trainer: {max_epochs: 4, track_grad_norm: .inf}\n')
    is "trainer:" "  max_epochs: 4" "  track_grad_norm: inf"
    printed fit --trainer.track_grad_norm .Inf
    is "trainer:" "  track_grad_norm: inf"
    PL_CONFIG=<(echo 'fit: {trainer: {max_epochs: 5}}') printed fit
    is "trainer:" "  max_epochs: 5"
    try fit --config <(yes)
    one_line_error 2 "levin fit: /dev/fd/" "more than the limit of 1048576 bytes"
}

@test "files that are missing or something else are one-line errors" {
    try fit --config nowhere.yaml
    one_line_error 2 "levin fit: nowhere.yaml: cannot open: No such file or directory"
    try fit --config .
    one_line_error 2 "levin fit: .: "
    wrong '[1, 2]\n' ":1:1: a list is not a mapping of options"
    wrong 'hello\n' ":1:1: a text is not a mapping of options"
    try fit --config "$PLAIN/model.safetensors"
    one_line_error 2 "levin fit: $PLAIN/model.safetensors"
    try fit --config
    one_line_error 2 "levin fit: --config needs a value"
    head -c 2000000 /dev/zero | tr '\0' '#' >large.yaml
    try fit --config large.yaml
    one_line_error 2 "levin fit: large.yaml: " "1048576"
}

@test "wrong keys, types and ranges are named with line and column, also where they are laid over" {
    wrong 'trainer:\n  max_epoch: 2\n' ":2:3: unknown key 'trainer.max_epoch', did you mean trainer.max_epochs?"
    wrong 'trainr: {}\n' ":1:1: unknown key 'trainr'"
    wrong 'trainer:\n  max_epochs: two\n' ":2:15: trainer.max_epochs: 'two' is not a whole number"
    wrong 'trainer:\n  max_epochs: [1]\n' ":2:15: trainer.max_epochs: '[1]' is not a whole number"
    wrong 'trainer: {enable_progress_bar: 3}\n' ":1:32: trainer.enable_progress_bar: '3' is not true or false"
    wrong 'trainer: 3\n' ":1:10: trainer: a whole number is not a mapping of options"
    wrong 'data: {batch_size: 0}\n' ":1:20: data.batch_size: '0' is not a whole number from 1 to 65536"
    wrong 'data: {batch_size: [8]}\n' ":1:20: data.batch_size: a list is not one value"
    wrong 'data: {task: mnly}\n' ":1:14: unknown data.task 'mnly', did you mean mnli?"
    wrong 'json: 3\n' ":1:7: json: '3' is not true or false"
    wrong 'seed_everything: -1\n' ":1:18: seed_everything: '-1' is not a whole number from 0"
    wrong 'weights_only: false\n' ":1:15: unknown weights_only 'false', known: true"
    wrong 'config: other.yaml\n' ":1:1: config is for the command line alone"
    wrong 'save_config_kwargs: {overwrite: true}\n' ":1:22: save_config_kwargs.overwrite is for the command line alone"
    printf 'trainer: {max_epochs: 3}\n' >right.yaml
    printf 'trainer: {max_epochs: two}\n' >wrong.yaml
    try fit --config wrong.yaml --config right.yaml
    one_line_error 2 "levin fit: wrong.yaml:1:23: trainer.max_epochs: 'two' is not"
    try fit --config '{trainer: {max_epochs: two}}'
    one_line_error 2 "levin fit: --config:1:24: trainer.max_epochs: 'two' is not"
}

@test "flags that contradict each other are refused wherever they come from" {
    write_fit
    printf 'trainer: {min_epochs: 3, max_epochs: 2}\n' >wrong.yaml
    try fit --config fit.yaml --config wrong.yaml
    one_line_error 2 "levin fit: min_epochs 3 is above max_epochs 2"
}

@test "a checkpoint says which model its weights belong to" {
    write_fit
    try fit --config fit.yaml --model.pooling mean --json
    [ "$status" -eq 0 ]
    loss=$(json val_loss)
    data=(--data.task mnli --data.dir "$MNLI" --data.batch_size 16)
    checkpoint=$(ls lightning_logs/version_0/checkpoints/*.ckpt)
    try validate --ckpt_path "$checkpoint" "${data[@]}" --json
    [ "$status" -eq 0 ]
    json_holds "abs(o['val_loss'] - $loss) < 1e-6"
    try validate --ckpt_path "$checkpoint" "${data[@]}" --model.name "$PLAIN" --model.pooling MEAN --json
    json_holds "abs(o['val_loss'] - $loss) < 1e-6"
    try validate --ckpt_path "$checkpoint" "${data[@]}" --model.pooling cls
    one_line_error 2 "levin validate: --model.pooling: cls, but the model of $checkpoint has mean"
    try predict --ckpt_path "$checkpoint" --model.name "$PLAIN" --text "the dog"
    [ "$status" -eq 0 ]
    head -c 100 "$checkpoint" >short.ckpt
    try validate --ckpt_path short.ckpt "${data[@]}" --model.name "$PLAIN"
    one_line_error 1 "levin validate: short.ckpt"
    try validate --ckpt_path nowhere.ckpt "${data[@]}"
    one_line_error 2 "levin validate: --model.name is missing"
}

@test "a checkpoint says so also of a pooling that was left open" {
    write_fit
    levin fit --config fit.yaml >/dev/null
    data=(--data.task mnli --data.dir "$MNLI" --data.batch_size 16)
    checkpoint=$(ls lightning_logs/version_0/checkpoints/*.ckpt)
    grep -x 'model.pooling: pooler' lightning_logs/version_0/hparams.yaml
    for command in "validate ${data[*]}" "predict --text dog" "fit ${data[*]}"; do
        try $command --ckpt_path "$checkpoint" --model.pooling cls
        one_line_error 2 "levin ${command%% *}: --model.pooling: cls, but the model of $checkpoint has pooler"
    done
    try fit --config fit.yaml --trainer.max_epochs 2 --ckpt_path last --model.pooling cls
    one_line_error 2 "levin fit: --model.pooling: cls, but the model of lightning_logs/version_0/checkpoints/"
}

@test "last and best are checkpoints of earlier runs" {
    write_fit
    try validate --config fit.yaml --ckpt_path last
    one_line_error 1 "levin validate: --ckpt_path: no last checkpoint was found; name a file"
    try predict --config fit.yaml --ckpt_path hpc --text dog
    one_line_error 1 "levin predict: --ckpt_path: no hpc checkpoint was found; name a file"
    try validate --config fit.yaml --ckpt_path nowhere.ckpt
    one_line_error 1 "levin validate: nowhere.ckpt: there is no such checkpoint"
    try fit --config fit.yaml --ckpt_path last --trainer.limit_train_batches 1 --trainer.default_root_dir afresh
    [[ "$stderr" == *"new weights: classifier"*"training begins afresh"* ]]
    levin fit --config fit.yaml --trainer.max_epochs 3 --trainer.callbacks ModelCheckpoint \
        --trainer.callbacks.monitor val_loss --trainer.callbacks.mode max --trainer.callbacks.save_last true >/dev/null
    data=(--data.task mnli --data.dir "$MNLI" --data.batch_size 16 --json)
    for word in last best; do
        try validate "${data[@]}" --ckpt_path $word
        [ "$status" -eq 0 ]
        eval "$word=$(json val_loss)"
    done
    python3 -c 'import sys; sys.exit(not float(sys.argv[1]) < float(sys.argv[2]))' $last $best
    try validate "${data[@]}" --ckpt_path lightning_logs/version_0/checkpoints/last.ckpt
    [ "$(json val_loss)" = "$last" ]
    try predict --ckpt_path best --text "the dog"
    [ "$status" -eq 0 ]
}

@test "labels that differ in case only are two labels" {
    printf 'text\tlabel\nthe dog\tpos\nthe cat\tneg\n' >two.tsv
    printf 'text\tlabel\nthe dog\tpos\nthe cat\tPOS\n' >case.tsv
    try fit --model.name "$PLAIN" --data.train_file two.tsv --trainer.max_epochs 1
    [ "$status" -eq 0 ]
    try fit --model.name lightning_logs/version_0/model --data.train_file case.tsv --trainer.max_epochs 1
    [ "$status" -eq 0 ]
    grep -q '"POS"' lightning_logs/version_1/model/config.json
}

@test "docs/configuration.md: its files and options are read, and its errors are these" {
    doc="$BATS_TEST_DIRNAME/../../docs/configuration.md"
    awk '/^```yaml/ { n++; on = 1; next } /^```/ { on = 0 } on { print > ("block" n ".yaml") }' "$doc"
    mv block1.yaml base.yaml
    printed fit --config base.yaml
    is "$(cat base.yaml)"
    printed validate --config block2.yaml
    is "trainer:" "  limit_val_batches: 0.5"
    echo '{}' >more.yaml
    line=$(sed -n '/^levin fit --config base/,/^```/p' "$doc" | grep -v '```' | tr -d '\\\n')
    eval "try ${line#levin }"
    [ "$status" -eq 0 ]
    grep -q '^  class_path: torch.optim.SGD$' <<<"$output"
    grep -q '^      monitor: val_loss$' <<<"$output"
    says() { [ "$status" -eq 2 ] && [ "$stderr" = "$(grep -F "$stderr" "$doc")" ] || { echo "$stderr"; return 1; }; }
    printf 'seed_everything: 7\ntrainer:\n  max_epoch: 3\n' >base.yaml
    try fit --config base.yaml
    says
    printf 'seed_everything: 7\ntrainer:\n  max_epochs: two\n' >base.yaml
    try fit --config base.yaml
    says
    printf 'seed_everything: 7\ntrainer:\n  max_epochs: 3\n max_steps: 3\n' >base.yaml
    try fit --config base.yaml
    says
    PL_FIT__DATA__BATCH_SIZE=0 try fit
    says
    try fit --optimizer SGD --optimizer.betas '[0.9, 0.99]'
    says
}

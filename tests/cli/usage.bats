load helper

@test "an unknown option is answered with the nearest name, or with where to look" {
    try fit --trainer.max_epoch 3
    one_line_error 2 "levin fit: unknown option '--trainer.max_epoch', did you mean --trainer.max_epochs?"
    only_line
    try fit --banana 3
    one_line_error 2 "levin fit: unknown option '--banana'; levin help fit lists them"
    try predict --optimizer adamw
    one_line_error 2 "levin predict: unknown option '--optimizer'"
    [ -z "$output" ]
}

@test "a missing value, a value too many and a second value are errors of usage" {
    try fit --model.name
    one_line_error 2 "levin fit: --model.name needs a value"
    try fit --model.name --json
    one_line_error 2 "levin fit: --model.name needs a value" "--name=value"
    try fit --banana
    one_line_error 2 "levin fit: unknown option '--banana'"
    try validate --optimizer.lr --json
    one_line_error 2 "levin validate: unknown option '--optimizer.lr'"
    try fit --optimizer.lr
    one_line_error 2 "levin fit: --optimizer.lr needs a value"
    try fit --json=maybe
    one_line_error 2 "levin fit: --json: 'maybe' is not true or false"
    try fit --data.batch_size 8 --data.batch_size=9
    one_line_error 2 "levin fit: --data.batch_size is given twice"
    try fit train
    one_line_error 2 "levin fit: unexpected word 'train'"
    try fit --data.task mnli
    one_line_error 2 "levin fit: --model.name is missing"
}

@test "values of a wrong kind are named with what would be right" {
    try fit --data.batch_size many
    one_line_error 2 "levin fit: --data.batch_size: 'many' is not a whole number from 1"
    try fit --data.batch_size 0
    one_line_error 2 "levin fit: --data.batch_size: '0' is not"
    try fit --data.max_train_rows -3
    one_line_error 2 "levin fit: --data.max_train_rows: '-3' is not a whole number from 0"
    try fit --data.max_train_rows 99999999999999999999
    one_line_error 2 "levin fit: --data.max_train_rows: 99999999999999999999 is too large"
    try fit --optimizer.lr 0
    one_line_error 2 "levin fit: --optimizer.lr: '0' is not a number above 0"
    try fit --optimizer.lr nan
    one_line_error 2 "levin fit: --optimizer.lr: 'nan' is not"
    try fit --trainer.max_epochs two
    one_line_error 2 "levin fit: --trainer.max_epochs: 'two' is not a whole number"
    try fit --trainer.profiler simpel
    one_line_error 2 "levin fit: --trainer.profiler: unknown profiler 'simpel'"
    try fit --trainer.profiler pytorch
    one_line_error 2 "levin fit: --trainer.profiler: this build has no profiler pytorch; trace draws"
    try fit --trainer.logger wandb
    one_line_error 2 "levin fit: --trainer.logger: unknown logger 'wandb', known: CSVLogger"
    try fit --trainer.enable_progress_bar maybe
    one_line_error 2 "levin fit: --trainer.enable_progress_bar: 'maybe' is not true or false"
}

@test "names of optimizers, schedules, heads, poolings and tasks are known in any case" {
    for pair in "--model.pooling Poolr pooler" "--data.task mnly mnli"; do
        read -r option wrong right <<<"$pair"
        try fit "$option" "$wrong"
        one_line_error 2 "levin fit: unknown $option '$wrong', did you mean $right?"
    done
    try fit --optimizer ADAMWW
    one_line_error 2 "levin fit: --optimizer: unknown optimizer 'ADAMWW', did you mean AdamW?"
    try fit --lr_scheduler Liner
    one_line_error 2 "levin fit: --lr_scheduler: unknown lr_scheduler 'Liner', did you mean linear?"
    try fit --model.head svm
    one_line_error 2 "levin fit: unknown --model.head 'svm'" "linear"
    try fit --model.name "$PLAIN" --optimizer AdamW --lr_scheduler LINEAR --model.head Linear \
        --model.pooling CLS --data.task MNLI --data.dir "$MNLI" --trainer.fast_dev_run 1
    [ "$status" -eq 0 ]
}

@test "--name=value, dashes and underscores are alike" {
    try tokenize --model="$PLAIN" --text="the dog" --max_length=3
    [ "$status" -eq 0 ]
    [ "$output" = "[CLS] the [SEP]" ]
    try tokenize --model.name "$PLAIN" --text=--the --max-length 4
    [ "$status" -eq 0 ]
    [ "$output" = "[CLS] - - [SEP]" ]
}

@test "trainer flags that make no sense are errors of usage" {
    try fit --model.name "$PLAIN" --data.task mnli --data.dir "$MNLI" --trainer.precision 17
    one_line_error 2 "levin fit: " "precision" "17"
    try fit --model.name "$PLAIN" --data.task mnli --data.dir "$MNLI" --trainer.max_time soon
    one_line_error 2 "levin fit: " "max_time" "soon"
    [ ! -e lightning_logs ]
}

@test "fit without data says which options name it" {
    try fit --model.name "$PLAIN"
    one_line_error 2 "levin fit: " "--data.train_file" "--data.task"
    try fit --model.name "$PLAIN" --data.task mnli
    one_line_error 2 "levin fit: " "--data.dir"
    try fit --model.name "$PLAIN" --data.dir "$MNLI"
    one_line_error 2 "levin fit: " "--data.task"
    try validate --model.name "$NLI"
    one_line_error 2 "levin validate: " "--data.validation_file"
    try test --model.name "$NLI"
    one_line_error 2 "levin test: " "--data.test_file"
}

@test "a variable of the environment that says nothing known is an error of usage" {
    LEVIN_CPU=avx3 try info
    one_line_error 2 "levin info: unknown LEVIN_CPU 'avx3', did you mean avx2? known: amx, avx512_bf16, avx512_vnni, avx512, avx2, generic"
    only_line
    [ -z "$output" ]
    LEVIN_BACKEND=gpu try fit --model.name "$PLAIN" --data.task mnli --data.dir "$MNLI"
    one_line_error 2 "levin fit: unknown LEVIN_BACKEND 'gpu'" "known: ref, cpu, dnnl"
    [ ! -e lightning_logs ]
    for n in 0 -1 257 two 99999999999999999999; do
        LEVIN_NUM_THREADS=$n try predict --model.name "$NLI" --text dog --text_pair cat
        one_line_error 2 "levin predict: LEVIN_NUM_THREADS '$n' is not a whole number from 1 to 256"
        only_line
    done
    for known in LEVIN_CPU=amx LEVIN_CPU=avx512_bf16 LEVIN_CPU=avx512 LEVIN_BACKEND=cpu LEVIN_CPU= LEVIN_BACKEND= LEVIN_NUM_THREADS=; do
        run --separate-stderr env "$known" "$LEVIN" info
        [ "$status" -eq 0 ]
    done
    LEVIN_BACKEND=dnnl try info
    [ "$status" -eq 0 ] || one_line_error 2 "levin info: LEVIN_BACKEND 'dnnl': this levin was built without oneDNN"
}

@test "help needs no environment" {
    LEVIN_CPU=avx3 try help fit
    [ "$status" -eq 0 ]
    LEVIN_CPU=avx3 try fit --help
    [ "$status" -eq 0 ]
}

@test "a forgotten group, an old flag and a group spelt wrong are answered with what was meant" {
    try fit --max_epochs 2
    one_line_error 2 "levin fit: unknown option '--max_epochs', did you mean --trainer.max_epochs?"
    try fit --batch-size 2
    one_line_error 2 "levin fit: unknown option '--batch-size', did you mean --data.batch_size?"
    try fit --max_epoch 2
    one_line_error 2 "levin fit: unknown option '--max_epoch', did you mean --trainer.max_epochs?"
    for option in --gpus --trainer.gpus; do
        try fit $option 1
        one_line_error 2 "levin fit: option '$option' is gone: now accelerator and devices"
    done
    try fit --trainer.model_registry x
    one_line_error 2 "levin fit: option '--trainer.model_registry' is not supported: it is a service of Lightning's cloud"
    printf 'fit: {trainr: {max_epochs: 2}}\n' >group.yaml
    try fit --config group.yaml
    one_line_error 2 "levin fit: group.yaml:1:7: unknown key 'trainr', did you mean trainer?"
    printf 'max_epochs: 2\n' >top.yaml
    try fit --config top.yaml
    one_line_error 2 "levin fit: top.yaml:1:1: unknown key 'max_epochs', did you mean trainer.max_epochs?"
    # a word of another command, and one that is near nothing
    try fit --version
    one_line_error 2 "levin fit: unknown option '--version'; levin help fit lists them"
    try tokenize --gpus 1
    one_line_error 2 "levin tokenize: unknown option '--gpus'; levin help tokenize lists them"
}

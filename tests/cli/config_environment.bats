load helper

@test "a variable is an option: two underscores are a point" {
    export PL_FIT__TRAINER__MAX_EPOCHS=4 PL_FIT__DATA__BATCH_SIZE=7 PL_FIT__SEED_EVERYTHING=5
    printed fit
    is "seed_everything: 5" "trainer:" "  max_epochs: 4" "data:" "  batch_size: 7"
    printed fit --data.batch_size 9
    is "seed_everything: 5" "trainer:" "  max_epochs: 4" "data:" "  batch_size: 9"
    printed validate
    is "{}"
    PL_FIT__TRAINER='{max_epochs: 5, max_steps: 6}' PL_FIT__TRAINER__MAX_EPOCHS= printed fit
    is "seed_everything: 5" "trainer:" "  max_epochs: 5" "  max_steps: 6" "data:" "  batch_size: 7"
}

@test "PL_TRAINER_ and a flag is the default of that flag, under all that was said" {
    export PL_TRAINER_MAX_EPOCHS=3 PL_TRAINER_ENABLE_PROGRESS_BAR=False PL_TRAINER_LIMIT_VAL_BATCHES=0.5
    for command in fit validate test; do
        printed $command
        is "trainer:" "  max_epochs: 3" "  limit_val_batches: 0.5" "  enable_progress_bar: false"
    done
    unset PL_TRAINER_ENABLE_PROGRESS_BAR PL_TRAINER_LIMIT_VAL_BATCHES
    printf 'trainer: {max_epochs: 4}\n' >four.yaml
    printf 'trainer: {max_epochs: null}\n' >null.yaml
    printed fit --config four.yaml
    is "trainer:" "  max_epochs: 4"
    printed fit --config null.yaml
    is "{}"
    printed fit --trainer.max_epochs 5
    is "trainer:" "  max_epochs: 5"
    PL_CONFIG=four.yaml printed fit
    is "trainer:" "  max_epochs: 4"
    PL_FIT__TRAINER__MAX_EPOCHS=6 printed fit
    is "trainer:" "  max_epochs: 6"
    PL_TRAINER_MAX_EPOCHS=None printed fit
    is "{}"
    PL_TRAINER_CALLBACKS='[RichModelSummary]' PL_TRAINER_LOGGER=False printed fit
    is "trainer:" "  max_epochs: 3" "  logger: false" "  callbacks:" \
        "  - class_path: lightning.pytorch.callbacks.ModelSummary"
    PL_TRAINER_MAX_EPOCHS=-2 try fit
    one_line_error 2 "levin fit: PL_TRAINER_MAX_EPOCHS: trainer.max_epochs: -2 is below -1"
    PL_TRAINER_PRECISION=x try predict
    one_line_error 2 "levin predict: PL_TRAINER_PRECISION: unknown trainer.precision 'x'"
    PL_TRAINER_MAX_EPOCHS=x try tokenize --help
    [ "$status" -eq 0 ]
    PL_TRAINER_MAX_EPOCH=3 try fit
    one_line_error 2 "levin fit: PL_TRAINER_MAX_EPOCH: unknown key 'trainer.max_epoch', did you mean trainer.max_epochs?"
    PL_TRAINER_GPUS=1 try fit
    one_line_error 2 "levin fit: PL_TRAINER_GPUS: key 'trainer.gpus' is gone: now accelerator and devices"
}

@test "a class comes before its arguments" {
    PL_FIT__OPTIMIZER__MOMENTUM=0.9 PL_FIT__OPTIMIZER=SGD printed fit
    is "optimizer:" "  class_path: torch.optim.SGD" "  init_args:" "    momentum: 0.9"
    PL_FIT__TRAINER__CALLBACKS='[{class_path: Timer, init_args: {duration: 00:01:00:00}}]' printed fit
    is "trainer:" "  callbacks:" "  - class_path: lightning.pytorch.callbacks.Timer" "    init_args:" \
        "      duration: '00:01:00:00'"
    PL_FIT__TRAINER__CALLBACKS=ModelCheckpoint PL_FIT__TRAINER__CALLBACKS__MONITOR=val_acc printed fit
    is "trainer:" "  callbacks:" "  - class_path: lightning.pytorch.callbacks.ModelCheckpoint" "    init_args:" \
        "      monitor: val_acc"
}

@test "files of the environment come first, then variables, then the command line" {
    printf 'fit:\n  trainer: {max_epochs: 2, max_steps: 20, min_steps: 1}\n' >all.yaml
    printf 'trainer: {max_steps: 30, min_steps: 2}\n' >fit.yaml
    export PL_CONFIG=all.yaml
    printed fit
    is "trainer:" "  max_epochs: 2" "  max_steps: 20" "  min_steps: 1"
    export PL_FIT__CONFIG=fit.yaml
    printed fit
    is "trainer:" "  max_epochs: 2" "  max_steps: 30" "  min_steps: 2"
    export PL_FIT__TRAINER__MAX_STEPS=40
    printed fit
    is "trainer:" "  max_epochs: 2" "  max_steps: 40" "  min_steps: 2"
    printf 'trainer: {max_steps: 50}\n' >last.yaml
    printed fit --config last.yaml
    is "trainer:" "  max_epochs: 2" "  max_steps: 50" "  min_steps: 2"
    printed fit --config last.yaml --trainer.max_steps=60
    is "trainer:" "  max_epochs: 2" "  max_steps: 60" "  min_steps: 2"
}

@test "the seed of the environment" {
    PL_GLOBAL_SEED=11 printed fit
    is "seed_everything: 11"
    PL_GLOBAL_SEED=11 printed fit --seed_everything 12
    is "seed_everything: 12"
    PL_GLOBAL_SEED=many try fit
    one_line_error 2 "levin fit: PL_GLOBAL_SEED: seed_everything: 'many' is not a whole number from 0"
}

@test "more variables than are read are an error" {
    local i
    for i in $(seq 256); do export "PL_FIT__A$i=1"; done
    PL_FIT__TRAINER__MAX_EPOCHS=4 try fit --print_config
    one_line_error 2 "levin fit: more than 256 variables that begin with PL_FIT__"
}

@test "a wrong variable is named" {
    PL_FIT__TRAINER__MAX_EPOCH=4 try fit
    one_line_error 2 "levin fit: PL_FIT__TRAINER__MAX_EPOCH: unknown key 'trainer.max_epoch', did you mean trainer.max_epochs?"
    PL_FIT__TRAINER__MAX_EPOCHS=x try fit
    one_line_error 2 "levin fit: PL_FIT__TRAINER__MAX_EPOCHS: trainer.max_epochs: 'x' is not a whole number"
    PL_FIT__TRAINER='{max_epochs: x}' try fit
    one_line_error 2 "levin fit: PL_FIT__TRAINER:1:14: trainer.max_epochs: 'x' is not a whole number"
    PL_FIT__PRINT_CONFIG=1 try fit
    one_line_error 2 "levin fit: PL_FIT__PRINT_CONFIG: print_config is for the command line alone"
    PL_CONFIG=nowhere.yaml try fit
    one_line_error 2 "levin fit: nowhere.yaml: cannot open"
    # help is there all the same, and commands without configurations look at none of it
    PL_CONFIG=nowhere.yaml try fit --help
    [ "$status" -eq 0 ]
    PL_CONFIG=nowhere.yaml try fit --optimizer.help
    [ "$status" -eq 0 ]
    PL_CONFIG=nowhere.yaml PL_TOKENIZE__JSON=x try tokenize --help
    [ "$status" -eq 0 ]
}

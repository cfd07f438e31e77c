load helper

@test "fit on a task trains, validates, tests and saves a folder" {
    try fit --model.name "$PLAIN" --data.task mnli --data.dir "$MNLI" "${quick[@]}" --json
    [ "$status" -eq 0 ]
    [ "$(wc -l <<<"$output")" -eq 1 ]
    json_holds 'set(o) >= {"train_loss", "val_loss", "val_acc", "test_loss", "test_acc", "sequences_per_second",
        "wall_s", "global_step", "best_model_path", "model_dir"}'
    json_holds 'o["global_step"] == 6 and 0 <= o["val_acc"] <= 1 and o["val_loss"] > 0 and o["wall_s"] > 0'
    [[ "$(json model_dir)" == *lightning_logs/version_0/model ]]
    [ -f "$(json best_model_path)" ]
    for file in config.json model.safetensors vocab.txt tokenizer_config.json; do
        [ -f "lightning_logs/version_0/model/$file" ]
    done
    [ -f lightning_logs/version_0/metrics.csv ]
}

@test "without --json fit prints a line for each number and everything else on standard error" {
    try fit --model.name "$PLAIN" --data.task mnli --data.dir "$MNLI" "${quick[@]}"
    [ "$status" -eq 0 ]
    grep -q '^val_acc 0\.[0-9]*$\|^val_acc [01]$' <<<"$output"
    grep -q '^model_dir .*lightning_logs/version_0/model$' <<<"$output"
    not grep -qv '^[a-z_]* [^ ]*$' <<<"$output"
    [[ "$stderr" == *"new weights: classifier.weight, classifier.bias"* ]]
}

@test "hparams.yaml holds every option and the labels" {
    levin fit --model.name "$PLAIN" --data.task mnli --data.dir "$MNLI" "${quick[@]}" --seed_everything 3
    hparams=lightning_logs/version_0/hparams.yaml
    grep -q '^seed_everything: 3$' $hparams
    grep -q '^optimizer.lr: 0.001$' $hparams
    grep -q '^optimizer: AdamW$' $hparams
    grep -q '^optimizer.weight_decay: 0.01$' $hparams
    grep -q '^trainer.max_epochs: 1$' $hparams
    grep -q '^data.train_file: null$' $hparams
    labels=$(grep -A 3 '^labels:$' $hparams)
    [ "$labels" = $'labels:\n- entailment\n- neutral\n- contradiction' ]
}

@test "the saved folder gives validate, test and predict what fit reported" {
    try fit --model.name "$PLAIN" --data.task mnli --data.dir "$MNLI" "${quick[@]}" --json
    val=$(json val_acc) loss=$(json val_loss) tested=$(json test_acc)
    model=$(json model_dir)
    try validate --model.name "$model" --data.task mnli --data.dir "$MNLI" --json
    [ "$status" -eq 0 ]
    [ "$(json val_acc)" = "$val" ]
    json_holds "abs(o['val_loss'] - $loss) < 1e-5"
    try test --model.name "$model" --data.task mnli --data.dir "$MNLI" --json
    [ "$(json test_acc)" = "$tested" ]
    try predict --model.name "$model" --text "the dog runs" --text_pair "the dog sleeps"
    [ "$status" -eq 0 ]
    json_holds 'o["label"] in ("entailment", "neutral", "contradiction") and 1 / 3 <= o["score"] <= 1'
}

@test "a model learns what one word decides, from csv, tsv and json lines alike" {
    for kind in csv tsv jsonl; do
        write_reviews train.$kind 96
        write_reviews dev.$kind 32
        try fit --model.name "$PLAIN" --data.train_file train.$kind --data.validation_file dev.$kind \
            "${quick[@]}" --optimizer.lr=5e-3 --trainer.max_epochs=6 --json
        # two of the quick options were given again
        [ "$status" -eq 2 ]
        try fit --model.name "$PLAIN" --data.train_file train.$kind --data.validation_file dev.$kind \
            --data.batch_size 16 --optimizer.lr 5e-3 --trainer.max_epochs 6 --json
        [ "$status" -eq 0 ]
        json_holds 'o["val_acc"] == 1 and "test_acc" not in o'
    done
    try predict --model.name lightning_logs/version_2/model --text "the bird is fine"
    [ "$(json label)" = pos ]
    try predict --model.name lightning_logs/version_2/model --text "the bird is poor"
    [ "$(json label)" = neg ]
}

@test "columns go by the names that are given" {
    printf 'verdict,body\nyes,the dog\nno,a cat\nyes,the bird\nno,a house\n' >odd.csv
    try fit --model.name "$PLAIN" --data.train_file odd.csv --data.text_column body --data.label_column verdict \
        "${quick[@]}" --json
    [ "$status" -eq 0 ]
    json_holds 'o["global_step"] == 1'
    grep -q '"0": "no"' lightning_logs/version_0/model/config.json
}

@test "labels go by name: a folder that has them keeps its order" {
    python3 - "$NLI" turned <<'PY'
import json, os, shutil, sys
shutil.copytree(sys.argv[1], sys.argv[2])
path = os.path.join(sys.argv[2], "config.json")
config = json.load(open(path))
names = ["Contradiction", "ENTAILMENT", "neutral"]
config["id2label"] = {str(i): n for i, n in enumerate(names)}
config["label2id"] = {n: i for i, n in enumerate(names)}
json.dump(config, open(path, "w"))
PY
    try fit --model.name turned --data.task mnli --data.dir "$MNLI" "${quick[@]}" --json
    [ "$status" -eq 0 ]
    [[ "$stderr" != *"new weights"* ]]
    python3 -c 'import json, sys
labels = json.load(open("lightning_logs/version_0/model/config.json"))["id2label"]
sys.exit(labels != {"0": "Contradiction", "1": "ENTAILMENT", "2": "neutral"})'
    # The same model under the other order gives the same accuracy: labels were compared by name.
    accuracy=$(json val_acc)
    try validate --model.name lightning_logs/version_0/model --data.task mnli --data.dir "$MNLI" \
        --json
    [ "$(json val_acc)" = "$accuracy" ]
}

@test "the same seed gives the same bits, another seed others" {
    for seed in 1 1 2; do
        levin fit --model.name "$PLAIN" --data.task mnli --data.dir "$MNLI" "${quick[@]}" \
            --seed_everything $seed >/dev/null
    done
    cmp lightning_logs/version_{0,1}/model/model.safetensors
    not cmp -s lightning_logs/version_{0,2}/model/model.safetensors
}

@test "the number of threads changes no bit" {
    for threads in 1 3; do
        LEVIN_NUM_THREADS=$threads levin fit --model.name "$PLAIN" --data.task mnli --data.dir "$MNLI" \
            "${quick[@]}" >/dev/null
    done
    cmp lightning_logs/version_{0,1}/model/model.safetensors
}

@test "fit goes on from a checkpoint as if it had never stopped" {
    common=(--model.name "$PLAIN" --data.task mnli --data.dir "$MNLI" --data.batch_size 16
        --optimizer.lr 1e-3 --lr_scheduler constant)
    levin fit "${common[@]}" --trainer.max_epochs 2 >/dev/null
    try fit "${common[@]}" --trainer.max_epochs 1 --json
    checkpoint=$(json best_model_path)
    try fit "${common[@]}" --trainer.max_epochs 2 --ckpt_path "$checkpoint" --json
    [ "$status" -eq 0 ]
    json_holds 'o["global_step"] == 12'
    cmp lightning_logs/version_{0,2}/model/model.safetensors
}

@test "validate, test and predict take the weights and labels of a checkpoint" {
    try fit --model.name "$PLAIN" --data.task mnli --data.dir "$MNLI" "${quick[@]}" --json
    accuracy=$(json val_acc) checkpoint=$(json best_model_path)
    try validate --model.name "$PLAIN" --ckpt_path "$checkpoint" --data.task mnli --data.dir "$MNLI" \
        --json
    [ "$status" -eq 0 ]
    [ "$(json val_acc)" = "$accuracy" ]
    with_folder=$(levin predict --model.name lightning_logs/version_0/model --text "the dog" --text_pair "a cat")
    try predict --model.name "$PLAIN" --ckpt_path "$checkpoint" --text "the dog" --text_pair "a cat"
    [ "$output" = "$with_folder" ]
}

@test "max_train_rows, max_steps and fast_dev_run keep a run short" {
    try fit --model.name "$PLAIN" --data.task mnli --data.dir "$MNLI" "${quick[@]}" --data.max_train_rows 20 --json
    json_holds 'o["global_step"] == 2'
    try fit --model.name "$PLAIN" --data.task mnli --data.dir "$MNLI" --data.batch_size 8 --trainer.max_steps 3 --json
    json_holds 'o["global_step"] == 3 and "val_loss" in o'
    mkdir empty && cd empty
    try fit --model.name "$PLAIN" --data.task mnli --data.dir "$MNLI" --trainer.fast_dev_run 1 --json
    [ "$status" -eq 0 ]
    json_holds 'o["model_dir"] is None and o["best_model_path"] is None'
    [ -z "$(ls -A)" ]
}

@test "default_root_dir and logger=false say where files go" {
    try fit --model.name "$PLAIN" --data.task mnli --data.dir "$MNLI" "${quick[@]}" --json \
        --trainer.default_root_dir there
    [ "$(json model_dir)" = there/lightning_logs/version_0/model ]
    try fit --model.name "$PLAIN" --data.task mnli --data.dir "$MNLI" "${quick[@]}" --json \
        --trainer.default_root_dir there --trainer.logger false
    [ "$(json model_dir)" = there/model ]
    [ -f there/model/model.safetensors ]
}

@test "logger and profiler take words" {
    run=lightning_logs/version_0
    try fit --model.name "$PLAIN" --data.task mnli --data.dir "$MNLI" "${quick[@]}" --trainer.logger csv \
        --trainer.profiler trace
    [ "$status" -eq 0 ]
    [ -f $run/metrics.csv ]
    not compgen -G "$run/events.out.tfevents.*"
    [[ "$stderr" == *"events lie in "*"/fit-trace.json"* ]]
    python3 -c 'import json, sys
names = {e["name"] for e in json.load(open(sys.argv[1]))["traceEvents"]}
sys.exit(not names >= {"run_training_batch", "feed_forward", "attention", "batch"})' $run/fit-trace.json
    rm -r lightning_logs
    try fit --model.name "$PLAIN" --data.task mnli --data.dir "$MNLI" "${quick[@]}" --trainer.logger tensorboard \
        --trainer.profiler simple
    [ "$status" -eq 0 ]
    [ ! -f $run/metrics.csv ] && compgen -G "$run/events.out.tfevents.*"
    [[ "$stderr" == *"FIT Profiler Report"*"run_training_epoch"* ]]
}

@test "every optimizer and every schedule trains" {
    for optimizer in adam SGD AdamW; do
        levin fit --model.name "$PLAIN" --data.task mnli --data.dir "$MNLI" "${quick[@]}" \
            --optimizer $optimizer --optimizer.weight_decay 0.1 --data.max_train_rows 32 >/dev/null
    done
    for schedule in linear Cosine polynomial constant_with_warmup inverse_sqrt; do
        levin fit --model.name "$PLAIN" --data.task mnli --data.dir "$MNLI" "${quick[@]}" \
            --lr_scheduler $schedule --lr_scheduler.warmup 0.1 --data.max_train_rows 32 >/dev/null
    done
}

@test "int8 is refused where something is learned, and validates" {
    try fit --model.name "$PLAIN" --data.task mnli --data.dir "$MNLI" "${quick[@]}" --trainer.precision int8
    one_line_error 2 "levin fit: precision int8 and fit: nothing is learned in int8"
    model=$(levin fit --model.name "$PLAIN" --data.task mnli --data.dir "$MNLI" "${quick[@]}" --json |
        python3 -c 'import json, sys; print(json.load(sys.stdin)["model_dir"])')
    try validate --model.name "$model" --data.task mnli --data.dir "$MNLI" --trainer.precision int8 --json
    [ "$status" -eq 0 ]
    json_holds 'o["val_loss"] > 0'
}

@test "gradient checkpointing changes memory, not results" {
    for option in "" --model.gradient_checkpointing; do
        levin fit --model.name "$PLAIN" --data.task mnli --data.dir "$MNLI" "${quick[@]}" --json $option |
            python3 -c 'import json, sys; o = json.load(sys.stdin); print(o["train_loss"], o["val_loss"])' >>losses
    done
    [ "$(uniq losses | wc -l)" -eq 1 ]
    grep -q 'gradient_checkpointing: true' lightning_logs/version_1/hparams.yaml
}

@test "bf16-mixed trains" {
    try fit --model.name "$PLAIN" --data.task mnli --data.dir "$MNLI" "${quick[@]}" --json \
        --trainer.precision bf16-mixed
    [ "$status" -eq 0 ]
    json_holds 'o["train_loss"] > 0'
}

@test "reload_dataloaders_every_n_epochs reads the files again" {
    write_reviews train.csv 32
    write_reviews dev.csv 16
    fit=(fit --model.name "$PLAIN" --data.train_file train.csv --data.validation_file dev.csv --data.batch_size 8)
    for every in 0 1; do
        try "${fit[@]}" --trainer.max_epochs 3 --trainer.reload_dataloaders_every_n_epochs $every
        [ "$status" -eq 0 ]
        [[ "$output" == *"global_step 12"* ]]
    done
    cmp lightning_logs/version_{0,1}/model/model.safetensors
    # what is changed in the middle of a run is seen by it
    "$LEVIN" "${fit[@]}" --trainer.max_epochs 100000 --trainer.reload_dataloaders_every_n_epochs 2 \
        2>err 3>&- & pid=$!
    for _ in $(seq 300); do [ -d lightning_logs/version_2/checkpoints ] && break; sleep 0.1; done
    echo "the dog is good,maybe" >>train.csv
    status=0
    wait $pid || status=$?
    [ "$status" -eq 1 ]
    grep -q "^levin fit: train.csv:34: unknown label 'maybe'" err
    # and what is gone is missed
    write_reviews train.csv 32
    rm -r lightning_logs
    "$LEVIN" "${fit[@]}" --trainer.max_epochs 100000 --trainer.reload_dataloaders_every_n_epochs 2 \
        2>err 3>&- & pid=$!
    for _ in $(seq 300); do [ -d lightning_logs/version_0/checkpoints ] && break; sleep 0.1; done
    rm dev.csv
    status=0
    wait $pid || status=$?
    [ "$status" -eq 1 ]
    grep -q "^levin fit: dev.csv: cannot open" err
}

@test "a metric that is not a number is printed as nan, and as null in JSON" {
    broken=("${quick[@]}" --optimizer SGD --trainer.terminate_on_nan false)
    broken[3]=1e38
    try fit --model.name "$PLAIN" --data.task mnli --data.dir "$MNLI" "${broken[@]}"
    [ "$status" -eq 0 ]
    grep -qx 'train_loss nan' <<<"$output"
    grep -qx 'val_loss nan' <<<"$output"
    grep -qx 'test_loss nan' <<<"$output"
    [[ "$stderr" == *"val_loss=nan"* && "$stderr" != *"-nan"* ]]
    try validate --model.name lightning_logs/version_0/model --data.task mnli --data.dir "$MNLI" --json
    json_holds 'o["val_loss"] is None and o["val_acc"] >= 0'
}

@test "a head that is not trained is said to be so, and none is where a checkpoint brings it" {
    try validate --model.name "$PLAIN" --data.task mnli --data.dir "$MNLI"
    [ "$status" -eq 0 ]
    [[ "$stderr" == *"$PLAIN is not trained yet: it has no weights for classifier.weight, classifier.bias"* ]]
    [[ "$stderr" != *"new weights"* ]]
    try fit --model.name "$PLAIN" --data.task mnli --data.dir "$MNLI" "${quick[@]}" --json
    file=$(json best_model_path)
    for command in "validate" "test" "fit --trainer.max_epochs 2"; do
        try $command --model.name "$PLAIN" --data.task mnli --data.dir "$MNLI" --ckpt_path "$file"
        [ "$status" -eq 0 ]
        [[ "$stderr" != *"new weights"* && "$stderr" != *"not trained"* ]]
    done
}

@test "a limit of no batches is said, also where it is the whole run" {
    data=(--model.name "$NLI" --data.task mnli --data.dir "$MNLI")
    try test "${data[@]}" --trainer.limit_test_batches 0
    [ "$status" -eq 0 ]
    [ -z "$output" ]
    grep -qx 'limit_test_batches 0: not one batch is run' <<<"$stderr"
    try validate "${data[@]}" --trainer.limit_val_batches 0
    grep -qx 'limit_val_batches 0: not one batch is run' <<<"$stderr"
    try predict "${data[@]}" --trainer.limit_predict_batches 0
    grep -qx 'limit_predict_batches 0: not one batch is run' <<<"$stderr"
}

@test "what no checkpoint holds is said, without saying that the weights are nowhere" {
    try fit --model.name "$PLAIN" --data.task mnli --data.dir "$MNLI" "${quick[@]}" \
        --trainer.callbacks=ModelCheckpoint --trainer.callbacks.every_n_train_steps 4
    [ "$status" -eq 0 ]
    [[ "$stderr" == *"ModelCheckpoint: the newest checkpoint is of step 4, none is of step 6, where training ended; "* ]]
    [ -f lightning_logs/version_0/model/model.safetensors ]
}

@test "the simple profiler names callbacks by their classes, so that its table fits a window" {
    try fit --model.name "$PLAIN" --data.task mnli --data.dir "$MNLI" "${quick[@]}" --trainer.profiler simple \
        --trainer.callbacks=ModelCheckpoint --trainer.callbacks+=ModelCheckpoint \
        --trainer.callbacks.every_n_train_steps 2 --trainer.callbacks.filename=by-step-{step}
    [ "$status" -eq 0 ]
    [[ "$stderr" == *"[Callback]ModelCheckpoint.on_train_batch_end"* ]]
    [[ "$stderr" == *"[Callback]ModelCheckpoint 2.on_train_batch_end"* ]]
    [[ "$stderr" != *"cli_meter"* ]]
    [ "$(expand <<<"$stderr" | wc -L)" -le 180 ] # 230 with state keys
}

@test "callbacks speak of one check and one second, and say what two of them have in common" {
    data=(--model.name "$PLAIN" --data.task mnli --data.dir "$MNLI" --data.batch_size 16 --optimizer.lr 1e-9)
    early=(=EarlyStopping --trainer.callbacks.monitor val_acc --trainer.callbacks.patience 1)
    try fit "${data[@]}" --trainer.callbacks"${early[@]}" --trainer.callbacks.verbose true --trainer.max_epochs 3
    [ "$status" -eq 0 ]
    grep -q '^EarlyStopping: val_acc .*, best .*: 1 check without a better one$' <<<"$stderr"
    try fit "${data[@]}" --trainer.callbacks=Timer --trainer.callbacks.duration 00:00:00:01 --trainer.max_epochs -1
    [ "$status" -eq 0 ]
    grep -qx 'the time of 1 second is over: training stops' <<<"$stderr"
    try fit "${data[@]}" --trainer.callbacks"${early[@]}" --trainer.callbacks+"${early[@]}"
    one_line_error 2 "levin fit: callbacks: two EarlyStopping with the same monitor, mode: "
    try fit "${data[@]}" --trainer.callbacks=ModelCheckpoint --trainer.callbacks+=ModelCheckpoint
    one_line_error 2 "levin fit: callbacks: two ModelCheckpoint with the same monitor, mode, every_n_train_steps, "
    [[ "$stderr" != *"=0"* && "$stderr" != *"=-1"* ]]
}

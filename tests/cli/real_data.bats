load helper

setup() {
    cd "$BATS_TEST_TMPDIR" || return 1
    DATA=${LEVIN_DATA:-$BATS_TEST_DIRNAME/../../../shared/data}
}

short=(--data.max_train_rows 64 --trainer.max_epochs 1 --trainer.limit_val_batches 2 --trainer.limit_test_batches 2
    --trainer.num_sanity_val_steps 0 --json)

@test "every GLUE task whose files are there is trained and validated" {
    [ -d "$DATA/glue" ] || skip "no GLUE files in LEVIN_DATA"
    for pair in CoLA:cola MRPC:mrpc QNLI:qnli QQP:qqp RTE:rte SST-2:sst2 WNLI:wnli; do
        folder=$DATA/glue/${pair%:*}
        [ -f "$folder/train.tsv" ] && [ -f "$folder/dev.tsv" ] || continue
        try fit --model.name "$PLAIN" --data.task "${pair#*:}" --data.dir "$folder" "${short[@]}"
        [ "$status" -eq 0 ] || { echo "${pair#*:}: $stderr"; return 1; }
        json_holds 'o["global_step"] == 2 and o["val_loss"] > 0 and 0 <= o["val_acc"] <= 1'
    done
}

@test "a regression has a score and no label" {
    [ -f "$DATA/glue/STS-B/train.tsv" ] || skip "no STS-B in LEVIN_DATA"
    try fit --model.name "$PLAIN" --data.task stsb --data.dir "$DATA/glue/STS-B" "${short[@]}"
    [ "$status" -eq 0 ]
    json_holds 'o["val_loss"] > 0 and "val_acc" not in o'
    model=$(json model_dir)
    try predict --model.name "$model" --text "a man runs" --text_pair "a man walks"
    json_holds 'list(o) == ["score"]'
    try validate --model.name "$model" --data.task stsb --data.dir "$DATA/glue/STS-B" --json
    json_holds 'list(o) == ["val_loss"]'
}

@test "MNLI's own files are read, also by the demo" {
    [ -d "$DATA/mnli" ] || skip "no MNLI in LEVIN_DATA"
    try fit --model.name "$PLAIN" --data.task mnli --data.dir "$DATA/mnli" "${short[@]}"
    [ "$status" -eq 0 ]
    json_holds 'o["global_step"] == 2 and 0 <= o["val_acc"] <= 1'
    try demo --model.name "$PLAIN" --data.dir "$DATA/mnli" --trainer.limit_train_batches 2 \
        --trainer.limit_val_batches 2
    [ "$status" -eq 0 ]
    [[ "$stderr" == *"first 5000 rows"* ]]
    grep -q "validation accuracy" <<<"$output"
}

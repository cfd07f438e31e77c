load helper

@test "the demo trains, prints accuracies, predicts three pairs and names the folder" {
    try demo --model.name "$PLAIN" --trainer.limit_train_batches 4 --trainer.limit_val_batches 2 \
        --trainer.limit_test_batches 2
    [ "$status" -eq 0 ]
    grep -q 'validation accuracy' <<<"$output"
    grep -q 'test accuracy' <<<"$output"
    grep -q 'demo/lightning_logs/version_0/model' <<<"$output"
    [ -f demo/lightning_logs/version_0/model/model.safetensors ]
    [ "$(grep -c 'entailment\|neutral\|contradiction' <<<"$output")" -ge 3 ]
}

@test "the demo takes a folder of MNLI files and says how many rows it trains on" {
    try demo --model.name "$PLAIN" --data.dir "$MNLI" --trainer.limit_train_batches 4
    [ "$status" -eq 0 ]
    [[ "$stderr" == *"first 5000 rows"* ]]
}

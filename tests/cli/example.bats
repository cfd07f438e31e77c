load helper

setup() {
    cd "$BATS_TEST_TMPDIR" || return 1
    cp -r "$MNLI" data
    [ -f data/dev_mismatched.tsv ] || cp data/test_matched.tsv data/dev_mismatched.tsv
}

@test "examples/mnli, the tutorial in C, trains, tests and exits with 0" {
    run --separate-stderr "$LEVIN_EXAMPLES/mnli" "$PLAIN" data
    [ "$status" -eq 0 ]
    [ -z "$output" ]
    grep -q '^test_acc  *[01]\.[0-9]*' <<<"$stderr"
    [ -f lightning_logs/version_0/checkpoints/epoch=2-step=9.ckpt ]
}

@test "examples/mnli trains MiniLM" {
    [ -f "$LEVIN_MODEL/model.safetensors" ] || skip "LEVIN_MODEL names no model"
    unset LEVIN_NUM_THREADS
    for file in data/*.tsv; do # a few batches: sanitizers take a second for each
        head -33 "$file" >short && mv short "$file"
    done
    run --separate-stderr "$LEVIN_EXAMPLES/mnli" "$LEVIN_MODEL" data
    [ "$status" -eq 0 ]
    grep -q '^test_acc  *[01]\.[0-9]*' <<<"$stderr"
}

@test "examples/mnli says what is wrong in one line" {
    run --separate-stderr "$LEVIN_EXAMPLES/mnli" nowhere data
    [ "$status" -eq 1 ]
    [[ "$stderr" == "mnli: nowhere: no such folder"* ]]
    [ "$(wc -l <<<"$stderr")" -eq 1 ]
    run --separate-stderr "$LEVIN_EXAMPLES/mnli"
    [ "$status" -eq 2 ]
}

@test "examples/mnli is some seventy lines" {
    [ "$(wc -l <"$BATS_TEST_DIRNAME/../../examples/mnli.c")" -le 80 ]
}

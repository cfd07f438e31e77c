load helper

TUTORIAL=$BATS_TEST_DIRNAME/../../docs/tutorial.md

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
    [ -z "$LEVIN_SANITIZED" ] || skip "three epochs take too long under sanitizers; weights.bats trains one step"
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

@test "examples/features trains the head alone" {
    run --separate-stderr "$LEVIN_EXAMPLES/features" "$PLAIN" data
    [ "$status" -eq 0 ]
    [[ "$stderr" == *"Non-trainable params"* ]]
    grep -q '^test_acc  *[01]\.[0-9]*' <<<"$stderr"
    # What was frozen is as it was: the weights of the encoder in the checkpoint are those of the folder.
    python3 - "$PLAIN/model.safetensors" lightning_logs/version_0/checkpoints/*.ckpt <<'PY'
import json, sys
def read(path):
    data = open(path, "rb").read()
    n = 8 + int.from_bytes(data[:8], "little")
    header = json.loads(data[8:n])
    return {k: data[n + v["data_offsets"][0]:n + v["data_offsets"][1]] for k, v in header.items() if k != "__metadata__"}
folder, ckpt = map(read, sys.argv[1:])
assert folder and all(ckpt["state_dict." + k] == v for k, v in folder.items())
assert any(ckpt["state_dict.W.weight"])
assert not any(k.startswith("optimizer.bert") for k in ckpt)
PY
}

@test "examples/nli_data and examples/classifier: data, training, a continued run, a saved folder" {
    "$LEVIN_EXAMPLES/nli_data" nli 256
    cp nli/test_matched.tsv nli/dev_mismatched.tsv
    run --separate-stderr "$LEVIN_EXAMPLES/classifier" "$PLAIN" nli new
    [ "$status" -eq 0 ]
    [ -z "$output" ]
    [ -f lightning_logs/version_0/checkpoints/last.ckpt ]
    tested=$(grep '^test_' <<<"$stderr")
    try predict --model.name new --text "the dog runs" --text_pair "the dog sleeps"
    json_holds 'o["label"] in ("entailment", "neutral", "contradiction")'
    # The same run again, killed somewhere and continued, ends in the same bytes.
    "$LEVIN_EXAMPLES/classifier" "$PLAIN" nli killed 2>/dev/null 3>&- & pid=$!
    while [ ! -f lightning_logs/version_1/checkpoints/last.ckpt ] && kill -0 $pid; do sleep 0.01; done
    kill -9 $pid || true
    wait $pid || true
    rm -rf killed
    run --separate-stderr "$LEVIN_EXAMPLES/classifier" "$PLAIN" nli again last
    [ "$status" -eq 0 ]
    [[ "$stderr" == *"resumed from lightning_logs/version_1/checkpoints/last.ckpt"* ]]
    [ "$(grep '^test_' <<<"$stderr")" = "$tested" ]
    cmp new/model.safetensors again/model.safetensors
}

@test "examples/classifier saves nothing after an error" {
    run --separate-stderr "$LEVIN_EXAMPLES/classifier" "$PLAIN" nowhere new
    [ "$status" -eq 1 ]
    [[ "$stderr" == "classifier: nowhere: no"* ]]
    [ ! -e new ]
}

@test "examples/similarity: a text is nearest to itself" {
    run --separate-stderr "$LEVIN_EXAMPLES/similarity" "$PLAIN" "the dog runs" "the dog runs" "a red house?"
    [ "$status" -eq 0 ]
    [ "${lines[0]}" = " 1.000  the dog runs" ]
    [[ "${lines[1]}" == " 0."*"  a red house?" || "${lines[1]}" == "-0."*"  a red house?" ]]
    run --separate-stderr "$LEVIN_EXAMPLES/similarity" nowhere a b
    [ "$status" -eq 1 ]
    [ "$(wc -l <<<"$stderr")" -eq 1 ]
}

@test "examples/similarity with MiniLM gives the cosines that the tutorial shows" {
    [ -f "$LEVIN_MODEL/model.safetensors" ] || skip "LEVIN_MODEL names no model"
    run --separate-stderr "$LEVIN_EXAMPLES/similarity" "$LEVIN_MODEL" "How do I change my password?" \
        "I forgot the code for my login." "Where can I reset my account's secret word?" "The soup is too salty."
    [ "$status" -eq 0 ]
    for line in "${lines[@]}"; do
        grep -qxF -- "$line" "$TUTORIAL"
    done
}

@test "examples/search: a line is nearest to itself, and no line is no answer" {
    run --separate-stderr bash -c 'printf "a red house?\nthe dog runs\nthe cat\n" |
        "$LEVIN_EXAMPLES/search" "$PLAIN" "the dog runs"'
    [ "$status" -eq 0 ]
    [ "$output" = " 1.000  the dog runs" ]
    run --separate-stderr "$LEVIN_EXAMPLES/search" "$PLAIN" "the dog runs" </dev/null
    [ "$status" -eq 0 ]
    [ -z "$output" ]
    run --separate-stderr "$LEVIN_EXAMPLES/search" nowhere dog </dev/null
    [ "$status" -eq 1 ]
    [ "$(wc -l <<<"$stderr")" -eq 1 ]
}

@test "the C of docs/tutorial.md stands in the examples, and its names in the headers" {
    python3 - "$TUTORIAL" "$BATS_TEST_DIRNAME/../.." <<'PY'
import glob, re, sys
text, root = open(sys.argv[1]).read(), sys.argv[2]
def read(pattern):
    return [open(path).read() for path in sorted(glob.glob(root + pattern))]
examples, headers = read("/examples/*.c"), "".join(read("/include/levin/*.h"))
blocks = re.findall(r"^```c\n(.*?)^```$", text, re.M | re.S)
assert len(blocks) > 10, "no C was found"
for block in blocks:
    assert any("\n" + block in "\n" + e for e in examples), "in no example:\n" + block
for name in sorted(set(re.findall(r"\b(?:levin|LEVIN)_[A-Za-z0-9_]+", text))):
    assert re.search(r"\b%s\b" % name, headers), name + " is in no header"
PY
}

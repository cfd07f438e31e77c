load helper

setup() {
    [ -f "$LEVIN_MODEL/model.safetensors" ] || skip "LEVIN_MODEL names no model"
    cd "$BATS_TEST_TMPDIR" || return 1
    unset LEVIN_NUM_THREADS
}

@test "info knows the size of MiniLM" {
    try info --model.name "$LEVIN_MODEL" --json
    json_holds 'o["parameters"] == 22713216 and o["num_hidden_layers"] == 6 and o["tokens"] == 30522'
}

@test "tokenize gives MiniLM's ids and byte offsets" {
    try tokenize --model "$LEVIN_MODEL" --text "Déjà vu, levin!" --json
    json_holds 'o["ids"][0] == 101 and o["ids"][-1] == 102 and len(o["ids"]) == len(o["offsets"])'
    json_holds 'o["offsets"][1:3] == [[0, 3], [3, 6]]'
}

@test "MiniLM is trained, saved and asked again, and one answer is quick" {
    try fit --model.name "$LEVIN_MODEL" --data.task mnli --data.dir "$MNLI" --data.max_train_rows 32 \
        --trainer.max_epochs 1 --trainer.enable_checkpointing false --trainer.limit_val_batches 1 \
        --trainer.limit_test_batches 1 --trainer.num_sanity_val_steps 0 --json
    [ "$status" -eq 0 ]
    json_holds 'o["global_step"] == 1 and 0.8 < o["val_loss"] < 1.5'
    model=$(json model_dir)
    try predict --model.name "$model" --text "A man plays a guitar." --text_pair "A man makes music."
    json_holds 'o["label"] in ("entailment", "neutral", "contradiction")'
    # The time that the processors worked, the best of five: other programs on the machine do not count.
    [ -z "$LEVIN_SANITIZED" ] || return 0
    python3 - "$LEVIN" predict --model.name "$model" --text "A man plays a guitar." \
        --text_pair "A man makes music." <<'PY'
import resource, subprocess, sys
def used():
    r = resource.getrusage(resource.RUSAGE_CHILDREN)
    return r.ru_utime + r.ru_stime
times = []
for _ in range(5):
    before = used()
    subprocess.run(sys.argv[1:], check=True, stdout=subprocess.DEVNULL)
    times.append(used() - before)
assert min(times) < 0.15, times
PY
}

@test "fifty steps of MiniLM in bf16 with dropout give the same bits with one and with two threads" {
    [ -z "$LEVIN_SANITIZED" ] || skip "a hundred steps take too long under sanitizers"
    for threads in 1 2; do
        LEVIN_NUM_THREADS=$threads levin fit --model.name "$LEVIN_MODEL" --data.task mnli --data.dir "$MNLI" \
            --data.batch_size 4 --optimizer.lr 1e-4 --trainer.max_steps 50 --trainer.max_epochs -1 \
            --trainer.precision bf16-mixed --trainer.limit_val_batches 0 \
            --trainer.limit_test_batches 1 --trainer.enable_checkpointing false >/dev/null
    done
    cmp lightning_logs/version_{0,1}/model/model.safetensors
    not cmp -s "$LEVIN_MODEL/model.safetensors" lightning_logs/version_0/model/model.safetensors
}

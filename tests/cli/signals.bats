#!/usr/bin/env bats
# signals.bats: runs that Ctrl-C, kill and SLURM end, and what goes on from what they leave.

load helper

# A fit that nobody waits for the end of.
fit=("$LEVIN" fit --model.name "${PLAIN:-}" --data.task mnli --data.dir "${MNLI:-}" --data.batch_size 4
    --trainer.max_epochs 10000 --seed_everything 3)

# start: in the background, the process itself and no shell around it; its number is $pid.
start() {
    "${fit[@]}" >out 2>err 3>&- &
    pid=$!
}

teardown() { [ -z "${pid:-}" ] || kill -KILL "$pid" 2>/dev/null || true; }

# interrupted SIGNAL: starts a fit without end, sends it the signal in the middle, and leaves how it ended in $status
# and what it said in err.
interrupted() {
    start
    for _ in $(seq 300); do [ -d lightning_logs/version_0/checkpoints ] && break; sleep 0.1; done
    kill -"$1" $pid
    status=0
    wait $pid || status=$?
    [ ! -s out ]
    [ "$(grep -c '^levin fit: ' err)" -eq 1 ]
    [ -z "$(find . -name '*.tmp*')" ]
}

# The step at which it was.
step() { sed -n 's/^levin fit: interrupted .*(step \([0-9]*\)).*/\1/p' err; }

same_weights() { cmp "$1/model/model.safetensors" "$2/model/model.safetensors"; }

@test "SIGTERM saves, names the file, ends with 143, and the run goes on with the same bits" {
    interrupted TERM
    [ "$status" -eq 143 ]
    file=$(sed -n 's/^levin fit: .*to go on from there: ckpt_path //p' err)
    [ "${file#./}" = lightning_logs/version_0/checkpoints/last-interrupted.ckpt ]
    last=$(($(step) + 5))
    "${fit[@]}" --ckpt_path "$file" --trainer.max_steps $last
    "${fit[@]}" --trainer.max_steps $last
    same_weights lightning_logs/version_1 lightning_logs/version_2
}

@test "SIGINT does the same and ends with 130" {
    interrupted INT
    [ "$status" -eq 130 ]
    [ -f lightning_logs/version_0/checkpoints/last-interrupted.ckpt ]
    try info lightning_logs/version_0/checkpoints/last-interrupted.ckpt
    [ "$status" -eq 0 ]
}

@test "SIGHUP, also twice, does the same and ends with 129, but not under nohup" {
    start
    for _ in $(seq 300); do [ -d lightning_logs/version_0/checkpoints ] && break; sleep 0.1; done
    kill -HUP $pid
    kill -HUP $pid || true
    status=0
    wait $pid || status=$?
    [ "$status" -eq 129 ]
    [ -f lightning_logs/version_0/checkpoints/last-interrupted.ckpt ]
    fit=(nohup "${fit[@]}")
    start
    for _ in $(seq 300); do [ -d lightning_logs/version_1/checkpoints ] && break; sleep 0.1; done
    kill -HUP $pid
    kill -TERM $pid
    status=0
    wait $pid || status=$?
    [ "$status" -eq 143 ]
}

@test "a signal after training names the model and gives the results there are" {
    write_reviews train.csv 16
    write_reviews test.csv 50000
    fit=("$LEVIN" fit --model.name "$PLAIN" --data.train_file train.csv --data.test_file test.csv "${quick[@]}")
    start
    for _ in $(seq 3000); do [ -d lightning_logs/version_0/model ] && break; sleep 0.01; done
    kill -INT $pid
    status=0
    wait $pid || status=$?
    [ "$status" -eq 130 ]
    line=$(grep '^levin fit: ' err)
    [[ "$line" == *"interrupted after training"*"/version_0/model; best checkpoint: "*.ckpt ]]
    grep -q '^global_step 1$' out
    grep -q '^model_dir .*/version_0/model$' out
    not grep -q '^test_acc' out
    [ ! -e lightning_logs/version_0/checkpoints/last-interrupted.ckpt ]
}

@test "a signal before the first batch is not lost" {
    start
    sleep 0.02
    kill -TERM $pid
    status=0
    wait $pid || status=$?
    [ "$status" -eq 143 ]
}

@test "SIGUSR1 in a job of SLURM requeues it, and its next start goes on by itself" {
    mkdir bin
    printf '#!/bin/sh\necho "$@" >>asked\n' >bin/scontrol
    chmod +x bin/scontrol
    export PATH="$PWD/bin:$PATH" SLURM_NTASKS=1 SLURM_JOB_NAME=train SLURM_JOB_ID=7
    interrupted USR1
    [ "$status" -eq 0 ]
    [ "$(cat asked)" = "requeue 7" ]
    [ -f hpc_ckpt_1.ckpt ]
    try info --json hpc_ckpt_1.ckpt
    last=$(($(json global_step) + 5))
    SLURM_RESTART_COUNT=1 "${fit[@]}" --trainer.max_steps $last
    [ ! -e hpc_ckpt_1.ckpt ]
    unset SLURM_NTASKS
    "${fit[@]}" --trainer.max_steps $last
    same_weights lightning_logs/version_1 lightning_logs/version_2
}

# Stopped, the process has both signals at once when it goes on.
@test "SIGUSR1 beside SIGTERM does not make a success of the interruption where the job is not requeued" {
    mkdir bin
    printf '#!/bin/sh\nexit 1\n' >bin/scontrol
    chmod +x bin/scontrol
    export PATH="$PWD/bin:$PATH" SLURM_NTASKS=1 SLURM_JOB_NAME=train SLURM_JOB_ID=7
    start
    for _ in $(seq 300); do [ -d lightning_logs/version_0/checkpoints ] && break; sleep 0.1; done
    kill -STOP $pid
    kill -TERM $pid
    kill -USR1 $pid
    kill -CONT $pid
    status=0
    wait $pid || status=$?
    [ "$status" -eq 143 ] || { echo "status $status"; cat err; return 1; }
    [ -n "$(step)" ]
}

@test "SIGUSR1 outside of SLURM ends a program as always" {
    start
    for _ in $(seq 300); do [ -d lightning_logs/version_0 ] && break; sleep 0.1; done
    kill -USR1 $pid
    status=0
    wait $pid || status=$?
    [ "$status" -eq 138 ]
}

# Weights of 256 MB, which take no room before they are written.
big_weights() {
    python3 - "$1" <<'PY'
import json, struct, sys
n = 256 << 20
name = "bert.embeddings.word_embeddings.weight"
head = json.dumps({name: {"dtype": "F32", "shape": [n // 512, 128], "data_offsets": [0, n]}}).encode()
with open(sys.argv[1], "wb") as f:
    f.write(struct.pack("<Q", len(head)) + head)
    f.truncate(8 + len(head) + n)
PY
}

@test "SIGINT in the middle of convert leaves nothing and ends with 130" {
    big_weights from.safetensors
    "$LEVIN" convert from.safetensors from.ckpt
    for pair in "from.safetensors to.safetensors" "from.safetensors to.ckpt" "from.ckpt lightning.ckpt"; do
        read -r from to <<<"$pair"
        mkdir work
        "$LEVIN" convert $from work/$to >out 2>err 3>&- & pid=$!
        while [ -z "$(ls work)" ] && kill -0 $pid; do :; done
        kill -INT $pid
        status=0
        wait $pid || status=$?
        [ "$status" -eq 130 ]
        [ "$(cat err)" = "levin convert: interrupted: work/$to was not written" ]
        [ ! -s out ]
        rmdir work
    done
}

load helper

setup() {
    cd "$BATS_TEST_TMPDIR" || return 1
    write_reviews train.csv 32
    write_reviews dev.csv 16
}

fit() { try fit --model.name "$PLAIN" "${quick[@]}" "$@"; }

# Nothing of a run was left: no logs, no temporary file.
nothing_left() {
    [ ! -e lightning_logs ] || { find lightning_logs; return 1; }
    [ -z "$(find . -name '*.tmp*')" ]
}

@test "a file that is not there" {
    fit --data.train_file nowhere.csv
    one_line_error 1 "levin fit: nowhere.csv: cannot open: No such file or directory"
    only_line
    fit --data.train_file train.csv --data.validation_file nowhere.tsv
    one_line_error 1 "levin fit: nowhere.tsv: cannot open"
    fit --data.task mnli --data.dir nowhere
    one_line_error 1 "levin fit: nowhere: no train split of mnli" "train.tsv"
    try fit --model.name nowhere --data.train_file train.csv
    one_line_error 1 "levin fit: nowhere: no such folder" "config.json"
    nothing_left
}

@test "a column that is not there" {
    fit --data.train_file train.csv --data.text_column tekst
    one_line_error 1 "levin fit: train.csv: no " "'tekst'" "text" "label"
    only_line
    fit --data.train_file train.csv --data.label_column stars
    one_line_error 1 "levin fit: train.csv: no " "'stars'"
    nothing_left
}

@test "a label that is not known" {
    printf 'text,label\nthe dog,pos\nthe cat,maybe\n' >other.csv
    fit --data.train_file train.csv --data.validation_file other.csv
    one_line_error 1 "levin fit: other.csv:3: unknown label 'maybe'" "neg, pos"
    nothing_left
    try validate --model.name "$NLI" --data.validation_file dev.csv
    one_line_error 1 "levin validate: dev.csv:2: unknown label 'pos'" "entailment, neutral, contradiction"
}

@test "a class number out of range" {
    printf 'text,label\nthe dog,0\nthe cat,3\n' >numbers.csv
    try test --model.name "$NLI" --data.test_file numbers.csv
    one_line_error 1 "levin test: numbers.csv:3: label 3, expected 0 to 2"
    only_line
}

@test "a data set without rows" {
    printf 'text,label\n' >empty.csv
    fit --data.train_file empty.csv
    one_line_error 1 "levin fit: empty.csv: " "empty data set"
    only_line
    : >nothing.csv
    fit --data.train_file nothing.csv
    one_line_error 1 "levin fit: nothing.csv: "
    nothing_left
}

@test "weights that were cut short" {
    cp -r "$NLI" cut
    truncate -s 20000 cut/model.safetensors
    try fit --model.name cut --data.train_file train.csv "${quick[@]}"
    one_line_error 1 "levin fit: cut/model.safetensors: "
    only_line
    try predict --model.name cut --text dog
    one_line_error 1 "levin predict: cut/model.safetensors: "
    : >cut/model.safetensors
    try predict --model.name cut --text dog
    one_line_error 1 "levin predict: cut/model.safetensors: "
    rm cut/model.safetensors
    try predict --model.name cut --text dog
    one_line_error 1 "levin predict: cut"
    nothing_left
}

@test "a config that is not BERT's" {
    cp -r "$NLI" other
    sed -i 's/"model_type": "bert"/"model_type": "t5"/' other/config.json
    try fit --model.name other --data.train_file train.csv "${quick[@]}"
    one_line_error 1 'levin fit: other/config.json: model_type is "t5"; levin knows "bert"'
    only_line
    echo '{"model_type": "bert", "hidden_size": 33' >other/config.json
    try predict --model.name other --text dog
    one_line_error 1 "levin predict: other/config.json:"
    nothing_left
}

@test "a checkpoint that is none, or was damaged" {
    fit --data.train_file train.csv --ckpt_path train.csv
    one_line_error 1 "levin fit: train.csv: "
    levin fit --model.name "$PLAIN" "${quick[@]}" --data.train_file train.csv >/dev/null 2>&1
    checkpoint=$(find lightning_logs/version_*/checkpoints -name '*.ckpt' | tail -n 1)
    cp "$checkpoint" damaged.ckpt
    printf 'x' | dd of=damaged.ckpt bs=1 seek=50000 conv=notrunc status=none
    fit --data.train_file train.csv --ckpt_path damaged.ckpt
    one_line_error 1 "levin fit: damaged.ckpt: "
    fit --data.train_file train.csv --ckpt_path ./damaged.ckpt # beside itself there is none
    one_line_error 1 "levin fit: ./damaged.ckpt: "
    [[ "$stderr" != *"beside it"* ]]
    : >"${checkpoint%/*}/last.ckpt"
    fit --data.train_file train.csv --ckpt_path last
    one_line_error 1 "levin fit: ${checkpoint%/*}/last.ckpt: " "; beside it stands $checkpoint"
    printf 'PK\3\4' >theirs.ckpt
    fit --data.train_file train.csv --ckpt_path theirs.ckpt
    one_line_error 1 "levin fit: theirs.ckpt: a checkpoint of PyTorch Lightning" "levin convert"
    awk -F, -v OFS=, 'NR > 1 { $NF = "class" NR % 5 } 1' train.csv >five.csv
    fit --data.train_file five.csv --ckpt_path "$checkpoint"
    one_line_error 1 "levin fit: $checkpoint: 'state_dict.classifier.weight' is F32 (2, " "in this module it is F32 (5, "
}

@test "a loss that is not a number ends the run and keeps the last good checkpoint" {
    try fit --model.name "$PLAIN" --data.train_file train.csv --data.batch_size 8 --trainer.max_epochs 1 --json
    good=$(json best_model_path)
    sum=$(sha256sum <"$good")
    try fit --model.name "$PLAIN" --data.train_file train.csv --data.batch_size 8 --optimizer sgd --optimizer.lr 1e30 \
        --trainer.max_epochs 3
    one_line_error 1 "levin fit: the loss is " "epoch"
    [ -z "$output" ]
    [ "$(sha256sum <"$good")" = "$sum" ]
    [ ! -e lightning_logs/version_1/model ]
    [ -z "$(find . -name '*.tmp*')" ]
}

@test "a disk that is full: one line, nothing half-written, the last checkpoint as it was" {
    try fit --model.name "$PLAIN" --data.train_file train.csv "${quick[@]}" --json
    good=$(json best_model_path)
    sum=$(sha256sum <"$good")
    # A limit on the size of files is what every system has; writing past it fails as on a full disk.
    run --separate-stderr bash -c 'ulimit -f 64
        "$LEVIN" fit --model.name "$PLAIN" --data.train_file train.csv --trainer.max_epochs 1'
    one_line_error 1 "levin fit: " "cannot write" "File too large"
    run --separate-stderr bash -c 'ulimit -f 64
        "$LEVIN" fit --model.name "$PLAIN" --data.train_file train.csv --trainer.max_epochs 1 \
            --trainer.enable_checkpointing false'
    one_line_error 1 "levin fit: " "model.safetensors" "cannot write" "File too large"
    [ "$(sha256sum <"$good")" = "$sum" ]
    [ -z "$(find . -name '*.tmp*')" ]
    [ ! -e lightning_logs/version_1/model ]
    [ ! -e lightning_logs/version_2/model ]
    [ -z "$(find lightning_logs/version_1 -name '*.ckpt')" ]
}

@test "a folder that cannot be written" {
    : >taken
    fit --data.train_file train.csv --trainer.default_root_dir taken
    one_line_error 1 "levin fit: taken" "cannot make the folder: Not a directory"
    for class in ModelCheckpoint OnExceptionCheckpoint; do # before an epoch is spent
        fit --data.train_file train.csv --trainer.callbacks+=$class --trainer.callbacks.dirpath taken/here
        one_line_error 1 "levin fit: taken/here: cannot make the folder"
        [[ "$stderr" != *Epoch* ]]
    done
}

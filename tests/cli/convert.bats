load helper

# Beside the fixtures: a checkpoint that a fit of two epochs left, its folder, and what levin validate
# says of them.
setup_file() {
    export FIXTURES="$BATS_FILE_TMPDIR/fixtures"
    "$LEVIN_FIXTURES" "$FIXTURES"
    export PLAIN="$FIXTURES/plain" NLI="$FIXTURES/nli" MNLI="$FIXTURES/mnli" LEVIN_NUM_THREADS=1
    export TORCH="$BATS_TEST_DIRNAME/../unit/formats/torch" RUN="$BATS_FILE_TMPDIR/run"
    "$LEVIN" fit --model.name "$PLAIN" --data.task mnli --data.dir "$MNLI" --data.batch_size 16 \
        --optimizer.lr 1e-3 --trainer.max_epochs 2 --trainer.num_sanity_val_steps 0 \
        --trainer.default_root_dir "$RUN" --json >"$BATS_FILE_TMPDIR/said"
    RUN_CKPT=$(python3 -c 'import json, sys; print(json.load(open(sys.argv[1]))["best_model_path"])' \
        "$BATS_FILE_TMPDIR/said")
    RUN_FOLDER=$(python3 -c 'import json, sys; print(json.load(open(sys.argv[1]))["model_dir"])' \
        "$BATS_FILE_TMPDIR/said")
    export RUN_CKPT RUN_FOLDER
}

# edit FROM TO CODE: a safetensors file again, after the code has changed t, {name: (dtype, shape, bytes)}.
edit() {
    python3 - "$@" <<'PY'
import json, struct, sys
data = open(sys.argv[1], "rb").read()
n = struct.unpack("<Q", data[:8])[0]
head, body = json.loads(data[8:8 + n]), data[8 + n:]
head.pop("__metadata__", None)
t = {k: (v["dtype"], v["shape"], body[slice(*v["data_offsets"])]) for k, v in head.items()}
exec(sys.argv[3])
head, at = {}, 0
for k, (dtype, shape, b) in t.items():
    head[k] = {"dtype": dtype, "shape": shape, "data_offsets": [at, at + len(b)]}
    at += len(b)
head = json.dumps(head).encode()
with open(sys.argv[2], "wb") as out:
    out.write(struct.pack("<Q", len(head)) + head + b"".join(b for _, _, b in t.values()))
PY
}

# Nothing under the name, and nothing temporary beside it.
nothing_written() {
    [ ! -e "$1" ] || { echo "$1 was written"; return 1; }
    [ -z "$(find . -name '*.tmp*')" ] || { find . -name '*.tmp*'; return 1; }
}

@test "convert wants two words, and a name that it can write" {
    try convert
    one_line_error 2 "levin convert: FROM is missing"
    try convert "$NLI"
    one_line_error 2 "levin convert: TO is missing"
    try convert "$NLI" a b
    one_line_error 2 "levin convert: unexpected word 'b'"
    for name in pytorch_model.bin model.pt model.onnx; do
        try convert "$NLI" $name
        one_line_error 2 "levin convert: $name: levin writes no " ".ckpt or .safetensors"
        nothing_written $name
    done
}

@test "convert replaces nothing" {
    mkdir folder
    echo mine >file.ckpt
    ln -s nowhere link.safetensors
    for name in folder file.ckpt link.safetensors; do
        try convert "$NLI" $name
        one_line_error 2 "levin convert: $name: is there already"
    done
    [ "$(cat file.ckpt)" = mine ]
    [ -z "$(ls folder)" ]
}

@test "a checkpoint of levin becomes one of Lightning and a folder again, with every bit" {
    try convert "$RUN_CKPT" out.ckpt --json
    [ "$status" -eq 0 ]
    json_holds 'o["from"] == "levin checkpoint" and o["to"] == "Lightning checkpoint" and o["path"] == "out.ckpt"'
    json_holds 'o["left_out"] == [] and "optimizers" in "".join(o["not_carried_over"]) + "optimizers"'
    json_holds 'o["global_step"] == 12'
    [[ "$stderr" == *"not carried over: "* ]]
    try info out.ckpt --json
    json_holds 'o["kind"] == "Lightning checkpoint" and o["format"] == "zip" and o["global_step"] == 12'
    json_holds 'all(t["name"].startswith("model.") for t in o["tensors"]) and o["dtype"] == "F32"'
    try convert out.ckpt folder --model.name "$PLAIN" --json
    [ "$status" -eq 0 ]
    json_holds 'o["to"] == "model folder" and o["left_out"] == [] and o["not_carried_over"] == []'
    cmp folder/model.safetensors "$RUN_FOLDER/model.safetensors"
    cmp folder/vocab.txt "$RUN_FOLDER/vocab.txt"
    nothing_written nothing
}

@test "a checkpoint of levin becomes a folder that knows its labels" {
    levin convert "$RUN_CKPT" folder --model.name "$PLAIN"
    cmp folder/model.safetensors "$RUN_FOLDER/model.safetensors"
    try info folder --json
    json_holds 'o["labels"] == ["entailment", "neutral", "contradiction"] and o["classifier"] is True'
    try validate --model.name "$RUN_FOLDER" --data.task mnli --data.dir "$MNLI" --json
    loss=$(json val_loss)
    try validate --model.name folder --data.task mnli --data.dir "$MNLI" --json
    [ "$status" -eq 0 ]
    [ "$(json val_loss)" = "$loss" ]
}

@test "a checkpoint of Lightning becomes one of levin, which can be validated and begun from" {
    levin convert "$RUN_CKPT" theirs.ckpt
    try convert theirs.ckpt ours.ckpt --json
    [ "$status" -eq 0 ]
    json_holds 'o["from"] == "Lightning checkpoint" and o["to"] == "levin checkpoint" and o["global_step"] == 12'
    try validate --model.name "$NLI" --data.task mnli --data.dir "$MNLI" --ckpt_path "$RUN_CKPT" --json
    loss=$(json val_loss)
    try validate --model.name "$NLI" --data.task mnli --data.dir "$MNLI" --ckpt_path ours.ckpt --json
    [ "$status" -eq 0 ]
    [ "$(json val_loss)" = "$loss" ]
}

@test "a folder becomes weights alone, and they a folder again" {
    try convert "$NLI" weights.safetensors
    [ "$status" -eq 0 ]
    [ -z "$stderr" ]
    cmp weights.safetensors "$NLI/model.safetensors"
    levin convert weights.safetensors folder --model.name "$NLI"
    cmp folder/model.safetensors "$NLI/model.safetensors"
    levin convert "$NLI" from.ckpt
    levin convert from.ckpt back --model.name "$NLI"
    cmp back/model.safetensors "$NLI/model.safetensors"
    try info back --json
    json_holds 'o["labels"] == ["entailment", "neutral", "contradiction"]'
}

@test "what somebody else's module calls its parts is found" {
    edit "$NLI/model.safetensors" deep.safetensors 't = {"net.0.model." + k: v for k, v in t.items()}'
    levin convert deep.safetensors folder --model.name "$NLI"
    cmp folder/model.safetensors "$NLI/model.safetensors"
    edit "$NLI/model.safetensors" encoder.safetensors \
        't = {k.replace("bert.", "encoder_."): v for k, v in t.items() if k.startswith("bert.")}'
    levin convert encoder.safetensors alone --model.name "$PLAIN"
    cmp alone/model.safetensors "$PLAIN/model.safetensors"
    edit "$NLI/model.safetensors" old.safetensors \
        't = {k.replace("LayerNorm.weight", "LayerNorm.gamma").replace("LayerNorm.bias", "LayerNorm.beta"): v
              for k, v in t.items()}
t["bert.embeddings.position_ids"] = ("I64", [1, 2], bytes(16))'
    levin convert old.safetensors renamed --model.name "$NLI"
    cmp renamed/model.safetensors "$NLI/model.safetensors"
}

@test "of two models --model.prefix says which" {
    edit "$NLI/model.safetensors" two.safetensors \
        't = {p + k: v for p in ("student.", "teacher.") for k, v in t.items()}'
    try convert two.safetensors folder --model.name "$NLI"
    one_line_error 1 "levin convert: two.safetensors: more than one BERT: student.bert., teacher.bert." --model.prefix
    try convert two.safetensors folder --model.name "$NLI" --model.prefix tutor.
    one_line_error 1 "levin convert: --model.prefix 'tutor.'" "no BERT under it"
    nothing_written folder
    try convert two.safetensors folder --model.name "$NLI" --model.prefix student. --strict false --json
    [ "$status" -eq 0 ]
    json_holds 'len(o["left_out"]) == o["tensors"] and o["left_out"][0].startswith("teacher.")'
    cmp folder/model.safetensors "$NLI/model.safetensors"
}

@test "tensors that are no part of the model are an error, or left out" {
    edit "$NLI/model.safetensors" more.safetensors 't["loss.weight"] = ("F32", [3], bytes(12))'
    try convert more.safetensors folder --model.name "$NLI"
    one_line_error 1 "levin convert: more.safetensors: not part of the model: loss.weight" "--strict false"
    nothing_written folder
    try convert more.safetensors folder --model.name "$NLI" --strict false
    [ "$status" -eq 0 ]
    [ "$stderr" = "left out: loss.weight" ]
    cmp folder/model.safetensors "$NLI/model.safetensors"
}

@test "names of a stranger say nothing to the terminal" {
    edit "$NLI/model.safetensors" evil.safetensors 't["a\x1b]0;b\nc\x85"] = ("F32", [1], bytes(4))'
    try convert evil.safetensors folder --model.name "$NLI"
    one_line_error 1 "levin convert: evil.safetensors: not part of the model: a?]0;b?c"
    only_line
    try convert evil.safetensors folder --model.name "$NLI" --strict false
    [ "$stderr" = "left out: a?]0;b?c?" ]
    try info evil.safetensors
    grep -qx '  a?\]0;b?c?  F32 (1)' <<<"$output"
}

@test "weights that do not fit the config are refused" {
    edit "$NLI/model.safetensors" less.safetensors 'del t["bert.encoder.layer.1.output.dense.bias"]'
    try convert less.safetensors folder --model.name "$NLI"
    one_line_error 1 "levin convert: less.safetensors: weights of the encoder are missing:" layer.1.output.dense.bias
    edit "$NLI/model.safetensors" other.safetensors \
        't["bert.encoder.layer.0.output.dense.bias"] = ("F32", [31], bytes(124))'
    try convert other.safetensors folder --model.name "$NLI"
    one_line_error 1 "levin convert: other.safetensors: bert.encoder.layer.0.output.dense.bias is (31)" "asks for (32)"
    edit "$NLI/model.safetensors" half.safetensors 'del t["classifier.bias"]'
    try convert half.safetensors folder --model.name "$NLI"
    one_line_error 1 "levin convert: half.safetensors: classifier.bias is missing"
    nothing_written folder
}

@test "a folder needs a config and a tokenizer, and a BERT" {
    try convert "$RUN_CKPT" folder
    one_line_error 1 "levin convert: --model.name is missing: $RUN_CKPT has no config and no tokenizer"
    try convert "$TORCH/checkpoint.ckpt" folder --model.name "$NLI"
    one_line_error 1 "levin convert: $TORCH/checkpoint.ckpt: no BERT in it"
    try convert "$RUN_CKPT" folder --model.name nowhere
    one_line_error 1 "levin convert: nowhere: no such folder"
    try convert nowhere.ckpt folder --model.name "$NLI"
    one_line_error 1 "levin convert: nowhere.ckpt: cannot open: No such file or directory"
    try convert "$RUN_CKPT" no/such/out.ckpt
    one_line_error 1 "levin convert: no/such/out.ckpt: "
    nothing_written folder
}

@test "damaged files and programs in them are refused, and nothing is run or written" {
    head -c 3000 "$TORCH/checkpoint.ckpt" >cut.ckpt
    try convert cut.ckpt out.ckpt
    one_line_error 1 "levin convert: cut.ckpt: not a whole zip archive"
    printf '\x80\x02cposix\nsystem\nX\x0c\x00\x00\x00touch hacked\x85R.' >evil.ckpt
    try convert evil.ckpt out.ckpt
    one_line_error 1 "levin convert: evil.ckpt: byte 2: GLOBAL: posix.system is not one of the names"
    [ ! -e hacked ]
    nothing_written out.ckpt
}

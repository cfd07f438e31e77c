load helper

@test "info names version, back end, instruction sets, threads and oneDNN" {
    try info
    [ "$status" -eq 0 ]
    [ -z "$stderr" ]
    for name in version backend backends instruction_sets threads onednn; do
        grep -q "^$name  *[^ ]" <<<"$output" || { echo "no $name"; return 1; }
    done
    try info --json
    json_holds 'o["version"] and o["backends"][-1] == "ref" and o["threads"] == 1 and o["onednn"] in (True, False)'
}

@test "info says what the environment chose" {
    LEVIN_BACKEND=ref try info --json
    json_holds 'o["backend"] == "ref"'
    LEVIN_CPU=generic try info --json
    json_holds 'o["backend"] == "generic" or "generic" in o["backends"]'
    LEVIN_NUM_THREADS=3 try info --json
    json_holds 'o["threads"] == 3'
}

@test "info --fallbacks lists the kernels that only ref has" {
    LEVIN_BACKEND=ref try info --fallbacks --json
    json_holds '"matmul" in o["fallbacks"] and "adam" in o["fallbacks"]'
    try info --fallbacks --json
    json_holds '"matmul" not in o["fallbacks"] and "attention" not in o["fallbacks"]'
}

@test "info describes a model folder" {
    try info --model.name "$NLI" --json
    json_holds 'o["model_type"] == "bert" and o["hidden_size"] == 32 and o["num_hidden_layers"] == 2'
    json_holds 'o["labels"] == ["entailment", "neutral", "contradiction"] and o["classifier"] is True'
    json_holds 'o["dtype"] == "F32" and o["bytes"] == 4 * o["parameters"] and o["vocab_size"] == o["tokens"]'
    try info --model.name "$PLAIN"
    grep -q '^labels  *none$' <<<"$output"
    grep -q '^classifier  *no$' <<<"$output"
}

@test "info of something that is no model folder" {
    try info --model.name nowhere
    one_line_error 1 "levin info: nowhere: no such folder"
    only_line
    [ -z "$output" ]
}

@test "info describes checkpoints and files of weights, whoever wrote them" {
    torch=$BATS_TEST_DIRNAME/../unit/formats/torch
    try info "$torch/checkpoint.ckpt" --json
    [ "$status" -eq 0 ]
    json_holds 'o["kind"] == "Lightning checkpoint" and o["lightning_version"] == "2.6.6" and o["epoch"] == 2'
    json_holds 'o["global_step"] == 4 and o["hyper_parameters"]["lr"] == 0.001 and o["hyper_parameters"]["several"] == ["x"]'
    json_holds '"optimizer_states" in o["keys"] and {"name": "layer.weight", "dtype": "F32", "shape": [3, 4]} in o["tensors"]'
    try info "$torch/legacy.bin" --json
    json_holds 'o["kind"] == "PyTorch weights" and o["format"] == "before torch 1.6" and o["dtype"] == "mixed"'
    try info "$NLI/model.safetensors"
    [ "$status" -eq 0 ]
    grep -q '^kind  *safetensors weights$' <<<"$output"
    grep -q '^  classifier.weight  F32 (3, 32)$' <<<"$output"
}

@test "info takes a folder or a file without an option, and one of them only" {
    try info "$NLI" --json
    json_holds 'o["model_type"] == "bert"'
    try info "$NLI" --model.name "$NLI"
    one_line_error 2 "levin info: $NLI and --model.name: only one of them"
    echo "no weights" >text.bin
    try info text.bin
    one_line_error 1 "levin info: text.bin: "
    only_line
}

@test "info runs nothing that a pickle asks for" {
    printf '\x80\x02cposix\nsystem\nX\x0c\x00\x00\x00touch hacked\x85R.' >evil.bin
    try info evil.bin
    one_line_error 1 "levin info: evil.bin: byte 2: GLOBAL: posix.system is not one of the names that levin reads"
    only_line
    [ ! -e hacked ]
}

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

load helper

# Timings are never looked at: whether everything was measured is.
brief=(--seconds 0.01 --data.batch_size 4 --lengths 9)

@test "bench measures every section of a model folder" {
    try bench --model.name "$PLAIN" "${brief[@]}" --json
    [ "$status" -eq 0 ]
    [ -z "$stderr" ]
    [ "$(wc -l <<<"$output")" -eq 1 ]
    json_holds 'all(o[s] for s in ("peak", "gemm", "operators", "optimizer", "train", "infer", "tokenizer", "embed"))'
    json_holds 'all(r is None or r.get("rate", 1) >= 0 for s in o.values() if isinstance(s, dict) for r in s.values() if isinstance(r, (dict, type(None))))'
    json_holds 'all("%s %s" % (l, w) in o["gemm"] for l in ("qkv", "output", "up", "down") for w in ("forward", "dx", "dw"))'
    json_holds 'all("%s %s" % (l, w) in o["operators"] for l in ("linear", "linear_gelu", "linear_residual_norm", "attention", "layer_norm", "dropout", "embedding", "cross_entropy") for w in ("forward", "backward"))'
    json_holds 'all(abs(r["share"] - r["rate"] / r["peak"]) < 1e-3 for r in o["gemm"].values())'
    json_holds 'o["train"]["peak RSS"]["rate"] > 1 and o["train"]["useful"]["share"] > 0'
    json_holds 'o["machine"]["threads"] == 1 and o["settings"]["mean_length"] == 9 and o["settings"]["tokens_a_batch"] == 36'
    json_holds 'o["model"]["hidden_size"] == 32 and o["model"]["layers"] == 2'
}

@test "bench prints a table, a line for each measurement" {
    try bench --model.name "$PLAIN" "${brief[@]}"
    [ "$status" -eq 0 ]
    [ -z "$stderr" ]
    for row in f32 bf16 int8 copy "change in place" "qkv forward" "down dw" "attention backward" adamw step tokens useful computed \
        "peak RSS" batch "one text" "all threads"; do
        grep -q "^  $row  " <<<"$output" || { echo "no $row"; return 1; }
    done
}

@test "bench of some sections leaves out the others" {
    try bench gemm,train --model.name "$PLAIN" "${brief[@]}" --json
    [ "$status" -eq 0 ]
    json_holds '"gemm" in o and "train" in o and "peak" not in o and "infer" not in o'
}

@test "bench needs no weights: a config.json gives the shape" {
    try bench --model.config "$PLAIN/config.json" "${brief[@]}" --trainer.precision bf16-mixed --json
    [ "$status" -eq 0 ]
    json_holds 'o["model"]["hidden_size"] == 32 and o["settings"]["precision"] == "bf16-mixed" and o["tokenizer"] is None'
}

@test "bench in int8 leaves out what learns" {
    try bench --model.name "$PLAIN" "${brief[@]}" --trainer.precision int8 --json
    [ "$status" -eq 0 ]
    json_holds 'o["train"] is None and o["operators"] is None and o["settings"]["precision"] == "int8"'
    json_holds '"qkv forward" in o["gemm"] and "qkv dw" not in o["gemm"] and o["embed"]["texts"]["rate"] > 0'
    try bench train --model.name "$PLAIN" --trainer.precision int8
    one_line_error 2 "levin bench: section train: nothing is learned in int8"
}

@test "bench takes lengths from a file, and texts" {
    printf '3\n5\n7\n' >lengths
    printf 'the dog sleeps\na cat\n' >texts
    try bench infer,tokenizer --model.name "$PLAIN" --seconds 0.01 --lengths lengths --data.batch_size 3 \
        --file texts --json
    [ "$status" -eq 0 ]
    json_holds 'o["settings"]["mean_length"] == 5 and o["settings"]["tokens_a_batch"] == 15'
    json_holds 'o["tokenizer"]["all threads"]["detail"] == "2 texts"'
}

@test "bench with MNLI's lengths" {
    try bench infer --model.name "$PLAIN" --seconds 0.01 --json
    [ "$status" -eq 0 ]
    json_holds '39 < o["settings"]["mean_length"] < 41 and abs(o["settings"]["tokens_a_batch"] / 32 - 39.7) < 1'
}

@test "bench says what is wrong with a section, lengths, a shape" {
    try bench gem
    one_line_error 2 "levin bench: unknown section 'gem', did you mean gemm?"
    try bench gemm,
    one_line_error 2 "levin bench: unknown section ''"
    try bench embed
    one_line_error 2 "levin bench: section embed needs --model.name"
    try bench tokenizer
    one_line_error 2 "levin bench: section tokenizer needs --model.name"
    try bench --model.name "$PLAIN" --model.config minilm
    one_line_error 2 "levin bench: --model.name and --model.config"
    try bench --seconds 0
    one_line_error 2 "levin bench: --seconds: '0' is not a number above 0"
    try bench --model.config minilmm
    one_line_error 1 "levin bench: --model.config: 'minilmm'" "did you mean minilm"
    try bench --model.name nowhere
    one_line_error 1 "levin bench: nowhere: no such folder"
    try bench --model.name "$PLAIN" --lengths nowhere
    one_line_error 1 "levin bench: nowhere: "
    printf '12\nabc\n' >lengths
    try bench --model.name "$PLAIN" --lengths lengths
    one_line_error 1 "levin bench: lengths:2: 'abc' is not a length from 1 to 65535 tokens"
    : >lengths
    try bench --model.name "$PLAIN" --lengths lengths
    one_line_error 1 "levin bench: lengths: no lengths"
    try bench tokenizer --model.name "$PLAIN" --file lengths
    one_line_error 1 "levin bench: lengths: no texts"
    try bench --model.name "$PLAIN" --lengths 129
    one_line_error 1 "levin bench: --lengths: 129 tokens, but this model takes 128"
    try bench --model.name "$PLAIN" --trainer.precision 17
    one_line_error 2 "levin bench: " "precision" "17"
}

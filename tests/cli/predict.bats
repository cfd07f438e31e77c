load helper

@test "one pair on the command line gives one object" {
    try predict --model.name "$NLI" --text "the dog runs" --text_pair "the dog sleeps"
    [ "$status" -eq 0 ]
    [ -z "$stderr" ]
    [ "$(wc -l <<<"$output")" -eq 1 ]
    json_holds 'set(o) == {"label", "score"} and o["label"] in ("entailment", "neutral", "contradiction")'
    json_holds '1 / 3 <= o["score"] <= 1'
}

@test "json lines are answered in their order, whatever the size of a batch" {
    python3 - >in.jsonl <<'PY'
import json
words = "the dog cat bird is not good bad runs eats red green".split()
for i in range(100):
    row = {"text": " ".join(words[i % 7: i % 7 + 1 + i % 5])}
    if i % 3: row["text_pair"] = words[i % 11]
    print(json.dumps(row))
PY
    levin predict --model.name "$NLI" --data.batch_size 1 <in.jsonl >one
    levin predict --model.name "$NLI" --data.batch_size 64 <in.jsonl >many
    [ "$(wc -l <one)" -eq 100 ]
    cut -d, -f1 one | cmp - <(cut -d, -f1 many)
    python3 - one many <<'PY'
import json, sys
a, b = ([json.loads(l) for l in open(p)] for p in sys.argv[1:])
assert all(x["label"] == y["label"] and abs(x["score"] - y["score"]) < 1e-5 for x, y in zip(a, b))
PY
}

@test "a line is answered before the next one is written" {
    mkfifo in out
    "$LEVIN" predict --model.name "$NLI" <in >out &
    exec 8>in 9<out
    for text in dog cat bird; do
        echo "{\"text\": \"$text\"}" >&8
        read -r -t 20 answer <&9
        [[ "$answer" == *'"label"'* ]]
    done
    exec 8>&- 9<&-
    wait
}

@test "other members, blank lines, a last line without newline, and no line at all are fine" {
    run --separate-stderr bash -c 'printf "\n{\"text\": \"dog\", \"id\": 3, \"text_pair\": null}\n \n{\"text\": \"cat\"}" |
        "$LEVIN" predict --model.name "$NLI"'
    [ "$status" -eq 0 ]
    [ "$(wc -l <<<"$output")" -eq 2 ]
    try predict --model.name "$NLI" </dev/null
    [ "$status" -eq 0 ]
    [ -z "$output" ]
}

@test "members go by the names that are given" {
    run bash -c 'echo "{\"premise\": \"the dog\", \"hypothesis\": \"a cat\"}" | "$LEVIN" predict --model.name "$NLI" \
        --data.text_column premise --data.text_pair_column hypothesis'
    [ "$output" = "$(levin predict --model.name "$NLI" --text "the dog" --text_pair "a cat")" ]
}

@test "a text may hold NUL, quotes and characters of any script" {
    run bash -c 'printf "%s\n" "{\"text\": \"a\\u0000b\"}" "{\"text\": \"\\\"h\\u00e9\\ud83d\\ude00\\\"\"}" "{\"text\": \"\"}" |
        "$LEVIN" predict --model.name "$NLI"'
    [ "$status" -eq 0 ]
    [ "${#lines[@]}" -eq 3 ]
}

@test "a bad line is named, after what came before it was answered" {
    for bad in 'not json' '["text"]' '{"txt": "a"}' '{"text": 3}' '{"text": "a", "text_pair": 1}' '{"text": "a"'; do
        printf '{"text": "dog"}\n{"text": "cat"}\n%s\n{"text": "bird"}\n' "$bad" >in
        run --separate-stderr bash -c '"$LEVIN" predict --model.name "$NLI" <in'
        one_line_error 1 "levin predict: standard input:3"
        only_line
        [ "$(wc -l <<<"$output")" -eq 2 ]
    done
}

@test "a folder without a head is not asked" {
    try predict --model.name "$PLAIN" --text dog
    one_line_error 1 "levin predict: $PLAIN: not trained yet" "classifier.weight" "levin fit"
    only_line
    [ -z "$output" ]
}

@test "text_pair needs text, and max_length must fit the model" {
    try predict --model.name "$NLI" --text_pair dog
    one_line_error 2 "levin predict: --text_pair needs --text"
    try predict --model.name "$NLI" --text dog --data.max_length 129
    one_line_error 2 "levin predict: --data.max_length 129: the model has positions for 128 tokens"
}

@test "bf16-mixed gives nearly the same score" {
    a=$(levin predict --model.name "$NLI" --text "the dog runs" | python3 -c 'import json; print(json.load(open(0))["score"])')
    try predict --model.name "$NLI" --text "the dog runs" --trainer.precision bf16-mixed
    json_holds "abs(o['score'] - $a) < 0.02"
}

@test "the rows of a data set are answered in their order, as the same lines of standard input are" {
    python3 - "$MNLI/test_matched.tsv" >in.jsonl <<'PY'
import csv, json, sys
for row in csv.DictReader(open(sys.argv[1]), delimiter="\t", quoting=csv.QUOTE_NONE):
    print(json.dumps({"text": row["sentence1"], "text_pair": row["sentence2"]}))
PY
    levin predict --model.name "$NLI" <in.jsonl >wanted
    for from in "--data.task mnli --data.dir $MNLI" "--data.test_file $MNLI/test_matched.tsv"; do
        try predict --model.name "$NLI" $from --data.batch_size 7
        [ "$status" -eq 0 ]
        cut -d, -f1 wanted | diff - <(cut -d, -f1 <<<"$output")
        try predict --model.name "$NLI" $from --data.batch_size 7 --trainer.limit_predict_batches 2
        [ "$status" -eq 0 ]
        [ "${#lines[@]}" -eq 14 ]
        head -n 14 wanted | cut -d, -f1 | diff - <(cut -d, -f1 <<<"$output")
    done
    [ "$(echo lightning_logs*)" = "lightning_logs*" ]
}

@test "rows of a regression may have their numbers" {
    printf '{"sentence1": "the dog", "sentence2": "a cat", "label": 0.5}\n{"sentence1": "a bird", "sentence2": "the dog", "label": 2.5}\n' >st.jsonl
    levin fit --model.name "$PLAIN" --data.task stsb --data.train_file st.jsonl --trainer.max_epochs 1 >/dev/null 2>&1
    try predict --model.name lightning_logs/version_0/model --data.test_file st.jsonl
    [ "$status" -eq 0 ]
    [ "${#lines[@]}" -eq 2 ]
    [[ "$output" == *score* && "$output" != *label* ]]
}

@test "rows of a data set need no labels, and may have ones that the model does not know" {
    printf 'sentence1,sentence2\nthe dog,a cat\na bird,the dog\n' >none.csv
    printf 'sentence1,sentence2,label\nthe dog,a cat,-\na bird,the dog,other\n' >other.csv
    try predict --model.name "$NLI" --data.test_file none.csv
    [ "$status" -eq 0 ]
    [ "${#lines[@]}" -eq 2 ]
    answers=$output
    try predict --model.name "$NLI" --data.test_file other.csv
    [ "$output" = "$answers" ]
    try predict --model.name "$PLAIN" --data.test_file none.csv
    one_line_error 1 "levin predict: $PLAIN: not trained yet" "classifier.weight"
}

@test "batches of standard input may be limited, and a text goes before the data set of a file" {
    for _ in $(seq 9); do echo '{"text": "dog"}'; done >in.jsonl
    run --separate-stderr bash -c '"$LEVIN" predict --model.name "$NLI" --data.batch_size 2 --trainer.limit_predict_batches 3 <in.jsonl'
    [ "$status" -eq 0 ]
    [ "${#lines[@]}" -eq 6 ]
    try predict --model.name "$NLI" --trainer.limit_predict_batches 0.5
    one_line_error 2 "levin predict: --trainer.limit_predict_batches 0.5: nobody knows" "give a number of batches"
    PL_TRAINER_LIMIT_PREDICT_BATCHES=5 try predict --model.name "$NLI" --text dog
    [ "$status" -eq 0 ]
    try predict --model.name "$NLI" --data.dir "$MNLI"
    one_line_error 2 "levin predict: --data.dir needs --data.task"
    levin predict --model.name "$NLI" --data.task mnli --data.dir "$MNLI" --print_config >all.yaml
    try predict --config all.yaml --text dog
    [ "$status" -eq 0 ]
    [ "${#lines[@]}" -eq 1 ]
    try predict --config all.yaml
    [ "${#lines[@]}" -eq $(($(wc -l <"$MNLI/test_matched.tsv") - 1)) ]
}

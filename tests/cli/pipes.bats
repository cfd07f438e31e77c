load helper

@test "a reader that goes away ends the program without a word" {
    python3 -c 'for i in range(200000): print("dog")' >lines
    run --separate-stderr bash -c 'set -o pipefail; "$LEVIN" tokenize --model "$PLAIN" <lines | head -n 1'
    [ "$output" = "[CLS] dog [SEP]" ]
    [ -z "$stderr" ]
    [ "$status" -eq 141 ]
    python3 -c 'for i in range(20000): print("{\"text\": \"dog\"}")' >jsonl
    run --separate-stderr bash -c '"$LEVIN" predict --model.name "$NLI" <jsonl | head -n 1'
    [[ "$output" == *label* ]]
    [ -z "$stderr" ]
    run --separate-stderr bash -c 'set -o pipefail; "$LEVIN" embed --model "$PLAIN" <lines | head -n 1'
    [[ "$output" == *embedding* ]]
    [ -z "$stderr" ]
    [ "$status" -eq 141 ]
    run --separate-stderr bash -c '"$LEVIN" help fit | true'
    [ -z "$stderr" ]
}

@test "a standard output that takes nothing is an error" {
    [ -w /dev/full ] || skip "no /dev/full"
    run --separate-stderr bash -c '"$LEVIN" info >/dev/full'
    one_line_error 1 "levin info: standard output: cannot write: No space left on device"
    run --separate-stderr bash -c '"$LEVIN" --version >&-'
    one_line_error 1 "levin: standard output: cannot write"
}

@test "a standard error without a reader does not hurt a run" {
    "$LEVIN" fit --model.name "$PLAIN" --data.task mnli --data.dir "$MNLI" "${quick[@]}" --json 2> >(true) >out
    python3 -c 'import json; assert json.load(open("out"))["global_step"] == 6'
    [ -f lightning_logs/version_0/model/model.safetensors ]
}

@test "where standard error is no terminal there are no escapes" {
    levin fit --model.name "$PLAIN" --data.task mnli --data.dir "$MNLI" "${quick[@]}" >out 2>err
    not grep -q $'\033\|\r' out err
}

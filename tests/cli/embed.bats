load helper

# The rows of a NumPy file as JSON lines; python3 alone reads them.
read_npy() {
    python3 - "$1" <<'PY'
import ast, json, struct, sys
data = open(sys.argv[1], "rb").read()
assert data[:8] == b"\x93NUMPY\x01\x00"
n = struct.unpack("<H", data[8:10])[0]
assert (10 + n) % 64 == 0 and data[9 + n:10 + n] == b"\n"
header = ast.literal_eval(data[10:10 + n].decode())
assert header["descr"] == "<f4" and header["fortran_order"] is False
rows, width = header["shape"]
numbers = struct.unpack("<%df" % (rows * width), data[10 + n:])
for i in range(rows):
    print(json.dumps({"embedding": numbers[i * width:(i + 1) * width]}))
PY
}

# Fails unless two files of JSON lines hold the same vectors, but for rounding.
same_vectors() {
    python3 - "$@" <<'PY'
import json, sys
a, b = ([json.loads(line)["embedding"] for line in open(p)] for p in sys.argv[1:])
assert len(a) == len(b) > 0, (len(a), len(b))
worst = max(abs(x - y) for v, w in zip(a, b) for x, y in zip(v, w))
assert worst < 1e-6, worst
PY
}

write_texts() { python3 -c 'for i in range(1300): print("the dog is not bad " * (i % 9) + "cat")' >texts; }

@test "one text gives one line" {
    try embed --model.name "$PLAIN" --text "the dog runs"
    [ "$status" -eq 0 ]
    [ -z "$stderr" ]
    [ "$(wc -l <<<"$output")" -eq 1 ]
    json_holds 'set(o) == {"embedding"} and len(o["embedding"]) == 32 and all(abs(x) < 10 for x in o["embedding"])'
}

@test "standard input, a file, JSON lines and a NumPy file give the same vectors in the same order" {
    write_texts
    python3 -c 'import json
for line in open("texts"): print(json.dumps({"id": 1, "body": line.rstrip("\n")}))' >jsonl
    levin embed --model.name "$PLAIN" <texts >a
    [ "$(wc -l <a)" -eq 1300 ]
    LEVIN_NUM_THREADS=2 levin embed --model.name "$PLAIN" --file texts >b
    cmp a b
    levin embed --model.name "$PLAIN" --input-format jsonl --data.text_column body <jsonl | cmp a -
    levin embed --model.name "$PLAIN" --file texts --output vectors.npy >report
    read_npy vectors.npy >c
    same_vectors a c
    levin embed --model.name "$PLAIN" --output vectors.jsonl <texts >/dev/null
    cmp a vectors.jsonl
    levin embed --model.name "$PLAIN" --data.batch_tokens 1 <texts >d
    same_vectors a d
    grep -q '^texts 1300$' report
    [ -z "$(find . -name '*.tmp*')" ]
}

@test "a text has the vector that it has alone" {
    printf 'dog\nthe cat is not good\n\n' | levin embed --model.name "$PLAIN" >all
    for text in dog "the cat is not good" ""; do levin embed --model.name "$PLAIN" --text="$text"; done >one
    same_vectors all one
}

@test "--output says how it went on standard output" {
    write_texts
    try embed --model.name "$PLAIN" --file texts --output vectors.npy --json
    [ "$status" -eq 0 ]
    json_holds 'o["texts"] == 1300 and o["size"] == 32 and o["pooling"] == "mean" and o["max_length"] == 128'
    json_holds 'o["texts_per_second"] > 0 and o["wall_s"] > 0 and o["output"] == "vectors.npy"'
}

@test "no text makes no line, and a NumPy file of no rows" {
    try embed --model.name "$PLAIN" </dev/null
    [ "$status" -eq 0 ]
    [ -z "$output" ]
    levin embed --model.name "$PLAIN" --output none.npy </dev/null >/dev/null
    [ -z "$(read_npy none.npy)" ]
    [ "$(wc -c <none.npy)" -eq 128 ]
}

@test "blank JSON lines and a last line without newline are fine, an empty line is an empty text" {
    run bash -c 'printf "\n{\"text\": \"dog\"}\n \n{\"text\": \"a\\u0000b\"}" |
        "$LEVIN" embed --model.name "$PLAIN" --input-format jsonl'
    [ "${#lines[@]}" -eq 2 ]
    run bash -c 'printf "\ndog" | "$LEVIN" embed --model.name "$PLAIN"'
    [ "${#lines[@]}" -eq 2 ]
}

@test "a line is answered before the next one is written" {
    mkfifo in out
    "$LEVIN" embed --model.name "$PLAIN" <in >out &
    exec 8>in 9<out
    for text in dog cat bird; do
        echo "$text" >&8
        read -r -t 20 answer <&9
        [[ "$answer" == *'"embedding"'* ]]
    done
    exec 8>&- 9<&-
    wait
}

@test "pooling and length are the options', else the folder's" {
    for pooling in mean cls max pooler; do
        levin embed --model.name "$PLAIN" --model.pooling "$pooling" --text "the dog runs" >"$pooling"
    done
    not cmp -s mean cls
    not cmp -s cls max
    not cmp -s cls pooler
    [ "$(levin embed --model.name "$PLAIN" --text "the dog runs")" = "$(cat mean)" ]
    cp -r "$PLAIN" st
    mkdir st/1_Pooling st/2_Normalize
    cat >st/modules.json <<'END'
[{"idx": 0, "name": "0", "path": "", "type": "sentence_transformers.models.Transformer"},
 {"idx": 1, "name": "1", "path": "1_Pooling", "type": "sentence_transformers.models.Pooling"},
 {"idx": 2, "name": "2", "path": "2_Normalize", "type": "sentence_transformers.models.Normalize"}]
END
    echo '{"pooling_mode_cls_token": true, "pooling_mode_mean_tokens": false}' >st/1_Pooling/config.json
    echo '{"max_seq_length": 4}' >st/sentence_bert_config.json
    try embed --model.name st --text "the dog runs and eats"
    json_holds 'abs(sum(x * x for x in o["embedding"]) - 1) < 1e-5'
    [ "$output" = "$("$LEVIN" embed --model.name st --text "the dog")" ]
    [ "$(levin embed --model.name st --text "the dog runs" --normalize false --data.max_length 5)" = "$(cat cls)" ]
    [ "$(levin embed --model.name st --text "the dog runs" --normalize=FALSE --model.pooling mean --data.max_length 5)" = \
        "$(cat mean)" ]
    echo '{"pooling_mode": "lasttoken"}' >st/1_Pooling/config.json
    try embed --model.name st --text dog
    one_line_error 1 'levin embed: st/1_Pooling/config.json: the pooling is "lasttoken"'
}

@test "bf16-mixed gives nearly the same vector" {
    levin embed --model.name "$PLAIN" --text "the dog runs" >a
    levin embed --model.name "$PLAIN" --text "the dog runs" --trainer.precision bf16-mixed >b
    not cmp -s a b
    python3 -c 'import json
a, b = (json.load(open(p))["embedding"] for p in "ab")
assert max(abs(x - y) for x, y in zip(a, b)) < 0.05'
}

@test "int8 gives nearly the same vector, whatever stands beside the text" {
    levin embed --model.name "$PLAIN" --text "the dog runs" >a
    levin embed --model.name "$PLAIN" --text "the dog runs" --trainer.precision int8 >b
    not cmp -s a b
    python3 -c 'import json
a, b = (json.load(open(p))["embedding"] for p in "ab")
dot = lambda x, y: sum(p * q for p, q in zip(x, y))
assert dot(a, b) / (dot(a, a) * dot(b, b)) ** 0.5 > 0.99'
    printf 'the dog runs\na cat\n' >texts
    [ "$(levin embed --model.name "$PLAIN" --file texts --trainer.precision int8 | head -n 1)" = "$(cat b)" ]
}

@test "errors of usage" {
    try embed --text dog
    one_line_error 2 "levin embed: --model.name is missing"
    try embed --model.name "$PLAIN" --text dog --file texts
    one_line_error 2 "levin embed: --text and --file are two inputs"
    try embed --model.name "$PLAIN" --text dog --output vectors.txt
    one_line_error 2 "levin embed: --output: 'vectors.txt' should end in .npy or .jsonl"
    try embed --model.name "$PLAIN" --text dog --output .npy
    one_line_error 2 "levin embed: --output: '.npy'"
    try embed --model.name "$PLAIN" --text dog --model.pooling men
    one_line_error 2 "levin embed: unknown --model.pooling 'men', did you mean mean?"
    try embed --model.name "$PLAIN" --text dog --normalize maybe
    one_line_error 2 "levin embed: unknown --normalize 'maybe'"
    try embed --model.name "$PLAIN" --text dog --data.max_length 2
    one_line_error 2 "levin embed: --data.max_length: '2' is not a whole number from 3"
    try embed --model.name "$PLAIN" --text dog --trainer.precision 64-true
    one_line_error 2 "levin embed: --trainer.precision: 64-true is not in this build"
    only_line
}

@test "what fails is named, with status 1" {
    try embed --model.name nowhere --text dog
    one_line_error 1 "levin embed: nowhere: no such folder"
    try embed --model.name "$PLAIN" --file nowhere
    one_line_error 1 "levin embed: nowhere: cannot open: No such file or directory"
    try embed --model.name "$PLAIN" --text dog --data.max_length 129
    one_line_error 2 "levin embed: --data.max_length 129: the model has positions for 128 tokens"
    try embed --model.name "$PLAIN" --text dog --output no/vectors.npy
    one_line_error 1 "levin embed: no/vectors.npy: cannot create"
    only_line
}

@test "a bad line is named, after what came before it was answered; a file is whole or not there" {
    printf '{"text": "dog"}\n{"text": "cat"}\n{"txt": 1}\n{"text": "bird"}\n' >in
    try embed --model.name "$PLAIN" --input-format jsonl --file in
    one_line_error 1 'levin embed: in:3: "text" is missing'
    only_line
    [ "$(wc -l <<<"$output")" -eq 2 ]
    run --separate-stderr bash -c '"$LEVIN" embed --model.name "$PLAIN" --input-format jsonl --output v.npy <in'
    one_line_error 1 "levin embed: standard input:3"
    [ -z "$output" ]
    [ -z "$(find . -name 'v.npy*')" ]
}

@test "an interrupted run leaves nothing of its file" {
    mkfifo in
    "$LEVIN" embed --model.name "$PLAIN" --output v.npy <in 2>err &
    pid=$!
    exec 8>in
    echo dog >&8
    for _ in $(seq 100); do [ -n "$(find . -name 'v.npy.tmp*')" ] && break; sleep 0.1; done
    sleep 0.3
    kill -INT "$pid"
    status=0
    wait "$pid" || status=$?
    exec 8>&-
    [ "$status" -eq 130 ]
    grep -q '^levin embed: interrupted$' err
    [ -z "$(find . -name 'v.npy*')" ]
}

@test "a reader that goes away ends the program without a word, a full disk is an error" {
    write_texts
    run --separate-stderr bash -c 'set -o pipefail; "$LEVIN" embed --model.name "$PLAIN" <texts | head -n 1'
    [ "$status" -eq 141 ]
    [ -z "$stderr" ]
    run --separate-stderr bash -c 'ulimit -f 64
        "$LEVIN" embed --model.name "$PLAIN" --file texts --output v.npy'
    one_line_error 1 "levin embed: v.npy: cannot write: File too large"
    [ -z "$(find . -name 'v.npy*')" ]
}

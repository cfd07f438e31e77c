load helper

@test "tokens of a text and of a pair" {
    try tokenize --model "$PLAIN" --text "The dog's house!"
    [ "$status" -eq 0 ]
    [ -z "$stderr" ]
    [ "$output" = "[CLS] the dog ' s house ! [SEP]" ]
    try tokenize --model "$PLAIN" --text "the dog" --text_pair "a cat"
    [ "$output" = "[CLS] the dog [SEP] a cat [SEP]" ]
}

@test "--json gives ids, type_ids and offsets in bytes" {
    try tokenize --model "$PLAIN" --text "é dog" --text_pair "cat" --json
    json_holds 'set(o) == {"ids", "type_ids", "offsets"}'
    json_holds 'o["ids"] == [2, 41, 17, 3, 18, 3] or o["offsets"][1] == [0, 2]'
    json_holds 'o["type_ids"] == [0, 0, 0, 0, 1, 1]'
    json_holds 'o["offsets"] == [[0, 0], [0, 2], [3, 6], [0, 0], [0, 3], [0, 0]]'
}

@test "standard input is a text a line, or an object a line, and the order stays" {
    python3 -c 'for i in range(3000): print("dog " * (i % 7) + "cat")' >lines
    python3 -c 'import json
for line in open("lines"): print(json.dumps({"text": line.rstrip("\n")}))' >jsonl
    LEVIN_NUM_THREADS=2 levin tokenize --model "$PLAIN" <lines >a
    LEVIN_NUM_THREADS=2 levin tokenize --model "$PLAIN" --input-format jsonl <jsonl >b
    cmp a b
    [ "$(wc -l <a)" -eq 3000 ]
    [ "$(sed -n 3p a)" = "[CLS] dog dog cat [SEP]" ]
    LEVIN_NUM_THREADS=2 levin tokenize --model "$PLAIN" --input-format JSONL --json <jsonl | python3 -c 'import json, sys
rows = [json.loads(line) for line in sys.stdin]
assert len(rows) == 3000 and all(len(r["ids"]) == i % 7 + 3 for i, r in enumerate(rows))'
}

@test "an empty line is an empty text" {
    run bash -c 'printf "\ndog" | "$LEVIN" tokenize --model "$PLAIN"'
    [ "${lines[0]}" = "[CLS] [SEP]" ]
    [ "${lines[1]}" = "[CLS] dog [SEP]" ]
}

@test "truncation by length, text and side; special tokens may be left out" {
    t=(tokenize --model "$PLAIN" --text "the dog runs" --text_pair "a cat eats")
    [ "$(levin "${t[@]}" --max-length 7)" = "[CLS] the dog [SEP] a cat [SEP]" ]
    [ "$(levin "${t[@]}" --max-length 7 --truncation only_first)" = "[CLS] the [SEP] a cat eats [SEP]" ]
    [ "$(levin "${t[@]}" --max-length 7 --truncation-side left)" = "[CLS] dog runs [SEP] cat eats [SEP]" ]
    [ "$(levin "${t[@]}" --no-special-tokens)" = "the dog runs a cat eats" ]
}

@test "a bad line is named, after what came before it was written" {
    printf '{"text": "dog"}\n{"text": "cat"\n{"text": "bird"}\n' >in
    run --separate-stderr bash -c '"$LEVIN" tokenize --model "$PLAIN" --input-format jsonl <in'
    one_line_error 1 "levin tokenize: standard input:2"
    only_line
    [ "$output" = "[CLS] dog [SEP]" ]
}

@test "any bytes are a text" {
    head -c 5000 /dev/urandom >bytes
    levin tokenize --model "$PLAIN" <bytes >tokens
    [ "$(wc -l <tokens)" -ge "$(wc -l <bytes)" ]
}

# helper.bash: what every test of the program begins with. CMake says where things are: LEVIN is the program,
# LEVIN_FIXTURES the program that writes the tiny model folders and the small data set.
bats_require_minimum_version 1.5.0

setup_file() {
    export FIXTURES="$BATS_FILE_TMPDIR/fixtures"
    "$LEVIN_FIXTURES" "$FIXTURES"
    export PLAIN="$FIXTURES/plain" NLI="$FIXTURES/nli" MNLI="$FIXTURES/mnli"
    export LEVIN_NUM_THREADS=1
}

setup() {
    cd "$BATS_TEST_TMPDIR" || return 1
}

levin() { "$LEVIN" "$@"; }

# Fails unless the command does with status 1, which is a plain no. `! command` only fails a test on its last line.
not() {
    local code=0
    "$@" || code=$?
    [ "$code" -eq 1 ] || { echo "status $code, not 1: $*"; return 1; }
}

# What a command said and how it ended: $status, $output and $stderr.
try() { run --separate-stderr "$LEVIN" "$@"; }

# Fails unless the last command ended with this status and one line on standard error, which begins with the
# words and holds the others.
one_line_error() {
    local wanted=$1 begins=$2
    shift 2
    [ "$status" -eq "$wanted" ] || { echo "status $status, not $wanted: $stderr"; return 1; }
    local last=${stderr##*$'\n'}
    [[ "$last" == "$begins"* ]] || { echo "not '$begins...': $stderr"; return 1; }
    [ "$(grep -c '^levin[ :]' <<<"$stderr")" -eq 1 ] || { echo "not one line: $stderr"; return 1; }
    local word
    for word in "$@"; do
        [[ "$last" == *"$word"* ]] || { echo "no '$word' in: $last"; return 1; }
    done
}

# Fails unless standard error holds nothing but that line.
only_line() { [ "$(wc -l <<<"$stderr")" -eq 1 ] || { echo "more than a line: $stderr"; return 1; }; }

# A value of the JSON object on the last line of $output: json val_acc
json() {
    python3 -c 'import json, sys; print(json.loads(sys.argv[1].splitlines()[-1])[sys.argv[2]])' "$output" "$1"
}

# Fails unless a Python expression over o, that object, is true.
json_holds() {
    python3 -c 'import json, sys
o = json.loads(sys.argv[1].splitlines()[-1])
sys.exit(0 if eval(sys.argv[2]) else "does not hold of %s" % o)' "$output" "$1"
}

# Small files of texts with a label: two classes that one word decides.
write_reviews() {
    python3 - "$1" "$2" <<'PY'
import csv, json, random, sys
path, n = sys.argv[1], int(sys.argv[2])
r = random.Random(n)
rows = []
for i in range(n):
    good = i % 2 == 0
    noun = r.choice(["dog", "cat", "bird", "house", "street"])
    rows.append((f"the {noun} is {r.choice(['good', 'fine'] if good else ['bad', 'poor'])}", "pos" if good else "neg"))
with open(path, "w", newline="") as out:
    if path.endswith(".csv"):
        csv.writer(out).writerows([("text", "label"), *rows])
    elif path.endswith(".tsv"):
        out.writelines("\t".join(x) + "\n" for x in [("text", "label"), *rows])
    else:
        out.writelines(json.dumps({"text": t, "label": l}) + "\n" for t, l in rows)
PY
}

# Options under which a fit of the tiny model takes a fraction of a second.
quick=(--data.batch_size 16 --optimizer.lr 1e-3 --trainer.max_epochs 1
    --trainer.num_sanity_val_steps 0)

# What --print_config=skip_default says of the options that follow, without its first line, in $output.
printed() {
    try "$@" --print_config=skip_default
    [ "$status" -eq 0 ] || { echo "$stderr"; return 1; }
    [ -z "$stderr" ] || { echo "not silent: $stderr"; return 1; }
    output=${output#*$'\n'}
}

# Fails unless $output is these lines.
is() { diff <(printf '%s\n' "$@") <(printf '%s\n' "$output"); }

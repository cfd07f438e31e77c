load helper

commands=(fit validate test predict embed tokenize info bench demo help)

@test "without a command: the list of commands on standard error, status 2" {
    try
    [ "$status" -eq 2 ]
    [ -z "$output" ]
    [[ "$stderr" == *"usage: levin"* ]]
}

@test "--version is one line on standard output" {
    try --version
    [ "$status" -eq 0 ]
    [[ "$output" =~ ^levin\ [0-9]+\.[0-9]+\.[0-9]+$ ]]
    [ -z "$stderr" ]
}

@test "help lists every command" {
    try help
    [ "$status" -eq 0 ]
    for c in "${commands[@]}"; do grep -q "^  $c " <<<"$output"; done
    [ "$output" = "$("$LEVIN" --help)" ]
}

@test "help of a command is what --help says, without a word on standard error" {
    for c in "${commands[@]}"; do
        try help "$c"
        [ "$status" -eq 0 ]
        [ -z "$stderr" ]
        [ "$output" = "$("$LEVIN" "$c" --help)" ]
        [[ "$output" == "usage: levin $c"* ]]
    done
}

@test "help fits into 100 columns and has no colours where it is no terminal" {
    for c in "${commands[@]}"; do
        levin help "$c" | awk -v c="$c" 'length > 100 { print c ": " $0; bad = 1 } END { exit bad }'
        levin help "$c" >help
        not grep -q $'\033' help
    done
}

@test "titles of help are bold in a terminal, and plain with NO_COLOR" {
    in_terminal() {
        python3 -c 'import os, subprocess, sys
ours, theirs = os.openpty()
child = subprocess.Popen(sys.argv[1:], stdin=subprocess.DEVNULL, stdout=theirs)
os.close(theirs)
try:
    while part := os.read(ours, 4096):
        os.write(1, part)
except OSError: # the end, on Linux
    pass
sys.exit(child.wait())' "$LEVIN" help fit
    }
    NO_COLOR= in_terminal >bold
    grep -q $'^\033\\[1mTrainer\033\\[0m' bold
    NO_COLOR=1 in_terminal >plain
    grep -q '^Trainer' plain
    not grep -q $'\033' plain
}

@test "help of fit has every option with its default" {
    try help fit
    for option in --model.name --model.head --model.pooling --data.task --data.dir --data.train_file \
        --data.validation_file --data.test_file --data.text_column --data.text_pair_column \
        --data.label_column --data.max_train_rows --data.max_length --data.batch_size --optimizer \
        --optimizer.lr --optimizer.weight_decay --lr_scheduler --lr_scheduler.warmup --seed_everything \
        --ckpt_path --json --trainer.max_epochs --trainer.precision --trainer.val_check_interval; do
        grep -q -- "^  $option\( \|\$\)" <<<"$output" || { echo "$option is missing"; return 1; }
    done
    grep -q -- '--data.batch_size N .*(32)$' <<<"$output"
    grep -q -- '--optimizer CLASS .*AdamW, Adam, SGD (AdamW)$' <<<"$output"
    grep -q -- '--trainer.precision TEXT .*(32-true)$' <<<"$output"
    grep -q -- '--trainer.deterministic BOOL|warn ' <<<"$output"
    grep -q -- '--trainer.fast_dev_run N|BOOL ' <<<"$output"
    levin fit --trainer.callbacks.help ModelCheckpoint | grep -q -- '--trainer.callbacks.save_last BOOL|link '
}

@test "an unknown command is answered with the nearest" {
    try fitt
    one_line_error 2 "levin: unknown command 'fitt', did you mean fit?"
    only_line
    try help predikt
    one_line_error 2 "levin help: unknown command 'predikt', did you mean predict?"
}

@test "words that stand beside true and false are named" {
    try help fit
    grep -A 2 -e '--trainer.deterministic BOOL|warn' <<<"$output" | tr -s ' \n' ' ' | grep -q 'warn is true as well'
    printed fit --trainer.deterministic warn
    is "trainer:" "  deterministic: warn"
}

@test "help of a group is its options, as help of the command has them" {
    for group in model data trainer; do
        try fit "--$group.help" --banana
        [ "$status" -eq 0 ]
        [ -z "$stderr" ]
        [ "${output%%$'\n'*}" = "Options of --$group; levin help fit lists all." ]
        diff <(tail -n +3 <<<"$output" | grep '^  --') <(levin help fit | grep "^  --$group\.")
    done
    try predict --trainer.help
    grep -q '^  --trainer.precision ' <<<"$output"
    try fit --modl.help
    one_line_error 2 "levin fit: unknown option '--modl.help'"
}

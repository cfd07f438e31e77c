#!/usr/bin/env python3
"""Compares two folders' tokenizers in transformers: a model folder, and what levin saved of it.

    tests/peers/tokenizer_roundtrip.py ORIGINAL SAVED [TEXT...]

Both are loaded with AutoTokenizer, and SAVED/tokenizer.json with the tokenizers package alone; ids,
types and offsets must agree on texts of our own and on the lines of the TEXT files, one by one and
in pairs. Leaves with 77 where the packages are missing.
"""
import os
import sys

try:
    from tokenizers import Tokenizer
    from transformers import AutoTokenizer
except ImportError:
    print("skipped: transformers and tokenizers are not installed")
    sys.exit(77)

TEXTS = [
    "",
    "A train left the station before noon.",
    "Ça coûte 3,50 € -- n'est-ce pas?",
    "über Straße İstanbul ΣΟΦΟΣ",
    "東京 と 서울 and Москва",
    "[CLS] inside, [MASK] and [mask], <extra> Extra extra",
    "tabs\tand\u00a0blanks\u3000and\u200bnone",
    "unbelievably " * 40,
    "x" * 101,
]


def rows(paths):
    texts = list(TEXTS)
    for path in paths:
        with open(path, encoding="utf-8", errors="replace") as f:
            texts += [line.rstrip("\n") for line in f][:2000]
    return texts


def same(what, a, b):
    if a != b:
        print("%s differ:\n  %s\n  %s" % (what, a, b))
    return a == b


def compare(original, saved, texts):
    keys = ("input_ids", "token_type_ids", "offset_mapping")
    good = same("lengths of the vocabularies", len(original), len(saved))
    good &= same("special tokens", original.all_special_ids, saved.all_special_ids)
    good &= same("model_max_length", original.model_max_length, saved.model_max_length)
    for text, pair in zip(texts, [None] + texts):
        a, b = (
            t(text, pair, return_offsets_mapping=True, return_token_type_ids=True)
            for t in (original, saved)
        )
        good &= all(same("%s of %r" % (k, text), a[k], b[k]) for k in keys)
        good &= same("text", original.decode(a["input_ids"]), saved.decode(b["input_ids"]))
    return good


def compare_alone(original, folder, texts):
    alone = Tokenizer.from_file(os.path.join(folder, "tokenizer.json"))
    return all(
        same("ids of %r without transformers" % t, original(t)["input_ids"], alone.encode(t).ids)
        for t in texts
    )


def main(first, second, *paths):
    original = AutoTokenizer.from_pretrained(first)
    saved = AutoTokenizer.from_pretrained(second)
    texts = rows(paths)
    good = compare(original, saved, texts) and compare_alone(original, second, texts)
    print("%d texts: %s" % (len(texts), "equal" if good else "different"))
    return 0 if good else 1


if __name__ == "__main__":
    if len(sys.argv) < 3:
        sys.exit(__doc__)
    sys.exit(main(*sys.argv[1:]))

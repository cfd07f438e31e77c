#!/usr/bin/env python3
"""Measures what bert_unicode_tables.json leaves out, on the `tokenizers` package itself, and writes
bert_char_classes.json: the canonical combining classes that its NFD knows (they decide the order of
marks), and the characters that count as part of a word next to an added token with single_word.
With --check it says instead whether the file holds what it would write.

    tests/peers/char_classes.py [--check] tests/conformance/golden/bert_char_classes.json

Leaves with 77 where the package is missing.
"""
import json
import sys
import unicodedata

try:
    import tokenizers
    from tokenizers import AddedToken, Tokenizer, models, normalizers
except ImportError:
    print("skipped: no tokenizers package")
    sys.exit(77)


def scalars():
    return (c for c in range(0x110000) if not 0xD800 <= c < 0xE000)


def combining_classes():
    """Classes never change once given, so Python's are right wherever NFD moves the character."""
    nfd = normalizers.NFD().normalize_str

    def swaps(a, b):
        return nfd(chr(a) + chr(b)) == chr(b) + chr(a)

    classes = {}
    for c in scalars():
        first = nfd(chr(c))[0]
        order = unicodedata.combining(first)
        if not order:
            continue
        moves = swaps(0x345, ord(first)) if order < 240 else swaps(ord(first), 0x334)
        if moves or first != chr(c):
            classes[c] = order
    return classes


def word_characters():
    t = Tokenizer(models.WordLevel({"[UNK]": 0}, unk_token="[UNK]"))
    t.add_tokens([AddedToken("<T>", single_word=True, normalized=False)])
    found, block = set(), 1 << 14
    todo = list(scalars())
    for at in range(0, len(todo), block):
        part = todo[at : at + block]
        left = t.encode_batch([chr(c) + "<T>" for c in part])
        right = t.encode_batch(["<T>" + chr(c) for c in part])
        for c, l, r in zip(part, left, right):
            assert (1 in l.ids) == (1 in r.ids), hex(c)
            if 1 not in l.ids:
                found.add(c)
    return found


def ranges(values):
    """Neighbours with one value, as [first, last, value]."""
    out = []
    for c in sorted(values):
        if out and out[-1][1] == c - 1 and out[-1][2] == values[c]:
            out[-1][1] = c
        else:
            out.append([c, c, values[c]])
    return out


def measure():
    return {
        "about": "Measured code point by code point from tokenizers %s. combining_class: canonical "
        "combining class in its NFD data, of the first character of the decomposition. word: what "
        "hinders an added token with single_word beside it. Hex." % tokenizers.__version__,
        "combining_class": [["%X" % a, "%X" % b, v] for a, b, v in ranges(combining_classes())],
        "word": [["%X" % a, "%X" % b] for a, b, _ in ranges(dict.fromkeys(word_characters(), 1))],
    }


def check(path, data):
    """What was measured, whichever version of the package the file is from."""
    with open(path) as f:
        recorded = json.load(f)
    different = [k for k in data if k != "about" and data[k] != recorded.get(k)]
    print("; ".join("%s: %s differ" % (path, k) for k in different) or "as recorded")
    return 1 if different else 0


def write(path, data):
    with open(path, "w") as f:
        json.dump(data, f, separators=(",", ":"))
        f.write("\n")


if __name__ == "__main__":
    if len(sys.argv) == 3 and sys.argv[1] == "--check":
        sys.exit(check(sys.argv[2], measure()))
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    write(sys.argv[1], measure())

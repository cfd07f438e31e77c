#!/usr/bin/env python3
"""How well vectors of levin agree with people: Spearman's correlation of cosines with the scores of STS-B, once for each
precision, and the cosine of each precision's vectors to those of the first.

    stsb.py --model DIR --file STS-B/dev.tsv [--precisions 32-true,bf16-mixed,int8]

The file has a header with sentence1, sentence2 and score (or label). Prints one line of JSON."""
import argparse
import csv
import json
import os
import subprocess
import tempfile

import numpy as np


def read_pairs(path):
    with open(path, encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file, delimiter="\t", quoting=csv.QUOTE_NONE))
    score = "score" if "score" in rows[0] else "label"
    kept = [r for r in rows if r.get(score) not in (None, "")]
    return ([r["sentence1"] for r in kept], [r["sentence2"] for r in kept],
            np.array([float(r[score]) for r in kept]))


def embed(args, precision, texts):
    """(texts, H), each of length 1."""
    with tempfile.TemporaryDirectory() as folder:
        source, vectors = os.path.join(folder, "texts"), os.path.join(folder, "vectors.npy")
        with open(source, "w", encoding="utf-8") as file:
            file.writelines(t.replace("\n", " ") + "\n" for t in texts)
        subprocess.run([args.levin, "embed", "--model.name", args.model, "--file", source, "--output", vectors,
                        "--trainer.precision", precision], check=True, stdout=subprocess.DEVNULL)
        v = np.load(vectors)
    return v / np.linalg.norm(v, axis=1, keepdims=True)


def ranks(x):
    """Ranks with the mean for equals."""
    order = np.argsort(x, kind="stable")
    sorted_x = x[order]
    _, first, count = np.unique(sorted_x, return_index=True, return_counts=True)
    result = np.empty(len(x))
    result[order] = np.repeat(first + (count - 1) / 2, count)
    return result


def spearman(a, b):
    return float(np.corrcoef(ranks(a), ranks(b))[0, 1])


def main():
    p = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    p.add_argument("--levin", default="build/release/levin")
    p.add_argument("--model", required=True, help="a Hugging Face folder")
    p.add_argument("--file", required=True, help="STS-B's dev.tsv")
    p.add_argument("--precisions", default="32-true,bf16-mixed,int8")
    args = p.parse_args()
    one, two, scores = read_pairs(args.file)
    first, result = None, {"pairs": len(scores)}
    for precision in args.precisions.split(","):
        v = embed(args, precision, one + two)
        cosines = (v[:len(one)] * v[len(one):]).sum(1)
        first = v if first is None else first
        beside = (v * first).sum(1)
        result[precision] = {"spearman": round(spearman(cosines, scores), 4),
                             "cosine_mean": round(float(beside.mean()), 5),
                             "cosine_least": round(float(beside.min()), 5)}
    print(json.dumps(result))


if __name__ == "__main__":
    main()

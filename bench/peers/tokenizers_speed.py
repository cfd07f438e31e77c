#!/usr/bin/env python3
"""Texts to ids with the tokenizers package: all at once on its threads, and one by one.

    tokenizers_speed.py --model DIR --texts FILE"""
import argparse
import json
import os
import statistics
import time

import tokenizers

from harness import limit_time, read_texts


def median(work, seconds):
    times, begin = [], time.perf_counter()
    work()
    while len(times) < 3 or time.perf_counter() - begin < seconds:
        began = time.perf_counter()
        work()
        times.append(time.perf_counter() - began)
    return statistics.median(times)


def main():
    p = argparse.ArgumentParser(description=__doc__)
    p.add_argument("--model", required=True, help="a Hugging Face folder")
    p.add_argument("--texts", required=True, help="a file of texts, one a line")
    p.add_argument("--rows", type=int, default=0, help="the first so many texts; 0: all")
    p.add_argument("--threads", type=int, default=2)
    p.add_argument("--seconds", type=float, default=3)
    p.add_argument("--time_limit", type=int, default=600)
    args = p.parse_args()
    limit_time(args.time_limit)
    os.environ["RAYON_NUM_THREADS"] = str(args.threads)
    texts = read_texts(args.texts, args.rows)
    t = tokenizers.Tokenizer.from_file(f"{args.model}/tokenizer.json")
    t.no_padding()
    t.no_truncation()
    size = sum(len(x.encode()) for x in texts)
    tokens = sum(len(e.ids) for e in t.encode_batch(texts))
    both = median(lambda: t.encode_batch_fast(texts), args.seconds)
    one = median(lambda: [t.encode(x) for x in texts], args.seconds)
    print(json.dumps({"peer": "tokenizers", "version": tokenizers.__version__, "texts": len(texts),
                      "threads": args.threads,
                      "mb_per_second": round(size / both / 1e6, 2),
                      "tokens_per_second": round(tokens / both),
                      "mb_per_second_one_by_one": round(size / one / 1e6, 2),
                      "tokens_per_second_one_by_one": round(tokens / one)}))


if __name__ == "__main__":
    main()

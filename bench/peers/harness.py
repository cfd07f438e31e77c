"""What the programs of this folder share: texts from a file, batches, the watch, one line of JSON."""
import argparse
import json
import random
import signal
import statistics
import sys
import time

import numpy as np


def arguments(description, precisions):
    p = argparse.ArgumentParser(description=description)
    p.add_argument("--model", required=True, help="a Hugging Face folder")
    p.add_argument("--texts", required=True, help="a file of texts, one a line")
    p.add_argument("--rows", type=int, default=2000, help="the first so many texts")
    p.add_argument("--precision", choices=precisions, default=precisions[0])
    p.add_argument("--batch_size", type=int, default=32)
    p.add_argument("--max_length", type=int, default=128)
    p.add_argument("--order", choices=["sorted", "file"], default="sorted",
                   help="batches of texts of like length, or as the file has them")
    p.add_argument("--threads", type=int, default=2)
    p.add_argument("--seconds", type=float, default=10, help="stop after about so long")
    p.add_argument("--time_limit", type=int, default=600, help="give up after so long")
    p.add_argument("--work", default="build/peers", help="where converted models are kept")
    p.add_argument("--check", action="store_true", help="also the cosine to Transformers in f32")
    return p


def limit_time(seconds):
    """Ends the program with a line that says so, whatever it is stuck in."""
    def give_up(*_):
        print(json.dumps({"error": f"not done within {seconds} seconds"}), flush=True)
        sys.exit(1)
    signal.signal(signal.SIGALRM, give_up)
    signal.alarm(seconds)


def read_texts(path, rows):
    with open(path, encoding="utf-8") as file:
        texts = [line.rstrip("\n") for line in file]
    texts = [t for t in texts if t.strip()][:rows or None]
    if not texts:
        sys.exit(f"{path}: no texts")
    return texts


def batches(texts, size, order):
    """Of texts of like length, unless in the order of the file; short and long ones mixed."""
    if order == "sorted":
        texts = sorted(texts, key=len)
    work = [texts[i:i + size] for i in range(0, len(texts), size)]
    random.Random(1).shuffle(work)
    return work


def mean_pool(hidden, mask):
    """(B, T, H) and (B, T) to (B, H): the mean of the tokens that are there, of length 1."""
    mask = mask[:, :, None].astype(np.float32)
    mean = (hidden * mask).sum(1) / mask.sum(1)
    return mean / np.linalg.norm(mean, axis=1, keepdims=True)


def tokenizer_of(folder, max_length):
    """texts -> (ids, mask), padded to the longest, by the tokenizers package alone."""
    from tokenizers import Tokenizer
    t = Tokenizer.from_file(f"{folder}/tokenizer.json")
    t.enable_truncation(max_length)
    t.enable_padding()

    def encode(texts):
        rows = t.encode_batch(texts)
        return (np.array([r.ids for r in rows], dtype=np.int64),
                np.array([r.attention_mask for r in rows], dtype=np.int64))
    return encode


def reference(folder, texts, max_length):
    """The vectors that Transformers and torch compute in f32."""
    import torch
    from transformers import AutoModel
    encode, model = tokenizer_of(folder, max_length), AutoModel.from_pretrained(folder).eval()
    ids, mask = encode(texts)
    with torch.no_grad():
        hidden = model(input_ids=torch.tensor(ids), attention_mask=torch.tensor(mask))
    return mean_pool(hidden.last_hidden_state.float().numpy(), mask)


def measure(args, embed, **more):
    """Prints texts a second in batches and the median time of one text; embed: texts -> vectors."""
    texts = read_texts(args.texts, args.rows)
    work = batches(texts, args.batch_size, args.order)
    embed(work[len(work) // 2])
    rates, begin, done = [], time.perf_counter(), 0
    while not done or time.perf_counter() - begin < args.seconds:
        began = time.perf_counter()
        for i, batch in enumerate(work):
            embed(batch)
            if time.perf_counter() - begin > 4 * args.seconds:  # too slow to see it all
                work = work[:i + 1]
        done = sum(map(len, work))
        rates.append(done / (time.perf_counter() - began))
    one = sorted(texts, key=len)[len(texts) // 2]
    times, begin = [], time.perf_counter()
    while len(times) < 5 or time.perf_counter() - begin < args.seconds / 4:
        began = time.perf_counter()
        embed([one])
        times.append(time.perf_counter() - began)
    result = {**more, "precision": args.precision, "threads": args.threads,
              "batch_size": args.batch_size, "order": args.order,
              "texts_per_second": round(statistics.median(rates), 1),
              "latency_ms": round(1e3 * statistics.median(times), 3),
              "one_text_rate": round(1 / statistics.median(times), 1), "texts": done}
    if args.check:
        some = texts[:64]
        cosines = (embed(some) * reference(args.model, some, args.max_length)).sum(1)
        result["cosine_mean"] = round(float(cosines.mean()), 6)
        result["cosine_least"] = round(float(cosines.min()), 6)
    print(json.dumps(result), flush=True)

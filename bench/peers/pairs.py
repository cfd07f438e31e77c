#!/usr/bin/env python3
"""levin and a peer on the same work in turn, A B A B ..., so that their ratio holds on a machine whose speed changes:
each B is compared with the A just before it.

    pairs.py train     --model DIR --lengths 128 [--padding sorted] [--precision bf16-mixed]
    pairs.py tokenizer --model DIR --texts FILE
    pairs.py embed     --model DIR --texts FILE --peer onnxruntime [--peer_precision int8]
    pairs.py commands  --a "COMMAND" --b "COMMAND" --a_key 'tokenizer.all threads.rate' --b_key mb_per_second

A command's last line is a JSON object; a key is a path in it. Prints each pair, then one line of JSON: the medians
and the ratio A / B with its quartiles. Above 1 levin is faster."""
import argparse
import itertools
import json
import os
import shlex
import statistics
import subprocess
import sys
import tempfile

HERE = os.path.dirname(os.path.abspath(__file__))


def script(args, name, *more):
    return [sys.executable, os.path.join(HERE, name), "--threads", str(args.threads), *more]


def train(args):
    a = [args.levin, "bench", "train", "--lengths", args.lengths, "--json",
         "--data.batch_size", str(args.batch_size), "--seconds", str(args.seconds),
         "--trainer.precision", args.precision or "32-true"]
    b = script(args, "lightning_mnli.py", "--lengths", args.lengths, "--padding", args.padding,
               "--max_steps", str(args.steps), "--batch_size", str(args.batch_size),
               "--rows", str(args.batch_size * 200),
               "--precision", args.peer_precision or args.precision or "32-true",
               "--time_limit", str(args.time_limit))
    a += ["--model.name", args.model] if args.model else ["--model.config", args.config]
    b += ["--model", args.model] if args.model else ["--config", args.config]
    return (a, "train.step.rate"), (b, "sequences_per_second")


def tokenizer(args):
    a = [args.levin, "bench", "tokenizer", "--model.name", args.model, "--file", args.texts,
         "--seconds", str(args.seconds), "--json"]
    b = script(args, "tokenizers_speed.py", "--model", args.model, "--texts", args.texts,
               "--seconds", str(args.seconds))
    return (a, "tokenizer.all threads.rate"), (b, "mb_per_second")


def first_texts(args):
    """A file of the first --rows texts, so that both see them all in the time they have."""
    path = os.path.join(tempfile.mkdtemp(), "texts")
    with open(args.texts, encoding="utf-8") as whole, open(path, "w", encoding="utf-8") as part:
        part.writelines(itertools.islice((x for x in whole if x.strip()), args.rows))
    return path


def embed(args):
    texts = first_texts(args)
    a = [args.levin, "bench", "embed", "--model.name", args.model, "--file", texts,
         "--seconds", str(args.seconds), "--data.batch_size", str(args.batch_size), "--json"]
    b = script(args, f"{args.peer}_embed.py", "--model", args.model, "--texts", texts,
               "--precision", args.peer_precision or args.precision or "f32",
               "--batch_size", str(args.batch_size), "--rows", "0",
               "--seconds", str(args.seconds), "--time_limit", str(args.time_limit))
    if args.precision:
        a += ["--trainer.precision", {"f32": "32-true", "bf16": "bf16-mixed"}.get(args.precision,
                                                                                  args.precision)]
    if args.batch_size == 1:  # the text of middle length, again and again
        return (a, "embed.one text.rate"), (b, "one_text_rate")
    return (a, "embed.texts.rate"), (b, "texts_per_second")


def commands(args):
    return (shlex.split(args.a), args.a_key), (shlex.split(args.b), args.b_key)


def run(command, key, environment, time_limit):
    """The number that a command tells under key."""
    done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
                          env=environment, timeout=time_limit + 60)
    try:
        value = json.loads(done.stdout.strip().splitlines()[-1])
        for part in key.split("."):
            value = value[part]
        return float(value)
    except (IndexError, KeyError, TypeError, ValueError):
        sys.exit(f"{shlex.join(command)}: no number {key}\n{done.stdout[-500:]}{done.stderr[-1500:]}")


def arguments():
    p = argparse.ArgumentParser(description=__doc__,
                                formatter_class=argparse.RawDescriptionHelpFormatter)
    p.add_argument("work", choices=["train", "tokenizer", "embed", "commands"])
    p.add_argument("--rounds", type=int, default=5)
    p.add_argument("--levin", default="build/release/levin")
    p.add_argument("--model", help="a Hugging Face folder")
    p.add_argument("--config", default="minilm", help="without --model, for train: random weights")
    p.add_argument("--texts", help="a file of texts, one a line")
    p.add_argument("--rows", type=int, default=1024, help="texts to embed")
    p.add_argument("--lengths", default="128", help="a number, or a file of one length a line")
    p.add_argument("--peer", default="onnxruntime",
                   choices=["transformers", "onnxruntime", "openvino", "ctranslate2"])
    p.add_argument("--padding", default="longest", choices=["longest", "max_length", "sorted"])
    p.add_argument("--precision", help="of both")
    p.add_argument("--peer_precision", help="of the peer, if that is another")
    p.add_argument("--batch_size", type=int, default=32)
    p.add_argument("--steps", type=int, default=8, help="of the peer's training")
    p.add_argument("--seconds", type=float, default=5, help="about so long each time")
    p.add_argument("--threads", type=int, default=2)
    p.add_argument("--time_limit", type=int, default=600, help="for the peer, each time")
    p.add_argument("--a")
    p.add_argument("--b")
    p.add_argument("--a_key")
    p.add_argument("--b_key")
    return p.parse_args()


def main():
    args = arguments()
    (a, a_key), (b, b_key) = globals()[args.work](args)
    environment = {**os.environ, "LEVIN_NUM_THREADS": str(args.threads)}
    pairs = []
    for _ in range(args.rounds):
        pairs.append((run(a, a_key, environment, args.time_limit),
                      run(b, b_key, environment, args.time_limit)))
        print("levin %.5g, peer %.5g: %.3g" % (*pairs[-1], pairs[-1][0] / pairs[-1][1]),
              file=sys.stderr, flush=True)
    ratios = sorted(x / y for x, y in pairs)
    n = len(ratios)
    print(json.dumps({"work": args.work, "rounds": n,
                      "levin": statistics.median(x for x, _ in pairs),
                      "peer": statistics.median(y for _, y in pairs),
                      "ratio": round(statistics.median(ratios), 3),
                      "low": round(ratios[n // 4], 3), "high": round(ratios[3 * n // 4], 3)}))


if __name__ == "__main__":
    main()

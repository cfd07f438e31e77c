#!/usr/bin/env python3
"""`levin embed` beside sentence-transformers, on the same folders: plain ones, and ones that the
package saved, with each pooling, with and without Normalize, with a limit of length.

    LEVIN=levin LEVIN_FIXTURES=make_fixtures tests/peers/embed.py

Works on tiny random models, and on LEVIN_MODEL too where it names a folder. numpy reads what levin
wrote. Leaves with 77 where the packages are missing.
"""
import json
import os
import subprocess
import sys
import tempfile

import tally
from tally import check

os.environ["HF_HUB_OFFLINE"] = "1"
try:
    import numpy
    import transformers
    from sentence_transformers import SentenceTransformer
    from sentence_transformers.sentence_transformer import modules as models
except ImportError as e:
    print("skipped: %s" % e)
    sys.exit(77)

TOLERANCE = 1e-5  # of the largest number, as docs/numerics.md promises
TEXTS = [
    "The dog sleeps in the red house.",
    "",
    "Ça coûte 3,50 € -- n'est-ce pas?",
    "東京 と 서울, 明日は雨が降る。",
    "🙂 two\u00a0blanks\u3000and\u200bnone\ttab",
    "[CLS] inside, [MASK] and [mask]",
    "the bird was not fine, and " * 100,
    "a",
    "x" * 120,
    "!?.,;:'\"()-",
] + ["the cat eats " * (i % 13) + "and the house is %d years old" % i for i in range(90)]


def ours(folder, work, *options):
    rows, vectors = os.path.join(work, "rows.jsonl"), os.path.join(work, "vectors.npy")
    with open(rows, "w", encoding="utf-8") as f:
        f.writelines(json.dumps({"text": t}) + "\n" for t in TEXTS)
    subprocess.run([LEVIN, "embed", "--model.name", folder, "--file", rows, "--input-format",
                    "jsonl", "--output", vectors, *options], check=True, stdout=subprocess.DEVNULL)
    return numpy.load(vectors)


def compare(folder, work, what, model=None, options=()):
    model = model or SentenceTransformer(folder, device="cpu")
    theirs = model.encode(TEXTS, batch_size=7, show_progress_bar=False)
    found = ours(folder, work, *options)
    check(found.dtype == numpy.float32 and found.shape == theirs.shape, what + ": shape")
    off, top = numpy.abs(found - theirs).max(), numpy.abs(theirs).max()
    check(off <= TOLERANCE * top, "%s: off by %g, largest %g" % (what, off, top))


def build(folder, pooling, normalize=False, max_length=None):
    encoder = models.Transformer(folder, max_seq_length=max_length)
    parts = [encoder, models.Pooling(encoder.get_embedding_dimension(), pooling_mode=pooling)]
    return SentenceTransformer(modules=parts + [models.Normalize()] * normalize, device="cpu")


def saved_by_the_package(folder, work):
    for i, (pooling, normalize, length) in enumerate(
            [("mean", True, 9), ("cls", False, None), ("max", True, None), ("mean", False, 64)]):
        saved = os.path.join(work, "saved%d" % i)
        build(folder, pooling, normalize, length).save(saved)
        compare(saved, work, "%s, normalize %s, length %s" % (pooling, normalize, length))


def as_older_versions_saved(folder, work):
    """The keys of a pooling and the file of the limit as they were up to version 5."""
    saved = os.path.join(work, "older")
    build(folder, "mean", True).save(saved)
    keys = {"word_embedding_dimension": 1, "pooling_mode_cls_token": True,
            "pooling_mode_mean_tokens": False, "pooling_mode_max_tokens": False,
            "pooling_mode_mean_sqrt_len_tokens": False}
    keys["word_embedding_dimension"] = SentenceTransformer(saved).get_embedding_dimension()
    for name, content in (("1_Pooling/config.json", keys),
                          ("sentence_bert_config.json",
                           {"max_seq_length": 11, "do_lower_case": False})):
        with open(os.path.join(saved, name), "w", encoding="utf-8") as f:
            json.dump(content, f)
    compare(saved, work, "keys of older versions")


def everything(folder, work):
    os.makedirs(work)
    compare(folder, work, "%s: plain" % folder)
    compare(folder, work, "%s: max" % folder, build(folder, "max", True, 20),
            ("--model.pooling", "max", "--normalize", "true", "--data.max_length", "20"))
    saved_by_the_package(folder, work)
    as_older_versions_saved(folder, work)


def main(work):
    transformers.utils.logging.set_verbosity_error()
    transformers.utils.logging.disable_progress_bar()
    subprocess.run([FIXTURES, work], check=True)
    everything(os.path.join(work, "plain"), os.path.join(work, "tiny"))
    skipped = 0
    weights = os.environ.get("LEVIN_MODEL", "")
    if os.path.isdir(weights) and not os.environ.get("LEVIN_SANITIZED"):
        compare(weights, work, "pretrained weights")
    else:
        skipped += 1
        print("skipped pretrained weights: no LEVIN_MODEL, or a build with sanitizers")
    return tally.status(skipped)


if __name__ == "__main__":
    LEVIN, FIXTURES = os.environ["LEVIN"], os.environ["LEVIN_FIXTURES"]
    with tempfile.TemporaryDirectory() as scratch:
        sys.exit(main(scratch))

#!/usr/bin/env python3
"""Model folders between levin and Transformers, both ways: what one saved, the other loads without
a missing or unexpected key and computes the same from: ids, logits, and the encoder's own outputs.

    LEVIN=levin LEVIN_FIXTURES=make_fixtures LEVIN_OUTPUTS=outputs tests/peers/saved_folder.py

Works on tiny random models, and on LEVIN_MODEL too where it names a folder. Leaves with 77 where
the packages are missing.
"""
import json
import os
import shutil
import subprocess
import sys
import tempfile

import tally
from tally import check

os.environ["HF_HUB_OFFLINE"] = "1"
try:
    import torch
    import transformers
    from transformers import AutoConfig, AutoModel, AutoModelForSequenceClassification, AutoTokenizer
except ImportError as e:
    print("skipped: %s" % e)
    sys.exit(77)

TOLERANCE = 1e-5  # of the largest number, as docs/numerics.md promises
LABELS = ["entailment", "neutral", "contradiction"]
PAIRS = [
    ("The dog sleeps in the red house.", "A dog is in the house."),
    ("A woman eats.", "No woman eats; the child runs!"),
    ("Ça coûte 3,50 € -- n'est-ce pas?", "Über die Straße, bitte."),
    ("İstanbul ΣΟΦΟΣ naïve cafe\u0301", "Ещё раз: да, нет"),
    ("東京 と 서울", "明日は雨が降る。"),
    ("🙂 two\u00a0blanks\u3000and\u200bnone\ttab", "family: 👩‍👩‍👧, flag: 🇫🇷"),
    ("[CLS] inside, [MASK] and [mask]", "[SEP] ##s [UNK]"),
    ("a " * 40 + "long first text", "short"),
    ("short", "the bird was not fine, and " * 60),
    ("unbelievably good " * 50, "red or green " * 50),
    ("x" * 120, "y" * 99),
    ("!?.,;:'\"()-", "0123456789"),
    ("a", "b"),
]
NO_KEYS = set()
HEAD_KEYS = {"classifier.weight", "classifier.bias"}


def run(program, *arguments, stdin=""):
    done = subprocess.run([program, *map(str, arguments)], input=stdin, text=True,
                          encoding="utf-8", capture_output=True)
    if done.returncode:
        sys.exit("%s %s: %s" % (os.path.basename(program), " ".join(map(str, arguments)),
                                done.stderr))
    return done.stdout


def json_lines(text):
    return [json.loads(line) for line in text.splitlines()]


def check_close(ours, theirs, what):
    ours, theirs = torch.tensor(ours, dtype=torch.float64), theirs.double()
    off = (ours - theirs).abs().max().item() if ours.shape == theirs.shape else float("inf")
    top = theirs.abs().max().item()
    check(off <= TOLERANCE * top, "%s: off by %g, largest %g" % (what, off, top))


def check_info(info, unexpected, what):
    for kind in ("missing_keys", "unexpected_keys", "mismatched_keys", "error_msgs"):
        wanted = unexpected if kind == "unexpected_keys" else NO_KEYS
        check(set(info.get(kind, ())) == wanted, "%s: %s: %s" % (what, kind, info.get(kind)))


def check_tokens(folder, tokenizer, rows, max_length):
    """`levin tokenize` against AutoTokenizer, both reading this folder; returns the padded batch."""
    ours = json_lines(run(LEVIN, "tokenize", "--model", folder, "--max_length", max_length,
                          "--input-format", "jsonl", "--json", stdin=rows))
    for (a, b), found in zip(PAIRS, ours, strict=True):
        wanted = tokenizer(a, b, truncation=True, max_length=max_length)
        check(found["ids"] == wanted["input_ids"], "%s: ids of %r" % (folder, (a, b)))
        check(found["type_ids"] == wanted["token_type_ids"], "%s: types of %r" % (folder, (a, b)))
    return tokenizer([a for a, _ in PAIRS], [b for _, b in PAIRS], truncation=True, padding=True,
                     max_length=max_length, return_tensors="pt")


def check_predictions(folder, config, rows, logits, max_length):
    """The labels and scores of `levin predict` against the softmax of Transformers' logits."""
    found = json_lines(run(LEVIN, "predict", "--model.name", folder, "--data.max_length",
                           max_length, "--json", stdin=rows))
    scores, labels = logits.softmax(-1).max(-1)
    names = [config.id2label[i] for i in labels.tolist()]
    check([x["label"] for x in found] == names, "%s: labels of predict" % folder)
    check_close([x["score"] for x in found], scores, "%s: scores of predict" % folder)


def mean_of(hidden, mask):
    return (hidden * mask.unsqueeze(-1)).sum(1) / mask.sum(1, keepdim=True)


def compare(folder, labels, head=True):
    """Everything that both say about a folder. head: whether it holds one."""
    config = AutoConfig.from_pretrained(folder)
    tokenizer = AutoTokenizer.from_pretrained(folder)
    model, info = AutoModelForSequenceClassification.from_pretrained(
        folder, output_loading_info=True, dtype=torch.float32)
    alone, alone_info = AutoModel.from_pretrained(folder, output_loading_info=True,
                                                  dtype=torch.float32)
    if head:
        check_info(info, NO_KEYS, folder)
        check(config.id2label == dict(enumerate(labels)), "%s: id2label" % folder)
        check(config.label2id == {x: i for i, x in enumerate(labels)}, "%s: label2id" % folder)
    check_info(alone_info, HEAD_KEYS if head else NO_KEYS, folder + " as AutoModel")

    max_length = min(config.max_position_embeddings, 256)
    rows = "".join(json.dumps({"text": a, "text_pair": b}) + "\n" for a, b in PAIRS)
    with tempfile.NamedTemporaryFile("w", suffix=".jsonl") as f:
        f.write(rows)
        f.flush()
        ours = json_lines(run(OUTPUTS, folder, f.name, max_length))
    with torch.no_grad():
        batch = check_tokens(folder, tokenizer, rows, max_length)
        logits = model.eval()(**batch).logits
        h = alone.eval()(**batch)
    mean = mean_of(h.last_hidden_state, batch["attention_mask"])
    check_close([x["pooler"] for x in ours], h.pooler_output, "%s: pooler" % folder)
    check_close([x["mean"] for x in ours], mean, "%s: mean" % folder)
    if head:
        check_close([x["logits"] for x in ours], logits, "%s: logits" % folder)
    if head and len(labels) > 1:
        check_predictions(folder, config, rows, logits, max_length)


def saved_by_levin(model, data, work):
    """The folder that `levin fit` leaves behind after a few steps."""
    said = run(LEVIN, "fit", "--model.name", model, "--data.task", "mnli", "--data.dir", data,
               "--data.max_train_rows", 32, "--data.batch_size", 8, "--optimizer.lr", "1e-4",
               "--trainer.max_epochs", 1, "--trainer.limit_val_batches", 1,
               "--trainer.limit_test_batches", 1, "--trainer.num_sanity_val_steps", 0,
               "--trainer.enable_checkpointing", "false", "--trainer.default_root_dir", work,
               "--json")
    compare(json.loads(said)["model_dir"], LABELS)


def tiny(work):
    """A folder with a config and a vocabulary, for models with random weights."""
    folder = os.path.join(work, "tiny")
    os.makedirs(folder)
    words = "[PAD] [UNK] [CLS] [SEP] [MASK] the a an is was not no dog bird red house un ##able"
    letters = "abcdefghijklmnopqrstuvwxyz0123456789éßσж東"
    tokens = words.split() + list(".,!?;:'\"()-€") + ["##" + c for c in letters]
    tokens += [c for c in letters if c not in tokens]
    with open(os.path.join(folder, "vocab.txt"), "w", encoding="utf-8") as f:
        f.writelines(x + "\n" for x in tokens)
    with open(os.path.join(folder, "tokenizer_config.json"), "w", encoding="utf-8") as f:
        json.dump({"do_lower_case": True, "model_max_length": 96,
                   "tokenizer_class": "BertTokenizer"}, f)
    transformers.BertConfig(
        vocab_size=len(tokens), hidden_size=48, num_hidden_layers=3, num_attention_heads=4,
        intermediate_size=80, max_position_embeddings=96, initializer_range=0.1,
    ).save_pretrained(folder)
    return folder


def save(model, tokenizer, folder, **options):
    model.save_pretrained(folder, **options)
    tokenizer.save_pretrained(folder)
    return folder


def with_head(config, base, labels):
    config.id2label = dict(enumerate(labels))
    config.label2id = {x: i for i, x in enumerate(labels)}
    if base:
        return AutoModelForSequenceClassification.from_pretrained(base, config=config)
    return AutoModelForSequenceClassification.from_config(config)


def saved_by_transformers(source, weights, shard, work):
    """One file, shards, and other labels; weights: begin with those of source."""
    tokenizer, base = AutoTokenizer.from_pretrained(source), source if weights else None
    torch.manual_seed(1)
    model = with_head(AutoConfig.from_pretrained(source), base, LABELS)
    compare(save(model, tokenizer, os.path.join(work, "whole")), LABELS)
    shards = save(model, tokenizer, os.path.join(work, "shards"), max_shard_size=shard)
    check(os.path.isfile(os.path.join(shards, "model.safetensors.index.json")), "no shards")
    compare(shards, LABELS)
    return tokenizer, model


def write_shards(folder, state, n):
    """pytorch_model.bin in n files with an index, as Transformers wrote it up to version 4."""
    index = {"metadata": {}, "weight_map": {}}
    for i in range(n):
        part = {x: state[x] for x in list(state)[i::n]}
        name = "pytorch_model-%05d-of-%05d.bin" % (i + 1, n)
        torch.save(part, os.path.join(folder, name))
        index["weight_map"].update(dict.fromkeys(part, name))
    with open(os.path.join(folder, "pytorch_model.bin.index.json"), "w") as f:
        json.dump(index, f)


def saved_by_torch(model, tokenizer, work):
    """pytorch_model.bin: the archive, the format before it, shards, numbers of half the size."""
    state, ways = model.state_dict(), {
        "zip": lambda folder: torch.save(state, os.path.join(folder, "pytorch_model.bin")),
        "old": lambda folder: torch.save(state, os.path.join(folder, "pytorch_model.bin"),
                                         _use_new_zipfile_serialization=False),
        "half": lambda folder: torch.save({x: t.half() for x, t in state.items()},
                                          os.path.join(folder, "pytorch_model.bin")),
        "shards": lambda folder: write_shards(folder, state, 3)}
    for name, write in ways.items():
        folder = save(model, tokenizer, os.path.join(work, "torch-" + name))
        os.remove(os.path.join(folder, "model.safetensors"))
        write(folder)
        compare(folder, LABELS)


def saved_in_other_ways(source, work):
    tokenizer, model = saved_by_transformers(source, False, "20KB", work)
    compare(save(model.bert, tokenizer, os.path.join(work, "encoder")), LABELS, head=False)

    vocabulary = os.path.join(work, "vocabulary")  # no tokenizer.json, as older folders have it
    model.save_pretrained(vocabulary)
    for name in ("vocab.txt", "tokenizer_config.json"):
        shutil.copy(os.path.join(source, name), vocabulary)
    compare(vocabulary, LABELS)

    saved_by_torch(model, tokenizer, work)

    names = ["sûr", "peut-être", "日本", "d", "e", "f", "g"]
    many = with_head(AutoConfig.from_pretrained(source), None, names)
    compare(save(many, tokenizer, os.path.join(work, "seven")), names)
    one = with_head(AutoConfig.from_pretrained(source), None, ["LABEL_0"])
    compare(save(one, tokenizer, os.path.join(work, "regression")), ["LABEL_0"])
    for dtype in (torch.float16, torch.bfloat16):
        folder = os.path.join(work, str(dtype))
        compare(save(model.to(dtype), tokenizer, folder), LABELS)


def main(work):
    transformers.utils.logging.set_verbosity_error()
    transformers.utils.logging.disable_progress_bar()
    run(FIXTURES, work)
    saved_by_levin(os.path.join(work, "plain"), os.path.join(work, "mnli"), work)
    saved_in_other_ways(tiny(work), os.path.join(work, "random"))
    skipped = 0
    weights = os.environ.get("LEVIN_MODEL", "")
    if os.path.isdir(weights) and not os.environ.get("LEVIN_SANITIZED"):
        saved_by_levin(weights, os.path.join(work, "mnli"), work)
        saved_by_transformers(weights, True, "30MB", os.path.join(work, "weights"))
    else:
        skipped += 1
        print("skipped pretrained weights: no LEVIN_MODEL, or a build with sanitizers")
    return tally.status(skipped)


if __name__ == "__main__":
    LEVIN, FIXTURES, OUTPUTS = (os.environ[x] for x in ("LEVIN", "LEVIN_FIXTURES", "LEVIN_OUTPUTS"))
    with tempfile.TemporaryDirectory() as scratch:
        sys.exit(main(scratch))

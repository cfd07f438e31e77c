#!/usr/bin/env python3
"""Fine-tunes a model on MNLI with Transformers and PyTorch Lightning, the way levin's own run is set up, and prints
accuracy and speed as one JSON line. Needs: pip install torch transformers lightning.

    lightning_mnli.py --model DIR --train mnli_train_merged.tsv --dev mnli_dev_matched.tsv --rows 20000

With --lengths there are no texts, only random tokens of those lengths (a number, or a file of one length a line), for
speed alone: the work of `levin bench train --lengths ...`. --config bert-base has random weights and needs no folder.

    lightning_mnli.py --config bert-base --lengths 128 --max_steps 8

Dropout is active in training (the model is put into training mode), as in levin."""
import argparse
import csv
import json
import random
import statistics
import time

import lightning as L
import torch
from torch.utils.data import DataLoader
from transformers import (AutoModelForSequenceClassification, AutoTokenizer, BertConfig,
                          BertForSequenceClassification, get_linear_schedule_with_warmup)

from harness import limit_time

LABELS = ["entailment", "neutral", "contradiction"]
SHAPES = {"minilm": (6, 12, 384), "bert-base": (12, 12, 768), "bert-large": (24, 16, 1024)}


def read(path, rows):
    with open(path, encoding="utf-8", newline="") as file:
        lines = csv.DictReader(file, delimiter="\t", quoting=csv.QUOTE_NONE)
        data = [(r["premise"], r["hypothesis"], LABELS.index(r["label"])) for r in lines]
    return data[:rows] if rows else data


def random_rows(lengths, rows, vocabulary):
    """As many rows of random tokens, (ids, label)."""
    r = random.Random(1)
    if lengths.isdigit():
        known = [int(lengths)]
    else:
        with open(lengths, encoding="utf-8") as file:
            known = [int(line) for line in file]
    return [([r.randrange(vocabulary) for _ in range(r.choice(known))], r.randrange(3))
            for _ in range(rows)]


def pad(rows, multiple):
    """A batch of rows of ids, padded to its longest, or all to one length."""
    longest = max(multiple, max(len(ids) for ids, _ in rows))
    ids = torch.zeros(len(rows), longest, dtype=torch.long)
    mask = torch.zeros(len(rows), longest, dtype=torch.long)
    for i, (row, _) in enumerate(rows):
        ids[i, :len(row)] = torch.tensor(row)
        mask[i, :len(row)] = 1
    return {"input_ids": ids, "attention_mask": mask,
            "labels": torch.tensor([label for _, label in rows])}


def group(rows, size, length):
    """Batches of rows of like length, in random order: the best that padding can do."""
    order = sorted(range(len(rows)), key=lambda i: length(rows[i]))
    groups = [order[i:i + size] for i in range(0, len(order), size)]
    random.Random(1).shuffle(groups)
    return groups


class Classifier(L.LightningModule):
    def __init__(self, args):
        super().__init__()
        self.args = args
        if args.config:
            layers, heads, hidden = SHAPES[args.config]
            self.model = BertForSequenceClassification(BertConfig(
                num_hidden_layers=layers, num_attention_heads=heads, hidden_size=hidden,
                intermediate_size=4 * hidden, num_labels=3))
        else:
            self.model = AutoModelForSequenceClassification.from_pretrained(args.model,
                                                                            num_labels=3)
        self.right = self.seen = 0
        self.times, self.tokens, self.sizes = [], [], []

    def on_train_start(self):
        self.model.train()
        self.ended = time.perf_counter()

    def training_step(self, batch, _):
        return self.model(**batch).loss

    def on_train_batch_end(self, outputs, batch, _):
        now = time.perf_counter()
        self.times.append(now - self.ended)  # with the making of the batch, as in a real run
        self.ended = now
        self.tokens.append(batch["attention_mask"].sum().item())
        self.sizes.append(len(batch["labels"]))

    def validation_step(self, batch, _):
        logits = self.model(**batch).logits
        self.right += (logits.argmax(-1) == batch["labels"]).sum().item()
        self.seen += len(batch["labels"])

    def configure_optimizers(self):
        groups = [{"params": [], "weight_decay": 0.01}, {"params": [], "weight_decay": 0.0}]
        for name, p in self.model.named_parameters():
            groups[name.endswith("bias") or name.endswith("LayerNorm.weight")]["params"].append(p)
        optimizer = torch.optim.AdamW(groups, lr=self.args.lr, fused=self.args.fused or None)
        total = self.trainer.estimated_stepping_batches
        schedule = get_linear_schedule_with_warmup(optimizer, -(-total // 10), total)
        return {"optimizer": optimizer,
                "lr_scheduler": {"scheduler": schedule, "interval": "step"}}


def arguments():
    p = argparse.ArgumentParser(description=__doc__,
                                formatter_class=argparse.RawDescriptionHelpFormatter)
    p.add_argument("--model", help="a Hugging Face folder")
    p.add_argument("--config", choices=list(SHAPES), help="random weights in that shape")
    p.add_argument("--train", help="mnli_train_merged.tsv")
    p.add_argument("--lengths", help="random tokens instead: a number, or a file of lengths")
    p.add_argument("--dev", help="mnli_dev_matched.tsv")
    p.add_argument("--rows", type=int, default=20000)
    p.add_argument("--batch_size", type=int, default=32)
    p.add_argument("--precision", default="32-true")
    p.add_argument("--padding", choices=["longest", "max_length", "sorted"], default="longest",
                   help="to the longest of the batch, all to 128, or batches of like length")
    p.add_argument("--max_steps", type=int, default=-1)
    p.add_argument("--warm_steps", type=int, default=2)
    p.add_argument("--lr", type=float, default=1e-4)
    p.add_argument("--fused", action="store_true", help="torch's fused AdamW")
    p.add_argument("--compile", action="store_true", help="torch.compile with dynamic shapes")
    p.add_argument("--seed", type=int, default=1)
    p.add_argument("--threads", type=int, default=2)
    p.add_argument("--time_limit", type=int, default=86400, help="give up after so many seconds")
    args = p.parse_args()
    if not args.model and not (args.config and args.lengths):
        p.error("--model, or --config with --lengths, is needed")
    if not args.train and not args.lengths:
        p.error("--train or --lengths is needed")
    return args


def main():
    args = arguments()
    limit_time(args.time_limit)
    torch.set_num_threads(args.threads)
    L.seed_everything(args.seed, verbose=False)
    module = Classifier(args)
    if args.compile:
        module.model = torch.compile(module.model, dynamic=True)
    tokenizer = AutoTokenizer.from_pretrained(args.model) if args.model else None
    all_alike = 128 if args.padding == "max_length" else 0

    def collate(rows):
        if args.lengths:
            return pad(rows, all_alike)
        a, b, labels = zip(*rows)
        batch = tokenizer(list(a), list(b), truncation=True, max_length=128,
                          padding="max_length" if all_alike else "longest", return_tensors="pt")
        batch["labels"] = torch.tensor(labels)
        return batch

    rows = (random_rows(args.lengths, args.rows, 30000) if args.lengths
            else read(args.train, args.rows))
    if args.padding == "sorted":
        size_of = (lambda r: len(r[0])) if args.lengths else (lambda r: len(r[0]) + len(r[1]))
        train = DataLoader(rows, batch_sampler=group(rows, args.batch_size, size_of),
                           collate_fn=collate)
    else:
        train = DataLoader(rows, args.batch_size, shuffle=True, collate_fn=collate)
    trainer = L.Trainer(max_epochs=1, max_steps=args.max_steps, precision=args.precision,
                        gradient_clip_val=1.0, logger=False, enable_checkpointing=False,
                        enable_progress_bar=False, enable_model_summary=False,
                        num_sanity_val_steps=0, accelerator="cpu")
    trainer.fit(module, train)
    warm = slice(args.warm_steps, None)
    seconds = sum(module.times[warm])
    result = {"peer": "lightning", "version": L.__version__, "torch": torch.__version__,
              "precision": args.precision, "padding": args.padding, "seed": args.seed,
              "threads": args.threads, "steps": len(module.times),
              "sequences_per_second": round(sum(module.sizes[warm]) / seconds, 2),
              "tokens_per_second": round(sum(module.tokens[warm]) / seconds, 1),
              "step_ms": round(1e3 * statistics.median(module.times[warm]), 1)}
    if args.dev:
        dev = DataLoader(read(args.dev, 0), args.batch_size, collate_fn=collate)
        trainer.validate(module, dev, verbose=False)
        result["val_acc"] = module.right / module.seen
    print(json.dumps(result))


if __name__ == "__main__":
    main()

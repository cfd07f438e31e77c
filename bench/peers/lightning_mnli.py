#!/usr/bin/env python3
"""Fine-tunes a model on MNLI with Transformers and PyTorch Lightning, the way levin's own run is set up, and prints
accuracy and speed as one JSON line. Needs: pip install torch transformers lightning.

    lightning_mnli.py --model DIR --train mnli_train_merged.tsv --dev mnli_dev_matched.tsv --rows 20000

Dropout is active in training (the model is put into training mode), as in levin."""
import argparse
import csv
import json
import time

import lightning as L
import torch
from torch.utils.data import DataLoader
from transformers import (AutoModelForSequenceClassification, AutoTokenizer,
                          get_linear_schedule_with_warmup)

LABELS = ["entailment", "neutral", "contradiction"]


def read(path, rows):
    with open(path, encoding="utf-8", newline="") as file:
        lines = csv.DictReader(file, delimiter="\t", quoting=csv.QUOTE_NONE)
        data = [(r["premise"], r["hypothesis"], LABELS.index(r["label"])) for r in lines]
    return data[:rows] if rows else data


class Classifier(L.LightningModule):
    def __init__(self, args):
        super().__init__()
        self.args = args
        self.model = AutoModelForSequenceClassification.from_pretrained(args.model, num_labels=3)
        self.right = self.seen = 0

    def on_train_start(self):
        self.model.train()

    def training_step(self, batch, _):
        if self.global_step == self.args.warm_steps:
            self.begin = time.time()
        return self.model(**batch).loss

    def on_train_end(self):
        self.seconds = time.time() - self.begin

    def validation_step(self, batch, _):
        logits = self.model(**batch).logits
        self.right += (logits.argmax(-1) == batch["labels"]).sum().item()
        self.seen += len(batch["labels"])

    def configure_optimizers(self):
        groups = [{"params": [], "weight_decay": 0.01}, {"params": [], "weight_decay": 0.0}]
        for name, p in self.model.named_parameters():
            groups[name.endswith("bias") or name.endswith("LayerNorm.weight")]["params"].append(p)
        optimizer = torch.optim.AdamW(groups, lr=self.args.lr)
        total = self.trainer.estimated_stepping_batches
        schedule = get_linear_schedule_with_warmup(optimizer, -(-total // 10), total)
        return {"optimizer": optimizer,
                "lr_scheduler": {"scheduler": schedule, "interval": "step"}}


def main():
    p = argparse.ArgumentParser()
    p.add_argument("--model", required=True)
    p.add_argument("--train", required=True)
    p.add_argument("--dev")
    p.add_argument("--rows", type=int, default=20000)
    p.add_argument("--precision", default="32-true")
    p.add_argument("--padding", choices=["longest", "max_length"], default="longest")
    p.add_argument("--max_steps", type=int, default=-1)
    p.add_argument("--warm_steps", type=int, default=2)
    p.add_argument("--lr", type=float, default=1e-4)
    p.add_argument("--seed", type=int, default=1)
    p.add_argument("--threads", type=int, default=2)
    args = p.parse_args()

    torch.set_num_threads(args.threads)
    L.seed_everything(args.seed, verbose=False)
    tokenizer = AutoTokenizer.from_pretrained(args.model)

    def collate(rows):
        a, b, labels = zip(*rows)
        batch = tokenizer(list(a), list(b), truncation=True, max_length=128, padding=args.padding,
                          return_tensors="pt")
        batch["labels"] = torch.tensor(labels)
        return batch

    train = DataLoader(read(args.train, args.rows), 32, shuffle=True, collate_fn=collate)
    module = Classifier(args)
    trainer = L.Trainer(max_epochs=1, max_steps=args.max_steps, precision=args.precision,
                        gradient_clip_val=1.0, logger=False, enable_checkpointing=False,
                        enable_progress_bar=False, enable_model_summary=False,
                        num_sanity_val_steps=0, accelerator="cpu")
    trainer.fit(module, train)
    steps = trainer.global_step - args.warm_steps
    result = {"precision": args.precision, "padding": args.padding, "seed": args.seed,
              "sequences_per_second": round(steps * 32 / module.seconds, 2)}
    if args.dev:
        dev = DataLoader(read(args.dev, 0), 32, collate_fn=collate)
        trainer.validate(module, dev, verbose=False)
        result["val_acc"] = module.right / module.seen
    print(json.dumps(result))


if __name__ == "__main__":
    main()

#!/usr/bin/env python3
"""`levin convert` beside PyTorch Lightning and Transformers: what Lightning saved becomes a folder
that from_pretrained loads and a checkpoint that levin validates; what levin saved becomes a file
that torch.load reads with weights_only, load_from_checkpoint takes the weights of, and fit goes on
from at the same epoch and step. Every weight keeps its bits.

    LEVIN=levin LEVIN_FIXTURES=make_fixtures tests/peers/convert.py

Works on the tests' tiny model. Leaves with 77 where the packages are missing.
"""
import json
import logging
import os
import subprocess
import sys
import tempfile
import warnings

import tally
from tally import check

os.environ["HF_HUB_OFFLINE"] = "1"
try:
    import lightning.pytorch as pl
    import torch
    import transformers
    from lightning.pytorch.callbacks import ModelCheckpoint
    from transformers import AutoConfig, AutoModel, AutoModelForSequenceClassification
except ImportError as e:
    print("skipped: %s" % e)
    sys.exit(77)

BATCHES, EPOCHS = 6, 2
NO_KEYS = set()


def levin(*arguments):
    done = subprocess.run([LEVIN, *map(str, arguments)], text=True, capture_output=True)
    if done.returncode:
        sys.exit("levin %s: %s" % (" ".join(map(str, arguments)), done.stderr))
    return done.stdout


def levin_json(*arguments):
    return json.loads(levin(*arguments, "--json"))


class Classifier(pl.LightningModule):
    """The usual shape: a whole model of Transformers in one attribute."""

    def __init__(self, folder, lr=1e-3, words=("a", "b")):
        super().__init__()
        self.save_hyperparameters()
        self.model = AutoModelForSequenceClassification.from_config(
            AutoConfig.from_pretrained(folder, num_labels=3))
        self.seen = []

    def training_step(self, batch, batch_idx):
        self.seen.append((self.current_epoch, batch_idx, self.global_step))
        ids, labels = batch
        return self.model(input_ids=ids, labels=labels).loss

    def validation_step(self, batch, batch_idx):
        ids, labels = batch
        self.log("val_loss", self.model(input_ids=ids, labels=labels).loss)

    def configure_optimizers(self):
        optimizer = torch.optim.AdamW(self.parameters(), lr=self.hparams.lr)
        schedule = torch.optim.lr_scheduler.StepLR(optimizer, 1, 0.9)
        return [optimizer], [{"scheduler": schedule, "interval": "step"}]  # as levin's are


class Encoder(Classifier):
    """An encoder in an attribute, and parts of one's own beside it."""

    def __init__(self, folder):
        super().__init__(folder)
        del self.model
        self.encoder = AutoModel.from_config(AutoConfig.from_pretrained(folder))
        self.score = torch.nn.Linear(self.encoder.config.hidden_size, 3)

    def training_step(self, batch, batch_idx):
        ids, labels = batch
        scores = self.score(self.encoder(ids).pooler_output)
        return torch.nn.functional.cross_entropy(scores, labels)

    validation_step = None


def loader(folder):
    vocabulary = AutoConfig.from_pretrained(folder).vocab_size
    ids = torch.randint(5, vocabulary, (4 * BATCHES, 9))
    data = torch.utils.data.TensorDataset(ids, torch.arange(4 * BATCHES) % 3)
    return torch.utils.data.DataLoader(data, batch_size=4)


def trainer(work, epochs=EPOCHS, **options):
    return pl.Trainer(max_epochs=epochs, accelerator="cpu", logger=False, default_root_dir=work,
                      enable_progress_bar=False, enable_model_summary=False, **options)


def trained(module, folder, path):
    """What ModelCheckpoint leaves at the end of the last epoch."""
    saver = ModelCheckpoint(os.path.dirname(path), os.path.basename(path)[:-5])
    data = loader(folder)
    trainer(os.path.dirname(path), callbacks=[saver]).fit(module, data, data)
    return saver.best_model_path


def check_same(ours, theirs, what):
    """Two state dicts, by name and bit."""
    check(set(ours) == set(theirs), "%s: %s" % (what, sorted(set(ours) ^ set(theirs))))
    for name in set(ours) & set(theirs):
        check(ours[name].dtype == theirs[name].dtype and torch.equal(ours[name], theirs[name]),
              "%s: %s" % (what, name))


def load(auto, folder):
    """The model of a folder, which must lack nothing and hold nothing else."""
    model, info = auto.from_pretrained(folder, output_loading_info=True)
    for kind in ("missing_keys", "unexpected_keys", "mismatched_keys", "error_msgs"):
        check(set(info.get(kind, ())) == NO_KEYS, "%s: %s: %s" % (folder, kind, info.get(kind)))
    return model


def from_lightning(plain, nli, data, work):
    path = trained(Classifier(plain), plain, os.path.join(work, "theirs.ckpt"))
    state = Classifier.load_from_checkpoint(path, weights_only=True).model.state_dict()
    folder = os.path.join(work, "folder")
    said = levin_json("convert", path, folder, "--model.name", plain)
    check(said["left_out"] == [] and said["global_step"] == EPOCHS * BATCHES, "said %s" % said)
    check_same(load(AutoModelForSequenceClassification, folder).state_dict(), state, folder)

    ours = os.path.join(work, "ours.ckpt")
    levin("convert", path, ours)
    task = ("--data.task", "mnli", "--data.dir", data)
    by_folder = levin_json("validate", "--model.name", folder, *task)
    by_checkpoint = levin_json("validate", "--model.name", nli, *task, "--ckpt_path", ours)
    check(by_folder["val_loss"] == by_checkpoint["val_loss"], "validated otherwise")
    again = os.path.join(work, "again.ckpt")
    levin("convert", ours, again)
    module = Classifier.load_from_checkpoint(again, weights_only=True)
    check_same(module.model.state_dict(), state, "there and back")
    check(dict(module.hparams) == {"folder": plain, "lr": 1e-3, "words": ["a", "b"]},
          "hyper-parameters %s" % dict(module.hparams))

    path = trained(Encoder(plain), plain, os.path.join(work, "encoder.ckpt"))
    folder = os.path.join(work, "encoder")
    said = levin_json("convert", path, folder, "--model.name", plain, "--strict", "false")
    check(said["left_out"] == ["score.bias", "score.weight"], "left out %s" % said["left_out"])
    state = Encoder.load_from_checkpoint(path, folder=plain).encoder.state_dict()
    check_same(load(AutoModel, folder).state_dict(), state, folder)


def fit(plain, data, work, *flags):
    said = levin_json("fit", "--model.name", plain, "--data.task", "mnli", "--data.dir", data,
                      "--data.batch_size", 16, "--optimizer.lr", "1e-3",
                      "--trainer.max_epochs", EPOCHS, "--trainer.num_sanity_val_steps", 0,
                      "--trainer.limit_test_batches", 1, "--trainer.default_root_dir", work, *flags)
    return said["best_model_path"], said["model_dir"]


def check_position(plain, work):
    """The counters that Lightning itself leaves after as many epochs and batches."""
    ours = torch.load(os.path.join(work, "levin.ckpt"), weights_only=True)["loops"]
    path = trained(Classifier(plain), plain, os.path.join(work, "position.ckpt"))
    theirs = torch.load(path, weights_only=False)["loops"]
    check(set(ours) == set(theirs), "loops: %s" % sorted(set(ours) ^ set(theirs)))
    for name, wanted in theirs["fit_loop"].items():
        found = ours["fit_loop"].get(name)
        if not name.startswith("epoch_loop.val_loop"):  # of a validation that is over
            check(found == wanted, "fit_loop %s: %s, not %s" % (name, found, wanted))
        else:
            check(set(found) == set(wanted), "fit_loop %s: %s" % (name, found))


def to_lightning(plain, data, work):
    path, folder = fit(plain, data, work)
    converted = os.path.join(work, "levin.ckpt")
    levin("convert", path, converted)
    state = load(AutoModelForSequenceClassification, folder).state_dict()
    module = Classifier.load_from_checkpoint(converted, weights_only=True, folder=plain)
    check_same(module.model.state_dict(), state, "load_from_checkpoint")
    check_position(plain, work)

    steps, batches = EPOCHS * BATCHES, loader(plain)
    module = Classifier(plain)
    more = trainer(work, EPOCHS + 1, enable_checkpointing=False)
    more.fit(module, batches, batches, ckpt_path=converted, weights_only=True)
    wanted = [(EPOCHS, i, steps + i) for i in range(BATCHES)]
    check(module.seen == wanted, "went on at %s" % module.seen)
    check(more.global_step == steps + BATCHES, "ended at step %d" % more.global_step)

    bare = os.path.join(work, "bare.ckpt")
    levin("convert", path, bare, "--model.prefix", "")
    names = set(torch.load(bare, weights_only=True)["state_dict"])
    check(names == set(state), "names without a prefix: %s" % sorted(names ^ set(state)))
    loaded = torch.load(bare, weights_only=True, mmap=True)["state_dict"]
    check_same(dict(loaded), state, "mapped")


def main(work):
    transformers.utils.logging.set_verbosity_error()
    transformers.utils.logging.disable_progress_bar()
    for name in ("lightning.pytorch", "lightning.fabric"):
        logging.getLogger(name).setLevel(logging.ERROR)
    warnings.filterwarnings("ignore")
    subprocess.run([FIXTURES, work], check=True)
    plain, nli, data = (os.path.join(work, x) for x in ("plain", "nli", "mnli"))
    torch.manual_seed(1)
    from_lightning(plain, nli, data, os.path.join(work, "from"))
    to_lightning(plain, data, os.path.join(work, "to"))
    return tally.status()


if __name__ == "__main__":
    LEVIN, FIXTURES = os.environ["LEVIN"], os.environ["LEVIN_FIXTURES"]
    with tempfile.TemporaryDirectory() as scratch:
        sys.exit(main(scratch))

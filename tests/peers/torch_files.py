#!/usr/bin/env python3
"""Writes the small files of torch.save that the unit tests of the reader lie on:

    tests/peers/torch_files.py tests/unit/formats/torch

weights.bin, protocol5.bin and legacy.bin hold the same state dict: every element type, views,
tied tensors, a parameter, nothing. checkpoint.ckpt is what PyTorch Lightning leaves after two
epochs of a tiny module with hyper-parameters of many kinds. Leaves with 77 where the packages are
missing.
"""
import argparse
import collections
import datetime
import logging
import os
import pathlib
import sys
import tempfile
import warnings

try:
    import lightning.pytorch as pl
    import numpy
    import torch
    from lightning.pytorch.callbacks import EarlyStopping, ModelCheckpoint
except ImportError as e:
    print("skipped: %s" % e)
    sys.exit(77)

TYPES = ("float32 float64 float16 bfloat16 int64 int32 int16 int8 uint8 bool uint16 uint32 uint64 "
         "complex64 float8_e4m3fn float8_e5m2").split()
SINCE_ZIP = ("uint16", "uint32", "uint64", "float8_e4m3fn", "float8_e5m2")


def state_dict(types):
    state = collections.OrderedDict()
    for name in types:
        state["of." + name] = torch.tensor([0, 1, 1, 0]).to(getattr(torch, name))
    six = torch.arange(6.0).reshape(2, 3)
    state["whole"] = six.clone()
    state["transposed"] = six.clone().t()
    state["columns"] = six[:, 1:]
    state["expanded"] = torch.arange(3).expand(2, 3)
    state["part"] = six[1]
    state["tied.a"] = torch.arange(4.0)
    state["tied.b"] = state["tied.a"]
    state["parameter"] = torch.nn.Parameter(torch.tensor([1.5, -2.5]))
    state["scalar"] = torch.tensor(-3.5)
    state["empty"] = torch.zeros(0, 3)
    state["count"] = 7  # no tensor
    return state


class Tiny(pl.LightningModule):
    def __init__(self, lr=1e-3, name="té\u4e2d", nothing=None, flag=True, big=2**70, negative=-5,
                 folder=pathlib.Path("a/b"), space=argparse.Namespace(depth=2, words=["a", "b"]),
                 scale=numpy.float64(2.5), count=numpy.int64(3), device=torch.device("cpu"),
                 dtype=torch.bfloat16, size=torch.Size([2, 3]), pair=(1, 2.5), several={"x"},
                 weights=torch.tensor([1.0, 2.0]), time=datetime.timedelta(hours=1),
                 infinite=float("inf"), act=torch.nn.functional.relu, nested={"a": [1, {"b": 2}], 3: "k"}):
        super().__init__()
        self.save_hyperparameters()
        self.layer = torch.nn.Linear(4, 3)
        self.norm = torch.nn.BatchNorm1d(3)

    def training_step(self, batch, batch_idx):
        return self.norm(self.layer(batch[0])).pow(2).mean() + self.layer.weight.sum()

    def validation_step(self, batch, batch_idx):
        self.log("val_loss", self.layer(batch[0]).mean())

    def configure_optimizers(self):
        optimizer = torch.optim.AdamW(self.parameters(), lr=self.hparams.lr)
        return {"optimizer": optimizer, "lr_scheduler": torch.optim.lr_scheduler.StepLR(optimizer, 1)}


def checkpoint(path):
    torch.manual_seed(1)
    data = torch.utils.data.DataLoader(
        torch.utils.data.TensorDataset(torch.randn(8, 4)), batch_size=4)
    with tempfile.TemporaryDirectory() as work:
        saver = ModelCheckpoint("saved", monitor="val_loss", save_last=True)
        os.chdir(work)
        trainer = pl.Trainer(max_epochs=2, accelerator="cpu", logger=False, default_root_dir=".",
                             enable_progress_bar=False, enable_model_summary=False,
                             callbacks=[saver, EarlyStopping("val_loss")])
        saver.dirpath = "saved"  # no path of this machine in the file
        trainer.fit(Tiny(), data, data)
        trainer.save_checkpoint(path)


def main(folder):
    folder = os.path.abspath(folder)
    torch.save(state_dict(TYPES), os.path.join(folder, "weights.bin"))
    torch.save(state_dict(TYPES), os.path.join(folder, "protocol5.bin"), pickle_protocol=5)
    old = [x for x in TYPES if x not in SINCE_ZIP]
    torch.save(state_dict(old), os.path.join(folder, "legacy.bin"),
               _use_new_zipfile_serialization=False)
    checkpoint(os.path.join(folder, "checkpoint.ckpt"))
    return 0


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    warnings.filterwarnings("ignore")
    logging.getLogger("lightning.pytorch").setLevel(logging.ERROR)
    sys.exit(main(sys.argv[1]))

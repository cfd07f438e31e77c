#!/usr/bin/env python3
"""Texts to vectors with CTranslate2, converted by its own TransformersConverter.

    ctranslate2_embed.py --model DIR --texts FILE [--precision int8]"""
import os

import ctranslate2
import numpy as np

from harness import arguments, limit_time, mean_pool, measure, tokenizer_of


def model_folder(args):
    path = os.path.join(args.work, os.path.basename(os.path.normpath(args.model)) + ".ct2")
    if not os.path.exists(path):
        os.makedirs(args.work, exist_ok=True)
        ctranslate2.converters.TransformersConverter(args.model).convert(path)
    return path


def main():
    kinds = {"f32": "float32", "int8": "int8_float32", "bf16": "bfloat16"}
    args = arguments(__doc__, list(kinds)).parse_args()
    limit_time(args.time_limit)
    encoder = ctranslate2.Encoder(model_folder(args), device="cpu", inter_threads=1,
                                  intra_threads=args.threads, compute_type=kinds[args.precision])
    encode = tokenizer_of(args.model, args.max_length)

    def embed(texts):
        ids, mask = encode(texts)
        rows = [row[:n].tolist() for row, n in zip(ids, mask.sum(1))]
        hidden = np.asarray(encoder.forward_batch(rows).last_hidden_state)
        return mean_pool(hidden, mask)

    measure(args, embed, peer="ctranslate2", version=ctranslate2.__version__)


if __name__ == "__main__":
    main()

#!/usr/bin/env python3
"""Texts to vectors with OpenVINO, converted from torch.

    openvino_embed.py --model DIR --texts FILE [--precision bf16] [--hint THROUGHPUT]"""
import os

import openvino as ov

from harness import arguments, limit_time, mean_pool, measure, tokenizer_of


def model_file(args):
    os.makedirs(args.work, exist_ok=True)
    path = os.path.join(args.work, os.path.basename(os.path.normpath(args.model)) + ".xml")
    if not os.path.exists(path):
        import torch
        from transformers import AutoModel
        model = AutoModel.from_pretrained(args.model, attn_implementation="eager").eval()
        ids = torch.ones(2, 9, dtype=torch.int64)
        example = {"input_ids": ids, "attention_mask": ids}
        ov.save_model(ov.convert_model(model, example_input=example), path, compress_to_fp16=False)
    return path


def main():
    p = arguments(__doc__, ["f32", "bf16"])
    p.add_argument("--hint", choices=["LATENCY", "THROUGHPUT"], default="LATENCY",
                   help="LATENCY gives all threads to one batch at a time")
    args = p.parse_args()
    limit_time(args.time_limit)
    model = ov.Core().compile_model(model_file(args), "CPU", {
        "PERFORMANCE_HINT": args.hint, "INFERENCE_NUM_THREADS": args.threads,
        "INFERENCE_PRECISION_HINT": args.precision})
    encode, names = tokenizer_of(args.model, args.max_length), [i.any_name for i in model.inputs]

    def embed(texts):
        ids, mask = encode(texts)
        given = {"input_ids": ids, "attention_mask": mask}
        out = model({n: given.get(n, ids * 0) for n in names})
        return mean_pool(out["last_hidden_state"] if "last_hidden_state" in
                         [o.any_name for o in model.outputs] else out[0], mask)

    measure(args, embed, peer="openvino", version=ov.__version__, hint=args.hint)


if __name__ == "__main__":
    main()

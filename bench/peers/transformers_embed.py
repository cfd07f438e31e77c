#!/usr/bin/env python3
"""Texts to vectors with Transformers and torch: mean of the tokens, of length 1.

    transformers_embed.py --model DIR --texts FILE [--precision bf16] [--compile]"""
import torch
import transformers
from transformers import AutoModel

from harness import arguments, limit_time, mean_pool, measure, tokenizer_of


def main():
    p = arguments(__doc__, ["f32", "bf16"])
    p.add_argument("--compile", action="store_true", help="torch.compile with dynamic shapes")
    args = p.parse_args()
    limit_time(args.time_limit)
    torch.set_num_threads(args.threads)
    encode, model = tokenizer_of(args.model, args.max_length), AutoModel.from_pretrained(args.model)
    model.eval()
    if args.precision == "bf16":
        model.to(torch.bfloat16)
    run = torch.compile(model, dynamic=True) if args.compile else model

    def embed(texts):
        ids, mask = encode(texts)
        with torch.inference_mode():
            out = run(input_ids=torch.from_numpy(ids), attention_mask=torch.from_numpy(mask))
        return mean_pool(out.last_hidden_state.float().numpy(), mask)

    measure(args, embed, peer="transformers", version=transformers.__version__,
            compiled=args.compile)


if __name__ == "__main__":
    main()

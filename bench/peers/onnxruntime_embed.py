#!/usr/bin/env python3
"""Texts to vectors with ONNX Runtime, from a model that is exported here once.

    onnxruntime_embed.py --model DIR --texts FILE [--precision int8] [--order file]

int8 quantizes weights beforehand and activations on the way (quantize_dynamic)."""
import os
import warnings

import onnxruntime as ort

from harness import arguments, limit_time, mean_pool, measure, tokenizer_of


def export(folder, path):
    import torch
    from transformers import AutoModel

    class Hidden(torch.nn.Module):
        def __init__(self):
            super().__init__()
            self.model = AutoModel.from_pretrained(folder, attn_implementation="eager").eval()

        def forward(self, input_ids, attention_mask):
            return self.model(input_ids=input_ids, attention_mask=attention_mask).last_hidden_state

    ids = torch.ones(2, 9, dtype=torch.int64)
    shape = {0: "batch", 1: "tokens"}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        torch.onnx.export(Hidden(), (ids, ids), path, dynamo=False, opset_version=17,
                          input_names=["input_ids", "attention_mask"], output_names=["hidden"],
                          dynamic_axes={"input_ids": shape, "attention_mask": shape,
                                        "hidden": shape})


def optimize(plain, path, folder):
    """The transformer fusions that the runtime does not find by itself."""
    import json

    from onnxruntime.transformers import optimizer
    with open(f"{folder}/config.json", encoding="utf-8") as file:
        config = json.load(file)
    optimizer.optimize_model(plain, "bert", num_heads=config["num_attention_heads"],
                             hidden_size=config["hidden_size"]).save_model_to_file(path)


def model_file(args):
    os.makedirs(args.work, exist_ok=True)
    stem = os.path.join(args.work, os.path.basename(os.path.normpath(args.model)))
    plain, f32, int8 = f"{stem}.plain.onnx", f"{stem}.f32.onnx", f"{stem}.int8.onnx"
    if not os.path.exists(f32):
        export(args.model, plain)
        optimize(plain, f32, args.model)
    if args.precision == "int8" and not os.path.exists(int8):
        from onnx import TensorProto
        from onnxruntime.quantization import QuantType, quantize_dynamic
        quantize_dynamic(f32, int8, weight_type=QuantType.QInt8, per_channel=True,
                         reduce_range=True,
                         extra_options={"DefaultTensorType": TensorProto.FLOAT})
    return int8 if args.precision == "int8" else f32


def main():
    args = arguments(__doc__, ["f32", "int8"]).parse_args()
    limit_time(args.time_limit)
    options = ort.SessionOptions()
    options.intra_op_num_threads = args.threads
    options.inter_op_num_threads = 1
    options.graph_optimization_level = ort.GraphOptimizationLevel.ORT_ENABLE_ALL
    session = ort.InferenceSession(model_file(args), options, ["CPUExecutionProvider"])
    encode = tokenizer_of(args.model, args.max_length)

    def embed(texts):
        ids, mask = encode(texts)
        return mean_pool(session.run(None, {"input_ids": ids, "attention_mask": mask})[0], mask)

    measure(args, embed, peer="onnxruntime", version=ort.__version__)


if __name__ == "__main__":
    main()

"""Writes again, with the safetensors package, what levin wrote, and compares byte for byte.

    safetensors_bytes.py FILE|FOLDER...

Exits 77 (skipped) where the package is not installed. Six-bit types are skipped: the package does
not write them from Python."""
import ctypes
import glob
import json
import os
import sys

try:
    import safetensors
    from safetensors import TensorSpec
except ImportError:
    print("skipped: no safetensors package")
    sys.exit(77)

TYPES = {"BOOL": "bool", "I8": "int8", "U8": "uint8", "I16": "int16", "U16": "uint16",
         "I32": "int32", "U32": "uint32", "I64": "int64", "U64": "uint64", "F16": "float16",
         "BF16": "bfloat16", "F32": "float32", "F64": "float64", "C64": "complex64",
         "F8_E4M3": "float8_e4m3fn", "F8_E4M3FNUZ": "float8_e4m3fnuz", "F8_E5M2": "float8_e5m2",
         "F8_E5M2FNUZ": "float8_e5m2fnuz", "F8_E8M0": "float8_e8m0fnu", "F4": "float4_e2m1fn_x2"}


def write_again(data):
    n = int.from_bytes(data[:8], "little")
    header = json.loads(data[8:8 + n])
    metadata = header.pop("__metadata__", None)
    body = ctypes.create_string_buffer(data[8 + n:], max(1, len(data) - 8 - n))
    specs = {}
    for name, entry in header.items():
        begin, end = entry["data_offsets"]
        shape = list(entry["shape"])
        if entry["dtype"] == "F4":  # the package counts pairs
            shape[-1] //= 2
        specs[name] = TensorSpec(dtype=TYPES[entry["dtype"]], shape=shape,
                                 data_ptr=ctypes.addressof(body) + begin, data_len=end - begin)
    # The package writes several metadata keys in an order that changes from call to call.
    for _ in range(1000 if metadata and len(metadata) > 1 else 1):
        again = safetensors.serialize(specs, metadata)
        if again == data:
            break
    return again


def files(arguments):
    for path in arguments:
        inside = glob.glob(os.path.join(path, "*.safetensors"))
        yield from sorted(inside) if os.path.isdir(path) else [path]


def main():
    passed = failed = skipped = 0
    for path in files(sys.argv[1:]):
        with open(path, "rb") as f:
            data = f.read()
        if b'"dtype":"F6_' in data:
            skipped += 1
        elif write_again(data) == data:
            passed += 1
        else:
            failed += 1
            print(f"{path}: the package writes other bytes")
    print(f"{passed} passed, {failed} failed, {skipped} skipped")
    return 0 if passed and not failed else 1


sys.exit(main())

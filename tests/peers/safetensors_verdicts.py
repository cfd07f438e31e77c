"""Reads mutated safetensors files with levin and with the safetensors package and compares what
they say: accepted or refused, and for accepted files names, dtypes, shapes and bytes.

    safetensors_verdicts.py LIBLEVIN.so GOLDEN.json [ROUNDS [SEED]]

Exits 77 (skipped) where the package is not installed."""
import ctypes
import json
import random
import struct
import sys

try:
    import safetensors
except ImportError:
    print("skipped: no safetensors package")
    sys.exit(77)

NAMES = ("BOOL F4 F6_E2M3 F6_E3M2 U8 I8 F8_E5M2 F8_E4M3 F8_E8M0 F8_E4M3FNUZ F8_E5M2FNUZ I16 U16 "
         "F16 BF16 I32 U32 F32 C64 F64 I64 U64").split()


class Tensor(ctypes.Structure):
    _fields_ = [("name", ctypes.POINTER(ctypes.c_char)), ("name_size", ctypes.c_size_t),
                ("dtype", ctypes.c_int), ("ndim", ctypes.c_int64),
                ("shape", ctypes.POINTER(ctypes.c_uint64)), ("numel", ctypes.c_uint64),
                ("data", ctypes.c_void_p), ("bytes", ctypes.c_size_t)]


def load(path):
    lib = ctypes.CDLL(path)
    lib.levin_safetensors_parse.restype = ctypes.c_void_p
    lib.levin_safetensors_parse.argtypes = [ctypes.c_char_p, ctypes.c_size_t, ctypes.c_char_p]
    lib.levin_safetensors_free.argtypes = [ctypes.c_void_p]
    lib.levin_safetensors_count.argtypes = [ctypes.c_void_p]
    lib.levin_safetensors_count.restype = ctypes.c_int64
    lib.levin_safetensors_at.argtypes = [ctypes.c_void_p, ctypes.c_int64]
    lib.levin_safetensors_at.restype = ctypes.POINTER(Tensor)
    lib.levin_error_message.restype = ctypes.c_char_p
    return lib


def ours(lib, data):
    f = lib.levin_safetensors_parse(data, len(data), b"case")
    if not f:
        message = lib.levin_error_message()
        lib.levin_error_clear()
        return None, message
    tensors = {}
    for i in range(lib.levin_safetensors_count(f)):
        t = lib.levin_safetensors_at(f, i).contents
        shape = [t.shape[d] for d in range(t.ndim)]
        name = t.name[:t.name_size].decode()
        tensors[name] = (NAMES[t.dtype], shape, ctypes.string_at(t.data, t.bytes))
    lib.levin_safetensors_free(f)
    return tensors, None


def theirs(data):
    try:
        found = safetensors.deserialize(data)
    except safetensors.SafetensorError as e:
        return None, str(e)
    return {n: (t["dtype"], t["shape"], bytes(t["data"])) for n, t in found}, None


WORDS = [b'"', b"\\", b"{", b"}", b"[", b"]", b",", b":", b" ", b"\n", b"0", b"1", b"-", b"-0",
         b"2.0", b"1e3", b"1e308", b"18e307", b"17e307", b"18446744073709551615",
         b"18446744073709551616", b"9" * 308, b"9" * 309, b"0." + b"0" * 30 + b"1e338", b"null",
         b"true", b"false", b'"x":', b'"dtype":', b'"shape":', b'"data_offsets":',
         b'"__metadata__":', b'"__metadata__":{"k":"v"},', b'{"F32":null}', b'["F32",[1],[0,4]]',
         b"\\u0000", b"\\ud83d\\ude00", b"\\ud83d", b"\\ude00", b"\\n", b"\xc3\xa9", b"\xff",
         b"\xed\xa0\x80", b"\xf4\x90\x80\x80", b"\xc0\x80", b"\x00", b"\x1f", b"\x7f",
         b"[" * 124 + b"]" * 124, b"[" * 125 + b"]" * 125, b"[" * 126 + b"]" * 126,
         b'"F32"', b'"F4"', b'"F6_E2M3"', b'"U8"', b'"BF16"', b'"C64"', b"[0,0]", b"[2]", b"[]",
         b'"a":{"dtype":"U8","shape":[0],"data_offsets":[0,0]}', b"[0,16]", b"[16,16]"]


def mutate(rng, header, data):
    header = bytearray(header)
    for _ in range(rng.choice((1, 1, 1, 2, 3))):
        at = rng.randrange(len(header) + 1)
        kind = rng.randrange(6)
        if kind == 0:
            header[at:at] = rng.choice(WORDS)
        elif kind == 1:
            del header[at:at + rng.choice((1, 1, 2, 5))]
        elif kind == 2 and at < len(header):
            header[at] = rng.choice(b'0123456789{}[]",:\\- eE.utnf') if rng.random() < .8 else \
                rng.randrange(256)
        elif kind == 3:
            end = min(len(header), at + rng.randrange(1, 60))
            header[at:at] = header[rng.randrange(len(header) + 1):end]
        elif kind == 4:
            word = rng.choice(WORDS)
            header[at:at + len(word)] = word
        elif header.find(b":") >= 0:  # a value replaced by something that may stand there
            spots = [i for i, c in enumerate(header) if c in b":,["]
            at = rng.choice(spots) + 1
            end = at
            while end < len(header) and header[end] not in b",]}":
                end += 1
            header[at:end] = rng.choice(WORDS)
    if rng.random() < .1:
        data = data[:rng.randrange(len(data) + 1)] + bytes(rng.randrange(3))
    length = len(header) if rng.random() < .97 else rng.choice((0, 1, 10 ** 8, 10 ** 8 + 1, 2 ** 63))
    return struct.pack("<Q", length) + bytes(header) + data


def main():
    lib = load(sys.argv[1])
    with open(sys.argv[2]) as f:
        seeds = [bytes.fromhex(c["hex"]) for c in json.load(f)["cases"]]
    rounds = int(sys.argv[3]) if len(sys.argv) > 3 else 100000
    rng = random.Random(int(sys.argv[4]) if len(sys.argv) > 4 else 0)
    failed = accepted = 0
    for _ in range(rounds):
        seed = rng.choice(seeds)
        n = int.from_bytes(seed[:8], "little") if len(seed) >= 8 else 0
        data = mutate(rng, seed[8:8 + min(n, 1000)], seed[8 + min(n, 1000):])
        (a, message), (b, reason) = ours(lib, data), theirs(data)
        accepted += b is not None
        if a != b:
            failed += 1
            print(data, "levin:", message or "accepted", "package:", reason or "accepted")
        elif message and (not message.startswith(b"case: byte ") or b"\n" in message):
            failed += 1
            print(data, "message:", message)
    print(f"{rounds - failed} passed, {failed} failed, 0 skipped ({accepted} accepted files)")
    return 1 if failed else 0


sys.exit(main())

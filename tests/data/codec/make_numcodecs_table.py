"""Makes numcodecs_table.json: small arrays, what numcodecs encodes them to, and what it decodes that to.

Needs numpy 2, numcodecs 0.15, msgpack, crc32c and zfpy 1.0.1. Run: python make_numcodecs_table.py
Bytes are base64, in the order of memory. The file is committed; this script says where each of its bytes came from.
"""

import base64
import json
import lzma
import pathlib
import pickle
import warnings

import numcodecs
import numpy as np
from numcodecs.vlen import VLenArray, VLenBytes, VLenUTF8

HERE = pathlib.Path(__file__).parent
RNG = np.random.default_rng(20261121)
NUMBERS = ["|b1", "|i1", "<i2", "<i4", "<i8", "|u1", "<u2", "<u4", "<u8", "<f2", "<f4", "<f8", "<f16", "<c8", "<c16"]
warnings.simplefilter("ignore")


def text(data):
    return base64.b64encode(bytes(data)).decode()


def memory(array):
    return np.asarray(array).tobytes(order="A")


def sample(dtype, count=11):
    """Numbers that fit, and the limits of the type."""
    dtype = np.dtype(dtype)
    native = dtype.newbyteorder("=")
    if dtype.kind == "b":
        return RNG.integers(0, 2, count).astype("b1")
    if dtype.kind in "iu":
        limits = np.iinfo(native)
        values = RNG.integers(0, 100, count).astype(native)
        values[:2] = limits.min, limits.max
        return values.astype(dtype)
    if dtype.kind == "f":
        values = (RNG.normal(0, 30, count)).astype(native)
        values[0] = -0.0
        return values.astype(dtype)
    if dtype.kind == "c":
        return (RNG.normal(0, 30, count) + 1j * RNG.normal(0, 30, count)).astype(dtype)
    if dtype.kind == "m":
        values = RNG.integers(-9, 100, count)
        values[3] = np.iinfo("i8").min
        return values.astype("i8").view("m8[s]").astype(dtype)
    raise ValueError(dtype)


CASES = []


def add(config, array, exact=True):
    """`exact`: an encoder has one right answer."""
    codec = numcodecs.get_codec(config)
    encoded = np.asarray(codec.encode(array))
    encoded = encoded.tobytes(order="A") if encoded.dtype != object else bytes(codec.encode(array))
    case = {"codec": config, "dtype": array.dtype.str, "shape": list(array.shape), "array": text(memory(array)),
            "encoded": text(encoded), "exact": exact}
    # A decoder is given bytes, as a store has them.
    decoded = memory(np.asarray(codec.decode(encoded)).reshape(-1)) if encoded else b""
    if decoded != memory(array):
        case["decoded"] = text(decoded)
    CASES.append(case)


def padded(array):
    """The bytes of a long double beyond its number are chance."""
    array = np.ascontiguousarray(array)
    if array.dtype == np.dtype("f16"):
        raw = array.view("u1").reshape(-1, 16).copy()
        raw[:, 10:] = 0
        return raw.reshape(-1).view("f16")
    return array


def element_codecs():
    for dtype in NUMBERS + [">i2", ">u4", ">f8", ">c16", "<m8[s]"]:
        if dtype == "<f16":
            continue
        add({"id": "delta", "dtype": dtype, "astype": dtype}, sample(dtype))
    for dtype, astype in (("<i8", "|i1"), ("|u1", "<i4"), ("<f8", "<f4"), ("<f4", "<f8"), ("<f8", "<i4"),
                          ("<i4", "<f4"), (">i2", "<i4"), ("|b1", "|i1"), ("<c16", "<c8"), ("<f4", "<f2"),
                          ("<u8", ">u2")):
        add({"id": "delta", "dtype": dtype, "astype": astype}, sample(dtype)[2:])
    for source in NUMBERS:
        for target in NUMBERS:
            if "<f16" in (source, target):
                continue
            add({"id": "astype", "encode_dtype": target, "decode_dtype": source}, sample(source))
    wild = np.array([1e10, -1e10, np.nan, np.inf, -np.inf, -3.7, 300.5, 70000.0, 3e9, 1.8e19, 3e19, 2.5, 1e-300])
    for target in NUMBERS:
        if target != "<f16":
            add({"id": "astype", "encode_dtype": target, "decode_dtype": "<f8"}, wild)
            add({"id": "astype", "encode_dtype": target, "decode_dtype": "<f4"}, wild.astype("<f4"))
    add({"id": "astype", "encode_dtype": ">f4", "decode_dtype": "<i2"}, sample("<i2"))
    add({"id": "astype", "encode_dtype": "<i8", "decode_dtype": "<M8[ns]"}, sample("<m8[s]").view("i8").view("<M8[ns]"))
    halves = np.arange(0, 65536, 7, dtype="u2").view("<f2")
    halves = halves[np.isfinite(halves)]
    add({"id": "astype", "encode_dtype": "<f8", "decode_dtype": "<f2"}, halves[::40])
    near = np.concatenate([np.nextafter(halves[::40].astype("f8") * 1.0004, np.inf), [65519.99, 65520.0, 6e-8, 2.9e-8]])
    add({"id": "astype", "encode_dtype": "<f2", "decode_dtype": "<f8"}, near)
    for dtype in NUMBERS + [">i2", ">f4"]:
        if dtype in ("<f16", "|b1"):
            continue
        for offset, scale in ((1, 10), (1.5, 10), (1, 2.5), (0, 0.1), (-7, 3)):
            if dtype[1] == "u" and offset < 0:
                continue
            add({"id": "fixedscaleoffset", "scale": scale, "offset": offset, "dtype": dtype, "astype": dtype},
                (np.abs(sample(dtype)) if dtype[1] in "fc" else sample(dtype)).astype(dtype))
    add({"id": "fixedscaleoffset", "scale": 3, "offset": 1, "dtype": "|b1", "astype": "<i2"}, sample("|b1"))
    for astype in ("|u1", "<i2", "<i4", "<f4", ">i4"):
        add({"id": "fixedscaleoffset", "scale": 1000, "offset": 1000, "dtype": "<f8", "astype": astype},
            np.linspace(1000, 1000.2, 9))
    for dtype in ("<f2", "<f4", "<f8", ">f4"):
        for digits in (-1, 0, 1, 2, 3, 5, 12):
            if digits > 3 and dtype == "<f2":
                continue
            add({"id": "quantize", "digits": digits, "dtype": dtype, "astype": dtype}, sample(dtype))
    add({"id": "quantize", "digits": 1, "dtype": "<f8", "astype": "<f2"}, sample("<f8"))
    for dtype, bits in (("<f2", 10), ("<f4", 23), ("<f8", 52)):
        values = np.concatenate([sample(dtype), np.array([np.inf, -np.inf, 1 - 2.0**-9], dtype)])
        for keep in (0, 1, 5, bits - 1, bits):
            add({"id": "bitround", "keepbits": keep}, values)
    for count in (1, 7, 8, 9, 64, 65):
        add({"id": "packbits"}, sample("|b1", count))


def bytes_codecs():
    walk = np.cumsum(RNG.integers(-9, 10, 50)).astype("<i2")
    for count in (1, 3, 4, 11, 12, 13, 24, 99):
        array = np.frombuffer(walk.tobytes()[:count], "u1")
        for config in ({"id": "crc32"}, {"id": "crc32", "location": "end"}, {"id": "crc32c"},
                       {"id": "crc32c", "location": "start"}, {"id": "adler32"}, {"id": "adler32", "location": "end"},
                       {"id": "jenkins_lookup3", "initval": 0, "prefix": None},
                       {"id": "jenkins_lookup3", "initval": 4000000000, "prefix": None}, {"id": "base64"},
                       {"id": "fletcher32"}):
            add(config, array)
    for config in ({"format": 1}, {"format": 1, "check": 0}, {"format": 1, "check": 1}, {"format": 1, "check": 4},
                   {"format": 1, "check": 10}, {"format": 1, "preset": 0}, {"format": 1, "preset": 9},
                   {"format": 1, "preset": 9 | lzma.PRESET_EXTREME}, {"format": 2}, {"format": 2, "preset": 1},
                   {"format": 3, "filters": [{"id": lzma.FILTER_LZMA2}]},
                   {"format": 3, "filters": [{"id": lzma.FILTER_LZMA1, "preset": 2}]},
                   {"format": 3, "filters": [{"id": lzma.FILTER_DELTA, "dist": 2}, {"id": lzma.FILTER_LZMA2, "preset": 7}]},
                   {"format": 3, "filters": [{"id": lzma.FILTER_X86}, {"id": lzma.FILTER_LZMA2, "mode": 1, "mf": 3,
                                                                        "nice_len": 20, "depth": 5}]},
                   {"format": 3, "filters": [{"id": lzma.FILTER_ARM, "start_offset": 4}, {"id": lzma.FILTER_LZMA2}]}):
        full = {"id": "lzma", "format": 1, "check": -1, "preset": None, "filters": None, **config}
        add(full, walk, exact=False)
    # numcodecs encodes these, but can't decode them: Python wants filters for format 3 only.
    for form, filters in ((1, [{"id": lzma.FILTER_DELTA, "dist": 2}, {"id": lzma.FILTER_LZMA2, "preset": 3}]),
                          (2, [{"id": lzma.FILTER_LZMA1, "dict_size": 65536, "lc": 1, "lp": 2, "pb": 0}])):
        CASES.append({"codec": {"id": "lzma", "format": form, "check": -1, "preset": None, "filters": filters},
                      "dtype": "<i2", "shape": [50], "array": text(walk.tobytes()), "exact": False,
                      "encoded": text(lzma.compress(walk.tobytes(), format=form, filters=filters))})
    two = lzma.compress(walk.tobytes()[:40]) + lzma.compress(walk.tobytes()[40:])
    for name, stream in (("two streams", two), ("bytes behind", two + b"bytes that are no stream")):
        CASES.append({"name": name, "codec": {"id": "lzma", "format": 1}, "dtype": "<i2", "shape": [50],
                      "array": text(walk.tobytes()), "exact": False, "encoded": text(stream)})
        assert numcodecs.LZMA().decode(stream) == walk.tobytes()
    for shape in ((50,), (5, 10), (2, 5, 5), (1, 2, 5, 5)):
        for dtype in ("<i4", "<i8", "<f4", "<f8"):
            array = np.cumsum(RNG.normal(0, 100, 50)).astype(dtype).reshape(shape)
            modes = [{"mode": 4}] if dtype[1] == "i" else [{"mode": 4}, {"mode": 4, "tolerance": 0.5},
                                                           {"mode": 2, "rate": 12}, {"mode": 3, "precision": 14}]
            for mode in modes:
                config = {"id": "zfpy", "tolerance": -1, "rate": -1, "precision": -1, **mode}
                used = {2: "rate", 3: "precision", 4: "tolerance"}[mode["mode"]]
                config["compression_kwargs"] = {used: config[used]}
                # Blocks at the edge are filled up in other ways by other versions of libzfp.
                add(config, array, exact=False)
    for dtype in ("<U3", ">U3"):
        labels = ["a", "\u00fc\u65e5", "long label", "\U0001f9e0", "a"]
        values = np.array(["a", "\u00fc\u65e5", "", "x", "lon", "\U0001f9e0"], dtype)
        for astype in ("|u1", "<i2", ">u4"):
            config = {"id": "categorize", "labels": labels, "dtype": dtype, "astype": astype}
            add(config, values)


# --- Objects --------------------------------------------------------------------------------------
OBJECTS = []


def as_json(value):
    """What engram makes of a value; bytes as {"bytes": base64}."""
    if isinstance(value, (bytes, bytearray, np.bytes_)):
        return {"bytes": text(value)}
    if isinstance(value, np.void) and value.dtype.names is None:
        return {"bytes": text(value.tobytes())}
    if isinstance(value, np.ndarray):
        return as_json(value.tolist()) if value.dtype.kind not in "mMV" else [as_json(v) for v in value]
    if isinstance(value, (np.datetime64, np.timedelta64)):
        return int(value.view("i8"))
    if isinstance(value, np.void):
        return [as_json(v) for v in value]
    if isinstance(value, np.longdouble):
        return float(value)
    if isinstance(value, np.generic):
        return as_json(value.item())
    if isinstance(value, complex):
        return [value.real, value.imag]
    if isinstance(value, dict):
        return {k: as_json(v) for k, v in value.items()}
    if isinstance(value, (list, tuple)):
        return [as_json(v) for v in value]
    if isinstance(value, int) and not -(2**63) <= value < 2**64:
        return float(value)
    return value


def object_array(items, shape=None):
    array = np.empty(len(items), object)
    for i, item in enumerate(items):
        array[i] = item
    return array.reshape(shape if shape is not None else (len(items),))


def add_objects(codec, array, exact=True, **more):
    encoded = bytes(codec.encode(array))
    order = "F" if array.flags.f_contiguous and array.ndim > 1 and not array.flags.c_contiguous else "C"
    flat = [as_json(v) for v in (array.ravel(order="A") if order == "F" and codec.codec_id == "pickle" else array.ravel())]
    config = codec.get_config()
    if config["id"] == "categorize":
        flat = [v if v in config["labels"] else "" for v in flat]
    OBJECTS.append({"codec": config, "shape": list(array.shape), "objects": flat, "encoded": text(encoded),
                    "exact": exact, **more})


TEXTS = ["", "ü", "日本語", "\U0001f9e0 brain", 'quote " back \\ slash /', "\x00\x1f\x7f\n", "plain"]


def object_codecs():
    texts = object_array(TEXTS)
    add_objects(VLenUTF8(), texts)
    add_objects(VLenBytes(), object_array([b"", b"\xff\x00", b"abc"]))
    for dtype in NUMBERS + [">i2", ">f8", "<M8[ns]", "<m8[D]", "|S3", "<U2", ">U2", "|V2"]:
        if dtype in ("|S3", "<U2", ">U2"):
            items = [np.array(["ab", "c"], dtype), np.array([], dtype), np.array(["", "x"], dtype)]
        elif dtype == "|V2":
            items = [np.array([b"ab", b"c\0"], dtype), np.array([], dtype)]
        elif np.dtype(dtype).kind in "mM":
            items = [np.array([1, np.iinfo("i8").min, -5]).view("i8").view(dtype), np.array([], dtype)]
        else:
            items = [padded(sample(dtype, 4)), padded(np.array([], dtype)), padded(sample(dtype, 2))]
        add_objects(VLenArray(dtype), object_array(items))
    values = [{"b": 1, "a": [None, True, 1.5, "ü"], "é": {}}, [], float("nan"), 2**63, -(2**63), 1e300, "x"]
    for options in ({}, {"ensure_ascii": False}, {"sort_keys": False}, {"indent": 2}, {"indent": 0}, {"indent": "\t"},
                    {"separators": (", ", " : ")}, {"encoding": "utf-16"}, {"encoding": "utf-32-be"},
                    {"encoding": "latin-1"}, {"strict": False}, {"ensure_ascii": False, "encoding": "utf-16-le"}):
        add_objects(numcodecs.JSON(**options), object_array(values))
        add_objects(numcodecs.JSON(**options), object_array(TEXTS[:6], (2, 3)))
    add_objects(numcodecs.JSON(), object_array([1], ()))
    packed = [{"b": 1, "a": [None, True, 1.5, "ü"]}, [], float("inf"), 2**64 - 1, -(2**63), 1e300, "x" * 300, -33, 70000]
    for options in ({}, {"use_single_float": True}, {"use_bin_type": False}):
        floats = [v for v in packed if v != 1e300]
        add_objects(numcodecs.MsgPack(**options), object_array(floats), exact=False)
        add_objects(numcodecs.MsgPack(**options), object_array(TEXTS[:6], (2, 3)), exact=False)
    add_objects(numcodecs.MsgPack(), object_array([b"\xff\x00", {"k": b""}]), exact=False)
    labels = ["ü", "plain", "\U0001f9e0 brain"]
    for astype in ("u1", "i2", ">u4"):
        add_objects(numcodecs.Categorize(labels, dtype=object, astype=astype), texts)
    picklable = [None, True, False, 0, -1, 255, 65536, -(2**31), 2**31, 2**63 - 1, -(2**63), 2**64 - 1, 2**70, -(2**90),
                 0.1, float("inf"), "", "ü\U0001f9e0\n\\u0041", b"", b"\x00\xff", bytearray(b"ab"), bytearray(),
                 [], [1, [2, ["x"]]], (), (1,), (1, 2), (1, 2, 3), (1, 2, 3, 4), {}, {"a": 1, "b": {"c": [None]}}, 1.5 - 2j,
                 np.int16(-3), np.float32(0.5), np.bool_(True), np.str_("ü"), np.bytes_(b"x"), np.datetime64(5, "25us"),
                 np.arange(6, dtype=">i4").reshape(2, 3), np.asfortranarray(np.arange(6.0).reshape(2, 3)), np.array(7),
                 np.array([], "f8"), np.array(["a", "bc"]), np.array([b"a", b"bc"]), np.array([True, False]),
                 np.array([1, 2], "m8[s]"), object_array(["in", ["side"]]),
                 np.array([(1, b"x", (1.5, 2.5))], [("a", "<i2"), ("b", "S2"), ("c", "<f4", (2,))])]
    same = "shared text"
    for protocol in range(6):
        add_objects(numcodecs.Pickle(protocol), object_array(picklable))
        add_objects(numcodecs.Pickle(protocol), object_array([same] * 4 + TEXTS[:2], (2, 3)))
        add_objects(numcodecs.Pickle(protocol), np.asfortranarray(object_array(list("abcdef"), (2, 3))))
        add_objects(numcodecs.Pickle(protocol), object_array(["zero"], ()))
        record = np.array([(1, 2.5, ["x"]), (3, 4.5, None)], [("a", "<i4"), ("b", "<f8"), ("c", "|O")])
        OBJECTS.append({"codec": {"id": "pickle", "protocol": protocol}, "shape": [2], "exact": False,
                        "objects": [[1, 2.5, ["x"]], [3, 4.5, None]], "encoded": text(pickle.dumps(record, protocol))})


def main():
    element_codecs()
    bytes_codecs()
    object_codecs()
    table = {"bytes": CASES, "objects": OBJECTS}
    lines = [f'"{key}": [\n' + ",\n".join(json.dumps(case) for case in cases) + "\n]" for key, cases in table.items()]
    (HERE / "numcodecs_table.json").write_text("{\n" + ",\n".join(lines) + "\n}\n")


if __name__ == "__main__":
    main()

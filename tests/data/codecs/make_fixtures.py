"""Makes photon.json, wavpack.json and flac.json: small chunks, what the codecs' Python originals encode them to, and what
they decode that to. engram must decode them for ever.

Run with what tests/interop/requirements-codecs.txt lists: python make_fixtures.py. Bytes are base64, in the order of memory.
`by` says who encoded: a package and its version, or photon_formulas.py for what is in no package. The files are committed
and not made again: this script says where each of their bytes came from.
"""

import base64
import json
import pathlib
from importlib.metadata import version

import numpy as np
from anscombe_transform import AnscombeTransformV2, AnscombeTransformV3
from flac_numcodecs import Flac
from photon_formulas import Poisson, anscombe_decode, anscombe_encode, head
from wavpack_numcodecs.wavpack import WavPack, wavpack_version

HERE = pathlib.Path(__file__).parent
RNG = np.random.default_rng(20261129)
FORMULAS = "photon_formulas.py"
cases = []


def text(data):
    return base64.b64encode(bytes(data)).decode()


def add(config, array, encoded, decoded, by, exact):
    """`exact`: whoever encodes the chunk must come to these bytes."""
    encoded = np.ascontiguousarray(encoded).tobytes() if isinstance(encoded, np.ndarray) else bytes(encoded)
    case = {"by": by, "codec": config, "dtype": array.dtype.str, "shape": list(array.shape), "array": text(array.tobytes()),
            "encoded": text(encoded), "exact": exact}
    decoded = np.ascontiguousarray(decoded).tobytes() if isinstance(decoded, np.ndarray) else bytes(decoded)
    if decoded != array.tobytes():
        case["decoded"] = text(decoded)
    cases.append(case)


def write(name):
    path = HERE / f"{name}.json"
    path.write_text('{"bytes": [\n' + ",\n".join(json.dumps(case) for case in cases) + "\n]}\n", encoding="utf-8")
    print(name, len(cases), path.stat().st_size)
    cases.clear()


def movie(shape, gain, zero, dtype="<i2"):
    counts = zero + gain * RNG.poisson(30 * RNG.random(shape) ** 3) + RNG.normal(0, gain / 5, shape)
    counts.flat[:6] = -5, 0, 1, zero, 32766, 32767
    return np.round(counts).astype(dtype)


def anscombe():
    by = f"anscombe-transform {version('anscombe-transform')}"
    for gain, zero in ((96.99485239600828, 86), (97.0, 86.5), (60.0, 0), (400.5, 1000)):
        array = movie((3, 8, 9), gain, zero)
        codec = AnscombeTransformV2(zero_level=zero, conversion_gain=gain)
        encoded = codec.encode(array)
        decoded = codec.decode(encoded.tobytes())
        assert np.array_equal(encoded, anscombe_encode(array, gain, zero))
        assert np.array_equal(decoded, anscombe_decode(encoded.ravel(), gain, zero))
        add(codec.get_config() | {"id": "anscombe-v1"}, array, encoded, decoded, by, True)
    for encoded_type, decoded_type, gain in (("uint16", "int16", 4.5), ("uint8", "uint16", 97.0), ("int16", "int16", 30.0),
                                             ("uint16", "uint16", 12.5)):
        array = movie((5, 30), gain, 40, np.dtype(decoded_type))
        codec = AnscombeTransformV3(zero_level=40, conversion_gain=gain, encoded_dtype=encoded_type, decoded_dtype=decoded_type)
        encoded = codec._encode(array)
        add({"id": "anscombe-v1"} | codec.to_dict()["configuration"], array, encoded, codec._decode(encoded), by, True)


def before_anscombe_1():
    """The same codes with photon_sensitivity: behind a head, and alone."""
    for name in ("anscombe-v1", "poisson"):
        for encoded_type in ("int8", "uint8"):
            array = movie((4, 6, 5), 97.0, 86)
            codes = anscombe_encode(array, 97.0, 86, encoded_type)
            decoded = anscombe_decode(codes, 97.0, 86, encoded_type)
            config = {"id": name, "zero_level": 86, "photon_sensitivity": 97.0, "encoded_dtype": encoded_type,
                      "decoded_dtype": "int16"}
            add(config, array, head(array.shape) + codes.tobytes(), decoded, FORMULAS, True)
            add(config, array, codes, decoded, FORMULAS, False)
    array = movie((7, 11), 97.0, 86)
    codes = anscombe_encode(array, 97.0, 86)
    config = {"id": "anscombe-v1", "zero_level": 86, "photon_sensitivity": 97.0}
    add(config, array, codes, anscombe_decode(codes, 97.0, 86), FORMULAS, True)
    add(config, array, head(array.shape) + codes.tobytes(), anscombe_decode(codes, 97.0, 86), FORMULAS, False)


def poisson():
    for dark, gain, kwargs in ((0, 100.0, {}), (86.5, 97.0, {}), (86, 200.0, {"beta": 0.25, "encoded_dtype": "uint16"}),
                               (20, 30.0, {"beta": 1, "decoded_dtype": "uint16"}),
                               (86.5, 97.0, {"use_lookup": False}), (10, 3.5, {"use_lookup": False, "encoded_dtype": "uint16"}),
                               (10, 3.5, {"use_lookup": False, "encoded_dtype": "int32", "decoded_dtype": "int32"}),
                               (1.5, 2.5, {"use_lookup": False, "encoded_dtype": "float32", "decoded_dtype": "float32"})):
        codec = Poisson(dark, gain, **kwargs)
        array = movie((3, 7, 8), gain, dark, np.dtype(codec.decoded).newbyteorder("<"))
        encoded = codec.encode(array)
        config = {"id": "poisson", "dark_signal": dark, "photon_sensitivity": gain, "encoded_dtype": codec.encoded,
                  "decoded_dtype": codec.decoded, "beta": codec.beta, "use_lookup": codec.use_lookup}
        add(config, array, encoded, codec.decode(encoded), FORMULAS, True)


def recording(shape, dtype):
    """Something like the noise and the waves of electrodes; compressible, as wavpack-numcodecs refuses what is not."""
    count = int(np.prod(shape))
    waves = np.cumsum(RNG.normal(0, 3, count)).reshape(shape) + RNG.normal(0, 9, shape)
    if dtype == "float32":
        return np.round(waves * 8).astype("<f4") / np.float32(64)
    limits = np.iinfo(dtype)
    scale = {"int8": 0.15, "int16": 3, "int32": 2_000}[dtype]
    return np.clip(np.round(waves * scale), limits.min, limits.max).astype(np.dtype(dtype).newbyteorder("<"))


def wavpack():
    by = f"wavpack-numcodecs {version('wavpack-numcodecs')}, libwavpack {wavpack_version}"

    def one(array, **kwargs):
        codec = WavPack(num_decoding_threads=1, **kwargs)
        encoded = codec.encode(array)
        add(codec.get_config(), array, encoded, codec.decode(encoded), by, False)

    for dtype in ("int8", "int16", "int32", "float32"):
        one(recording((600,), dtype))
        one(recording((200, 4), dtype), level=2)
        one(recording((300, 3), dtype), level=3, bps=4.5)
    for level in (1, 2, 3, 4):
        one(recording((300, 2), "int16"), level=level)
        one(recording((300, 2), "int16"), level=level, bps=3)
    one(recording((300, 2), "int16"), bps=2.25, dynamic_noise_shaping=False, shaping_weight=0.5)
    one(recording((300, 2), "float32"), bps=6.0, dynamic_noise_shaping=False)
    one(recording((6, 7, 8), "int16"))
    one(recording((2, 4097), "int8") // 8)
    one(recording((150, 9), "int16"), level=3)
    one(np.zeros((100, 2), "<i2"))
    special = recording((900,), "float32")
    special[:6] = np.nan, np.inf, -np.inf, -0.0, 1e-42, 300
    one(special)


def flac():
    by = f"flac-numcodecs {version('flac-numcodecs')}, pyFLAC {version('pyFLAC')}"

    def one(array, **kwargs):
        codec = Flac(**kwargs)
        encoded = codec.encode(array)
        add(codec.get_config(), array, encoded, codec.decode(encoded), by, False)

    for shape in ((500,), (250, 2), (120, 4), (5, 6, 7), (10,), (1,), (40, 1)):
        one(recording(shape, "int16"))
    for level in (0, 1, 8):
        one(recording((300, 2), "int16"), level=level)
    one(recording((700,), "int16"), blocksize=192)
    one(recording((5000,), "int16"), sample_rate=96000, level=8)
    extremes = recording((64, 2), "int16")
    extremes.flat[:4] = -32768, 32767, -32768, 0
    one(extremes)
    one(np.zeros(4000, "<i2"))


if __name__ == "__main__":
    anscombe()
    before_anscombe_1()
    poisson()
    write("photon")
    wavpack()
    write("wavpack")
    flac()
    write("flac")

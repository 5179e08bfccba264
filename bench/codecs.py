"""The codecs of movies and recordings beside their Python originals; bench/codecs runs it and says what it is for."""
import json
import os
import subprocess
import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE))

import numpy as np  # noqa: E402

import document  # noqa: E402
import make_inputs as made  # noqa: E402

PEER = HERE.parent / "tests" / "interop" / "codec_peer.py"
WAVPACK = {"num_encoding_threads": 1, "num_decoding_threads": 1}
CASES = (
    ("anscombe-v1", {"zero_level": 100, "conversion_gain": 90.0}, "movie"),
    ("poisson", {"dark_signal": 100, "photon_sensitivity": 90.0}, "movie"),
    ("poisson", {"dark_signal": 100, "photon_sensitivity": 90.0, "use_lookup": False}, "movie"),
    ("wavpack", {"level": 1, **WAVPACK}, "recording"),
    ("wavpack", {"level": 2, **WAVPACK}, "recording"),
    ("wavpack", {"level": 3, **WAVPACK}, "recording"),
    ("wavpack", {"level": 4, **WAVPACK}, "recording"),
    ("wavpack", {"level": 3, "bps": 3.5, **WAVPACK}, "recording"),
    ("flac", {"level": 5}, "line"),
    ("flac", {"level": 8}, "line"),
)


def inputs(cache):
    frames, found = np.random.default_rng(49), {}
    recording = np.concatenate([block[:, :64] for _, block in made.blocks(81_920)])
    light = 40 * frames.random((1, 512, 512)) ** 3
    movie = 100 + 90 * frames.poisson(np.broadcast_to(light, (100, 512, 512))) + frames.normal(0, 10, (100, 512, 512))
    for name, array in (("recording", recording), ("line", recording.ravel()), ("movie", movie)):
        array = np.ascontiguousarray(np.clip(np.round(array), -32768, 32767).astype("<i2"))
        np.save(cache / f"codec_{name}.npy", array)
        array.tofile(cache / f"codec_{name}.bin")
        found[name] = array
    return found


def asked(command, cases, path, *more):
    path.write_text(json.dumps(cases), encoding="utf-8")
    done = subprocess.run([*map(str, command), str(path), *map(str, more)], capture_output=True, text=True, check=False)
    if done.returncode:
        sys.exit(f"{command} failed:\n{done.stderr}")
    return json.loads(done.stdout)


def rate(seconds, size):
    return f"{size / min(seconds) / 1e6:,.0f}"


def main():
    given = document.parsed(document.options(7))
    arrays, path = inputs(given.cache), given.cache / "codec_cases.json"
    configs = [{"id": name, **configuration} for name, configuration, _ in CASES]
    ours = asked([os.environ["ENGRAM_CODEC_TIMES"]],
                 [[config, "<i2", arrays[what].shape, str(given.cache / f"codec_{what}.bin")]
                  for config, (_, _, what) in zip(configs, CASES)], path, given.runs)
    of_packages = [i for i, (name, _, _) in enumerate(CASES) if name != "poisson"]
    theirs = dict(zip(of_packages, asked([os.environ["ENGRAM_PYTHON_CODECS"], PEER, "speed"],
                                         [[configs[i], str(given.cache / f"codec_{CASES[i][2]}.npy")] for i in of_packages], path)))
    lines = ["| codec | times smaller | encode, MB/s | by its package | decode, MB/s | by its package |", "|---|---|---|---|---|---|"]
    for i, (name, configuration, what) in enumerate(CASES):
        size = arrays[what].nbytes
        told = ", ".join(f"{key} {value}" for key, value in configuration.items() if key in ("level", "bps", "use_lookup"))
        encode, decode = (rate(theirs[i][way], size) if i in theirs else "·" for way in ("encode", "decode"))
        lines.append(f"| {name}{', ' if told else ''}{told} | {size / ours[i]['bytes']:.2f} | {rate(ours[i]['encode'], size)} | {encode} | "
                     f"{rate(ours[i]['decode'], size)} | {decode} |")
        print(lines[-1], flush=True)
    if not given.no_write:
        document.write_runs("codecs", given.runs, lines)
    return 0


if __name__ == "__main__":
    sys.exit(main())

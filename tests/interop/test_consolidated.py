"""`engram consolidate` writes the .zmetadata that zarr-python 2.18's consolidate_metadata writes, byte for byte."""
import contextlib
import os
import random
import shutil
import zipfile

import pytest
import zarr
from numcodecs.errors import UnknownCodecError

import engram
from conftest import CORPUS
from test_zarr_corpus import stores

SEED = int(os.environ.get("ENGRAM_PROPERTY_SEED", "1"))


def both(store, tmp_path):
    """The two .zmetadata of copies of a store."""
    found = []
    for name in ("by zarr-python", "by engram"):
        copy = tmp_path / name / "x.zarr"
        # Chunks play no part.
        shutil.copytree(store, copy, copy_function=copied)
        if name == "by engram":
            told = engram.run("consolidate", copy)
            assert told.code == 0, told.told()
        else:
            with contextlib.suppress(UnknownCodecError):  # of opening what it has written
                zarr.consolidate_metadata(zarr.DirectoryStore(str(copy)))
        found.append((copy / ".zmetadata").read_bytes())
    return found


def copied(source, target):
    if os.path.basename(source) in (".zarray", ".zattrs", ".zgroup"):
        shutil.copyfile(source, target)


@pytest.mark.corpus
@pytest.mark.parametrize("store", stores())
def test_of_the_corpus(store, tmp_path):
    by_zarr_python, by_engram = both(CORPUS / store, tmp_path)
    assert by_engram == by_zarr_python


def made(path, attributes):
    root = zarr.open_group(zarr.DirectoryStore(str(path)), mode="w")
    root.attrs.put(attributes)
    inner = root.create_group("inner ä/deeper 鍵")
    inner.attrs.put({"inner": attributes})
    for number, (dtype, fill) in enumerate([("<f8", float("nan")), (">f4", -0.0), ("<f8", 1e300), ("<f8", 5e-324), ("<f4", 0.1), ("|S3", b"a\0"),
                                            ("<U3", "ä鍵"), ("<c16", complex("nan-infj")), ("<i8", -2**63), ("<u8", 2**64 - 1), ("|b1", True),
                                            ([("x", "<i4"), ("y", "<f8", (2,))], None), ("<M8[ns]", "NaT")]):
        inner.create(f"array {number}", shape=(3,), chunks=(2,), dtype=dtype, fill_value=fill, dimension_separator="./"[number % 2])
    return path


# Integers beyond 64 bits are left out: engram makes doubles of them, as include/engram/base/json.hpp says.
TEXTS = ["", "plain", "ünï", "鍵🐀", '"quoted"\\', "tab\tline\n\x00\x1f\x7f", "</script>", "\u2028", "NaN"]
NUMBERS = [0, -1, 2**53 + 1, 2**63, 2**64 - 1, -2**63, 0.0, -0.0, 1.0, 0.1, 1e16, 1e15, 123456789012345680.0, 1e-5, 1e-4, 1.5e300, 5e-324,
           float("nan"), float("inf"), -float("inf"), 1 / 3, 2.0**70, 1e22, 1e23]


def any_json(rng, depth=0):
    kind = rng.randrange(9 if depth < 3 else 5)
    if kind == 0:
        return rng.choice([None, True, False])
    if kind == 1:
        return rng.choice(TEXTS)
    if kind == 2:
        return rng.choice(NUMBERS)
    if kind == 3:
        return rng.uniform(-1, 1) * 10.0**rng.randint(-320, 308)
    if kind == 4:
        return rng.randint(-2**63, 2**64 - 1) >> rng.randrange(64)
    if kind in (5, 6):
        return [any_json(rng, depth + 1) for _ in range(rng.randrange(4))]
    return {rng.choice(TEXTS) + str(rng.randrange(20)): any_json(rng, depth + 1) for _ in range(rng.randrange(4))}


@pytest.mark.parametrize("number", range(20))
def test_of_any_attributes(number, tmp_path):
    rng = random.Random(f"{SEED} {number}")
    attributes = {f"a{i}": any_json(rng) for i in range(30)}
    by_zarr_python, by_engram = both(made(tmp_path / "made.zarr", attributes), tmp_path)
    assert by_engram == by_zarr_python, f"ENGRAM_PROPERTY_SEED={SEED}"


@pytest.mark.parametrize("text", [
    '{"b": 1, "a": 2}', '{ "a":1.0,\n\t"b" : 1E5, "c": 1e5, "d": 100000.0, "e": 1.10, "f": -0 }', '{"a": "\\u00e4\\ud83d\\udc00\\/"}',
    '{"a": 1, "a": 2}', '{"a": NaN, "b": -Infinity, "c": Infinity}', '{"a": 0.30000000000000004, "b": 1e308, "c": 18446744073709551615}',
    '{}', '{"a": {}, "b": [], "c": [[]], "d": {"": ""}}'])
def test_of_attributes_as_others_write_them(text, tmp_path):
    path = made(tmp_path / "made.zarr", {})
    (path / ".zattrs").write_text(text, encoding="utf-8")
    by_zarr_python, by_engram = both(path, tmp_path)
    assert by_engram == by_zarr_python


def test_of_groups_that_no_file_names(tmp_path):
    path = tmp_path / "made.zarr"
    made(path, {"a": 1})
    os.remove(path / "inner ä" / ".zgroup")
    by_zarr_python, by_engram = both(path, tmp_path)
    assert by_engram == by_zarr_python


def test_of_a_zip_file(tmp_path):
    path = made(tmp_path / "made.zarr", {"a": [1, 2.5, "ä"]})
    by_zarr_python, _ = both(path, tmp_path)
    with zarr.ZipStore(str(tmp_path / "x.zip"), mode="w") as store:
        zarr.copy_store(zarr.DirectoryStore(str(path)), store)
    told = engram.run("consolidate", tmp_path / "x.zip")
    assert told.code == 0, told.told()
    with zipfile.ZipFile(tmp_path / "x.zip") as archive:
        assert archive.read(".zmetadata") == by_zarr_python

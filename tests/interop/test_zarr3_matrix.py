"""The interop matrix of Zarr v3 runs, nothing in it fails, and docs/interop-v3.md says what it gives; and what the command
makes of HDF5, with shards and without, each of its Python peers reads."""
import h5py
import numpy as np
import pytest

import engram
import matrix_languages
import zarr3_cells
import zarr3_matrix

pytestmark = pytest.mark.zarr3

TYPES = ("bool", "int8", "int16", "int32", "int64", "uint8", "uint16", "uint32", "uint64", "float16", "float32", "float64", "complex64",
         "complex128")


@pytest.mark.slow
def test_the_page_is_what_the_matrix_gives():
    results, text = zarr3_matrix.python_section()
    failed = zarr3_matrix.failures(results)
    assert not failed, f"{len(failed)} cells:\n" + "\n".join(failed[:40])
    page = zarr3_matrix.PAGE.read_text(encoding="utf-8")
    changes = [line for line in text.splitlines() if line and line not in page.splitlines()]
    assert text in page, "scripts/test --interop-all --write writes the page anew:\n" + "\n".join(changes[:40])


@pytest.mark.parametrize("codec", ["keep", "none", "gzip:5", "zstd:3", "blosc:lz4:5:shuffle", "blosc:zstd:5:bitshuffle"])
@pytest.mark.parametrize("shards", ["none", "8,10", "auto"])
def test_what_engram_writes(codec, shards, tmp_path):
    rng = np.random.default_rng(3)
    with h5py.File(tmp_path / "in.h5", "w") as file:
        for dtype in TYPES:
            values = rng.integers(0, 2, (23, 17)).astype(dtype) if dtype == "bool" else (rng.random((23, 17)) * 100).astype(dtype)
            values[:8, 10:] = 0
            file.create_dataset(dtype, data=values, chunks=(4, 5), compression="gzip", shuffle=True)
    engram.convert(tmp_path / "in.h5", tmp_path / "out.zarr", "--zarr-format", "3", "--codec", codec, "--shards", shards, "--verify")
    asked = []
    with h5py.File(tmp_path / "in.h5") as file:
        for dtype in TYPES:
            zarr3_cells.kept(tmp_path / dtype, file[dtype][...])
            asked.append({"name": dtype, "store": str(tmp_path / "out.zarr"), "path": dtype, "out": str(tmp_path / f"{dtype} read")})
    for peer in zarr3_matrix.PYTHON_PEERS:
        outcomes = matrix_languages.ask_all(zarr3_matrix.python_peer(peer), "read", asked, tmp_path / peer)
        assert outcomes == dict.fromkeys(TYPES, "done"), peer
        wrong = {dtype: zarr3_matrix.same(tmp_path / f"{dtype} read", tmp_path / dtype) for dtype in TYPES}
        assert wrong == dict.fromkeys(TYPES), peer

"""The checksum that engram computes, while it writes and afterwards, is that of the package zarr-checksum, with which the
DANDI archive does it; md5sum(1) takes the manifest; and a report says what was done, or why nothing was."""
import json
import shutil
import subprocess
import zipfile

import pytest
from zarr_checksum import compute_zarr_checksum
from zarr_checksum.generators import yield_files_local

import engram
from conftest import CORPUS, corpus

FILES = (corpus("generated/nwb", ".nwb") + corpus("nwb", ".nwb") + corpus("generated", ".h5"))[:24]


def theirs(directory):
    return str(compute_zarr_checksum(yield_files_local(directory)))


def md5sum_takes(manifest, directory):
    return subprocess.run(["md5sum", "--check", "--quiet", "--strict", manifest], cwd=directory, capture_output=True,
                          text=True)


def lines_of(manifest):
    return [line.split("  ", 1)[1] for line in manifest.read_text().splitlines()]


def hold_together(source, folder, threads):
    """Converts `source`; False when engram refuses it."""
    target, manifest, later = folder / "out.zarr", folder / "out.md5", folder / "later.md5"
    run = engram.run("convert", source, target, "--json", "--manifest", manifest, "--threads", threads)
    if run.code != 0:
        assert run.code in (5, 6) and not manifest.exists(), run.told()
        return False
    expected = theirs(target)
    assert run.report["checksum"] == expected
    assert run.report["checksum"].split("-")[1] == str(run.report["written"]["files"])
    for array in run.report["arrays"]:
        assert array["checksum"] == theirs(f"{target}{array['path']}"), array["path"]
    now = engram.run("checksum", target, "--manifest", later, "--threads", threads)
    assert (now.code, now.out) == (0, expected + "\n"), now.told()
    assert manifest.read_bytes() == later.read_bytes()
    assert lines_of(manifest) == sorted(lines_of(manifest), key=lambda name: name.encode())
    checked = md5sum_takes(manifest, target)
    assert (checked.returncode, checked.stdout, checked.stderr) == (0, "", ""), checked
    assert len(lines_of(manifest)) == sum(1 for path in target.rglob("*") if path.is_file())
    return True


@pytest.mark.parametrize("threads", ["1", "4"])
def test_session(session_nwb, tmp_path, threads):
    assert hold_together(session_nwb, tmp_path, threads)


@pytest.mark.parametrize("threads", ["1", "4"])
def test_zoo(zoo_h5, tmp_path, threads):
    assert hold_together(zoo_h5, tmp_path, threads)


@pytest.mark.corpus
@pytest.mark.parametrize("threads", ["1", "4"])
@pytest.mark.parametrize("name", FILES)
def test_corpus(name, tmp_path, threads):
    hold_together(CORPUS / name, tmp_path, threads)


def test_options_of_the_bytes(session_nwb, tmp_path):
    for i, options in enumerate([("--no-consolidate",), ("--compat", "portable"), ("--codec", "zstd:3", "--chunks", "auto")]):
        target = tmp_path / f"{i}.zarr"
        assert engram.convert(session_nwb, target, "--checksum", *options).report["checksum"] == theirs(target)


def test_a_change_shows(session_nwb, tmp_path):
    target, manifest = tmp_path / "out.zarr", tmp_path / "out.md5"
    before = engram.convert(session_nwb, target, "--manifest", manifest).report["checksum"]
    (target / ".zattrs").write_bytes((target / ".zattrs").read_bytes() + b" ")
    after = engram.run("checksum", target, "--json")
    assert after.report["checksum"] == theirs(target) != before
    assert md5sum_takes(manifest, target).returncode == 1


def test_names_that_md5sum_escapes(tmp_path):
    target = tmp_path / "odd.zarr"
    (target / "two\nlines").mkdir(parents=True)
    for name in (".zgroup", "two\nlines/.zgroup", "a\rb", " blank ", "\u00b5\U0001F600", "quote\"s'"):
        (target / name).write_text("{}")
    run = engram.run("checksum", target, "--manifest", tmp_path / "odd.md5")
    assert run.out == theirs(target) + "\n", run.told()
    checked = md5sum_takes(tmp_path / "odd.md5", target)
    assert (checked.returncode, checked.stdout, checked.stderr) == (0, "", "")


def test_a_zip_file_has_that_of_the_directory(session_nwb, tmp_path):
    target = tmp_path / "out.zarr"
    engram.convert(session_nwb, target)
    for method in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
        with zipfile.ZipFile(tmp_path / "out.zip", "w", method) as archive:
            for path in sorted(target.rglob("*")):
                if path.is_file():
                    archive.write(path, path.relative_to(target))
        assert engram.run("checksum", tmp_path / "out.zip").out == theirs(target) + "\n"


def test_report(session_nwb, tmp_path):
    target, report = tmp_path / "out.zarr", tmp_path / "report.json"
    run = engram.run("convert", session_nwb, target, "--quiet", "--checksum", "--report", report)
    assert (run.code, run.out, run.err) == (0, "", "")
    told = json.loads(report.read_text())
    assert (told["outcome"], told["exit"], told["checksum"]) == ("complete", 0, theirs(target))
    assert told["source_identity"]["path"] == str(session_nwb)
    assert told["source_identity"]["size"] == session_nwb.stat().st_size
    assert {"engram", "hdf5", "zlib", "libdeflate", "blosc", "zstd"} <= set(told["versions"])
    assert told["begun"] <= told["ended"] and told["ended"].endswith("Z")
    assert told["options"]["codec"] == "keep" and told["options"]["external"] == "copy"
    shown = engram.run("convert", session_nwb, tmp_path / "again.zarr", "--checksum")
    assert f"\nDANDI Zarr checksum {told['checksum']}\n" in shown.out


def test_report_of_a_failure(session_nwb, tmp_path):
    report = tmp_path / "report.json"
    report.write_text("that of the run before")
    cut = tmp_path / "cut.nwb"
    shutil.copy(session_nwb, cut)
    with open(cut, "r+b") as file:
        file.truncate(cut.stat().st_size // 2)
    run = engram.run("convert", cut, tmp_path / "out.zarr", "--report", report, "--manifest", tmp_path / "out.md5")
    told = json.loads(report.read_text())
    assert run.code == told["exit"] != 0
    assert told["outcome"] == "failed" and told["error"] in run.err and told["error_code"] == "corrupt_data"
    assert sorted(path.name for path in tmp_path.iterdir()) == ["cut.nwb", "report.json"]


def test_a_place_that_is_not_there_is_refused_at_once(session_nwb, tmp_path):
    for option in ("--manifest", "--report"):
        run = engram.run("convert", session_nwb, tmp_path / "out.zarr", option, tmp_path / "no" / "file")
        assert run.code == 3 and "is not there" in run.err, run.told()
    for option in ("--manifest", "--report"):
        run = engram.run("convert", session_nwb, tmp_path / "out.zarr", option, session_nwb)
        assert run.code == 2, run.told()
    assert list(tmp_path.iterdir()) == []

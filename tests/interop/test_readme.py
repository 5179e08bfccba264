"""What the README promises is so: its options exist, its commands run, its Python opens the result, its links lead
somewhere."""
import re
import subprocess
import sys
from pathlib import Path

import engram
import pytest

ROOT = Path(__file__).resolve().parent.parent.parent
README = (ROOT / "README.md").read_text()
PAGES = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", ROOT / "CHANGELOG.md", *sorted((ROOT / "docs").glob("*.md"))]


def blocks(language):
    return re.findall(rf"^```{language}\n(.*?)^```", README, re.M | re.S)


def help_of(*command):
    result = engram.run(*command, "--help")
    assert result.code == 0, result.told()
    return result.out


def test_options_named_in_the_readme_exist():
    known = help_of() + "".join(help_of(name) for name in ("convert", "tree", "cat", "validate", "specs", "diff", "verify"))
    known += help_of("schema", "list")
    told = set(re.findall(r"(?<![\w-])--[a-z][a-z-]+", "".join(
        line for line in README.splitlines(keepends=True) if "cmake" not in line)))
    assert told, "the README names no option"
    assert {option for option in told if option not in known} == set()


def test_exit_codes_are_in_the_help():
    known = help_of()
    assert [code for code in sorted(engram.EXIT_CODES - {0}) if not re.search(rf"\b{code}\b", known)] == []


def commands():
    lines = [line.split("   #")[0].split() for block in blocks("sh") for line in block.splitlines()]
    return [words[1:] for words in lines if words and words[0] == "scripts/engram"]


def test_the_commands_run_and_the_python_opens_the_result(tmp_path):
    """Every `scripts/engram` line of the README in its order, with the example as in.nwb."""
    example = ROOT / "examples" / "session.nwb"
    results = set()
    for words in commands():
        words = [str(example) if word in ("in.nwb", "examples/session.nwb") else word.strip("'") for word in words]
        target = words[-1] if words[0] == "convert" else None
        if target in results:
            words.insert(1, "--overwrite")
        result = engram.run(*words, cwd=tmp_path)
        assert result.code == 0, (words, result.told())
        if target and "--dry-run" not in words:
            root = "zarr.json" if "--zarr-format" in words else ".zmetadata"
            made = tmp_path / target
            assert made.is_file() if made.suffix == ".nwb" else (made / root).exists()
            results.add(target)
    assert "session.nwb.zarr" in results
    (python,) = blocks("python")
    opened = subprocess.run([sys.executable, "-c", python], cwd=tmp_path, capture_output=True, text=True, timeout=120)
    assert opened.returncode == 0, opened.stderr
    assert "session_description" in opened.stdout and "two_photon" in opened.stdout


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_links_lead_somewhere(page):
    prose = re.sub(r"^```.*?^```", "", page.read_text(), flags=re.DOTALL | re.MULTILINE)  # In C++, ]( begins a lambda.
    targets = re.findall(r"\]\(([^)#]+)[^)]*\)", prose)
    assert [name for name in targets if "://" not in name and not (page.parent / name).exists()] == []


def test_dependencies_are_those_of_the_build():
    """Each package that CMake asks for stands in the README's table with the same version."""
    asked = dict(re.findall(r"find_package\((\w+) ([\d.]+)", (ROOT / "cmake" / "EngramDependencies.cmake").read_text()))
    rows = [line.lower() for line in README.splitlines() if line.startswith("|")]
    for package, version in asked.items():
        assert any(package.lower() in row and version in row for row in rows), (package, version)

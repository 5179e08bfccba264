"""The interop matrix runs, nothing in it fails, and docs/interop.md says what it gives."""
import difflib

import pytest

import matrix

pytestmark = pytest.mark.zarr3


@pytest.mark.slow
def test_the_page_is_what_the_matrix_gives():
    results = matrix.run()
    failed = matrix.failures(results)
    assert not failed, f"{len(failed)} cells:\n" + "\n".join(failed[:40])
    page = matrix.page(results).splitlines()
    committed = matrix.PAGE.read_text(encoding="utf-8").splitlines()
    changes = list(difflib.unified_diff(committed, page, "docs/interop.md", "this run", n=0, lineterm=""))
    assert not changes, "tests/interop/matrix.py --write writes the page anew:\n" + "\n".join(changes[:60])

"""Run by the Python that has zarr 3: compares stores with their HDF5 sources, opened whole by consolidated metadata.

    zarr3_check.py LIST.json      a list of [source, target, notices]; prints a list of lists of problems
"""
import json
import sys

import raw_compare


def main():
    with open(sys.argv[1], encoding="utf-8") as file:
        pairs = json.load(file)
    found = []
    for source, target, notices in pairs:
        try:
            result = raw_compare.compare(source, target, notices)
            found.append([f"{where}: {what}" for where, what in result.problems])
        except Exception as error:  # noqa: BLE001 - a store that does not open is a problem
            found.append([f"cannot be opened: {type(error).__name__}: {error}"])
    json.dump(found, sys.stdout)


if __name__ == "__main__":
    main()

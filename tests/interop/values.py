"""Compares one HDF5 value, as h5py reads it, with its form in Zarr.

The HDF5 type decides what is expected; nothing is guessed from the Zarr side. A type is described by a `Kind`, and
`mismatch(kind, a, b, ...)` says how the Zarr value b differs from the HDF5 value a, or None.
"""
import base64
import dataclasses
import json
from typing import Any

import h5py
import numpy as np


@dataclasses.dataclass(frozen=True)
class Kind:
    """What an HDF5 element is: `what` is one of number, bool, complex, text, opaque, reference, region, record, list."""
    what: str
    dtype: str = ""            # numbers: "i4", without byte order; opaque: "V12"
    fields: tuple = ()         # record: pairs (name, Kind)
    item: Any = None           # list: Kind of the elements
    shape: tuple = ()          # list of a fixed shape (array types); () for sequences
    enum: tuple = ()           # number: pairs (name, value) of an enumeration
    variable_utf8: bool = False  # text: variable length and UTF-8
    swapped: bool = False      # list: h5py gives big-endian elements of a sequence as if they were native

    def has(self, what):
        return (self.what == what or any(k.has(what) for _, k in self.fields)
                or (self.item is not None and self.item.has(what)))


def kind_of(dtype):
    """The Kind of a numpy dtype as h5py makes it from an HDF5 type."""
    if dtype.subdtype is not None:
        base, shape = dtype.subdtype
        return Kind("list", item=kind_of(base), shape=shape)
    if dtype.names is not None:
        return Kind("record", fields=tuple((n, kind_of(dtype[n])) for n in dtype.names))
    text = h5py.check_string_dtype(dtype)
    if text is not None:
        return Kind("text", variable_utf8=text.length is None and text.encoding == "utf-8")
    sequence = h5py.check_vlen_dtype(dtype)
    if sequence is not None:
        return Kind("list", item=kind_of(sequence), swapped=sequence.byteorder == ">")
    reference = h5py.check_ref_dtype(dtype)
    if reference is not None:
        return Kind("reference" if reference is h5py.Reference else "region")
    names = h5py.check_enum_dtype(dtype)
    if dtype.kind == "b":
        return Kind("bool")
    if dtype.kind in "iuf":
        return Kind("number", dtype=dtype.str[1:], enum=tuple(sorted((names or {}).items())))
    if dtype.kind == "c":
        return Kind("complex", dtype=dtype.str[1:])
    if dtype.kind == "V":
        return Kind("opaque", dtype=dtype.str[1:])
    raise TypeError(f"no Kind for {dtype!r}")


def decoded(text):
    """Text of any form as str; bytes that are not UTF-8 become lone surrogates."""
    if isinstance(text, (bytes, np.bytes_)):
        return bytes(text).decode("utf-8", "surrogateescape")
    return str(text)


def same_float(a, b):
    """Bit-equal, and any NaN for any NaN."""
    return (a != a and b != b) or (a == b and np.signbit(a) == np.signbit(b))


def short(value, limit=100):
    text = repr(value)
    return text if len(text) <= limit else text[:limit - 3] + "..."


class Values:
    """Compares values; what a reference leads to is asked of `resolver`."""

    def __init__(self, resolver):
        self.resolver = resolver

    # ------------------------------------------------------------------------------------------ datasets
    def dataset(self, kind, a, b):
        """How array b differs from array a (both ndarrays of one shape), or None."""
        if kind.what in ("number", "complex", "bool") and b.dtype != object:
            return self.numbers(a, b)
        if kind.what == "opaque" and b.dtype.kind == "V" and b.dtype.names is None:
            return None if a.tobytes() == b.tobytes() and a.dtype.itemsize == b.dtype.itemsize else "opaque bytes differ"
        if kind.what == "record" and b.dtype.names is not None and list(b.dtype.names) != [n for n, _ in kind.fields]:
            return f"fields are {list(b.dtype.names)}, not {[n for n, _ in kind.fields]}"
        for index in np.ndindex(a.shape):
            problem = self.element(kind, a[index], b[index], stored=True)
            if problem:
                return f"element {list(index)}: {problem}"
        return None

    @staticmethod
    def numbers(a, b):
        if a.dtype.newbyteorder("=") != b.dtype.newbyteorder("="):
            return f"dtype is {b.dtype.str}, not {a.dtype.str}"
        a, b = (np.ascontiguousarray(x.astype(x.dtype.newbyteorder("="), copy=False)) for x in (a, b))
        if a.dtype.kind in "fc":
            if a.dtype.itemsize in (16, 32) and a.dtype.kind == "f" or a.dtype.itemsize == 32:
                equal = (a == b) | ((a != a) & (b != b))      # padding bytes of long double do not count
            else:
                part = {2: "u2", 4: "u4", 8: "u8"}[a.dtype.itemsize // (2 if a.dtype.kind == "c" else 1)]
                equal = a.reshape(-1).view(part) == b.reshape(-1).view(part)
                number = a.reshape(-1).view(a.dtype if a.dtype.kind == "f" else f"f{a.dtype.itemsize // 2}")
                other = b.reshape(-1).view(number.dtype)
                equal |= (number != number) & (other != other)
        else:
            equal = a == b
        if np.all(equal):
            return None
        return f"{int(np.size(equal) - np.count_nonzero(equal))} of {np.size(equal)} values differ, {short(a)} / {short(b)}"

    # ------------------------------------------------------------------------------------------ elements
    def element(self, kind, a, b, stored=False):
        """How the JSON-like or numpy element b differs from the HDF5 element a. `stored`: in a dataset, where
        references have no wrapper; else in an attribute. What --compat portable writes as JSON text is parsed."""
        if isinstance(b, str) and kind.what != "text":
            try:
                b = json.loads(b) if b else None
            except ValueError as error:
                return f"{short(b)}: {error}"
        return getattr(self, "_" + kind.what)(kind, a, b, stored)

    def _bool(self, kind, a, b, stored):
        if not isinstance(b, (bool, np.bool_)):
            return f"{short(b)} is no bool"
        return None if bool(a) == bool(b) else f"{b} is not {a}"

    def _number(self, kind, a, b, stored):
        if kind.dtype[0] == "f":
            if isinstance(b, (bool, np.bool_)) or not isinstance(b, (float, np.floating)):
                return f"{short(b)} is no float"
            return None if same_float(float(a), float(b)) else f"{b!r} is not {a!r}"
        if isinstance(b, (bool, np.bool_)) or not isinstance(b, (int, np.integer)):
            return f"{short(b)} is no integer"
        if isinstance(b, np.integer) and stored and b.dtype.str[1:] != kind.dtype:
            return f"dtype is {b.dtype.str}, not {kind.dtype}"
        return None if int(a) == int(b) else f"{b} is not {a}"

    def _complex(self, kind, a, b, stored):
        if isinstance(b, np.complexfloating):
            b = [float(b.real), float(b.imag)]
        if not isinstance(b, list) or len(b) != 2 or not all(isinstance(x, (float, int)) for x in b):
            return f"{short(b)} is no complex number"
        same = same_float(float(a.real), float(b[0])) and same_float(float(a.imag), float(b[1]))
        return None if same else f"{b} is not {a}"

    def _text(self, kind, a, b, stored):
        if not isinstance(b, (str, bytes)):
            return f"{short(b)} ({type(b).__name__}) is no text"
        return None if decoded(a) == decoded(b) else f"text {short(b)} is not {short(a)}"

    def _opaque(self, kind, a, b, stored):
        if isinstance(b, dict) and list(b) == ["_OPAQUE"]:
            b = base64.b64decode(b["_OPAQUE"], validate=True)
        elif isinstance(b, np.void):
            b = b.tobytes()
        if not isinstance(b, bytes):
            return f"{short(b)} is not opaque"
        return None if np.asarray(a).tobytes() == b else f"opaque {short(b)} is not {short(a)}"

    def _reference(self, kind, a, b, stored):
        if not stored and isinstance(b, dict):
            if sorted(b) != ["value", "zarr_dtype"] or b["zarr_dtype"] != "object":
                return f"{short(b)} is no reference"
            b = b["value"]
        return self.resolver.reference(a, b)

    def _region(self, kind, a, b, stored):
        if isinstance(b, dict) and list(b) == ["_REGION"]:
            b = b["_REGION"]
        return self.resolver.region(a, b)

    def _record(self, kind, a, b, stored):
        if isinstance(b, np.void):
            b = [b[name] for name in b.dtype.names]
        elif isinstance(b, dict):
            if list(b) != [n for n, _ in kind.fields] and sorted(b) != sorted(n for n, _ in kind.fields):
                return f"fields are {list(b)}, not {[n for n, _ in kind.fields]}"
            b = [b[name] for name, _ in kind.fields]
        if not isinstance(b, (list, tuple)) or len(b) != len(kind.fields):
            return f"{short(b)} is no record of {len(kind.fields)} fields"
        for (name, field), value in zip(kind.fields, b):
            problem = self.element(field, a[name], value, stored)
            if problem:
                return f"field {name}: {problem}"
        return None

    def _list(self, kind, a, b, stored):
        if kind.shape:
            return self.nested(kind.item, np.asarray(a), b, stored)
        if a is None:
            a = ()
        if kind.swapped and isinstance(a, np.ndarray) and a.dtype.isnative:
            a = a.view(a.dtype.newbyteorder(">"))
        if isinstance(b, np.ndarray) and kind.item.what in ("number", "bool", "complex"):
            want = np.asarray(a)
            if len(want) == 0 and len(b) == 0:
                return None
            return self.numbers(want, b) if want.shape == b.shape else f"{b.shape} is not {want.shape}"
        if not isinstance(b, (list, tuple, np.ndarray)):
            return f"{short(b)} is no list"
        if len(a) != len(b):
            return f"{len(b)} elements, not {len(a)}"
        for i, (x, y) in enumerate(zip(a, b)):
            problem = self.element(kind.item, x, y, stored)
            if problem:
                return f"[{i}]: {problem}"
        return None

    def nested(self, kind, a, b, stored=False):
        """An N-dimensional a against nested lists b (or an array)."""
        if a.ndim == 0:
            return self.element(kind, a[()], b, stored)
        if not isinstance(b, (list, tuple, np.ndarray)):
            return f"{short(b)} is no list"
        if len(a) != len(b):
            return f"{len(b)} elements, not {len(a)}"
        for i in range(len(a)):
            row = a[i]
            if a.ndim == 1:
                problem = self.element(kind, row, b[i], stored)
            else:
                problem = self.nested(kind, row, b[i], stored)
            if problem:
                return f"[{i}]: {problem}"
        return None

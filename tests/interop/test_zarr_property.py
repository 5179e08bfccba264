"""Random Zarr v2 arrays, random series of writes, resizes and appends: engram and zarr-python 2.18 come to the same values.

Of each case there are four arrays: by engram, by zarr-python, begun by one and finished by the other, and the other way
round. Both read all four, whole and by a region, and all of it is what zarr-python reads of its own.

    ENGRAM_PROPERTY_CASES=5000    how many cases; 150 unless told
    ENGRAM_PROPERTY_SEED=7        other cases; 1 unless told
    ENGRAM_PROPERTY_ONLY=42       one case
"""
import json
import os
import subprocess
import tempfile

import numpy as np
import pytest
import zarr

import matrix_cells as cells
from matrix import TOOL, tagged
from matrix_languages import from_tags
from matrix_peers import numcodec

CASES = int(os.environ.get("ENGRAM_PROPERTY_CASES", "150"))
SEED = int(os.environ.get("ENGRAM_PROPERTY_SEED", "1"))
ONLY = os.environ.get("ENGRAM_PROPERTY_ONLY")
A_BATCH = 50  # cases a start of the tool

PLAIN = ["|b1", "|i1", "|u1", *(order + kind for order in "<>" for kind in "i2 i4 i8 u2 u4 u8 f2 f4 f8 c8 c16".split()),
         "<M8[ns]", ">M8[D]", "<m8[s]", ">m8[25us]", "|S1", "|S7", "<U1", "<U4", ">U3", "|V1", "|V5"]
OBJECTS = {"vlen-utf8": "any", "vlen-bytes": "bytes", "vlen-array": "<i4", "json2": "json", "msgpack2": "json"}
CODECS = {"vlen-bytes": cells.VLEN_BYTES, "vlen-array": cells.VLEN_ARRAY, "json2": cells.JSON2, "msgpack2": cells.MSGPACK2,
          "vlen-utf8": {"id": "vlen-utf8"}}
# zarr-python does not read the xz with filters that it writes.
COMPRESSORS = [config for _, config in cells.compressors() if not config or not config.get("filters") or config["format"] == 3]


def pick(rng, items):
    return items[int(rng.integers(len(items)))]


def structured(rng, depth=0):
    fields = []
    for i in range(int(rng.integers(1, 4))):
        # Not all codecs take times from zarr-python where they are fields.
        dtype = structured(rng, depth + 1) if depth < 2 and rng.random() < 0.2 else pick(rng, [plain for plain in PLAIN if plain[1] not in "mM"])
        shape = [[int(n) for n in rng.integers(1, 4, int(rng.integers(1, 3)))]] if rng.random() < 0.2 else []
        fields.append([f"f{i}", dtype, *shape])
    return fields


def filters_for(rng, dtype):
    """A random chain for elements of `dtype`, and the kind of values that it can take."""
    kind, size = dtype.kind, dtype.itemsize
    chain, values = [], "any"
    if kind == "b" and rng.random() < 0.3:
        return [{"id": "packbits"}], values
    if kind in "iuf" and not dtype.fields and rng.random() < 0.5:
        spelled = dtype.str
        choice = pick(rng, ["delta", "fixedscaleoffset", "quantize", "bitround", "astype", "shuffle only"])
        if choice == "delta":
            chain, values = [{"id": "delta", "dtype": spelled, "astype": spelled}], "any" if kind in "iu" else "eighths"
        elif choice == "fixedscaleoffset" and kind == "f" and size > 2:
            chain, values = [{"id": "fixedscaleoffset", "scale": pick(rng, [8, 10, 0.5]), "offset": pick(rng, [0, 100, -3]), "dtype": spelled,
                              "astype": pick(rng, ["<i4", ">i4", "<i8", "<f4"])}], "tens"
        elif choice == "quantize" and kind == "f" and size > 2:
            chain, values = [{"id": "quantize", "digits": int(rng.integers(0, 4)), "dtype": spelled, "astype": spelled}], "tens"
        elif choice == "bitround" and kind == "f" and spelled[0] == "<":
            chain, values = [{"id": "bitround", "keepbits": int(rng.integers(1, {2: 10, 4: 23, 8: 52}[size]))}], "tens"
        elif choice == "astype":
            chain, values = [{"id": "astype", "encode_dtype": pick(rng, ["<i2", ">i4", "<f4", "<f8"]), "decode_dtype": spelled}], "small"
    if chain:
        stored = chain[-1].get("astype") or chain[-1].get("encode_dtype")
        size = np.dtype(stored).itemsize if stored else size
    if rng.random() < 0.3:
        chain.append({"id": "shuffle", "elementsize": pick(rng, [n for n in (1, 2, 3, 4, 8) if size % n == 0])})
    if rng.random() < 0.25:
        chain.append(pick(rng, [{"id": "crc32"}, {"id": "adler32"}, {"id": "fletcher32"}, {"id": "jenkins_lookup3", "initval": 3, "prefix": None},
                                {"id": "base64"}]))
    return chain, values


class Case:
    def __init__(self, number):
        self.rng = rng = np.random.default_rng([SEED, number])
        self.number, self.name = number, f"p{number}"
        rank = int(rng.choice([0, 1, 1, 2, 2, 3, 4]))
        longest = {0: 0, 1: 60, 2: 14, 3: 7, 4: 5}[rank]
        self.shape = [int(n) for n in rng.integers(0 if rng.random() < 0.1 else 1, longest + 1, rank)] if rank else []
        self.chunks = [int(n) for n in rng.integers(1, longest + 3, rank)] if rank else []
        self.order, self.separator = pick(rng, "CF"), pick(rng, "./")
        self.compressor = pick(rng, COMPRESSORS)
        # zarr-python does not take 0-d arrays of objects.
        self.object_codec = pick(rng, list(OBJECTS)) if rank and rng.random() < 0.15 else None
        self.write_empty, self.pool = bool(rng.random() < 0.7), bool(rng.random() < 0.5)
        if self.object_codec:
            self.descr, self.filters, self.values = "|O", [CODECS[self.object_codec]], OBJECTS[self.object_codec]
            if self.object_codec in ("json2", "msgpack2"):
                self.order = "C"  # zarr-python does not read its own chunks of these in F order.
            self.dtype, self.fill = np.dtype(object), "" if self.object_codec == "vlen-utf8" else None
        else:
            self.descr = structured(rng) if rng.random() < 0.15 else pick(rng, PLAIN)
            self.dtype = cells.np_dtype(self.descr)
            # Some filters make native numbers of 0-d arrays with it.
            self.filters, self.values = filters_for(rng, self.dtype) if rank else ([], "any")
            if any(config["id"] == "bitround" for config in self.filters):
                self.order = "C"  # Nor its own chunks of this.
            if self.dtype.fields or self.dtype.kind == "c" or self.values == "tens":
                self.write_empty = True  # It takes -0.0 for 0.0 where it looks whether a chunk is to be left out.
            self.fill = self.any_fill()
        self.steps = self.any_steps()
        self.turn = int(rng.integers(0, len(self.steps) + 1))

    def made(self, count):
        """Random elements, flat."""
        rng, dtype = self.rng, self.dtype
        if self.object_codec:
            flat = np.empty(count, object)
            if count:
                some = cells.some_objects(rng, max(count, 8), self.values)
                flat[:] = [some[int(i)] for i in rng.integers(0, len(some), count)]
            return flat
        if self.values == "any":
            flat = cells.some(rng, dtype, count)
        elif self.values == "small":
            flat = rng.integers(0 if dtype.kind == "u" else -100, 100, count).astype(dtype)
        elif self.values == "eighths":
            flat = (rng.integers(-200, 200, count) / 8).astype(dtype)  # What lies outside of the array would else make a difference.
        else:
            flat = (rng.standard_normal(count) * 50).astype(dtype)
        if dtype.kind == "f" and not self.write_empty:
            flat[flat == 0] = 0  # See -0.0 above.
        if rng.random() < 0.2 and self.fill is not None:
            flat[:] = self.fill
        return flat

    def any_fill(self):
        """As NumPy has it. Not what zarr-python spells otherwise than it is: -0.0, and parts of complex numbers that are no number."""
        self.fill = None
        if self.rng.random() < 0.15:
            return None
        if self.rng.random() < 0.4:
            return np.zeros(1, self.dtype)[0]
        if self.dtype.kind == "c":
            return self.dtype.type(complex(*self.rng.integers(-9, 9, 2)))
        if self.dtype.kind == "f" and self.values == "any":
            return self.dtype.type(pick(self.rng, [np.nan, np.inf, -np.inf, 1.5, 0.1]))
        return self.made(1)[0]

    def any_box(self, shape):
        origin, extent = [], []
        for size in shape:
            first = int(self.rng.integers(0, size + 1))
            origin.append(first)
            extent.append(int(self.rng.integers(0 if self.rng.random() < 0.05 else min(1, size - first), size - first + 1)))
        if self.rng.random() < 0.25:
            return [[0] * len(shape), list(shape)]
        return [origin, extent]

    def any_steps(self):
        """What a chunk holds outside of the array is seen again when the array grows, until the chunk is written: engram does not
        keep it then where all of the chunk that lies in the array is written, zarr-python does. So such arrays do not grow here."""
        steps, shape, is_cut, is_final = [], list(self.shape), False, False
        for _ in range(int(self.rng.integers(1, 7))):
            what = pick(self.rng, ["write"] * 5 + (["resize"] if shape else []) + (["append"] if shape and not is_final else []))
            if what == "resize":
                changed = [int(n) for n in np.maximum(0, np.array(shape) + self.rng.integers(-6, 1 if is_final else 7, len(shape)))]
                is_cut = is_cut or any(new < old and new % chunk for new, old, chunk in zip(changed, shape, self.chunks))
                shape = changed
                steps.append({"resize": list(shape)})
            elif what == "append":
                axis = int(self.rng.integers(len(shape)))
                added = [*shape]
                added[axis] = int(self.rng.integers(1, 6))
                if 0 in added:
                    continue
                shape[axis] += added[axis]
                is_final = is_cut
                steps.append({"append": axis, "values": self.made(int(np.prod(added))).reshape(added)})
            else:
                box = self.any_box(shape)
                is_final = is_cut
                steps.append({"write": box, "values": self.made(int(np.prod(box[1], dtype=int))).reshape(box[1])})
        self.last_shape = shape
        self.box = self.any_box(shape)
        return steps

    # ---- zarr-python

    def create(self, path):
        filters = [numcodec(config) for config in self.filters]
        more = {"object_codec": filters.pop(0)} if self.object_codec else {}
        group = zarr.group(zarr.DirectoryStore(path), overwrite=True)
        group.create("a", shape=tuple(self.shape), chunks=tuple(self.chunks), dtype=self.dtype, filters=filters or None,
                     compressor=numcodec(self.compressor), fill_value=self.fill, order=self.order, dimension_separator=self.separator, **more)

    def opened(self, path):
        return zarr.open_array(zarr.DirectoryStore(path), path="a", mode="r+", write_empty_chunks=self.write_empty)

    def take(self, path, steps):
        array = self.opened(path)
        for step in steps:
            if "resize" in step:
                array.resize(*step["resize"])
            elif "append" in step:
                array.append(step["values"], axis=step["append"])
            else:
                array[box_slices(step["write"])] = step["values"]

    def read(self, path):
        """All of it and the box, as both are compared."""
        array = self.opened(path)
        if array.fill_value is None and not self.object_codec:
            array._fill_value = np.zeros(1, array.dtype)[0]  # Else missing chunks hold what lay in memory.
        return [self.plain(array[...]), self.plain(array[box_slices(self.box)])]

    def plain(self, values):
        values = np.asarray(values)
        if self.object_codec:
            return json.dumps([cells.plain(item) for item in values.ravel().tolist()])
        return cells.raw(values)

    # ---- engram

    def spec(self, store, steps, folder, zarray=None, reads=True):
        told = []
        for i, step in enumerate(steps):
            told.append({key: value for key, value in step.items() if key != "values"})
            if "values" in step and self.object_codec:
                told[-1]["data"] = [tagged(item) for item in step["values"].ravel().tolist()]
            elif "values" in step:
                told[-1]["data"] = f"{store}.data{len(steps)}.{i}"
                with open(told[-1]["data"], "wb") as file:
                    file.write(cells.raw(step["values"]))
        if reads:
            told.append({"read": [[0] * len(self.last_shape), self.last_shape], "out": f"{store}.whole"})
            told.append({"read": self.box, "out": f"{store}.box"})
        return {"name": self.name, "store": store, "path": "a", "zarray": zarray, "write_empty_chunks": self.write_empty, "pool": self.pool, "steps": told}

    def what_engram_read(self, store):
        found = []
        for ending in (".whole", ".box"):
            if not os.path.exists(store + ending):
                return "nothing"
            with open(store + ending, "rb") as file:
                data = file.read()
            found.append(json.dumps([from_tags(item) for item in json.loads(data)]) if self.object_codec else data)
        return found

    def __str__(self):
        steps = [{key: value if key != "values" else "…" for key, value in step.items()} for step in self.steps]
        return (f"shape {self.shape}, chunks {self.chunks}, {self.descr}, order {self.order}, fill {self.fill!r}, filters {self.filters}, compressor "
                f"{self.compressor}, write_empty {self.write_empty}, steps {steps}, turn {self.turn}, box {self.box}")


def box_slices(box):
    return tuple(slice(a, a + n) for a, n in zip(*box)) or ...


def engram_runs(specs, folder, words):
    """What it said to the cases that it could not do."""
    path = os.path.join(folder, f"{words}.json")
    with open(path, "w", encoding="utf-8") as file:
        json.dump(specs, file)
    done = subprocess.run([TOOL, "run", path], capture_output=True, text=True, timeout=600, check=False)
    assert done.returncode == 0, f"{TOOL} run {words}: {done.returncode} {done.stderr[-2000:]}"
    return {name: f"{words}: {message}" for name, message in json.loads(done.stdout).items()}


def attempt(case, act, words):
    try:
        act()
    except Exception as error:
        return {case.name: f"{words}: {type(error).__name__}: {error}"}
    return {}


def keys(path):
    return sorted(os.path.relpath(os.path.join(place, name), path) for place, _, names in os.walk(path) for name in names)


def differences(folder, batch):
    """What is wrong, by case."""
    def at(kind, case):
        return os.path.join(folder, f"{case.name} {kind}.zarr")

    wrong, zarrays = {}, {}
    for case in batch:
        try:
            case.create(at("zarr-python", case))
            case.create(at("zarr-python first", case))
            with open(at("zarr-python", case) + "/a/.zarray", encoding="utf-8") as file:
                zarrays[case.name] = json.load(file)
            case.take(at("zarr-python", case), case.steps)
            case.take(at("zarr-python first", case), case.steps[:case.turn])
            case.read(at("zarr-python", case))
        except Exception as error:
            wrong[case.number] = [f"zarr-python alone: {type(error).__name__}: {error}"]
    batch = [case for case in batch if case.number not in wrong]
    said = [engram_runs([case.spec(at("engram", case), case.steps, folder, zarrays[case.name]) for case in batch], folder, "engram"),
            engram_runs([case.spec(at("engram first", case), case.steps[:case.turn], folder, zarrays[case.name], reads=False) for case in batch], folder,
                        "engram first")]
    for case in batch:
        if case.name not in said[1]:
            said.append(attempt(case, lambda: case.take(at("engram first", case), case.steps[case.turn:]), "zarr-python goes on"))  # noqa: B023
    said += [engram_runs([case.spec(at("zarr-python first", case), case.steps[case.turn:], folder) for case in batch], folder, "zarr-python first"),
             engram_runs([case.spec(at(kind, case), [], folder) for case in batch for kind in ("zarr-python", "engram first")], folder, "reading")]
    for case in batch:
        found = [messages[case.name] for messages in said if case.name in messages]
        wanted = case.read(at("zarr-python", case))
        for kind in ("engram", "zarr-python", "engram first", "zarr-python first"):
            if case.what_engram_read(at(kind, case)) != wanted:
                found.append(f"engram reads other values of what was written by {kind}")
            try:
                if kind != "zarr-python" and case.read(at(kind, case)) != wanted:
                    found.append(f"zarr-python reads other values of what was written by {kind}")
            except Exception as error:
                found.append(f"zarr-python reads {kind}: {type(error).__name__}: {error}")
        with open(at("zarr-python", case) + "/a/.zarray", "rb") as one, open(at("engram", case) + "/a/.zarray", "rb") as other:
            if one.read() != other.read():
                found.append(".zarray is not the same")
        if case.write_empty and keys(at("zarr-python", case)) != keys(at("engram", case)):
            found.append(f"files are {keys(at('engram', case))}, not {keys(at('zarr-python', case))}")
        if found:
            wrong[case.number] = found
    return wrong


def batches():
    numbers = [int(ONLY)] if ONLY else list(range(CASES))
    return [numbers[i:i + A_BATCH] for i in range(0, len(numbers), A_BATCH)]


@pytest.mark.parametrize("numbers", batches(), ids=lambda numbers: f"from {numbers[0]}")
def test_engram_and_zarr_python_agree(numbers):
    batch = [Case(number) for number in numbers]
    # Thousands of small files, which pytest would keep.
    with np.errstate(all="ignore"), tempfile.TemporaryDirectory() as folder:
        wrong = differences(folder, batch)
    told = [f"ENGRAM_PROPERTY_SEED={SEED} ENGRAM_PROPERTY_ONLY={number}: {'; '.join(words)}\n    {batch[number - numbers[0]]}"
            for number, words in wrong.items()]
    assert not wrong, f"{len(wrong)} of {len(batch)} cases\n" + "\n".join(told)

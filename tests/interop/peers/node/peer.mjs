// node peer.mjs zarrita|zarr.js read|write SPEC.json: a peer of the interop matrix (see matrix_languages.py for SPEC.json).
// Elements go to and come from files of little-endian bytes in C order; what JavaScript has no bytes for becomes JSON.
// Prints a line [name, "done", "not asked" or what the library said] for each cell.
import { writeSync } from "node:fs";
import { mkdir, readFile, stat, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";

class NotAsked extends Error {}

const product = (shape) => shape.reduce((a, b) => a * b, 1);

// Elements in C order of what lies with `stride` in `data`; `at` takes an element from it.
function inOrder(shape, stride, at) {
  const items = [];
  const visit = (axis, offset) => {
    if (axis === shape.length) return items.push(at(offset));
    for (let i = 0; i < shape[axis]; i++) visit(axis + 1, offset + i * stride[axis]);
  };
  visit(0, 0);
  return items;
}

async function keep(out, shape, items, TypedArray) {
  if (TypedArray) {
    const made = TypedArray.from(items);
    return writeFile(out + ".bin", new Uint8Array(made.buffer));
  }
  return writeFile(out + ".json", JSON.stringify([shape, items]));
}

const zarrita = {
  async read(cell) {
    const zarr = await import("zarrita");
    const { FileSystemStore } = await import("@zarrita/storage");
    const root = zarr.root(new FileSystemStore(cell.store));
    const open = cell.zarray.zarr_format === 3 ? zarr.open.v3 : zarr.open.v2;
    const array = await open(root.resolve(cell.path), { kind: "array" });
    const found = await zarr.get(array);
    if (array.shape.length === 0) return keep(cell.out, [], [found], globalThis[typedArrayOf(cell.zarray.dtype)]);
    const { data, shape, stride } = found;
    const isPlain = ArrayBuffer.isView(data);
    const at = typeof data.get === "function" ? (i) => data.get(i) : (i) => data[i];
    const items = inOrder(shape, stride, at);
    if (items.length && typeof items[0] === "boolean") return keep(cell.out, shape, items.map(Number), Uint8Array);
    return keep(cell.out, shape, items, isPlain ? data.constructor : undefined);
  },
  // It writes Zarr 3 only, and of that no shards.
  async write(cell) {
    const { zarray } = cell;
    if (zarray.zarr_format !== 3) throw new NotAsked();
    const zarr = await import("zarrita");
    const { FileSystemStore } = await import("@zarrita/storage");
    const root = zarr.root(new FileSystemStore(cell.store));
    const array = await zarr.create(root.resolve(cell.path), {
      shape: zarray.shape, dtype: zarray.data_type, chunkShape: zarray.chunk_grid.configuration.chunk_shape,
      codecs: zarray.codecs, fillValue: zarray.fill_value, chunkSeparator: zarray.chunk_key_encoding.configuration.separator,
    });
    const bytes = await readFile(cell.data);
    const buffer = bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.byteLength);
    if (zarray.chunk_key_encoding.name !== "default" || typeof zarray.data_type !== "string" || zarray.data_type === "string") throw new NotAsked();
    const stride = zarray.shape.map((_, axis) => product(zarray.shape.slice(axis + 1)));
    const data = v3Elements(zarr, zarray.data_type, buffer);
    await zarr.set(array, null, { data, shape: zarray.shape, stride });
  },
};

function v3Elements(zarr, dataType, buffer) {
  if (dataType === "bool") return new zarr.BoolArray(buffer);
  const [, kind, bits] = /^(u?int|float)(\d+)$/.exec(dataType) ?? [];
  if (kind === undefined) throw new NotAsked();
  const name = { int: "Int", uint: "Uint", float: "Float" }[kind];
  const TypedArray = globalThis[`${bits === "64" && kind !== "float" ? "Big" : ""}${name}${bits}Array`];
  if (TypedArray === undefined) throw new NotAsked();
  return new TypedArray(buffer);
}

function typedArrayOf(dtype) {
  const names = { b: "Uint8", i: "Int", u: "Uint", f: "Float" };
  const bits = 8 * Number(dtype.slice(2));
  if (dtype[1] === "b") return "Uint8Array";
  return `${bits === 64 && dtype[1] !== "f" ? "Big" : ""}${names[dtype[1]]}${bits}Array`;
}

// The store that zarr.js leaves to its users.
class Files {
  constructor(root) {
    this.root = root;
  }
  async getItem(item) {
    const bytes = await readFile(join(this.root, item)).catch(() => null);
    if (bytes === null) {
      const { KeyError } = await import("zarr");
      throw new KeyError(item);
    }
    return bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.byteLength);
  }
  async setItem(item, value) {
    // Copied before anything is waited for: it may be the memory of a codec.
    const bytes = typeof value === "string" ? value : new Uint8Array(value).slice();
    const path = join(this.root, item);
    await mkdir(dirname(path), { recursive: true });
    await writeFile(path, bytes);
    return true;
  }
  async containsItem(item) {
    return (await stat(join(this.root, item)).catch(() => null))?.isFile() ?? false;
  }
  async deleteItem() {
    throw new Error("nothing is deleted here");
  }
  async keys() {
    throw new Error("nothing is listed here");
  }
}

async function zarrJs() {
  const zarr = await import("zarr");
  for (const id of ["zlib", "gzip", "blosc", "lz4", "zstd"]) {
    zarr.addCodec(id, async () => (await import(`numcodecs/${id}`)).default);
  }
  return zarr;
}

const zarrjs = {
  async read(cell) {
    const zarr = await zarrJs();
    const array = await zarr.openArray({ store: new Files(cell.store), path: cell.path, mode: "r" });
    const found = await array.getRaw();
    if (typeof found === "number") return keep(cell.out, [], [found], globalThis[typedArrayOf(cell.zarray.dtype)]);
    const { data, strides, shape } = found;
    return keep(cell.out, shape, inOrder(shape, strides, (i) => data[i]), data.constructor);
  },
  async write(cell) {
    const zarr = await zarrJs();
    const { zarray } = cell;
    if (cell.consolidated || !cell.write_empty || cell.regions || zarray.dtype === "|O") throw new NotAsked();
    const files = new Files(cell.store);
    await files.setItem(".zgroup", '{"zarr_format": 2}');
    const array = await zarr.create({
      store: files, path: cell.path, shape: zarray.shape, chunks: zarray.chunks, dtype: zarray.dtype,
      compressor: zarray.compressor, filters: zarray.filters, order: zarray.order, fillValue: zarray.fill_value,
      dimensionSeparator: zarray.dimension_separator,
    });
    const bytes = await readFile(cell.data);
    const TypedArray = globalThis[typedArrayOf(zarray.dtype)];
    if (TypedArray === undefined) throw new NotAsked();
    const data = new TypedArray(bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.byteLength));
    if (product(zarray.shape) === 0) return;
    const value = zarray.shape.length ? new zarr.NestedArray(data, zarray.shape, zarray.dtype.replace(">", "<")) : data[0];
    await array.set(null, value);
  },
};

// Both libraries start to load a codec before they wait for it; the same failure comes again where they do.
process.on("unhandledRejection", () => {});

const [name, what, path] = process.argv.slice(2);
const peer = { zarrita, "zarr.js": zarrjs }[name];
const say = (cell, outcome) => writeSync(1, JSON.stringify([cell.name, outcome]) + "\n");
for (const cell of JSON.parse(await readFile(path, "utf8"))) {
  try {
    await peer[what](cell);
    say(cell, "done");
  } catch (error) {
    const words = String(error?.message ?? error).split("\n")[0];
    say(cell, error instanceof NotAsked ? "not asked" : `${error?.name ?? "Error"}: ${words}`);
  }
}
// No exit() here: it would cut off what is still being written.

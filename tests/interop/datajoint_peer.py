"""Runs in the Python that ENGRAM_PYTHON_DATAJOINT names: does with DataJoint's own code what test_schema_storage.py asks for. The
codec <zarr@> is made here, of DataJoint's class for codecs of this kind, as its own package, which is not on PyPI, says that it works.

datajoint_peer.py VERB FOLDER: reads JSON from the standard input and prints JSON. FOLDER is where the storage "main" lies.
  paths:  for each {"schema", "table", "field", "key": [[name, value], ...], "spec": members of the storage's configuration}
          [path, token], or {"error": message}
  encode: for each {"key", "dtype", "shape", "zarr_format"} the record of an array of 0, 1, 2, ...
  decode: for each record the values as a flat list, shape and dtype
  server: see below; FOLDER is followed by the port of a MariaDB server that lets root in
"""
import datetime
import decimal
import json
import sys
import uuid
import warnings

warnings.simplefilter("ignore")

import datajoint as dj  # noqa: E402
import numpy as np  # noqa: E402
import zarr  # noqa: E402
from datajoint.builtin_codecs import SchemaCodec  # noqa: E402

TYPES = {
    "date": datetime.date.fromisoformat, "datetime": datetime.datetime.fromisoformat, "time": datetime.time.fromisoformat,
    "timedelta": lambda seconds: datetime.timedelta(seconds=seconds), "uuid": uuid.UUID, "decimal": decimal.Decimal,
    "int64": np.int64, "float32": np.float32, "bool_": np.bool_, "bytes": bytes.fromhex,
}


class ZarrCodec(SchemaCodec):
    """An array as a Zarr store at its row's address; what is fetched is a zarr.Array."""

    name = "zarr"
    zarr_format = 3

    def validate(self, value):
        if not isinstance(value, (np.ndarray, zarr.Array)):
            raise dj.DataJointError(f"<zarr> takes arrays, not {type(value).__name__}")
        if value.dtype == object:
            raise dj.DataJointError("<zarr> takes no objects")

    def encode(self, value, *, key=None, context=None, store_name=None):
        schema, table, field, primary_key = self._extract_context(key, context)
        config = self._codec_config(key, context)
        path, _ = self._build_path(schema, table, field, primary_key, ext=".zarr", store_name=store_name, config=config)
        place = self._get_backend(store_name, config=config).get_fsmap(path)
        said = {"codec_name": self.name, "codec_version": "1.0", "datajoint": {"datajoint-python": {"version": dj.__version__}}}
        zarr.create_array(store=place, data=value, attributes=said, zarr_format=self.zarr_format)
        return {"path": path, "store": store_name, "codec_version": "1.0", "shape": list(value.shape), "dtype": str(value.dtype)}

    def decode(self, stored, *, key=None, context=None):
        backend = self._get_backend(stored.get("store"), config=self._codec_config(key, context))
        return zarr.open(backend.get_fsmap(stored["path"]), mode="r")


CODEC = dj.codecs.get_codec("zarr")


def value_of(given):
    if not isinstance(given, dict):
        return given
    (kind, text), = given.items()
    return TYPES[kind](text)


def key_of(pairs):
    return {name: value_of(value) for name, value in pairs}


def path_of(asked, folder):
    configure(folder, **asked.get("spec", {}))
    key = {"_schema": asked["schema"], "_table": asked["table"], "_field": asked["field"], **key_of(asked["key"])}
    try:
        return CODEC._build_path(*CODEC._extract_context(key), ext=asked.get("extension", ".zarr"), store_name="main")
    except Exception as error:
        return {"error": str(error)}


def encoded(asked, folder):
    configure(folder)
    CODEC.zarr_format = asked["zarr_format"]
    dtype = [tuple(field) for field in asked["dtype"]] if isinstance(asked["dtype"], list) else asked["dtype"]
    numbers = np.arange(int(np.prod(asked["shape"])))
    values = np.zeros(numbers.size, dtype)
    for name in values.dtype.names or [...]:
        values[name] = numbers.astype(values.dtype[name] if values.dtype.names else values.dtype)
    context = {"schema": "lab", "table": "_recording", "field": "movie"}
    return CODEC.encode(values.reshape(asked["shape"]), key=key_of(asked["key"]), context=context, store_name="main")


def decoded(record, folder):
    configure(folder)
    array = CODEC.decode(record)
    return {"values": array[...].ravel().tolist(), "shape": array.shape, "dtype": str(array.dtype)}


def configure(folder, **spec):
    dj.config.stores["default"] = "main"
    dj.config.stores["main"] = {"protocol": "file", "location": folder, **spec}


def server(asked, folder, port):
    """One step with a table `recording` of the schema `engram_lab`:
      {"insert": [[name, value], ...], "values": [...]}  a row, by the codec
      {"insert_record": [[name, value], ...], "record": {...}}  a row whose column is given, as other programs fill it: in SQL
      {"fetch": [[name, value], ...]}  the values of a row's array, as decoded
      {"records": true}  all columns, as they are in the database
      {"orphans": true}  what the storage has, and no row
    """
    configure(folder)
    table, connection = declare(port)
    if "insert" in asked:
        table.insert1({**key_of(asked["insert"]), "movie": np.array(asked["values"])})
    if "insert_record" in asked:
        row = {**key_of(asked["insert_record"]), "movie": json.dumps(asked["record"])}
        places = ", ".join(["%s"] * len(row))
        connection.query(f"INSERT INTO engram_lab.recording ({', '.join(row)}) VALUES ({places})", args=list(row.values()))
    if "fetch" in asked:
        array = (table & key_of(asked["fetch"])).fetch1("movie")
        return {"values": array[...].ravel().tolist(), "shape": array.shape, "dtype": str(array.dtype)}
    if "records" in asked:
        return [json.loads(row[0]) for row in connection.query("SELECT movie FROM engram_lab.recording ORDER BY session")]
    if "orphans" in asked:
        return dj.gc.GarbageCollector(dj.Schema("engram_lab"), store="main").collect()["orphaned_schema_paths"]
    return None


def declare(port):
    for name, value in {"host": "127.0.0.1", "port": port, "user": "root", "password": "", "use_tls": False}.items():
        dj.config[f"database.{name}"] = value
    schema = dj.Schema("engram_lab")

    @schema
    class Recording(dj.Manual):
        definition = """
        subject : varchar(200)
        at : datetime
        session : int32
        ---
        movie : <zarr@main>
        """

    return Recording(), dj.conn()


def main():
    verb, folder, *rest = sys.argv[1:]
    answer = {"paths": path_of, "encode": encoded, "decode": decoded,
              "server": lambda asked, where: server(asked, where, int(rest[0]))}[verb]
    answers = [answer(asked, folder) for asked in json.load(sys.stdin)]
    print("\n" + json.dumps(answers))


if __name__ == "__main__":
    main()

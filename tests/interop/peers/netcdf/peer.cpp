// peer NCZarr read|write SPEC.json: the NCZarr of netCDF-C, a peer of the interop matrix (see
// matrix_languages.py for SPEC.json). Prints a line [name, "done", "not asked" or what the library
// said] for each cell. Where the library brings this program down, the matrix starts it again.
#include <netcdf.h>

#include <algorithm>
#include <cstdint>
#include <fstream>
#include <iostream>
#include <iterator>
#include <map>
#include <nlohmann/json.hpp>
#include <stdexcept>
#include <string>
#include <vector>

namespace {

using Json = nlohmann::json;

struct NotAsked {};

void check(int status) {
  if (status != NC_NOERR) throw std::runtime_error(nc_strerror(status));
}

// Closed also where something fails on the way: a file that stays open is found open by the next.
class File {
 public:
  explicit File(int id) : id_(id) {}
  File(const File&) = delete;
  File& operator=(const File&) = delete;
  ~File() {
    if (id_ >= 0) nc_close(id_);
  }
  void close() {
    const int id = id_;
    id_ = -1;
    check(nc_close(id));
  }

 private:
  int id_;
};

std::string url(const Json& cell) {
  return "file://" + cell["store"].get<std::string>() + "#mode=zarr,file";
}

void read(const Json& cell) {
  int id = 0;
  int variable = 0;
  check(nc_open(url(cell).c_str(), NC_NOWRITE, &id));
  const File file(id);
  check(nc_inq_varid(id, cell["path"].get<std::string>().c_str(), &variable));
  nc_type type = 0;
  int rank = 0;
  check(nc_inq_var(id, variable, nullptr, &type, &rank, nullptr, nullptr));
  std::vector<int> dimensions(static_cast<std::size_t>(rank));
  check(nc_inq_vardimid(id, variable, dimensions.data()));
  std::vector<std::size_t> shape;
  std::size_t count = 1;
  for (const int dimension : dimensions) {
    std::size_t length = 0;
    check(nc_inq_dimlen(id, dimension, &length));
    shape.push_back(length);
    count *= length;
  }
  const auto out = cell["out"].get<std::string>();
  if (type == NC_STRING) {
    std::vector<char*> texts(count, nullptr);
    check(nc_get_var(id, variable, texts.data()));
    Json items = Json::array();
    for (const auto* text : texts) items.push_back(text == nullptr ? "" : text);
    const auto words =
        Json::array({shape, items}).dump(-1, ' ', false, Json::error_handler_t::replace);
    std::ofstream(out + ".json") << words;
    return;
  }
  std::size_t size = 0;
  check(nc_inq_type(id, type, nullptr, &size));
  std::vector<char> bytes(count * size + 1);
  check(nc_get_var(id, variable, bytes.data()));
  std::ofstream(out + ".bin", std::ios::binary)
      .write(bytes.data(), static_cast<std::streamsize>(count * size));
}

// NetCDF has no value that is "true or false", and is asked here for no codec: Debian's has none.
const std::map<std::string, nc_type> kTypes{
    {"i1", NC_BYTE}, {"u1", NC_UBYTE}, {"i2", NC_SHORT},  {"u2", NC_USHORT}, {"i4", NC_INT},
    {"u4", NC_UINT}, {"i8", NC_INT64}, {"u8", NC_UINT64}, {"f4", NC_FLOAT},  {"f8", NC_DOUBLE}};

template <typename T>
void set_fill(int id, int variable, const Json& fill) {
  T value{};
  if (fill.is_string()) {
    value = static_cast<T>(std::stod(fill.get<std::string>()));
  } else {
    value = fill.get<T>();
  }
  check(nc_def_var_fill(id, variable, NC_FILL, &value));
}

void set_fill(int id, int variable, nc_type type, const Json& fill) {
  if (fill.is_null()) return check(nc_def_var_fill(id, variable, NC_NOFILL, nullptr));
  if (type == NC_BYTE) return set_fill<std::int8_t>(id, variable, fill);
  if (type == NC_UBYTE) return set_fill<std::uint8_t>(id, variable, fill);
  if (type == NC_SHORT) return set_fill<std::int16_t>(id, variable, fill);
  if (type == NC_USHORT) return set_fill<std::uint16_t>(id, variable, fill);
  if (type == NC_INT) return set_fill<std::int32_t>(id, variable, fill);
  if (type == NC_UINT) return set_fill<std::uint32_t>(id, variable, fill);
  if (type == NC_INT64) return set_fill<std::int64_t>(id, variable, fill);
  if (type == NC_UINT64) return set_fill<std::uint64_t>(id, variable, fill);
  if (type == NC_FLOAT) return set_fill<float>(id, variable, fill);
  return set_fill<double>(id, variable, fill);
}

std::vector<char> part(const std::vector<char>& data, std::size_t size,
                       const std::vector<std::size_t>& whole,
                       const std::vector<std::size_t>& origin,
                       const std::vector<std::size_t>& shape) {
  std::vector<std::size_t> places{0};
  for (std::size_t axis = 0; axis < whole.size(); ++axis) {
    std::vector<std::size_t> next;
    for (const auto place : places) {
      for (std::size_t i = 0; i < shape[axis]; ++i) {
        next.push_back(place * whole[axis] + origin[axis] + i);
      }
    }
    places = std::move(next);
  }
  std::vector<char> found;
  for (const auto place : places) {
    const auto at = data.begin() + static_cast<std::ptrdiff_t>(place * size);
    found.insert(found.end(), at, at + static_cast<std::ptrdiff_t>(size));
  }
  found.push_back(0);
  return found;
}

void write(const Json& cell) {
  const auto& zarray = cell["zarray"];
  const bool plain = zarray["compressor"].is_null() && zarray["filters"].is_null() &&
                     zarray["order"] == "C" && zarray["dimension_separator"] == ".";
  if (!plain || cell["consolidated"] == true || cell["write_empty"] == false) throw NotAsked();
  if (!zarray["dtype"].is_string()) throw NotAsked();
  const auto dtype = zarray["dtype"].get<std::string>();
  const auto type = kTypes.find(dtype.substr(1));
  if (type == kTypes.end()) throw NotAsked();
  std::ifstream in(cell["data"].get<std::string>(), std::ios::binary);
  const std::vector<char> data(std::istreambuf_iterator<char>(in), {});
  const auto shape = zarray["shape"].get<std::vector<std::size_t>>();
  const auto chunks = zarray["chunks"].get<std::vector<std::size_t>>();
  // A length of 0 means an unlimited dimension here.
  if (std::count(shape.begin(), shape.end(), 0U) > 0) throw NotAsked();
  int id = 0;
  int variable = 0;
  check(nc_create(url(cell).c_str(), NC_NETCDF4 | NC_CLOBBER, &id));
  File file(id);
  std::vector<int> dimensions(shape.size());
  for (std::size_t axis = 0; axis < shape.size(); ++axis) {
    check(nc_def_dim(id, ("d" + std::to_string(axis)).c_str(), shape[axis], &dimensions[axis]));
  }
  check(nc_def_var(id, cell["path"].get<std::string>().c_str(), type->second,
                   static_cast<int>(shape.size()), dimensions.data(), &variable));
  if (!shape.empty()) check(nc_def_var_chunking(id, variable, NC_CHUNKED, chunks.data()));
  check(nc_def_var_endian(id, variable, dtype[0] == '>' ? NC_ENDIAN_BIG : NC_ENDIAN_LITTLE));
  set_fill(id, variable, type->second, zarray["fill_value"]);
  check(nc_enddef(id));
  std::size_t size = 0;
  check(nc_inq_type(id, type->second, nullptr, &size));
  const Json all = Json::array({Json::array({std::vector<std::size_t>(shape.size()), shape})});
  for (const auto& box : cell["regions"].is_null() ? all : cell["regions"]) {
    const auto origin = box[0].get<std::vector<std::size_t>>();
    const auto extent = box[1].get<std::vector<std::size_t>>();
    const auto values = part(data, size, shape, origin, extent);
    check(nc_put_vara(id, variable, origin.data(), extent.data(), values.data()));
  }
  file.close();
}

std::string outcome(bool is_read, const Json& cell) {
  try {
    if (is_read) {
      read(cell);
    } else {
      write(cell);
    }
    return "done";
  } catch (const NotAsked&) {
    return "not asked";
  } catch (const std::exception& error) {
    return error.what();
  }
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 4) return 2;
  std::ifstream in(argv[3]);
  for (const auto& cell : Json::parse(in)) {
    const auto line = Json::array({cell["name"], outcome(argv[2] == std::string("read"), cell)});
    std::cout << line.dump() << std::endl;
  }
  return 0;
}

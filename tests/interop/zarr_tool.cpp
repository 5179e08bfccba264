// Does with Zarr arrays what the interop tests ask for, through engram's public headers only.
// Prints {name: message} of what failed.
//
// engram_zarr_tool write SPEC.json: makes arrays. SPEC.json is a list of
//   {"name": ..., "store": folder or zip to be made, "path": "a", "zarray": the .zarray or
//   zarr.json,
//    "attributes": {...}, "data": file, "regions": [[origin, shape], ...], "consolidate": bool,
//    "write_empty_chunks": bool}
// The data file holds the whole array: elements little-endian in C order, or objects as a JSON
// list, bytes among them as {"bytes": hexadecimal digits}. Only the regions are written.
//
// engram_zarr_tool run SPEC.json: does one thing after another with arrays. SPEC.json is a list of
//   {"name": ..., "store": ..., "path": "a", "zarray": the .zarray, or null for an array that is
//    there, "write_empty_chunks": bool, "pool": bool, "steps": [...]}, each step one of
//   {"write": [origin, shape], "data": file or list of objects}
//   {"append": axis, "data": file or list of objects}
//   {"resize": shape}
//   {"read": [origin, shape], "out": file to be made}
#include <filesystem>
#include <fstream>
#include <iostream>
#include <iterator>
#include <memory>
#include <string>

#include "engram/base/thread_pool.hpp"
#include "engram/store/open_store.hpp"
#include "engram/zarr/array.hpp"
#include "engram/zarr/consolidated.hpp"

namespace {

using engram::Json;

std::string file_text(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  if (!file) throw engram::Error(engram::ErrorCode::io_error, "can't read " + path);
  return std::string(std::istreambuf_iterator<char>(file), {});
}

Json object_from(const Json& json) {
  if (!json.is_object() || json.size() != 1 || !json.contains("bytes")) return json;
  const auto digits = json["bytes"].get<std::string>();
  std::vector<std::uint8_t> bytes;
  for (std::size_t i = 0; i + 1 < digits.size(); i += 2) {
    bytes.push_back(static_cast<std::uint8_t>(std::stoi(digits.substr(i, 2), nullptr, 16)));
  }
  return Json::binary(bytes);
}

// The place in C order of each element of `region` of an array of `shape`.
std::vector<std::size_t> places(const engram::Region& region, const engram::Shape& shape) {
  std::vector<std::size_t> found{0};
  for (std::size_t axis = 0; axis < shape.size(); ++axis) {
    std::vector<std::size_t> next;
    for (const auto place : found) {
      for (std::uint64_t i = 0; i < region.shape[axis]; ++i) {
        next.push_back(place * static_cast<std::size_t>(shape[axis]) +
                       static_cast<std::size_t>(region.origin[axis] + i));
      }
    }
    found = std::move(next);
  }
  return found;
}

void write_array(engram::zarr::Array& array, const Json& spec, engram::ThreadPool& pool) {
  const auto text = file_text(spec["data"].get<std::string>());
  const bool is_object = array.metadata().is_object;
  const Json objects = is_object ? engram::parse_json(text) : Json();
  const auto size = is_object ? 0 : static_cast<std::size_t>(array.metadata().type.size);
  // Alone and with others: both ways must make the same chunks.
  engram::zarr::Workers workers;
  if (spec["name"].get<std::string>().back() % 2 == 0) workers.pool = &pool;
  for (const auto& box : spec["regions"]) {
    const engram::Region region{box[0].get<engram::Shape>(), box[1].get<engram::Shape>()};
    std::vector<Json> values;
    engram::Bytes bytes;
    for (const auto place : places(region, array.shape())) {
      if (is_object) {
        values.push_back(object_from(objects.at(place)));
      } else {
        const auto element = engram::as_bytes(text).subspan(place * size, size);
        bytes.insert(bytes.end(), element.begin(), element.end());
      }
    }
    if (is_object) {
      array.write_objects(region, values, workers);
    } else {
      array.write(region, bytes, workers);
    }
  }
}

engram::zarr::ArrayMetadata metadata_of(const Json& document) {
  return document["zarr_format"] == 3 ? engram::zarr::parse_zarr_json(document)
                                      : engram::zarr::parse_zarray(document);
}

void write_store(const Json& spec, engram::ThreadPool& pool) {
  const auto store = engram::store::create_store(spec["store"].get<std::string>());
  auto array = engram::zarr::Array::create(store, spec["path"].get<std::string>(),
                                           metadata_of(spec["zarray"]), spec["attributes"]);
  array.set_write_empty_chunks(spec["write_empty_chunks"].get<bool>());
  write_array(array, spec, pool);
  if (spec["consolidate"].get<bool>()) engram::zarr::consolidate(*store);
  store->finish();
}

Json tagged(const Json& object) {
  if (!object.is_binary()) return object;
  std::string digits;
  for (const auto byte : object.get_binary()) {
    for (const int nibble : {byte >> 4, byte & 15}) digits += "0123456789abcdef"[nibble];
  }
  return {{"bytes", digits}};
}

std::vector<Json> objects_from(const Json& list) {
  std::vector<Json> objects;
  for (const auto& object : list) objects.push_back(object_from(object));
  return objects;
}

engram::Region region_from(const Json& box) {
  return {box[0].get<engram::Shape>(), box[1].get<engram::Shape>()};
}

void read_to(const engram::zarr::Array& array, const engram::Region& region,
             const engram::zarr::Workers& workers, const std::string& path) {
  std::ofstream file(path, std::ios::binary);
  if (array.metadata().is_object) {
    Json list = Json::array();
    for (const auto& object : array.read_objects(region, workers)) list.push_back(tagged(object));
    file << engram::dump_json(list, engram::JsonStyle::line);
  } else {
    const auto bytes = array.read_bytes(region, workers);
    file << engram::as_text(bytes);
  }
}

void take_step(engram::zarr::Array& array, const Json& step, const engram::zarr::Workers& workers) {
  if (step.contains("resize")) return array.resize(step["resize"].get<engram::Shape>());
  if (step.contains("read")) {
    return read_to(array, region_from(step["read"]), workers, step["out"].get<std::string>());
  }
  const auto& data = step["data"];
  const bool is_write = step.contains("write");
  if (array.metadata().is_object) {
    const auto objects = objects_from(data);
    if (is_write) return array.write_objects(region_from(step["write"]), objects, workers);
    array.append_objects(objects, step["append"].get<std::size_t>(), workers);
  } else {
    const auto text = file_text(data.get<std::string>());
    const auto bytes = engram::as_bytes(text);
    if (is_write) return array.write(region_from(step["write"]), bytes, workers);
    array.append(bytes, step["append"].get<std::size_t>(), workers);
  }
}

void run_case(const Json& spec, engram::ThreadPool& pool) {
  const auto url = spec["store"].get<std::string>();
  const auto path = spec["path"].get<std::string>();
  const bool is_new = !spec["zarray"].is_null();
  const auto store = is_new ? engram::store::create_store(url) : engram::store::update_store(url);
  auto array = is_new ? engram::zarr::Array::create(store, path, metadata_of(spec["zarray"]))
                      : engram::zarr::Array::open(store, path);
  array.set_write_empty_chunks(spec["write_empty_chunks"].get<bool>());
  engram::zarr::Workers workers;
  if (spec["pool"].get<bool>()) workers.pool = &pool;
  for (const auto& step : spec["steps"]) take_step(array, step, workers);
  store->finish();
}

int run(const std::string& path) {
  engram::ThreadPool pool(2);
  Json failed = Json::object();
  for (const auto& spec : engram::parse_json(file_text(path))) {
    try {
      run_case(spec, pool);
    } catch (const engram::Error& error) {
      failed[spec["name"].get<std::string>()] = error.what();
    }
  }
  std::cout << engram::dump_json(failed, engram::JsonStyle::line) << '\n';
  return 0;
}

int write(const std::string& path) {
  engram::ThreadPool pool(2);
  Json failed = Json::object();
  for (const auto& spec : engram::parse_json(file_text(path))) {
    try {
      write_store(spec, pool);
    } catch (const engram::Error& error) {
      failed[spec["name"].get<std::string>()] = error.what();
      std::filesystem::remove_all(spec["store"].get<std::string>());
    }
  }
  std::cout << engram::dump_json(failed, engram::JsonStyle::line) << '\n';
  return 0;
}

}  // namespace

int main(int argc, char** argv) try {
  if (argc == 3 && std::string(argv[1]) == "write") return write(argv[2]);
  if (argc == 3 && std::string(argv[1]) == "run") return run(argv[2]);
  std::cerr << "usage: engram_zarr_tool write|run SPEC.json\n";
  return 2;
} catch (const std::exception& error) {
  std::cerr << error.what() << '\n';
  return 70;
}

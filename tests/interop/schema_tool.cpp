// Does with schema-addressed storage what test_schema_storage.py asks for, through engram's public
// headers only. Reads JSON from the standard input and prints JSON.
//
// engram_schema_tool paths: for each {"schema", "table", "field", "key": [[name, value], ...],
//   "token", "extension", "prefix", "token_length", "pattern"} its path, or {"error": message}.
//   A value is a JSON scalar, or {"datetime": "2024-01-15T10:30:05"}, or {"spelled": text}.
// engram_schema_tool parse: for each {"path", "prefix", "token_length"} the same members, values as
//   {"text", "spelling"}; and "again", the path made of it.
// engram_schema_tool write ROOT: for each of the first form with "zarr_format", "shape" and
//   "values" writes an array of float64, and gives its record; "store" is the storage's name.
// engram_schema_tool read ROOT: for each record the array's values as a flat list, and in
//   "difference" how the array is not what the record says.
#include <iostream>
#include <iterator>
#include <memory>
#include <string>

#include "engram/schema/record.hpp"
#include "engram/schema/storage.hpp"
#include "engram/store/directory_store.hpp"
#include "engram/zarr/array.hpp"

namespace {

using engram::Json;
namespace schema = engram::schema;
using engram::store::DirectoryStore;

schema::KeyValue value_from(const Json& pair) {
  const auto name = pair[0].get<std::string>();
  const Json& value = pair[1];
  if (!value.is_object()) return {name, value};
  if (value.contains("datetime"))
    return schema::KeyValue::datetime(name, value["datetime"].get<std::string>());
  return schema::KeyValue::spelled(name, value["spelled"].get<std::string>());
}

schema::PathOptions options_from(const Json& spec) {
  schema::PathOptions options;
  if (spec.contains("prefix")) options.prefix = spec["prefix"].get<std::string>();
  if (spec.contains("token_length")) options.token_length = spec["token_length"].get<std::size_t>();
  return options;
}

schema::SchemaAddress address_from(const Json& spec) {
  schema::SchemaAddress address;
  address.schema = spec["schema"].get<std::string>();
  address.table = spec["table"].get<std::string>();
  address.field = spec["field"].get<std::string>();
  for (const Json& pair : spec["key"]) address.key.push_back(value_from(pair));
  address.token = spec.contains("token") ? spec["token"].get<std::string>()
                                         : schema::make_token(options_from(spec).token_length);
  if (spec.contains("extension")) address.extension = spec["extension"].get<std::string>();
  if (spec.contains("pattern")) schema::partition_by(address, spec["pattern"].get<std::string>());
  return address;
}

Json path_of(const Json& spec) { return schema::to_path(address_from(spec), options_from(spec)); }

Json parsed(const Json& spec) {
  const auto options = options_from(spec);
  const auto address = schema::parse_path(spec["path"].get<std::string>(), options);
  Json key = Json::array();
  for (const auto& value : address.key)
    key.push_back({value.name(),
                   {{"text", value.text()}, {"spelling", schema::spelling_name(value.kind())}}});
  return {{"schema", address.schema},       {"table", address.table},
          {"field", address.field},         {"key", key},
          {"token", address.token},         {"extension", address.extension},
          {"partition", address.partition}, {"again", schema::to_path(address, options)}};
}

Json written(const Json& spec, const std::string& root) {
  const auto whole = std::make_shared<DirectoryStore>(root, DirectoryStore::Mode::update);
  const auto address = address_from(spec);
  const auto options = options_from(spec);
  engram::zarr::ArrayOptions array_options;
  array_options.zarr_format = spec["zarr_format"].get<int>();
  array_options.type = engram::DataType::floating(8);
  array_options.shape = spec["shape"].get<engram::Shape>();
  const auto values = spec["values"].get<std::vector<double>>();
  auto array =
      engram::zarr::Array::create(schema::create_store(whole, address, options), "", array_options);
  array.write<double>(engram::Region::all(array.shape()), values);
  auto record = schema::make_record(schema::to_path(address, options), array.metadata());
  if (spec.contains("store")) record.store = spec["store"].get<std::string>();
  return schema::to_json(record);
}

Json values_of(const Json& json, const std::string& root) {
  const auto whole = std::make_shared<const DirectoryStore>(root, DirectoryStore::Mode::read);
  const auto record = schema::parse_record(json);
  const auto array = engram::zarr::Array::open(schema::open_store(whole, record.path));
  return {{"values", array.read<double>(engram::Region::all(array.shape()))},
          {"difference", schema::difference(record, array.metadata())}};
}

}  // namespace

int main(int argc, char** argv) try {
  const std::string verb = argc > 1 ? argv[1] : "";
  const std::string root = argc > 2 ? argv[2] : "";
  const std::string text(std::istreambuf_iterator<char>(std::cin), {});
  Json answers = Json::array();
  for (const Json& asked : engram::parse_json(text)) {
    try {
      answers.push_back(verb == "paths"   ? path_of(asked)
                        : verb == "parse" ? parsed(asked)
                        : verb == "write" ? written(asked, root)
                                          : values_of(asked, root));
    } catch (const engram::Error& error) {
      answers.push_back({{"error", error.what()}});
    }
  }
  std::cout << engram::dump_json(answers, engram::JsonStyle::line) << '\n';
  return 0;
} catch (const std::exception& error) {
  std::cerr << error.what() << '\n';
  return 70;
}

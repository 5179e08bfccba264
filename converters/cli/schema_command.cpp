#include <fmt/format.h>

#include <memory>
#include <optional>
#include <string>
#include <utility>

#include "converters/cli/command.hpp"
#include "converters/cli/output.hpp"
#include "converters/cli/terminal.hpp"
#include "engram/array/region.hpp"
#include "engram/base/error.hpp"
#include "engram/schema/record.hpp"
#include "engram/schema/storage.hpp"
#include "engram/store/open_store.hpp"
#include "engram/zarr/array.hpp"
#include "engram/zarr/codec_attributes.hpp"

namespace engram::cli {
namespace {

constexpr const char* kSchemaAbout =
    R"(Work with Zarr stores that lie where tables of a database, such as DataJoint's, say: SCHEMA/TABLE/KEY=VALUE/FIELD.zarr.)";

constexpr const char* kSchemaListAbout =
    R"(List the Zarr stores below ROOT, the location of a DataJoint storage, by schema, table and primary key: path, and of
arrays shape and element type. What is no such address, or no Zarr, is passed over.

With --json, of each also the parts of its address, the values of its key without escapes, and the record that a column of
type <zarr@> has of it.)";

constexpr const char* kSchemaListExamples = R"(Examples:
  engram schema list /data/main
  engram schema list /data/main --schema lab --table recording --json --store main
  engram schema list /data/plain --prefix '' --token-length 0     # lab/recording/session=3/movie.zarr)";

struct SchemaListOptions {
  std::string root, store;
  schema::Filter filter;
  schema::PathOptions paths;
  bool json = false;
};

Json key_json(const schema::SchemaAddress& address) {
  Json key = Json::array();
  for (const schema::KeyValue& value : address.key)
    key.push_back({{"name", value.name()},
                   {"value", value.text()},
                   {"spelling", schema::spelling_name(value.kind())}});
  return key;
}

Json object_json(const schema::StoredObject& object) {
  const schema::SchemaAddress& address = object.address;
  Json json = {{"path", object.path},           {"schema", address.schema},
               {"table", address.table},        {"key", key_json(address)},
               {"field", address.field},        {"token", address.token},
               {"extension", address.extension}};
  json["kind"] = !object.kind                            ? Json()
                 : *object.kind == zarr::NodeKind::array ? Json("array")
                                                         : Json("group");
  return json;
}

class SchemaLister {
 public:
  SchemaLister(const SchemaListOptions& options, Output& output)
      : options_(options), output_(output), root_(store::open_store(options.root)) {}

  void print() {
    schema::AddressWalk walk(root_, options_.filter, options_.paths);
    bool is_first = true;
    while (auto object = walk.next()) {
      std::optional<schema::StoredRecord> record;
      if (object->kind == zarr::NodeKind::array) record = record_of(*object);
      if (options_.json) {
        output_.buffer() += (is_first ? "[" : ",\n") + json_text(*object, record);
      } else {
        output_.buffer() += line(*object, record);
      }
      is_first = false;
      output_.flush_if_large();
      output_.beat(object->path);
    }
    if (options_.json) output_.buffer() += is_first ? "[]\n" : "]\n";
    output_.flush();
  }

 private:
  // None, and a fault, where the array can't be told of.
  std::optional<schema::StoredRecord> record_of(schema::StoredObject& object) const {
    try {
      const auto array = zarr::Array::open(schema::open_store(root_, object.path));
      auto record = schema::make_record(object.path, array.metadata());
      if (!options_.store.empty()) record.store = options_.store;
      record.codec_version = zarr::codec_attributes(array.attributes()).version;
      return record;
    } catch (const Error& error) {
      if (error.code() == ErrorCode::io_error) throw;
      object.fault = error.what();
      return std::nullopt;
    }
  }

  static std::string line(const schema::StoredObject& object,
                          const std::optional<schema::StoredRecord>& record) {
    const std::string path = printable(object.path);
    if (record)
      return fmt::format("{}  {} {}\n", path, to_string(*record->shape), printable(*record->dtype));
    if (!object.fault.empty()) return fmt::format("{}  {}\n", path, printable(object.fault));
    return path + "/\n";
  }

  static std::string json_text(const schema::StoredObject& object,
                               const std::optional<schema::StoredRecord>& record) {
    Json json = object_json(object);
    if (record) json["record"] = schema::to_json(*record);
    if (!object.fault.empty()) json["fault"] = object.fault;
    return dump_json(json, JsonStyle::line);
  }

  const SchemaListOptions& options_;
  Output& output_;
  std::shared_ptr<const store::ReadableStore> root_;
};

void add_list(CLI::App& schema, Command& chosen) {
  auto* command = schema.add_subcommand("list", kSchemaListAbout);
  command->footer(kSchemaListExamples);
  const auto options = std::make_shared<SchemaListOptions>();
  command->add_option("ROOT", options->root, "A directory or zip file")->required();
  const auto add_filter = [&](const char* name, std::optional<std::string>& to, const char* about) {
    command
        ->add_option_function<std::string>(
            name, [options, &to](const std::string& text) { to = text; }, about)
        ->option_text("NAME");
  };
  add_filter("--schema", options->filter.schema, "Only this schema");
  add_filter("--table", options->filter.table, "Only tables of this name");
  add_filter("--field", options->filter.field, "Only fields of this name");
  command
      ->add_option("--prefix", options->paths.prefix,
                   "What stands before the schemas: the storage's schema_prefix (_schema)")
      ->option_text("PATH");
  command
      ->add_option("--token-length", options->paths.token_length,
                   "Characters that tell writes of one field apart; 0: none (8)")
      ->option_text("N")
      ->check(CLI::Range(0U, 16U));
  command->add_option("--store", options->store, "The storage's name, for records")
      ->option_text("NAME");
  command->add_flag("--json", options->json, "Print JSON");
  command->callback([options, &chosen] {
    prints_about(chosen, options->root);
    chosen.run = [options](const Heartbeat& heartbeat, const std::stop_token&) {
      Output output(heartbeat);
      SchemaLister(*options, output).print();
      return 0;
    };
  });
}

}  // namespace

void add_schema_command(CLI::App& app, Command& chosen) {
  auto* command = app.add_subcommand("schema", kSchemaAbout);
  command->require_subcommand(1);
  add_list(*command, chosen);
}

}  // namespace engram::cli

// Appends to a Zarr v2 store what the interop tests ask for, through engram's public headers only.
//
// engram_append_tool STORE COMMANDS.json: COMMANDS.json is an object
//   {"stale": "refuse" | "renew", "threads": n, "steps": [...]}, each step one of
//   {"extend": path, "values": [...]}
//   {"rows": path, "columns": {name: [row, ...]}}
//   {"group": parent, "what": GROUP}, {"dataset": parent, "what": DATASET}
//   {"link": parent, "name": ..., "path": ...}
//   {"attribute": [path, name, value]}
//   {"commit": true}: and begins anew; at the end it is done once more.
// GROUP is {"name", "attributes": {...}, "groups": [...], "datasets": [...], "links": [{"name",
// "path"}]}; DATASET is {"name", "attributes", "dtype": NumPy's, "text" or "reference", "shape",
// "values": flat}. A value is JSON; {"ref": path} is a reference.
// Prints what was recovered, one word a commit. What failed is told, and ends it with 1.
#include <fstream>
#include <functional>
#include <iostream>
#include <iterator>
#include <memory>
#include <string>

#include "engram/backend/append.hpp"
#include "engram/base/json.hpp"
#include "engram/base/thread_pool.hpp"

namespace {

using engram::Json;
using engram::hdmf::Value;

Value value_of(const Json& json) {
  if (json.is_null()) return engram::hdmf::Null{};
  if (json.is_boolean()) return json.get<bool>();
  if (json.is_number_unsigned()) return json.get<std::uint64_t>();
  if (json.is_number_integer()) return json.get<std::int64_t>();
  if (json.is_number()) return json.get<double>();
  if (json.is_string()) return json.get<std::string>();
  if (json.is_array()) {
    engram::hdmf::List list;
    for (const Json& item : json) list.push_back(value_of(item));
    return list;
  }
  engram::hdmf::Reference reference;
  reference.path = json.at("ref").get<std::string>();
  return reference;
}

std::vector<Value> values_of(const Json& json) {
  std::vector<Value> values;
  for (const Json& item : json) values.push_back(value_of(item));
  return values;
}

void set_attributes(engram::hdmf::Attributes& attributes, const Json& json) {
  if (!json.contains("attributes")) return;
  for (const auto& [name, value] : json["attributes"].items())
    attributes.set(name, value_of(value));
}

// Text and references in memory.
class Objects final : public engram::hdmf::ObjectSource {
 public:
  Objects(engram::hdmf::ObjectType::Kind kind, engram::Shape shape, std::vector<Value> values)
      : shape_(std::move(shape)), values_(std::move(values)) {
    type_.kind = kind;
  }
  const engram::hdmf::ObjectType& type() const override { return type_; }
  const engram::Shape& shape() const override { return shape_; }
  const engram::Shape& chunk_shape() const override { return none_; }
  std::vector<Value> read(const engram::Region& region) const override {
    const std::size_t first =
        region.origin.empty() ? 0 : static_cast<std::size_t>(region.origin.front());
    const auto count = static_cast<std::size_t>(engram::element_count(region.shape));
    return {values_.begin() + static_cast<std::ptrdiff_t>(first),
            values_.begin() + static_cast<std::ptrdiff_t>(first + count)};
  }

 private:
  engram::hdmf::ObjectType type_;
  engram::Shape shape_, none_;
  std::vector<Value> values_;
};

// Numbers in memory, as the type has them.
class Numbers final : public engram::ArraySource {
 public:
  Numbers(const engram::DataType& type, engram::Shape shape, const Json& values) {
    info_.type = type;
    info_.shape = std::move(shape);
    for (const Json& value : values) add(value);
  }
  const engram::ArrayInfo& info() const override { return info_; }
  void read(const engram::Region& region, std::span<std::byte> out) const override {
    engram::copy_region(bytes_, info_.shape, region, out, region.shape,
                        engram::Region::all(region.shape), info_.type.size);
  }

 private:
  template <typename T>
  void put(T value) {
    const auto* at = reinterpret_cast<const std::byte*>(&value);
    bytes_.insert(bytes_.end(), at, at + sizeof value);
  }
  void add(const Json& value) {
    const std::string name = engram::type_name(info_.type);
    if (name == "float64") return put(value.get<double>());
    if (name == "float32") return put(value.get<float>());
    const auto number = value.get<std::int64_t>();
    const auto* at = reinterpret_cast<const std::byte*>(&number);
    bytes_.insert(bytes_.end(), at, at + info_.type.size);
  }

  engram::ArrayInfo info_;
  engram::Bytes bytes_;
};

engram::hdmf::DatasetBuilder dataset_of(const Json& json) {
  engram::hdmf::DatasetBuilder dataset;
  dataset.name = json.at("name").get<std::string>();
  set_attributes(dataset.attributes, json);
  const auto dtype = json.at("dtype").get<std::string>();
  const auto shape = json.contains("shape") ? json["shape"].get<engram::Shape>()
                                            : engram::Shape{json.at("values").size()};
  dataset.is_scalar = shape.empty();
  using Kind = engram::hdmf::ObjectType::Kind;
  if (dtype == "text" || dtype == "reference") {
    dataset.data = std::make_shared<const Objects>(dtype == "text" ? Kind::text : Kind::reference,
                                                   shape, values_of(json.at("values")));
  } else {
    dataset.data =
        std::make_shared<const Numbers>(engram::parse_typestr(dtype), shape, json.at("values"));
  }
  return dataset;
}

engram::hdmf::LinkBuilder link_of(const Json& json) {
  return {json.at("name").get<std::string>(), ".", json.at("path").get<std::string>()};
}

engram::hdmf::GroupBuilder group_of(const Json& json) {
  engram::hdmf::GroupBuilder group;
  group.name = json.at("name").get<std::string>();
  set_attributes(group.attributes, json);
  for (const Json& child : json.value("groups", Json::array()))
    group.groups.push_back(group_of(child));
  for (const Json& child : json.value("datasets", Json::array()))
    group.datasets.push_back(dataset_of(child));
  for (const Json& child : json.value("links", Json::array()))
    group.links.push_back(link_of(child));
  return group;
}

void do_step(engram::backend::Appender& append, const Json& step) {
  const auto text = [&](const char* name) { return step.at(name).get<std::string>(); };
  if (step.contains("extend")) {
    append.extend(text("extend"), {values_of(step.at("values"))});
  } else if (step.contains("rows")) {
    std::vector<engram::backend::ColumnRows> columns;
    for (const auto& [name, rows] : step.at("columns").items())
      columns.push_back({name, {values_of(rows)}});
    append.append_rows(text("rows"), columns);
  } else if (step.contains("group")) {
    append.add_group(text("group"), group_of(step.at("what")));
  } else if (step.contains("dataset")) {
    append.add_dataset(text("dataset"), dataset_of(step.at("what")));
  } else if (step.contains("link")) {
    append.add_link(text("link"), link_of(step));
  } else {
    const Json& attribute = step.at("attribute");
    append.set_attribute(attribute[0].get<std::string>(), attribute[1].get<std::string>(),
                         value_of(attribute[2]));
  }
}

const char* name_of(engram::zarr::Recovery recovery) {
  if (recovery == engram::zarr::Recovery::nothing) return "nothing";
  return recovery == engram::zarr::Recovery::completed ? "completed" : "rolled_back";
}

void run(const std::string& store, const Json& commands) {
  using Stale = engram::zarr::TransactionOptions::Stale;
  engram::ThreadPool pool(commands.value("threads", 1U));
  engram::backend::AppendOptions options;
  options.stale = commands.value("stale", "refuse") == "renew" ? Stale::renew : Stale::refuse;
  options.sync = commands.value("sync", false);
  if (pool.size() > 1) options.workers.pool = &pool;
  options.new_object_id = [n = 0]() mutable {
    const std::string digits = std::to_string(n++);
    return "00000000-0000-4000-8000-" + std::string(12 - digits.size(), '0') + digits;
  };
  auto append = std::make_unique<engram::backend::Appender>(store, options);
  std::cout << name_of(append->recovered()) << '\n';
  for (const Json& step : commands.at("steps")) {
    if (!step.contains("commit")) {
      do_step(*append, step);
      continue;
    }
    append->commit();
    append = std::make_unique<engram::backend::Appender>(store, options);
    std::cout << name_of(append->recovered()) << '\n';
  }
  append->commit();
}

}  // namespace

int main(int argc, char** argv) {
  try {
    if (argc != 3) throw std::runtime_error("usage: engram_append_tool STORE COMMANDS.json");
    std::ifstream file(argv[2], std::ios::binary);
    run(argv[1], engram::parse_json(std::string(std::istreambuf_iterator<char>(file), {})));
  } catch (const std::exception& error) {
    std::cerr << error.what() << '\n';
    return 1;
  }
  return 0;
}

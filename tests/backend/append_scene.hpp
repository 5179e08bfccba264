#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "engram/backend/append.hpp"
#include "engram/backend/open.hpp"
#include "engram/store/memory_store.hpp"
#include "testing/fake_sources.hpp"
#include "testing/store_content.hpp"

namespace engram::backend::testing_append {

using hdmf::DatasetBuilder;
using hdmf::GroupBuilder;
using hdmf::List;
using hdmf::Reference;
using hdmf::Value;

inline Reference to(std::string path) {
  Reference reference;
  reference.path = std::move(path);
  return reference;
}

inline DatasetBuilder objects(std::string name, hdmf::ObjectType type, std::vector<Value> values) {
  DatasetBuilder dataset;
  dataset.name = std::move(name);
  const Shape shape{values.size()};
  dataset.data =
      std::make_shared<const testing::FakeObjects>(std::move(type), shape, std::move(values));
  return dataset;
}

template <typename T>
DatasetBuilder numbers(std::string name, const std::vector<T>& values, Shape shape = {},
                       Shape chunk_shape = {}) {
  DatasetBuilder dataset;
  dataset.name = std::move(name);
  if (shape.empty()) shape = {values.size()};
  dataset.data = testing::fake_array(data_type_of<T>(), shape, values, std::move(chunk_shape));
  return dataset;
}

inline DatasetBuilder typed(DatasetBuilder dataset, const std::string& type,
                            const std::string& id = "") {
  dataset.attributes.set("namespace", "hdmf-common");
  dataset.attributes.set("neurodata_type", type);
  if (!id.empty()) dataset.attributes.set("object_id", id);
  return dataset;
}

inline GroupBuilder group(std::string name, const std::string& type = "",
                          const std::string& id = "") {
  GroupBuilder group;
  group.name = std::move(name);
  if (type.empty()) return group;
  group.attributes.set("namespace", "core");
  group.attributes.set("neurodata_type", type);
  if (!id.empty()) group.attributes.set("object_id", id);
  return group;
}

inline DatasetBuilder with(DatasetBuilder dataset, const std::string& name, Value value) {
  dataset.attributes.set(name, std::move(value));
  return dataset;
}

inline hdmf::ObjectType record_of(std::vector<hdmf::ObjectField> fields) {
  hdmf::ObjectType type;
  type.kind = hdmf::ObjectType::Kind::record;
  type.fields = std::move(fields);
  return type;
}

/// A file with two series, of which one has the timestamps of the other, and a table with a column
/// of each kind.
inline GroupBuilder scene() {
  using testing::number_type;
  using testing::object_type;
  using testing::text_type;
  GroupBuilder root = group("", "NWBFile", "id-root");
  GroupBuilder acquisition = group("acquisition");
  GroupBuilder series = group("ts", "TimeSeries", "id-ts");
  series.datasets.push_back(
      numbers<std::int16_t>("data", {1, 2, 3, 4, 5, 6, 7, 8, 9, 10}, {5, 2}, {2, 2}));
  series.datasets.push_back(numbers<double>("timestamps", {0, 1, 2, 3, 4}, {5}, {3}));
  GroupBuilder second = group("second", "TimeSeries", "id-second");
  second.datasets.push_back(numbers<float>("data", {1, 2, 3, 4, 5}));
  second.links.push_back({"timestamps", ".", "/acquisition/ts/timestamps"});
  acquisition.groups.push_back(std::move(series));
  acquisition.groups.push_back(std::move(second));
  root.groups.push_back(std::move(acquisition));

  GroupBuilder table = group("table", "DynamicTable", "id-table");
  table.attributes.set("colnames", List{"name", "spikes", "deep", "where", "kind", "pixels", "when",
                                        "event", "place"});
  const std::string here = "/table/";
  table.datasets.push_back(typed(numbers<std::int64_t>("id", {0, 1}), "ElementIdentifiers", "i1"));
  table.datasets.push_back(
      typed(objects("name", text_type(), {"first", "second"}), "VectorData", "i2"));
  table.datasets.push_back(
      typed(numbers<double>("spikes", {0.5, 1.5, 2.5}, {3}, {2}), "VectorData", "i3"));
  table.datasets.push_back(with(typed(numbers<std::uint8_t>("spikes_index", {1, 3}), "VectorIndex"),
                                "target", to(here + "spikes")));
  table.datasets.push_back(typed(numbers<std::int32_t>("deep", {1, 2, 3}), "VectorData", "i4"));
  table.datasets.push_back(with(typed(numbers<std::uint8_t>("deep_index", {2, 3}), "VectorIndex"),
                                "target", to(here + "deep")));
  table.datasets.push_back(
      with(typed(numbers<std::uint8_t>("deep_index_index", {1, 2}), "VectorIndex"), "target",
           to(here + "deep_index")));
  table.datasets.push_back(with(typed(numbers<std::int32_t>("where", {1, 0}), "DynamicTableRegion"),
                                "table", to("/table")));
  table.datasets.push_back(with(typed(numbers<std::uint8_t>("kind", {0, 1}), "EnumData"),
                                "elements", to(here + "kind_elements")));
  table.datasets.push_back(
      typed(objects("kind_elements", text_type(), {"rest", "run"}), "VectorData"));
  table.datasets.push_back(
      typed(numbers<float>("pixels", {1, 2, 3, 4, 5, 6, 7, 8}, {2, 2, 2}), "VectorData"));
  const auto reference = object_type(hdmf::ObjectType::Kind::reference);
  table.datasets.push_back(
      typed(objects("when",
                    record_of({{"idx_start", number_type(DataType::integer(4))},
                               {"count", number_type(DataType::integer(4))},
                               {"timeseries", reference}}),
                    {List{0, 2, to("/acquisition/ts")}, List{2, 3, to("/acquisition/second")}}),
            "VectorData"));
  table.datasets.push_back(
      typed(objects("event",
                    record_of({{"at", number_type(DataType::floating(8))}, {"note", text_type()}}),
                    {List{0.5, "on"}, List{1.5, "off"}}),
            "VectorData"));
  table.datasets.push_back(
      typed(objects("place", reference, {to("/acquisition/ts"), to("/acquisition/second")}),
            "VectorData"));
  root.groups.push_back(std::move(table));
  return root;
}

/// Writes `group` and all below it, as the converter does.
inline void write_below(Writer& writer, const std::string& path, const GroupBuilder& group) {
  for (const DatasetBuilder& dataset : group.datasets) {
    const std::string below = hdmf::join_path(path, dataset.name);
    if (dataset.objects()) {
      writer.write_objects(below, dataset);
      continue;
    }
    ArrayPlan plan;
    plan.info = dataset.array()->info();
    plan.codecs = {{"zlib", {{"level", 1}}}};
    const auto sink = writer.create_array(below, dataset, plan);
    const Shape chunk = plan.info.chunk_shape.empty() ? plan.info.shape : plan.info.chunk_shape;
    if (element_count(chunk) == 0) continue;
    const ChunkGrid grid(plan.info.shape, chunk);
    for (std::uint64_t number = 0; number < grid.chunk_count(); ++number) {
      const Region region = grid.region(grid.place(number));
      Bytes elements(static_cast<std::size_t>(element_count(region.shape) * plan.info.type.size));
      dataset.array()->read(region, elements);
      sink->write(number, elements);
    }
  }
  for (const GroupBuilder& child : group.groups)
    write_below(writer, hdmf::join_path(path, child.name), child);
}

inline void write_file(const std::shared_ptr<store::Store>& store, const GroupBuilder& root,
                       const ZarrWriteOptions& options = {}) {
  const auto writer = make_zarr_writer(store, options);
  writer->write_tree(root);
  write_below(*writer, "/", root);
  writer->finish();
}

inline std::shared_ptr<store::MemoryStore> written(const GroupBuilder& root,
                                                   const ZarrWriteOptions& options = {}) {
  auto store = std::make_shared<store::MemoryStore>();
  write_file(store, root, options);
  return store;
}

/// One new row of the scene's table.
inline std::vector<ColumnRows> one_row() {
  return {{"name", {std::vector<Value>{"third, with µ"}}},
          {"spikes", {std::vector<Value>{Value(List{3.5, 4.5})}}},
          {"deep", {std::vector<Value>{Value(List{List{4}, List{}, List{5, 6}})}}},
          {"where", {std::vector<Value>{2}}},
          {"kind", {std::vector<Value>{1}}},
          {"pixels", {std::vector<Value>{Value(List{List{9, 10}, List{11, 12}})}}},
          {"when", {std::vector<Value>{Value(List{4, 1, to("/acquisition/ts")})}}},
          {"event", {std::vector<Value>{Value(List{2.5, "a longer note"})}}},
          {"place", {std::vector<Value>{to("/acquisition/second")}}}};
}

/// All values of a dataset as text, to compare.
inline std::string shown(const DatasetBuilder& dataset) {
  if (const ArraySource* array = dataset.array()) {
    Bytes bytes(
        static_cast<std::size_t>(element_count(array->info().shape) * array->info().type.size));
    array->read(Region::all(array->info().shape), bytes);
    return typestr(array->info().type) + to_string(array->info().shape) + to_base64(bytes);
  }
  std::string text = to_string(dataset.shape());
  for (const Value& value : dataset.objects()->read(Region::all(dataset.shape()))) {
    const std::function<void(const Value&)> show = [&](const Value& item) {
      if (item.is<List>()) {
        text += "[";
        for (const Value& each : item.as<List>()) show(each);
        text += "]";
      } else if (item.is<Reference>()) {
        const Reference& reference = item.as<Reference>();
        text += "ref(" + reference.path + "," + reference.object_id.value_or("-") + "," +
                reference.source_object_id.value_or("-") + ")";
      } else if (item.is<std::string>()) {
        text += "'" + item.as<std::string>() + "'";
      } else if (item.is<double>()) {
        text += python_float(item.as<double>()) + " ";
      } else if (item.is<std::int64_t>()) {
        text += std::to_string(item.as<std::int64_t>()) + " ";
      } else if (item.is<std::uint64_t>()) {
        text += std::to_string(item.as<std::uint64_t>()) + " ";
      } else {
        text += "? ";
      }
    };
    show(value);
  }
  return text;
}

template <typename T>
std::vector<T> elements(const GroupBuilder& root, const std::string& path) {
  const DatasetBuilder* dataset = root.find_dataset(path);
  EXPECT_NE(dataset, nullptr) << path;
  if (!dataset || !dataset->array()) return {};
  const ArrayInfo& info = dataset->array()->info();
  EXPECT_EQ(typestr(info.type), typestr(data_type_of<T>())) << path;
  std::vector<T> values(static_cast<std::size_t>(element_count(info.shape)));
  dataset->array()->read(Region::all(info.shape), std::as_writable_bytes(std::span(values)));
  return values;
}

inline GroupBuilder read(const std::shared_ptr<store::Store>& store) {
  return open_zarr_reader(store)->read_tree();
}

inline AppendOptions options() {
  AppendOptions options;
  options.sync = false;
  options.new_object_id = [n = 0]() mutable { return "new-" + std::to_string(n++); };
  return options;
}

}  // namespace engram::backend::testing_append

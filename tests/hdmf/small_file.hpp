#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <cstdint>
#include <functional>
#include <memory>
#include <ostream>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "engram/hdmf/make.hpp"
#include "engram/hdmf/namespace_catalog.hpp"
#include "engram/hdmf/validate.hpp"
#include "testing/fake_sources.hpp"

/// A small schema and a file without faults, to plant some in.
namespace engram::hdmf::small_file {

using testing::dataset_of;
using testing::fake_array;
using testing::FakeObjects;
using testing::text_of;

inline constexpr const char* kSchema = R"(
datasets:
- {data_type_def: Data}
- {data_type_def: Column, data_type_inc: Data, attributes: [{name: description, dtype: text}]}
- {data_type_def: Index, data_type_inc: Column, dtype: uint8, shape: [null],
   attributes: [{name: target, dtype: {target_type: Column, reftype: object}}]}
- {data_type_def: Ids, data_type_inc: Data, dtype: int, shape: [null]}
groups:
- {data_type_def: Container}
- {data_type_def: Device, data_type_inc: Container}
- data_type_def: Series
  data_type_inc: Container
  attributes: [{name: description, dtype: text}, {name: rate, dtype: float32, required: false},
               {name: count, dtype: uint8, required: false}, {name: offset, dtype: int32, required: false},
               {name: is_good, dtype: bool, required: false}, {name: tags, dtype: text, shape: [null], required: false},
               {name: pair, dtype: numeric, shape: [2], required: false}, {name: made, dtype: isodatetime, required: false},
               {name: code, dtype: ascii, required: false},
               {name: device, dtype: {target_type: Device, reftype: object}, required: false}]
  datasets:
  - {name: data, dtype: numeric, shape: [[null], [null, 3]], attributes: [{name: unit, dtype: text, value: volts}]}
  - {name: times, dtype: float64, shape: [null], quantity: '?'}
- {data_type_def: SpecialSeries, data_type_inc: Series, datasets: [{name: data, dtype: int16}]}
- data_type_def: Table
  data_type_inc: Container
  attributes: [{name: colnames, dtype: text, shape: [null]}]
  datasets: [{name: id, data_type_inc: Ids}, {data_type_inc: Column, quantity: '*'}]
- data_type_def: File
  data_type_inc: Container
  name: root
  datasets:
  - {name: identifier, dtype: text}
  - {name: start, dtype: isodatetime}
  - {name: created, dtype: isodatetime, shape: [null]}
  - {name: label, dtype: ascii, quantity: '?'}
  - {name: flag, dtype: bool, quantity: '?'}
  - {name: mask, shape: [null], quantity: '?', dtype: [{name: x, dtype: uint32}, {name: w, dtype: float32}]}
  - {name: order, dtype: {target_type: Series, reftype: object}, shape: [null], quantity: '?'}
  - {name: rows, shape: [null], quantity: '?', dtype: [{name: n, dtype: int}, {name: s, dtype: {target_type: Series, reftype: object}}]}
  groups:
  - {name: acquisition, groups: [{data_type_inc: Series, quantity: '*'}, {data_type_inc: Table, quantity: '*'}]}
  - {name: devices, groups: [{data_type_inc: Device, quantity: '+'}]}
  - {name: pair, quantity: '?', groups: [{data_type_inc: Device, quantity: 2}]}
  - {name: owned, data_type_inc: Container, quantity: '?', linkable: false}
  links: [{name: main, target_type: Series}]
)";

class Schema final : public SpecSource {
 public:
  const std::string& description() const override { return description_; }
  Json namespaces() const override {
    return parse_yaml("namespaces: [{name: n, version: 1.0.0, schema: [{source: s}]}]");
  }
  Json schema(const std::string&) const override { return parse_yaml(kSchema); }

 private:
  std::string description_ = "memory";
};

inline const NamespaceCatalog& catalog() {
  static const NamespaceCatalog kCatalog = NamespaceCatalog::load(
      std::vector<std::shared_ptr<const SpecSource>>{std::make_shared<Schema>()});
  return kCatalog;
}

inline void give_type(Attributes& attributes, const char* type) {
  static int next = 0;
  attributes.set("namespace", "n");
  attributes.set("neurodata_type", type);
  std::string id = std::to_string(100'000'000'000 + next++);
  attributes.set("object_id", "01234567-89ab-4cde-8f01-" + id);
}

template <typename T>
DatasetBuilder column(std::string name, const char* type, DataType element,
                      const std::vector<T>& values) {
  DatasetBuilder out =
      dataset_of(std::move(name), fake_array<T>(std::move(element), Shape{values.size()}, values));
  give_type(out.attributes, type);
  if (std::string_view(type) != "Ids") out.attributes.set("description", "d");
  return out;
}

inline Reference to(const char* path) { return Reference{".", path, {}, {}}; }

inline GroupBuilder series(std::string name) {
  GroupBuilder out;
  out.name = std::move(name);
  give_type(out.attributes, "Series");
  out.attributes.set("description", "d");
  out.datasets.push_back(
      dataset_of("data", fake_array<std::int16_t>(DataType::integer(2), {4}, {1, 2, 3, 4})));
  out.datasets.back().attributes.set("unit", "volts");
  return out;
}

inline GroupBuilder table() {
  GroupBuilder out;
  out.name = "table";
  give_type(out.attributes, "Table");
  out.attributes.set("colnames", List{"spikes", "depth"});
  out.datasets.push_back(column<std::int32_t>("id", "Ids", DataType::integer(4), {0, 1, 2}));
  out.datasets.push_back(
      column<double>("spikes", "Column", DataType::floating(8), {.1, .2, .3, .4, .5}));
  out.datasets.push_back(
      column<std::uint8_t>("spikes_index", "Index", DataType::unsigned_integer(1), {2, 2, 5}));
  out.datasets.back().attributes.set("target", to("/acquisition/table/spikes"));
  out.datasets.push_back(column<double>("depth", "Column", DataType::floating(8), {1, 2, 3}));
  return out;
}

inline GroupBuilder device(std::string name) {
  GroupBuilder out;
  out.name = std::move(name);
  give_type(out.attributes, "Device");
  return out;
}

inline GroupBuilder file() {
  GroupBuilder root;
  root.name = "root";
  give_type(root.attributes, "File");
  root.datasets.push_back(text_of("identifier", "x"));
  root.datasets.push_back(text_of("start", "2024-01-02T03:04:05+01:00"));
  root.datasets.push_back(
      dataset_of("created", testing::text_type(), {1}, {Value("2024-01-02T03:04:05.123Z")}));
  GroupBuilder acquisition;
  acquisition.name = "acquisition";
  acquisition.groups.push_back(series("a"));
  acquisition.groups.push_back(table());
  root.groups.push_back(std::move(acquisition));
  GroupBuilder devices;
  devices.name = "devices";
  devices.groups.push_back(device("probe"));
  root.groups.push_back(std::move(devices));
  root.links.push_back({"main", ".", "/acquisition/a"});
  return root;
}

inline std::vector<Finding> all_findings(const GroupBuilder& root) {
  std::vector<Finding> all = validate(root, catalog());
  for (Finding& finding : check_model(root)) all.push_back(std::move(finding));
  return all;
}

inline std::string show(const std::vector<Finding>& findings) {
  std::string out;
  for (const Finding& one : findings)
    out += std::string(to_string(one.severity)) + " " + std::string(to_string(one.kind)) + " " +
           one.path + " " + one.text + " [" + one.spec + "]\n";
  return out;
}

inline GroupBuilder& acquisition(GroupBuilder& root) { return root.groups[0]; }
inline GroupBuilder& a(GroupBuilder& root) { return acquisition(root).groups[0]; }
inline GroupBuilder& table_of(GroupBuilder& root) { return acquisition(root).groups[1]; }
inline DatasetBuilder& data(GroupBuilder& root) { return a(root).datasets[0]; }

inline void replace(DatasetBuilder& old, DatasetBuilder with) {
  with.attributes = old.attributes;
  old = std::move(with);
}

/// What a fault must lead to: a finding of this kind at this path, whose text has `part` in it.
struct Fault {
  const char* name;
  std::function<void(GroupBuilder&)> plant;
  Finding::Severity severity;
  Finding::Kind kind;
  const char* path;
  const char* part;

  friend std::ostream& operator<<(std::ostream& out, const Fault& fault) {
    return out << fault.name;
  }
};

/// Plants `fault` in a good file and expects that it is found.
inline void expect_found(const Fault& fault) {
  GroupBuilder root = file();
  fault.plant(root);
  const std::vector<Finding> findings = all_findings(root);
  const auto found = std::find_if(findings.begin(), findings.end(), [&fault](const Finding& one) {
    return one.kind == fault.kind && one.path == fault.path &&
           one.text.find(fault.part) != std::string::npos;
  });
  ASSERT_NE(found, findings.end()) << show(findings);
  EXPECT_EQ(to_string(found->severity), to_string(fault.severity));
}

inline constexpr auto kError = Finding::Severity::error;
inline constexpr auto kWarning = Finding::Severity::warning;
using K = Finding::Kind;

}  // namespace engram::hdmf::small_file

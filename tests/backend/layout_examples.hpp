#pragma once

#include <map>
#include <memory>
#include <string>

#include "engram/backend/open.hpp"
#include "engram/store/memory_store.hpp"
#include "testing/fake_sources.hpp"

/// The tree that specs/zarr-layout.md shows, piece by piece.
namespace engram::backend {

inline hdmf::Reference example_reference(std::string path) {
  hdmf::Reference reference;
  reference.path = std::move(path);
  reference.object_id = "7ab9";
  reference.source_object_id = "e18e";
  return reference;
}

inline hdmf::GroupBuilder example_tree() {
  using hdmf::List;
  using hdmf::Null;
  using hdmf::ObjectType;
  using hdmf::Value;
  using testing::attributes_of;
  using testing::dataset_of;
  using testing::fake_array;
  using testing::number_type;
  using testing::object_type;
  using testing::record_type;
  using testing::sequence_type;
  using testing::text_of;
  using testing::text_type;
  const auto integer = [](std::int64_t value) { return Value(value); };

  hdmf::GroupBuilder es;
  es.name = "es";
  es.attributes = attributes_of({{"neurodata_type", "ElectricalSeries"}, {"object_id", "7ab9"}});
  es.datasets.push_back(
      dataset_of("data",
                 fake_array<std::int16_t>(DataType::integer(2), {5, 2},
                                          {1, 2, 3, 4, 5, 6, 7, 8, 9, 10}, {3, 2}),
                 attributes_of({{"conversion", 4.7e-06}, {"unit", "volts"}})));
  es.datasets.push_back(
      dataset_of("rate", fake_array<double>(DataType::floating(8), {}, {30000.0})));
  es.datasets.push_back(dataset_of("electrodes",
                                   fake_array<std::int32_t>(DataType::integer(4), {2}, {0, 1}),
                                   attributes_of({{"table", example_reference("/electrodes")}})));
  hdmf::GroupBuilder lfp;
  lfp.name = "lfp";
  lfp.attributes = attributes_of({{"neurodata_type", "ElectricalSeries"}});
  lfp.links.push_back({"data", ".", "/acquisition/es/data"});

  hdmf::GroupBuilder acquisition;
  acquisition.name = "acquisition";
  acquisition.groups = {es, lfp};

  hdmf::GroupBuilder kinds;
  kinds.name = "kinds";
  const hdmf::RegionReference region{example_reference("/acquisition/es/data"),
                                     {Region{{0, 0}, {2, 1}}, Region{{4, 1}, {1, 1}}}};
  kinds.attributes = attributes_of({{"impedance", std::complex<double>(1.0, -2.5)},
                                    {"latin1", "\xb5V"},
                                    {"limits", List{Value(-1.0), Value(1e16)}},
                                    {"nothing", Null{}},
                                    {"region", region},
                                    {"tag", Bytes(3)},
                                    {"targets", List{Value(example_reference("/electrodes"))}}});
  kinds.datasets.push_back(text_of("identifier", "session 1"));
  kinds.datasets.push_back(dataset_of("labels", text_type(), {2}, {"id1", "\u00b5V"}));
  kinds.datasets.push_back(
      dataset_of("keywords", text_type(ObjectType::Charset::ascii), {2}, {"ecephys", "rat"}));
  kinds.datasets.push_back(dataset_of("groups", object_type(ObjectType::Kind::reference), {2},
                                      {example_reference("/acquisition/es"), Null{}}));
  kinds.datasets.push_back(
      dataset_of("regions", object_type(ObjectType::Kind::region_reference), {1}, {region}));
  kinds.datasets.push_back(dataset_of(
      "timeseries",
      record_type({{"idx_start", number_type(DataType::integer(4))},
                   {"count", number_type(DataType::integer(4))},
                   {"timeseries", object_type(ObjectType::Kind::reference)}}),
      {1}, {Value(List{integer(0), integer(300), Value(example_reference("/acquisition/es"))})}));
  kinds.datasets.push_back(dataset_of(
      "events", record_type({{"time", number_type(DataType::floating(4))}, {"name", text_type()}}),
      {2}, {List{Value(0.5), Value("lick")}, List{Value(1.5), Value("go")}}));
  kinds.datasets.push_back(dataset_of(
      "pixels",
      fake_array<std::uint16_t>(DataType::structured({{"x", DataType::unsigned_integer(2), {}, 0},
                                                      {"y", DataType::unsigned_integer(2), {}, 0}}),
                                {1}, {3, 4})));
  kinds.datasets.push_back(dataset_of("spikes", sequence_type(number_type(DataType::integer(4))),
                                      {2}, {List{integer(1), integer(2)}, List{}}));
  kinds.datasets.push_back(
      dataset_of("words", sequence_type(text_type()), {1}, {Value(List{Value("a"), Value("b")})}));
  auto state =
      dataset_of("state", fake_array<std::uint8_t>(DataType::unsigned_integer(1), {2}, {1, 2}));
  state.enumeration = {{"REST", 1}, {"RUN", 2}};
  kinds.datasets.push_back(state);
  auto nothing = dataset_of("nothing", fake_array<float>(DataType::floating(4), {0}, {}));
  nothing.is_null = true;
  kinds.datasets.push_back(nothing);

  hdmf::GroupBuilder electrodes;
  electrodes.name = "electrodes";
  electrodes.attributes = attributes_of({{"neurodata_type", "DynamicTable"}});

  hdmf::GroupBuilder version, space, specifications;
  version.name = "0.1.0";
  version.datasets.push_back(text_of("namespace", R"({"namespaces":[{"name":"ndx-example"}]})"));
  space.name = "ndx-example";
  space.groups.push_back(version);
  specifications.name = "specifications";
  specifications.groups.push_back(space);

  hdmf::GroupBuilder root;
  root.attributes = attributes_of({{".specloc", example_reference("/specifications")},
                                   {"neurodata_type", "NWBFile"},
                                   {"nwb_version", "2.8.0"},
                                   {"object_id", "e18e"}});
  root.groups = {acquisition, electrodes, kinds, specifications};
  return root;
}

/// The stores of the examples by name: "default", "portable", "exact".
inline std::map<std::string, std::shared_ptr<store::MemoryStore>> example_stores() {
  std::map<std::string, std::shared_ptr<store::MemoryStore>> stores;
  for (const char* name : {"default", "portable", "exact"}) {
    ZarrWriteOptions options;
    if (std::string(name) == "portable") options.compat = Compat::portable;
    if (std::string(name) == "exact") options.text = TextForm::exact;
    stores[name] = std::make_shared<store::MemoryStore>();
    testing::write_all(*make_zarr_writer(stores[name], options), example_tree(),
                       {{"zstd", {{"level", 3}}}});
  }
  return stores;
}

}  // namespace engram::backend

// Writes NWB stores for the interop tests through engram's public headers only.
//
// engram_write_tool copy SOURCE TARGET [link_data]: reads SOURCE, brings every value into memory
//   (but with link_data, where values are linked), and writes what is there to TARGET. Prints the
//   report.
// engram_write_tool session TARGET SCHEMA: writes a session that was made of nothing. SCHEMA is the
//   directory of an installed pynwb.
#include <fmt/format.h>

#include <cmath>
#include <cstdint>
#include <iostream>
#include <string>
#include <vector>

#include "engram/base/error.hpp"
#include "engram/hdmf/make.hpp"
#include "engram/write.hpp"

namespace {

using namespace engram;        // NOLINT(google-build-using-namespace)
using namespace engram::hdmf;  // NOLINT(google-build-using-namespace)

constexpr std::uint64_t kMemory = 2ULL << 30;

int copy(const std::string& source, const std::string& target, bool link_data) {
  GroupBuilder tree;
  std::vector<backend::Notice> notices;
  {
    const auto reader = backend::open_reader(source);
    tree = reader->read_tree();
    notices = reader->notices();
  }
  if (!link_data) load_values(tree, kMemory);
  WriteOptions options;
  options.link_data = link_data;
  options.object_ids = false;  // So that the result can be the same as the source.
  ConvertReport report = write(tree, target, options);
  report.notices.insert(report.notices.begin(), notices.begin(), notices.end());
  std::cout << dump_json(to_json(report), JsonStyle::line) << '\n';
  return 0;
}

DatasetBuilder column(DatasetBuilder dataset, const char* type, const char* description) {
  dataset = make_object(std::move(dataset), "hdmf-common", type);
  dataset.attributes.set("description", description);
  return dataset;
}

GroupBuilder table(const char* name, const char* name_space, const char* type,
                   std::vector<std::string> columns, std::uint64_t rows) {
  GroupBuilder group = make_object(name, name_space, type);
  group.attributes.set("description", fmt::format("the {}", name));
  List names;
  for (std::string& one : columns) names.emplace_back(std::move(one));
  group.attributes.set("colnames", std::move(names));
  std::vector<std::int64_t> ids;
  for (std::uint64_t i = 0; i < rows; ++i) ids.push_back(static_cast<std::int64_t>(i));
  add(group, make_object(make_dataset("id", ids), "hdmf-common", "ElementIdentifiers"));
  return group;
}

void add_subject(GroupBuilder& root) {
  GroupBuilder& subject =
      add(require_group(root, "general"), make_object("subject", "core", "Subject"));
  add(subject, make_scalar("subject_id", "m1"));
  add(subject, make_scalar("species", "Mus musculus"));
  add(subject, make_scalar("sex", "F"));
  DatasetBuilder& age = add(subject, make_scalar("age", "P90D"));
  age.attributes.set("reference", "birth");
}

void add_electrodes(GroupBuilder& root) {
  GroupBuilder device = make_object("probe", "core", "Device");
  device.attributes.set("description", "a probe");
  add(require_group(root, "general/devices"), std::move(device));

  GroupBuilder& ephys = require_group(root, "general/extracellular_ephys");
  GroupBuilder shank = make_object("shank", "core", "ElectrodeGroup");
  shank.attributes.set("description", "the only shank");
  shank.attributes.set("location", "CA1");
  add_link(shank, "device", "/general/devices/probe");
  add(ephys, std::move(shank));

  GroupBuilder electrodes = table("electrodes", "hdmf-common", "DynamicTable",
                                  {"location", "group", "group_name", "depth"}, 4);
  add(electrodes,
      column(make_dataset("location", std::vector<std::string>(4, "CA1")), "VectorData", "where"));
  const auto shank_reference = reference_to("/general/extracellular_ephys/shank");
  add(electrodes, column(make_dataset("group", std::vector<Reference>(4, shank_reference)),
                         "VectorData", "on what"));
  add(electrodes, column(make_dataset("group_name", std::vector<std::string>(4, "shank")),
                         "VectorData", "its name"));
  add(electrodes, column(make_dataset("depth", std::vector<double>{10, 20, 30, 40}), "VectorData",
                         "micrometres"));
  add(ephys, std::move(electrodes));
}

void add_series(GroupBuilder& root) {
  std::vector<std::int16_t> samples;
  for (int i = 0; i < 300; ++i) samples.push_back(static_cast<std::int16_t>(i % 17 - 8));
  GroupBuilder series = make_object("voltage", "core", "ElectricalSeries");
  series.attributes.set("description", "what the electrodes saw");
  series.attributes.set("comments", "none");
  DatasetBuilder& data = add(series, make_dataset("data", samples, {100, 3}, {50, 3}));
  data.attributes.set("unit", "volts");
  data.attributes.set("conversion", 1e-6);
  data.attributes.set("offset", 0.0);
  data.attributes.set("resolution", -1.0);
  DatasetBuilder& start = add(series, make_scalar("starting_time", 0.5));
  start.attributes.set("rate", 1000.0F);
  start.attributes.set("unit", "seconds");
  DatasetBuilder region = column(make_dataset("electrodes", std::vector<std::int32_t>{0, 2, 3}),
                                 "DynamicTableRegion", "those that were on");
  region.attributes.set("table", reference_to("/general/extracellular_ephys/electrodes"));
  add(series, std::move(region));
  add(require_group(root, "acquisition"), std::move(series));
}

void add_units(GroupBuilder& root) {
  GroupBuilder units =
      table("units", "core", "Units", {"spike_times", "obs_intervals", "electrodes", "quality"}, 3);
  add(units, column(make_dataset("spike_times", std::vector<double>{.1, .2, .3, 1.5, 2.5, 4.}),
                    "VectorData", "when"))
      .attributes.set("resolution", 0.001);
  DatasetBuilder index =
      column(make_dataset("spike_times_index", std::vector<std::uint8_t>{3, 3, 6}), "VectorIndex",
             "whose");
  index.attributes.set("target", reference_to("/units/spike_times"));
  add(units, std::move(index));
  add(units, column(make_dataset("obs_intervals", std::vector<double>{0, 1, 2, 3, 0, 5}, {3, 2}),
                    "VectorData", "when it was looked at"));
  index = column(make_dataset("obs_intervals_index", std::vector<std::uint8_t>{1, 2, 3}),
                 "VectorIndex", "whose");
  index.attributes.set("target", reference_to("/units/obs_intervals"));
  add(units, std::move(index));
  DatasetBuilder electrodes = column(make_dataset("electrodes", std::vector<std::int32_t>{0, 1, 3}),
                                     "DynamicTableRegion", "on which");
  electrodes.attributes.set("table", reference_to("/general/extracellular_ephys/electrodes"));
  add(units, std::move(electrodes));
  index = column(make_dataset("electrodes_index", std::vector<std::uint8_t>{1, 2, 3}),
                 "VectorIndex", "whose");
  index.attributes.set("target", reference_to("/units/electrodes"));
  add(units, std::move(index));
  add(units, column(make_dataset("quality", std::vector<std::string>{"good", "\u00b5ltra", ""}),
                    "VectorData", "how good"));
  add(root, std::move(units));
}

void add_trials(GroupBuilder& root) {
  GroupBuilder trials = table("trials", "core", "TimeIntervals",
                              {"start_time", "stop_time", "timeseries", "correct"}, 2);
  add(trials,
      column(make_dataset("start_time", std::vector<double>{0.5, 0.55}), "VectorData", "s"));
  add(trials, column(make_dataset("stop_time", std::vector<double>{0.55, 0.6}), "VectorData", "s"));
  const Reference voltage = reference_to("/acquisition/voltage");
  DatasetBuilder parts = make_dataset("timeseries",
                                      record_type({number_field<std::int32_t>("idx_start"),
                                                   number_field<std::int32_t>("count"),
                                                   {"timeseries", reference_type()}}),
                                      {List{0, 50, voltage}, List{50, 50, voltage}}, {2});
  parts = make_object(std::move(parts), "core", "TimeSeriesReferenceVectorData");
  parts.attributes.set("description", "what was recorded");
  add(trials, std::move(parts));
  DatasetBuilder index = column(make_dataset("timeseries_index", std::vector<std::uint8_t>{1, 2}),
                                "VectorIndex", "whose");
  index.attributes.set("target", reference_to("/intervals/trials/timeseries"));
  add(trials, std::move(index));
  add(trials, column(make_dataset("correct", std::vector<bool>{true, false}), "VectorData", "?"));
  add(require_group(root, "intervals"), std::move(trials));
}

void add_processing(GroupBuilder& root) {
  GroupBuilder module = make_object("ecephys", "core", "ProcessingModule");
  module.attributes.set("description", "made of it");
  GroupBuilder smooth = make_object("smooth", "core", "TimeSeries");
  smooth.attributes.set("description", "smoothed");
  smooth.attributes.set("comments", "none");
  DatasetBuilder& data =
      add(smooth, make_dataset("data", std::vector<float>{0.25F, NAN, -1.5F, 3e7F}));
  data.attributes.set("unit", "volts");
  data.attributes.set("conversion", 1.0);
  data.attributes.set("offset", 0.0);
  data.attributes.set("resolution", -1.0);
  DatasetBuilder& times =
      add(smooth, make_dataset("timestamps", std::vector<double>{0.5, 0.51, 0.53, 0.6}));
  times.attributes.set("interval", 1);
  times.attributes.set("unit", "seconds");
  GroupBuilder shared = smooth;
  shared.name = "same_times";
  shared.datasets.pop_back();
  add_link(shared, "timestamps", "/processing/ecephys/smooth/timestamps");
  add(module, std::move(smooth));
  add(module, std::move(shared));
  add(require_group(root, "processing"), std::move(module));
}

GroupBuilder session() {
  GroupBuilder root = make_object("root", "core", "NWBFile");
  root.attributes.set("nwb_version", "2.11.0");
  add(root, make_scalar("identifier", "made-in-memory"));
  add(root, make_scalar("session_description", "nothing happened, and it was recorded"));
  add(root, make_scalar("session_start_time", "2026-11-28T09:00:00+01:00"));
  add(root, make_scalar("timestamps_reference_time", "2026-11-28T09:00:00+01:00"));
  add(root, make_dataset("file_create_date",
                         std::vector<std::string>{"2026-11-28T10:00:00.000000+01:00"}));
  for (const char* name : {"acquisition", "analysis", "processing", "scratch", "general"})
    require_group(root, name);
  require_group(root, "stimulus/presentation");
  require_group(root, "stimulus/templates");
  add_subject(root);
  add_electrodes(root);
  add_series(root);
  add_units(root);
  add_trials(root);
  add_processing(root);
  add_link(require_group(root, "stimulus/presentation"), "voltage", "/acquisition/voltage");
  return root;
}

int make_session(const std::string& target, const std::string& schema) {
  WriteOptions options;
  options.namespaces = spec_files(schema);
  const ConvertReport report = write(session(), target, options);
  std::cout << dump_json(to_json(report), JsonStyle::line) << '\n';
  return 0;
}

}  // namespace

int main(int argc, char** argv) try {
  const std::vector<std::string> arguments(argv + 1, argv + argc);
  if (arguments.size() >= 3 && arguments[0] == "copy")
    return copy(arguments[1], arguments[2], arguments.size() == 4);
  if (arguments.size() == 3 && arguments[0] == "session")
    return make_session(arguments[1], arguments[2]);
  std::cerr << "usage: engram_write_tool copy SOURCE TARGET [link_data] | session TARGET SCHEMA\n";
  return 2;
} catch (const engram::Error& error) {
  std::cerr << error.what() << '\n';
  return static_cast<int>(error.code());
} catch (const std::exception& error) {
  std::cerr << error.what() << '\n';
  return 70;
}

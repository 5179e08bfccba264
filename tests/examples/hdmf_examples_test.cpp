// The examples of docs/hdmf.md, compiled and run. What stands between "// [NAME]" and "// [end]"
// is the code of the page's example NAME; the last test holds the page to it.

#include <gtest/gtest.h>

#include <filesystem>
#include <iostream>
#include <map>
#include <sstream>
#include <string>
#include <vector>

#include "engram/backend/open.hpp"
#include "engram/backend/open_file.hpp"
#include "engram/base/error.hpp"
#include "engram/store/directory_store.hpp"
#include "testing/example_page.hpp"
#include "testing/fake_sources.hpp"
#include "testing/temp_dir.hpp"

namespace {

using namespace engram;  // NOLINT(google-build-using-namespace): the page says so once.

using engram::testing::dataset_of;
using engram::testing::fake_array;
using engram::testing::text_of;

void write(const std::string& path, const hdmf::GroupBuilder& root) {
  using store::DirectoryStore;
  auto made = std::make_shared<DirectoryStore>(path, DirectoryStore::Mode::create);
  engram::testing::write_all(*backend::make_zarr_writer(made, {}), root);
}

void give_type(hdmf::Attributes& attributes, const char* type, const char* id) {
  attributes.set("namespace", "lab");
  attributes.set("neurodata_type", type);
  attributes.set("object_id", id);
}

hdmf::GroupBuilder group_of(const char* name) {
  hdmf::GroupBuilder group;
  group.name = name;
  return group;
}

hdmf::GroupBuilder series(const char* name, const char* type, const char* id) {
  hdmf::GroupBuilder group = group_of(name);
  give_type(group.attributes, type, id);
  group.datasets.push_back(dataset_of(
      "data", fake_array<std::int16_t>(DataType::integer(2), {4, 2}, {1, 2, 3, 4, 5, 6, 7, 8})));
  group.datasets.back().attributes.set("unit", "volts");
  return group;
}

// A session as the page's examples have it, and a store beside it that it links to.
class HdmfExamples : public ::testing::Test {
 protected:
  void SetUp() override {
    using hdmf::Value;
    hdmf::GroupBuilder root = group_of("");
    give_type(root.attributes, "Session", "root-id");
    root.datasets.push_back(text_of("identifier", "M12-3"));
    hdmf::GroupBuilder acquisition = group_of("acquisition");
    acquisition.groups.push_back(series("probe", "ElectricalSeries", "probe-id"));
    acquisition.links.push_back({"raw", "../raw.nwb.zarr", "/acquisition/raw"});
    acquisition.links.push_back({"lost", "../gone.nwb.zarr", "/acquisition/raw"});
    root.groups.push_back(std::move(acquisition));
    hdmf::GroupBuilder trials = group_of("trials");
    const hdmf::Reference to_probe{".", "/acquisition/probe", "probe-id", "root-id"};
    hdmf::ObjectType row = engram::testing::object_type(hdmf::ObjectType::Kind::record);
    row.fields = {{"idx_start", engram::testing::number_type(DataType::integer(4))},
                  {"count", engram::testing::number_type(DataType::integer(4))},
                  {"timeseries", engram::testing::object_type(hdmf::ObjectType::Kind::reference)}};
    trials.datasets.push_back(
        dataset_of("timeseries", row, {2},
                   {Value(hdmf::List{0, 2, to_probe}), Value(hdmf::List{2, 2, to_probe})}));
    trials.datasets.push_back(
        dataset_of("group", engram::testing::object_type(hdmf::ObjectType::Kind::reference), {2},
                   {Value(to_probe), Value(hdmf::Null{})}));
    trials.attributes.set("good",
                          hdmf::RegionReference{{".", "/acquisition/probe/data", {}, {}},
                                                {Region{{0, 0}, {1, 2}}, Region{{3, 0}, {1, 2}}}});
    trials.attributes.set("series", to_probe);
    root.groups.push_back(std::move(trials));
    root.groups.push_back(schema());
    write(path_, root);

    hdmf::GroupBuilder raw = group_of(""), in = group_of("acquisition");
    in.groups.push_back(series("raw", "TimeSeries", "raw-id"));
    raw.groups.push_back(std::move(in));
    write(dir_ / "raw.nwb.zarr", raw);
  }

  // A namespace "lab", in which an ElectricalSeries is a TimeSeries.
  static hdmf::GroupBuilder schema() {
    hdmf::GroupBuilder version = group_of("1.0.0"), lab = group_of("lab");
    version.datasets.push_back(text_of(
        "namespace",
        R"({"namespaces": [{"name": "lab", "version": "1.0.0", "schema": [{"source": "types"}]}]})"));
    version.datasets.push_back(text_of(
        "types", R"({"groups": [{"data_type_def": "TimeSeries"}, {"data_type_def": "Session"},
                     {"data_type_def": "ElectricalSeries", "data_type_inc": "TimeSeries"}]})"));
    lab.groups.push_back(std::move(version));
    hdmf::GroupBuilder all = group_of("specifications");
    all.groups.push_back(std::move(lab));
    return all;
  }

  const engram::testing::TempDir dir_;
  const std::string path_ = dir_ / "session.nwb.zarr";
};

TEST_F(HdmfExamples, OpenAndLookAround) {
  const std::string path = path_;
  std::ostringstream out;
  // [open]
  const hdmf::File file = hdmf::open(path);  // Or "session.nwb", or "https://.../session.nwb.zarr".

  for (const hdmf::Object& child : file.at("/acquisition").children())
    out << child.name() << " " << child.neurodata_type().value_or("-") << "\n";

  const hdmf::Object data = file.at("/acquisition/probe/data");
  const Shape& shape = data.shape();                    // (4, 2)
  const DataType type = data.element_type().type;       // int16
  const auto unit = data.attributes().text("unit");     // "volts"
  const auto missing = file.find("/acquisition/none");  // nullopt: at() would throw.
  const auto name = file.at("/identifier").read_scalar<std::string>();
  // [end]
  EXPECT_EQ(out.str(), "probe ElectricalSeries\nraw TimeSeries\n");
  EXPECT_EQ(shape, (Shape{4, 2}));
  EXPECT_EQ(type, DataType::integer(2));
  EXPECT_EQ(unit, "volts");
  EXPECT_EQ(missing, std::nullopt);
  EXPECT_EQ(name, "M12-3");
}

TEST_F(HdmfExamples, Search) {
  const hdmf::File file = hdmf::open(path_);
  // [search]
  const std::vector<hdmf::Object> series =
      file.find_by_type("TimeSeries");  // ElectricalSeries too.
  const std::vector<hdmf::Object> all = file.find_by_type("TimeSeries", hdmf::Scope::linked);
  const std::optional<hdmf::Object> probe = file.find_by_id("probe-id");
  const bool is_series = probe->is_a("TimeSeries");
  // [end]
  ASSERT_EQ(series.size(), 1U);
  EXPECT_EQ(series[0].path(), "/acquisition/probe");
  EXPECT_EQ(all.size(), 2U) << "and what links to other files lead to";
  EXPECT_EQ(probe, series[0]);
  EXPECT_TRUE(is_series);
}

TEST_F(HdmfExamples, Read) {
  const hdmf::File file = hdmf::open(path_);
  // [read]
  const hdmf::Object data = file.at("/acquisition/probe/data");
  const auto second = data.read<std::int16_t>({{1, 0}, {2, 2}});  // Rows 1 and 2: 3, 4, 5, 6.
  const auto volts = data.read<double>({{0, 1}, {4, 1}});         // Column 1: 2, 4, 6, 8.

  std::vector<float> into(2);
  data.read<float>({{3, 0}, {1, 2}}, into);
  // [end]
  EXPECT_EQ(second, (std::vector<std::int16_t>{3, 4, 5, 6}));
  EXPECT_EQ(volts, (std::vector<double>{2, 4, 6, 8}));
  EXPECT_EQ(into, (std::vector<float>{7, 8}));
}

TEST_F(HdmfExamples, Records) {
  const hdmf::File file = hdmf::open(path_);
  std::vector<std::string> seen;
  // [records]
  for (const hdmf::Value& row : file.at("/trials/timeseries").values()) {
    std::int64_t count = 0;
    std::optional<hdmf::Object> series;
    for (const auto& [field, value] : row.as<hdmf::Record>()) {
      if (field == "count") count = value.as<std::int64_t>();
      if (field == "timeseries" && value.is<hdmf::Reference>())
        series = file.resolve(value.as<hdmf::Reference>());
    }
    seen.push_back(std::to_string(count) + " of " + series->path());
  }
  // [end]
  EXPECT_EQ(seen, (std::vector<std::string>{"2 of /acquisition/probe", "2 of /acquisition/probe"}));
}

TEST_F(HdmfExamples, References) {
  const hdmf::File file = hdmf::open(path_);
  // [references]
  const std::optional<hdmf::Object> series = file.at("/trials").target("series");

  const std::vector<std::optional<hdmf::Object>> groups = file.at("/trials/group").targets();
  // groups[0] is the probe; groups[1] is nullopt: that reference is null.
  // [end]
  EXPECT_EQ(series->path(), "/acquisition/probe");
  EXPECT_EQ(groups[0], series);
  EXPECT_EQ(groups[1], std::nullopt);
}

TEST_F(HdmfExamples, Regions) {
  const hdmf::File file = hdmf::open(path_);
  // [regions]
  const hdmf::Value& good = *file.at("/trials").attributes().find("good");
  const hdmf::Selection selection = file.at(good.as<hdmf::RegionReference>());
  // selection.object() is /acquisition/probe/data, selection.shape() is (2, 2).
  const auto values = selection.read<std::int16_t>();  // Rows 0 and 3: 1, 2, 7, 8.
  // [end]
  EXPECT_EQ(selection.object().path(), "/acquisition/probe/data");
  EXPECT_EQ(selection.shape(), (Shape{2, 2}));
  EXPECT_EQ(values, (std::vector<std::int16_t>{1, 2, 7, 8}));
}

TEST_F(HdmfExamples, Links) {
  const hdmf::File file = hdmf::open(path_);
  std::ostringstream out;
  // [links]
  const hdmf::Object raw = file.at("/acquisition/raw");
  // raw.is_link(), raw.name() == "raw", raw.link_path() == "/acquisition/raw";
  // raw.path() and raw.file().location() tell where the series itself lies.

  for (const hdmf::Link& link : file.at("/acquisition").links())
    out << link.name << " -> " << link.path << " in " << link.source << "\n";
  // [end]
  EXPECT_TRUE(raw.is_link());
  EXPECT_EQ(raw.name(), "raw");
  EXPECT_EQ(raw.link_path(), "/acquisition/raw");
  EXPECT_NE(raw.file(), file);
  EXPECT_EQ(raw.at("data").read<int>().size(), 8U);
  EXPECT_EQ(out.str(),
            "lost -> /acquisition/raw in ../gone.nwb.zarr\n"
            "raw -> /acquisition/raw in ../raw.nwb.zarr\n");
}

TEST_F(HdmfExamples, Problems) {
  const hdmf::File file = hdmf::open(path_);
  std::ostringstream out;
  // [problems]
  const hdmf::Followed all = file.follow_all();
  // all.links == 2, all.lost_links == 1, all.references == 4, all.lost_references == 0

  for (const hdmf::Problem& problem : file.problems())
    out << to_string(problem.kind) << " " << problem.path << ": " << problem.text << "\n";
  // [end]
  EXPECT_EQ(all.links, 2U);
  EXPECT_EQ(all.lost_links, 1U);
  EXPECT_EQ(all.references, 4U);
  EXPECT_EQ(all.region_references, 1U);
  EXPECT_EQ(all.lost_references, 0U);
  EXPECT_EQ(out.str(),
            "missing_file /acquisition/lost: the link to /acquisition/raw leads nowhere: it leads "
            "to the file ../gone.nwb.zarr, which is not there\n");
}

TEST_F(HdmfExamples, Strict) {
  const std::string path = path_;
  std::string what;
  // [strict]
  hdmf::OpenOptions options;
  options.strict = true;
  const hdmf::File file = hdmf::open(path, options);
  try {
    file.at("/acquisition").children();
  } catch (const Error& error) {
    what = error.what();  // .../session.nwb.zarr: /acquisition/lost: the link to ...
  }
  // [end]
  EXPECT_NE(what.find("session.nwb.zarr: /acquisition/lost: the link to "), std::string::npos);
}

TEST_F(HdmfExamples, LinkRoot) {
  const std::string path = path_;
  const std::string all_data = dir_.path().string();
  // [link-root]
  hdmf::OpenOptions options;
  options.allow_external = {all_data};  // Links may lead to all below it; or
  options.follow_other_files = true;    // false: to no other file at all.
  const hdmf::File file = hdmf::open(path, options);
  // [end]
  EXPECT_TRUE(file.find("/acquisition/raw").has_value());
}

TEST(HdmfExamplesPage, HasTheseExamples) {
  engram::testing::expect_examples_of_page("tests/examples/hdmf_examples_test.cpp", "docs/hdmf.md",
                                           10);
}

}  // namespace

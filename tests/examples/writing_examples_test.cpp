// The examples of docs/writing.md, compiled and run. What stands between "// [NAME]" and "// [end]"
// is the code of the page's example NAME; the last test holds the page to it.

#include <gtest/gtest.h>

#include <filesystem>
#include <string>
#include <vector>

#include "engram/base/error.hpp"
#include "engram/hdmf/complete.hpp"
#include "engram/hdmf/make.hpp"
#include "engram/hdmf/namespace_catalog.hpp"
#include "engram/write.hpp"
#include "testing/example_page.hpp"
#include "testing/source_dir.hpp"
#include "testing/temp_dir.hpp"

namespace {

using namespace engram;  // NOLINT(google-build-using-namespace): the page says so once.

hdmf::GroupBuilder session() {
  // [session]
  hdmf::GroupBuilder root = hdmf::make_object("root", "core", "NWBFile");
  root.attributes.set("nwb_version", "2.8.0");
  hdmf::add(root, hdmf::make_scalar("identifier", "M12-3"));
  hdmf::add(root, hdmf::make_dataset("file_create_date",
                                     std::vector<std::string>{"2026-11-28T10:00:00+01:00"}));

  hdmf::GroupBuilder series = hdmf::make_object("voltage", "core", "TimeSeries");
  series.attributes.set("description", "what the electrode saw");
  hdmf::DatasetBuilder& data = hdmf::add(
      series,
      hdmf::make_dataset("data", std::vector<std::int16_t>(30'000), {10'000, 3}, {5'000, 3}));
  data.attributes.set("unit", "volts");
  data.attributes.set("conversion", 1e-6);
  hdmf::DatasetBuilder& start = hdmf::add(series, hdmf::make_scalar("starting_time", 0.0));
  start.attributes.set("rate", 30'000.0);
  hdmf::add(hdmf::require_group(root, "acquisition"), std::move(series));
  // [end]
  return root;
}

TEST(WritingExamples, Session) {
  const engram::testing::TempDir dir;
  const std::string path = dir / "session.nwb.zarr";
  const hdmf::GroupBuilder root = session();
  // [write]
  const ConvertReport report = engram::write(root, path);
  // summary(report): "4 datasets, 2 groups, ..."; what could not be kept is in report.notices.
  // [end]
  EXPECT_EQ(report.datasets, 4U);
  EXPECT_EQ(report.groups, 2U);
  EXPECT_TRUE(report.notices.empty());
  const hdmf::GroupBuilder tree = backend::open_reader(path)->read_tree();
  EXPECT_EQ(tree.find_dataset("/acquisition/voltage/data")->shape(), (Shape{10'000, 3}));
}

TEST(WritingExamples, Schema) {
  const engram::testing::TempDir dir;
  const std::string path = dir / "session.nwb.zarr";
  const std::string schema = engram::testing::source_path("specs/engram-layout");
  const hdmf::GroupBuilder root = session();
  // [schema]
  WriteOptions options;
  options.namespaces = hdmf::spec_files(schema);  // ".../site-packages/pynwb"
  engram::write(root, path, options);
  // [end]
  const hdmf::GroupBuilder tree = backend::open_reader(path)->read_tree();
  EXPECT_FALSE(hdmf::NamespaceCatalog::load_cached(tree).namespaces().empty());
}

TEST(WritingExamples, Links) {
  hdmf::GroupBuilder root = session();
  // [links]
  hdmf::add_link(hdmf::require_group(root, "stimulus/presentation"), "voltage",
                 "/acquisition/voltage");

  hdmf::GroupBuilder note = hdmf::make_object("note", "ndx-mine", "Note");
  note.attributes.set("about", hdmf::reference_to("/acquisition/voltage"));
  hdmf::add(note,
            hdmf::make_dataset("parts", std::vector<hdmf::RegionReference>{hdmf::region_of(
                                            "/acquisition/voltage/data", {{{0, 1}, {500, 2}}})}));
  hdmf::add(root, std::move(note));
  hdmf::complete(root);  // engram::write() does this to a copy of its own.

  const hdmf::Reference about =
      root.find_group("/note")->attributes.find("about")->as<hdmf::Reference>();
  // about.object_id is the id that /acquisition/voltage was given.
  // [end]
  EXPECT_TRUE(about.object_id);
  EXPECT_EQ(about.object_id,
            root.find_group("/stimulus/presentation/voltage")->attributes.text("object_id"));
}

TEST(WritingExamples, Rows) {
  hdmf::GroupBuilder root = session();
  // [rows]
  hdmf::DatasetBuilder rows =
      hdmf::make_dataset("timeseries",
                         hdmf::record_type({hdmf::number_field<std::int32_t>("idx_start"),
                                            hdmf::number_field<std::int32_t>("count"),
                                            {"timeseries", hdmf::reference_type()}}),
                         {hdmf::List{0, 500, hdmf::reference_to("/acquisition/voltage")},
                          hdmf::List{500, 250, hdmf::reference_to("/acquisition/voltage")}},
                         {2});
  hdmf::DatasetBuilder ragged =
      hdmf::make_dataset("spikes", hdmf::sequence_type(hdmf::number_type(DataType::floating(8))),
                         {hdmf::List{0.5, 1.5}, hdmf::List{}}, {2});
  // [end]
  hdmf::add(root, std::move(rows));
  hdmf::add(root, std::move(ragged));
  const engram::testing::TempDir dir;
  engram::write(root, dir / "x.zarr");
  const hdmf::GroupBuilder tree = backend::open_reader(dir / "x.zarr")->read_tree();
  const auto values = tree.find_dataset("/timeseries")->objects()->read({{1}, {1}});
  EXPECT_EQ(values[0].as<hdmf::List>()[0], hdmf::Value(500));
  EXPECT_EQ(tree.find_dataset("/spikes")->objects()->read({{0}, {1}})[0],
            hdmf::Value(hdmf::List{0.5, 1.5}));
}

TEST(WritingExamples, Mistakes) {
  hdmf::GroupBuilder root = session();
  const engram::testing::TempDir dir;
  const std::string path = dir / "x.zarr";
  std::string what;
  // [mistakes]
  root.attributes.set("about", hdmf::reference_to("/acquisition/current"));
  try {
    engram::write(root, path);
  } catch (const Error& error) {
    what = error.what();
    // "a reference of /@about leads to /acquisition/current, but there is no /acquisition/current"
  }
  // [end]
  EXPECT_EQ(what,
            "a reference of /@about leads to /acquisition/current, but there is no "
            "/acquisition/current");
  EXPECT_TRUE(std::filesystem::is_empty(dir.path()));
}

TEST(WritingExamples, Derived) {
  const engram::testing::TempDir dir;
  const std::string raw = dir / "raw.nwb.zarr", sorted = dir / "sorted.nwb.zarr";
  engram::write(session(), raw);
  // [derived]
  hdmf::GroupBuilder tree = backend::open_reader(raw)->read_tree();
  hdmf::add(hdmf::require_group(tree, "analysis"),
            hdmf::make_dataset("spike_times", std::vector<double>{0.01, 0.35}));
  WriteOptions options;
  options.link_data = true;  // The voltage stays in raw.nwb.zarr; false: it is copied.
  engram::write(tree, sorted, options);
  // [end]
  const hdmf::GroupBuilder linked = backend::open_reader(sorted)->read_tree();
  const auto* series = linked.find_group("/acquisition/voltage");
  ASSERT_EQ(series->links.size(), 1U);
  EXPECT_EQ(series->links[0].source, "../raw.nwb.zarr");
  EXPECT_NE(linked.find_dataset("/analysis/spike_times"), nullptr);

  const std::string alone = dir / "alone.nwb.zarr";
  // [alone]
  ConvertOptions copy;
  copy.external = backend::ExternalLinks::copy;  // The default: everything is copied in.
  convert(sorted, alone, copy);
  // [end]
  const hdmf::GroupBuilder whole = backend::open_reader(alone)->read_tree();
  EXPECT_NE(whole.find_dataset("/acquisition/voltage/data"), nullptr);
  EXPECT_TRUE(whole.find_group("/acquisition/voltage")->links.empty());
}

TEST(WritingExamples, Memory) {
  const engram::testing::TempDir dir;
  const std::string path = dir / "session.nwb.zarr";
  engram::write(session(), path);
  // [memory]
  hdmf::GroupBuilder tree = backend::open_reader(path)->read_tree();
  hdmf::load_values(tree, 1ULL << 30);  // An Error where all values are more than 1 GiB.
  std::filesystem::remove_all(path);
  engram::write(tree, path);  // The tree needs its file no more.
  // [end]
  EXPECT_TRUE(std::filesystem::exists(path));
}

TEST(WritingExamples, AreThePages) {
  engram::testing::expect_examples_of_page("tests/examples/writing_examples_test.cpp",
                                           "docs/writing.md", 8);
}

}  // namespace

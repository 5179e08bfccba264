// The code of docs/append.md: what stands between "// [name]" and "// [end]" is what the page shows
// below "<!-- example: name -->". The last test compares them.
#include <gtest/gtest.h>

#include <iostream>

#include "backend/append_scene.hpp"
#include "engram/engram.hpp"
#include "testing/example_page.hpp"
#include "testing/temp_dir.hpp"

namespace engram {
namespace {

using namespace backend::testing_append;  // NOLINT: the store that the page speaks of

class AppendExamples : public ::testing::Test {
 protected:
  AppendExamples() {
    GroupBuilder root = scene();
    GroupBuilder trials = group("trials", "TimeIntervals", "id-trials");
    trials.attributes.set("colnames", List{"start_time", "cue", "spikes", "timeseries"});
    trials.datasets.push_back(numbers<std::int64_t>("id", {0}));
    trials.datasets.push_back(numbers<double>("start_time", {0.5}));
    trials.datasets.push_back(objects("cue", testing::text_type(), {"left"}));
    trials.datasets.push_back(numbers<double>("spikes", {0.6, 0.7}));
    trials.datasets.push_back(numbers<std::uint8_t>("spikes_index", {2}));
    using testing::number_type;
    trials.datasets.push_back(objects(
        "timeseries",
        record_of({{"idx_start", number_type(DataType::integer(4))},
                   {"count", number_type(DataType::integer(4))},
                   {"timeseries", testing::object_type(hdmf::ObjectType::Kind::reference)}}),
        {Value(List{0, 2, to("/acquisition/ts")})}));
    GroupBuilder intervals = group("intervals");
    intervals.groups.push_back(std::move(trials));
    root.groups.push_back(std::move(intervals));
    write_file(std::make_shared<store::DirectoryStore>(path, store::DirectoryStore::Mode::create),
               root);
  }

  testing::TempDir dir;
  const std::string path = dir / "session.nwb.zarr";
};

TEST_F(AppendExamples, RowsAndSeries) {
  // [rows]
  backend::Appender append(path);

  hdmf::Reference series;
  series.path = "/acquisition/ts";
  append.append_rows(
      "/intervals/trials",
      {{"start_time", {std::vector<hdmf::Value>{1.5, 2.5}}},
       {"cue", {std::vector<hdmf::Value>{"right", "left"}}},
       {"spikes", {std::vector<hdmf::Value>{hdmf::List{1.6, 1.7, 1.9}, hdmf::List{}}}},
       {"timeseries",
        {std::vector<hdmf::Value>{hdmf::List{2, 2, series}, hdmf::List{4, 1, series}}}}});
  append.commit();
  // [end]
  const GroupBuilder root = backend::open_reader(path)->read_tree();
  EXPECT_EQ(elements<std::int64_t>(root, "/intervals/trials/id"),
            (std::vector<std::int64_t>{0, 1, 2}));
  EXPECT_EQ(elements<std::uint8_t>(root, "/intervals/trials/spikes_index"),
            (std::vector<std::uint8_t>{2, 5, 5}));
  EXPECT_TRUE(shown(*root.find_dataset("/intervals/trials/timeseries"))
                  .ends_with("[4 1 ref(/acquisition/ts,id-ts,id-root)]"));
}

TEST_F(AppendExamples, Elements) {
  backend::Appender append(path);
  // [elements]
  const std::vector<double> spikes = {1.6, 1.7, 1.9};
  backend::NewRows ragged = backend::rows_of(spikes);
  ragged.lengths = {{3, 0}};  // of the first new row, and of the second
  // [end]
  hdmf::Reference series;
  series.path = "/acquisition/ts";
  append.append_rows("/intervals/trials",
                     {{"start_time", backend::rows_of<double>({1.5, 2.5})},
                      {"cue", {std::vector<hdmf::Value>{"right", "left"}}},
                      {"spikes", ragged},
                      {"timeseries", {std::vector<hdmf::Value>(2, hdmf::List{4, 1, series})}}});
  // [extend]
  append.extend("/acquisition/ts/data", backend::rows_of<std::int16_t>({11, 12, 13, 14}, {2}));
  append.extend("/acquisition/ts/timestamps", backend::rows_of<double>({5.0, 6.0}));
  // [end]
  append.extend("/acquisition/second/data", backend::rows_of<float>({6, 7}));
  append.commit();
  const GroupBuilder root = backend::open_reader(path)->read_tree();
  EXPECT_EQ(root.find_dataset("/acquisition/ts/data")->shape(), (Shape{7, 2}));
  EXPECT_EQ(elements<double>(root, "/intervals/trials/spikes"),
            (std::vector<double>{0.6, 0.7, 1.6, 1.7, 1.9}));
}

TEST_F(AppendExamples, NewGroups) {
  const std::vector<std::int16_t> samples = {1, 2, 3};
  // [group]
  backend::Appender append(path);

  hdmf::GroupBuilder series = hdmf::make_object("more", "core", "TimeSeries");
  hdmf::add(series, hdmf::make_dataset("data", samples)).attributes.set("unit", "V");
  append.add_group("/acquisition", series);
  append.add_link("/acquisition/more", {"timestamps_of_others", ".", "/acquisition/ts/timestamps"});
  append.set_attribute("/acquisition/ts", "comments", "see /acquisition/more");
  append.commit();
  // [end]
  const GroupBuilder root = backend::open_reader(path)->read_tree();
  ASSERT_NE(root.find_group("/acquisition/more"), nullptr);
  EXPECT_TRUE(root.find_group("/acquisition/more")->attributes.text("object_id").has_value());
  EXPECT_EQ(root.find_group("/acquisition/more")->links.size(), 1U);
  EXPECT_EQ(root.find_group("/acquisition/ts")->attributes.text("comments"),
            "see /acquisition/more");
}

TEST_F(AppendExamples, WhatIsWrongIsToldBeforeItIsWritten) {
  std::string what;
  backend::Appender append(path);
  // [refused]
  try {
    append.append_rows("/intervals/trials", {{"start_time", backend::rows_of<double>({1.5})}});
  } catch (const Error& error) {
    what = error.what();
    // column "cue" of /intervals/trials is missing: new rows have values for all columns
  }
  // [end]
  EXPECT_EQ(what,
            "column \"cue\" of /intervals/trials is missing: new rows have values for all columns");
}

TEST_F(AppendExamples, Recovery) {
  std::string out;
  // [recover]
  store::DirectoryStore store(path, store::DirectoryStore::Mode::update);
  switch (zarr::recover(store)) {
    case zarr::Recovery::nothing:
      out = "no append was left unfinished";
      break;
    case zarr::Recovery::rolled_back:
      out = "the store is as it was before an append that was killed";
      break;
    case zarr::Recovery::completed:
      out = "an append that was killed at its end was ended";
      break;
  }
  // [end]
  EXPECT_EQ(out, "no append was left unfinished");
}

TEST_F(AppendExamples, Transactions) {
  // [transaction]
  auto store = std::make_shared<store::DirectoryStore>(path, store::DirectoryStore::Mode::update);
  auto transaction = std::make_shared<zarr::Transaction>(store);
  zarr::Group root = zarr::Group::open(transaction);
  root.array("acquisition/second/data").append<float>(std::vector<float>{6, 7});
  root.create_group("scratch", {{"note", "both, or none"}});
  transaction->commit();
  // [end]
  EXPECT_EQ(zarr::Array::open(store, "acquisition/second/data").shape(), Shape{7});
  EXPECT_TRUE(zarr::check_consolidated(*store).is_current());
}

TEST(AppendExamplesPage, ShowsWhatRunsHere) {
  testing::expect_examples_of_page("tests/examples/append_examples_test.cpp", "docs/append.md", 7);
}

}  // namespace
}  // namespace engram

// What holds in every HDMF file, whatever its schema.

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "engram/hdmf/validate.hpp"
#include "hdmf/small_file.hpp"

namespace engram::hdmf {
namespace {

using namespace small_file;

class ModelFaultTest : public ::testing::TestWithParam<Fault> {};

TEST_P(ModelFaultTest, IsFoundAndNamed) { expect_found(GetParam()); }

DatasetBuilder index_of(GroupBuilder& root, const std::vector<std::uint8_t>& ends) {
  DatasetBuilder out =
      column<std::uint8_t>("spikes_index", "Index", DataType::unsigned_integer(1), ends);
  out.attributes = table_of(root).datasets[2].attributes;
  return out;
}

INSTANTIATE_TEST_SUITE_P(
    Tables, ModelFaultTest,
    ::testing::Values(
        Fault{"a column too short",
              [](auto& f) {
                table_of(f).datasets[3] =
                    column<double>("depth", "Column", DataType::floating(8), {1, 2});
              },
              kError, K::bad_table, "/acquisition/table/depth",
              "has 2 rows, but the table's id has 3"},
        Fault{"an index too short",
              [](auto& f) {
                table_of(f).datasets[2] = index_of(f, {2, 5});
              },
              kError, K::bad_table, "/acquisition/table/spikes_index", "has 2 rows"},
        Fault{"a column that is not there",
              [](auto& f) {
                table_of(f).attributes.set("colnames", List{"spikes", "depth", "area"});
              },
              kError, K::bad_table, "/acquisition/table@colnames",
              R"(names column "area", which is not there)"},
        Fault{"a column twice",
              [](auto& f) {
                table_of(f).attributes.set("colnames", List{"spikes", "depth", "depth"});
              },
              kError, K::bad_table, "/acquisition/table@colnames", "twice"},
        Fault{"an index that falls",
              [](auto& f) {
                table_of(f).datasets[2] = index_of(f, {3, 2, 5});
              },
              kError, K::bad_index, "/acquisition/table/spikes_index",
              "falls from 3 to 2 in row 1"},
        Fault{"an index beyond its column",
              [](auto& f) {
                table_of(f).datasets[2] = index_of(f, {2, 3, 9});
              },
              kError, K::bad_index, "/acquisition/table/spikes_index",
              "is 9 in row 2, beyond the 5 values"},
        Fault{"an index that ends early",
              [](auto& f) {
                table_of(f).datasets[2] = index_of(f, {1, 2, 3});
              },
              kError, K::bad_index, "/acquisition/table/spikes_index",
              "ends at 3, but the column has 5"},
        Fault{"an index of floats",
              [](auto& f) {
                replace(table_of(f).datasets[2],
                        dataset_of("spikes_index",
                                   fake_array<double>(DataType::floating(8), {3}, {2, 2, 5})));
              },
              kError, K::bad_index, "/acquisition/table/spikes_index",
              "is no list of whole numbers"},
        Fault{"a negative index",
              [](auto& f) {
                replace(table_of(f).datasets[2],
                        dataset_of("spikes_index",
                                   fake_array<std::int8_t>(DataType::integer(1), {3}, {2, -2, 5})));
              },
              kError, K::bad_index, "/acquisition/table/spikes_index", "is negative in row 1"},
        Fault{"an index of another column",
              [](auto& f) {
                table_of(f).datasets[2].attributes.set("target", to("/acquisition/table/depth"));
              },
              kError, K::bad_index, "/acquisition/table/spikes_index",
              "refers to /acquisition/table/depth"},
        Fault{
            "an index that refers to no column",
            [](auto& f) { table_of(f).datasets[2].attributes.set("target", to("/devices/probe")); },
            kError, K::wrong_type, "/acquisition/table/spikes_index@target", "not a Column"}));

INSTANTIATE_TEST_SUITE_P(
    Ids, ModelFaultTest,
    ::testing::Values(Fault{"no id", [](auto& f) { a(f).attributes.erase("object_id"); }, kWarning,
                            K::bad_id, "/acquisition/a", "no object_id"},
                      Fault{"no UUID", [](auto& f) { a(f).attributes.set("object_id", "12"); },
                            kWarning, K::bad_id, "/acquisition/a@object_id", "is no UUID"},
                      Fault{"the same twice",
                            [](auto& f) {
                              a(f).attributes.set("object_id", *f.attributes.text("object_id"));
                            },
                            kError, K::bad_id, "/acquisition/a@object_id", "which / has too"}));

TEST(CheckModelTest, AHugeIndexIsReadInBlocks) {
  GroupBuilder root = file();
  std::vector<std::uint32_t> ends(200'000);
  for (std::size_t i = 0; i < ends.size(); ++i) ends[i] = static_cast<std::uint32_t>(i + 1);
  ends[150'000] = 7;
  GroupBuilder& table = table_of(root);
  const std::vector<double> values(ends.size());
  table.datasets[1] = column<double>("spikes", "Column", DataType::floating(8), values);
  DatasetBuilder index =
      column<std::uint32_t>("spikes_index", "Index", DataType::unsigned_integer(4), ends);
  index.attributes = table.datasets[2].attributes;
  table.datasets[2] = index;
  const std::string shown = show(check_model(root));
  EXPECT_NE(shown.find("falls from 150000 to 7 in row 150000"), std::string::npos) << shown;
}

}  // namespace
}  // namespace engram::hdmf

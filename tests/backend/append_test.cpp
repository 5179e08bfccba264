#include "engram/backend/append.hpp"

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>

#include "append_scene.hpp"
#include "engram/store/directory_store.hpp"
#include "engram/zarr/consolidated.hpp"
#include "engram/zarr/hierarchy.hpp"
#include "testing/expect_error.hpp"
#include "testing/temp_dir.hpp"

namespace engram::backend {
namespace {

using namespace testing_append;  // NOLINT: what the two files of tests share
using testing::content_of;
using testing::expect_error;

// The consolidated metadata are what they would be if they were made anew.
void expect_current(const std::shared_ptr<store::Store>& store) {
  const testing::StoreContent content = content_of(*store);
  zarr::consolidate(*store);
  EXPECT_EQ(content_of(*store), content);
}

TEST(AppenderTest, ASeriesGrowsByElementsAndByValues) {
  const auto store = written(scene());
  Appender append(store, options());
  append.extend("/acquisition/ts/data", rows_of<std::int16_t>({11, 12, 13, 14}, {2}));
  append.extend("/acquisition/second/data", {std::vector<Value>{6, 7.5}});
  // The other series' link leads to the same timestamps.
  append.extend("/acquisition/second/timestamps", rows_of<double>({5, 6}));
  EXPECT_EQ(append.tree().find_dataset("/acquisition/ts/data")->shape(), (Shape{7, 2}));
  append.commit();
  const GroupBuilder root = read(store);
  EXPECT_EQ(elements<std::int16_t>(root, "/acquisition/ts/data"),
            (std::vector<std::int16_t>{1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14}));
  EXPECT_EQ(elements<double>(root, "/acquisition/ts/timestamps"),
            (std::vector<double>{0, 1, 2, 3, 4, 5, 6}));
  EXPECT_EQ(elements<float>(root, "/acquisition/second/data"),
            (std::vector<float>{1, 2, 3, 4, 5, 6, 7.5}));
  expect_current(store);
}

TEST(AppenderTest, DataAndTimestampsStayOfOneLength) {
  const auto store = written(scene());
  Appender append(store, options());
  append.extend("/acquisition/ts/data", rows_of<std::int16_t>({11, 12}, {2}));
  expect_error(ErrorCode::invalid_argument, "/acquisition/ts/timestamps has 5",
               [&] { append.commit(); });
  append.extend("/acquisition/ts/timestamps", rows_of<double>({5}));
  // They are those of the second series, too.
  expect_error(ErrorCode::invalid_argument, "/acquisition/second/data has now 5",
               [&] { append.commit(); });
  append.extend("/acquisition/second/data", rows_of<float>({6}));
  append.commit();
  EXPECT_EQ(read(store).find_dataset("/acquisition/ts/data")->shape(), (Shape{6, 2}));
}

class AppendRowsTest : public ::testing::TestWithParam<Compat> {};

TEST_P(AppendRowsTest, AllColumnsGrowTogether) {
  ZarrWriteOptions written_with;
  written_with.compat = GetParam();
  const auto store = written(scene(), written_with);
  const std::string when_before = shown(*read(store).find_dataset("/table/when")).substr(4);
  Appender append(store, options());
  append.append_rows("/table", one_row());
  append.commit();
  const GroupBuilder root = read(store);
  EXPECT_EQ(elements<std::int64_t>(root, "/table/id"), (std::vector<std::int64_t>{0, 1, 2}));
  EXPECT_EQ(shown(*root.find_dataset("/table/name")), "(3,)'first''second''third, with µ'");
  EXPECT_EQ(elements<double>(root, "/table/spikes"),
            (std::vector<double>{0.5, 1.5, 2.5, 3.5, 4.5}));
  EXPECT_EQ(elements<std::uint8_t>(root, "/table/spikes_index"),
            (std::vector<std::uint8_t>{1, 3, 5}));
  EXPECT_EQ(elements<std::int32_t>(root, "/table/deep"),
            (std::vector<std::int32_t>{1, 2, 3, 4, 5, 6}));
  EXPECT_EQ(elements<std::uint8_t>(root, "/table/deep_index"),
            (std::vector<std::uint8_t>{2, 3, 4, 4, 6}));
  EXPECT_EQ(elements<std::uint8_t>(root, "/table/deep_index_index"),
            (std::vector<std::uint8_t>{1, 2, 5}));
  EXPECT_EQ(elements<std::int32_t>(root, "/table/where"), (std::vector<std::int32_t>{1, 0, 2}));
  EXPECT_EQ(elements<std::uint8_t>(root, "/table/kind"), (std::vector<std::uint8_t>{0, 1, 1}));
  EXPECT_EQ(elements<float>(root, "/table/pixels"),
            (std::vector<float>{1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12}));
  EXPECT_EQ(shown(*root.find_dataset("/table/when")),
            "(3,)" + when_before + "[4 1 ref(/acquisition/ts,id-ts,id-root)]");
  EXPECT_EQ(shown(*root.find_dataset("/table/event")),
            "(3,)[0.5 'on'][1.5 'off'][2.5 'a longer note']");
  EXPECT_TRUE(shown(*root.find_dataset("/table/place"))
                  .ends_with("ref(/acquisition/second,id-second,id-root)"));
  expect_current(store);
}

INSTANTIATE_TEST_SUITE_P(Forms, AppendRowsTest,
                         ::testing::Values(Compat::hdmf_zarr, Compat::portable), [](const auto& p) {
                           return p.param == Compat::portable ? "Portable" : "HdmfZarr";
                         });

TEST(AppenderTest, RowsComeAsSourcesWithLengths) {
  GroupBuilder root = group("", "NWBFile", "id-root");
  GroupBuilder table = group("t", "DynamicTable", "t1");
  table.attributes.set("colnames", List{"a", "b"});
  table.datasets.push_back(numbers<std::int32_t>("id", {5}));
  table.datasets.push_back(numbers<double>("a", {0.5}));
  table.datasets.push_back(numbers<std::uint8_t>("a_index", {1}));
  table.datasets.push_back(numbers<std::int16_t>("b", {1}));
  table.datasets.push_back(numbers<std::uint8_t>("b_index", {1}));
  table.datasets.push_back(numbers<std::uint8_t>("b_index_index", {1}));
  root.groups.push_back(std::move(table));
  const auto store = written(root);
  Appender append(store, options());
  NewRows a = rows_of<double>({1, 2, 3});
  a.lengths = {{2, 0, 1}};
  NewRows b = rows_of<std::int64_t>({7, 8, 9, 10});  // of another width: values fit all the same
  b.lengths = {{1, 2, 0}, {3, 0, 1}};
  append.append_rows("/t", {{"a", a}, {"b", b}});
  append.append_rows("/t", {{"b", {std::vector<Value>{Value(List{Value(List{11})})}}},
                            {"a", {std::vector<Value>{Value(List{})}}},
                            {"id", {std::vector<Value>{77}}}});
  append.commit();
  const GroupBuilder after = read(store);
  EXPECT_EQ(elements<std::int32_t>(after, "/t/id"), (std::vector<std::int32_t>{5, 6, 7, 8, 77}));
  EXPECT_EQ(elements<double>(after, "/t/a"), (std::vector<double>{0.5, 1, 2, 3}));
  EXPECT_EQ(elements<std::uint8_t>(after, "/t/a_index"),
            (std::vector<std::uint8_t>{1, 3, 3, 4, 4}));
  EXPECT_EQ(elements<std::int16_t>(after, "/t/b"), (std::vector<std::int16_t>{1, 7, 8, 9, 10, 11}));
  EXPECT_EQ(elements<std::uint8_t>(after, "/t/b_index"),
            (std::vector<std::uint8_t>{1, 4, 4, 5, 6}));
  EXPECT_EQ(elements<std::uint8_t>(after, "/t/b_index_index"),
            (std::vector<std::uint8_t>{1, 2, 4, 4, 5}));
}

TEST(AppenderTest, AnIndexGetsWiderIntegersWhereItsOwnAreTooSmall) {
  const auto store = written(scene());
  Appender append(store, options());
  auto row = one_row();
  row[1].rows.data = std::vector<Value>{Value(List(300, 1.0))};
  append.append_rows("/table", row);
  append.commit();
  const GroupBuilder root = read(store);
  EXPECT_EQ(elements<std::uint16_t>(root, "/table/spikes_index"),
            (std::vector<std::uint16_t>{1, 3, 303}));
  EXPECT_EQ(elements<std::uint8_t>(root, "/table/deep_index_index"),
            (std::vector<std::uint8_t>{1, 2, 5}));
  const zarr::Node node = zarr::read_hierarchy(*store);
  const std::string metadata = *testing::text(*store, "table/spikes_index/.zattrs");
  EXPECT_NE(metadata.find("\"zarr_dtype\": \"uint16\""), std::string::npos) << metadata;
  EXPECT_NE(metadata.find("VectorIndex"), std::string::npos) << metadata;
  expect_current(store);
}

TEST(AppenderTest, ATableOfThousandsOfRowsGetsLargerChunks) {
  GroupBuilder root = group("", "NWBFile", "id-root");
  GroupBuilder table = group("t", "DynamicTable", "t1");
  table.attributes.set("colnames", List{"x", "label"});
  table.datasets.push_back(numbers<std::int64_t>("id", {0, 1}));
  table.datasets.push_back(numbers<double>("x", {}));
  table.datasets.push_back(numbers<std::uint8_t>("x_index", {0, 0}));
  table.datasets.push_back(objects("label", testing::text_type(), {"a", "b"}));
  root.groups.push_back(std::move(table));
  const auto store = written(root);
  constexpr std::size_t kRows = 100'000;
  std::vector<double> values(3 * kRows);
  for (std::size_t i = 0; i < values.size(); ++i) values[i] = static_cast<double>(i);
  {
    Appender append(store, options());
    NewRows x = rows_of(values);
    x.lengths = {std::vector<std::uint64_t>(kRows, 3)};
    append.append_rows("/t", {{"x", x}, {"label", {std::vector<Value>(kRows, "c")}}});
    append.commit();
  }
  const GroupBuilder after = read(store);
  EXPECT_EQ(elements<double>(after, "/t/x"), values);
  EXPECT_EQ(elements<std::uint32_t>(after, "/t/x_index").back(), 3 * kRows);
  EXPECT_EQ(elements<std::int64_t>(after, "/t/id").back(), static_cast<std::int64_t>(kRows) + 1);
  EXPECT_LT(content_of(*store).size(), 40U);
  expect_current(store);
}

GroupBuilder new_series(const std::string& name) {
  GroupBuilder series = group(name, "TimeSeries");
  series.attributes.set("like", to("/acquisition/second"));
  series.datasets.push_back(numbers<std::int32_t>("data", {1, 2, 3}));
  series.datasets.push_back(
      typed(objects("labels", testing::text_type(), {"a", "b"}), "VectorData", "given"));
  series.datasets.push_back(
      objects("friends", testing::object_type(hdmf::ObjectType::Kind::reference),
              {to("/acquisition/" + name), to("/acquisition/second/timestamps"), hdmf::Null{}}));
  series.links.push_back({"timestamps", ".", "/acquisition/second/timestamps"});
  return series;
}

TEST(AppenderTest, NewGroupsHaveIdsAndWholeReferencesAndLinks) {
  const auto store = written(scene());
  Appender append(store, options());
  append.add_group("/acquisition", new_series("fresh"));
  append.add_dataset("/", typed(numbers<double>("alone", {1, 2}), "VectorData"));
  append.add_link("/", {"second_name", ".", "/acquisition/second/timestamps"});
  append.set_attribute("/acquisition/ts", "comments", "longer now");
  append.set_attribute("/acquisition/ts/data", "next", to("/acquisition/fresh"));
  append.commit();
  const GroupBuilder root = read(store);
  const GroupBuilder* fresh = root.find_group("/acquisition/fresh");
  ASSERT_NE(fresh, nullptr);
  EXPECT_EQ(fresh->attributes.text("object_id"), "new-0");
  EXPECT_EQ(root.find_dataset("/alone")->attributes.text("object_id"), "new-1");
  EXPECT_EQ(root.find_dataset("/acquisition/fresh/labels")->attributes.text("object_id"), "given");
  ASSERT_EQ(fresh->links.size(), 1U);
  EXPECT_EQ(fresh->links[0].path, "/acquisition/ts/timestamps");
  EXPECT_EQ(root.links.at(0).path, "/acquisition/ts/timestamps");
  EXPECT_EQ(shown(*root.find_dataset("/acquisition/fresh/friends")),
            "(3,)ref(/acquisition/fresh,new-0,id-root)ref(/acquisition/ts/timestamps,-,id-root)? ");
  EXPECT_EQ(fresh->attributes.find("like")->as<Reference>().object_id, "id-second");
  EXPECT_EQ(
      root.find_dataset("/acquisition/ts/data")->attributes.find("next")->as<Reference>().object_id,
      "new-0");
  EXPECT_EQ(root.find_group("/acquisition/ts")->attributes.text("comments"), "longer now");
  expect_current(store);
}

TEST(AppenderTest, WhatIsNotCommittedNeverWas) {
  const auto store = written(scene());
  const testing::StoreContent before = content_of(*store);
  {
    Appender append(store, options());
    append.append_rows("/table", one_row());
    append.add_group("/acquisition", new_series("fresh"));
  }
  EXPECT_EQ(content_of(*store), before);
}

TEST(AppenderTest, AnEmptyAppendChangesNothing) {
  const auto store = written(scene());
  const testing::StoreContent before = content_of(*store);
  Appender append(store, options());
  append.append_rows("/table", [] {
    auto rows = one_row();
    for (ColumnRows& column : rows) column.rows.data = std::vector<Value>{};
    return rows;
  }());
  append.commit();
  EXPECT_EQ(content_of(*store), before);
}

struct Refused {
  const char* why;
  std::function<void(Appender&)> act;
  ErrorCode code;
  const char* told;
  friend std::ostream& operator<<(std::ostream& out, const Refused& refused) {
    return out << refused.why;
  }
};
class RefusedTest : public ::testing::TestWithParam<Refused> {};

// The error names what is wrong, nothing of it is taken, and one can go on.
TEST_P(RefusedTest, IsToldAndLeavesNothing) {
  const auto store = written(scene());
  const testing::StoreContent before = content_of(*store);
  Appender append(store, options());
  expect_error(GetParam().code, GetParam().told, [&] { GetParam().act(append); });
  append.commit();
  EXPECT_EQ(content_of(*store), before);
}

void append_with(Appender& append, const std::string& column, std::vector<Value> values) {
  auto rows = one_row();
  for (ColumnRows& each : rows)
    if (each.name == column) each.rows.data = values;
  append.append_rows("/table", rows);
}

INSTANTIATE_TEST_SUITE_P(
    Calls, RefusedTest,
    ::testing::Values(
        Refused{"MissingColumn",
                [](Appender& a) {
                  auto rows = one_row();
                  rows.pop_back();
                  a.append_rows("/table", rows);
                },
                ErrorCode::invalid_argument, "\"place\" of /table is missing"},
        Refused{"UnknownColumn",
                [](Appender& a) {
                  auto rows = one_row();
                  rows.push_back({"other", {std::vector<Value>{1}}});
                  a.append_rows("/table", rows);
                },
                ErrorCode::invalid_argument, "no column \"other\""},
        Refused{"ColumnTwice",
                [](Appender& a) {
                  auto rows = one_row();
                  rows.push_back(rows.front());
                  a.append_rows("/table", rows);
                },
                ErrorCode::invalid_argument, "given twice"},
        Refused{"AnotherLength", [](Appender& a) { append_with(a, "kind", {1, 0}); },
                ErrorCode::invalid_argument, "is given 2 rows"},
        Refused{"TextForNumbers", [](Appender& a) { append_with(a, "where", {"a"}); },
                ErrorCode::invalid_argument, "new row 0 of /table/where: the text \"a\" is no"},
        Refused{"NumbersForText", [](Appender& a) { append_with(a, "name", {7}); },
                ErrorCode::invalid_argument, "7 is no text"},
        Refused{"TextThatIsNoUtf8", [](Appender& a) { append_with(a, "name", {"\xff"}); },
                ErrorCode::invalid_argument, "no UTF-8"},
        Refused{"NoListForRagged", [](Appender& a) { append_with(a, "spikes", {1.5}); },
                ErrorCode::invalid_argument, "/table/spikes is ragged"},
        Refused{"ListOfNumbersForDeeplyRagged",
                [](Appender& a) { append_with(a, "deep", {Value(List{1})}); },
                ErrorCode::invalid_argument, "list of lists"},
        Refused{"BeyondTheType", [](Appender& a) { append_with(a, "kind", {300}); },
                ErrorCode::invalid_argument, "300 is beyond uint8"},
        Refused{"NegativeForUnsigned", [](Appender& a) { append_with(a, "kind", {-1}); },
                ErrorCode::invalid_argument, "-1 is beyond uint8"},
        Refused{"FractionForInteger", [](Appender& a) { append_with(a, "where", {0.5}); },
                ErrorCode::invalid_argument, "0.5 is no int32"},
        Refused{"RowOfAnotherShape", [](Appender& a) { append_with(a, "pixels", {Value(List{1, 2})}); },
                ErrorCode::invalid_argument, "shape (2, 2)"},
        Refused{"RegionBeyondItsTable", [](Appender& a) { append_with(a, "where", {3}); },
                ErrorCode::invalid_argument, "/table has 3 rows"},
        Refused{"EnumBeyondItsElements", [](Appender& a) { append_with(a, "kind", {2}); },
                ErrorCode::invalid_argument, "kind_elements has 2 rows"},
        Refused{"ReferenceToNothing",
                [](Appender& a) { append_with(a, "place", {to("/nowhere")}); },
                ErrorCode::not_found, "/table/place refers to /nowhere"},
        Refused{"ReferenceToNothingInARow",
                [](Appender& a) { append_with(a, "when", {Value(List{0, 1, to("/nowhere")})}); },
                ErrorCode::not_found, "/nowhere"},
        Refused{"RowOfTooFewFields", [](Appender& a) { append_with(a, "when", {Value(List{0, 1})}); },
                ErrorCode::invalid_argument, "3 fields"},
        Refused{"FieldOfAnotherType",
                [](Appender& a) { append_with(a, "event", {Value(List{"x", "y"})}); },
                ErrorCode::invalid_argument, "field \"at\""},
        Refused{"LengthsThatDontAddUp",
                [](Appender& a) {
                  auto rows = one_row();
                  rows[1].rows = rows_of<double>({1, 2, 3});
                  rows[1].rows.lengths = {{2}};
                  a.append_rows("/table", rows);
                },
                ErrorCode::invalid_argument, "2 values together, and 3 are given"},
        Refused{"LengthsOfAnotherDepth",
                [](Appender& a) {
                  auto rows = one_row();
                  rows[1].rows = rows_of<double>({1, 2});
                  rows[1].rows.lengths = {{1}, {2}};
                  a.append_rows("/table", rows);
                },
                ErrorCode::invalid_argument, "ragged 1 deep"},
        Refused{"NoTable",
                [](Appender& a) { a.append_rows("/acquisition/ts", {}); },
                ErrorCode::invalid_argument, "no table"},
        Refused{"NothingThere", [](Appender& a) { a.append_rows("/t", {}); }, ErrorCode::not_found,
                "/t"},
        Refused{"ExtendedColumn",
                [](Appender& a) { a.extend("/table/spikes_index", rows_of<std::uint8_t>({4})); },
                ErrorCode::invalid_argument, "append_rows"},
        Refused{"ExtendedGroup",
                [](Appender& a) { a.extend("/acquisition", rows_of<std::uint8_t>({4})); },
                ErrorCode::not_found, "is a group"},
        Refused{"RowsOfAnotherShape",
                [](Appender& a) { a.extend("/acquisition/ts/data", rows_of<std::int16_t>({1})); },
                ErrorCode::invalid_argument, "(5, 2)"},
        Refused{"ElementsThatDontFit",
                [](Appender& a) {
                  a.extend("/acquisition/ts/data", rows_of<std::int32_t>({1, 40000}, {2}));
                },
                ErrorCode::invalid_argument, "40000 is beyond int16"},
        Refused{"NameTaken", [](Appender& a) { a.add_group("/", group("table")); },
                ErrorCode::already_exists, "/table is there already"},
        Refused{"NameOfALink",
                [](Appender& a) { a.add_group("/acquisition/second", group("timestamps")); },
                ErrorCode::already_exists, "timestamps"},
        Refused{"NameOfMetadata", [](Appender& a) { a.add_group("/", group(".zattrs")); },
                ErrorCode::unsupported, ".zattrs"},
        Refused{"NameOfTheJournal",
                [](Appender& a) { a.add_group("/", group(".engram-append")); },
                ErrorCode::unsupported, "journal"},
        Refused{"NameWithSlash", [](Appender& a) { a.add_group("/", group("a/b")); },
                ErrorCode::unsupported, "a/b"},
        Refused{"GroupInADataset",
                [](Appender& a) { a.add_group("/acquisition/ts/data", group("x")); },
                ErrorCode::not_found, "is a dataset"},
        Refused{"IdTaken", [](Appender& a) { a.add_group("/", group("x", "TimeSeries", "id-ts")); },
                ErrorCode::invalid_argument, "id-ts"},
        Refused{"LinkToNothing",
                [](Appender& a) { a.add_link("/", {"x", ".", "/nowhere"}); }, ErrorCode::not_found,
                "/nowhere"},
        Refused{"LinkBesideItsTarget",
                [](Appender& a) { a.add_link("/acquisition", {"x", ".", "/acquisition/ts"}); },
                ErrorCode::unsupported, "second name"},
        Refused{"LinkInANewGroupToNothing",
                [](Appender& a) {
                  GroupBuilder g = group("x");
                  g.links.push_back({"y", ".", "/nowhere"});
                  a.add_group("/", g);
                },
                ErrorCode::not_found, "/x/y"},
        Refused{"AttributeOfZarr",
                [](Appender& a) { a.set_attribute("/table/id", "zarr_dtype", "x"); },
                ErrorCode::unsupported, "zarr_dtype"},
        Refused{"ObjectId", [](Appender& a) { a.set_attribute("/table", "object_id", "x"); },
                ErrorCode::invalid_argument, "object_id"},
        Refused{"AttributeToNothing",
                [](Appender& a) { a.set_attribute("/table", "x", to("/nowhere")); },
                ErrorCode::not_found, "/table@x"}),
    [](const auto& p) { return p.param.why; });

TEST(AppenderTest, ABrokenTableIsNotMadeLonger) {
  struct Broken {
    const char* name;
    DatasetBuilder dataset;
    const char* told;
  };
  const std::vector<Broken> all = {
      {"spikes_index", numbers<std::uint8_t>("spikes_index", {1, 2}), "ends at 2"},
      {"spikes_index", numbers<std::int8_t>("spikes_index", {1, -3}), "ends at -3"},
      {"spikes_index", numbers<double>("spikes_index", {1, 3}), "no list of whole numbers"},
      {"kind", numbers<std::uint8_t>("kind", {1}), "/table/kind has 1 rows"},
      {"id", numbers<std::int64_t>("id", {1}), "/table/id has 1"}};
  for (const Broken& broken : all) {
    GroupBuilder root = scene();
    for (DatasetBuilder& dataset : root.groups[1].datasets)
      if (dataset.name == broken.name) dataset.data = broken.dataset.data;
    const auto store = written(root);
    const testing::StoreContent before = content_of(*store);
    Appender append(store, options());
    expect_error(ErrorCode::corrupt_data, broken.told,
                 [&] { append.append_rows("/table", one_row()); });
    append.commit();
    EXPECT_EQ(content_of(*store), before);
  }
}

TEST(AppenderTest, TheTablesOfAnAlignedTableStayOfOneLength) {
  GroupBuilder root = group("", "NWBFile", "id-root");
  GroupBuilder aligned = group("aligned", "AlignedDynamicTable", "a1");
  aligned.attributes.set("colnames", List{});
  aligned.attributes.set("categories", List{"part"});
  aligned.datasets.push_back(numbers<std::int64_t>("id", {0, 1}));
  GroupBuilder part = group("part", "DynamicTable", "p1");
  part.attributes.set("colnames", List{"x"});
  part.datasets.push_back(numbers<std::int64_t>("id", {0, 1}));
  part.datasets.push_back(numbers<double>("x", {1, 2}));
  aligned.groups.push_back(std::move(part));
  root.groups.push_back(std::move(aligned));
  const auto store = written(root);
  Appender append(store, options());
  append.append_rows("/aligned/part", {{"x", rows_of<double>({3})}});
  expect_error(ErrorCode::invalid_argument, "/aligned/part/id has 3", [&] { append.commit(); });
  expect_error(ErrorCode::invalid_argument, "give the ids",
               [&] { append.append_rows("/aligned", {}); });
  append.append_rows("/aligned", {{"id", rows_of<std::int64_t>({2})}});
  append.commit();
  EXPECT_EQ(read(store).find_dataset("/aligned/id")->shape(), Shape{3});
}

TEST(AppenderTest, AColumnThatIsALinkOrNotThereIsRefused) {
  GroupBuilder root = scene();
  auto& table = root.groups[1];
  std::erase_if(table.datasets, [](const auto& dataset) { return dataset.name == "kind"; });
  {
    Appender append(written(root), options());
    expect_error(ErrorCode::corrupt_data, "/table/kind is named by `colnames`",
                 [&] { append.append_rows("/table", one_row()); });
  }
  table.links.push_back({"kind", ".", "/table/id"});
  Appender append(written(root), options());
  expect_error(ErrorCode::unsupported, "is a link to /table/id",
               [&] { append.append_rows("/table", one_row()); });
}

TEST(AppenderTest, AfterAFailureHalfWayNothingIsWritten) {
  const auto store = written(scene());
  const testing::StoreContent before = content_of(*store);
  {
    Appender append(store, options());
    append.set_attribute("/table", "note", "x");
    NewRows rows;
    rows.data = std::make_shared<const testing::FakeObjects>(testing::text_type(), Shape{2},
                                                             std::vector<Value>{"fine", 7});
    auto columns = one_row();
    GroupBuilder texts = group("texts");
    texts.datasets.push_back(objects("t", testing::text_type(), {"a"}));
    append.add_group("/", texts);
    expect_error(ErrorCode::invalid_argument, "7 is no text",
                 [&] { append.extend("/texts/t", rows); });
    expect_error(ErrorCode::invalid_argument, "failed half-way", [&] { append.commit(); });
    expect_error(ErrorCode::invalid_argument, "failed half-way",
                 [&] { append.set_attribute("/table", "note", "y"); });
  }
  EXPECT_EQ(content_of(*store), before);
}

TEST(AppenderTest, OpensDirectoriesOnly) {
  testing::TempDir dir;
  expect_error(ErrorCode::not_found, "nothing at", [&] { Appender(dir / "no.zarr"); });
  std::ofstream(dir / "file") << "x";
  expect_error(ErrorCode::unsupported, "a file", [&] { Appender(dir / "file"); });
  expect_error(ErrorCode::unsupported, "upload it", [&] { Appender("http://localhost/x.zarr"); });
  std::filesystem::create_directory(dir / "empty");
  expect_error(ErrorCode::unsupported, "no .zgroup", [&] { Appender(dir / "empty"); });
  {
    const auto store = std::make_shared<store::DirectoryStore>(dir / "a.zarr",
                                                               store::DirectoryStore::Mode::create);
    write_file(store, scene());
  }
  Appender append(dir / "a.zarr", options());
  expect_error(ErrorCode::already_exists, "another writer",
               [&] { Appender(dir / "a.zarr", options()); });
  append.append_rows("/table", one_row());
  append.commit();
  expect_error(ErrorCode::invalid_argument, "was committed",
               [&] { append.set_attribute("/table", "x", 1); });
  Appender again(dir / "a.zarr", options());
  again.append_rows("/table", one_row());
  again.commit();
  EXPECT_EQ(open_reader(dir / "a.zarr")->read_tree().find_dataset("/table/id")->shape(), Shape{4});
}

TEST(AppenderTest, WritesTheSameWithWorkers) {
  ThreadPool pool(3);
  std::vector<testing::StoreContent> results;
  for (ThreadPool* threads : {static_cast<ThreadPool*>(nullptr), &pool}) {
    const auto store = written(scene());
    AppendOptions with_workers = options();
    with_workers.workers.pool = threads;
    Appender append(store, with_workers);
    append.append_rows("/table", one_row());
    append.add_group("/acquisition", new_series("fresh"));
    std::vector<std::int16_t> many(20'000);
    for (std::size_t i = 0; i < many.size(); ++i) many[i] = static_cast<std::int16_t>(i);
    append.add_dataset("/", numbers<std::int16_t>("many", many, {}, {1000}));
    append.commit();
    results.push_back(content_of(*store));
  }
  EXPECT_EQ(results[0], results[1]);
}

}  // namespace
}  // namespace engram::backend

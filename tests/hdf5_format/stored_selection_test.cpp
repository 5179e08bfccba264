#include "hdf5_format/stored_selection.hpp"

#include <gtest/gtest.h>

#include <ostream>
#include <string>

#include "hdf5_format/format_bytes.hpp"
#include "hdf5_format/virtual_mapping.hpp"
#include "testing/expect_error.hpp"

namespace engram::hdf5_format {
namespace {

using testing::expect_error;
using Kind = StoredSelection::Kind;

FormatBytes selection(std::uint64_t kind, std::uint64_t version) {
  FormatBytes made;
  return made.number(kind, 4).number(version, 4);
}

struct SelectionCase {
  std::string name;
  Bytes stored;
  std::vector<Region> boxes;  ///< Of a dataset of shape (10, 12).
  Bytes older;                ///< In the form of HDF5 1.10; empty: as it is stored.
  friend std::ostream& operator<<(std::ostream& out, const SelectionCase& c) {
    return out << c.name;
  }
};
class SelectionTest : public ::testing::TestWithParam<SelectionCase> {};

TEST_P(SelectionTest, IsReadAndWritten) {
  const SelectionCase& c = GetParam();
  const Bytes bytes = FormatBytes().bytes(c.stored).text("rest").all();
  FormatCursor cursor(bytes);
  const StoredSelection read = read_selection(cursor);
  EXPECT_EQ(cursor.left(), 4U);
  const auto boxes = boxes_of(read, {10, 12}, 100);
  ASSERT_EQ(boxes.size(), c.boxes.size());
  for (std::size_t i = 0; i < boxes.size(); ++i) {
    EXPECT_EQ(boxes[i].origin, c.boxes[i].origin) << i;
    EXPECT_EQ(boxes[i].shape, c.boxes[i].shape) << i;
  }
  Bytes older;
  write_selection(read, older);
  EXPECT_EQ(older, c.older.empty() ? c.stored : c.older);
}

TEST_P(SelectionTest, IsRefusedWhenItIsCutShort) {
  const Bytes& stored = GetParam().stored;
  for (std::size_t size = 0; size < stored.size(); ++size) {
    FormatCursor cursor(BytesView(stored).first(size));
    EXPECT_THROW((void)read_selection(cursor), Error) << size;
  }
}

const Bytes& blocks1() {
  static const Bytes made = selection(2, 1)
                                .number(0, 4)
                                .number(8 + 32, 4)
                                .numbers({2, 2, 1, 2, 3, 4, 7, 8, 7, 8}, 4)
                                .all();
  return made;
}

const Bytes& points1() {
  static const Bytes made =
      selection(1, 1).number(0, 4).number(8 + 16, 4).numbers({2, 2, 1, 2, 9, 11}, 4).all();
  return made;
}

const Bytes& regular2() {
  static const Bytes made = selection(2, 2)
                                .number(1, 1)
                                .number(4 + 64, 4)
                                .number(2, 4)
                                .numbers({1, 3, 2, 2, 0, 1, 1, 5}, 8)
                                .all();
  return made;
}

INSTANTIATE_TEST_SUITE_P(
    Forms, SelectionTest,
    ::testing::Values(
        SelectionCase{"None", selection(0, 1).number(0, 8).all(), {}, {}},
        SelectionCase{"All", selection(3, 1).number(0, 8).all(), {{{0, 0}, {10, 12}}}, {}},
        SelectionCase{"Points1", points1(), {{{1, 2}, {1, 1}}, {{9, 11}, {1, 1}}}, {}},
        SelectionCase{"Points2Narrow",
                      selection(1, 2).number(2, 1).number(2, 4).numbers({2, 1, 2, 9, 11}, 2).all(),
                      {{{1, 2}, {1, 1}}, {{9, 11}, {1, 1}}},
                      points1()},
        SelectionCase{"Points2Wide",
                      selection(1, 2).number(8, 1).number(2, 4).numbers({2, 1, 2, 9, 11}, 8).all(),
                      {{{1, 2}, {1, 1}}, {{9, 11}, {1, 1}}},
                      points1()},
        SelectionCase{"Blocks1", blocks1(), {{{1, 2}, {3, 3}}, {{7, 8}, {1, 1}}}, {}},
        SelectionCase{"Blocks3",
                      selection(2, 3)
                          .number(0, 1)
                          .number(4, 1)
                          .number(2, 4)
                          .numbers({2, 1, 2, 3, 4, 7, 8, 7, 8}, 4)
                          .all(),
                      {{{1, 2}, {3, 3}}, {{7, 8}, {1, 1}}},
                      blocks1()},
        SelectionCase{"Regular2", regular2(), {{{1, 0}, {2, 5}}, {{4, 0}, {2, 5}}}, {}},
        SelectionCase{"Regular3",
                      selection(2, 3)
                          .number(1, 1)
                          .number(2, 1)
                          .number(2, 4)
                          .numbers({1, 3, 2, 2, 0, 1, 1, 5}, 2)
                          .all(),
                      {{{1, 0}, {2, 5}}, {{4, 0}, {2, 5}}},
                      regular2()}),
    [](const auto& c) { return c.param.name; });

TEST(SelectionTest, HasNoEndInEachWidth) {
  for (const std::uint64_t width : {2U, 4U, 8U}) {
    const Bytes stored = selection(2, 3)
                             .number(1, 1)
                             .number(width, 1)
                             .number(1, 4)
                             .numbers({0, 4, ~0ULL, 4}, width)
                             .all();
    FormatCursor cursor(stored);
    const StoredSelection read = read_selection(cursor);
    EXPECT_EQ(read.numbers, (std::vector<std::uint64_t>{0, 4, kEndless, 4})) << width;
    expect_error(ErrorCode::corrupt_data, "without end", [&] { (void)boxes_of(read, {9}, 10); });
  }
}

struct BadSelection {
  std::string name;
  Bytes stored;
  ErrorCode code;
  std::string said;
  friend std::ostream& operator<<(std::ostream& out, const BadSelection& c) {
    return out << c.name;
  }
};
class BadSelectionTest : public ::testing::TestWithParam<BadSelection> {};

TEST_P(BadSelectionTest, IsRefused) {
  expect_error(GetParam().code, GetParam().said, [&] {
    FormatCursor cursor(GetParam().stored);
    const StoredSelection read = read_selection(cursor);
    (void)boxes_of(read, {10}, 3);
    Bytes older;
    write_selection(read, older);
  });
}

FormatBytes regular(std::uint64_t rank) {
  return selection(2, 3).number(1, 1).number(8, 1).number(rank, 4);
}

INSTANTIATE_TEST_SUITE_P(
    Refused, BadSelectionTest,
    ::testing::Values(
        BadSelection{"Kind", selection(4, 1).all(), ErrorCode::corrupt_data, "kind 4"},
        BadSelection{"PointsVersion", selection(1, 3).all(), ErrorCode::corrupt_data, "version 3"},
        BadSelection{"BlocksVersion", selection(2, 4).all(), ErrorCode::corrupt_data, "version 4"},
        BadSelection{"Width", selection(2, 3).number(1, 1).number(3, 1).all(),
                     ErrorCode::corrupt_data, "width 3"},
        BadSelection{"NoRank", regular(0).all(), ErrorCode::corrupt_data, "rank 0"},
        BadSelection{"Rank", regular(33).all(), ErrorCode::corrupt_data, "rank 33"},
        BadSelection{"OtherRank", regular(2).numbers({0, 1, 1, 1, 0, 1, 1, 1}, 8).all(),
                     ErrorCode::corrupt_data, "other dimensions"},
        BadSelection{"TooMany", regular(1).numbers({0, 2, 4, 1}, 8).all(),
                     ErrorCode::limit_exceeded, "4 boxes, more than 3"},
        BadSelection{"Past64Bits", regular(1).numbers({~0ULL - 2, 1ULL << 63U, 3, 1}, 8).all(),
                     ErrorCode::limit_exceeded, ""},
        BadSelection{
            "Backwards",
            selection(2, 3).number(0, 1).number(8, 1).number(1, 4).numbers({1, 5, 4}, 8).all(),
            ErrorCode::corrupt_data, "end before they begin"},
        BadSelection{"Past32Bits",
                     selection(1, 2).number(8, 1).number(1, 4).numbers({1, 1ULL << 32U}, 8).all(),
                     ErrorCode::unsupported, "past 2^32"},
        BadSelection{"ManyPoints",
                     selection(1, 2).number(8, 1).number(1, 4).number(1ULL << 62U, 8).all(),
                     ErrorCode::limit_exceeded, "selection"}),
    [](const auto& c) { return c.param.name; });

Bytes all() { return selection(3, 1).number(0, 8).all(); }

FormatBytes mappings(std::uint64_t version, std::uint64_t count) {
  FormatBytes made;
  return made.number(version, 1).number(count, 8);
}

TEST(VirtualMappingTest, NamesThatAreSharedAreWrittenOut) {
  const Bytes head = superblock().up_to(96).all();
  const FormatFile file = format_file(head);
  const Bytes older = mappings(0, 3)
                          .text("f.h5")
                          .number(0, 1)
                          .text("d")
                          .number(0, 1)
                          .bytes(all())
                          .bytes(regular2())
                          .text("f.h5")
                          .number(0, 1)
                          .text("e")
                          .number(0, 1)
                          .bytes(all())
                          .bytes(all())
                          .text(".")
                          .number(0, 1)
                          .text("e")
                          .number(0, 1)
                          .bytes(all())
                          .bytes(all())
                          .checksum()
                          .all();
  const Bytes newer = mappings(1, 3)
                          .number(0, 1)
                          .text("f.h5")
                          .number(0, 1)
                          .text("d")
                          .number(0, 1)
                          .bytes(all())
                          .number(2, 4)
                          .number(3, 4)
                          .number(1, 1)
                          .number(2, 1)
                          .number(2, 4)
                          .numbers({1, 3, 2, 2, 0, 1, 1, 5}, 2)
                          .number(1, 1)
                          .number(0, 8)
                          .text("e")
                          .number(0, 1)
                          .bytes(all())
                          .bytes(all())
                          .number(4 + 2, 1)
                          .number(1, 8)
                          .bytes(all())
                          .bytes(all())
                          .checksum()
                          .all();
  EXPECT_TRUE(has_newer_mappings(newer, file));
  EXPECT_FALSE(has_newer_mappings(older, file));
  EXPECT_EQ(older_mappings(newer, file), older);
  EXPECT_EQ(older_mappings(older, file), older);
}

TEST(VirtualMappingTest, RefusesWhatItCanNotTell) {
  const Bytes head = superblock().up_to(96).all();
  const FormatFile file = format_file(head);
  const auto refused = [&](ErrorCode code, const std::string& said, const Bytes& bytes) {
    expect_error(code, said, [&] { (void)older_mappings(bytes, file); });
  };
  refused(ErrorCode::corrupt_data, "wrong checksum", mappings(1, 0).number(0, 4).all());
  refused(ErrorCode::corrupt_data, "wrong checksum", {});
  refused(ErrorCode::unsupported, "version 2", mappings(2, 0).checksum().all());
  refused(ErrorCode::corrupt_data, "ends before", mappings(1, 1).checksum().all());
  refused(ErrorCode::corrupt_data, "mapping 0 has the name of mapping 0",
          mappings(1, 1).number(1, 1).number(0, 8).checksum().all());
  // One long name that each of many mappings shares.
  FormatBytes many = mappings(1, 3000);
  many.number(0, 1)
      .text(std::string(60000, 'x'))
      .number(0, 1)
      .text("d")
      .number(0, 1)
      .bytes(all())
      .bytes(all());
  for (int i = 1; i < 3000; ++i)
    many.number(3, 1).number(0, 8).number(0, 8).bytes(all()).bytes(all());
  refused(ErrorCode::limit_exceeded, "take more than", many.checksum().all());
}

}  // namespace
}  // namespace engram::hdf5_format

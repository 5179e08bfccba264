#include "hdf5_format/chunk_records.hpp"

#include <gtest/gtest.h>

#include <map>
#include <ostream>
#include <string>

#include "hdf5_format/chunk_btree1.hpp"
#include "hdf5_format/format_bytes.hpp"
#include "hdf5_format/version2_btree.hpp"
#include "testing/expect_error.hpp"

namespace engram::hdf5_format {
namespace {

using testing::expect_error;

constexpr std::uint64_t kNowhere = ~std::uint64_t{0};

/// A layout message of version 5 for chunks of (4, 3) of 8 bytes.
FormatBytes layout_message(std::uint64_t index) {
  FormatBytes made;
  made.number(5, 1).number(2, 1).number(index == ChunkLayout::single ? 2 : 0, 1).number(3, 1);
  made.number(1, 1).numbers({4, 3, 8}, 1).number(index, 1);
  if (index == ChunkLayout::single) made.number(77, 8).number(1, 4);
  if (index == ChunkLayout::fixed_array) made.number(10, 1);
  if (index == ChunkLayout::extensible_array) made.number(0, 5);
  if (index == ChunkLayout::version2_btree) made.number(0, 6);
  return made;
}

struct IndexedFile {
  Bytes bytes;
  ChunkLayout layout;

  IndexedFile(std::uint64_t index, const FormatBytes& stored) {
    FormatBytes made = superblock();
    bytes = made.up_to(96).bytes(stored.all()).up_to(4096).all();
    FormatFile file = format_file(bytes);
    layout = *read_chunk_layout(layout_message(index).number(96, 8).all(), file);
  }

  ChunkRecords read(const StoredSpace& space = {{10, 9}, {10, 9}}) const {
    FormatFile file = format_file(bytes);
    return read_chunk_records(file, layout, space);
  }
};

using Found = std::map<std::vector<std::uint64_t>, std::uint64_t>;

Found found(const ChunkRecords& chunks) {
  Found all;
  for (std::size_t i = 0; i < chunks.records.size(); ++i)
    all[{chunks.at(i), chunks.at(i) + chunks.rank}] = chunks.records[i].address;
  EXPECT_EQ(all.size(), chunks.records.size());
  return all;
}

FormatBytes fixed_array(std::uint64_t count, std::uint64_t client = 1, std::uint64_t element = 20) {
  FormatBytes made;
  made.text("FAHD").number(0, 1).number(client, 1).number(element, 1).number(10, 1);
  made.number(count, 8).number(200, 8).checksum().up_to(104);
  return made.text("FADB").number(0, 1).number(client, 1).number(96, 8);
}

TEST(ChunkRecordsTest, OneChunk) {
  const auto chunks = IndexedFile(ChunkLayout::single, {}).read({{4, 3}, {4, 3}});
  ASSERT_EQ(chunks.records.size(), 1U);
  EXPECT_EQ(chunks.records[0].size, 77U);
  EXPECT_EQ(chunks.records[0].mask, 1U);
}

TEST(ChunkRecordsTest, ChunksOfAFixedArray) {
  FormatBytes stored = fixed_array(9);
  for (std::uint64_t i = 0; i < 9; ++i)
    stored.number(i % 4 == 1 ? kNowhere : 1000 + i, 8).number(i + 1, 8).number(i, 4);
  const IndexedFile file(ChunkLayout::fixed_array, stored);
  const auto chunks = file.read();
  EXPECT_EQ(found(chunks), (Found{{{0, 0}, 1000},
                                  {{0, 2}, 1002},
                                  {{1, 0}, 1003},
                                  {{1, 1}, 1004},
                                  {{2, 0}, 1006},
                                  {{2, 1}, 1007},
                                  {{2, 2}, 1008}}));
  EXPECT_EQ(chunks.records[2].size, 4U);
  EXPECT_EQ(chunks.records[2].mask, 3U);
  // It may have been larger, and may become so.
  EXPECT_EQ(found(file.read({{10, 3}, {12, 9}})),
            (Found{{{0, 0}, 1000}, {{1, 0}, 1003}, {{2, 0}, 1006}}));
}

TEST(ChunkRecordsTest, UnfilteredChunksHaveTheSizeOfAll) {
  FormatBytes stored = fixed_array(9, 0, 8);
  for (std::uint64_t i = 0; i < 9; ++i) stored.number(1000 + i, 8);
  const auto chunks = IndexedFile(ChunkLayout::fixed_array, stored).read();
  ASSERT_EQ(chunks.records.size(), 9U);
  EXPECT_EQ(chunks.records[5].size, 4 * 3 * 8U);
}

FormatBytes tree(std::uint64_t kind, std::uint64_t records, std::uint64_t record_size = 36) {
  FormatBytes made;
  made.text("BTHD").number(0, 1).number(kind, 1).number(512, 4).number(record_size, 2).number(0, 2);
  made.number(0, 2).number(200, 8).number(records, 2).up_to(104);
  return made.text("BTLF").number(0, 1).number(kind, 1);
}

TEST(ChunkRecordsTest, ChunksOfATree) {
  FormatBytes stored = tree(11, 2);
  stored.number(500, 8).number(7, 8).number(0, 4).numbers({1, 2}, 8);
  stored.number(400, 8).number(8, 8).number(0, 4).numbers({0, 1}, 8);
  const auto chunks = IndexedFile(ChunkLayout::version2_btree, stored).read();
  EXPECT_EQ(found(chunks), (Found{{{0, 1}, 400}, {{1, 2}, 500}}));
  EXPECT_EQ(chunks.records[0].address, 400U) << "in the order of their places";
}

struct BadIndex {
  std::string name;
  std::uint64_t index;
  FormatBytes stored;
  std::string said;
  friend std::ostream& operator<<(std::ostream& out, const BadIndex& c) { return out << c.name; }
};
class BadIndexTest : public ::testing::TestWithParam<BadIndex> {};

TEST_P(BadIndexTest, IsRefused) {
  const IndexedFile file(GetParam().index, GetParam().stored);
  try {
    (void)file.read();
    FAIL() << "was read";
  } catch (const Error& error) {
    EXPECT_NE(std::string(error.what()).find(GetParam().said), std::string::npos) << error.what();
  }
}

FormatBytes twice() {
  FormatBytes stored = tree(11, 2);
  for (int i = 0; i < 2; ++i) stored.number(500, 8).number(7, 8).number(0, 4).numbers({1, 2}, 8);
  return stored;
}

/// A tree whose root is its own child.
FormatBytes loop() {
  FormatBytes made;
  made.text("BTHD").number(0, 1).number(11, 1).number(512, 4).number(36, 2).number(20, 2);
  made.number(0, 2).number(200, 8).number(1, 2).up_to(104);
  return made.text("BTIN")
      .number(0, 1)
      .number(11, 1)
      .up_to(104 + 6 + 36)
      .number(200, 8)
      .number(1, 1);
}

FormatBytes extensible(std::uint64_t bits, std::uint64_t least, std::uint64_t pointers) {
  FormatBytes made;
  made.text("EAHD").number(0, 1).number(1, 1).number(20, 1).number(bits, 1).number(4, 1);
  made.number(least, 1).number(pointers, 1).number(10, 1).numbers({0, 0, 0, 0, 0, 0}, 8);
  return made.number(200, 8).checksum();
}

INSTANTIATE_TEST_SUITE_P(
    Refused, BadIndexTest,
    ::testing::Values(
        BadIndex{"Nothing", ChunkLayout::fixed_array, {}, "FAHD"},
        BadIndex{"Client", ChunkLayout::fixed_array, fixed_array(9, 2), "for something else"},
        BadIndex{"Element", ChunkLayout::fixed_array, fixed_array(9, 1, 30), "30 bytes"},
        BadIndex{"TooLong", ChunkLayout::fixed_array, fixed_array(1000), "past the file's end"},
        BadIndex{"Endless", ChunkLayout::fixed_array, fixed_array(kNowhere), ""},
        BadIndex{"TreeOfOthers", ChunkLayout::version2_btree, tree(8, 1),
                 "something else than chunks"},
        BadIndex{"NoPlaces", ChunkLayout::version2_btree, tree(11, 1, 4), "without places"},
        BadIndex{"NoRoom", ChunkLayout::version2_btree, tree(11, 1, 600), "no room"},
        BadIndex{"NoRecords", ChunkLayout::version2_btree, tree(11, 1, 0), "impossible form"},
        BadIndex{"Twice", ChunkLayout::version2_btree, twice(), "stored twice"},
        BadIndex{"Loop", ChunkLayout::version2_btree, loop(), ""},
        BadIndex{"Bits", ChunkLayout::extensible_array, extensible(64, 16, 4), "impossible form"},
        BadIndex{"Least", ChunkLayout::extensible_array, extensible(32, 0, 4), "impossible form"},
        BadIndex{"Pointers", ChunkLayout::extensible_array, extensible(32, 16, 1),
                 "impossible form"},
        BadIndex{"NoBlock", ChunkLayout::extensible_array, extensible(32, 16, 4), "EAIB"}),
    [](const auto& c) { return c.param.name; });

TEST(ChunkLayoutTest, OthersAreLeftAlone) {
  const Bytes head = superblock().up_to(96).all();
  const FormatFile file = format_file(head);
  const auto with = [](std::size_t at, unsigned value) {
    Bytes bytes = layout_message(ChunkLayout::single).number(96, 8).all();
    bytes[at] = static_cast<std::byte>(value);
    return bytes;
  };
  EXPECT_TRUE(read_chunk_layout(with(0, 4), file));
  EXPECT_FALSE(read_chunk_layout(with(0, 3), file));
  EXPECT_FALSE(read_chunk_layout(with(0, 6), file));
  EXPECT_FALSE(read_chunk_layout(with(1, 1), file));
  EXPECT_FALSE(read_chunk_layout(with(8, 6), file)) << "an index that nobody knows";
  EXPECT_TRUE(read_chunk_layout(with(2, 3), file)->leaves_edges_unfiltered());
  expect_error(ErrorCode::corrupt_data, "1 dimensions",
               [&] { (void)read_chunk_layout(with(3, 1), file); });
  expect_error(ErrorCode::corrupt_data, "40 dimensions",
               [&] { (void)read_chunk_layout(with(3, 40), file); });
  expect_error(ErrorCode::corrupt_data, "without elements",
               [&] { (void)read_chunk_layout(with(5, 0), file); });
  expect_error(ErrorCode::corrupt_data, "40 dimensions", [&] {
    (void)read_space(FormatBytes().numbers({2, 40, 0, 1}, 1).all(), 8);
  });
}

/// Reads what write_chunk_btree1() wrote, from its root down.
class WrittenTree {
 public:
  WrittenTree(const ChunkRecords& chunks, std::uint64_t node_size) {
    const Bytes head = superblock().up_to(96).all();
    const FormatFile file = format_file(head);
    ChunkLayout layout;
    layout.chunk_shape = {4, 3};
    layout.element_size = 8;
    node_size_ = node_size;
    root_ = write_chunk_btree1(file, layout, chunks, node_size, [&](Bytes bytes) {
      nodes_.push_back(std::move(bytes));
      return 1'000'000 + nodes_.size() - 1;
    });
  }

  std::uint64_t root() const { return root_; }

  std::vector<std::uint64_t> addresses() const {
    std::vector<std::uint64_t> all;
    if (root_ != kNowhere) read(root_, all, std::nullopt);
    return all;
  }

 private:
  void read(std::uint64_t address, std::vector<std::uint64_t>& all,
            std::optional<std::uint64_t> level) const {
    const Bytes& node = nodes_.at(address - 1'000'000);
    EXPECT_EQ(node.size(), 24 + 2 * node_size_ * 8 + (2 * node_size_ + 1) * 32);
    FormatCursor cursor(node);
    cursor.expect("TREE");
    EXPECT_EQ(cursor.number(1), 1U);
    const std::uint64_t here = cursor.number(1);
    EXPECT_EQ(here, level.value_or(here));
    const std::uint64_t children = cursor.number(2);
    EXPECT_LE(children, 2 * node_size_);
    cursor.skip(16);
    for (std::uint64_t i = 0; i < children; ++i) {
      cursor.skip(32);
      const std::uint64_t child = cursor.number(8);
      if (here == 0)
        all.push_back(child);
      else
        read(child, all, here - 1);
    }
    cursor.skip(24);
    EXPECT_EQ(cursor.number(8), 8U) << "the last key lies behind the last chunk";
  }

  std::vector<Bytes> nodes_;
  std::uint64_t root_ = 0, node_size_ = 0;
};

TEST(ChunkBTree1Test, HasAsManyLevelsAsItNeeds) {
  for (const std::uint64_t count : {0U, 1U, 4U, 5U, 16U, 17U, 300U}) {
    ChunkRecords chunks{2, {}, {}};
    std::vector<std::uint64_t> expected;
    for (std::uint64_t i = 0; i < count; ++i) {
      chunks.add({5000 + i, 10 + i, 0}, {i / 7, i % 7});
      expected.push_back(5000 + i);
    }
    const WrittenTree tree(chunks, 2);
    EXPECT_EQ(tree.root() == kNowhere, count == 0);
    EXPECT_EQ(tree.addresses(), expected) << count;
  }
}

TEST(ChunkBTree1Test, HasNoRoomForLargeChunks) {
  ChunkRecords chunks{2, {}, {}};
  chunks.add({5000, std::uint64_t{1} << 32U, 0}, {0, 0});
  expect_error(ErrorCode::unsupported, "4 GiB", [&] { WrittenTree(chunks, 2); });
}

}  // namespace
}  // namespace engram::hdf5_format

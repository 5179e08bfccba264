#include "hdf5_format/format_file.hpp"

#include <gtest/gtest.h>

#include <ostream>
#include <string>

#include "hdf5_format/chunk_btree1.hpp"
#include "hdf5_format/format_bytes.hpp"
#include "hdf5_format/global_heap.hpp"
#include "hdf5_format/object_header.hpp"
#include "testing/expect_error.hpp"

namespace engram::hdf5_format {
namespace {

using testing::expect_error;

TEST(FormatCursorTest, ReadsWhatWasPut) {
  const Bytes bytes =
      FormatBytes().number(0x1234, 2).text("ab").number(0, 1).number(~0ULL, 8).all();
  FormatCursor cursor(bytes);
  EXPECT_EQ(cursor.number(2), 0x1234U);
  EXPECT_EQ(cursor.text(), "ab");
  EXPECT_EQ(cursor.number(8), ~0ULL);
  EXPECT_EQ(cursor.left(), 0U);
  EXPECT_EQ(cursor.number(0), 0U);
  expect_error(ErrorCode::corrupt_data, "ends before", [&] { cursor.skip(1); });
  expect_error(ErrorCode::corrupt_data, "ends before", [&] { (void)cursor.text(); });
  expect_error(ErrorCode::corrupt_data, "9 bytes", [&] { (void)cursor.number(9); });
}

TEST(FormatCursorTest, KnowsWhatIsUndefined) {
  for (const std::uint64_t width : {2U, 4U, 8U}) {
    const Bytes bytes = FormatBytes().number(~0ULL, width).all();
    EXPECT_TRUE(is_undefined(FormatCursor(bytes).number(width), width)) << width;
    EXPECT_FALSE(is_undefined(1, width)) << width;
  }
  EXPECT_FALSE(is_undefined(0xffff, 4));
}

struct SuperblockCase {
  std::string name;
  Bytes bytes;
  std::string error;  ///< Empty: it is one.
  std::uint64_t offset_size = 8, length_size = 8, node_size = 32;
  friend std::ostream& operator<<(std::ostream& out, const SuperblockCase& c) {
    return out << c.name;
  }
};
class SuperblockTest : public ::testing::TestWithParam<SuperblockCase> {};

FormatBytes old_superblock(std::uint64_t version, std::uint64_t offsets, std::uint64_t lengths) {
  FormatBytes made;
  made.text("\x89HDF\r\n\x1a\n").number(version, 1).number(0, 4);
  return made.number(offsets, 1).number(lengths, 1);
}

TEST_P(SuperblockTest, IsRead) {
  const SuperblockCase& c = GetParam();
  if (!c.error.empty()) {
    expect_error(ErrorCode::corrupt_data, c.error, [&] { (void)format_file(c.bytes); });
    return;
  }
  FormatFile file = format_file(c.bytes);
  EXPECT_EQ(file.offset_size(), c.offset_size);
  EXPECT_EQ(file.length_size(), c.length_size);
  EXPECT_EQ(chunk_node_size(file), c.node_size);
}

/// One whose extension says how many chunks a node has room for.
Bytes with_extension(std::uint64_t node_size) {
  FormatBytes made;
  made.text("\x89HDF\r\n\x1a\n").number(3, 1).number(8, 1).number(8, 1).number(0, 1);
  made.number(0, 8).number(48, 8).up_to(48);
  const std::size_t begin = made.size();
  made.text("OHDR").number(2, 1).number(0, 1).number(11, 1);
  made.number(HeaderMessage::kBTreeSizes, 1).number(7, 2).number(0, 1);
  made.number(0, 1).number(node_size, 2).number(1, 2).number(1, 2);
  return made.checksum(begin).all();
}

INSTANTIATE_TEST_SUITE_P(
    Versions, SuperblockTest,
    ::testing::Values(
        SuperblockCase{"Version0", old_superblock(0, 8, 8).up_to(96).all(), ""},
        SuperblockCase{"Version0Narrow", old_superblock(0, 4, 2).up_to(96).all(), "", 4, 2},
        SuperblockCase{"Version1", old_superblock(1, 8, 8).up_to(24).number(7, 2).up_to(96).all(),
                       "", 8, 8, 7},
        SuperblockCase{"Version2", superblock().up_to(96).all(), ""},
        SuperblockCase{"Extension", with_extension(99), "", 8, 8, 99},
        SuperblockCase{"Version4", old_superblock(4, 8, 8).up_to(96).all(), "nobody knows"},
        SuperblockCase{"Width3", old_superblock(0, 3, 8).up_to(96).all(), "nobody knows"},
        SuperblockCase{"Short", Bytes(8), "there is no"},
        SuperblockCase{"Empty", Bytes(), "ends before"}),
    [](const auto& c) { return c.param.name; });

TEST(FormatFileTest, NodesHaveRoom) {
  const Bytes bytes = old_superblock(1, 8, 8).up_to(96).all();
  FormatFile file = format_file(bytes);
  expect_error(ErrorCode::corrupt_data, "nodes of no size", [&] { (void)chunk_node_size(file); });
}

TEST(FormatFileTest, CountsAddressesFromTheSuperblock) {
  FormatBytes made;
  made.up_to(512).bytes(superblock().all()).up_to(600).text("here");
  FormatFile file = format_file(made.all(), 512);
  EXPECT_EQ(as_text(file.read(88, 4)), "here");
  expect_error(ErrorCode::corrupt_data, "past the file's end", [&] { (void)file.read(89, 4); });
  expect_error(ErrorCode::corrupt_data, "past the file's end", [&] { (void)file.read(~0ULL, 4); });
}

TEST(FormatFileTest, ReadsNoMoreThanThereIs) {
  const Bytes bytes = superblock().up_to(1 << 20).all();
  FormatFile file = format_file(bytes);
  const auto read_all = [&] { (void)file.read(0, bytes.size()); };
  read_all();
  expect_error(ErrorCode::corrupt_data, "leads into itself", [&] {
    for (int i = 0; i < 3; ++i) read_all();
  });
  file.start();
  EXPECT_NO_THROW(read_all());
}

TEST(GlobalHeapTest, HoldsOneObject) {
  for (const std::size_t size : {0U, 1U, 8U, 4000U, 10000U}) {
    const Bytes object(size, std::byte{7});
    FormatBytes made = superblock();
    made.up_to(96);
    const Bytes head = made.all();
    made.bytes(heap_of(object, format_file(head)));
    FormatFile file = format_file(made.all());
    EXPECT_EQ(read_heap_object(file, 96, 1), object) << size;
    expect_error(ErrorCode::corrupt_data, "no object 2 in the global heap",
                 [&] { (void)read_heap_object(file, 96, 2); });
    expect_error(ErrorCode::corrupt_data, "GCOL", [&] { (void)read_heap_object(file, 8, 1); });
  }
}

/// A header with a continuation; `damage` is added to one of its bytes.
Bytes header_file(std::size_t damage_at = 0) {
  FormatBytes made = superblock();
  made.up_to(96).text("OHDR").number(2, 1).number(0, 1).number(4 + 3 + 4 + 16, 1);
  made.number(1, 1).number(3, 2).number(0, 1).text("abc");
  made.number(HeaderMessage::kContinuation, 1)
      .number(16, 2)
      .number(0, 1)
      .number(200, 8)
      .number(21, 8);
  made.checksum(96).up_to(200);
  made.text("OCHK")
      .number(8, 1)
      .number(9, 2)
      .number(4, 1)
      .text("continued")
      .checksum(200)
      .up_to(300);
  Bytes bytes = made.all();
  if (damage_at != 0) bytes[damage_at] ^= std::byte{1};
  return bytes;
}

TEST(ObjectHeaderTest, IsReadAndChanged) {
  const Bytes bytes = header_file();
  FormatFile file = format_file(bytes);
  // However much is known of it already.
  for (const std::size_t known : {0U, 5U, 40U, 60U, 100U}) {
    file.start();
    ObjectHeader header(file, 96, BytesView(bytes).subspan(96, known));
    ASSERT_EQ(header.messages().size(), 3U);
    EXPECT_EQ(as_text(header.body(header.messages()[0])), "abc");
    EXPECT_EQ(as_text(header.body(header.messages()[2])), "continued");
    EXPECT_TRUE(header.changed_chunks().empty());

    header.change(header.messages()[2])[0] = std::byte{'C'};
    const auto changed = header.changed_chunks();
    ASSERT_EQ(changed.size(), 1U);
    EXPECT_EQ(changed[0].address, 200U);
    const Bytes expected = FormatBytes()
                               .text("OCHK")
                               .number(8, 1)
                               .number(9, 2)
                               .number(4, 1)
                               .text("Continued")
                               .checksum()
                               .all();
    EXPECT_EQ(changed[0].bytes, expected);
  }
}

TEST(ObjectHeaderTest, ContinuesElsewhere) {
  const Bytes bytes = header_file();
  FormatFile file = format_file(bytes);
  ObjectHeader header(file, 96, {});
  const auto messages = header.messages();
  EXPECT_FALSE(header.continue_at(messages[0], 300, 50)) << "three bytes are no room";
  EXPECT_FALSE(header.continue_at(messages[2], 300, 50)) << "nine bytes are no room";
  EXPECT_TRUE(header.changed_chunks().empty());
  EXPECT_TRUE(header.continue_at(messages[1], 1000, 50));
  const auto changed = header.changed_chunks();
  ASSERT_EQ(changed.size(), 1U);
  FormatCursor place(BytesView(changed[0].bytes).subspan(7 + 4 + 3 + 4));
  EXPECT_EQ(place.number(8), 1000U);
  EXPECT_EQ(place.number(8), 50U);
  // The message's flags are kept.
  EXPECT_EQ(header.part_of(messages[2], as_bytes("more")), FormatBytes()
                                                               .text("OCHK")
                                                               .number(8, 1)
                                                               .number(4, 2)
                                                               .number(4, 1)
                                                               .text("more")
                                                               .checksum()
                                                               .all());
}

TEST(ObjectHeaderTest, RefusesWhatIsDamaged) {
  for (const std::size_t at : {96U, 100U, 102U, 106U, 110U, 120U, 201U, 205U, 212U}) {
    const Bytes bytes = header_file(at);
    FormatFile file = format_file(bytes);
    EXPECT_THROW(ObjectHeader(file, 96, {}), Error) << at;
  }
  const Bytes bytes = header_file();
  FormatFile file = format_file(bytes);
  expect_error(ErrorCode::corrupt_data, "past the file's end",
               [&] { ObjectHeader(file, 5000, {}); });
}

}  // namespace
}  // namespace engram::hdf5_format

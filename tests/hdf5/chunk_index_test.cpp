#include "hdf5/chunk_index.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstring>
#include <ctime>
#include <ostream>
#include <random>
#include <set>
#include <string>
#include <vector>

#include "hdf5/make_file.hpp"
#include "testing/expect_error.hpp"

namespace engram::hdf5 {
namespace {

constexpr std::uint64_t kForever = ~std::uint64_t{0};

struct IndexCase {
  std::string name;
  H5F_libver_t oldest;
  Shape max_shape;  ///< Of a shape (60, 90) in chunks of (2, 3); what decides on the kind of index.
  bool deflate;
  friend std::ostream& operator<<(std::ostream& out, const IndexCase& c) { return out << c.name; }
};
class ChunkIndexKindTest : public ::testing::TestWithParam<IndexCase> {};

/// Writes the chunks of `numbers`, each full of its number, and expects to find them.
void expect_found(const IndexCase& index, const std::set<std::uint64_t>& numbers) {
  MadeFile file(index.oldest);
  const Handle creation = MadeFile::chunked({2, 3});
  if (index.deflate) H5Pset_deflate(creation.id(), 1);
  {
    const Handle dataset =
        file.create("a", H5T_STD_I32LE, {60, 90}, creation.id(), index.max_shape);
    const Handle space(H5Dget_space(dataset.id()));
    const std::array<hsize_t, 2> lengths{2, 3};
    const Handle memory(H5Screate_simple(2, lengths.data(), nullptr));
    for (const std::uint64_t number : numbers) {
      const std::array<hsize_t, 2> origin{number / 30 * 2, number % 30 * 3};
      H5Sselect_hyperslab(space.id(), H5S_SELECT_SET, origin.data(), nullptr, lengths.data(),
                          nullptr);
      const std::vector<std::int32_t> values(6, static_cast<std::int32_t>(number));
      check(H5Dwrite(dataset.id(), H5T_NATIVE_INT32, memory.id(), space.id(), H5P_DEFAULT,
                     values.data()),
            "write");
    }
  }
  const ChunkIndex chunks(file.open("a"));
  std::set<std::uint64_t> found;
  for (const EncodedChunk& chunk : chunks.chunks()) {
    found.insert(chunk.number);
    Bytes bytes(chunk.size);
    EXPECT_EQ(chunks.read(chunk, bytes), 0U);
    if (index.deflate) continue;
    std::int32_t value = -1;
    std::memcpy(&value, bytes.data(), sizeof value);
    EXPECT_EQ(value, static_cast<std::int32_t>(chunk.number));
  }
  EXPECT_EQ(found, numbers);
}

TEST_P(ChunkIndexKindTest, FindsEachChunkAndNoOther) {
  std::set<std::uint64_t> all, half, ends, block;
  std::mt19937 random(1);
  for (std::uint64_t i = 0; i < 900; ++i) {
    all.insert(i);
    if (random() % 2 == 0) half.insert(i);
    if (i > 300 && i < 400) block.insert(i);
  }
  ends = {0, 899};
  for (const auto& numbers : {std::set<std::uint64_t>{}, {17}, ends, block, half, all})
    expect_found(GetParam(), numbers);
}

std::vector<IndexCase> index_cases() {
  std::vector<IndexCase> cases;
  for (const bool deflate : {false, true}) {
    const std::string end = deflate ? "Deflated" : "";
    cases.push_back({"BTree1" + end, H5F_LIBVER_EARLIEST, {kForever, kForever}, deflate});
    cases.push_back({"FixedArray" + end, H5F_LIBVER_V110, {60, 90}, deflate});
    cases.push_back({"ExtensibleArray" + end, H5F_LIBVER_V110, {kForever, 90}, deflate});
    cases.push_back({"ExtensibleArrayTurned" + end, H5F_LIBVER_V110, {100, kForever}, deflate});
    cases.push_back({"BTree2" + end, H5F_LIBVER_V110, {kForever, kForever}, deflate});
  }
  return cases;
}
INSTANTIATE_TEST_SUITE_P(Kinds, ChunkIndexKindTest, ::testing::ValuesIn(index_cases()),
                         [](const auto& c) { return c.param.name; });

TEST(ChunkIndexTest, GivesEachChunkAsItLies) {
  MadeFile file;
  const Handle creation = MadeFile::chunked({4});
  H5Pset_shuffle(creation.id());
  H5Pset_deflate(creation.id(), 5);
  H5Pset_fletcher32(creation.id());
  {
    const Handle dataset = file.create("a", H5T_STD_I16LE, {10}, creation.id());
    const std::string first = "stream", last = "xy";
    const hsize_t zero = 0, eight = 8;
    check(H5Dwrite_chunk(dataset.id(), H5P_DEFAULT, 0, &zero, first.size(), first.data()), "write");
    check(H5Dwrite_chunk(dataset.id(), H5P_DEFAULT, 0b10, &eight, last.size(), last.data()),
          "write");
  }
  const ChunkIndex chunks(file.open("a"));
  EXPECT_EQ(chunks.codecs(), (std::vector<CodecConfig>{{"shuffle", {{"elementsize", 2}}},
                                                       {"zlib", {{"level", 5}}},
                                                       {"fletcher32", Json::object()}}));
  const auto found = chunks.chunks();
  ASSERT_EQ(found.size(), 2U);
  EXPECT_EQ(found[0].number, 0U);
  EXPECT_EQ(found[1].number, 2U);
  Bytes bytes(6);
  EXPECT_EQ(chunks.read(found[0], bytes), 0U);
  EXPECT_EQ(as_text(bytes), "stream");
  bytes.resize(2);
  EXPECT_EQ(chunks.read(found[1], bytes), 0b10U);
  EXPECT_EQ(as_text(bytes), "xy");
  bytes.resize(3);
  testing::expect_error(ErrorCode::corrupt_data, "has 2 bytes, not 3",
                        [&] { chunks.read(found[1], bytes); });
}

TEST(ChunkIndexTest, GivesChunksOfArrayTypesTheInnerDimensions) {
  MadeFile file;
  const hsize_t three = 3;
  const Handle type(H5Tarray_create2(H5T_STD_I32LE, 1, &three));
  file.write("a", type.id(), {4}, type.id(), std::vector<std::int32_t>(12, 7),
             MadeFile::chunked({2}).id());
  const ChunkIndex chunks(file.open("a"));
  ASSERT_EQ(chunks.chunks().size(), 2U);
  EXPECT_EQ(chunks.chunks()[1].size, 24U);
}

/// Runs `work`, which takes a fraction of a second of computing, and minutes when it walks the
/// index for each chunk.
template <typename Work>
void expect_quick(const Work& work) {
  constexpr double kSeconds = 10;
  const std::clock_t start = std::clock();
  work();
  EXPECT_LT(static_cast<double>(std::clock() - start) / CLOCKS_PER_SEC, kSeconds);
}

TEST(ChunkIndexTest, IsQuickWithManyChunks) {
  MadeFile file;
  const Handle creation = MadeFile::chunked({1});
  H5Pset_deflate(creation.id(), 1);
  file.write("a", H5T_STD_I8LE, {50000}, H5T_NATIVE_INT8, std::vector<std::int8_t>(50000, 1),
             creation.id());
  const ChunkIndex chunks(file.open("a"));
  expect_quick([&] { EXPECT_EQ(chunks.chunks().size(), 50000U); });
}

TEST(ChunkIndexTest, IsQuickInAHugeGridWithFewChunks) {
  MadeFile file;
  const Handle creation = MadeFile::chunked({1, 1});
  H5Pset_deflate(creation.id(), 1);
  constexpr std::uint64_t kLength = 1'000'000;
  std::vector<std::uint64_t> written;
  {
    const Handle dataset = file.create("a", H5T_STD_I8LE, {kLength, kLength}, creation.id());
    for (std::uint64_t i = 0; i < 1000; ++i) {
      // Some alone, some side by side.
      const std::uint64_t number = i < 500 ? i * 999'999'937 : kLength * kLength - 2000 + i;
      const std::array<hsize_t, 2> offset{number / kLength, number % kLength};
      check(H5Dwrite_chunk(dataset.id(), H5P_DEFAULT, 0, offset.data(), 3, "abc"), "write");
      written.push_back(number);
    }
  }
  const ChunkIndex chunks(file.open("a"));
  expect_quick([&] {
    std::vector<std::uint64_t> numbers;
    for (const EncodedChunk& chunk : chunks.chunks()) numbers.push_back(chunk.number);
    EXPECT_EQ(numbers, written);
  });
}

}  // namespace
}  // namespace engram::hdf5

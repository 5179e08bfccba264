#include "converters/compare_array.hpp"

#include <gtest/gtest.h>

#include <atomic>
#include <map>

#include "converters/compare_in_memory.hpp"
#include "converters/fake_chunks.hpp"
#include "engram/hdmf/make.hpp"
#include "testing/expect_error.hpp"
#include "testing/fake_sources.hpp"

namespace engram::compare_array_test {
namespace {

using hdmf::GroupBuilder;
using testing::compare_in_memory;
using testing::told;

// Elements that are made when they are asked for: element i of the array is i % 251.
class CountingArray final : public ArraySource {
 public:
  explicit CountingArray(ArrayInfo info, std::optional<std::uint64_t> wrong = std::nullopt)
      : info_(std::move(info)), wrong_(wrong) {}

  const ArrayInfo& info() const override { return info_; }

  void read(const Region& region, std::span<std::byte> out) const override {
    largest = std::max<std::uint64_t>(largest, out.size());
    read_bytes += out.size();
    if (out.empty()) return;
    const auto row = static_cast<std::size_t>(region.shape.back());
    Shape index = region.origin;
    for (std::size_t at = 0; at < out.size(); at += row) {
      std::uint64_t number = 0;
      for (std::size_t d = 0; d < index.size(); ++d) number = number * info_.shape[d] + index[d];
      put_row(number, out.subspan(at, row));
      for (std::size_t d = index.size() - 1; d-- > 0;) {
        if (++index[d] < region.origin[d] + region.shape[d]) break;
        index[d] = region.origin[d];
      }
    }
  }

  mutable std::atomic<std::uint64_t> largest = 0, read_bytes = 0;

 private:
  void put_row(std::uint64_t number, std::span<std::byte> out) const {
    auto value = static_cast<unsigned>(number % 251);
    for (std::byte& element : out) {
      element = static_cast<std::byte>(value);
      value = value == 250 ? 0 : value + 1;
    }
    if (wrong_ && *wrong_ >= number && *wrong_ - number < out.size())
      out[static_cast<std::size_t>(*wrong_ - number)] = std::byte{255};
  }

  ArrayInfo info_;
  std::optional<std::uint64_t> wrong_;
};

struct Layout {
  const char* why;
  Shape shape, a_chunk, b_chunk;
  friend std::ostream& operator<<(std::ostream& out, const Layout& l) { return out << l.why; }
};

class BlocksTest : public ::testing::TestWithParam<Layout> {};

// Every element is read once from each, whatever the chunks, and the last one is looked at.
TEST_P(BlocksTest, CoverTheArrayOnce) {
  const auto& [why, shape, a_chunk, b_chunk] = GetParam();
  const DataType type = DataType::unsigned_integer(1);
  const std::uint64_t count = element_count(shape);
  for (const std::uint64_t memory : {1ULL << 20U, 64ULL << 20U}) {
    const auto a = std::make_shared<CountingArray>(ArrayInfo{type, shape, a_chunk, {}});
    const auto b = std::make_shared<CountingArray>(ArrayInfo{type, shape, b_chunk, {}}, count - 1);
    GroupBuilder in_a, in_b;
    add(in_a, testing::dataset_of("x", a));
    add(in_b, testing::dataset_of("x", b));
    CompareOptions options;
    options.memory = memory;
    const CompareReport report = compare_in_memory(in_a, in_b, options);
    ASSERT_EQ(report.differences, 1U) << told(report);
    Shape last = shape;
    for (std::uint64_t& index : last) --index;
    EXPECT_EQ(report.listed[0].index, last);
    EXPECT_EQ(report.listed[0].count, 1U);
    EXPECT_EQ(a->read_bytes, count);
    EXPECT_EQ(b->read_bytes, count);
    EXPECT_EQ(report.bytes, count);
  }
}

INSTANTIATE_TEST_SUITE_P(
    Layouts, BlocksTest,
    ::testing::Values(Layout{"NoChunks", {3000, 1000}, {}, {}},
                      Layout{"OneChunked", {3000, 1001}, {}, {700, 64}},
                      Layout{"TheOtherChunked", {3000, 1001}, {1, 1001}, {}},
                      Layout{"TheSameChunks", {1500, 1001}, {700, 64}, {700, 64}},
                      Layout{"OtherChunks", {1500, 1001}, {700, 64}, {300, 1000}},
                      Layout{"Across", {1200, 1300}, {1200, 1}, {1, 1300}},
                      Layout{"OneDimension", {2'000'003}, {999}, {100'000}},
                      Layout{"FourDimensions", {20, 30, 40, 50}, {20, 1, 40, 1}, {1, 30, 7, 50}}),
    [](const auto& p) { return p.param.why; });

TEST(CompareStoredTest, MemoryIsThatOfTheBudget) {
  const ArrayInfo info{DataType::unsigned_integer(1), {16U << 20U}, {}, {}};
  const auto a = std::make_shared<CountingArray>(info), b = std::make_shared<CountingArray>(info);
  GroupBuilder in_a, in_b;
  add(in_a, testing::dataset_of("x", a));
  add(in_b, testing::dataset_of("x", b));
  CompareOptions options;
  options.memory = 2U << 20U;
  EXPECT_TRUE(compare_in_memory(in_a, in_b, options).is_equal());
  EXPECT_LE(a->largest, options.memory / 4);
}

ArrayInfo chunked_info(std::optional<Bytes> fill = std::nullopt) {
  return {DataType::unsigned_integer(1), {1U << 20U}, {1U << 18U}, std::move(fill)};
}

using Chunks = std::map<std::uint64_t, Bytes>;

CompareReport compare_chunks(std::shared_ptr<const ArraySource> a,
                             std::shared_ptr<const ArraySource> b) {
  GroupBuilder in_a, in_b;
  add(in_a, testing::dataset_of("x", std::move(a)));
  add(in_b, testing::dataset_of("x", std::move(b)));
  return compare_in_memory(in_a, in_b);
}

Bytes chunk_of(char c) { return Bytes(1U << 18U, static_cast<std::byte>(c)); }

std::shared_ptr<testing::FakeChunkedArray> chunked(Chunks chunks, std::string codec = "",
                                                   std::optional<Bytes> fill = std::nullopt) {
  std::vector<CodecConfig> codecs;
  if (!codec.empty()) codecs.push_back({std::move(codec), Json::object()});
  return std::make_shared<testing::FakeChunkedArray>(chunked_info(std::move(fill)),
                                                     std::move(codecs), std::move(chunks));
}

// Neither can be decoded: what no one knows is compared as it lies.
TEST(CompareStoredTest, SameBytesUnderTheSameCodecsAreNotDecoded) {
  const Chunks chunks{{0, to_bytes("abc")}, {2, to_bytes("defg")}};
  const CompareReport report = compare_chunks(chunked(chunks, "secret"), chunked(chunks, "secret"));
  EXPECT_TRUE(report.is_equal()) << told(report);
  EXPECT_EQ(report.bytes, 2U << 18U);
  EXPECT_EQ(report.bytes_as_stored, 2U << 18U);
  EXPECT_EQ(report.elements, 1U << 20U);
}

TEST(CompareStoredTest, OtherBytesAreDecoded) {
  const Chunks chunks{{0, to_bytes("abc")}}, others{{0, to_bytes("abd")}};
  testing::expect_error(ErrorCode::unsupported, "elements were read: at /x: at a.h5", [&] {
    compare_chunks(chunked(chunks, "secret"), chunked(others, "secret"));
  });
  Bytes changed = chunk_of('a');
  changed[5] = std::byte{'b'};
  const CompareReport report =
      compare_chunks(chunked({{1, chunk_of('a')}}), chunked({{1, changed}}));
  ASSERT_EQ(report.differences, 1U) << told(report);
  EXPECT_EQ(report.listed[0].index, Shape{(1U << 18U) + 5});
  EXPECT_EQ(report.bytes_as_stored, 0U);
}

TEST(CompareStoredTest, AChunkWithAFilterMaskIsDecoded) {
  const auto a = chunked({{0, chunk_of('a')}}, "zlib"), b = chunked({{0, chunk_of('a')}}, "zlib");
  a->mask = b->mask = 1;
  const CompareReport report = compare_chunks(a, b);
  EXPECT_TRUE(report.is_equal()) << told(report);
  EXPECT_EQ(report.bytes_as_stored, 0U);
}

TEST(CompareStoredTest, AMissingChunkIsItsFillValue) {
  const Bytes seven(1, std::byte{7});
  EXPECT_TRUE(compare_chunks(chunked({{3, chunk_of(7)}, {0, chunk_of('a')}}, "", seven),
                             chunked({{0, chunk_of('a')}}, "", seven))
                  .is_equal());
  Bytes almost = chunk_of(7);
  almost.back() = std::byte{8};
  const CompareReport report =
      compare_chunks(chunked({{3, almost}}, "", seven), chunked({}, "", seven));
  ASSERT_EQ(report.differences, 1U) << told(report);
  EXPECT_EQ(report.listed[0].index, Shape{(1U << 20U) - 1});
  EXPECT_EQ(report.listed[0].text,
            "1 of 1048576 elements differ; first (1048575,): 8 in A, 7 in B");
}

TEST(CompareStoredTest, HolesOfOtherFillValuesDiffer) {
  const CompareReport report = compare_chunks(
      chunked({{0, chunk_of('a')}}), chunked({{0, chunk_of('a')}}, "", Bytes(1, std::byte{7})));
  ASSERT_EQ(report.differences, 1U) << told(report);
  EXPECT_EQ(report.listed[0].index, Shape{1U << 18U});
  EXPECT_EQ(report.listed[0].count, 3U << 18U);
  EXPECT_EQ(report.bytes, 1U << 18U);
}

TEST(CompareStoredTest, AHoleIsNotRead) {
  const ArrayInfo info{DataType::floating(8), {1ULL << 40U, 1000}, {1U << 10U, 1000}, std::nullopt};
  GroupBuilder a, b;
  add(a, testing::dataset_of("x", hdmf::fill_array(info)));
  add(b, testing::dataset_of("x", hdmf::fill_array({info.type, info.shape, {1U << 15U, 64}, {}})));
  const CompareReport report = compare_in_memory(a, b);
  EXPECT_TRUE(report.is_equal()) << told(report);
  EXPECT_EQ(report.bytes, 0U);
}

TEST(CompareStoredTest, ChunksOutsideOfTheArrayAreCorrupt) {
  const auto bad = chunked({{0, chunk_of('a')}});
  bad->also_listed.push_back({4, 10});
  testing::expect_error(ErrorCode::corrupt_data, "at /x: at b.h5", [&] {
    compare_chunks(chunked({{0, chunk_of('a')}}), bad);
  });
}

}  // namespace
}  // namespace engram::compare_array_test

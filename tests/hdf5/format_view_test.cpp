// Files of tests/data/hdf5 that HDF5 2.0 wrote in its latest format: see make_fixtures.py there.
#include "hdf5_format/format_view.hpp"

#include <gtest/gtest.h>

#include <complex>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <ostream>
#include <set>

#include "hdf5/chunk_index.hpp"
#include "hdf5/make_file.hpp"
#include "hdf5/selection.hpp"
#include "hdf5_format/format_bytes.hpp"
#include "testing/source_dir.hpp"

namespace engram::hdf5 {
namespace {

std::string fixture(const char* name) {
  return testing::source_path(std::string("tests/data/hdf5/") + name);
}

std::shared_ptr<const Dataset> open(const std::shared_ptr<File>& file, const char* name) {
  const Handle dataset = own(H5Dopen2(file->id(), name, H5P_DEFAULT), "open");
  H5O_info_t info{};
  check(H5Oget_info2(dataset.id(), &info, H5O_INFO_BASIC), "find");
  return std::make_shared<const Dataset>(file, info.addr, dataset.id(), name, Limits{});
}

struct ChunksCase {
  const char* file;
  const char* name;
  Shape shape, chunks;
  friend std::ostream& operator<<(std::ostream& out, const ChunksCase& c) {
    return out << c.file << ' ' << c.name;
  }
};
class LatestChunksTest : public ::testing::TestWithParam<ChunksCase> {};

/// Elements are their number, but in each third chunk, which is not stored.
std::vector<std::int32_t> expected_values(const Shape& shape, const Shape& chunks) {
  std::vector<std::int32_t> values(element_count(shape));
  for (std::size_t i = 0; i < values.size(); ++i) {
    std::uint64_t sum = 0, rest = i;
    for (std::size_t d = shape.size(); d-- > 0; rest /= shape[d])
      sum += rest % shape[d] / chunks[d];
    values[i] = sum % 3 == 1 ? -1 : static_cast<std::int32_t>(i);
  }
  return values;
}

TEST_P(LatestChunksTest, AreRead) {
  const ChunksCase& c = GetParam();
  const auto dataset = open(File::open(fixture(c.file)), c.name);
  EXPECT_EQ(dataset->shape(), c.shape);
  EXPECT_EQ(dataset->chunk_shape(), c.chunks);
  const auto expected = expected_values(c.shape, c.chunks);
  EXPECT_EQ(read<std::int32_t>(*dataset, Region::all(c.shape)), expected);

  const ChunkGrid grid(c.shape, c.chunks);
  std::set<std::uint64_t> stored;
  for (const EncodedChunk& chunk : ChunkIndex(dataset).chunks()) stored.insert(chunk.number);
  for (std::uint64_t number = 0; number < grid.chunk_count(); ++number) {
    const Region region = grid.region(grid.place(number));
    std::uint64_t at = 0;
    for (std::size_t d = 0; d < c.shape.size(); ++d) at = at * c.shape[d] + region.origin[d];
    EXPECT_EQ(stored.contains(number), expected[at] != -1) << number;
  }
}

INSTANTIATE_TEST_SUITE_P(
    Indexes, LatestChunksTest,
    ::testing::Values(ChunksCase{"latest.h5", "single", {5, 6}, {5, 6}},
                      ChunksCase{"latest.h5", "fixed_array", {20, 9}, {3, 2}},
                      ChunksCase{"latest.h5", "fixed_array_pages", {1100}, {1}},
                      ChunksCase{"latest.h5", "extensible_array", {20, 9}, {3, 2}},
                      ChunksCase{"latest.h5", "version2_btree", {30, 30}, {3, 2}},
                      ChunksCase{"latest_in_old.h5", "new", {20, 9}, {3, 2}}),
    [](const auto& c) { return std::string(c.param.name); });

TEST(LatestFormatTest, TypesAreRead) {
  const auto file = File::open(fixture("latest.h5"));
  const auto compound = open(file, "compound");
  ASSERT_EQ(compound->type().kind, Type::Kind::number);
  ASSERT_EQ(compound->type().number.fields.size(), 3U);
  EXPECT_EQ(typestr(compound->type().number.fields[0].type), "<i2");
  EXPECT_EQ(typestr(compound->type().number.fields[1].type), "|b1");
  EXPECT_EQ(compound->shape(), Shape{2});
  const auto numbers = open(file, "complex");
  ASSERT_EQ(numbers->type().kind, Type::Kind::number);
  EXPECT_EQ(typestr(numbers->type().number), "<c16");
  EXPECT_EQ(read<std::complex<double>>(*numbers, Region::all({2})),
            (std::vector<std::complex<double>>{{1, 2}, {3, -4}}));
}

TEST(LatestFormatTest, VirtualDatasetsAreRead) {
  const auto file = File::open(fixture("latest.h5"));
  const auto rows = expected_values({20, 9}, {3, 2});
  auto expected = rows;
  expected.insert(expected.end(), rows.begin(), rows.end());
  for (std::size_t row = 0; row < 10; ++row)
    for (std::size_t column = 0; column < 4; ++column)
      expected[180 + row * 2 * 9 + column] = rows[row * 9 + 5 + column];
  EXPECT_EQ(read<std::int32_t>(*open(file, "virtual"), Region::all({2, 20, 9})), expected);
}

TEST(LatestFormatTest, RegionReferencesAreFollowed) {
  const auto file = File::open(fixture("latest.h5"));
  const auto values = read<hdset_reg_ref_t>(*open(file, "regions"), Region::all({1}));
  const auto* const reference = reinterpret_cast<const std::byte*>(values.data());
  const auto selection = dereference(*file, reference, 100);
  ASSERT_TRUE(selection);
  ASSERT_EQ(selection->boxes.size(), 3U);
  for (std::uint64_t i = 0; i < 3; ++i) {
    EXPECT_EQ(selection->boxes[i].origin, (Shape{2, 1 + 3 * i}));
    EXPECT_EQ(selection->boxes[i].shape, (Shape{2, 1}));
  }
  EXPECT_THROW((void)dereference(*file, reference, 2), Error);
}

TEST(LatestFormatTest, AttributesAreRead) {
  struct Case {
    const char *file, *object, *name;
    bool value;
  };
  for (const Case& c : {Case{"latest.h5", "few", "a1", true},
                        {"latest.h5", "few", "a2", false},
                        {"latest.h5", "many", "a37", true},
                        {"latest.h5", "many", "a38", false},
                        {"latest_in_old.h5", "old", "flag", true},
                        {"latest_in_old.h5", "old", "last", true}}) {
    const auto file = File::open(fixture(c.file));
    const Handle attribute =
        own(H5Aopen_by_name(file->id(), c.object, c.name, H5P_DEFAULT, H5P_DEFAULT), c.name);
    const Handle type = own(H5Aget_type(attribute.id()), "type");
    std::int8_t value = -1;
    check(H5Aread(attribute.id(), type.id(), &value), "read");
    EXPECT_EQ(value, c.value ? 1 : 0) << c.object << ' ' << c.name;
  }
}

// Whatever is damaged: the library sees the file as it is, or as it should be, and nothing is
// looked for where nothing can be.
TEST(FormatViewTest, ShowsNothingOfWhatIsDamaged) {
  std::ifstream stream(fixture("latest.h5"), std::ios::binary);
  const std::string text{std::istreambuf_iterator<char>(stream), {}};
  for (std::size_t cut :
       {std::size_t{0}, std::size_t{60}, text.size() / 2, text.size() - 100, text.size()}) {
    const Bytes bytes = to_bytes(text.substr(0, cut));
    hdf5_format::FormatView view(
        [&](std::uint64_t offset, std::span<std::byte> out) {
          if (offset > bytes.size() || out.size() > bytes.size() - offset) return false;
          std::copy_n(bytes.begin() + static_cast<std::ptrdiff_t>(offset), out.size(), out.begin());
          return true;
        },
        bytes.size());
    for (std::size_t at = text.find("OHDR"); at < cut; at = text.find("OHDR", at + 1)) {
      view.look_at(at, 0, BytesView(bytes).subspan(at));
      view.look_at(at, at + 1, BytesView(bytes).subspan(at));
    }
    Bytes shown = bytes;
    view.show(0, shown);
    if (cut < 100) {
      EXPECT_EQ(shown, bytes);
    }
    if (cut == text.size()) {
      EXPECT_NE(shown, bytes);
      EXPECT_GT(view.end(), cut);
    }
    // Behind all that is shown there is nothing.
    Bytes behind(100, std::byte{9});
    view.show(std::max<std::uint64_t>(view.end(), cut), behind);
    EXPECT_EQ(behind, Bytes(100, std::byte{9}));
  }
}

// What becomes longer is shown behind the file's end, where addresses may be too short to lead.
TEST(FormatViewTest, ShowsOnlyWhatAddressesLeadTo) {
  using hdf5_format::FormatBytes;
  FormatBytes made;
  made.text("\x89HDF\r\n\x1a\n").number(2, 1).number(4, 1).number(4, 1).number(0, 1);
  made.number(0, 4).number(~0ULL, 4).up_to(96).text("OHDR").number(2, 1).number(0, 1);
  // A complex number of two 8-byte floating-point numbers.
  made.number(4 + 28, 1).number(3, 1).number(28, 2).number(0, 1);
  made.number(0x5b, 1).number(1, 3).number(16, 4).number(0x11, 1).number(0x3f20, 3).number(8, 4);
  made.numbers({0, 64}, 2).numbers({52, 11, 0, 52}, 1).number(1023, 4).checksum(96);
  const Bytes bytes = made.all();
  for (const std::uint64_t size : {std::uint64_t{1000}, std::uint64_t{0xffffffd0}}) {
    hdf5_format::FormatView view(
        [&](std::uint64_t offset, std::span<std::byte> out) {
          out = out.first(std::min<std::size_t>(out.size(), bytes.size() - offset));
          std::copy_n(bytes.begin() + static_cast<std::ptrdiff_t>(offset), out.size(), out.begin());
          return true;
        },
        size);
    const BytesView header = BytesView(bytes).subspan(96);
    view.look_at(96, 0, header);
    Bytes shown(header.begin(), header.end());
    view.show(96, shown);
    const bool fits = size == 1000;
    EXPECT_EQ(view.end() > size, fits);
    EXPECT_EQ(shown != Bytes(header.begin(), header.end()), fits);
  }
}

}  // namespace
}  // namespace engram::hdf5

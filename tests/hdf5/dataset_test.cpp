#include "hdf5/dataset.hpp"

#include <gtest/gtest.h>

#include <array>
#include <cstring>
#include <fstream>
#include <numeric>
#include <string>
#include <vector>

#include "hdf5/array_dataset.hpp"
#include "hdf5/make_file.hpp"
#include "testing/expect_error.hpp"

namespace engram::hdf5 {
namespace {

using testing::expect_error;

std::vector<std::int32_t> count_to(std::size_t n) {
  std::vector<std::int32_t> values(n);
  std::iota(values.begin(), values.end(), 0);
  return values;
}

TEST(DatasetTest, ReadsRegions) {
  MadeFile file;
  file.write("a", H5T_STD_I32BE, {4, 5}, H5T_NATIVE_INT32, count_to(20));
  const auto a = file.open("a");
  EXPECT_EQ(read<std::int32_t>(*a), count_to(20));
  EXPECT_EQ(read<std::int32_t>(*a, {{1, 2}, {2, 2}}), (std::vector<std::int32_t>{7, 8, 12, 13}));
  EXPECT_TRUE(read<std::int32_t>(*a, {{4, 0}, {0, 5}}).empty());
  expect_error(ErrorCode::invalid_argument, "(4, 5)", [&] {
    read<std::int32_t>(*a, {{3, 0}, {2, 5}});
  });
  Bytes few(7);
  expect_error(ErrorCode::invalid_argument, "7 bytes", [&] {
    a->read(Region::all({4, 5}), few, nullptr);
  });
}

// Values of one run come straight from the file, wherever it begins; HDF5 sees to the rest.
TEST(DatasetTest, ReadsRunsWithoutHdf5) {
  struct Case {
    Region region;
    bool without;
  };
  const std::vector<Case> cases = {{{{0, 0, 0}, {3, 4, 5}}, true},  {{{1, 0, 0}, {2, 4, 5}}, true},
                                   {{{2, 1, 0}, {1, 3, 5}}, true},  {{{2, 3, 1}, {1, 1, 4}}, true},
                                   {{{0, 1, 0}, {2, 3, 5}}, false}, {{{0, 0, 1}, {1, 2, 3}}, false},
                                   {{{0, 0, 0}, {3, 1, 5}}, false}, {{{2, 3, 4}, {1, 1, 1}}, true}};
  for (const hsize_t user_block : {0U, 512U}) {
    MadeFile file(H5F_LIBVER_EARLIEST, user_block);
    for (const auto& [name, type] :
         {std::pair("le", H5T_STD_I16LE), std::pair("be", H5T_STD_I16BE)})
      file.write(name, type, {3, 4, 5}, H5T_NATIVE_INT32, count_to(60));
    // The memory form is another: HDF5 must convert.
    const Handle odd(H5Tcopy(H5T_STD_I32LE));
    H5Tset_precision(odd.id(), 20);
    file.write("odd", odd.id(), {3, 4, 5}, H5T_NATIVE_INT32, count_to(60));
    for (const std::string name : {"le", "be", "odd"}) {
      const auto dataset = file.open(name);
      for (const auto& [region, without] : cases) {
        std::vector<std::int64_t> expected;
        for (std::uint64_t i = 0; i < region.shape[0]; ++i)
          for (std::uint64_t j = 0; j < region.shape[1]; ++j)
            for (std::uint64_t k = 0; k < region.shape[2]; ++k)
              expected.push_back(static_cast<std::int64_t>(
                  (region.origin[0] + i) * 20 + (region.origin[1] + j) * 5 + region.origin[2] + k));
        const auto before = calls();
        std::vector<std::int64_t> values;
        if (name == "odd")
          for (const auto value : read<std::int32_t>(*dataset, region)) values.push_back(value);
        else
          for (const auto value : read<std::int16_t>(*dataset, region)) values.push_back(value);
        EXPECT_EQ(values, expected) << name << " " << to_string(region.origin);
        EXPECT_EQ(calls() == before, without && name != "odd")
            << name << " " << to_string(region.origin) << " " << to_string(region.shape);
      }
    }
  }
}

TEST(DatasetTest, ReadsEveryLayout) {
  MadeFile file;
  const Handle compact(H5Pcreate(H5P_DATASET_CREATE));
  H5Pset_layout(compact.id(), H5D_COMPACT);
  file.write("compact", H5T_STD_I32LE, {20}, H5T_NATIVE_INT32, count_to(20), compact.id());
  const Handle chunked = MadeFile::chunked({6});
  H5Pset_deflate(chunked.id(), 4);
  file.write("chunked", H5T_STD_I32LE, {20}, H5T_NATIVE_INT32, count_to(20), chunked.id());
  const Handle virtual_layout(H5Pcreate(H5P_DATASET_CREATE));
  const hsize_t twenty = 20;
  const Handle space(H5Screate_simple(1, &twenty, nullptr));
  H5Pset_virtual(virtual_layout.id(), space.id(), ".", "/compact", space.id());
  file.create("virtual", H5T_STD_I32LE, {20}, virtual_layout.id());
  for (const std::string name : {"compact", "chunked", "virtual"})
    EXPECT_EQ(read<std::int32_t>(*file.open(name)), count_to(20)) << name;
  EXPECT_EQ(file.open("chunked")->chunk_shape(), Shape{6});
  EXPECT_TRUE(file.open("virtual")->chunk_shape().empty());
}

TEST(DatasetTest, MissesTheSourceFilesOfAVirtualDataset) {
  MadeFile file;
  const hsize_t four = 4;
  const Handle space(H5Screate_simple(1, &four, nullptr));
  const auto create = [&](const char* name, const char* source) {
    const Handle layout(H5Pcreate(H5P_DATASET_CREATE));
    H5Pset_virtual(layout.id(), space.id(), source, "/a", space.id());
    file.create(name, H5T_STD_I32LE, {4}, layout.id());
  };
  create("own", ".");
  create("beside", "made.h5");
  create("lost", "no_such_file.h5");
  EXPECT_EQ(file.open("own")->missing_source(), "");
  EXPECT_EQ(file.open("beside")->missing_source(), "");
  EXPECT_EQ(file.open("lost")->missing_source(), "no_such_file.h5");
  EXPECT_EQ(read<std::int32_t>(*file.open("lost")), std::vector<std::int32_t>(4, 0));
}

TEST(DatasetTest, FindsExternalFilesBesideIt) {
  MadeFile file;
  const auto values = count_to(4);
  std::ofstream(file.folder() + "/values.raw", std::ios::binary)
      .write(reinterpret_cast<const char*>(values.data()), 16);
  const Handle external(H5Pcreate(H5P_DATASET_CREATE));
  H5Pset_external(external.id(), "values.raw", 0, 16);
  file.create("external", H5T_STD_I32LE, {4}, external.id());
  const Handle lost(H5Pcreate(H5P_DATASET_CREATE));
  H5Pset_external(lost.id(), "no_such.raw", 0, 16);
  file.create("lost", H5T_STD_I32LE, {4}, lost.id());
  EXPECT_EQ(read<std::int32_t>(*file.open("external")), values);
  EXPECT_TRUE(file.open("external")->is_stored());
  const auto missing = file.open("lost");
  expect_error(ErrorCode::not_found, "dataset /lost of ", [&] { read<std::int32_t>(*missing); });
}

TEST(DatasetTest, CountsAnArrayTypeAsDimensions) {
  MadeFile file;
  const std::array<hsize_t, 2> lengths{2, 3};
  const Handle type(H5Tarray_create2(H5T_STD_I32LE, 2, lengths.data()));
  const Handle memory(H5Tarray_create2(H5T_NATIVE_INT32, 2, lengths.data()));
  file.write("a", type.id(), {4}, memory.id(), count_to(24), MadeFile::chunked({3}).id());
  file.write("scalar", type.id(), {}, memory.id(), count_to(6));
  const auto a = file.open("a");
  EXPECT_EQ(a->shape(), (Shape{4, 2, 3}));
  EXPECT_EQ(a->chunk_shape(), (Shape{3, 2, 3}));
  EXPECT_EQ(a->outer_rank(), 1U);
  EXPECT_EQ(read<std::int32_t>(*a), count_to(24));
  EXPECT_EQ(read<std::int32_t>(*a, {{1, 1, 0}, {2, 1, 2}}),
            (std::vector<std::int32_t>{9, 10, 15, 16}));
  const auto scalar = file.open("scalar");
  EXPECT_EQ(scalar->shape(), (Shape{2, 3}));
  EXPECT_EQ(read<std::int32_t>(*scalar), count_to(6));
}

TEST(DatasetTest, KnowsScalarsAndNothing) {
  MadeFile file;
  file.write("scalar", H5T_STD_I32LE, {}, H5T_NATIVE_INT32, count_to(1));
  file.create("empty", H5T_STD_I32LE, {0, 3});
  const Handle null(H5Screate(H5S_NULL));
  // Not kept: the file can't be opened anew as long as it is open for writing.
  EXPECT_TRUE(Handle(H5Dcreate2(file.id(), "null", H5T_STD_I32LE, null.id(), H5P_DEFAULT,
                                H5P_DEFAULT, H5P_DEFAULT)));
  EXPECT_TRUE(file.open("scalar")->is_scalar());
  EXPECT_EQ(read<std::int32_t>(*file.open("scalar")), count_to(1));
  EXPECT_EQ(file.open("empty")->shape(), (Shape{0, 3}));
  EXPECT_TRUE(file.open("null")->is_null());
  EXPECT_EQ(file.open("null")->shape(), Shape{0});
  EXPECT_TRUE(read<std::int32_t>(*file.open("null")).empty());
}

TEST(DatasetTest, TellsItsFillValueAsStored) {
  MadeFile file;
  const Handle filled = MadeFile::chunked({4});
  const std::int32_t fill = 258;
  H5Pset_fill_value(filled.id(), H5T_NATIVE_INT32, &fill);
  file.create("filled", H5T_STD_I32BE, {6}, filled.id());
  file.create("default", H5T_STD_I32LE, {6}, MadeFile::chunked({4}).id());
  const Handle undefined = MadeFile::chunked({4});
  H5Pset_fill_value(undefined.id(), H5T_NATIVE_INT32, nullptr);
  file.create("undefined", H5T_STD_I32LE, {6}, undefined.id());
  EXPECT_EQ(file.open("filled")->fill_value(),
            (Bytes{std::byte{0}, std::byte{0}, std::byte{1}, std::byte{2}}));
  EXPECT_EQ(read<std::int32_t>(*file.open("filled")), std::vector<std::int32_t>(6, 258));
  EXPECT_EQ(file.open("default")->fill_value(), Bytes(4));
  EXPECT_EQ(file.open("undefined")->fill_value(), std::nullopt);
}

// Else what was in memory before, of other files too, would be the values.
TEST(DatasetTest, FillsWhatHdf5LeavesAsItIs) {
  MadeFile file;
  const std::int32_t value = 258;
  const Handle never = MadeFile::chunked({4});
  H5Pset_fill_value(never.id(), H5T_NATIVE_INT32, &value);
  H5Pset_fill_time(never.id(), H5D_FILL_TIME_NEVER);
  file.create("never", H5T_STD_I32BE, {6}, never.id());
  const Handle contiguous(H5Pcreate(H5P_DATASET_CREATE));
  H5Pset_fill_time(contiguous.id(), H5D_FILL_TIME_NEVER);
  file.create("contiguous", H5T_STD_I32LE, {6}, contiguous.id());
  for (const auto& [name, expected] : {std::pair("never", 258), std::pair("contiguous", 0)}) {
    std::vector<std::int32_t> values(6, -1);
    file.open(name)->read(Region::all({6}), std::as_writable_bytes(std::span(values)), nullptr);
    EXPECT_EQ(values, std::vector<std::int32_t>(6, expected)) << name;
  }
}

TEST(DatasetTest, HasPlainChunksOnlyWhereTheyAre) {
  MadeFile file;
  const Handle chunked = MadeFile::chunked({4});
  file.create("plain", H5T_STD_I32BE, {6}, chunked.id());
  file.create("contiguous", H5T_STD_I32LE, {6});
  const Handle padded(H5Tcreate(H5T_COMPOUND, 8));
  H5Tinsert(padded.id(), "a", 2, H5T_STD_I32LE);
  file.create("padded", padded.id(), {6}, chunked.id());
  const Handle edges = MadeFile::chunked({4});
  H5Pset_deflate(edges.id(), 1);
  H5Pset_chunk_opts(edges.id(), H5D_CHUNK_DONT_FILTER_PARTIAL_CHUNKS);
  file.create("edges", H5T_STD_I32LE, {6}, edges.id());
  const hsize_t two = 2;
  const Handle pair(H5Tarray_create2(H5T_STD_I32LE, 1, &two));
  const Handle uneven = MadeFile::chunked({4});
  const std::array<std::int32_t, 2> fill{1, 2};
  H5Pset_fill_value(uneven.id(), pair.id(), fill.data());
  file.create("uneven", pair.id(), {6}, uneven.id());
  const auto encoded = [&](const std::string& name) {
    return make_array_source(file.open(name))->encoded() != nullptr;
  };
  EXPECT_TRUE(encoded("plain"));
  EXPECT_FALSE(encoded("contiguous"));
  EXPECT_FALSE(encoded("padded"));
  EXPECT_FALSE(encoded("edges")) << "the last chunk is stored without its filter";
  EXPECT_FALSE(encoded("uneven")) << "no single fill value stands for an array of two";
}

TEST(DatasetTest, KnowsThatNothingIsStored) {
  MadeFile file;
  file.create("unwritten", H5T_STD_I32LE, {1'000'000'000'000});
  file.write("written", H5T_STD_I32LE, {4}, H5T_NATIVE_INT32, count_to(4));
  const hsize_t two = 2;
  const Handle pair(H5Tarray_create2(H5T_STD_I32LE, 1, &two));
  const Handle uneven(H5Pcreate(H5P_DATASET_CREATE));
  const std::array<std::int32_t, 2> fill{1, 2};
  H5Pset_fill_value(uneven.id(), pair.id(), fill.data());
  file.create("uneven", pair.id(), {3}, uneven.id());
  EXPECT_FALSE(file.open("unwritten")->is_stored());
  EXPECT_TRUE(file.open("written")->is_stored());
  EXPECT_TRUE(file.open("uneven")->is_stored()) << "no single fill value stands for its values";
  EXPECT_EQ(read<std::int32_t>(*file.open("uneven")),
            (std::vector<std::int32_t>{1, 2, 1, 2, 1, 2}));
}

// A filter that the test takes away again.
constexpr H5Z_filter_t kPrivateFilter = 300;

std::size_t pass(unsigned, std::size_t, const unsigned*, std::size_t size, std::size_t*, void**) {
  return size;
}

TEST(DatasetTest, NamesTheFilterThatIsMissing) {
  const H5Z_class2_t filter{H5Z_CLASS_T_VERS, kPrivateFilter, 1,       1,
                            "private",        nullptr,        nullptr, pass};
  MadeFile file;
  {
    const Locked locked;
    check(H5Zregister(&filter), "register");
  }
  const Handle creation = MadeFile::chunked({4});
  H5Pset_filter(creation.id(), kPrivateFilter, H5Z_FLAG_MANDATORY, 0, nullptr);
  file.write("a", H5T_STD_I32LE, {6}, H5T_NATIVE_INT32, count_to(6), creation.id());
  file.create("unwritten", H5T_STD_I32LE, {6}, creation.id());
  file.open("a");
  {
    const Locked locked;
    check(H5Zunregister(kPrivateFilter), "unregister");
  }
  forget_availability(kPrivateFilter);
  const auto a = file.open("a");
  expect_error(ErrorCode::unsupported, "\"private\" (HDF5 filter 300)",
               [&] { read<std::int32_t>(*a); });
  expect_error(ErrorCode::unsupported, "dataset /a of ", [&] { read<std::int32_t>(*a); });
  EXPECT_EQ(read<std::int32_t>(*file.open("unwritten")), std::vector<std::int32_t>(6, 0));

  const auto source = make_array_source(a);
  ASSERT_NE(source->encoded(), nullptr) << "chunks can be had without the filter";
  EXPECT_EQ(source->encoded()->codecs(), (std::vector<CodecConfig>{{"hdf5:300", Json::object()}}));
  Bytes chunk(16);
  source->encoded()->read(source->encoded()->chunks().at(0), chunk);
  EXPECT_EQ(std::memcmp(chunk.data(), count_to(4).data(), 16), 0);
}

TEST(DatasetTest, HoldsToItsLimits) {
  MadeFile file;
  file.create("a", H5T_STD_I32LE, {100, 100}, MadeFile::chunked({50, 50}).id());
  Limits limits;
  limits.max_chunk_bytes = 9999;
  expect_error(ErrorCode::limit_exceeded, "chunks of 10000 bytes", [&] { file.open("a", limits); });
  limits = {};
  limits.max_rank = 1;
  expect_error(ErrorCode::limit_exceeded, "2 dimensions", [&] { file.open("a", limits); });
}

TEST(DatasetTest, GivesVariableLengthValuesNoMoreThanTheirRoom) {
  MadeFile file;
  const Handle text(H5Tcopy(H5T_C_S1));
  H5Tset_size(text.id(), H5T_VARIABLE);
  const std::string word(1000, 'x');
  file.write("t", text.id(), {5}, text.id(), std::vector<const char*>(5, word.c_str()));
  const auto t = file.open("t");
  std::vector<char*> values(5);
  Arena large(1 << 20), small(4096);
  t->read(Region::all({5}), std::as_writable_bytes(std::span(values)), &large);
  EXPECT_EQ(values[4], word);
  expect_error(ErrorCode::limit_exceeded, "more than 4096 bytes", [&] {
    t->read(Region::all({5}), std::as_writable_bytes(std::span(values)), &small);
  });
}

}  // namespace
}  // namespace engram::hdf5

#include "hdf5/own_filters.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <numeric>
#include <string>
#include <vector>

#include "engram/codec/pipeline.hpp"
#include "hdf5/array_dataset.hpp"
#include "hdf5/make_file.hpp"
#include "testing/expect_error.hpp"
#include "testing/source_dir.hpp"
#include "testing/temp_dir.hpp"

namespace engram::hdf5 {
namespace {

namespace fs = std::filesystem;

constexpr const char* kFiltered[] = {"bzip2", "lzf",        "blosc",          "blosc_snappy",
                                     "lz4",   "bitshuffle", "bitshuffle_lz4", "bitshuffle_zstd",
                                     "zstd"};
constexpr const char* kZfp[] = {"zfp", "zfp_rate", "zfp_accuracy", "zfp_precision"};
constexpr const char* kNumbers[] = {"i1", "i2_big", "f4", "f8", "i4_steps", "c16", "masked"};

/// A copy of what tests/data/hdf5/make_filters.py made, with chunks that can be damaged.
class FilteredFile {
 public:
  FilteredFile() {
    fs::copy_file(testing::source_path("tests/data/hdf5/filters.h5"), path_);
    open();
  }

  std::shared_ptr<const Dataset> dataset(const std::string& name) const {
    const Locked locked;
    const Handle dataset = own(H5Dopen2(file_->id(), name.c_str(), H5P_DEFAULT), "open");
    H5O_info_t info{};
    check(H5Oget_info2(dataset.id(), &info, H5O_INFO_BASIC), "find");
    return std::make_shared<const Dataset>(file_, info.addr, dataset.id(), "/" + name, Limits());
  }

  /// Calls change(bytes) with those of the first chunk, and stores them again.
  template <typename Change>
  void damage(const std::string& name, const Change& change) {
    hsize_t size = 0;
    haddr_t address = 0;
    {
      const Locked locked;
      const Handle dataset = own(H5Dopen2(file_->id(), name.c_str(), H5P_DEFAULT), "open");
      const Handle space(H5Dget_space(dataset.id()));
      std::vector<hsize_t> offset(8);
      unsigned mask = 0;
      check(H5Dget_chunk_info(dataset.id(), space.id(), 0, offset.data(), &mask, &address, &size),
            "find a chunk");
    }
    file_.reset();
    std::fstream stream(path_, std::ios::binary | std::ios::in | std::ios::out);
    std::string bytes(size, '\0');
    stream.seekg(static_cast<std::streamoff>(address));
    stream.read(bytes.data(), static_cast<std::streamsize>(size));
    change(bytes);
    ASSERT_EQ(bytes.size(), size);
    stream.seekp(static_cast<std::streamoff>(address));
    stream.write(bytes.data(), static_cast<std::streamsize>(size));
    stream.close();
    open();
  }

 private:
  void open() { file_ = File::open(path_.string()); }

  testing::TempDir dir_;
  fs::path path_ = dir_.path() / "filters.h5";
  std::shared_ptr<File> file_;
};

Bytes read_all(const Dataset& dataset) {
  Bytes bytes(element_count(dataset.shape()) * dataset.type().memory_size);
  dataset.read(Region::all(dataset.shape()), bytes, nullptr);
  return bytes;
}

// The elements of chunk `number`, whole, by what engram decodes with.
Bytes decode_chunk(const std::shared_ptr<const Dataset>& dataset, std::size_t number) {
  const auto source = make_array_source(dataset);
  const EncodedChunks& encoded = *source->encoded();
  const EncodedChunk chunk = encoded.chunks().at(number);
  Bytes stored(chunk.size);
  const std::uint32_t mask = encoded.read(chunk, stored);
  return codec::Pipeline::decoder(encoded.codecs())
      .decode(stored, element_count(dataset->chunk_shape()) * dataset->type().memory_size, mask);
}

TEST(OwnFiltersTest, AreReadByHdf5) {
  const FilteredFile file;
  for (const std::string filter : kFiltered) {
    for (const std::string name :
         {"i1", "i2_big", "f4", "f8", "i4_steps", "c16", "records", "masked"})
      EXPECT_EQ(read_all(*file.dataset(filter + "/" + name)),
                read_all(*file.dataset("plain/" + name)))
          << filter << " " << name;
    if (filter.starts_with("blosc")) continue;
    const auto text = file.dataset(filter + "/text");
    std::vector<char*> values(40);
    Arena arena(1U << 20U);
    text->read(Region::all({40}), std::as_writable_bytes(std::span(values)), &arena);
    for (std::size_t i = 0; i < values.size(); ++i)
      EXPECT_EQ(values[i], "text " + std::to_string(i % 7)) << filter;
  }
  for (const std::string filter : kZfp)
    for (const std::string name : {"f4", "f8"})
      EXPECT_EQ(read_all(*file.dataset(filter + "/" + name)),
                read_all(*file.dataset("plain_" + filter + "/" + name)))
          << filter << " " << name;
}

TEST(OwnFiltersTest, AreDecodedWithoutHdf5) {
  const FilteredFile file;
  for (const std::string filter : kFiltered)
    for (const std::string name : kNumbers) {
      const auto dataset = file.dataset(filter + "/" + name);
      if (name == "f4") continue;  // Its chunks are no runs of it.
      const Bytes expected = read_all(*dataset);
      Bytes all;
      for (std::size_t number = 0; all.size() < expected.size(); ++number) {
        Bytes chunk = decode_chunk(dataset, number);
        make_little_endian(dataset->type().number, chunk);
        all.insert(all.end(), chunk.begin(), chunk.end());
      }
      all.resize(expected.size());
      EXPECT_TRUE(all == expected) << filter << " " << name;
    }
}

struct Damage {
  const char* dataset;
  const char* text;  ///< What both ways of reading say.
  void (*change)(std::string& chunk);
};

void shorten(std::string& chunk) { std::fill(chunk.begin() + 20, chunk.end(), '\0'); }
void lengthen(std::string& chunk) { chunk[6] = '\x7f'; }

TEST(OwnFiltersTest, NameFileDatasetAndFilterOfADamagedChunk) {
  FilteredFile file;
  for (const Damage& each : {
           Damage{"bzip2/i1", "bz2 stream of", shorten},
           Damage{"lzf/f8", "lzf (HDF5 filter 32000)",
                  [](std::string& chunk) { chunk[0] = '\xff'; }},
           Damage{"blosc/f8", "blosc frame", lengthen},
           Damage{"blosc_snappy/i4_steps", "blosc frame", lengthen},
           Damage{"lz4/f8", "lz4 (HDF5 filter 32004)", lengthen},
           Damage{"bitshuffle_lz4/f8", "bitshuffle (HDF5 filter 32008)", lengthen},
           Damage{"bitshuffle_zstd/f8", "bitshuffle (HDF5 filter 32008)", shorten},
           Damage{"zstd/f8", "zstd stream", shorten},
           Damage{"zstd/records", "zstd stream", shorten},
           Damage{"lz4/records", "lz4 (HDF5 filter 32004)", shorten},
           Damage{"lz4/text", "lz4 (HDF5 filter 32004)", lengthen},
       }) {
    SCOPED_TRACE(each.dataset);
    file.damage(each.dataset, each.change);
    const auto dataset = file.dataset(each.dataset);
    const auto read = [&] {
      Arena arena(1U << 20U);
      Bytes bytes(element_count(dataset->shape()) * dataset->type().memory_size);
      dataset->read(Region::all(dataset->shape()), bytes, &arena);
    };
    testing::expect_error(ErrorCode::corrupt_data, each.text, read);
    testing::expect_error(ErrorCode::corrupt_data, each.dataset, read);
    testing::expect_error(ErrorCode::corrupt_data, "filters.h5", read);
    if (make_array_source(dataset)->encoded() != nullptr)
      testing::expect_error(ErrorCode::corrupt_data, each.text,
                            [&] { (void)decode_chunk(dataset, 0); });
  }
}

// HDF5 itself would take what lies behind for the rest of the chunk.
TEST(OwnFiltersTest, RefuseAChunkThatDecodesToLess) {
  FilteredFile file;
  // 33 records of 16 bytes, in blocks of 256 bytes, of which it now has one.
  file.damage("lz4/records", [](std::string& chunk) {
    ASSERT_EQ(chunk.substr(0, 8), std::string("\0\0\0\0\0\0\x02\x10", 8));
    chunk.replace(6, 2, std::string("\x01\0", 2));
  });
  testing::expect_error(ErrorCode::corrupt_data, "decodes to 256 bytes, expected 528",
                        [&] { (void)read_all(*file.dataset("lz4/records")); });
  // 16 texts, each a place of 16 bytes in a heap; now one block of 64 bytes, which is stored.
  file.damage("lz4/text", [](std::string& chunk) {
    ASSERT_EQ(chunk.substr(0, 8), std::string("\0\0\0\0\0\0\x01\0", 8));
    for (const std::size_t at : {6U, 10U, 14U}) chunk.replace(at, 2, std::string("\0\x40", 2));
  });
  const auto text = file.dataset("lz4/text");
  std::vector<char*> values(16);
  Arena arena(1U << 20U);
  testing::expect_error(ErrorCode::corrupt_data, "decodes to 64 bytes, expected 256", [&] {
    text->read({{0}, {16}}, std::as_writable_bytes(std::span(values)), &arena);
  });
}

// Of those that numcodecs has a codec for; HDF5 would not even make the dataset otherwise.
TEST(OwnFiltersTest, EncodeWhereThereIsACodec) {
  std::vector<std::int32_t> values(1000);
  std::iota(values.begin(), values.end(), 0);
  MadeFile file;
  const std::vector<std::pair<std::string, Filter>> filters = {
      {"zstd", {32015, false, {5}, ""}},
      {"bzip2", {307, false, {9}, ""}},
      {"blosc", {32001, false, {2, 2, 4, 1200, 5, 1, 5}, ""}}};
  for (const auto& [name, filter] : filters) {
    const Handle creation = MadeFile::chunked({300});
    add_filters(creation.id(), {filter});
    file.write(name, H5T_STD_I32LE, {1000}, H5T_NATIVE_INT32, values, creation.id());
  }
  for (const auto& [name, filter] : filters) {
    const auto dataset = file.open(name);
    EXPECT_EQ(read<std::int32_t>(*dataset), values) << name;
    const auto source = make_array_source(dataset);
    EXPECT_LT(source->encoded()->chunks().at(0).size, 1200U) << name;
    EXPECT_TRUE(is_available(filter.id));
  }
}

std::size_t stay(unsigned, std::size_t, const unsigned*, std::size_t size, std::size_t*, void**) {
  return size;
}

TEST(OwnFiltersTest, LeaveAloneWhatTheProgramHasRegistered) {
  const H5Z_class2_t theirs{H5Z_CLASS_T_VERS, 32004, 1, 1, "theirs", nullptr, nullptr, stay};
  const Locked locked;
  check(H5Zregister(&theirs), "register");
  register_own_filters();
  unsigned configuration = 0;
  check(H5Zget_filter_info(32004, &configuration), "ask");
  EXPECT_NE(configuration & H5Z_FILTER_CONFIG_ENCODE_ENABLED, 0U);
  check(H5Zunregister(32004), "unregister");
  register_own_filters();
  check(H5Zget_filter_info(32004, &configuration), "ask");
  EXPECT_EQ(configuration & H5Z_FILTER_CONFIG_ENCODE_ENABLED, 0U);
}

}  // namespace
}  // namespace engram::hdf5

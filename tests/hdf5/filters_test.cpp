#include "hdf5/filters.hpp"

#include <gtest/gtest.h>

#include <ostream>
#include <string>
#include <vector>

namespace engram::hdf5 {
namespace {

struct FilterCase {
  std::string name;
  Filter filter;
  CodecConfig codec;
  friend std::ostream& operator<<(std::ostream& out, const FilterCase& c) { return out << c.name; }
};
class FilterCodecTest : public ::testing::TestWithParam<FilterCase> {};

TEST_P(FilterCodecTest, HasNumcodecsName) {
  EXPECT_EQ(codec_of(GetParam().filter), GetParam().codec);
}

INSTANTIATE_TEST_SUITE_P(
    Filters, FilterCodecTest,
    ::testing::Values(
        FilterCase{"Deflate", {1, false, {7}, ""}, {"zlib", {{"level", 7}}}},
        FilterCase{"Shuffle", {2, false, {8}, ""}, {"shuffle", {{"elementsize", 8}}}},
        FilterCase{"ShuffleOfNothing", {2, false, {0}, ""}, {"hdf5:2", Json::object()}},
        FilterCase{"Fletcher32", {3, false, {}, ""}, {"fletcher32", Json::object()}},
        FilterCase{"Bzip2", {307, false, {4}, ""}, {"bz2", {{"level", 4}}}},
        FilterCase{"Zstd", {32015, false, {}, ""}, {"zstd", {{"level", 3}}}},
        FilterCase{"ZstdNegative", {32015, false, {~0U}, ""}, {"zstd", {{"level", -1}}}},
        FilterCase{"Blosc",
                   {32001, false, {2, 2, 4, 400, 9, 2, 5}, ""},
                   {"blosc", {{"cname", "zstd"}, {"clevel", 9}, {"shuffle", 2}, {"blocksize", 0}}}},
        FilterCase{
            "BloscOld",
            {32001, false, {2, 2, 4, 400}, ""},
            {"blosc", {{"cname", "blosclz"}, {"clevel", 5}, {"shuffle", 1}, {"blocksize", 0}}}},
        FilterCase{"BloscUnknown",
                   {32001, false, {2, 2, 4, 400, 9, 2, 17}, ""},
                   {"hdf5:32001", Json::object()}},
        FilterCase{"Other", {32008, false, {0, 2}, ""}, {"hdf5:32008", Json::object()}}),
    [](const auto& c) { return c.param.name; });

TEST(FiltersTest, KnowWhatHdf5Has) {
  EXPECT_TRUE(is_available(H5Z_FILTER_DEFLATE));
  EXPECT_TRUE(is_available(H5Z_FILTER_SHUFFLE));
  EXPECT_FALSE(is_available(510));
}

TEST(FiltersTest, AreNamed) {
  EXPECT_EQ(describe({32026, false, {}, ""}), "blosc2 (HDF5 filter 32026)");
  EXPECT_EQ(describe({511, false, {}, "mine"}), "\"mine\" (HDF5 filter 511)");
  EXPECT_EQ(describe({511, false, {}, ""}), "HDF5 filter 511");
  const std::string text = missing_filters_text({{32026, false, {}, ""}, {511, false, {}, ""}});
  EXPECT_NE(text.find("blosc2 (HDF5 filter 32026), HDF5 filter 511"), std::string::npos) << text;
  EXPECT_NE(text.find("H5Zblosc2"), std::string::npos) << text;
}

}  // namespace
}  // namespace engram::hdf5

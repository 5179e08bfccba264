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
                   {"hdf5:32001", {{"values", {2U, 2U, 4U, 400U, 9U, 2U, 17U}}}}},
        FilterCase{"BloscSnappy",
                   {32001, false, {2, 2, 4, 400, 9, 2, 3}, ""},
                   {"hdf5:32001", {{"values", {2U, 2U, 4U, 400U, 9U, 2U, 3U}}}}},
        FilterCase{"Lzf", {32000, false, {}, ""}, {"hdf5:32000", {{"values", Json::array()}}}},
        FilterCase{"Lz4", {32004, false, {0}, ""}, {"hdf5:32004", {{"values", {0U}}}}},
        FilterCase{
            "Bitshuffle", {32008, false, {0, 2}, ""}, {"hdf5:32008", {{"values", {0U, 2U}}}}},
        FilterCase{"Zfp", {32013, false, {7}, ""}, {"hdf5:32013", {{"values", {7U}}}}},
        FilterCase{"Other", {32026, false, {0, 2}, ""}, {"hdf5:32026", Json::object()}}),
    [](const auto& c) { return c.param.name; });

TEST(FiltersTest, KnowWhatHdf5Has) {
  EXPECT_TRUE(is_available(H5Z_FILTER_DEFLATE));
  EXPECT_TRUE(is_available(H5Z_FILTER_SHUFFLE));
  for (const H5Z_filter_t own : {307, 32000, 32001, 32004, 32008, 32013, 32015, 32022, 32023})
    EXPECT_TRUE(is_available(own)) << own;
  EXPECT_FALSE(is_available(510));
}

TEST(FiltersTest, AreNamed) {
  EXPECT_EQ(describe({32026, false, {}, ""}), "blosc2 (HDF5 filter 32026)");
  EXPECT_EQ(describe({511, false, {}, "mine"}), "\"mine\" (HDF5 filter 511)");
  EXPECT_EQ(describe({511, false, {}, ""}), "HDF5 filter 511");
}

struct Refusal {
  H5Z_filter_t id;
  const char* name;
  const char* remedy;
};

// Every registered filter that engram has no decoder for.
TEST(FiltersTest, AreRefusedWithARemedy) {
  for (const Refusal& each : {
           Refusal{4, "szip", "built with szip"},
           Refusal{5, "nbit", "built with nbit"},
           Refusal{6, "scaleoffset", "built with scaleoffset"},
           Refusal{257, "hzip", "plugin Silo's hzip"},
           Refusal{305, "lzo", "plugin PyTables' LZO"},
           Refusal{32002, "mafisc", "plugin MAFISC"},
           Refusal{32003, "snappy", "plugin snappy-cuda"},
           Refusal{32005, "apax", "plugin APAX"},
           Refusal{32006, "cbf", "plugin CBFlib"},
           Refusal{32007, "jpeg-xr", "plugin JPEG-XR"},
           Refusal{32009, "spdp", "plugin SPDP"},
           Refusal{32010, "lpc-rice", "plugin LPC-Rice"},
           Refusal{32011, "ccsds-123", "plugin CCSDS-123"},
           Refusal{32012, "jpeg-ls", "plugin jpegls-hdf-filter"},
           Refusal{32014, "fpzip", "plugin fpzip"},
           Refusal{32016, "b3d", "plugin B3D"},
           Refusal{32017, "sz", "plugin H5Zsz (hdf5plugin)"},
           Refusal{32018, "fcidecomp", "JPEG-LS (hdf5plugin)"},
           Refusal{32019, "jpeg", "plugin jpegHDF5"},
           Refusal{32020, "vbz", "plugin vbz_hdf_plugin"},
           Refusal{32021, "fapec", "plugin FAPEC"},
           Refusal{32024, "sz3", "plugin H5Zsz3 (hdf5plugin)"},
           Refusal{32025, "delta-rice", "plugin Delta-Rice"},
           Refusal{32026, "blosc2", "plugin H5Zblosc2 (hdf5plugin)"},
           Refusal{32027, "flac", "plugin HDF5's FLAC"},
           Refusal{32028, "sperr", "plugin H5Z-SPERR (hdf5plugin)"},
           Refusal{32029, "trpx", "plugin TERSE/PROLIX"},
           Refusal{32030, "ffmpeg", "plugin FFMPEG"},
           Refusal{32033, "htj2k", "plugin H5Zhtj2k (hdf5plugin)"},
           Refusal{300, "HDF5 filter 300", "install the HDF5 plugin for it"},
       }) {
    const std::string text = missing_filters_text({{each.id, false, {}, ""}});
    EXPECT_NE(text.find(each.name), std::string::npos) << text;
    EXPECT_NE(text.find(std::to_string(each.id)), std::string::npos) << text;
    EXPECT_NE(text.find(each.remedy), std::string::npos) << text;
    EXPECT_NE(text.find("re-save the file without it"), std::string::npos) << text;
  }
  const std::string several =
      missing_filters_text({{4, false, {}, ""}, {32026, false, {}, ""}, {511, false, {}, "mine"}});
  EXPECT_NE(several.find("szip (HDF5 filter 4), blosc2 (HDF5 filter 32026), \"mine\""),
            std::string::npos)
      << several;
  EXPECT_NE(several.find("built with szip, install the HDF5 plugin H5Zblosc2"), std::string::npos)
      << several;
}

}  // namespace
}  // namespace engram::hdf5

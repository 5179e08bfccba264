#include <gtest/gtest.h>

#include "converters/compare_in_memory.hpp"
#include "engram/compare.hpp"
#include "engram/convert.hpp"
#include "testing/source_dir.hpp"
#include "testing/temp_dir.hpp"

namespace engram {
namespace {

class VerifyFixtureTest : public ::testing::TestWithParam<std::tuple<const char*, int>> {};

// What a conversion makes of a file is equal to it, with any options.
TEST_P(VerifyFixtureTest, IsEqual) {
  const auto& [name, number] = GetParam();
  const std::string source = testing::source_path(std::string("tests/data/hdf5/") + name);
  const testing::TempDir dir;
  const std::string target = dir / "out.zarr";
  ConvertOptions options;
  if ((number & 1) != 0) options.compat = backend::Compat::portable;
  if ((number & 2) != 0) options.text = backend::TextForm::exact;
  if ((number & 4) != 0) options.codec = "verbatim";
  if ((number & 8) != 0) {
    options.codec = "zstd:3";
    options.chunks = "auto";
  }
  if (number == 0) options.external = backend::ExternalLinks::link;
  convert(source, target, options);
  CompareOptions verify;
  verify.conversion = true;
  verify.external = options.external;
  const CompareReport report = compare(source, target, verify);
  EXPECT_TRUE(report.is_equal()) << testing::told(report);
  EXPECT_GT(report.datasets + report.attributes + report.links, 0U);
  EXPECT_EQ(report.a_format, "HDF5");
  EXPECT_EQ(report.b_format, "Zarr v2");
}

INSTANTIATE_TEST_SUITE_P(Files, VerifyFixtureTest,
                         ::testing::Combine(::testing::Values("arrays.h5", "attributes.h5",
                                                              "links.h5", "objects.h5",
                                                              "references.h5", "user_block.h5"),
                                            ::testing::Values(0, 1, 2, 4, 8, 11)),
                         [](const auto& p) {
                           const std::string name = std::get<0>(p.param);
                           return name.substr(0, name.find('.')) +
                                  std::to_string(std::get<1>(p.param));
                         });

}  // namespace
}  // namespace engram

// Chunks that go from HDF5 to Zarr and back are the bytes that they were.

#include "backend/hdf5_writer_codecs.hpp"

#include <gtest/gtest.h>

#include <cstdint>

#include "engram/base/error.hpp"
#include "testing/expect_error.hpp"

namespace engram::backend {
namespace {

using Codecs = std::vector<CodecConfig>;

constexpr std::uint64_t kElement = 4, kSize = 4096;

CodecConfig zlib(int level = 4) { return {"zlib", {{"level", level}}}; }
CodecConfig shuffle(int size = kElement) { return {"shuffle", {{"elementsize", size}}}; }
CodecConfig fletcher32() { return {"fletcher32", Json::object()}; }
CodecConfig blosc(const char* cname, int shuffle) {
  return {"blosc", {{"cname", cname}, {"clevel", 5}, {"shuffle", shuffle}, {"blocksize", 0}}};
}

Bytes elements() {
  Bytes bytes(kSize);
  for (std::size_t i = 0; i < bytes.size(); ++i) bytes[i] = static_cast<std::byte>(i / 16 % 7);
  return bytes;
}

std::string names(const Codecs& codecs) {
  std::string text;
  for (const CodecConfig& codec : codecs) text += (text.empty() ? "" : " ") + codec.name;
  return text;
}

TEST(Hdf5AdopterTest, WhichCodecsAreFilters) {
  struct Case {
    Codecs source;
    const char* common;      ///< nullptr: not adopted.
    const char* registered;  ///< With plugins.
  };
  const std::vector<Case> cases = {
      {{}, "", ""},
      {{zlib()}, "zlib", "zlib"},
      {{shuffle()}, "shuffle", "shuffle"},
      {{shuffle(), zlib()}, "shuffle zlib", "shuffle zlib"},
      {{shuffle(), zlib(), fletcher32()}, "shuffle zlib fletcher32", "shuffle zlib fletcher32"},
      {{fletcher32()}, "fletcher32", "fletcher32"},
      {{shuffle(8), zlib()}, nullptr, nullptr},
      {{zlib(), shuffle()}, nullptr, nullptr},
      {{blosc("zlib", 1)}, "shuffle zlib", "blosc"},
      {{blosc("zlib", 0)}, "zlib", "blosc"},
      {{blosc("zlib", 2)}, nullptr, "blosc"},
      {{blosc("zstd", 1)}, nullptr, "blosc"},
      {{{"zstd", {{"level", 3}}}}, nullptr, "zstd"},
      {{{"bz2", {{"level", 9}}}}, nullptr, "bz2"},
      {{{"gzip", {{"level", 5}}}}, nullptr, nullptr},
      {{{"lz4", {{"acceleration", 1}}}}, nullptr, nullptr},
      {{{"delta", {{"dtype", "<i4"}}}, zlib()}, nullptr, nullptr},
  };
  for (const Case& each : cases) {
    SCOPED_TRACE(names(each.source));
    for (const auto& [filters, expected] : {std::pair{Hdf5Filters::common, each.common},
                                            {Hdf5Filters::registered, each.registered}}) {
      const auto adopter = Hdf5Adopter::make(each.source, kElement, kSize, filters);
      ASSERT_EQ(adopter.has_value(), expected != nullptr);
      if (adopter) {
        EXPECT_EQ(names(adopter->codecs()), expected);
      }
    }
  }
}

// Through the head that Zarr gets, and back, with each mask that a chunk of HDF5 can have.
TEST(Hdf5AdopterTest, TheBloscHeadIsTakenOff) {
  for (const Codecs& source : {Codecs{shuffle(), zlib()}, Codecs{zlib()}}) {
    for (std::uint32_t mask = 0; mask < (1U << source.size()); ++mask) {
      SCOPED_TRACE(names(source) + " " + std::to_string(mask));
      Codecs applied;
      for (std::size_t i = 0; i < source.size(); ++i)
        if (((mask >> i) & 1U) == 0) applied.push_back(source[i]);
      const Bytes before =
          applied.empty() ? elements() : codec::Pipeline(applied).encode(elements(), kElement);
      const auto to_zarr =
          codec::Adopter::make(source, kElement, kSize, codec::ShuffleForm::blosc_head_always);
      ASSERT_TRUE(to_zarr);
      Bytes chunk = before;
      EXPECT_EQ(to_zarr->adopt(chunk, mask), codec::Adoption::framed);
      const auto back = Hdf5Adopter::make(to_zarr->codecs(), kElement, kSize, Hdf5Filters::common);
      ASSERT_TRUE(back);
      EXPECT_EQ(names(back->codecs()), names(source));
      const auto adopted = back->adopt(chunk, 0);
      EXPECT_EQ(adopted.adoption, codec::Adoption::framed);
      EXPECT_EQ(adopted.filter_mask, mask);
      EXPECT_EQ(chunk, before);
    }
  }
}

TEST(Hdf5AdopterTest, FramesOfBloscItselfAreEncodedAnew) {
  for (const int shuffled : {0, 1}) {
    const Codecs source{blosc("zlib", shuffled)};
    const auto adopter = Hdf5Adopter::make(source, kElement, kSize, Hdf5Filters::common);
    ASSERT_TRUE(adopter);
    Bytes chunk = codec::Pipeline(source).encode(elements(), kElement);
    const auto adopted = adopter->adopt(chunk, 0);
    EXPECT_EQ(codec::Pipeline(adopter->codecs()).decode(chunk, kSize, adopted.filter_mask),
              elements());
  }
}

TEST(Hdf5AdopterTest, DamageIsFound) {
  const auto plain = Hdf5Adopter::make({}, kElement, kSize, Hdf5Filters::common);
  Bytes shorter(kSize - 1);
  testing::expect_error(ErrorCode::corrupt_data, "expected 4096",
                        [&] { plain->adopt(shorter, 0); });
  const auto framed = Hdf5Adopter::make({blosc("zlib", 1)}, kElement, kSize, Hdf5Filters::common);
  Bytes nothing(3);
  testing::expect_error(ErrorCode::corrupt_data, "blosc", [&] { framed->adopt(nothing, 0); });
  Bytes other = codec::Pipeline({blosc("zlib", 1)}).encode(Bytes(kSize / 2), kElement);
  testing::expect_error(ErrorCode::corrupt_data, "decodes to 2048",
                        [&] { framed->adopt(other, 0); });
}

}  // namespace
}  // namespace engram::backend

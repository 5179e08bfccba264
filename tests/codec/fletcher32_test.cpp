#include "codec/fletcher32.hpp"

#include "codec/fixtures.hpp"
#include "codec/little_endian.hpp"
#include "engram/codec/adopt.hpp"

namespace engram::codec {
namespace {

// One word after another, folded each time: the definition.
std::uint32_t by_definition(const Bytes& bytes) {
  std::uint32_t sum1 = 0;
  std::uint32_t sum2 = 0;
  for (std::size_t i = 0; i < bytes.size(); i += 2) {
    std::uint32_t word = std::to_integer<std::uint32_t>(bytes[i]) << 8U;
    if (i + 1 < bytes.size()) word |= std::to_integer<std::uint32_t>(bytes[i + 1]);
    sum1 += word;
    sum1 = (sum1 & 0xffffU) + (sum1 >> 16U);
    sum2 += sum1;
    sum2 = (sum2 & 0xffffU) + (sum2 >> 16U);
  }
  return (sum2 << 16U) | sum1;
}

TEST(Fletcher32, IsItsDefinition) {
  for (const std::size_t size : {0U, 1U, 2U, 3U, 255U, 511U, 512U, 513U, 1024U, 1441U, 100001U}) {
    for (const Bytes& bytes : {Bytes(size), Bytes(size, std::byte{255}), noise(size), walk(size)})
      EXPECT_EQ(fletcher32(bytes), by_definition(bytes)) << size;
  }
}

TEST(Fletcher32, TakesTheSumThatOldHdf5Stored) {
  Bytes chunk = walk(999);
  const std::uint32_t sum = fletcher32(chunk);
  const std::uint32_t old = ((sum & 0x00ff00ffU) << 8U) | ((sum >> 8U) & 0x00ff00ffU);
  ASSERT_NE(sum, old);
  for (const std::uint32_t stored : {sum, old, sum + 1}) {
    Bytes with = chunk;
    with.resize(chunk.size() + kFletcher32Size);
    store_u32(with.data() + chunk.size(), stored);
    if (stored == sum + 1)
      expect_error(ErrorCode::corrupt_data, "fletcher32 checksum",
                   [&] { checked_by_fletcher32(with); });
    else
      EXPECT_EQ(checked_by_fletcher32(with).size(), chunk.size());
  }
}

TEST(Fletcher32, RefusesAChunkWithoutRoomForIt) {
  for (const std::size_t size : {0U, 3U})
    expect_error(ErrorCode::corrupt_data, "too few", [&] { checked_by_fletcher32(Bytes(size)); });
}

}  // namespace
}  // namespace engram::codec

#include "codec/crc32c.hpp"

#include <array>
#include <cstring>

#include "codec/little_endian.hpp"

namespace engram::codec {
namespace {

constexpr std::uint32_t kPolynomial = 0x82f63b78;  // With its bits mirrored.

using Tables = std::array<std::array<std::uint32_t, 256>, 8>;

// Table k advances a byte by k more bytes of zeros, so that eight bytes can be taken at once.
constexpr Tables make_tables() {
  Tables tables{};
  for (std::uint32_t byte = 0; byte < 256; ++byte) {
    std::uint32_t rest = byte;
    for (int bit = 0; bit < 8; ++bit) rest = (rest >> 1U) ^ ((rest & 1U) != 0 ? kPolynomial : 0);
    tables[0][byte] = rest;
  }
  for (std::size_t k = 1; k < tables.size(); ++k)
    for (std::size_t byte = 0; byte < 256; ++byte) {
      const std::uint32_t before = tables[k - 1][byte];
      tables[k][byte] = (before >> 8U) ^ tables[0][before & 0xffU];
    }
  return tables;
}

constexpr Tables kTables = make_tables();

}  // namespace

std::uint32_t crc32c(BytesView bytes) noexcept {
  std::uint32_t rest = 0xffffffff;
  for (; bytes.size() >= 8; bytes = bytes.subspan(8)) {
    const std::uint32_t low = rest ^ load_u32(bytes.data());
    const std::uint32_t high = load_u32(bytes.data() + 4);
    rest = 0;
    for (unsigned i = 0; i < 4; ++i) {
      rest ^= kTables[7 - i][(low >> (8 * i)) & 0xffU];
      rest ^= kTables[3 - i][(high >> (8 * i)) & 0xffU];
    }
  }
  for (const std::byte byte : bytes)
    rest = (rest >> 8U) ^ kTables[0][(rest ^ std::to_integer<std::uint32_t>(byte)) & 0xffU];
  return ~rest;
}

}  // namespace engram::codec

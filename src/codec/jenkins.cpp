#include "codec/jenkins.hpp"

#include <bit>
#include <cstring>

#include "codec/little_endian.hpp"

namespace engram::codec {
namespace {

struct State {
  std::uint32_t a, b, c;

  void mix() noexcept {
    const auto step = [](std::uint32_t& x, std::uint32_t y, std::uint32_t& z, int turns) {
      x -= y;
      x ^= std::rotl(y, turns);
      y += z;
      return y;
    };
    c = step(a, c, b, 4);
    a = step(b, a, c, 6);
    b = step(c, b, a, 8);
    c = step(a, c, b, 16);
    a = step(b, a, c, 19);
    b = step(c, b, a, 4);
  }

  void finish() noexcept {
    const auto step = [](std::uint32_t& x, std::uint32_t y, int turns) {
      x ^= y;
      x -= std::rotl(y, turns);
    };
    step(c, b, 14);
    step(a, c, 11);
    step(b, a, 25);
    step(c, b, 16);
    step(a, c, 4);
    step(b, a, 14);
    step(c, b, 24);
  }
};

constexpr std::size_t kBytesARound = 12;

}  // namespace

std::uint32_t jenkins_lookup3(BytesView bytes, std::uint32_t initial) noexcept {
  const std::uint32_t start = 0xdeadbeef + static_cast<std::uint32_t>(bytes.size()) + initial;
  State state{start, start, start};
  const auto add = [&state](const std::byte* block) {
    state.a += load_u32(block);
    state.b += load_u32(block + 4);
    state.c += load_u32(block + 8);
  };
  for (; bytes.size() > kBytesARound; bytes = bytes.subspan(kBytesARound)) {
    add(bytes.data());
    state.mix();
  }
  if (bytes.empty()) return state.c;
  std::byte last[kBytesARound] = {};
  std::memcpy(last, bytes.data(), bytes.size());
  add(last);
  state.finish();
  return state.c;
}

}  // namespace engram::codec

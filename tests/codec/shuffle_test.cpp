#include "codec/shuffle.hpp"

#include "codec/fixtures.hpp"

namespace engram::codec {
namespace {

// By the definition: byte j of element i goes to place j * n + i.
Bytes shuffled(const Bytes& in, std::size_t size) {
  Bytes out = in;
  const std::size_t n = in.size() / size;
  for (std::size_t i = 0; i < n; ++i)
    for (std::size_t j = 0; j < size; ++j) out[j * n + i] = in[i * size + j];
  return out;
}

TEST(Shuffle, IsItsDefinition) {
  for (std::size_t element = 1; element <= 70; ++element) {
    for (const std::size_t elements : {0U, 1U, 2U, 7U, 8U, 9U, 33U, 700U}) {
      for (const std::size_t more : {std::size_t{0}, element / 2}) {
        const Bytes in = noise(elements * element + more);
        Bytes out(in.size());
        shuffle_bytes(in, out, element);
        ASSERT_EQ(out, shuffled(in, element)) << element << " " << elements << " " << more;
        Bytes back(in.size());
        unshuffle_bytes(out, back, element);
        ASSERT_EQ(back, in) << element << " " << elements << " " << more;
      }
    }
  }
}

TEST(Shuffle, TakesElementsOfAnySize) {
  for (const std::size_t element : {255U, 300U, 4096U, 70000U}) {
    const Bytes in = noise(3 * element + 5);
    Bytes out(in.size());
    shuffle_bytes(in, out, element);
    EXPECT_EQ(out, shuffled(in, element)) << element;
    Bytes back(in.size());
    unshuffle_bytes(out, back, element);
    EXPECT_EQ(back, in) << element;
  }
}

TEST(Shuffle, ChangesNothingForOneElementOrLess) {
  const Bytes in = noise(100);
  for (const std::size_t element : {0U, 1U, 100U, 1000U}) {
    Bytes out(in.size());
    shuffle_bytes(in, out, element);
    EXPECT_EQ(out, in) << element;
  }
}

}  // namespace
}  // namespace engram::codec

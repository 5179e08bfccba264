// What libFuzzer is helped with: the target's own seeds, and changes that know of numbers and JSON.
#include <algorithm>
#include <cstring>

#include "fuzz/mutate.hpp"
#include "fuzz/target.hpp"

extern "C" std::size_t LLVMFuzzerMutate(std::uint8_t* data, std::size_t size, std::size_t room);

extern "C" std::size_t LLVMFuzzerCustomMutator(std::uint8_t* data, std::size_t size,
                                               std::size_t room, unsigned seed) {
  static const std::vector<std::string> seeds = engram::fuzz::seeds();
  std::mt19937 random(seed);
  if (random() % 2 == 0 && size > 1) return LLVMFuzzerMutate(data, size, room);
  // Without a corpus libFuzzer begins with next to nothing.
  std::string input(engram::fuzz::text_of(data, size));
  const bool anew = size <= 1 || random() % 64 == 0;
  if (anew) input = seeds[random() % seeds.size()];
  if (!anew || random() % 2 == 0) input = engram::fuzz::mutate(std::move(input), seeds, random);
  const std::size_t made = std::min(input.size(), room);
  std::memcpy(data, input.data(), made);
  return made;
}

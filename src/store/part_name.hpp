#pragma once

#include <fmt/format.h>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace engram::store {

/// Half-written files lie beside the file that they will be, as ".NAME.XXXXXXXX.part" with eight
/// lowercase hexadecimal digits. No key may have such a name.
inline constexpr std::string_view kPartEnd = ".part";
inline constexpr std::size_t kPartDigits = 8;

inline bool is_part_name(std::string_view name) noexcept {
  // ".", one byte of a name at least, ".", digits, end.
  if (name.size() < 3 + kPartDigits + kPartEnd.size() || name.front() != '.' ||
      !name.ends_with(kPartEnd)) {
    return false;
  }
  name.remove_suffix(kPartEnd.size());
  const std::string_view digits = name.substr(name.size() - kPartDigits);
  return name[name.size() - kPartDigits - 1] == '.' &&
         digits.find_first_not_of("0123456789abcdef") == std::string_view::npos;
}

inline std::string part_name(std::string_view name, std::uint32_t number) {
  // 255 bytes are what file systems allow, and a key's name may have them all.
  std::size_t size = std::min(name.size(), 255 - 2 - kPartDigits - kPartEnd.size());
  // Not through the middle of a character: some file systems take UTF-8 only.
  while (size > 1 && size < name.size() && (name[size] & 0xC0) == 0x80) --size;
  return fmt::format(".{}.{:08x}{}", name.substr(0, size), number, kPartEnd);
}

}  // namespace engram::store

#include "converters/cli/npy.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cstdint>

namespace engram::cli {
namespace {

constexpr std::size_t kAlignment = 64;
constexpr std::size_t kMagicSize = 8;

// As a Python literal. Bytes above 0x7f stay: they are UTF-8, which format 3.0 allows.
std::string quoted(const std::string& text) {
  std::string result = "'";
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (c == '\'' || c == '\\') {
      result += '\\';
      result += c;
    } else if (byte < 0x20 || byte == 0x7f) {
      result += fmt::format("\\x{:02x}", byte);
    } else {
      result += c;
    }
  }
  return result + "'";
}

// As a Python tuple; to_string(Shape) prints the same.
std::string description(const DataType& type) {
  if (type.kind != Kind::structured) return quoted(typestr(type));
  std::string text;
  std::uint64_t end = 0;
  const auto pad_to = [&](std::uint64_t offset) {
    if (offset > end) text += fmt::format("('', '|V{}'), ", offset - end);
  };
  for (const auto& field : type.fields) {
    pad_to(field.offset);
    end = field.offset + field.size();
    text += fmt::format("({}, {}", quoted(field.name), description(field.type));
    if (!field.shape.empty()) text += ", " + to_string(field.shape);
    text += "), ";
  }
  pad_to(type.size);
  if (!text.empty()) text.resize(text.size() - 2);
  return "[" + text + "]";
}

std::string little_endian_number(std::size_t value, std::size_t size) {
  std::string bytes;
  for (std::size_t i = 0; i < size; ++i) {
    bytes += static_cast<char>(static_cast<unsigned char>(value >> (8 * i) & 0xff));
  }
  return bytes;
}

}  // namespace

std::string npy_header(const DataType& type, const Shape& shape) {
  auto text = fmt::format("{{'descr': {}, 'fortran_order': False, 'shape': {}, }}",
                          description(type), to_string(shape));
  const bool plain = std::all_of(text.begin(), text.end(),
                                 [](char c) { return static_cast<unsigned char>(c) < 0x80; });
  std::size_t size_bytes = 2;
  if (!plain || text.size() + kAlignment > 0xffff) size_bytes = 4;
  const int version = !plain ? 3 : (size_bytes == 4 ? 2 : 1);
  const auto before = kMagicSize + size_bytes;
  const auto unpadded = before + text.size() + 1;
  text.append((kAlignment - unpadded % kAlignment) % kAlignment, ' ');
  text += '\n';
  std::string header = "\x93NUMPY";
  header += static_cast<char>(version);
  header += '\0';
  return header + little_endian_number(text.size(), size_bytes) + text;
}

}  // namespace engram::cli

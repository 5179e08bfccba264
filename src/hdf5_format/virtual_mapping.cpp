#include "hdf5_format/virtual_mapping.hpp"

#include <fmt/format.h>

#include "engram/base/error.hpp"
#include "hdf5_format/stored_selection.hpp"

namespace engram::hdf5_format {
namespace {

constexpr std::uint64_t kMaxMappingsSize =
    64 << 20;  // Of the older form, in which names are repeated.

enum Flag : unsigned { shares_file = 0x01, shares_dataset = 0x02, is_same_file = 0x04 };

struct Mapping {
  std::string file, dataset;
};

// A name, or the number of an earlier mapping that has the same.
std::string read_name(FormatCursor& cursor, bool is_shared, std::uint64_t width,
                      const std::vector<Mapping>& earlier, std::string Mapping::*name) {
  if (!is_shared) return cursor.text();
  const std::uint64_t index = cursor.number(width);
  if (index >= earlier.size())
    throw Error(ErrorCode::corrupt_data,
                fmt::format("mapping {} has the name of mapping {}", earlier.size(), index));
  return earlier[index].*name;
}

void put_name(Bytes& out, std::string_view name) {
  put_text(out, name);
  put_number(out, 0, 1);
}

// Version 0 is known to all; so are versions of selections up to 2.
bool has_newer_selection(FormatCursor& cursor) {
  const std::size_t begin = cursor.left();
  FormatCursor head = cursor;
  const std::uint64_t kind = head.number(4);
  const std::uint64_t version = head.number(4);
  (void)read_selection(cursor);
  return begin != cursor.left() && (kind == 1 ? version > 1 : version > 2);
}

}  // namespace

bool has_newer_mappings(BytesView object, const FormatFile& file) {
  FormatCursor cursor(object);
  if (cursor.number(1) != 0) return true;
  const std::uint64_t count = cursor.number(file.length_size());
  for (std::uint64_t i = 0; i < count; ++i) {
    (void)cursor.text();
    (void)cursor.text();
    if (has_newer_selection(cursor) || has_newer_selection(cursor)) return true;
  }
  return false;
}

Bytes older_mappings(BytesView object, const FormatFile& file) {
  if (!has_true_checksum(object))
    throw Error(ErrorCode::corrupt_data, "the mappings of a virtual dataset have a wrong checksum");
  FormatCursor cursor(object);
  const std::uint64_t version = cursor.number(1);
  if (version > 1)
    throw Error(ErrorCode::unsupported,
                fmt::format("mappings of a virtual dataset of version {}", version));
  const std::uint64_t count = cursor.number(file.length_size());
  Bytes older;
  put_number(older, 0, 1);
  put_number(older, count, file.length_size());
  std::vector<Mapping> mappings;
  for (std::uint64_t i = 0; i < count; ++i) {
    const auto flags = version == 0 ? 0U : static_cast<unsigned>(cursor.number(1));
    Mapping mapping;
    mapping.file = (flags & is_same_file) != 0
                       ? "."
                       : read_name(cursor, (flags & shares_file) != 0, file.length_size(), mappings,
                                   &Mapping::file);
    mapping.dataset = read_name(cursor, (flags & shares_dataset) != 0, file.length_size(), mappings,
                                &Mapping::dataset);
    put_name(older, mapping.file);
    put_name(older, mapping.dataset);
    write_selection(read_selection(cursor), older);
    write_selection(read_selection(cursor), older);
    if (older.size() > kMaxMappingsSize)
      throw Error(ErrorCode::limit_exceeded,
                  fmt::format("a virtual dataset whose mappings take more than {} bytes",
                              kMaxMappingsSize));
    mappings.push_back(std::move(mapping));
  }
  put_checksum(older);
  return older;
}

}  // namespace engram::hdf5_format

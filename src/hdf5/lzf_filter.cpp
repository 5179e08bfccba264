#include "hdf5/lzf_filter.hpp"

#include <algorithm>
#include <cstddef>
#include <span>

#include "hdf5/library.hpp"

namespace engram::hdf5 {
namespace {

constexpr H5Z_filter_t kLzf = 32000;
constexpr std::size_t kShortLength = 7;  ///< A back reference of this length has a second byte.

// Decodes an LZF stream: runs of literal bytes, and references back into what was decoded. Returns
// the bytes written, 0 when the stream is damaged or decodes to more than `out`.
std::size_t decode(std::span<const unsigned char> in, std::span<unsigned char> out) {
  std::size_t read = 0, written = 0;
  while (read < in.size()) {
    const std::size_t control = in[read++];
    if (control < 32) {
      const std::size_t count = control + 1;
      if (count > in.size() - read || count > out.size() - written) return 0;
      std::copy_n(in.begin() + static_cast<std::ptrdiff_t>(read), count,
                  out.begin() + static_cast<std::ptrdiff_t>(written));
      read += count;
      written += count;
      continue;
    }
    std::size_t count = control >> 5;
    if (count == kShortLength) {
      if (read == in.size()) return 0;
      count += in[read++];
    }
    count += 2;
    if (read == in.size()) return 0;
    const std::size_t back = ((control & 31) << 8 | in[read++]) + 1;
    if (back > written || count > out.size() - written) return 0;
    // Byte by byte: a reference may reach into what it writes itself.
    for (std::size_t i = 0; i < count; ++i, ++written) out[written] = out[written - back];
  }
  return written;
}

// As HDF5 wants filters: the bytes of the decoded chunk, or 0 for a failure.
std::size_t filter(unsigned flags, std::size_t value_count, const unsigned* values,
                   std::size_t size, std::size_t* buffer_size, void** buffer) {
  if ((flags & H5Z_FLAG_REVERSE) == 0 || value_count < 3) return 0;
  // The third value is the chunk's size, as the file says; three bytes make 264 at most.
  const std::size_t room = std::min<std::size_t>(values[2], size * 88);
  if (room == 0) return 0;
  void* const decoded = H5allocate_memory(room, false);
  if (decoded == nullptr) return 0;
  const std::size_t written = decode({static_cast<const unsigned char*>(*buffer), size},
                                     {static_cast<unsigned char*>(decoded), room});
  if (written == 0) {
    H5free_memory(decoded);
    return 0;
  }
  H5free_memory(*buffer);
  *buffer = decoded;
  *buffer_size = room;
  return written;
}

}  // namespace

void register_lzf_filter() {
  static const H5Z_class2_t description = {H5Z_CLASS_T_VERS, kLzf,    0,     1, "lzf",
                                           nullptr,          nullptr, filter};
  H5Zregister(&description);
}

}  // namespace engram::hdf5

// HDF5 files as their bytes: object headers and what they lead to, with checksums that are true.
#include <algorithm>

#include "codec/jenkins.hpp"
#include "fuzz/seeds.hpp"
#include "fuzz/target.hpp"
#include "hdf5_format/format_view.hpp"
#include "hdf5_format/stored_selection.hpp"
#include "hdf5_format/stored_type.hpp"

namespace {

using namespace engram;

constexpr std::size_t kMostHeaders = 200;

// Random changes nearly always break the checksum, behind which nothing would be tried then.
void mend_checksum(Bytes& bytes, std::size_t at) {
  try {
    hdf5_format::FormatCursor cursor(BytesView(bytes).subspan(at));
    cursor.skip(5);
    const std::uint64_t flags = cursor.number(1);
    if ((flags & 0x20U) != 0) cursor.skip(16);
    if ((flags & 0x10U) != 0) cursor.skip(4);
    cursor.skip(cursor.number(std::uint64_t{1} << (flags & 0x03U)));
    const std::size_t end = at + cursor.position();
    cursor.skip(hdf5_format::kChecksumSize);
    Bytes sum;
    hdf5_format::put_number(sum, codec::jenkins_lookup3(BytesView(bytes).subspan(at, end - at), 0),
                            hdf5_format::kChecksumSize);
    std::copy(sum.begin(), sum.end(), bytes.begin() + static_cast<std::ptrdiff_t>(end));
  } catch (const Error&) {
  }
}

}  // namespace

std::vector<std::string> engram::fuzz::seeds() {
  std::vector<std::string> all;
  for (const char* name :
       {"latest.h5", "latest_in_old.h5", "latest_fixed_array.h5", "latest_extensible_array.h5",
        "latest_btree.h5", "latest_attributes.h5", "latest_virtual.h5", "attributes.h5"}) {
    const std::string text =
        file_text(testing::source_path(std::string("tests/data/hdf5/") + name));
    all.push_back(text.substr(0, kMostInput));
  }
  return all;
}

std::size_t engram::fuzz::most_memory() { return 64U << 20U; }

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  Bytes bytes = to_bytes(fuzz::text_of(data, size));
  hdf5_format::FormatView view(
      [&bytes](std::uint64_t offset, std::span<std::byte> out) {
        if (offset > bytes.size() || out.size() > bytes.size() - offset) return false;
        std::copy_n(bytes.begin() + static_cast<std::ptrdiff_t>(offset), out.size(), out.begin());
        return true;
      },
      bytes.size());
  const std::string_view text = as_text(bytes);
  std::vector<std::size_t> headers;
  for (std::size_t at = text.find("OHDR");
       at != std::string_view::npos && headers.size() < kMostHeaders;
       at = text.find("OHDR", at + 1)) {
    mend_checksum(bytes, at);
    headers.push_back(at);
  }
  // The first version has no signature.
  constexpr std::size_t kStep = 8;
  for (std::size_t at = 0; at + kStep < bytes.size() && headers.size() < 2 * kMostHeaders;
       at += kStep)
    if (bytes[at] == std::byte{1} && bytes[at + 1] == std::byte{0}) headers.push_back(at);
  for (const std::size_t at : headers) view.look_at(at, 0, BytesView(bytes).subspan(at));

  Bytes shown = bytes;
  view.show(0, shown);
  constexpr std::uint64_t kMostBehind = 4U << 20U;
  if (view.end() > bytes.size()) {
    Bytes behind(std::min(view.end() - bytes.size(), kMostBehind));
    view.show(bytes.size(), behind);
  }
  fuzz::is_answered([&] { (void)hdf5_format::older_type(bytes); });
  fuzz::is_answered([&] { (void)hdf5_format::older_attribute(bytes); });
  fuzz::is_answered([&] {
    hdf5_format::FormatCursor cursor(bytes);
    constexpr std::uint64_t kMostBoxes = 1000;
    (void)hdf5_format::boxes_of(hdf5_format::read_selection(cursor), {10, 10}, kMostBoxes);
  });
  return 0;
}

#include "codec/hdf5_decoders.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "codec/configuration.hpp"
#include "engram/base/error.hpp"
#include "engram/codec/hdf5_filter.hpp"

namespace engram::codec {
namespace {

struct FilterEntry {
  std::string_view name;
  std::string_view filter;
  BytesCodecPtr (*make)(const CodecConfig&);
};

constexpr std::array<FilterEntry, 7> kFilters = {
    {{"hdf5:32000", "lzf", make_hdf5_lzf},
     {"hdf5:32001", "blosc", make_hdf5_blosc},
     {"hdf5:32004", "lz4", make_hdf5_lz4},
     {"hdf5:32008", "bitshuffle", make_hdf5_bitshuffle},
     {"hdf5:32013", "zfp", make_hdf5_zfp},
     {"hdf5:32022", "bitgroom", make_hdf5_rounded},
     {"hdf5:32023", "granular bitround", make_hdf5_rounded}}};

const FilterEntry* find_filter(std::string_view name) noexcept {
  const auto found = std::find_if(kFilters.begin(), kFilters.end(),
                                  [name](const FilterEntry& each) { return each.name == name; });
  return found == kFilters.end() ? nullptr : &*found;
}

}  // namespace

bool is_hdf5_decoder(std::string_view name) noexcept { return find_filter(name) != nullptr; }

BytesCodecPtr make_hdf5_decoder(const CodecConfig& config) {
  const FilterEntry* const entry = find_filter(config.name);
  if (entry == nullptr)
    throw Error(ErrorCode::unsupported,
                fmt::format("{} is no filter of HDF5 that is decoded here", excerpt(config.name)));
  return entry->make(config);
}

BytesCodecPtr make_decoder(const CodecConfig& config) {
  return is_hdf5_decoder(config.name) ? make_hdf5_decoder(config) : make_codec(config);
}

std::string hdf5_filter_text(const CodecConfig& config) {
  const FilterEntry* const entry = find_filter(config.name);
  const std::string_view number = std::string_view(config.name).substr(config.name.find(':') + 1);
  return fmt::format("{} (HDF5 filter {})", entry == nullptr ? "filter" : entry->filter, number);
}

std::vector<std::uint32_t> hdf5_values(const CodecConfig& config, std::size_t least) {
  std::vector<std::uint32_t> values;
  const Json* const given = optional_member(config, "values");
  if (given != nullptr && given->is_array()) {
    for (const Json& each : *given) {
      if (!each.is_number_integer() || each < 0 || each > 0xffffffffU) break;
      values.push_back(each.get<std::uint32_t>());
    }
  }
  if (values.size() < least)
    throw Error(ErrorCode::corrupt_data,
                fmt::format("{} has {} values of client data, expected at least {}",
                            hdf5_filter_text(config), values.size(), least));
  return values;
}

// Blocks of a few bytes, each with its size, are the worst that these formats have.
std::uint64_t Hdf5Decoder::max_encoded_size(std::uint64_t decoded_size) const {
  return checked_add(checked_multiply(decoded_size, 2, "the size of an encoded chunk"), 64,
                     "the size of an encoded chunk");
}

std::uint64_t Hdf5Decoder::encode(BytesView, std::span<std::byte>, std::uint64_t) const {
  throw Error(ErrorCode::unsupported,
              fmt::format("{} is only decoded here: choose another codec", text_));
}

void Hdf5Decoder::damaged(BytesView chunk, std::string_view what) const {
  throw Error(ErrorCode::corrupt_data,
              fmt::format("chunk of {} bytes of {} is damaged: {}", chunk.size(), text_, what));
}

}  // namespace engram::codec

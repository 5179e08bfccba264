#include "codec/lzma_filters.hpp"

#include <fmt/format.h>

#include <optional>
#include <string_view>

#include "codec/configuration.hpp"
#include "engram/base/error.hpp"

namespace engram::codec {
namespace {

[[noreturn]] void bad(const std::string& what) {
  throw Error(ErrorCode::invalid_argument, "codec lzma: " + what);
}

std::optional<std::uint64_t> number(const Json& filter, std::string_view member,
                                    std::uint64_t most) {
  const auto found = filter.find(member);
  if (found == filter.end()) return std::nullopt;
  const bool whole = found->is_number_integer() && *found >= 0;
  if (!whole || found->get<std::uint64_t>() > most)
    bad(fmt::format("{} of a filter is {}, expected a number from 0 to {}", member, excerpt(*found),
                    most));
  return found->get<std::uint64_t>();
}

template <typename Field>
void set(const Json& filter, std::string_view member, Field& field) {
  if (const auto value = number(filter, member, UINT32_MAX)) field = static_cast<Field>(*value);
}

lzma_options_lzma lzma_options(const Json& filter) {
  lzma_options_lzma options{};
  const auto preset = static_cast<std::uint32_t>(
      number(filter, "preset", UINT32_MAX).value_or(LZMA_PRESET_DEFAULT));
  if (lzma_lzma_preset(&options, preset))
    bad(fmt::format("a filter has the preset {}, expected 0 to 9, or that with bit 31", preset));
  set(filter, "dict_size", options.dict_size);
  set(filter, "lc", options.lc);
  set(filter, "lp", options.lp);
  set(filter, "pb", options.pb);
  set(filter, "mode", options.mode);
  set(filter, "nice_len", options.nice_len);
  set(filter, "mf", options.mf);
  set(filter, "depth", options.depth);
  return options;
}

bool is_lzma(lzma_vli id) { return id == LZMA_FILTER_LZMA1 || id == LZMA_FILTER_LZMA2; }

}  // namespace

LzmaFilters::LzmaFilters(const Json& list) {
  if (!list.is_array() || list.empty() || list.size() > LZMA_FILTERS_MAX)
    bad(fmt::format("filters are {}, expected a list of 1 to {}", excerpt(list), LZMA_FILTERS_MAX));
  for (const Json& each : list) {
    if (!each.is_object()) bad("a filter is no object");
    const auto id = number(each, "id", UINT64_MAX);
    if (!id) bad("a filter has no id");
    Options& options = options_[count_];
    lzma_filter& filter = chain_[count_++];
    filter.id = *id;
    filter.options = nullptr;
    if (is_lzma(*id)) {
      options.lzma = lzma_options(each);
      filter.options = &options.lzma;
    } else if (*id == LZMA_FILTER_DELTA) {
      options.delta = {};
      options.delta.type = LZMA_DELTA_TYPE_BYTE;
      options.delta.dist = 1;
      set(each, "dist", options.delta.dist);
      filter.options = &options.delta;
    } else if (*id >= LZMA_FILTER_X86 && *id <= LZMA_FILTER_SPARC) {
      if (const auto start = number(each, "start_offset", UINT32_MAX)) {
        options.machine = {};
        options.machine.start_offset = static_cast<std::uint32_t>(*start);
        filter.options = &options.machine;
      }
    } else {
      throw Error(ErrorCode::unsupported,
                  fmt::format("codec lzma: there is no filter {}; known are 3 (delta), 4 to 9 "
                              "(machine code), 33 (LZMA2) and 4611686018427387905 (LZMA1)",
                              *id));
    }
  }
  chain_[count_].id = LZMA_VLI_UNKNOWN;
}

lzma_options_lzma* LzmaFilters::last_lzma_options() noexcept {
  return is_lzma(chain_[count_ - 1].id) ? &options_[count_ - 1].lzma : nullptr;
}

}  // namespace engram::codec

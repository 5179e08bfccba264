#pragma once

#include <lzma.h>

#include <array>
#include <cstdint>
#include <vector>

#include "engram/base/json.hpp"

namespace engram::codec {

/// A chain of liblzma's filters as Python's lzma module describes it: a list of objects with "id"
/// (3 delta, 4 to 9 the filters of machine code, 33 LZMA2, 4611686018427387905 LZMA1) and the
/// options of that filter. Throws Error(invalid_argument) naming the filter and the member,
/// Error(unsupported) for a filter that liblzma does not have.
class LzmaFilters {
 public:
  explicit LzmaFilters(const Json& list);
  LzmaFilters(const LzmaFilters&) = delete;
  LzmaFilters& operator=(const LzmaFilters&) = delete;

  const lzma_filter* get() const noexcept { return chain_.data(); }
  std::size_t size() const noexcept { return count_; }
  bool is_lzma1_alone() const noexcept { return count_ == 1 && chain_[0].id == LZMA_FILTER_LZMA1; }
  lzma_options_lzma* last_lzma_options() noexcept;

 private:
  union Options {
    lzma_options_lzma lzma;
    lzma_options_delta delta;
    lzma_options_bcj machine;
  };

  std::array<lzma_filter, LZMA_FILTERS_MAX + 1> chain_{};
  std::array<Options, LZMA_FILTERS_MAX> options_{};
  std::size_t count_ = 0;
};

}  // namespace engram::codec

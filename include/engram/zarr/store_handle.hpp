#pragma once

#include <concepts>
#include <memory>
#include <utility>

#include "engram/store/store.hpp"

namespace engram::zarr {

/// A store as groups and arrays hold it: any store can be read through it, and be written where it
/// was handed over as a Store that is not const. Made from any shared_ptr to a store.
class StoreHandle {
 public:
  template <typename S>
  requires std::convertible_to<S*, const store::ReadableStore*> StoreHandle(
      std::shared_ptr<S> store)
      : readable_(store) {  // NOLINT(*-explicit-*): a pointer is one
    if constexpr (std::convertible_to<S*, store::Store*>) writable_ = std::move(store);
  }

  const store::ReadableStore& reader() const noexcept { return *readable_; }
  const std::shared_ptr<const store::ReadableStore>& shared_reader() const noexcept {
    return readable_;
  }

  /// Throws Error(invalid_argument) when it can only be read.
  store::Store& writer() const;

 private:
  std::shared_ptr<const store::ReadableStore> readable_;
  std::shared_ptr<store::Store> writable_;
};

/// What happens where something is to be created and a group or an array is there.
enum class IfExists {
  refuse,   ///< Error(already_exists); nothing is changed.
  replace,  ///< It and all below it is removed first. Never an array above it.
};

}  // namespace engram::zarr

#include "hdf5/arena.hpp"

#include <algorithm>
#include <new>

namespace engram::hdf5 {
namespace {

constexpr std::size_t kBlock = std::size_t{256} << 10;
constexpr std::size_t kAlignment = alignof(std::max_align_t);

}  // namespace

Handle Arena::transfer_properties() {
  Handle properties = own(H5Pcreate(H5P_DATASET_XFER), "make transfer properties");
  check(H5Pset_vlen_mem_manager(properties.id(), allocate, this, release, this),
        "make transfer properties");
  return properties;
}

// Called from C: nothing may be thrown.
void* Arena::allocate(std::size_t size, void* arena) {
  auto& self = *static_cast<Arena*>(arena);
  const std::size_t rounded = size / kAlignment * kAlignment + kAlignment;
  if (size > self.limit_ || self.used_ + rounded > self.limit_) {
    self.exceeded_ = true;
    return nullptr;
  }
  self.used_ += rounded;
  if (rounded > self.left_) {
    const std::size_t block = std::max(rounded, kBlock);
    try {
      self.blocks_.push_back(std::make_unique_for_overwrite<std::byte[]>(block));
    } catch (const std::bad_alloc&) {
      self.exceeded_ = true;
      return nullptr;
    }
    if (rounded > kBlock / 2) return self.blocks_.back().get();  // The open block goes on.
    self.next_ = self.blocks_.back().get();
    self.left_ = block;
  }
  void* const memory = self.next_;
  self.next_ += rounded;
  self.left_ -= rounded;
  return memory;
}

void Arena::release(void*, void*) {}

}  // namespace engram::hdf5

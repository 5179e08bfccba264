#pragma once

#include <string_view>

#include "engram/array/region.hpp"
#include "hdf5/library.hpp"

/// Calls into HDF5 that write. What fails there is the system's refusal, as a rule, whatever HDF5
/// says; all are made under hdf5::Locked.
namespace engram::backend {

/// Throws Error(io_error) that says what was being done and what HDF5 said about it.
[[noreturn]] void throw_write_failure(std::string_view doing);

/// `result` unless it is negative.
template <typename Result>
Result done(Result result, std::string_view doing) {
  if (result < 0) throw_write_failure(doing);
  return result;
}

/// done() for functions that return a new reference.
inline hdf5::Handle made(hid_t id, std::string_view doing) { return hdf5::Handle(done(id, doing)); }

/// Link creation properties: names are UTF-8.
hdf5::Handle link_properties();

/// Writes the elements of `region` of `dataset`, which lie one after another in `memory` as
/// `memory_type`.
void write_box(hid_t dataset, hid_t memory_type, const Region& region, const void* memory);

}  // namespace engram::backend

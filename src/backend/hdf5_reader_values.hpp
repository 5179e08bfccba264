#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "engram/hdmf/object_source.hpp"
#include "engram/hdmf/value.hpp"
#include "hdf5/data_type.hpp"

namespace engram::backend {

/// Turns references as they lie in memory into values.
class ReferenceDecoder {
 public:
  virtual ~ReferenceDecoder() = default;
  /// `address` is not null.
  virtual hdmf::Value object(std::uint64_t address) = 0;
  /// `memory` holds an hdset_reg_ref_t that is not null.
  virtual hdmf::Value region(const std::byte* memory) = 0;
};

/// What a compound value becomes.
enum class CompoundForm {
  list,    ///< A List in the order of the fields, as ObjectSource gives it.
  record,  ///< A Record, as attributes have it.
};

/// The value of `type` at `memory`, where HDF5 put it.
hdmf::Value decode_value(const hdf5::Type& type, const std::byte* memory, CompoundForm form,
                         ReferenceDecoder& references);

/// The values that follow one another at `memory`, nested by `shape`; one value for the empty
/// shape.
hdmf::Value decode_values(const hdf5::Type& type, const Shape& shape, const std::byte* memory,
                          CompoundForm form, ReferenceDecoder& references);

/// `type` in the model's words.
hdmf::ObjectType object_type(const hdf5::Type& type);

}  // namespace engram::backend

#pragma once

#include <memory>
#include <mutex>
#include <optional>
#include <string>

#include "backend/claim_check.hpp"
#include "engram/array/array_source.hpp"
#include "engram/hdmf/object_source.hpp"
#include "engram/zarr/array.hpp"

namespace engram::backend {

/// A Zarr array of fixed-size elements.
class ZarrArraySource final : public ArraySource {
 public:
  /// `shape` is that of the array, or empty for one element that is a scalar.
  ZarrArraySource(std::shared_ptr<const zarr::Array> array, Shape shape);

  const ArrayInfo& info() const override { return info_; }
  void read(const Region& region, std::span<std::byte> out) const override;
  const EncodedChunks* encoded() const override;
  std::shared_ptr<const EncodedChunks> stored() const override;

 private:
  std::shared_ptr<const zarr::Array> array_;
  ArrayInfo info_;
  mutable std::once_flag listed_;
  mutable std::shared_ptr<const EncodedChunks> encoded_;  ///< Once listed; none: can't be given.
};

/// A Zarr array of text, references and what holds them.
class ZarrObjectSource final : public hdmf::ObjectSource {
 public:
  /// How a value lies in its element.
  enum class Form {
    json,       ///< As text or JSON of its own.
    json_text,  ///< As text that is JSON, or for a reference the path of an object.
    packed,     ///< As an element of a structured type.
  };

  ZarrObjectSource(std::shared_ptr<const zarr::Array> array, hdmf::ObjectType type, Form form,
                   Shape shape, const Limits& limits);

  const hdmf::ObjectType& type() const override { return type_; }
  const Shape& shape() const override { return shape_; }
  const Shape& chunk_shape() const override { return chunk_shape_; }
  std::vector<hdmf::Value> read(const Region& region) const override;

 private:
  std::vector<hdmf::Value> read_packed(const Region& region) const;

  std::shared_ptr<const zarr::Array> array_;
  hdmf::ObjectType type_;
  Form form_;
  Shape shape_, chunk_shape_;
  mutable ClaimCheck claim_;
};

}  // namespace engram::backend

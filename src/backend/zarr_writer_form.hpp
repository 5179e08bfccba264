#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "backend/zarr_writer_record.hpp"
#include "engram/backend/open.hpp"
#include "engram/hdmf/builder.hpp"
#include "engram/zarr/metadata.hpp"

namespace engram::backend {

/// How the values of one dataset of objects lie in Zarr: which object codec or structured type, and
/// what each value looks like in it.
///
/// One thread. Used in two passes where needs_scan(): scan() for all values, then encode() for all.
class ObjectForm {
 public:
  /// `is_schema`: the text of a cached schema.
  ObjectForm(const hdmf::DatasetBuilder& dataset, const ZarrWriteOptions& options, bool is_schema);

  bool needs_scan() const;
  void scan(const hdmf::Value& value);
  /// Ends the first pass. To be called before encode(), with or without a scan.
  void decide();

  /// Bytes of a value; counts references.
  std::string encode(const hdmf::Value& value);
  /// What stands for elements beyond the array's end in its last chunks.
  std::string padding() const;
  /// The bytes of a chunk of `items`, before compression.
  Bytes payload(const std::vector<std::string>& items, const Shape& chunk_shape) const;
  /// Bytes that a chunk takes for each item beside the item's own.
  std::uint64_t overhead() const;
  /// Bytes of an element where all have one size, else 1.
  std::uint64_t element_size() const;

  /// The array's metadata without shape and chunk shape; right only when all values are encoded.
  zarr::ArrayMetadata metadata() const;
  /// Puts zarr_dtype or `_DTYPE`, and what it can't say, into `attributes`.
  void describe(Json& attributes) const;

  std::uint64_t references() const noexcept { return references_; }
  /// True when a text was no UTF-8, so that the array is one of byte strings.
  bool text_became_bytes() const noexcept { return bad_text_; }

 private:
  enum class Kind { text, byte_text, numbers, json, json_text, path, packed };

  bool is_v3() const noexcept { return options_.zarr_format == 3; }
  Kind choose() const;
  void describe_v3(Json& attributes) const;
  std::string encode_text(const hdmf::Value& value);
  std::string encode_numbers(const hdmf::Value& value) const;
  std::string encode_packed(const hdmf::Value& value) const;

  const hdmf::ObjectType& type_;
  const bool is_scalar_, is_schema_;
  const ZarrWriteOptions options_;
  RecordPacker packer_;
  bool packable_;
  Kind kind_ = Kind::text;
  bool bad_text_ = false;
  std::uint64_t references_ = 0;
};

}  // namespace engram::backend

#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "backend/expected.hpp"
#include "backend/zarr_writer_tree.hpp"
#include "engram/backend/backend.hpp"
#include "engram/hdmf/builder.hpp"

namespace engram::backend {

/// What is read from a Zarr store of what the Zarr writer was given, with whatever options. It is
/// found with the functions that writer and reader use, so that it is no second list of rules:
///
/// | of the source | in the store | found by |
/// |---|---|---|
/// | attributes with reserved names, or with a field zarr_dtype | left out | attributes_to_json() |
/// | attributes | as their JSON means: numbers without a size, complex as pairs, one NaN |
/// attribute_from_json() | | `.specloc` of the root | a reference | here, as ZarrReader has it | |
/// links that lead nowhere, or that pynwb refuses | left out | ZarrTree::kept_links() | | names of
/// dimensions | `_ARRAY_DIMENSIONS` | is_dimension_names() | | types that zarr-python 3 has not |
/// opaque bytes, flat fields | for_zarr_3() | | types inside of records and sequences | as
/// zarr_dtype spells them | layout::spell() | | elements that are JSON | as their JSON means |
/// element_from_json() | | text that is null | "" | here, as ObjectForm has it |
class ExpectedInZarr final : public Expected {
 public:
  /// `source` must live on; `zarr_format` is that of the store. Throws Error(unsupported) for a
  /// tree that can't be written.
  ExpectedInZarr(const hdmf::GroupBuilder& source, int zarr_format);

  std::vector<hdmf::LinkBuilder> links(const std::string& path, const hdmf::GroupBuilder& group,
                                       std::vector<Notice>& notices) const override;
  std::optional<hdmf::Value> attribute(const std::string& path, const std::string& name,
                                       const hdmf::Value& value,
                                       std::vector<Notice>& notices) const override;
  hdmf::Value element(const hdmf::ObjectType& type, const hdmf::ObjectType& read_as,
                      const hdmf::Value& value) const override;
  std::string why_bytes_are_kept(const DataType& type, const DataType& found) const override;
  bool is_spelled_as(const hdmf::ObjectType& type, const hdmf::ObjectType& found) const override;

 private:
  ZarrTree tree_;
  int zarr_format_;
  std::optional<std::string> root_id_;
};

/// True for the attribute that has the names of an array's dimensions.
bool is_dimension_names(std::string_view name) noexcept;

/// True when `value` is the names that the writer gives to the dimensions of `dataset`.
bool are_dimension_names(const hdmf::DatasetBuilder& dataset, const hdmf::Value& value);

}  // namespace engram::backend

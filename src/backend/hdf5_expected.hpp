#pragma once

#include <map>
#include <set>
#include <string>

#include "backend/expected.hpp"
#include "backend/hdf5_writer_attributes.hpp"

namespace engram::backend {

/// What is read from an HDF5 file of what the HDF5 writer was given:
///
/// | of the source | in the file | found by |
/// |---|---|---|
/// | attributes without a type | left out | AttributeWriter::plan() |
/// | attributes with a reference that leads nowhere | left out | here |
/// | other references that lead nowhere | null | here |
/// | text with a NUL | ends there | here, as ValueEncoder has it |
class ExpectedInHdf5 final : public Expected {
 public:
  /// `source` must live on; fit_to_hdf5() has seen it.
  explicit ExpectedInHdf5(const hdmf::GroupBuilder& source);

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
  void add(const std::string& path, const hdmf::GroupBuilder& group);
  bool leads_nowhere(const hdmf::Value& value) const;

  std::set<std::string> places_;
  std::map<std::string, Notice> left_out_;  ///< Attributes that AttributeWriter::plan() leaves out.
};

}  // namespace engram::backend

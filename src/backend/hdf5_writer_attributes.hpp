#pragma once

#include <optional>
#include <string>
#include <vector>

#include "backend/hdf5_writer_values.hpp"
#include "engram/backend/backend.hpp"
#include "engram/hdf5/handle.hpp"
#include "engram/hdmf/builder.hpp"
#include "engram/hdmf/stored_form.hpp"

namespace engram::backend {

/// Writes attributes. HDF5 makes a reference only to an object that is there, so attributes with
/// references wait for finish().
///
/// Threads: one at a time.
class AttributeWriter {
 public:
  explicit AttributeWriter(ReferenceEncoder& references) : references_(references) {}

  /// The attributes of the open object `object`, which lies at `path`.
  void write(hdf5::Id object, const std::string& path, const hdmf::Attributes& attributes);

  /// The notices of write(), without anything being written.
  void plan(const std::string& path, const hdmf::Attributes& attributes);

  /// Those that wait, when all objects of the open file `file` are there.
  void finish(hdf5::Id file);

  const std::vector<Notice>& notices() const noexcept { return notices_; }

 private:
  struct Waiting {
    std::string path, name;
    hdmf::Value value;
    hdmf::StoredForm form;
  };

  std::optional<hdmf::StoredForm> form(const std::string& path, const hdmf::Attributes& attributes,
                                       const std::string& name, const hdmf::Value& value);
  void write_one(hdf5::Id object, const std::string& path, const std::string& name,
                 const hdmf::Value& value, const hdmf::StoredForm& form);
  void leave_out(const std::string& path, const std::string& name, Notice::Kind kind,
                 const std::string& why);

  ReferenceEncoder& references_;
  std::vector<Waiting> waiting_;
  std::vector<Notice> notices_;
};

/// True when an attribute of the tree is so large that it can't be kept in the way that HDF5 before
/// 1.8 knew.
bool has_large_attributes(const hdmf::GroupBuilder& root);

}  // namespace engram::backend

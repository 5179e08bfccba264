#include "backend/hdf5_writer_attributes.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "backend/hdf5_writer_library.hpp"
#include "backend/hdf5_writer_types.hpp"
#include "engram/hdmf/map_references.hpp"

namespace engram::backend {
namespace {

using hdf5::Handle;
using hdmf::StoredForm;
using hdmf::Value;

// What an object header of HDF5 1.6 takes as one message, less what an attribute needs beside.
constexpr std::uint64_t kMostInHeader = 60000;
constexpr std::uint64_t kLargestReference = 16;

Handle space_of(const StoredForm& form) {
  if (form.is_null) return made(H5Screate(H5S_NULL), "make a dataspace");
  if (form.shape.empty()) return made(H5Screate(H5S_SCALAR), "make a dataspace");
  const std::vector<hsize_t> lengths(form.shape.begin(), form.shape.end());
  return made(H5Screate_simple(static_cast<int>(lengths.size()), lengths.data(), nullptr),
              "make a dataspace");
}

// About the bytes of `value` in an object header.
std::uint64_t header_bytes(const Value& value) {
  if (value.is<hdmf::List>()) {
    std::uint64_t bytes = 0;
    for (const Value& each : value.as<hdmf::List>()) bytes += header_bytes(each);
    return bytes;
  }
  if (value.is<hdmf::Record>()) {
    std::uint64_t bytes = 0;
    for (const auto& field : value.as<hdmf::Record>()) bytes += header_bytes(field.second);
    return bytes;
  }
  if (value.is<Bytes>()) return value.as<Bytes>().size();
  // Of fixed length it stands there whole.
  if (value.is<std::string>())
    return std::max<std::uint64_t>(value.as<std::string>().size(), kLargestReference);
  return kLargestReference;
}

bool has_large(const hdmf::Attributes& attributes) {
  return std::any_of(attributes.begin(), attributes.end(),
                     [](const auto& item) { return header_bytes(item.second) > kMostInHeader; });
}

}  // namespace

bool has_large_attributes(const hdmf::GroupBuilder& root) {
  return has_large(root.attributes) ||
         std::any_of(root.datasets.begin(), root.datasets.end(),
                     [](const auto& dataset) { return has_large(dataset.attributes); }) ||
         std::any_of(root.groups.begin(), root.groups.end(), has_large_attributes);
}

void AttributeWriter::leave_out(const std::string& path, const std::string& name, Notice::Kind kind,
                                const std::string& why) {
  notices_.push_back({kind, fmt::format("{}@{}", path, name), "attribute left out: " + why});
}

std::optional<StoredForm> AttributeWriter::form(const std::string& path,
                                                const hdmf::Attributes& attributes,
                                                const std::string& name, const Value& value) {
  if (name.empty() || name.find('\0') != std::string::npos) {
    leave_out(path, name, Notice::Kind::left_out, "HDF5 has no attributes of that name");
    return std::nullopt;
  }
  if (const StoredForm* known = attributes.form(name);
      known != nullptr && hdmf::can_hold(*known, value) &&
      (!goes_one_by_one(known->type) || element_count(known->shape) <= 1))
    return *known;
  auto found = hdmf::form_of(value);
  if (found && goes_one_by_one(found->type) && element_count(found->shape) > 1) {
    leave_out(path, name, Notice::Kind::left_out,
              "this HDF5 library writes several records with arrays of sequences wrongly");
    return std::nullopt;
  }
  if (!found)
    leave_out(path, name, Notice::Kind::left_out,
              "it is a list of values of several kinds, for which HDF5 has no type");
  return found;
}

void AttributeWriter::plan(const std::string& path, const hdmf::Attributes& attributes) {
  for (const auto& [name, value] : attributes) form(path, attributes, name, value);
}

void AttributeWriter::write(hdf5::Id object, const std::string& path,
                            const hdmf::Attributes& attributes) {
  for (const auto& [name, value] : attributes) {
    auto stored = form(path, attributes, name, value);
    if (!stored) continue;
    if (hdmf::holds_references(stored->type))
      waiting_.push_back({path, name, value, std::move(*stored)});
    else
      write_one(object, path, name, value, *stored);
  }
}

void AttributeWriter::write_one(hdf5::Id object, const std::string& path, const std::string& name,
                                const Value& value, const StoredForm& form) {
  const hdf5::Locked locked;
  ValueEncoder encoder(in_hdf5(form.type), references_);
  const std::uint64_t count = form.is_null ? 0 : element_count(form.shape);
  Bytes memory(checked_multiply(count, encoder.size(), "an attribute's size"), std::byte{0});
  try {
    if (!form.is_null) encoder.encode_nested(value, form.shape, memory);
  } catch (const Error& error) {
    if (error.code() != ErrorCode::corrupt_data) throw;
    return leave_out(path, name, Notice::Kind::left_out, error.what());
  }
  if (encoder.dangling() > 0)
    return leave_out(path, name, Notice::Kind::dangling, "a reference in it leads nowhere");
  if (encoder.cut() > 0)
    notices_.push_back({Notice::Kind::left_out, fmt::format("{}@{}", path, name),
                        "HDF5 ends text at a NUL: what stood behind one is left out"});
  try {
    const Handle space = space_of(form);
    const Handle properties = made(H5Pcreate(H5P_ATTRIBUTE_CREATE), "make properties");
    done(H5Pset_char_encoding(properties.id(), H5T_CSET_UTF8), "make properties");
    const Handle attribute = made(H5Acreate2(object, name.c_str(), encoder.type().id(), space.id(),
                                             properties.id(), H5P_DEFAULT),
                                  "make the attribute");
    if (count > 0)
      done(H5Awrite(attribute.id(), encoder.type().id(), memory.data()), "write the attribute");
  } catch (Error& error) {
    error.at("attribute " + name);
    error.at(path);
    throw;
  }
}

void AttributeWriter::finish(hdf5::Id file) {
  const hdf5::Locked locked;
  for (const Waiting& each : waiting_) {
    const Handle object = made(H5Oopen(file, each.path.c_str(), H5P_DEFAULT), "open " + each.path);
    write_one(object.id(), each.path, each.name, each.value, each.form);
  }
  waiting_.clear();
}

}  // namespace engram::backend

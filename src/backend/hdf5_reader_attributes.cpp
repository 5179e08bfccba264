#include "backend/hdf5_reader_attributes.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <exception>
#include <utility>

#include "backend/hdf5_reader_values.hpp"
#include "hdf5/data_type.hpp"
#include "hdf5/selection.hpp"

namespace engram::backend {
namespace {

using hdmf::Value;

constexpr std::uint64_t kNowhere = ~std::uint64_t{0};

/// A reference to be filled in: no source, and its number as the path.
hdmf::Reference note_number(std::size_t number) {
  return {"", fmt::format("{}", number), std::nullopt, std::nullopt};
}

std::size_t noted_number(const hdmf::Reference& reference) {
  std::size_t number = 0;
  std::from_chars(reference.path.data(), reference.path.data() + reference.path.size(), number);
  return number;
}

/// Values that HDF5 allocated, given back.
class Reclaim {
 public:
  Reclaim(hid_t type, hid_t space, std::byte* memory)
      : type_(type), space_(space), memory_(memory) {}
  ~Reclaim() { H5Dvlen_reclaim(type_, space_, H5P_DEFAULT, memory_); }
  Reclaim(const Reclaim&) = delete;
  Reclaim& operator=(const Reclaim&) = delete;

 private:
  hid_t type_, space_;
  std::byte* memory_;
};

/// The dimensions of `space`; false when it is null.
bool shape_of(hid_t space, Shape& shape) {
  if (H5Sget_simple_extent_type(space) == H5S_NULL) return false;
  const int rank = hdf5::check(H5Sget_simple_extent_ndims(space), "read an attribute's shape");
  std::vector<hsize_t> lengths(static_cast<std::size_t>(rank));
  if (rank > 0)
    hdf5::check(H5Sget_simple_extent_dims(space, lengths.data(), nullptr),
                "read an attribute's shape");
  shape.assign(lengths.begin(), lengths.end());
  return true;
}

herr_t add_name(hid_t, const char* name, const H5A_info_t*, void* names) {
  try {
    static_cast<std::vector<std::string>*>(names)->emplace_back(name);
    return 0;
  } catch (const std::exception&) {
    return -1;
  }
}

/// What is lost of `type` in a Value; empty when nothing is.
std::string loss(const hdf5::Type& type) {
  if (type.has_inner_enumeration) return "the names of an enumeration inside its type are left out";
  if (type.kind != hdf5::Type::Kind::number) return "";
  if (!type.enumeration.empty()) return "the names of its enumeration are left out";
  if (type.number.kind == Kind::floating && type.number.size > 8)
    return "a long double is rounded to 64 bits";
  return "";
}

// What most attributes are.
bool is_plain_text(const hdmf::StoredForm& form) {
  return form.type == hdmf::ObjectType() && form.shape.empty() && !form.is_null;
}

}  // namespace

class AttributeReader::Noter final : public ReferenceDecoder {
 public:
  Noter(const hdf5::File& file, std::vector<Noted>& noted, std::uint64_t max_boxes)
      : file_(file), noted_(noted), max_boxes_(max_boxes) {}

  Value object(std::uint64_t address) override { return note(file_.number(), address); }

  Value region(const std::byte* memory) override {
    auto selection = hdf5::dereference(file_, memory, max_boxes_);
    if (!selection) return hdmf::RegionReference{note(0, kNowhere), {}};
    return hdmf::RegionReference{note(selection->file_number, selection->address),
                                 std::move(selection->boxes)};
  }

 private:
  hdmf::Reference note(std::uint64_t file_number, std::uint64_t address) {
    noted_.push_back({file_number, address});
    return note_number(noted_.size() - 1);
  }

  const hdf5::File& file_;
  std::vector<Noted>& noted_;
  std::uint64_t max_boxes_;
};

hdmf::Attributes AttributeReader::read(hdf5::Id object, const hdf5::File& file,
                                       const std::string& path) {
  const hdf5::Locked locked;
  std::vector<std::string> names;
  // An attribute that HDF5 can't decode (of a type of a newer library, say) makes H5Aiterate2
  // of 1.10 free memory that it never had. Looking for a name decodes all of them too, and just
  // fails.
  hdf5::check(H5Aexists(object, "\x01"), "read the attributes");
  hdf5::check(H5Aiterate2(object, H5_INDEX_NAME, H5_ITER_NATIVE, nullptr, add_name, &names),
              "list the attributes");
  std::sort(names.begin(), names.end());
  hdmf::Attributes attributes;
  for (std::string& name : names) {
    try {
      const hdf5::Handle attribute =
          hdf5::own(H5Aopen(object, name.c_str(), H5P_DEFAULT), "open the attribute");
      std::string reason, change;
      hdmf::StoredForm form;
      Value value = read_value(attribute.id(), file, form, reason, change);
      if (!reason.empty()) {
        notices_.push_back({Notice::Kind::left_out, fmt::format("{}@{}", path, name),
                            "the attribute is left out: it holds " + reason});
        continue;
      }
      if (!change.empty())
        notices_.push_back(
            {Notice::Kind::changed, fmt::format("{}@{}", path, name), std::move(change)});
      const bool is_plain =
          is_plain_text(form) || (hdmf::survives_json(form.type) && hdmf::form_of(value) == form);
      attributes.set(name, std::move(value));
      if (!is_plain) attributes.set_form(name, std::move(form));
    } catch (Error& error) {
      error.at("attribute " + name);
      throw;
    }
  }
  return attributes;
}

void AttributeReader::check_size(const Shape& shape, std::uint64_t bytes) const {
  // Each value takes more room than its bytes do, and so do empty lists in lists: (1000000, 0).
  std::uint64_t values = 1;
  for (const std::uint64_t length : shape)
    if (length != 0) values = checked_multiply(values, length, "an attribute's size");
  const std::uint64_t most = limits_.max_attribute_bytes;
  if (bytes > most || values > 4 * most / sizeof(Value))
    throw Error(ErrorCode::limit_exceeded,
                fmt::format("an attribute of shape {} and {} bytes is larger than {} bytes allow",
                            to_string(shape), bytes, most));
}

Value AttributeReader::read_value(hdf5::Id attribute, const hdf5::File& file,
                                  hdmf::StoredForm& form, std::string& reason,
                                  std::string& change) {
  const hdf5::Handle type_id = hdf5::own(H5Aget_type(attribute), "read an attribute's type");
  const hdf5::Type type = hdf5::describe(type_id.id());
  if (type.kind == hdf5::Type::Kind::unknown) {
    reason = type.reason;
    return {};
  }
  change = loss(type);
  const hdf5::Handle space = hdf5::own(H5Aget_space(attribute), "read an attribute's shape");
  Shape shape;
  form.type = object_type(type);
  form.is_null = !shape_of(space.id(), shape);
  if (form.is_null) return hdmf::Null{};
  form.shape = shape;

  const std::uint64_t count = element_count(shape);
  const std::uint64_t bytes = checked_multiply(count, type.memory_size, "an attribute's size");
  check_size(shape, bytes);
  Bytes memory(bytes);
  if (count > 0)
    hdf5::check(H5Aread(attribute, type.memory.id(), memory.data()), "read an attribute");
  std::optional<Reclaim> reclaim;
  if (count > 0 && hdf5::has_pointers(type))
    reclaim.emplace(type.memory.id(), space.id(), memory.data());
  Noter noter(file, noted_, limits_.max_attribute_bytes / sizeof(Region));
  return decode_values(type, shape, memory.data(), CompoundForm::record, noter);
}

bool AttributeReader::resolve(Value& value, const PlacedObjects& objects) const {
  const auto fill_in = [&](hdmf::Reference& reference) {
    const Noted& noted = noted_.at(noted_number(reference));
    auto found = objects.reference(noted.file_number, noted.address);
    if (!found) return false;
    reference = *std::move(found);
    return true;
  };
  if (value.is<hdmf::Reference>()) return fill_in(value.as<hdmf::Reference>());
  if (value.is<hdmf::RegionReference>()) return fill_in(value.as<hdmf::RegionReference>().target);
  bool found = true;
  if (value.is<hdmf::List>())
    for (Value& element : value.as<hdmf::List>()) found = resolve(element, objects) && found;
  if (value.is<hdmf::Record>())
    for (auto& field : value.as<hdmf::Record>()) found = resolve(field.second, objects) && found;
  return found;
}

void AttributeReader::resolve(hdmf::Attributes& attributes, const std::string& path,
                              const PlacedObjects& objects) {
  const auto may_hold_references = [](const Value& value) {
    return value.is<hdmf::Reference>() || value.is<hdmf::RegionReference>() ||
           value.is<hdmf::List>() || value.is<hdmf::Record>();
  };
  std::vector<hdmf::Attributes::Item> changed;
  for (const auto& item : attributes)
    if (may_hold_references(item.second)) changed.push_back(item);
  for (auto& [name, value] : changed) {
    if (resolve(value, objects)) {
      attributes.replace(name, std::move(value));
      continue;
    }
    notices_.push_back({Notice::Kind::dangling, fmt::format("{}@{}", path, name),
                        "the attribute is left out: a reference in it leads nowhere"});
    attributes.erase(name);
  }
}

}  // namespace engram::backend

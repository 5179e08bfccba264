#include "engram/hdmf/object.hpp"

#include <fmt/format.h>

#include <utility>

#include "engram/base/utf8.hpp"
#include "hdmf/file_set.hpp"
#include "hdmf/read_elements.hpp"

namespace engram::hdmf {
namespace {

template <typename Read>
auto at_object(const OpenFile& file, std::uint32_t entry, const Read& read) {
  try {
    return read();
  } catch (Error& error) {
    error.at(file.index.path(entry));
    error.at(file.location);
    throw;
  }
}

}  // namespace

bool Object::is_group() const noexcept { return group() != nullptr; }

const GroupBuilder* Object::group() const noexcept { return file_->index[entry_].group; }
const DatasetBuilder* Object::dataset() const noexcept { return file_->index[entry_].dataset; }

std::string Object::name() const {
  return link_file_                   ? link_file_->index[link_entry_].name()
         : entry_ == TreeIndex::kRoot ? ""
                                      : file_->index[entry_].name();
}

std::string Object::path() const { return file_->index.path(entry_); }
File Object::file() const { return File(set_, file_); }

std::string Object::link_path() const {
  return link_file_ ? link_file_->index.path(link_entry_) : path();
}

const Attributes& Object::attributes() const { return file_->index[entry_].attributes(); }
std::optional<std::string> Object::object_id() const { return attributes().text("object_id"); }
std::optional<std::string> Object::neurodata_type() const { return hdmf::type_name(attributes()); }
std::optional<std::string> Object::type_namespace() const { return attributes().text("namespace"); }

bool Object::is_a(std::string_view type) const {
  const auto own = neurodata_type();
  if (!own) return false;
  if (*own == type) return true;
  const auto name = type_namespace();
  const Namespace* found = name ? set_->catalog(*file_).find(*name) : nullptr;
  return found && found->is_a(*own, type);
}

std::optional<Object> Object::parent() const {
  if (entry_ == TreeIndex::kRoot) return std::nullopt;
  return Object(set_, file_, file_->index[entry_].parent);
}

std::vector<Object> Object::children() const {
  std::vector<Object> all;
  const TreeIndex::Entry& own = file_->index[entry_];
  all.reserve(own.child_count);
  for (std::uint32_t number = own.first_child; number < own.first_child + own.child_count;
       ++number) {
    if (!file_->index[number].link) {
      all.push_back(Object(set_, file_, number));
      continue;
    }
    const Outcome outcome = set_->follow({file_, number});
    if (const auto* failure = std::get_if<Failure>(&outcome)) set_->report(*failure);
    if (const auto* place = std::get_if<Place>(&outcome)) {
      all.push_back(Object(set_, place->file, place->entry));
      all.back().link_file_ = file_;
      all.back().link_entry_ = number;
    }
  }
  return all;
}

std::vector<Link> Object::links() const {
  std::vector<Link> all;
  const TreeIndex::Entry& own = file_->index[entry_];
  for (std::uint32_t i = 0; i < own.child_count; ++i)
    if (const LinkBuilder* link = file_->index[own.first_child + i].link)
      all.push_back({link->name, link->source, link->path});
  return all;
}

std::optional<Object> Object::find(std::string_view path) const {
  Place link;
  const Outcome outcome = set_->walk({file_, entry_}, path, &link);
  if (const auto* failure = std::get_if<Failure>(&outcome)) set_->report(*failure);
  const auto* place = std::get_if<Place>(&outcome);
  if (!place) return std::nullopt;
  Object found(set_, place->file, place->entry);
  found.link_file_ = link.file;
  found.link_entry_ = link.entry;
  return found;
}

Object Object::at(std::string_view path) const {
  Place link;
  const Outcome outcome = set_->walk({file_, entry_}, path, &link);
  if (const auto* failure = std::get_if<Failure>(&outcome)) FileSet::raise(*failure);
  const auto* place = std::get_if<Place>(&outcome);
  if (!place)
    throw Error(ErrorCode::not_found,
                fmt::format("{}: there is nothing at {}{}", file_->location,
                            path.starts_with('/') || entry_ == TreeIndex::kRoot
                                ? ""
                                : fmt::format("{} below ", this->path()),
                            printable(path)));
  Object found(set_, place->file, place->entry);
  found.link_file_ = link.file;
  found.link_entry_ = link.entry;
  return found;
}

std::optional<Object> Object::target(std::string_view attribute) const {
  const Value* value = attributes().find(attribute);
  if (!value || !value->is<Reference>()) return std::nullopt;
  const Outcome outcome = set_->resolve(*file_, value->as<Reference>(),
                                        fmt::format("{}@{}", path(), printable(attribute)));
  if (const auto* failure = std::get_if<Failure>(&outcome)) set_->report(*failure);
  const auto* place = std::get_if<Place>(&outcome);
  if (!place) return std::nullopt;
  return Object(set_, place->file, place->entry);
}

const DatasetBuilder& Object::checked_dataset() const {
  if (const DatasetBuilder* found = dataset()) return *found;
  throw Error(ErrorCode::invalid_argument,
              fmt::format("{}: {} is a group and has no values", file_->location, path()));
}

const Shape& Object::shape() const { return checked_dataset().shape(); }
bool Object::is_scalar() const { return checked_dataset().is_scalar; }
bool Object::is_null() const { return checked_dataset().is_null; }

ObjectType Object::element_type() const {
  const DatasetBuilder& own = checked_dataset();
  if (const ObjectSource* objects = own.objects()) return objects->type();
  ObjectType type;
  type.kind = ObjectType::Kind::number;
  if (const ArraySource* array = own.array()) type.type = array->info().type;
  return type;
}

Region Object::whole() const { return Region::all(shape()); }

std::size_t Object::checked_count(const Region& region, std::uint64_t element_size) const {
  const DatasetBuilder& own = checked_dataset();
  return at_object(*file_, entry_, [&] {
    check_inside(region, own.shape());
    return checked_elements(element_count(region.shape), element_size,
                            set_->options().max_read_bytes);
  });
}

void Object::read_numbers(const Region& region, const DataType& type,
                          std::span<std::byte> out) const {
  const DatasetBuilder& own = checked_dataset();
  const std::size_t count = checked_count(region, type.size);
  at_object(*file_, entry_, [&] {
    if (out.size() != count * type.size)
      throw Error(
          ErrorCode::invalid_argument,
          fmt::format("a buffer of {} elements for a region of {}", out.size() / type.size, count));
    hdmf::read_numbers(own, region, type, out);
  });
}

std::vector<std::string> Object::read_text(const Region& region) const {
  const DatasetBuilder& own = checked_dataset();
  checked_count(region, sizeof(std::string));
  return at_object(*file_, entry_, [&] { return hdmf::read_text(own, region); });
}

std::vector<Value> Object::values(const Region& region) const {
  const DatasetBuilder& own = checked_dataset();
  checked_count(region, sizeof(Value));
  return at_object(*file_, entry_, [&] { return read_values(own, region); });
}

std::vector<std::optional<Object>> Object::targets(const Region& region) const {
  if (element_type().kind != ObjectType::Kind::reference)
    throw Error(ErrorCode::invalid_argument,
                fmt::format("{}: {} holds no references", file_->location, path()));
  const std::string place = path();
  std::vector<std::optional<Object>> all;
  for (const Value& value : values(region)) {
    all.emplace_back();
    if (!value.is<Reference>()) continue;
    const Outcome outcome = set_->resolve(*file_, value.as<Reference>(), place);
    if (const auto* failure = std::get_if<Failure>(&outcome)) set_->report(*failure);
    if (const auto* found = std::get_if<Place>(&outcome))
      all.back() = Object(set_, found->file, found->entry);
  }
  return all;
}

void Object::refuse_scalar() const {
  const DatasetBuilder& own = checked_dataset();
  throw Error(
      ErrorCode::invalid_argument,
      fmt::format("{}: {} {}, not one", file_->location, path(),
                  own.is_null ? "has no value"
                              : fmt::format("has {} elements", element_count(own.shape()))));
}

}  // namespace engram::hdmf

#include "engram/zarr/group.hpp"

#include <fmt/format.h>

#include <utility>

#include "engram/base/error.hpp"
#include "zarr/documents.hpp"
#include "zarr/metadata_view.hpp"

namespace engram::zarr {

Group::Group(StoreHandle store, std::string path, std::shared_ptr<const MetadataView> view,
             const Limits& limits)
    : store_(std::move(store)), path_(std::move(path)), view_(std::move(view)), limits_(limits) {}

Group Group::open(StoreHandle store, std::string_view path, const Limits& limits) {
  const auto view = view_of_files(store, limits);
  return Group(std::move(store), "", view, limits).group(path);
}

Group Group::open_consolidated(StoreHandle store, const Limits& limits) {
  const auto view = view_of_consolidated(store.reader(), limits);
  return Group(std::move(store), "", view, limits).group("");
}

Group Group::create(StoreHandle store, std::string_view path, const Json& attributes,
                    IfExists if_exists, const Limits& limits) {
  const auto view = view_of_files(store, limits);
  return Group(std::move(store), "", view, limits).create_group(path, attributes, if_exists);
}

std::string Group::below(std::string_view path) const {
  const std::string relative = normal_path(path);
  return relative.empty() ? path_ : normal_path(join(path_, relative));
}

std::vector<Child> Group::children() const { return view_->children(path_); }

std::optional<NodeKind> Group::kind_of(std::string_view path) const {
  return view_->kind_of(below(path));
}

Group Group::group(std::string_view path) const {
  std::string place = below(path);
  const std::string key = join(place, kGroupName);
  const auto document = view_->document(key);
  if (!document || view_->kind_of(place) == NodeKind::array)
    view_->refuse(place, NodeKind::group, store_.reader().name());
  at_key(key, [&] { check_group(*document); });
  return {store_, std::move(place), view_, limits_};
}

Array Group::array(std::string_view path) const {
  std::string place = below(path);
  const std::string key = join(place, kArrayName);
  const auto document = view_->document(key);
  if (!document) view_->refuse(place, NodeKind::array, store_.reader().name());
  ArrayMetadata metadata = at_key(key, [&] { return parse_zarray(*document, limits_); });
  return {store_, std::move(place), std::move(metadata), view_, limits_};
}

Group Group::create_group(std::string_view path, const Json& attributes, IfExists if_exists) {
  view_->check_changeable();
  require_object(attributes);
  std::string place = below(path);
  store::Store& writer = store_.writer();
  make_place(writer, place, if_exists);
  write_attributes(writer, place, attributes);
  write_group_document(writer, place);
  return {store_, std::move(place), view_, limits_};
}

Array Group::create_array(std::string_view path, const ArrayOptions& options, IfExists if_exists) {
  view_->check_changeable();
  return Array::create(store_, below(path), options, if_exists, limits_);
}

Array Group::create_array(std::string_view path, const ArrayMetadata& metadata,
                          const Json& attributes, IfExists if_exists) {
  view_->check_changeable();
  return Array::create(store_, below(path), metadata, attributes, if_exists, limits_);
}

void Group::erase(std::string_view path) {
  view_->check_changeable();
  const std::string place = below(path);
  if (place == path_)
    throw Error(ErrorCode::invalid_argument, "a group can't be erased through itself");
  if (!view_->kind_of(place))
    throw Error(ErrorCode::not_found, fmt::format("there is no group or array at \"{}\" in {}",
                                                  place, store_.reader().name()));
  erase_node(store_.writer(), place);
}

Json Group::attributes() const {
  const std::string key = join(path_, kAttributesName);
  auto document = view_->document(key);
  if (!document) return Json::object();
  return at_key(key, [&] { return check_attributes(std::move(*document)); });
}

void Group::set_attributes(const Json& attributes) {
  view_->check_changeable();
  write_attributes(store_.writer(), path_, attributes);
}

void Group::update_attributes(const Json& changes) {
  Json all = attributes();
  merge_attributes(all, changes);
  set_attributes(all);
}

}  // namespace engram::zarr

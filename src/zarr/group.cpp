#include "engram/zarr/group.hpp"

#include <fmt/format.h>

#include <utility>

#include "engram/base/error.hpp"
#include "zarr/documents.hpp"
#include "zarr/metadata_view.hpp"

namespace engram::zarr {

Group::Group(StoreHandle store, std::string path, std::shared_ptr<const MetadataView> view,
             int zarr_format, const Limits& limits)
    : store_(std::move(store)),
      path_(std::move(path)),
      view_(std::move(view)),
      zarr_format_(zarr_format),
      limits_(limits) {}

Group Group::open(StoreHandle store, std::string_view path, const Limits& limits) {
  const auto view = view_of_files(store, limits);
  return Group(std::move(store), "", view, 2, limits).group(path);
}

Group Group::open_consolidated(StoreHandle store, const Limits& limits) {
  const auto view = view_of_consolidated(store.reader(), limits);
  return Group(std::move(store), "", view, 2, limits).group("");
}

Group Group::create(StoreHandle store, std::string_view path, const Json& attributes,
                    IfExists if_exists, const Limits& limits, int zarr_format) {
  check_format(zarr_format);
  const auto view = view_of_files(store, limits);
  return Group(std::move(store), "", view, zarr_format, limits)
      .create_group(path, attributes, if_exists);
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
  const int format = view_->check_group_at(place, store_.reader().name());
  return {store_, std::move(place), view_, format, limits_};
}

Array Group::array(std::string_view path) const {
  std::string place = below(path);
  ArrayMetadata metadata = view_->array(place, store_.reader().name(), limits_);
  return {store_, std::move(place), std::move(metadata), view_, limits_};
}

Group Group::create_group(std::string_view path, const Json& attributes, IfExists if_exists) {
  view_->check_changeable();
  require_object(attributes);
  std::string place = below(path);
  store::Store& writer = store_.writer();
  make_place(writer, place, if_exists, zarr_format_, limits_);
  write_group(writer, place, attributes, zarr_format_);
  return {store_, std::move(place), view_, zarr_format_, limits_};
}

Array Group::create_array(std::string_view path, const ArrayOptions& options, IfExists if_exists) {
  view_->check_changeable();
  ArrayOptions own = options;
  own.zarr_format = zarr_format_;
  return Array::create(store_, below(path), own, if_exists, limits_);
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

Json Group::attributes() const { return view_->attributes(path_, zarr_format_); }

void Group::set_attributes(const Json& attributes) {
  view_->check_changeable();
  if (zarr_format_ == 3) return write_attributes_v3(store_.writer(), path_, attributes, limits_);
  write_attributes(store_.writer(), path_, attributes);
}

void Group::update_attributes(const Json& changes) {
  Json all = attributes();
  merge_attributes(all, changes);
  set_attributes(all);
}

}  // namespace engram::zarr

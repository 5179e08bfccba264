#include "converters/external_links.hpp"

#include <fmt/format.h>

#include <boost/filesystem.hpp>
#include <memory>
#include <set>
#include <utility>

#include "converters/places.hpp"
#include "engram/hdmf/map_references.hpp"

namespace engram::converter {
namespace {

namespace fs = boost::filesystem;
using backend::Notice;

constexpr const char* kEnding = ".zarr";
constexpr const char* kHdf5Ending = ".h5";

// Without symbolic links as far as it is there.
fs::path resolved(const fs::path& path) {
  boost::system::error_code failed;
  const auto absolute = fs::absolute(path);
  auto found = fs::weakly_canonical(absolute, failed);
  if (failed) found = absolute.lexically_normal();
  // "x/" names the same directory as "x".
  return found.filename() == "." || found.filename().empty() ? found.parent_path() : found;
}

bool is_there(const fs::path& store, const std::string& path) { return is_zarr_node(store / path); }

// Where the files that links lead to, or what stands for them, lie.
class Layout {
 public:
  Layout(const std::string& source, const std::string& target, TargetFormat format)
      : source_folder_(resolved(source).parent_path()),
        target_(resolved(target)),
        to_hdf5_(format == TargetFormat::hdf5) {}

  bool to_hdf5() const noexcept { return to_hdf5_; }

  hdmf::Reference led(hdmf::Reference reference) const {
    if (reference.source != ".") reference.source = from_target(store_of(reference.source));
    return reference;
  }

  // What stands for the file or store at `path`.
  fs::path store_of(const std::string& path) const {
    boost::system::error_code ignored;
    if (fs::is_directory(path, ignored) != to_hdf5_) return path;
    const std::string relative = fs::path(path).lexically_relative(source_folder_).string();
    return (target_.parent_path() / (to_hdf5_ ? file_name_of(relative) : relative + kEnding))
        .lexically_normal();
  }

  std::string from_target(const fs::path& store) const {
    return store.lexically_relative(to_hdf5_ ? target_.parent_path() : target_).generic_string();
  }

 private:
  static std::string file_name_of(std::string store) {
    while (store.ends_with('/')) store.pop_back();
    if (store.ends_with(kEnding)) store.resize(store.size() - std::string_view(kEnding).size());
    return format_by_name(store) == TargetFormat::hdf5 ? store : store + kHdf5Ending;
  }

  fs::path source_folder_, target_;
  bool to_hdf5_;
};

class Leader {
 public:
  Leader(const std::string& source, const std::string& target, TargetFormat format,
         std::vector<Notice>& notices)
      : layout_(source, target, format), notices_(notices) {}

  void lead(hdmf::GroupBuilder& group, const std::string& path) {
    lead(group.attributes);
    for (hdmf::LinkBuilder& link : group.links) {
      if (link.source == ".") continue;
      const fs::path store = layout_.store_of(link.source);
      if (layout_.to_hdf5())
        tell_of_file(link, store, hdmf::join_path(path, link.name));
      else if (!is_there(store, link.path))
        tell(link, store, hdmf::join_path(path, link.name));
      link.source = layout_.from_target(store);
    }
    for (hdmf::DatasetBuilder& dataset : group.datasets) lead(dataset);
    for (hdmf::GroupBuilder& child : group.groups) lead(child, hdmf::join_path(path, child.name));
  }

 private:
  void lead(hdmf::DatasetBuilder& dataset) const {
    lead(dataset.attributes);
    const hdmf::ObjectSource* objects = dataset.objects();
    if (objects == nullptr || !hdmf::holds_references(objects->type())) return;
    auto source = std::get<std::shared_ptr<const hdmf::ObjectSource>>(dataset.data);
    dataset.data = hdmf::map_references(std::move(source),
                                        [layout = layout_](const hdmf::Reference& reference) {
                                          return std::optional(layout.led(reference));
                                        });
  }

  void lead(hdmf::Attributes& attributes) const {
    std::vector<hdmf::Attributes::Item> changed;
    for (const auto& [name, value] : attributes) {
      hdmf::Value mapped = value;
      hdmf::map_references(mapped, [this](const hdmf::Reference& reference) {
        return std::optional(layout_.led(reference));
      });
      if (!(mapped == value)) changed.emplace_back(name, std::move(mapped));
    }
    for (auto& [name, value] : changed) attributes.set(name, std::move(value));
  }

  void tell_of_file(const hdmf::LinkBuilder& link, const fs::path& file, const std::string& place) {
    boost::system::error_code ignored;
    if (fs::exists(file, ignored) || !told_.insert(file.string()).second) return;
    notices_.push_back(
        {Notice::Kind::changed, place,
         fmt::format("the link leads to {}, which is not there yet: convert {} to it",
                     file.string(), link.source)});
  }

  void tell(const hdmf::LinkBuilder& link, const fs::path& store, const std::string& place) {
    const bool has_store = is_there(store, "");
    if (!has_store && !told_.insert(store.string()).second) return;
    notices_.push_back(
        {Notice::Kind::changed, place,
         has_store
             ? fmt::format("the link leads to {} of {}, which has nothing there: hdmf-zarr refuses "
                           "the result as long as that is so",
                           link.path, store.string())
             : fmt::format("the link leads to {}, which is not there yet: convert {} to it; until "
                           "then hdmf-zarr refuses the result",
                           store.string(), link.source)});
  }

  Layout layout_;
  std::vector<Notice>& notices_;
  std::set<std::string> told_;
};

}  // namespace

void lead_to_converted(hdmf::GroupBuilder& tree, const std::string& source,
                       const std::string& target, TargetFormat format,
                       std::vector<Notice>& notices) {
  Leader(source, target, format, notices).lead(tree, "/");
}

namespace {

void make_relative_to(hdmf::GroupBuilder& group, const fs::path& folder) {
  for (hdmf::LinkBuilder& link : group.links)
    if (link.source != ".")
      link.source = resolved(link.source).lexically_relative(folder).generic_string();
  for (hdmf::GroupBuilder& child : group.groups) make_relative_to(child, folder);
}

}  // namespace

void make_relative(hdmf::GroupBuilder& tree, const std::string& path) {
  make_relative_to(tree, resolved(path).parent_path());
}

std::string path_from_store(const std::string& target, const std::string& path) {
  return resolved(path).lexically_relative(resolved(target)).generic_string();
}

}  // namespace engram::converter

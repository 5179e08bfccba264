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
  Layout(const std::string& source, const std::string& target)
      : source_folder_(resolved(source).parent_path()), target_(resolved(target)) {}

  hdmf::Reference led(hdmf::Reference reference) const {
    if (reference.source != ".") reference.source = from_target(store_of(reference.source));
    return reference;
  }

  // The store that stands for the file or store at `path`.
  fs::path store_of(const std::string& path) const {
    boost::system::error_code ignored;
    if (fs::is_directory(path, ignored)) return path;
    const fs::path relative = fs::path(path).lexically_relative(source_folder_);
    return (target_.parent_path() / (relative.string() + kEnding)).lexically_normal();
  }

  std::string from_target(const fs::path& store) const {
    return store.lexically_relative(target_).generic_string();
  }

 private:
  fs::path source_folder_, target_;
};

class Leader {
 public:
  Leader(const std::string& source, const std::string& target, std::vector<Notice>& notices)
      : layout_(source, target), notices_(notices) {}

  void lead(hdmf::GroupBuilder& group, const std::string& path) {
    lead(group.attributes);
    for (hdmf::LinkBuilder& link : group.links) {
      if (link.source == ".") continue;
      const fs::path store = layout_.store_of(link.source);
      if (!is_there(store, link.path)) tell(link, store, hdmf::join_path(path, link.name));
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
                       const std::string& target, std::vector<Notice>& notices) {
  Leader(source, target, notices).lead(tree, "/");
}

std::string path_from_store(const std::string& target, const std::string& path) {
  return resolved(path).lexically_relative(resolved(target)).generic_string();
}

}  // namespace engram::converter

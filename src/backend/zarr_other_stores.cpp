#include "backend/zarr_other_stores.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <boost/filesystem.hpp>
#include <utility>
#include <vector>

#include "engram/base/error.hpp"
#include "engram/base/utf8.hpp"
#include "engram/store/directory_store.hpp"
#include "hdmf/path_names.hpp"

namespace engram::backend {
namespace {

namespace bfs = boost::filesystem;

bool is_store(const bfs::path& path) {
  boost::system::error_code ignored;
  return bfs::is_directory(path, ignored) &&
         (bfs::exists(path / ".zgroup", ignored) || bfs::exists(path / ".zmetadata", ignored) ||
          bfs::exists(path / "zarr.json", ignored));
}

template <typename Members>
const typename Members::value_type* named(const Members& members, std::string_view name) {
  const auto found = std::find_if(members.begin(), members.end(),
                                  [name](const auto& member) { return member.name == name; });
  return found == members.end() ? nullptr : &*found;
}

}  // namespace

OtherStores::OtherStores(const std::string& path, const hdmf::GroupBuilder& root,
                         const Limits& limits, const std::vector<std::string>& allowed,
                         bool anywhere)
    : limits_(limits), link_root_(existing_directory(path), allowed, anywhere) {
  auto store = std::make_unique<OtherStore>(OtherStore{link_root_.file().identity, root, {}});
  own_ = store.get();
  stores_.emplace(own_->path, std::move(store));
}

OtherStores::Target OtherStores::find(const OtherStore& from, const std::string& source,
                                      const std::string& path) {
  Target target;
  const OtherStore* store = source == "." ? &from : open(from, source, target);
  if (store == nullptr) return target;
  std::vector<std::string_view> names;  // last first
  hdmf::push_names(path, names);
  const hdmf::GroupBuilder* group = &store->tree;
  const hdmf::DatasetBuilder* dataset = nullptr;
  std::string place = "/";
  std::uint32_t hops = 0;
  while (!names.empty()) {
    const std::string_view name = names.back();
    names.pop_back();
    const hdmf::GroupBuilder* const parent = group;
    const hdmf::LinkBuilder* link = nullptr;
    group = parent == nullptr ? nullptr : named(parent->groups, name);
    dataset = parent == nullptr || group != nullptr ? nullptr : named(parent->datasets, name);
    if (parent != nullptr && group == nullptr && dataset == nullptr)
      link = named(parent->links, name);
    if (link == nullptr) {
      place = hdmf::join_path(place, name);
      if (group != nullptr || dataset != nullptr) continue;
      target.why = fmt::format("there is nothing at {} of {}", place, store->path);
      return target;
    }
    if (++hops > limits_.max_link_hops) {
      target.why = "the links on the way lead to each other, or are too many";
      return target;
    }
    if (link->source != ".") store = open(*store, link->source, target);
    if (store == nullptr) return target;
    hdmf::push_names(link->path, names);
    group = &store->tree;
    dataset = nullptr;
    place = "/";
  }
  target.store = store;
  target.path = std::move(place);
  target.group = group;
  target.dataset = dataset;
  return target;
}

const OtherStore* OtherStores::open(const OtherStore& from, const std::string& source,
                                    Target& target) {
  const hdmf::LinkPlaces found = link_root_.places(from.path, source);
  for (const hdmf::LinkPlaces::Place& place : found.places)
    if (is_store(place.identity)) return read(place.identity);
  target.is_refused = !found.refusal.empty();
  target.why = target.is_refused
                   ? fmt::format("the store {} is not read: {}", printable(source), found.refusal)
                   : fmt::format("there is no Zarr store at {}", printable(source));
  return nullptr;
}

const OtherStore* OtherStores::read(const std::string& path) {
  const auto known = stores_.find(path);
  if (known != stores_.end()) return known->second.get();
  auto store = std::make_unique<OtherStore>();
  store->path = path;
  try {
    const auto reader = open_zarr_reader(
        std::make_shared<const store::DirectoryStore>(path, store::DirectoryStore::Mode::read),
        limits_);
    store->tree = reader->read_tree();
    store->notices = reader->notices();
  } catch (Error& error) {
    error.at(path);
    throw;
  }
  return stores_.emplace(path, std::move(store)).first->second.get();
}

}  // namespace engram::backend

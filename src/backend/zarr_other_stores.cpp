#include "backend/zarr_other_stores.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <boost/filesystem.hpp>
#include <utility>
#include <vector>

#include "engram/base/error.hpp"
#include "engram/store/directory_store.hpp"

namespace engram::backend {
namespace {

namespace fs = boost::filesystem;

// True when `inner` is `outer` or lies below it; both canonical.
bool is_within(const fs::path& inner, const fs::path& outer) {
  const auto relative = inner.lexically_relative(outer);
  return !relative.empty() && *relative.begin() != "..";
}

// Without symbolic links.
fs::path existing(const std::string& path) {
  boost::system::error_code failed;
  auto found = fs::canonical(path, failed);
  if (failed)
    throw Error(ErrorCode::not_found,
                fmt::format("the directory {} can't be used: {}", path, failed.message()));
  return found;
}

bool is_store(const fs::path& path) {
  boost::system::error_code ignored;
  return fs::is_directory(path, ignored) &&
         (fs::exists(path / ".zgroup", ignored) || fs::exists(path / ".zmetadata", ignored));
}

void push_names(std::string_view path, std::vector<std::string>& names) {
  while (!path.empty()) {
    const std::size_t slash = path.rfind('/');
    const auto name = slash == std::string_view::npos ? path : path.substr(slash + 1);
    if (!name.empty()) names.emplace_back(name);
    path = path.substr(0, slash == std::string_view::npos ? 0 : slash);
  }
}

template <typename Members>
const typename Members::value_type* named(const Members& members, std::string_view name) {
  const auto found = std::find_if(members.begin(), members.end(),
                                  [name](const auto& member) { return member.name == name; });
  return found == members.end() ? nullptr : &*found;
}

}  // namespace

OtherStores::OtherStores(const std::string& path, const hdmf::GroupBuilder& root,
                         const Limits& limits, const std::string& allowed, bool anywhere)
    : limits_(limits), anywhere_(anywhere) {
  const fs::path own = existing(path);
  allowed_ = allowed.empty() ? own.parent_path().string() : existing(allowed).string();
  auto store = std::make_unique<OtherStore>(OtherStore{own.string(), root, {}});
  own_ = store.get();
  stores_.emplace(own_->path, std::move(store));
}

OtherStores::Target OtherStores::find(const OtherStore& from, const std::string& source,
                                      const std::string& path) {
  Target target;
  const OtherStore* store = source == "." ? &from : open(from, source, target);
  if (store == nullptr) return target;
  std::vector<std::string> names;  // last first
  push_names(path, names);
  const hdmf::GroupBuilder* group = &store->tree;
  const hdmf::DatasetBuilder* dataset = nullptr;
  std::string place = "/";
  std::uint32_t hops = 0;
  while (!names.empty()) {
    const std::string name = std::move(names.back());
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
    push_names(link->path, names);
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
  if (source.find('\0') != std::string::npos) {
    target.why = "the name of the other store holds a NUL byte";
    return nullptr;
  }
  // hdmf-zarr 0.9 and 0.10 wrote where a store is from the directory around this one.
  const fs::path here(from.path);
  for (const fs::path& base : {here, here.parent_path()}) {
    boost::system::error_code failed;
    // As hdmf-zarr does: ".." takes back a name, whether or not it is a symbolic link.
    const fs::path given(source);
    const fs::path named = (given.is_absolute() ? given : base / given).lexically_normal();
    const fs::path path = fs::canonical(named, failed);
    if (failed) continue;
    if (!anywhere_ && !is_within(path, allowed_)) {
      target.is_refused = true;
      target.why = fmt::format("the store {} lies outside of {}, which what is linked must lie in",
                               source, allowed_);
      continue;
    }
    if (is_store(path)) return read(path.string());
  }
  if (target.why.empty()) target.why = fmt::format("there is no Zarr store at {}", source);
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

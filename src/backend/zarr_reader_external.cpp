#include "backend/zarr_reader_external.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <deque>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <set>
#include <unordered_map>
#include <utility>
#include <variant>

#include "backend/zarr_other_stores.hpp"
#include "engram/base/error.hpp"
#include "engram/hdmf/map_references.hpp"

namespace engram::backend {
namespace {

using hdmf::Attributes;
using hdmf::DatasetBuilder;
using hdmf::GroupBuilder;
using hdmf::LinkBuilder;
using hdmf::Reference;

// Where the nodes of each store lie in the tree that comes of all.
class Places {
 public:
  const std::string* find(const OtherStore& store, const std::string& path) const {
    const auto places = places_.find(&store);
    if (places == places_.end()) return nullptr;
    const auto place = places->second.find(path);
    return place == places->second.end() ? nullptr : &place->second;
  }
  // False when it has a place already.
  bool add(const OtherStore& store, const std::string& path, std::string place) {
    return places_[&store].emplace(path, std::move(place)).second;
  }

 private:
  std::map<const OtherStore*, std::unordered_map<std::string, std::string>> places_;
};

// What references need that are resolved while values are read, when the reader may be gone.
struct Known {
  std::unique_ptr<OtherStores> stores;
  Places places;
  std::optional<std::string> root_id;
  std::mutex mutex;  ///< For `stores`.

  // What a reference of `from` becomes, which has a place in the tree, or (where links stay) in
  // another store.
  std::optional<Reference> resolve(const OtherStore& from, Reference reference, bool copying) {
    const OtherStore* store = &from;
    if (reference.source != ".") {
      const std::lock_guard lock(mutex);
      auto target = stores->find(from, reference.source, reference.path);
      if (target.store == nullptr) return std::nullopt;
      store = target.store;
      reference.path = std::move(target.path);
    }
    if (const std::string* place = places.find(*store, reference.path)) {
      reference.path = *place;
      reference.source = ".";
      reference.source_object_id = root_id;
      return reference;
    }
    if (copying) return std::nullopt;
    reference.source = store->path;
    return reference;
  }
};

bool leads_out(const hdmf::Value& value) {
  bool found = false;
  hdmf::Value copy = value;
  hdmf::map_references(copy, [&found](const Reference& reference) {
    found = found || reference.source != ".";
    return std::optional(reference);
  });
  return found;
}

bool leads_out(const Attributes& attributes) {
  return std::any_of(attributes.begin(), attributes.end(),
                     [](const auto& item) { return leads_out(item.second); });
}

bool leads_out(const GroupBuilder& group) {
  return leads_out(group.attributes) ||
         std::any_of(group.links.begin(), group.links.end(),
                     [](const LinkBuilder& link) { return link.source != "."; }) ||
         std::any_of(group.datasets.begin(), group.datasets.end(),
                     [](const DatasetBuilder& one) { return leads_out(one.attributes); }) ||
         std::any_of(group.groups.begin(), group.groups.end(),
                     [](const GroupBuilder& child) { return leads_out(child); });
}

// Of a store that is no directory.
void leave_out_links(GroupBuilder& group, const std::string& path, ExternalLinks mode,
                     std::vector<Notice>& notices) {
  std::erase_if(group.links, [&](const LinkBuilder& link) {
    if (link.source == ".") return false;
    const std::string place = hdmf::join_path(path, link.name);
    if (mode == ExternalLinks::refuse)
      throw Error(ErrorCode::unsupported,
                  fmt::format("{}: the link leads to another store, {}, and these are refused",
                              place, link.source));
    notices.push_back({Notice::Kind::left_out, place,
                       fmt::format("the link is left out: it leads to the store {}, which can be "
                                   "found only from a store that is a directory",
                                   link.source)});
    return true;
  });
  for (GroupBuilder& child : group.groups)
    leave_out_links(child, hdmf::join_path(path, child.name), mode, notices);
}

class Copier {
 public:
  Copier(GroupBuilder& root, const std::string& path, const ReadOptions& options,
         std::vector<Notice>& notices)
      : root_(root),
        options_(options),
        mode_(*options.external_links),
        notices_(notices),
        known_(std::make_shared<Known>()) {
    known_->stores = std::make_unique<OtherStores>(
        path, root, options_.limits, options_.allow_external, mode_ != ExternalLinks::copy);
    known_->root_id = root.attributes.text("object_id");
  }

  void run() {
    const OtherStore& own = known_->stores->own();
    place_all(root_, own, "/");
    note_links(root_, own, "/");
    while (!external_.empty() || !internal_.empty()) {
      auto& queue = external_.empty() ? internal_ : external_;
      const Noted noted = std::move(queue.front());
      queue.pop_front();
      outcomes_[noted.place] = follow(noted);
    }
    finish(root_, own, "/");
  }

 private:
  // A link at a place of the tree, and the store that it comes from.
  struct Noted {
    const OtherStore* store;
    LinkBuilder link;
    std::string place;
  };
  struct CopiedGroup {
    const OtherStore* store;
    GroupBuilder group;
  };
  struct CopiedDataset {
    const OtherStore* store;
    DatasetBuilder dataset;
  };
  using Outcome = std::variant<std::monostate, LinkBuilder, CopiedGroup, CopiedDataset>;

  void place_all(const GroupBuilder& group, const OtherStore& store, const std::string& path) {
    count_node();
    known_->places.add(store, path, path);
    for (const DatasetBuilder& dataset : group.datasets) {
      count_node();
      const std::string place = hdmf::join_path(path, dataset.name);
      known_->places.add(store, place, place);
    }
    for (const GroupBuilder& child : group.groups)
      place_all(child, store, hdmf::join_path(path, child.name));
  }

  // Of the own store's tree: links within it stay as they are.
  void note_links(GroupBuilder& group, const OtherStore& store, const std::string& path) {
    for (LinkBuilder& link : group.links)
      if (link.source != ".") note(link, store, hdmf::join_path(path, link.name), external_);
    for (GroupBuilder& child : group.groups)
      note_links(child, store, hdmf::join_path(path, child.name));
  }

  // Puts a link aside; in its place stays one with the place and no source, as a mark.
  static void note(LinkBuilder& link, const OtherStore& store, const std::string& place,
                   std::deque<Noted>& queue) {
    queue.push_back({&store, link, place});
    link.source.clear();
    link.path = place;
  }

  Outcome follow(const Noted& noted) {
    if (mode_ == ExternalLinks::refuse)
      throw Error(ErrorCode::unsupported,
                  fmt::format("{}: the link leads to another store, {}, and these are refused",
                              noted.place, noted.link.source));
    const auto target = known_->stores->find(*noted.store, noted.link.source, noted.link.path);
    if (target.store == nullptr) {
      notices_.push_back({target.is_refused ? Notice::Kind::left_out : Notice::Kind::dangling,
                          noted.place,
                          fmt::format("the link is left out: it leads to {} of {}, but {}",
                                      noted.link.path, noted.link.source, target.why)});
      return {};
    }
    if (const std::string* place = known_->places.find(*target.store, target.path))
      return LinkBuilder{noted.link.name, ".", *place};
    if (mode_ == ExternalLinks::link)
      return LinkBuilder{noted.link.name, target.store->path, target.path};
    if (told_.insert(target.store).second)
      for (const Notice& notice : target.store->notices)
        notices_.push_back({notice.kind, noted.place,
                            fmt::format("in {}, which it leads to, {}: {}", target.store->path,
                                        notice.path, notice.text)});
    if (target.dataset != nullptr) {
      count_node();
      known_->places.add(*target.store, target.path, noted.place);
      CopiedDataset copied{target.store, *target.dataset};
      copied.dataset.name = noted.link.name;
      return copied;
    }
    CopiedGroup copied{target.store, copy(*target.group, *target.store, target.path, noted.place)};
    copied.group.name = noted.link.name;
    return copied;
  }

  // The group at `path` of `store` as it goes to `place`: members that are there already become
  // links to them.
  GroupBuilder copy(const GroupBuilder& from, const OtherStore& store, const std::string& path,
                    const std::string& place) {
    count_node();
    check_depth(place);
    known_->places.add(store, path, place);
    GroupBuilder group;
    group.name = from.name;
    group.attributes = from.attributes;
    if (path == "/") group.attributes.erase(".specloc");  // It is of the whole file's root only.
    const auto link_to_there = [&](const std::string& name) {
      const std::string* there = known_->places.find(store, hdmf::join_path(path, name));
      if (there != nullptr) group.links.push_back({name, ".", *there});
      return there != nullptr;
    };
    for (const DatasetBuilder& dataset : from.datasets) {
      if (link_to_there(dataset.name)) continue;
      count_node();
      known_->places.add(store, hdmf::join_path(path, dataset.name),
                         hdmf::join_path(place, dataset.name));
      group.datasets.push_back(dataset);
    }
    for (const GroupBuilder& child : from.groups)
      if (!link_to_there(child.name))
        group.groups.push_back(copy(child, store, hdmf::join_path(path, child.name),
                                    hdmf::join_path(place, child.name)));
    for (const LinkBuilder& link : from.links) {
      group.links.push_back(link);
      note(group.links.back(), store, hdmf::join_path(place, link.name),
           link.source == "." ? internal_ : external_);
    }
    return group;
  }

  void count_node() {
    if (++nodes_ > options_.limits.max_nodes)
      throw Error(ErrorCode::limit_exceeded,
                  fmt::format("with what its links lead to the store has more than {} groups and "
                              "datasets",
                              options_.limits.max_nodes));
  }

  void check_depth(const std::string& place) const {
    if (std::count(place.begin(), place.end(), '/') > std::int64_t{options_.limits.max_depth})
      throw Error(ErrorCode::limit_exceeded,
                  fmt::format("with what its links lead to the store is deeper than {} levels: at "
                              "{}",
                              options_.limits.max_depth, place));
  }

  // ------------------------------------------------------------------------- when all is placed
  // Puts the outcomes into `group`, which comes from `store`, and its references right.
  void finish(GroupBuilder& group, const OtherStore& store, const std::string& path) {
    finish(group.attributes, store, path);
    for (DatasetBuilder& dataset : group.datasets)
      finish(dataset, store, hdmf::join_path(path, dataset.name));
    for (GroupBuilder& child : group.groups)
      finish(child, store, hdmf::join_path(path, child.name));
    std::erase_if(group.links, [&](LinkBuilder& link) {
      if (!link.source.empty()) return false;
      const std::string place = std::move(link.path);
      Outcome outcome = std::move(outcomes_.at(place));
      if (auto* const resolved = std::get_if<LinkBuilder>(&outcome)) {
        link = std::move(*resolved);
        return false;
      }
      if (auto* const copied = std::get_if<CopiedGroup>(&outcome)) {
        finish(copied->group, *copied->store, place);
        group.groups.push_back(std::move(copied->group));
      } else if (auto* const single = std::get_if<CopiedDataset>(&outcome)) {
        finish(single->dataset, *single->store, place);
        group.datasets.push_back(std::move(single->dataset));
      }
      return true;
    });
    const auto by_name = [](const auto& a, const auto& b) { return a.name < b.name; };
    std::sort(group.groups.begin(), group.groups.end(), by_name);
    std::sort(group.datasets.begin(), group.datasets.end(), by_name);
  }

  void finish(DatasetBuilder& dataset, const OtherStore& store, const std::string& path) {
    finish(dataset.attributes, store, path);
    const hdmf::ObjectSource* objects = dataset.objects();
    if (objects == nullptr || !hdmf::holds_references(objects->type())) return;
    auto source = std::get<std::shared_ptr<const hdmf::ObjectSource>>(dataset.data);
    dataset.data = hdmf::map_references(std::move(source), map(store));
  }

  void finish(Attributes& attributes, const OtherStore& store, const std::string& path) {
    const auto reference_map = map(store);
    std::vector<Attributes::Item> changed;
    std::vector<std::string> lost;
    for (const auto& [name, value] : attributes) {
      hdmf::Value mapped = value;
      std::uint64_t missing = 0;
      try {
        missing = hdmf::map_references(mapped, reference_map);
      } catch (Error& error) {
        error.at(fmt::format("{}@{}", path, name));
        throw;
      }
      if (missing > 0) {
        lost.push_back(name);
      } else if (!(mapped == value)) {
        changed.emplace_back(name, std::move(mapped));
      }
    }
    for (auto& [name, value] : changed) attributes.set(name, std::move(value));
    for (const std::string& name : lost) {
      attributes.erase(name);
      notices_.push_back({Notice::Kind::dangling, fmt::format("{}@{}", path, name),
                          "attribute left out: its reference leads to what did not come along from "
                          "the store it is of"});
    }
  }

  // How references of `store` become those of the tree.
  hdmf::ReferenceMap map(const OtherStore& store) const {
    const bool is_own = &store == &known_->stores->own();
    return [known = known_, mode = mode_, is_own,
            &store](const Reference& reference) -> std::optional<Reference> {
      if (is_own && reference.source == ".") return reference;
      if (mode == ExternalLinks::refuse)
        throw Error(ErrorCode::unsupported,
                    fmt::format("a reference leads to another store, {}, and these are refused",
                                reference.source));
      return known->resolve(store, reference, mode == ExternalLinks::copy);
    };
  }

  GroupBuilder& root_;
  const ReadOptions& options_;
  const ExternalLinks mode_;
  std::vector<Notice>& notices_;
  std::shared_ptr<Known> known_;
  std::uint64_t nodes_ = 0;
  std::deque<Noted> external_, internal_;
  std::map<std::string, Outcome> outcomes_;  ///< Of noted links, by place.
  std::set<const OtherStore*> told_;         ///< Whose notices were passed on.
};

}  // namespace

void resolve_external_links(hdmf::GroupBuilder& root, const std::string& path,
                            const ReadOptions& options, std::vector<Notice>& notices) {
  if (!options.external_links || !leads_out(root)) return;
  if (path.empty()) return leave_out_links(root, "/", *options.external_links, notices);
  Copier(root, path, options, notices).run();
}

}  // namespace engram::backend

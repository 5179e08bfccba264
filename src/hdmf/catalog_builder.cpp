// Namespaces from their documents: in the order in which they need each other, each type
// registered, then resolved.

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <set>
#include <unordered_set>
#include <utility>

#include "base/json_member.hpp"
#include "engram/base/error.hpp"
#include "engram/hdmf/namespace_catalog.hpp"
#include "hdmf/spec_merge.hpp"

namespace engram::hdmf {
namespace {

// The NWB core of today has about 8,000 once it is resolved.
constexpr std::uint64_t kMaxSpecs = 500'000;
// Types that inherit from or contain one another; those of NWB do so 8 deep.
constexpr std::size_t kMaxDepth = 256;

// Of versions, numbers are as good as texts.
std::string version_of(const Json& document) {
  const Json& version = member_or_null(document, "version");
  if (version.is_string()) return version.get<std::string>();
  return version.is_null() ? std::string() : dump_json(version, JsonStyle::line);
}

// The types that a schema entry asks for; nullopt: all.
std::optional<std::vector<std::string>> wanted_types(const Json& entry) {
  const bool is_neuro = !member_or_null(entry, "neurodata_types").is_null();
  const std::string_view member = is_neuro ? "neurodata_types" : "data_types";
  const Json& list = member_or_null(entry, member);
  if (list.is_null()) return std::nullopt;
  if (!list.is_array()) bad_member(member, list, "a list of types");
  std::vector<std::string> types;
  types.reserve(list.size());
  for (const Json& type : list) {
    if (!type.is_string()) bad_member(member, type, "the name of a type");
    types.push_back(type.get<std::string>());
  }
  return types;
}

const Json& schema_of(const Json& document) {
  const Json& schema = member_or_null(document, "schema");
  if (!schema.is_array()) bad_member("schema", schema, "a list of sources and namespaces");
  for (const Json& entry : schema)
    if (!entry.is_object() ||
        (member_or_null(entry, "source").is_null() && member_or_null(entry, "namespace").is_null()))
      bad_member("schema", entry, R"(an object with "source" or "namespace")");
  return schema;
}

void push_needed(const NodeSpec& spec, std::vector<std::string>& types) {
  if (spec.type_inc) types.push_back(*spec.type_inc);
  if (spec.type_def) types.push_back(*spec.type_def);
}

void push_needed_below(const GroupSpec& spec, std::vector<std::string>& types) {
  for (const DatasetSpec& dataset : spec.datasets) push_needed(dataset, types);
  for (const LinkSpec& link : spec.links) types.push_back(link.target_type);
  for (const GroupSpec& group : spec.groups) {
    push_needed(group, types);
    push_needed_below(group, types);
  }
}

// The names of children that both specs have. What the inherited one says of its type is all that
// is merged into them, as in hdmf.
std::set<std::string, std::less<>> shared_children(const TypeSpec& own, const TypeSpec& inherited) {
  std::set<std::string, std::less<>> names;
  const auto* group = std::get_if<GroupSpec>(&own);
  const auto* other = std::get_if<GroupSpec>(&inherited);
  if (!group || !other) return names;
  for (const DatasetSpec& child : group->datasets)
    if (child.name && other->dataset(*child.name)) names.insert(*child.name);
  for (const GroupSpec& child : group->groups)
    if (child.name && other->group(*child.name)) names.insert(*child.name);
  return names;
}

template <typename Work>
void at(std::string_view place, const Work& work) {
  try {
    work();
  } catch (Error& error) {
    error.at(place);
    throw;
  }
}

}  // namespace

/// Builds one NamespaceCatalog.
class CatalogBuilder {
 public:
  explicit CatalogBuilder(NamespaceCatalog& catalog) : catalog_(catalog) {}

  /// Notes what `source` has; nothing is loaded yet.
  void add(const SpecSource& source);
  void load_all();

 private:
  struct Pending {
    std::string name;
    Json document;
    const SpecSource* source;
    enum class State { waiting, loading, loaded } state = State::waiting;
  };
  struct Resolving {
    Namespace& space;
    SpecMerger merger;
    std::unordered_set<std::string> done, open;
  };

  void load(Pending& pending);
  void load_schema(Namespace& space, const Json& entry, const Pending& pending);
  void load_source(Namespace& space, const Json& entry, const Pending& pending);
  void include(Namespace& space, const Json& entry, const Pending& pending);
  void include_type(Namespace& space, const Namespace& from, const std::string& type);
  template <typename Spec>
  void define(Namespace& space, const Spec& spec, const std::string& source);
  void define_nested(Namespace& space, const GroupSpec& spec, const std::string& source);
  void check_ancestry(const Namespace& space) const;
  void resolve(Resolving& work, const std::string& type);
  template <typename Spec>
  void resolve_child(Resolving& work, Spec& child, bool is_merged);

  NamespaceCatalog& catalog_;
  std::vector<Pending> pending_;
};

void CatalogBuilder::add(const SpecSource& source) {
  at(source.description(), [&] {
    const Json document = source.namespaces();
    const Json& list = member_or_null(document, "namespaces");
    if (!list.is_array()) bad_member("namespaces", list, "a list of namespaces");
    for (const Json& one : list) {
      if (!one.is_object()) bad_member("namespaces", one, "a namespace, which is an object");
      std::string name = text_member(one, "name");
      const auto same = std::find_if(pending_.begin(), pending_.end(),
                                     [&name](const Pending& other) { return other.name == name; });
      if (same == pending_.end()) {
        pending_.push_back({std::move(name), one, &source});
      } else if (version_of(same->document) != version_of(one)) {
        catalog_.warnings_.push_back(
            fmt::format("namespace {} {} is left out: version {} is there already", name,
                        version_of(one), version_of(same->document)));
      }
    }
  });
}

void CatalogBuilder::load_all() {
  for (Pending& pending : pending_) load(pending);
}

void CatalogBuilder::load(Pending& pending) {
  if (pending.state == Pending::State::loaded) return;
  at(fmt::format("namespace {} in {}", pending.name, pending.source->description()), [&] {
    if (pending.state == Pending::State::loading)
      throw Error(ErrorCode::corrupt_data, "it includes itself by way of other namespaces");
    pending.state = Pending::State::loading;
    const auto space = std::make_shared<Namespace>();
    space->name_ = pending.name;
    space->version_ = version_of(pending.document);
    space->document_ = pending.document;
    if (space->version_.empty())
      catalog_.warnings_.push_back(fmt::format("namespace {} has no version", pending.name));
    for (const Json& entry : schema_of(pending.document)) load_schema(*space, entry, pending);
    check_ancestry(*space);
    Resolving work{
        *space,
        SpecMerger([&space](std::string_view type,
                            std::string_view ancestor) { return space->is_a(type, ancestor); },
                   kMaxSpecs),
        {},
        {}};
    for (const std::string& type : space->order_) resolve(work, type);
    catalog_.namespaces_.push_back(space);
    pending.state = Pending::State::loaded;
  });
}

void CatalogBuilder::load_schema(Namespace& space, const Json& entry, const Pending& pending) {
  if (!member_or_null(entry, "source").is_null()) {
    load_source(space, entry, pending);
  } else {
    include(space, entry, pending);
  }
}

void CatalogBuilder::load_source(Namespace& space, const Json& entry, const Pending& pending) {
  const std::string source = text_member(entry, "source");
  at(source, [&] {
    const auto wanted = wanted_types(entry);
    const Json document = pending.source->schema(source);
    if (!document.is_object())
      throw Error(ErrorCode::corrupt_data,
                  fmt::format("the schema is {}, not an object", excerpt(document)));
    const auto is_wanted = [&wanted](const NodeSpec& spec) {
      if (!spec.type_def)
        throw Error(ErrorCode::corrupt_data,
                    fmt::format("a spec at the top of a schema, {}, defines no type",
                                spec.name.value_or(spec.type_inc.value_or(""))));
      return !wanted || std::find(wanted->begin(), wanted->end(), *spec.type_def) != wanted->end();
    };
    const auto each = [&](std::string_view member, const auto& parse) {
      const Json& list = member_or_null(document, member);
      if (list.is_null()) return;
      if (!list.is_array()) bad_member(member, list, "a list of specs");
      for (const Json& one : list) {
        const auto spec = parse(one, catalog_.warnings_);
        if (is_wanted(spec)) define(space, spec, source);
      }
    };
    each("datasets", parse_dataset_spec);
    each("groups", parse_group_spec);
  });
}

template <typename Spec>
void CatalogBuilder::define(Namespace& space, const Spec& spec, const std::string& source) {
  const std::string& type = *spec.type_def;
  if (const TypeEntry* there = space.find(type)) {
    catalog_.warnings_.push_back(
        fmt::format("type {} of {} is left out: {} of namespace {} defines it already", type,
                    source, there->source, there->name_space));
    return;
  }
  auto entry = std::make_shared<TypeEntry>(TypeEntry{type, space.name_, source, spec});
  space.types_.emplace(type, std::move(entry));
  space.order_.push_back(type);
  if constexpr (std::is_same_v<Spec, GroupSpec>) define_nested(space, spec, source);
}

// Types may be defined where they are used; they are types like all others.
void CatalogBuilder::define_nested(Namespace& space, const GroupSpec& spec,
                                   const std::string& source) {
  for (const DatasetSpec& dataset : spec.datasets)
    if (dataset.type_def) define(space, dataset, source);
  for (const GroupSpec& group : spec.groups) {
    if (group.type_def) {
      define(space, group, source);
    } else {
      define_nested(space, group, source);
    }
  }
}

void CatalogBuilder::include(Namespace& space, const Json& entry, const Pending& pending) {
  const std::string name = text_member(entry, "namespace");
  const auto found = std::find_if(pending_.begin(), pending_.end(),
                                  [&name](const Pending& other) { return other.name == name; });
  if (found == pending_.end())
    throw Error(ErrorCode::not_found,
                fmt::format("it includes namespace {}, which is not among what was given; name its "
                            "directory too",
                            name));
  // What is loading now is told apart there.
  if (&*found == &pending) throw Error(ErrorCode::corrupt_data, "it includes itself");
  load(*found);
  const Namespace& from = *catalog_.find(name);
  for (const std::string& type : wanted_types(entry).value_or(from.types()))
    include_type(space, from, type);
}

// What a type is made of comes along.
void CatalogBuilder::include_type(Namespace& space, const Namespace& from,
                                  const std::string& type) {
  std::vector<std::string> open = {type};
  while (!open.empty()) {
    const std::string one = std::move(open.back());
    open.pop_back();
    const auto found = from.types_.find(one);
    if (found == from.types_.end())
      throw Error(ErrorCode::corrupt_data,
                  fmt::format("type {} is not in namespace {}, from which it is included", one,
                              from.name()));
    if (!space.types_.emplace(one, found->second).second) continue;
    space.order_.push_back(one);
    push_needed(node_spec(found->second->spec), open);
    if (const auto* group = std::get_if<GroupSpec>(&found->second->spec))
      push_needed_below(*group, open);
  }
}

void CatalogBuilder::check_ancestry(const Namespace& space) const {
  for (const auto& [name, entry] : space.types_) {
    std::vector<std::string> path;
    for (const TypeEntry* one = entry.get(); one;) {
      if (std::find(path.begin(), path.end(), one->name) != path.end())
        throw Error(ErrorCode::corrupt_data, fmt::format("type {} inherits from itself: {}, {}",
                                                         name, fmt::join(path, ", "), one->name));
      path.push_back(one->name);
      if (path.size() > kMaxDepth)
        throw Error(ErrorCode::limit_exceeded,
                    fmt::format("type {} has more than {} ancestors", name, kMaxDepth));
      const auto& parent = node_spec(one->spec).type_inc;
      if (!parent) break;
      one = space.find(*parent);
      if (!one)
        throw Error(
            ErrorCode::corrupt_data,
            fmt::format("type {} includes {}, which is no type of this namespace or of those "
                        "that it includes",
                        path.back(), *parent));
    }
  }
}

// Types may contain each other, so the one that is being resolved further up is taken as far as it
// has come.
void CatalogBuilder::resolve(Resolving& work, const std::string& type) {
  const auto found = work.space.types_.find(type);
  if (found == work.space.types_.end())
    throw Error(ErrorCode::corrupt_data,
                fmt::format("type {} is used, but is no type of this namespace or of those that it "
                            "includes",
                            type));
  TypeEntry& entry = *found->second;
  if (entry.name_space != work.space.name_) return;  // Resolved when its own namespace was loaded.
  if (work.done.contains(type) || !work.open.insert(type).second) return;
  if (work.open.size() > kMaxDepth)
    throw Error(ErrorCode::limit_exceeded,
                fmt::format("types contain each other more than {} deep", kMaxDepth));
  at(type, [&] {
    std::set<std::string, std::less<>> merged;
    if (const auto parent = node_spec(entry.spec).type_inc) {
      resolve(work, *parent);
      const TypeSpec& inherited = work.space.find(*parent)->spec;
      merged = shared_children(entry.spec, inherited);
      work.merger.merge(entry.spec, inherited);
    }
    if (auto* group = std::get_if<GroupSpec>(&entry.spec)) {
      const auto is_merged = [&merged](const NodeSpec& child) {
        return child.name && merged.contains(*child.name);
      };
      for (DatasetSpec& child : group->datasets) resolve_child(work, child, is_merged(child));
      for (GroupSpec& child : group->groups) resolve_child(work, child, is_merged(child));
    }
  });
  work.open.erase(type);
  work.done.insert(type);
}

template <typename Spec>
void CatalogBuilder::resolve_child(Resolving& work, Spec& child, bool is_merged) {
  if (child.type_def) {
    resolve(work, *child.type_def);
    // The same spec, which knows by now what it inherits.
    if (const auto* same = std::get_if<Spec>(&work.space.find(*child.type_def)->spec))
      child = *same;
    return;
  }
  if (!child.type_inc || is_merged || work.open.contains(*child.type_inc)) return;
  resolve(work, *child.type_inc);
  const auto* inherited = std::get_if<Spec>(&work.space.find(*child.type_inc)->spec);
  if (!inherited)
    throw Error(ErrorCode::corrupt_data,
                fmt::format("{} is of type {}, but one is a group, the other a dataset",
                            child.name.value_or("what has no name"), *child.type_inc));
  work.merger.merge(child, *inherited);
}

NamespaceCatalog NamespaceCatalog::load(
    std::span<const std::shared_ptr<const SpecSource>> sources) {
  NamespaceCatalog catalog;
  CatalogBuilder builder(catalog);
  for (const auto& source : sources) builder.add(*source);
  builder.load_all();
  return catalog;
}

}  // namespace engram::hdmf

#include "converters/compare_metadata.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <utility>
#include <variant>

#include "converters/compare_attributes.hpp"
#include "converters/compare_types.hpp"
#include "engram/base/error.hpp"

namespace engram::converter {
namespace {

using hdmf::DatasetBuilder;
using hdmf::GroupBuilder;
using hdmf::LinkBuilder;

using Member = std::variant<const GroupBuilder*, const DatasetBuilder*, const LinkBuilder*>;
using Members = std::map<std::string_view, Member>;

Members members_of(const GroupBuilder& group, const std::vector<LinkBuilder>& links) {
  Members members;
  for (const GroupBuilder& child : group.groups) members.emplace(child.name, &child);
  for (const DatasetBuilder& child : group.datasets) members.emplace(child.name, &child);
  for (const LinkBuilder& child : links) members.emplace(child.name, &child);
  return members;
}

std::string type_words(const DatasetBuilder& dataset) {
  return dataset.array() != nullptr ? describe(dataset.array()->info().type)
                                    : describe(dataset.objects()->type());
}

std::string shape_words(const DatasetBuilder& dataset) {
  return dataset.is_null ? "null" : to_string(dataset.shape());
}

std::string words(const LinkBuilder& link) {
  return link.source == "." ? link.path : fmt::format("{} of {}", link.path, link.source);
}

std::string words(const Member& member) {
  if (std::holds_alternative<const GroupBuilder*>(member)) return "a group";
  if (const auto* link = std::get_if<const LinkBuilder*>(&member))
    return "a link to " + words(**link);
  const DatasetBuilder& dataset = *std::get<const DatasetBuilder*>(member);
  return fmt::format("a dataset of {}, shape {}", type_words(dataset), shape_words(dataset));
}

class MetadataComparison {
 public:
  MetadataComparison(CompareContext& context, CompareReport& report)
      : context_(context), report_(report), attributes_(context, report) {}

  void compare(const std::string& path, const GroupBuilder& a, const GroupBuilder& b) {
    if (context_.options.stop.stop_requested())
      throw Error(ErrorCode::cancelled, "the comparison was stopped");
    attributes_.compare(path, a.attributes, b.attributes, nullptr);
    const std::vector<LinkBuilder> links = links_of(path, a);
    const Members in_a = members_of(a, links), in_b = members_of(b, b.links);
    for (const auto& [name, member] : in_a) {
      const std::string below = hdmf::join_path(path, std::string(name));
      const auto other = in_b.find(name);
      if (other == in_b.end()) {
        tell(DifferenceKind::missing, below, words(member), "");
      } else if (member.index() != other->second.index()) {
        tell(DifferenceKind::kind, below, words(member), words(other->second));
      } else {
        compare(below, member, other->second);
      }
    }
    for (const auto& [name, member] : in_b)
      if (!in_a.contains(name))
        tell(DifferenceKind::added, hdmf::join_path(path, std::string(name)), "", words(member));
  }

  std::vector<DatasetPair> take() { return std::move(pairs_); }

 private:
  // Of a conversion those that it keeps.
  std::vector<LinkBuilder> links_of(const std::string& path, const GroupBuilder& group) {
    if (!context_.expected || group.links.empty()) return group.links;
    std::vector<backend::Notice> notices;
    std::vector<LinkBuilder> links = context_.expected->links(path, group, notices);
    for (backend::Notice& notice : notices) context_.tell(std::move(notice));
    return links;
  }

  // Both hold the same kind.
  void compare(const std::string& path, const Member& a, const Member& b) {
    if (const auto* group = std::get_if<const GroupBuilder*>(&a)) {
      ++report_.groups;
      compare(path, **group, *std::get<const GroupBuilder*>(b));
    } else if (const auto* link = std::get_if<const LinkBuilder*>(&a)) {
      ++report_.links;
      const LinkBuilder &from_a = **link, &from_b = *std::get<const LinkBuilder*>(b);
      if (from_a.source != from_b.source || from_a.path != from_b.path)
        tell(DifferenceKind::link, path, words(from_a), words(from_b));
    } else {
      ++report_.datasets;
      compare(path, *std::get<const DatasetBuilder*>(a), *std::get<const DatasetBuilder*>(b));
    }
  }

  void compare(const std::string& path, const DatasetBuilder& a, const DatasetBuilder& b) {
    attributes_.compare(path, a.attributes, b.attributes, &a);
    compare_enumerations(path, a, b);
    if (a.is_null != b.is_null || a.shape() != b.shape()) {
      tell(DifferenceKind::shape, path, shape_words(a), shape_words(b));
      return;
    }
    DatasetPair pair{path, &a, &b, {}, false};
    if (!compare_types(pair)) return;
    if (a.is_null) {
      if (!pair.type_difference.empty())
        tell(DifferenceKind::type, path, type_words(a), type_words(b));
      return;
    }
    try {
      report_.elements =
          checked_add(report_.elements, element_count(a.shape()), "the number of elements");
    } catch (Error& error) {
      name_path(error, path);
      throw;
    }
    pairs_.push_back(std::move(pair));
  }

  // False: values of the two can't be compared, and that is told.
  bool compare_types(DatasetPair& pair) {
    const DatasetBuilder &a = *pair.a, &b = *pair.b;
    const std::string in_a = type_words(a), in_b = type_words(b);
    if (in_a == in_b) return true;
    const ArraySource *array_a = a.array(), *array_b = b.array();
    if (context_.expected && is_allowed(pair)) return true;
    const bool comparable = array_a != nullptr && array_b != nullptr
                                ? are_comparable(array_a->info().type, array_b->info().type)
                                : are_comparable(object_type(a), object_type(b));
    if (!comparable) {
      tell(DifferenceKind::type, pair.path, in_a, in_b);
      return false;
    }
    pair.type_difference =
        fmt::format("{} in {}, {} in {}", in_a, context_.a_name(), in_b, context_.b_name());
    return true;
  }

  static hdmf::ObjectType object_type(const DatasetBuilder& dataset) {
    return dataset.objects() != nullptr ? dataset.objects()->type()
                                        : as_objects(dataset.array()->info().type);
  }

  // Types that a conversion changes: see backend::ExpectedInZarr.
  bool is_allowed(DatasetPair& pair) {
    if (pair.a->array() != nullptr && pair.b->array() != nullptr) {
      std::string why = context_.expected->why_bytes_are_kept(pair.a->array()->info().type,
                                                              pair.b->array()->info().type);
      if (why.empty()) return false;
      context_.tell({backend::Notice::Kind::changed, pair.path, std::move(why)});
      pair.as_bytes = true;
      return true;
    }
    return pair.a->objects() != nullptr &&
           context_.expected->is_spelled_as(pair.a->objects()->type(), object_type(*pair.b));
  }

  void compare_enumerations(const std::string& path, const DatasetBuilder& a,
                            const DatasetBuilder& b) {
    const auto sorted = [](auto names) {
      std::sort(names.begin(), names.end());
      return names;
    };
    if (sorted(a.enumeration) == sorted(b.enumeration)) return;
    const auto list = [](const auto& names) {
      hdmf::Record record;
      for (const auto& [name, value] : names) record.emplace_back(name, value);
      return names.empty() ? std::string("no enumeration") : show(record);
    };
    tell(DifferenceKind::enumeration, path, list(a.enumeration), list(b.enumeration));
  }

  // `a` and `b` are what is there; "": nothing is.
  void tell(DifferenceKind kind, const std::string& path, std::string a, std::string b) {
    Difference difference;
    difference.kind = kind;
    difference.path = path;
    if (kind == DifferenceKind::missing) {
      difference.text = fmt::format("{} is in {} only", a, context_.a_name());
    } else if (kind == DifferenceKind::added) {
      difference.text = fmt::format("{} is in {} only", b, context_.b_name());
    } else {
      const std::string_view what = kind == DifferenceKind::shape  ? "shape "
                                    : kind == DifferenceKind::link ? "the link leads to "
                                    : kind == DifferenceKind::enumeration
                                        ? "names of the enumeration: "
                                        : "";
      difference.text =
          fmt::format("{}{} in {}, {} in {}", what, a, context_.a_name(), b, context_.b_name());
    }
    difference.a = std::move(a);
    difference.b = std::move(b);
    context_.differences.add(std::move(difference));
  }

  CompareContext& context_;
  CompareReport& report_;
  AttributeComparison attributes_;
  std::vector<DatasetPair> pairs_;
};

}  // namespace

std::vector<DatasetPair> compare_metadata(const GroupBuilder& a, const GroupBuilder& b,
                                          CompareContext& context, CompareReport& report) {
  MetadataComparison comparison(context, report);
  comparison.compare("/", a, b);
  return comparison.take();
}

}  // namespace engram::converter

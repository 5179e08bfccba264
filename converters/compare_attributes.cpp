#include "converters/compare_attributes.hpp"

#include <fmt/format.h>

#include <tuple>

#include "engram/base/error.hpp"
#include "engram/hdmf/map_references.hpp"

namespace engram::converter {
namespace {

using hdmf::Value;

// What a value is, for sentences.
std::string_view kind_name(const Value& value) {
  struct Name {
    std::string_view operator()(const hdmf::Null&) const { return "null"; }
    std::string_view operator()(bool) const { return "a boolean"; }
    std::string_view operator()(std::int64_t) const { return "an integer"; }
    std::string_view operator()(std::uint64_t) const { return "an integer"; }
    std::string_view operator()(double) const { return "a floating number"; }
    std::string_view operator()(const std::complex<double>&) const { return "a complex number"; }
    std::string_view operator()(const std::string&) const { return "text"; }
    std::string_view operator()(const Bytes&) const { return "opaque bytes"; }
    std::string_view operator()(const hdmf::Reference&) const { return "a reference"; }
    std::string_view operator()(const hdmf::RegionReference&) const { return "a region reference"; }
    std::string_view operator()(const hdmf::List&) const { return "an array"; }
    std::string_view operator()(const hdmf::Record&) const { return "a compound"; }
  };
  return std::visit(Name{}, value.data);
}

std::string place_of(const std::string& path, const std::string& name) {
  return fmt::format("{}@{}", path, name);
}

}  // namespace

AttributeComparison::AttributeComparison(CompareContext& context, CompareReport& report)
    : context_(context), report_(report), rules_(context.rules) {
  rules_.any_field_order = report.a_format != kHdf5 || report.b_format != kHdf5;
}

void AttributeComparison::compare(const std::string& path, const hdmf::Attributes& a,
                                  const hdmf::Attributes& b, const hdmf::DatasetBuilder* dataset) {
  for (const auto& [name, value] : a) {
    if (const Value* other = b.find(name)) {
      compare_one(path, name, value, *other);
      count_references(value);
      ++report_.attributes;
    } else if (!is_left_out(path, name, value) && !is_added_by_format(name, value, true, dataset)) {
      without(DifferenceKind::missing, place_of(path, name), value);
    }
  }
  for (const auto& [name, value] : b)
    if (a.find(name) == nullptr && !is_added_by_format(name, value, false, dataset))
      without(DifferenceKind::added, place_of(path, name), value);
}

void AttributeComparison::without(DifferenceKind kind, const std::string& at, const Value& value) {
  const bool missing = kind == DifferenceKind::missing;
  Difference difference;
  difference.kind = kind;
  difference.path = at;
  (missing ? difference.a : difference.b) = show(value);
  difference.text = fmt::format("the attribute, {}, is in {} only", show(value),
                                missing ? context_.a_name() : context_.b_name());
  context_.differences.add(std::move(difference));
}

// What the writer leaves out, with its own words for why.
bool AttributeComparison::is_left_out(const std::string& path, const std::string& name,
                                      const Value& value) {
  if (!context_.expected) return false;
  std::vector<backend::Notice> notices;
  if (context_.expected->attribute(path, name, value, notices)) return false;
  for (backend::Notice& notice : notices) context_.tell(std::move(notice));
  return true;
}

// Names of dimensions, which Zarr keeps in an attribute: those of a conversion must be the ones
// that it gives; between HDF5 and Zarr they are nothing that HDF5 has.
bool AttributeComparison::is_added_by_format(const std::string& name, const Value& value, bool in_a,
                                             const hdmf::DatasetBuilder* dataset) {
  if (dataset == nullptr || !backend::is_dimension_names(name)) return false;
  if (context_.options.conversion) return !in_a && backend::are_dimension_names(*dataset, value);
  const std::string &own = in_a ? report_.a_format : report_.b_format,
                    &other = in_a ? report_.b_format : report_.a_format;
  return own != kHdf5 && other == kHdf5;
}

void AttributeComparison::compare_one(const std::string& path, const std::string& name,
                                      const Value& a, const Value& b) {
  const std::string at = place_of(path, name);
  try {
    auto found = list_difference(a, b, rules_);
    if (!found) return;
    std::optional<Value> mapped;  // `found` points into it.
    std::vector<backend::Notice> notices;
    if (context_.expected) {
      mapped = context_.expected->attribute(path, name, a, notices);
      if (mapped) found = list_difference(*mapped, b, rules_);
      if (!found) return;
    }
    Difference difference;
    difference.path = at;
    difference.kind =
        found->kind == DifferenceKind::value ? DifferenceKind::attribute : found->kind;
    std::tie(difference.a, difference.b) = show_apart(*found->a, *found->b);
    difference.count = found->count;
    if (!found->index.empty()) difference.index = found->index;
    difference.text = fmt::format("{} in {}, {} in {}", difference.a, context_.a_name(),
                                  difference.b, context_.b_name());
    if (difference.kind == DifferenceKind::type)
      difference.text =
          fmt::format("{}, {}, in {}; {}, {}, in {}", kind_name(*found->a), difference.a,
                      context_.a_name(), kind_name(*found->b), difference.b, context_.b_name());
    if (difference.index)
      difference.text = fmt::format("{} elements differ; first {}: {}", difference.count,
                                    to_string(*difference.index), difference.text);
    context_.differences.add(std::move(difference));
  } catch (Error& error) {
    name_path(error, at);
    throw;
  }
}

void AttributeComparison::count_references(const Value& value) {
  hdmf::each_reference(value, [this](const Value& one) {
    ++(one.is<hdmf::Reference>() ? context_.references : context_.region_references);
  });
}

}  // namespace engram::converter

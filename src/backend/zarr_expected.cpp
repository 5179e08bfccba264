#include "backend/zarr_expected.hpp"

#include <fmt/format.h>

#include "backend/zarr_layout.hpp"
#include "backend/zarr_writer_record.hpp"
#include "engram/store/key.hpp"

namespace engram::backend {
namespace {

using hdmf::Value;

// As it was written and read again.
Json through_text(const Json& json, JsonStyle style, const Limits& limits) {
  return parse_json(dump_json(json, style), limits);
}

// What was written once need not be held to limits again.
Limits no_limits() {
  Limits limits;
  limits.max_json_bytes = UINT64_MAX;
  return limits;
}

}  // namespace

ExpectedInZarr::ExpectedInZarr(const hdmf::GroupBuilder& source, int zarr_format)
    : tree_(source, zarr_format),
      zarr_format_(zarr_format),
      root_id_(source.attributes.text("object_id")) {}

std::vector<hdmf::LinkBuilder> ExpectedInZarr::links(const std::string& path,
                                                     const hdmf::GroupBuilder& group,
                                                     std::vector<Notice>& notices) const {
  std::vector<hdmf::LinkBuilder> links = tree_.kept_links(path, group, notices);
  std::erase_if(links, [&](const hdmf::LinkBuilder& link) {
    const std::string_view why = store::why_bad_name(link.name);
    if (!why.empty())
      notices.push_back({Notice::Kind::left_out, hdmf::join_path(path, link.name),
                         fmt::format("link left out: its name {}", why)});
    return !why.empty();
  });
  return links;
}

std::optional<Value> ExpectedInZarr::attribute(const std::string& path, const std::string& name,
                                               const Value& value,
                                               std::vector<Notice>& notices) const {
  hdmf::Attributes one;
  one.set(name, value);
  const Json written = attributes_to_json(path, one, zarr_format_, notices);
  const auto found = written.find(name);
  if (found == written.end()) return std::nullopt;
  const Json read = through_text(*found, JsonStyle::zarr, no_limits());
  if (path == "/" && name == layout::kSpecLocation && read.is_string()) {
    hdmf::Reference location;
    location.path = hdmf::join_path("/", read.get<std::string>());
    location.source_object_id = root_id_;
    return Value(std::move(location));
  }
  return layout::attribute_from_json(read);
}

Value ExpectedInZarr::element(const hdmf::ObjectType& type, const hdmf::ObjectType& read_as,
                              const Value& value) const {
  if (type.kind == hdmf::ObjectType::Kind::text) {
    if (value.is<hdmf::Null>()) return std::string();
    return value.is<Bytes>() ? Value(as_text(value.as<Bytes>())) : value;
  }
  const Json read = through_text(layout::element_to_json(value), JsonStyle::compact, no_limits());
  return layout::element_from_json(read_as, read);
}

bool is_dimension_names(std::string_view name) noexcept { return name == layout::kDimensions; }

bool are_dimension_names(const hdmf::DatasetBuilder& dataset, const Value& value) {
  hdmf::List names;
  for (const std::string& name : dataset.dimension_names) names.emplace_back(name);
  return !names.empty() && value == Value(std::move(names));
}

std::string ExpectedInZarr::why_bytes_are_kept(const DataType& type, const DataType& found) const {
  const DataType portable = for_zarr_3(type.little_endian());
  return portable == found.little_endian() ? change_for_zarr_3(type.little_endian()) : "";
}

bool ExpectedInZarr::is_spelled_as(const hdmf::ObjectType& type,
                                   const hdmf::ObjectType& found) const {
  return layout::spell(type) == layout::spell(found);
}

}  // namespace engram::backend

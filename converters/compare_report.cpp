#include <fmt/format.h>

#include <string>

#include "converters/report_text.hpp"
#include "engram/compare.hpp"
#include "engram/convert.hpp"

namespace engram {
namespace {

using converter::counted;

Json difference_json(const Difference& difference) {
  Json json = Json::object();
  json["kind"] = to_string(difference.kind);
  json["path"] = difference.path;
  json["text"] = difference.text;
  if (difference.index) json["index"] = *difference.index;
  if (!difference.a.empty()) json["a"] = difference.a;
  if (!difference.b.empty()) json["b"] = difference.b;
  if (difference.count > 0) json["count"] = difference.count;
  return json;
}

}  // namespace

std::string_view to_string(DifferenceKind kind) noexcept {
  switch (kind) {
    case DifferenceKind::missing:
      return "missing";
    case DifferenceKind::added:
      return "added";
    case DifferenceKind::kind:
      return "kind";
    case DifferenceKind::type:
      return "type";
    case DifferenceKind::shape:
      return "shape";
    case DifferenceKind::value:
      return "value";
    case DifferenceKind::attribute:
      return "attribute";
    case DifferenceKind::link:
      return "link";
    case DifferenceKind::reference:
      return "reference";
    case DifferenceKind::region:
      return "region";
    case DifferenceKind::enumeration:
      return "enumeration";
    case DifferenceKind::metadata:
      return "metadata";
  }
  return "unknown";
}

Json to_json(const CompareReport& report) {
  Json json = Json::object();
  json["a"] = report.a;
  json["a_format"] = report.a_format;
  json["b"] = report.b;
  json["b_format"] = report.b_format;
  json["conversion"] = report.conversion;
  json["equal"] = report.is_equal();
  json["groups"] = report.groups;
  json["datasets"] = report.datasets;
  json["attributes"] = report.attributes;
  json["links"] = report.links;
  json["references"] = report.references;
  json["region_references"] = report.region_references;
  json["elements"] = report.elements;
  json["bytes"] = report.bytes;
  json["bytes_as_stored"] = report.bytes_as_stored;
  json["seconds"] = report.seconds;
  json["differences"] = report.differences;
  json["listed"] = Json::array();
  for (const Difference& difference : report.listed)
    json["listed"].push_back(difference_json(difference));
  json["notices"] = converter::to_json(report.notices);
  return json;
}

std::string summary(const CompareReport& report) {
  std::string text =
      report.is_equal() ? std::string("equal") : counted(report.differences, "difference");
  text += fmt::format(": {}, {}, {}, {}, {}", counted(report.groups, "group"),
                      counted(report.datasets, "dataset"), counted(report.attributes, "attribute"),
                      counted(report.links, "link"), counted(report.references, "reference"));
  if (report.region_references != 0)
    text += fmt::format(", {}", counted(report.region_references, "region reference"));
  return text + fmt::format("; {} compared in {}", format_bytes(report.bytes),
                            format_seconds(report.seconds));
}

}  // namespace engram

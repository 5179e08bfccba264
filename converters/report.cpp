#include <fmt/format.h>

#include <array>
#include <cmath>
#include <string>

#include "converters/provenance.hpp"
#include "converters/report_text.hpp"
#include "engram/convert.hpp"

namespace engram {
namespace {

using converter::counted;

Json codecs_json(const std::vector<CodecConfig>& codecs) {
  Json list = Json::array();
  for (const auto& config : codecs) {
    Json entry = Json::object();
    entry["id"] = config.name;
    for (const auto& [key, value] : config.configuration.items()) entry[key] = value;
    list.push_back(std::move(entry));
  }
  return list;
}

}  // namespace

std::string_view to_string(Action action) noexcept {
  switch (action) {
    case Action::copy:
      return "copy";
    case Action::recode:
      return "recode";
    case Action::objects:
      return "objects";
  }
  return "unknown";
}

Json to_json(const PlannedArray& array) {
  Json json = Json::object();
  json["path"] = array.path;
  json["action"] = to_string(array.action);
  if (!array.reason.empty()) json["reason"] = array.reason;
  json["shape"] = array.info.shape;
  if (array.action != Action::objects) {
    json["dtype"] = typestr(array.info.type);
    if (array.contiguous)
      json["layout"] = "contiguous";
    else
      json["chunk_shape"] = array.info.chunk_shape;
    if (!array.shard_shape.empty()) json["shard_shape"] = array.shard_shape;
  }
  json["codecs"] = codecs_json(array.codecs);
  if (!array.loss.empty()) json["loss"] = array.loss;
  json["bytes"] = array.bytes;
  json["chunks"] = array.chunks;
  json["chunk_files"] = array.chunk_files;
  if (!array.checksum.empty()) json["checksum"] = array.checksum;
  return json;
}

Json to_json(const ConvertReport& report) {
  Json json = Json::object();
  json["outcome"] = report.dry_run ? "planned" : "complete";
  json["exit"] = 0;
  json["begun"] = report.begun;
  json["ended"] = report.ended;
  json["versions"] = converter::versions_json();
  json["options"] = report.options;
  json["source"] = report.source;
  json["source_identity"] =
      report.source_identity ? converter::to_json(*report.source_identity) : Json(nullptr);
  json["source_format"] = report.source_format;
  json["target"] = report.target;
  json["dry_run"] = report.dry_run;
  json["datasets"] = report.datasets;
  json["groups"] = report.groups;
  json["links"] = report.links;
  json["references"] = report.references;
  json["references_unresolved"] = report.references_unresolved;
  json["region_references"] = report.region_references;
  json["bytes_read"] = report.bytes_read;
  json["bytes_copied"] = report.bytes_copied;
  json["seconds"] = report.seconds;
  Json written = Json::object();
  written["files"] = report.written.files;
  written["bytes"] = report.written.bytes;
  written["chunks_verbatim"] = report.written.chunks_verbatim;
  written["chunks_framed"] = report.written.chunks_framed;
  written["chunks_recoded"] = report.written.chunks_recoded;
  written["chunks_inflated"] = report.written.chunks_inflated;
  written["chunks_taken_over"] = report.written.chunks_taken_over;
  json["written"] = std::move(written);
  if (!report.checksum.empty()) json["checksum"] = report.checksum;
  if (report.verification) json["verification"] = to_json(*report.verification);
  json["arrays"] = Json::array();
  for (const auto& array : report.arrays) json["arrays"].push_back(to_json(array));
  json["notices"] = converter::to_json(report.notices);
  return json;
}

std::string format_bytes(std::uint64_t bytes) {
  constexpr std::array kUnits{"B", "kB", "MB", "GB", "TB", "PB", "EB"};
  if (bytes < 1000) return fmt::format("{} B", bytes);
  auto value = static_cast<double>(bytes);
  std::size_t unit = 0;
  // 999.95 would be printed as 1000.0.
  while (value >= 999.95 && unit + 1 < kUnits.size()) {
    value /= 1000;
    ++unit;
  }
  return fmt::format("{:.1f} {}", value, kUnits.at(unit));
}

std::string format_seconds(double seconds) {
  if (seconds < 0.0995) return fmt::format("{:.2f} s", seconds);
  if (seconds < 59.95) return fmt::format("{:.1f} s", seconds);
  const auto whole = static_cast<std::uint64_t>(std::llround(seconds));
  if (whole < 3600) return fmt::format("{} min {:02} s", whole / 60, whole % 60);
  return fmt::format("{} h {:02} min", whole / 3600, whole / 60 % 60);
}

std::string summary(const ConvertReport& report) {
  std::string text =
      fmt::format("{}, {}, {}, {}{} ({} unresolved)", counted(report.datasets, "dataset"),
                  counted(report.groups, "group"), counted(report.links, "link"),
                  counted(report.references, "reference"), report.dry_run ? " in attributes" : "",
                  report.references_unresolved);
  if (report.region_references != 0) {
    text += fmt::format(", {}", counted(report.region_references, "region reference"));
  }
  if (report.dry_run) {
    text += fmt::format(": {} would become {} of at most {}", format_bytes(report.bytes_read),
                        counted(report.written.files, "file"), format_bytes(report.written.bytes));
  } else {
    text +=
        fmt::format(": {} in {}", format_bytes(report.bytes_read), format_seconds(report.seconds));
  }
  if (report.bytes_read == 0) return text;
  // Rounded down, so that 100 % means all.
  const auto percent = static_cast<int>(std::floor(
      100.0 * static_cast<double>(report.bytes_copied) / static_cast<double>(report.bytes_read)));
  return text + fmt::format(", {} % copied as it {}", percent, report.dry_run ? "is" : "was");
}

}  // namespace engram

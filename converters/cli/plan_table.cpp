#include "converters/cli/plan_table.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "converters/cli/terminal.hpp"

namespace engram::cli {
namespace {

constexpr std::size_t kColumns = 9, kShards = 5;
using Row = std::array<std::string, kColumns>;

std::string describe_value(const std::string& key, const Json& value) {
  if (key == "shuffle" && value.is_number_integer()) {
    switch (value.get<int>()) {
      case 0:
        return "no shuffle";
      case 1:
        return "shuffle";
      case 2:
        return "bitshuffle";
      default:
        break;
    }
  }
  return value.is_string() ? value.get<std::string>() : value.dump();
}

Row row_of(const PlannedArray& array) {
  const bool objects = array.action == Action::objects;
  return {printable(array.path),
          to_string(array.info.shape),
          objects ? "object" : typestr(array.info.type),
          objects            ? ""
          : array.contiguous ? "contiguous"
                             : to_string(array.info.chunk_shape),
          fmt::format("{}", array.chunks),
          array.shard_shape.empty()
              ? ""
              : fmt::format("{} of {}", array.chunk_files, to_string(array.shard_shape)),
          std::string(to_string(array.action)),
          describe_codecs(array.codecs),
          array.reason};
}

}  // namespace

std::string describe_codecs(const std::vector<CodecConfig>& codecs) {
  std::string text;
  for (const auto& config : codecs) {
    std::string values;
    for (const auto& [key, value] : config.configuration.items()) {
      if (key == "id" || key == "blocksize") continue;
      values += (values.empty() ? "" : ", ") + describe_value(key, value);
    }
    text += (text.empty() ? "" : " ") + config.name;
    if (!values.empty()) text += "(" + values + ")";
  }
  return text.empty() ? "none" : text;
}

std::string plan_table(const ConvertReport& report) {
  std::vector<Row> rows{
      {"PATH", "SHAPE", "TYPE", "CHUNK", "CHUNKS", "SHARDS", "ACTION", "CODECS", "WHY NOT COPIED"}};
  for (const auto& array : report.arrays) rows.push_back(row_of(array));
  std::array<std::size_t, kColumns> widths{};
  for (const auto& row : rows) {
    for (std::size_t i = 0; i < kColumns; ++i)
      widths.at(i) = std::max(widths.at(i), row.at(i).size());
  }
  std::string text;
  const bool have_shards =
      std::any_of(report.arrays.begin(), report.arrays.end(),
                  [](const auto& array) { return !array.shard_shape.empty(); });
  for (const auto& row : rows) {
    std::string line;
    for (std::size_t i = 0; i < kColumns; ++i) {
      if (i == kShards && !have_shards) continue;
      line += fmt::format("{:<{}}", row.at(i), widths.at(i) + 2);
    }
    line.erase(line.find_last_not_of(' ') + 1);
    text += line + "\n";
  }
  return text;
}

}  // namespace engram::cli

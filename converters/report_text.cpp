#include "converters/report_text.hpp"

#include <fmt/format.h>

#include <string_view>
#include <utility>

namespace engram::converter {
namespace {

std::string_view notice_name(backend::Notice::Kind kind) noexcept {
  switch (kind) {
    case backend::Notice::Kind::changed:
      return "changed";
    case backend::Notice::Kind::dangling:
      return "dangling";
    case backend::Notice::Kind::left_out:
      return "left_out";
  }
  return "unknown";
}

}  // namespace

std::string counted(std::uint64_t count, const char* one) {
  return fmt::format("{} {}{}", count, one, count == 1 ? "" : "s");
}

Json to_json(const std::vector<backend::Notice>& notices) {
  Json list = Json::array();
  for (const auto& notice : notices) {
    Json entry = Json::object();
    entry["kind"] = notice_name(notice.kind);
    entry["path"] = notice.path;
    entry["text"] = notice.text;
    list.push_back(std::move(entry));
  }
  return list;
}

}  // namespace engram::converter

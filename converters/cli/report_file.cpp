#include "converters/cli/report_file.hpp"

#include <algorithm>
#include <chrono>
#include <utility>

#include "converters/provenance.hpp"
#include "converters/result_file.hpp"
#include "engram/base/error.hpp"

namespace engram::cli {
namespace {

std::string now() { return converter::utc_text(std::chrono::system_clock::now()); }

}  // namespace

ReportFile::ReportFile(std::string path, std::string source, const std::string& target,
                       const ConvertOptions& options)
    : path_(std::move(path)),
      source_(std::move(source)),
      target_(target),
      begun_(now()),
      options_(converter::options_json(options)),
      identity_(converter::identify_source(source_)) {
  converter::ResultFile::check(path_, source_, target_);
}

void ReportFile::write(const ConvertReport& report) const { write(to_json(report)); }

void ReportFile::write_failure(int status, std::string_view text) const {
  Json json = Json::object();
  json["outcome"] = "failed";
  json["exit"] = status;
  json["error"] = std::string(text);
  const bool has_name = status >= static_cast<int>(ErrorCode::invalid_argument) &&
                        status <= static_cast<int>(ErrorCode::cancelled);
  if (has_name) json["error_code"] = to_string(static_cast<ErrorCode>(status));
  json["begun"] = begun_;
  json["ended"] = now();
  json["versions"] = converter::versions_json();
  json["options"] = options_;
  json["source"] = source_;
  json["source_identity"] = converter::to_json(identity_);
  json["target"] = target_;
  write(json);
}

void ReportFile::write(const Json& json) const {
  converter::ResultFile file(path_, source_, target_);
  file.write(dump_json(json, JsonStyle::ordered) + "\n");
  file.publish();
}

}  // namespace engram::cli

#pragma once

#include <string>
#include <string_view>

#include "engram/convert.hpp"

namespace engram::cli {

/// The file that `engram convert --report` writes: what was done, or why nothing was. It takes its
/// name when it is complete, in the place of one that is there.
class ReportFile {
 public:
  /// The time of the call is when the conversion began. Throws as converter::ResultFile::check().
  ReportFile(std::string path, std::string source, const std::string& target,
             const ConvertOptions& options);

  /// Throws Error(already_exists), Error(io_error).
  void write(const ConvertReport& report) const;
  /// `status` is the command's exit status, `text` what it told the user.
  void write_failure(int status, std::string_view text) const;

 private:
  void write(const Json& json) const;

  std::string path_, source_, target_, begun_;
  Json options_;
  SourceIdentity identity_;
};

}  // namespace engram::cli

#pragma once

#include <exception>
#include <string>
#include <string_view>

namespace engram {

/// What kind of failure an Error reports. The set is closed and the numbers are stable: the command
/// exits with them.
enum class ErrorCode : int {
  invalid_argument = 2,  ///< The caller's mistake: a bad path, region or option.
  not_found = 3,         ///< The file, node or codec that was named is not there.
  already_exists = 4,    ///< The output is there and may not be replaced.
  corrupt_data = 5,      ///< The input contradicts its format or its own metadata.
  unsupported = 6,       ///< Valid input that engram cannot decode or represent.
  limit_exceeded = 7,    ///< The input asks for more than Limits allows.
  io_error = 8,          ///< The system refused (permission, full disk, ...); a retry may pass.
  cancelled = 9,         ///< A stop was requested.
};

/// The name of `code` as it stands in the enumeration: "corrupt_data".
std::string_view to_string(ErrorCode code) noexcept;

/// The one exception type that engram throws. what() says what was expected and what was found,
/// then each place the error passed on its way up, innermost first: "chunk has 96 bytes, not 100:
/// at 3.0: at /acquisition/es/data: at /d/a.nwb.zarr".
class Error : public std::exception {
 public:
  /// Of a text of more than 4,096 bytes, as hostile documents make them, both ends are kept.
  Error(ErrorCode code, std::string what);

  ErrorCode code() const noexcept { return code_; }
  const char* what() const noexcept override { return what_.c_str(); }

  /// Appends ": at PLACE"; both ends of one that has more than 2,048 bytes. To be called by whoever
  /// knows the place, while the error passes: `catch (Error& e) { e.at(key.str()); throw; }`.
  void at(std::string_view place);

 private:
  ErrorCode code_;
  std::string what_;
};

}  // namespace engram

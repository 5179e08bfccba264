#pragma once

#include <compare>
#include <string>
#include <string_view>

namespace engram::store {

/// The name of a value in a store: names with '/' between them, relative to the store's root.
///
/// A Key that exists is safe to turn into a file path: no leading or trailing '/', no empty name,
/// no "." or "..", no NUL or '\', valid UTF-8, each name at most 255 bytes, the whole at most 4096,
/// and no name of the form that half-written files have: ".NAME.XXXXXXXX.part", with eight
/// lowercase hexadecimal digits.
class Key {
 public:
  /// Throws Error(invalid_argument) that says which rule `text` breaks.
  explicit Key(std::string_view text);

  const std::string& str() const noexcept { return text_; }

  friend auto operator<=>(const Key&, const Key&) = default;

 private:
  std::string text_;
};

/// Why `name` can't be one name of a key, or an empty text when it can.
std::string_view why_bad_name(std::string_view name) noexcept;

}  // namespace engram::store

#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "engram/base/json.hpp"

namespace engram::schema {

/// How a value of a primary key became what stands in a path.
enum class Spelling : std::uint8_t {
  plain,    ///< It is the text as it was.
  escaped,  ///< Percent-encoded; a text that has just these escapes itself is spelled the same.
  cut,      ///< A text of more than 100 characters: its first 50 and a hash; the rest is not there.
  foreign,  ///< No text is spelled so: a time of day, or what another program wrote.
};

/// "plain", "escaped", "cut", "foreign".
std::string_view spelling_name(Spelling spelling) noexcept;

/// One attribute of a primary key with its value, as it stands in a path: "NAME=SPELLING".
///
/// What is kept is the spelling, not the value: a number, a date and their texts are spelled the
/// same, and what was cut can't be had back. So a path that was read is written again as it was.
class KeyValue {
 public:
  /// Spells `value`, a text, an integer, a float or a boolean, as DataJoint does (see
  /// docs/schema-storage.md). Dates are given as their texts, "2024-01-15"; for points in time see
  /// datetime(). Throws Error(invalid_argument) for another value and for a text with NUL or that
  /// is no UTF-8, or as spelled().
  KeyValue(std::string name, const Json& value);

  /// The point in time `iso` ("2024-01-15T10:30:05", 'T' or a blank, a fraction or a zone behind
  /// it), spelled as DataJoint does where it is given one instead of a text: "2024-01-15T10-30-05".
  /// Throws Error(invalid_argument) when it is none.
  static KeyValue datetime(std::string name, std::string_view iso);

  /// A value whose spelling is known. Throws Error(invalid_argument) saying why when `name` is
  /// empty or has one of "=%/\", a control character, or when the two can't be one name of a path:
  /// with NUL or '/', no UTF-8, more than 255 bytes.
  static KeyValue spelled(std::string name, std::string spelling);

  const std::string& name() const noexcept { return name_; }
  const std::string& spelling() const noexcept { return spelling_; }

  /// "NAME=SPELLING".
  std::string part() const { return name_ + '=' + spelling_; }

  /// The value as text, without escapes; of one that was cut what is left of it, hash included.
  std::string text() const;
  Spelling kind() const;

  friend bool operator==(const KeyValue&, const KeyValue&) = default;

 private:
  KeyValue() = default;

  std::string name_, spelling_;
};

}  // namespace engram::schema

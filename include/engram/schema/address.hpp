#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "engram/schema/key_value.hpp"

namespace engram::schema {

/// How a place lays out the paths of what tables have stored there: settings of a store in
/// DataJoint's configuration. `{"", 0}` is the plain form schema/table/NAME=VALUE/field.zarr.
struct PathOptions {
  /// Names that stand before all paths, with '/' between them; '/' at the ends are ignored.
  /// DataJoint's `schema_prefix`; before its version 2.3.1 there was none.
  std::string prefix = "_schema";
  /// Characters that tell writes of one field apart, as DataJoint's `token_length`: at least 4, at
  /// most 16 (what is beyond counts as that). 0: there are none.
  std::size_t token_length = 8;
};

/// Where a value of a table's field is stored, by what the table says of it.
struct SchemaAddress {
  std::string schema, table;  ///< As in the database: "lab", "__spikes".
  std::vector<KeyValue> key;  ///< The primary key, in the order of the path.
  /// How many of `key`, the first ones, stand before the schema; see partition_by().
  std::size_t partition = 0;
  std::string field;
  std::string token;  ///< May be empty.
  /// With its point, or empty. What stands behind the first point of the last name.
  std::string extension = ".zarr";

  friend bool operator==(const SchemaAddress&, const SchemaAddress&) = default;
};

/// The path, relative to the place's root (DataJoint's `location`):
/// PREFIX/PARTITION/SCHEMA/TABLE/KEY/FIELD_TOKEN.EXTENSION. parse_path() makes `address` of it
/// again.
///
/// Throws Error(invalid_argument) naming what can't be in a path (see KeyValue::spelled() and
/// store::Key), a token whose length is not that of the options, or a field that would be taken for
/// one with a token.
std::string to_path(const SchemaAddress& address, const PathOptions& options = {});

/// What `path`, relative to the root, says. Nothing is looked up: whether something is there is
/// another question. Where the last name has no token, `token` is empty.
///
/// Throws Error(invalid_argument) that says what was found and what was expected: an absolute path,
/// "..", NUL, a name that is too long, another prefix, too few names, a key's part without a name.
SchemaAddress parse_path(std::string_view path, const PathOptions& options = {});

/// Puts the attributes that `pattern` names in braces, DataJoint's `partition_pattern`
/// ("{subject}/{session}"), before the schema, in that order; all else of `pattern` and names that
/// the key does not have mean nothing. Throws Error(invalid_argument) when it names one twice.
void partition_by(SchemaAddress& address, std::string_view pattern);

/// A token of the system's random numbers: `length` (see PathOptions) of A-Z a-z 0-9 - _.
std::string make_token(std::size_t length = PathOptions{}.token_length);

}  // namespace engram::schema

#include "engram/schema/address.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <random>
#include <utility>

#include "engram/base/error.hpp"
#include "engram/base/utf8.hpp"
#include "engram/store/key.hpp"
#include "schema/names.hpp"
#include "schema/path_names.hpp"

namespace engram::schema {
namespace {

constexpr std::string_view kTokenAlphabet =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
constexpr std::size_t kShortestToken = 4, kLongestToken = 16;

std::size_t length_of_tokens(std::size_t asked) {
  return asked == 0 ? 0 : std::clamp(asked, kShortestToken, kLongestToken);
}

[[noreturn]] void throw_bad_path(std::string_view path, std::string_view why) {
  throw Error(ErrorCode::invalid_argument,
              fmt::format("\"{}\" is no address of a schema: {}", printable(path), why));
}

// FIELD and TOKEN of "FIELD_TOKEN"; no token where there is none of this length.
std::pair<std::string_view, std::string_view> split_token(std::string_view stem,
                                                          std::size_t length) {
  if (length == 0 || stem.size() < length + 2) return {stem, {}};
  const std::string_view token = stem.substr(stem.size() - length);
  const std::string_view rest = stem.substr(0, stem.size() - length);
  const bool is_token =
      rest.back() == '_' && token.find_first_not_of(kTokenAlphabet) == std::string_view::npos;
  if (!is_token) return {stem, {}};
  return {rest.substr(0, rest.size() - 1), token};
}

bool is_part(std::string_view name) { return name.find('=') != std::string_view::npos; }

KeyValue part_from(std::string_view path, std::string_view name) {
  const std::size_t sign = name.find('=');
  if (sign == std::string_view::npos)
    throw_bad_path(path, fmt::format("\"{}\" stands where a part of a key, NAME=VALUE, is expected",
                                     printable(name)));
  return KeyValue::spelled(std::string(name.substr(0, sign)), std::string(name.substr(sign + 1)));
}

void check_extension(std::string_view extension) {
  if (extension.empty()) return;
  const std::string_view why =
      extension[0] != '.' ? "it does not begin with a point" : why_bad(extension);
  if (!why.empty())
    throw Error(ErrorCode::invalid_argument,
                fmt::format("\"{}\" can't be an extension: {}", printable(extension), why));
}

// The last name of a path.
std::string name_of_object(const SchemaAddress& address, std::size_t token_length) {
  check_name("field", address.field);
  if (address.field.find('.') != std::string::npos)
    throw Error(ErrorCode::invalid_argument,
                fmt::format("\"{}\" can't be the name of a field in a path: it has a point, which "
                            "an extension begins with",
                            printable(address.field)));
  check_extension(address.extension);
  const std::string stem =
      address.token.empty() ? address.field : address.field + '_' + address.token;
  if (split_token(stem, token_length) !=
      std::pair<std::string_view, std::string_view>(address.field, address.token))
    throw Error(
        ErrorCode::invalid_argument,
        address.token.empty()
            ? fmt::format("the field \"{}\" needs a token: without one it would be taken for a "
                          "field with the token \"{}\"",
                          printable(address.field), split_token(stem, token_length).second)
            : fmt::format("the token \"{}\" is not {}", printable(address.token),
                          token_length == 0
                              ? std::string("expected: these paths have none (token_length is 0)")
                              : fmt::format("one of {} letters, digits, '-' and '_' as make_token "
                                            "makes them",
                                            token_length)));
  return stem + address.extension;
}

}  // namespace

std::string trimmed_prefix(const PathOptions& options) {
  const std::string_view prefix = options.prefix;
  const std::size_t first = prefix.find_first_not_of('/');
  if (first == std::string_view::npos) return {};
  std::string trimmed(prefix.substr(first, prefix.find_last_not_of('/') + 1 - first));
  (void)store::Key(trimmed);
  return trimmed;
}

void read_object_name(SchemaAddress& address, std::string_view name, const PathOptions& options) {
  const std::size_t point = std::min(name.find('.'), name.size());
  const auto [field, token] =
      split_token(name.substr(0, point), length_of_tokens(options.token_length));
  check_name("field", field);
  check_extension(name.substr(point));
  address.field = field;
  address.token = token;
  address.extension = name.substr(point);
}

std::string to_path(const SchemaAddress& address, const PathOptions& options) {
  check_name("schema", address.schema);
  check_name("table", address.table);
  if (address.partition > address.key.size())
    throw Error(ErrorCode::invalid_argument,
                fmt::format("{} attributes are to stand before the schema, but the key has {}",
                            address.partition, address.key.size()));
  std::string path = trimmed_prefix(options);
  const auto add = [&](std::string_view name) {
    if (!path.empty()) path += '/';
    path += name;
  };
  for (std::size_t i = 0; i < address.partition; ++i) add(address.key[i].part());
  add(address.schema);
  add(address.table);
  for (std::size_t i = address.partition; i < address.key.size(); ++i) add(address.key[i].part());
  add(name_of_object(address, length_of_tokens(options.token_length)));
  return store::Key(path).str();
}

SchemaAddress parse_path(std::string_view path, const PathOptions& options) {
  if (path.starts_with('/'))
    throw_bad_path(path, "it is an absolute path, not one relative to the root of the storage");
  (void)store::Key(path);
  std::string_view rest = path;
  if (const std::string prefix = trimmed_prefix(options); !prefix.empty()) {
    if (!rest.starts_with(prefix + '/'))
      throw_bad_path(path, fmt::format("it does not begin with the prefix \"{}\"", prefix));
    rest.remove_prefix(prefix.size() + 1);
  }
  std::vector<std::string_view> names;
  for_each_name(rest, [&](std::string_view name) { names.push_back(name); });
  SchemaAddress address;
  while (address.partition < names.size() && is_part(names[address.partition]))
    address.key.push_back(part_from(path, names[address.partition++]));
  if (names.size() < address.partition + 3)
    throw_bad_path(path, "it has too few names for SCHEMA/TABLE/KEY=VALUE/FIELD");
  address.schema = names[address.partition];
  address.table = names[address.partition + 1];
  check_name("schema", address.schema);
  check_name("table", address.table);
  for (std::size_t i = address.partition + 2; i + 1 < names.size(); ++i)
    address.key.push_back(part_from(path, names[i]));
  read_object_name(address, names.back(), options);
  return address;
}

void partition_by(SchemaAddress& address, std::string_view pattern) {
  std::vector<KeyValue> ordered, rest = address.key;
  std::vector<std::string_view> seen;
  for (std::size_t open = pattern.find('{'); open != std::string_view::npos;
       open = pattern.find('{', open + 1)) {
    const std::size_t close = pattern.find('}', open);
    if (close == std::string_view::npos) break;
    const std::string_view name = pattern.substr(open + 1, close - open - 1);
    if (std::find(seen.begin(), seen.end(), name) != seen.end())
      throw Error(ErrorCode::invalid_argument,
                  fmt::format("the partition pattern \"{}\" names \"{}\" twice", printable(pattern),
                              printable(name)));
    seen.push_back(name);
    const auto found = std::find_if(rest.begin(), rest.end(),
                                    [&](const KeyValue& value) { return value.name() == name; });
    if (found == rest.end()) continue;
    ordered.push_back(std::move(*found));
    rest.erase(found);
  }
  address.partition = ordered.size();
  ordered.insert(ordered.end(), rest.begin(), rest.end());
  address.key = std::move(ordered);
}

std::string make_token(std::size_t length) {
  std::random_device random;
  std::string token(length_of_tokens(length), '-');
  for (char& c : token) c = kTokenAlphabet[random() % kTokenAlphabet.size()];
  return token;
}

}  // namespace engram::schema

#pragma once

#include <gtest/gtest.h>

#include <cstddef>
#include <fstream>
#include <ostream>
#include <random>
#include <sstream>
#include <stdexcept>
#include <string>
#include <string_view>

#include "engram/array/array_source.hpp"
#include "engram/base/bytes.hpp"
#include "engram/base/error.hpp"
#include "engram/base/json.hpp"
#include "engram/codec/codec.hpp"
#include "testing/source_dir.hpp"

namespace engram::codec {

inline std::string file_text(const std::string& path) {
  std::ifstream in(path, std::ios::binary);
  if (!in) throw std::runtime_error("can't read " + path);
  std::ostringstream text;
  text << in.rdbuf();
  return text.str();
}

/// What numcodecs and HDF5 made: see tests/data/codec/make_fixtures.py.
inline const Json& fixtures() {
  static const Json parsed =
      parse_json(file_text(testing::source_path("tests/data/codec/fixtures.json")));
  return parsed;
}

inline Bytes bytes_of(const Json& base64) { return from_base64(base64.get<std::string>()); }

/// A configuration as it stands in Zarr metadata, where the name is the member "id".
inline CodecConfig config_of(Json metadata) {
  CodecConfig config;
  config.name = metadata.at("id").get<std::string>();
  metadata.erase("id");
  config.configuration = metadata;
  return config;
}

inline Bytes encode(const BytesCodec& codec, BytesView in, std::uint64_t element_size) {
  Bytes out(codec.max_encoded_size(in.size()));
  out.resize(codec.encode(in, out, element_size));
  return out;
}

/// Decodes into exactly `size` bytes of memory, so that a sanitizer sees the first byte too many.
inline Bytes decode(const BytesCodec& codec, BytesView in, std::size_t size) {
  Bytes out(size);
  out.resize(codec.decode(in, out));
  return out;
}

/// Bytes that compress somewhat: steps of a walk.
inline Bytes walk(std::size_t size, unsigned seed = 1) {
  std::mt19937 random(seed);
  Bytes out(size);
  unsigned at = 0;
  for (std::byte& byte : out)
    byte = static_cast<std::byte>(at += static_cast<unsigned>(random() % 5));
  return out;
}

inline Bytes noise(std::size_t size, unsigned seed = 1) {
  std::mt19937 random(seed);
  Bytes out(size);
  for (std::byte& byte : out) byte = static_cast<std::byte>(random());
  return out;
}

/// Expects `call` to throw an Error with `code` whose text contains `part`.
template <class Call>
void expect_error(ErrorCode code, std::string_view part, const Call& call) {
  try {
    call();
    ADD_FAILURE() << "nothing was thrown, expected " << to_string(code) << ": " << part;
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), code) << error.what();
    EXPECT_NE(std::string_view(error.what()).find(part), std::string_view::npos) << error.what();
  }
}

inline constexpr ErrorCode kInvalid = ErrorCode::invalid_argument;

/// A configuration that is refused, and how.
struct BadConfig {
  const char* why;
  const char* name;
  const char* configuration;  ///< JSON.
  ErrorCode code;
  const char* text;  ///< In the message.

  friend std::ostream& operator<<(std::ostream& out, const BadConfig& c) { return out << c.why; }
};

}  // namespace engram::codec

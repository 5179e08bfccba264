#include "codec/element_codec.hpp"

#include <fmt/format.h>

#include <optional>
#include <utility>

#include "codec/configuration.hpp"
#include "engram/base/error.hpp"

namespace engram::codec {
namespace {

// Of a number, "uint8"; nothing: it is no such name.
std::optional<DataType> named_number(std::string_view name) {
  for (const std::uint64_t size : {1U, 2U, 4U, 8U})
    for (const DataType& type : {DataType::integer(size), DataType::unsigned_integer(size)})
      if (type_name(type) == name) return type;
  for (const std::uint64_t size : {2U, 4U, 8U})
    if (type_name(DataType::floating(size)) == name) return DataType::floating(size);
  return std::nullopt;
}

// "f8" is "<f8", "u1" and "uint8" are "|u1" for NumPy on this machine.
DataType parse_short_type(const std::string& text) {
  if (auto named = named_number(text)) return std::move(*named);
  const bool is_short = !text.empty() && text[0] != '<' && text[0] != '>' && text[0] != '|';
  if (!is_short) return parse_typestr(text);
  try {
    return parse_typestr("<" + text);
  } catch (const Error&) {
    return parse_typestr("|" + text);
  }
}

}  // namespace

ElementCodec::ElementCodec(CodecConfig config, DataType decoded, DataType encoded, Shape shape)
    : ConfiguredCodec(std::move(config)),
      decoded_(std::move(decoded)),
      encoded_(std::move(encoded)),
      shape_(shape) {}

std::uint64_t ElementCodec::max_encoded_size(std::uint64_t decoded_size) const {
  const std::uint64_t count = decoded_size / decoded_.size + (decoded_size % decoded_.size != 0);
  return checked_multiply(count, encoded_.size, "the size of an encoded chunk");
}

std::uint64_t ElementCodec::encode(BytesView in, std::span<std::byte> out, std::uint64_t) const {
  if (in.size() % decoded_.size != 0)
    throw Error(ErrorCode::invalid_argument,
                fmt::format("codec {} takes elements of {} bytes (\"{}\"), {} bytes are none",
                            config().name, decoded_.size, typestr(decoded_), in.size()));
  const std::uint64_t size = in.size() / decoded_.size * encoded_.size;
  encode_elements(in, out.first(size));
  return size;
}

std::uint64_t ElementCodec::decode(BytesView in, std::span<std::byte> out) const {
  if (in.size() % encoded_.size != 0)
    throw Error(ErrorCode::corrupt_data,
                fmt::format("codec {} decodes elements of {} bytes (\"{}\"), found {} bytes",
                            config().name, encoded_.size, typestr(encoded_), in.size()));
  const std::uint64_t count = in.size() / encoded_.size;
  if (count > out.size() / decoded_.size)
    throw Error(
        ErrorCode::corrupt_data,
        fmt::format("codec {} decodes to {} elements of {} bytes, expected at most {} bytes",
                    config().name, count, decoded_.size, out.size()));
  const std::uint64_t size = count * decoded_.size;
  decode_elements(in, out.first(size));
  return size;
}

ChunkElements ElementCodec::encoded_elements(const ChunkElements& decoded) const {
  ChunkElements encoded{encoded_, decoded.shape, decoded.fortran_order};
  if (shape_ == Shape::kept) return encoded;
  std::uint64_t count = 1;
  for (const std::uint64_t extent : decoded.shape)
    count = checked_multiply(count, extent, "elements of a chunk");
  return {encoded_, {count}, false};
}

DataType type_member(const CodecConfig& config, std::string_view member, const DataType* missing) {
  if (!config.configuration.is_object() && !config.configuration.is_null())
    throw Error(ErrorCode::invalid_argument,
                fmt::format("the configuration of codec {} is no JSON object", config.name));
  const auto found = config.configuration.find(std::string(member));
  if (found == config.configuration.end() || found->is_null()) {
    if (missing != nullptr) return *missing;
    throw Error(ErrorCode::invalid_argument,
                fmt::format("codec {}: {} is missing, expected a data type as in \"<f8\"",
                            config.name, member));
  }
  if (!found->is_string())
    throw Error(ErrorCode::invalid_argument,
                fmt::format("codec {}: {} is {}, expected a data type as in \"<f8\"", config.name,
                            member, excerpt(*found)));
  try {
    return parse_short_type(found->get<std::string>());
  } catch (Error& error) {
    error.at(fmt::format("codec {}, {}", config.name, member));
    throw;
  }
}

}  // namespace engram::codec

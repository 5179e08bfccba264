#include <fmt/format.h>

#include "engram/base/error.hpp"
#include "engram/base/utf8.hpp"
#include "engram/schema/record.hpp"

namespace engram::schema {
namespace {

// `text` as Python's repr() of it.
std::string python_text(std::string_view text) {
  const bool has_single = text.find('\'') != std::string_view::npos;
  const char quote = has_single && text.find('"') == std::string_view::npos ? '"' : '\'';
  std::string out(1, quote);
  for (std::size_t i = 0; i < text.size();) {
    const Utf8Step step = next_code_point(text, i);
    const char c = text[i];
    const auto byte = static_cast<unsigned char>(c);
    if (c == quote || c == '\\') {
      out += '\\';
      out += c;
    } else if (c == '\n' || c == '\r' || c == '\t') {
      out += c == '\n' ? "\\n" : c == '\r' ? "\\r" : "\\t";
    } else if (byte < 0x20 || byte == 0x7f) {
      out += fmt::format("\\x{:02x}", byte);
    } else {
      out += text.substr(i, step.size);
    }
    i += step.size;
  }
  return out + quote;
}

std::string in_a_list(const DataType& type);

std::string fields_text(const DataType& type) {
  std::string out = "[";
  std::uint64_t end = 0;
  for (const Field& field : type.fields) {
    if (field.offset != end)
      throw Error(ErrorCode::unsupported,
                  fmt::format("a record of DataJoint can't tell of a type with a gap before its "
                              "field \"{}\"",
                              printable(field.name)));
    end += field.size();
    if (out.size() > 1) out += ", ";
    out += '(' + python_text(field.name) + ", " + in_a_list(field.type);
    if (!field.shape.empty()) {
      out += ", (";
      for (std::size_t i = 0; i < field.shape.size(); ++i)
        out += fmt::format("{}{}", i == 0 ? "" : ", ", field.shape[i]);
      out += field.shape.size() == 1 ? ",)" : ")";
    }
    out += ')';
  }
  if (end != type.size)
    throw Error(ErrorCode::unsupported,
                "a record of DataJoint can't tell of a type with a gap behind its last field");
  return out + ']';
}

// As it stands in the list of a structured type's fields.
std::string in_a_list(const DataType& type) {
  if (type.kind == Kind::structured) return fields_text(type);
  if (type.kind == Kind::boolean) return "'?'";
  std::string text = typestr(type);
  if (text.starts_with('|')) text.erase(0, 1);
  return '\'' + text + '\'';
}

}  // namespace

std::string numpy_dtype(const DataType& type) {
  switch (type.kind) {
    case Kind::structured:
      return fields_text(type);
    case Kind::bytes:
    case Kind::unicode:
    case Kind::opaque:
      return typestr(type);
    default:
      break;
  }
  if (type.has_byte_order() && type.order == ByteOrder::big) return typestr(type);
  if (type.kind == Kind::floating && type.size == 16) return "float128";
  if (type.kind == Kind::complex && type.size == 32) return "complex256";
  return type_name(type);
}

}  // namespace engram::schema

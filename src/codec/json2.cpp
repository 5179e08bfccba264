// numcodecs' json2: a JSON list of the chunk's rows, NumPy's type and the shape, as Python's json
// module writes it when it is told so.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <optional>
#include <utility>

#include "codec/configuration.hpp"
#include "codec/object_formats.hpp"
#include "codec/text_encoding.hpp"
#include "engram/base/error.hpp"
#include "engram/base/utf8.hpp"
#include "engram/codec/object_codec.hpp"

namespace engram::codec {
namespace {

struct Options {
  std::string encoding = "utf-8";
  bool ensure_ascii = true, allow_nan = true, sort_keys = true, strict = true;
  std::optional<std::string> indent;
  std::string item_separator = ",", key_separator = ":";

  bool usual() const {
    return ensure_ascii && sort_keys && !indent && item_separator == "," && key_separator == ":";
  }
};

constexpr std::int64_t kMostIndent = 1000;

std::optional<std::string> indent_of(const CodecConfig& config) {
  const Json* indent = optional_member(config, "indent");
  if (indent == nullptr) return std::nullopt;
  if (indent->is_string()) return indent->get<std::string>();
  if (indent->is_boolean()) return std::string(indent->get<bool>() ? 1 : 0, ' ');  // As Python.
  const std::int64_t width = integer_member(config, "indent", 0, -kMostIndent, kMostIndent);
  return std::string(static_cast<std::size_t>(std::max<std::int64_t>(width, 0)), ' ');
}

Options options_of(const CodecConfig& config) {
  Options options;
  options.encoding = text_member(config, "encoding", "utf-8");
  options.ensure_ascii = boolean_member(config, "ensure_ascii", true);
  options.allow_nan = boolean_member(config, "allow_nan", true);
  options.sort_keys = boolean_member(config, "sort_keys", true);
  options.strict = boolean_member(config, "strict", true);
  options.indent = indent_of(config);
  if (options.indent) {
    options.item_separator = ", ";
    options.key_separator = ": ";
  }
  if (const Json* given = optional_member(config, "separators")) {
    const bool pair = given->is_array() && given->size() == 2 && (*given)[0].is_string() &&
                      (*given)[1].is_string();
    if (!pair)
      throw Error(
          ErrorCode::invalid_argument,
          fmt::format("codec json2: separators are {}, expected two texts", excerpt(*given)));
    options.item_separator = (*given)[0].get<std::string>();
    options.key_separator = (*given)[1].get<std::string>();
  }
  return options;
}

// JSON text by other rules than dump_json()'s.
class Writer {
 public:
  explicit Writer(const Options& options) : options_(options) {}

  std::string write(const Json& value) && {
    add(value, 0);
    return std::move(out_);
  }

 private:
  void line(std::size_t level) {
    if (!options_.indent) return;
    out_ += '\n';
    for (std::size_t i = 0; i < level; ++i) out_ += *options_.indent;
  }

  void add_text(const std::string& text) {
    if (options_.ensure_ascii) {
      out_ += dump_json(text, JsonStyle::line);
      return;
    }
    // Only what JSON must have escaped is; bytes that are no UTF-8 too, as nothing else can be
    // read.
    out_ += '"';
    for (std::size_t at = 0; at < text.size();) {
      const Utf8Step step = next_code_point(text, at);
      const std::string character = text.substr(at, step.size);
      const bool plain = step.valid && step.code_point >= 0x20 && step.code_point != '"' &&
                         step.code_point != '\\';
      if (plain) {
        out_ += character;
      } else {
        const std::string escaped = dump_json(character, JsonStyle::line);
        out_.append(escaped, 1, escaped.size() - 2);
      }
      at += step.size;
    }
    out_ += '"';
  }

  void add(const Json& value, std::size_t level) {
    if (value.is_string()) return add_text(value.get_ref<const std::string&>());
    if (!value.is_structured()) {
      out_ += dump_json(value, JsonStyle::line);
      return;
    }
    const bool object = value.is_object();
    out_ += object ? '{' : '[';
    bool first = true;
    const auto next = [&] {
      if (!first) out_ += options_.item_separator;
      first = false;
      line(level + 1);
    };
    if (object) {
      std::vector<std::pair<const std::string*, const Json*>> members;
      for (const auto& member : value.items()) members.emplace_back(&member.key(), &member.value());
      if (options_.sort_keys)
        std::sort(members.begin(), members.end(),
                  [](const auto& a, const auto& b) { return *a.first < *b.first; });
      for (const auto& [key, member] : members) {
        next();
        add_text(*key);
        out_ += options_.key_separator;
        add(*member, level + 1);
      }
    } else {
      for (const Json& each : value) {
        next();
        add(each, level + 1);
      }
    }
    if (!first) line(level);
    out_ += object ? '}' : ']';
  }

  const Options& options_;
  std::string out_;
};

// With strict off Python takes control characters within texts; a JSON parser does not.
std::string with_escaped_controls(std::string_view text) {
  std::string out;
  bool inside = false;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    if (inside && static_cast<unsigned char>(c) < 0x20) {
      out += fmt::format("\\u{:04x}", static_cast<unsigned>(c));
      continue;
    }
    out += c;
    if (c == '"') inside = !inside;
    if (inside && c == '\\' && i + 1 < text.size()) out += text[++i];
  }
  return out;
}

void check_objects(std::span<const Json> objects, const Options& options) {
  for (std::size_t i = 0; i < objects.size(); ++i)
    visit_values(objects[i], [&](const Json& value) {
      if (value.is_binary())
        throw Error(
            ErrorCode::invalid_argument,
            fmt::format("object {} of a chunk has bytes in it, which JSON can't hold: choose "
                        "vlen-bytes or msgpack2",
                        i));
      if (!options.allow_nan && value.is_number_float() && !std::isfinite(value.get<double>()))
        throw Error(ErrorCode::invalid_argument,
                    fmt::format("object {} of a chunk is {}, and codec json2 has allow_nan off", i,
                                excerpt(value)));
    });
}

[[noreturn]] void corrupt(const std::string& what) { throw Error(ErrorCode::corrupt_data, what); }

}  // namespace

std::vector<Json> decode_json2_objects(const CodecConfig& config, BytesView payload,
                                       const ChunkShape& shape, const Limits& limits) {
  const Options options = options_of(config);
  // The text is in memory already and as large as its array allowed.
  Limits raised = limits;
  raised.max_json_bytes = raised.max_json_values = raised.max_json_members = UINT64_MAX;
  std::string text = decode_text(payload, options.encoding);
  if (!options.strict) text = with_escaped_controls(text);
  Json items = parse_json(text, raised);
  if (!items.is_array() || items.size() < 2)
    corrupt("json2 chunk is no list that ends with a type and a shape");
  if (items.back() != Json(shape))
    corrupt(fmt::format("json2 chunk has the shape {}, expected {}", excerpt(items.back()),
                        excerpt(Json(shape))));
  items.erase(items.size() - 1);
  if (!items.back().is_string()) corrupt("json2 chunk names no type before its shape");
  items.erase(items.size() - 1);
  return flatten_objects(std::move(items), shape, "json2");
}

Bytes encode_json2_objects(const CodecConfig& config, std::span<const Json> objects,
                           const ChunkShape& shape) {
  const Options options = options_of(config);
  check_objects(objects, options);
  Json items = nest_objects(objects, shape);
  items.push_back("|O");
  items.push_back(shape);
  const std::string text =
      options.usual() ? dump_json(items, JsonStyle::compact) : Writer(options).write(items);
  return encode_text(text, options.encoding);
}

Bytes encode_json2(const Json& elements, const std::vector<std::uint64_t>& shape) {
  return encode_objects({"json2", Json::object()}, elements.get_ref<const Json::array_t&>(), shape);
}

Json decode_json2(BytesView bytes, const std::vector<std::uint64_t>& expected_shape) {
  return Json(decode_json2_objects({"json2", Json::object()}, bytes, expected_shape, {}));
}

}  // namespace engram::codec

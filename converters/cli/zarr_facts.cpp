#include "converters/cli/zarr_facts.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <numeric>
#include <utility>

#include "converters/cli/terminal.hpp"
#include "engram/convert.hpp"
#include "engram/zarr/array.hpp"

namespace engram::cli {
namespace {

std::string member_text(const Json& configuration, const char* name) {
  const auto found = configuration.find(name);
  if (found == configuration.end() || found->is_null()) return {};
  return found->is_string() ? found->get<std::string>() : dump_json(*found, JsonStyle::line);
}

// The shuffle of blosc in words.
std::string shuffle_words(const std::string& number) {
  constexpr std::array<std::pair<std::string_view, std::string_view>, 4> kWords = {
      {{"-1", "auto"}, {"0", "no shuffle"}, {"1", "shuffle"}, {"2", "bitshuffle"}}};
  for (const auto& [key, words] : kWords) {
    if (number == key) return std::string(words);
  }
  return number;
}

std::string codec_words(const CodecConfig& codec) {
  std::vector<std::string> parts;
  if (codec.name == "blosc") {
    parts = {member_text(codec.configuration, "cname"), member_text(codec.configuration, "clevel"),
             shuffle_words(member_text(codec.configuration, "shuffle"))};
  } else {
    for (const char* name : {"level", "acceleration", "preset", "dtype", "astype", "elementsize",
                             "digits", "scale", "offset", "keepbits"}) {
      parts.push_back(member_text(codec.configuration, name));
    }
  }
  std::string inside;
  for (const auto& part : parts) {
    if (!part.empty()) inside += (inside.empty() ? "" : ", ") + part;
  }
  return printable(inside.empty() ? codec.name : codec.name + "(" + inside + ")");
}

}  // namespace

ZarrArrays::ZarrArrays(std::shared_ptr<const store::ReadableStore> store)
    : store_(std::move(store)), root_(zarr::read_hierarchy(*store_)) {}

std::optional<ZarrFacts> ZarrArrays::facts(std::string_view path) const {
  const zarr::Node* node = &root_;
  std::string key;
  while (!path.empty()) {
    const auto slash = path.find('/');
    const auto name = path.substr(0, slash);
    path.remove_prefix(slash == std::string_view::npos ? path.size() : slash + 1);
    if (name.empty()) continue;
    const auto found = std::find_if(node->children.begin(), node->children.end(),
                                    [&](const auto& child) { return child.name == name; });
    if (found == node->children.end()) return std::nullopt;
    node = &*found;
    key += (key.empty() ? "" : "/") + std::string(name);
  }
  if (!node->array) return std::nullopt;
  const zarr::Array array(store_, key, *node->array);
  ZarrFacts facts{*node->array, array.grid().chunk_count(), std::nullopt, std::nullopt};
  if (const auto chunks = array.stored_chunks()) {  // None: a web server does not list.
    facts.stored_chunks = chunks->size();
    facts.stored_bytes = std::accumulate(
        chunks->begin(), chunks->end(), std::uint64_t{0},
        [](std::uint64_t sum, const EncodedChunk& chunk) { return sum + chunk.size; });
  }
  return facts;
}

std::string describe(const ZarrFacts& facts) {
  std::string text;
  for (const auto& codec : facts.metadata.codecs) {
    text += (text.empty() ? "" : " + ") + codec_words(codec);
  }
  if (!facts.metadata.shards.empty())
    text += fmt::format("{}shards {}", text.empty() ? "" : ", ",
                        to_string(facts.metadata.shards.front().shape));
  if (!facts.stored_bytes) return text;
  text += (text.empty() ? "" : ", ") + format_bytes(*facts.stored_bytes);
  if (*facts.stored_chunks != facts.chunks) {
    text += fmt::format(", {} of {} chunks", *facts.stored_chunks, facts.chunks);
  }
  return text;
}

void add_facts(Json& json, const ZarrFacts& facts) {
  const auto document = facts.metadata.zarr_format == 3
                            ? zarr::to_zarr_json(facts.metadata, Json::object())
                            : zarr::to_zarray_json(facts.metadata);
  for (const char* name : {"filters", "compressor", "order", "codecs", "fill_value"}) {
    const auto found = document.find(name);
    if (found != document.end()) json[name] = *found;
  }
  json["chunks"] = facts.chunks;
  if (!facts.stored_bytes) return;
  json["stored_chunks"] = *facts.stored_chunks;
  json["stored_bytes"] = *facts.stored_bytes;
}

}  // namespace engram::cli

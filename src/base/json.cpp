// Reading JSON. nlohmann's parser reads, and hands what it finds to Builder, which makes the
// values: so depth is refused before anything is nested, an object with a million members costs a
// million steps (ordered_json's own way is to search all members before it adds one), and finished
// values are moved into their parents, never copied.
#include "engram/base/json.hpp"

#include <fmt/format.h>

#include <cstdint>
#include <optional>
#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

#include "engram/base/error.hpp"
#include "engram/base/utf8.hpp"
#include "json_rewrite.hpp"

template class nlohmann::basic_json<nlohmann::ordered_map>;

namespace engram {
namespace {

using Members = std::vector<std::pair<std::string, Json>>;

constexpr std::size_t kFewMembers = 16;
constexpr std::size_t kLongestReason = 200;

/// Leaves each name once: at the place of the first, with the value of the last, as Python does.
void drop_duplicates(Members& members) {
  if (members.size() < 2) return;
  std::size_t kept = 0;
  const auto keep = [&](std::size_t i, std::optional<std::size_t> earlier) {
    if (earlier) {
      members[*earlier].second = std::move(members[i].second);
    } else {
      if (kept != i) members[kept] = std::move(members[i]);
      ++kept;
    }
  };
  if (members.size() <= kFewMembers) {
    for (std::size_t i = 0; i < members.size(); ++i) {
      std::optional<std::size_t> earlier;
      for (std::size_t j = 0; j < kept && !earlier; ++j) {
        if (members[j].first == members[i].first) earlier = j;
      }
      keep(i, earlier);
    }
  } else {
    std::unordered_map<std::string, std::size_t> places;
    places.reserve(members.size());
    for (std::size_t i = 0; i < members.size(); ++i) {
      const auto [place, is_new] = places.try_emplace(members[i].first, kept);
      keep(i, is_new ? std::nullopt : std::optional(place->second));
    }
  }
  members.resize(kept);
}

class Builder final : public nlohmann::json_sax<Json> {
 public:
  Builder(std::string_view original, bool is_rewritten, const Limits& limits,
          std::uint32_t documents_depth)
      : original_(original),
        is_rewritten_(is_rewritten),
        limits_(limits),
        documents_depth_(documents_depth) {}

  Json take() { return std::move(result_); }

  bool null() override { return add_counted(nullptr); }
  bool boolean(bool value) override { return add_counted(value); }
  bool number_integer(number_integer_t value) override { return add_counted(value); }
  bool number_unsigned(number_unsigned_t value) override { return add_counted(value); }
  bool number_float(number_float_t value, const string_t& /*digits*/) override {
    return add_counted(value);
  }
  bool string(string_t& value) override {
    if (!is_rewritten_) return add_counted(std::move(value));
    return std::visit([this](auto restored) { return add_counted(std::move(restored)); },
                      json_detail::restore(value));
  }
  bool binary(binary_t& value) override { return add_counted(Json::binary(std::move(value))); }

  bool start_object(std::size_t /*size*/) override { return start(true); }
  bool key(string_t& value) override {
    if (is_rewritten_) {
      auto restored = json_detail::restore(value);
      if (!std::holds_alternative<std::string>(restored)) {
        throw Error(ErrorCode::corrupt_data,
                    "JSON has a bare NaN or Infinity as the name of a member");
      }
      value = std::get<std::string>(std::move(restored));
    }
    if (frames_.back().members.size() >= limits_.max_json_members &&
        frames_.size() > documents_depth_)
      throw Error(ErrorCode::limit_exceeded,
                  fmt::format("a JSON object has more members than the limit of {}",
                              limits_.max_json_members));
    frames_.back().key = std::move(value);
    return true;
  }
  bool end_object() override {
    Members members = std::move(frames_.back().members);
    frames_.pop_back();
    drop_duplicates(members);
    Json object = Json::object();
    auto& to = object.get_ref<Json::object_t&>();
    to.reserve(members.size());
    for (auto& [name, value] : members) to.emplace_back(std::move(name), std::move(value));
    return add(std::move(object));
  }

  bool start_array(std::size_t /*size*/) override { return start(false); }
  bool end_array() override {
    Json array = std::move(frames_.back().elements);
    frames_.pop_back();
    return add(std::move(array));
  }

  bool parse_error(std::size_t position, const std::string& /*last_token*/,
                   const nlohmann::detail::exception& e) override {
    // nlohmann counts bytes read, so the one that it stopped at has the number before.
    std::size_t offset = position == 0 ? 0 : position - 1;
    if (is_rewritten_) offset = json_detail::original_offset(original_, offset);
    throw Error(ErrorCode::corrupt_data, fmt::format("JSON of {} bytes is broken at byte {}: {}",
                                                     original_.size(), offset, reason(e.what())));
  }

 private:
  struct Frame {
    bool is_object;
    std::string key;
    Members members;
    Json::array_t elements;
  };

  /// nlohmann's message without its number and its own count of lines; with what was found, but
  /// not all of a long text.
  static std::string reason(std::string_view message) {
    for (const std::string_view before : {"syntax error ", "number overflow "}) {
      const std::size_t start = message.find(before);
      if (start != std::string_view::npos) {
        message.remove_prefix(start);
        break;
      }
    }
    return printable(message, kLongestReason);
  }

  // Of each value, before it is nested or added.
  void count_value() {
    if (frames_.size() <= documents_depth_) values_ = 0;
    if (++values_ > limits_.max_json_values)
      throw Error(ErrorCode::limit_exceeded,
                  fmt::format("a JSON document has more values than the limit of {}",
                              limits_.max_json_values));
  }

  bool start(bool is_object) {
    count_value();
    if (frames_.size() >= limits_.max_json_depth) {
      throw Error(
          ErrorCode::limit_exceeded,
          fmt::format("JSON is nested deeper than the limit of {}", limits_.max_json_depth));
    }
    frames_.push_back(Frame{is_object, {}, {}, {}});
    return true;
  }

  bool add_counted(Json value) {
    count_value();
    return add(std::move(value));
  }

  bool add(Json value) {
    if (frames_.empty()) {
      result_ = std::move(value);
    } else if (Frame& frame = frames_.back(); frame.is_object) {
      frame.members.emplace_back(std::move(frame.key), std::move(value));
    } else {
      frame.elements.push_back(std::move(value));
    }
    return true;
  }

  std::string_view original_;
  bool is_rewritten_;
  const Limits& limits_;
  const std::uint32_t documents_depth_;
  std::uint64_t values_ = 0;  ///< Of the document so far.
  std::vector<Frame> frames_;
  Json result_;
};

}  // namespace

Json parse_json(std::string_view text, const Limits& limits, std::uint32_t documents_depth) {
  if (text.size() > limits.max_json_bytes) {
    throw Error(ErrorCode::limit_exceeded,
                fmt::format("JSON has {} bytes, more than the limit of {}", text.size(),
                            limits.max_json_bytes));
  }
  const std::optional<std::string> rewritten = json_detail::rewrite(text);
  Builder builder(text, rewritten.has_value(), limits, documents_depth);
  Json::sax_parse(rewritten ? std::string_view(*rewritten) : text, &builder);
  return builder.take();
}

}  // namespace engram

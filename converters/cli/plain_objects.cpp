#include "converters/cli/plain_objects.hpp"

#include <algorithm>
#include <utility>
#include <vector>

#include "engram/base/error.hpp"
#include "engram/zarr/array.hpp"

namespace engram::cli {
namespace {

// Attributes by which HDMF says what elements are: hdmf-zarr's, and engram's own.
constexpr const char* kMeanings[] = {"zarr_dtype", "_TYPE"};

Json without_binary(const Json& json) {
  if (json.is_binary()) {
    const auto& bytes = json.get_binary();
    return std::string(bytes.begin(), bytes.end());
  }
  if (!json.is_structured()) return json;
  Json result = json.is_array() ? Json::array() : Json::object();
  if (json.is_array()) {
    for (const auto& item : json) result.push_back(without_binary(item));
  } else {
    for (const auto& [name, item] : json.items()) result[name] = without_binary(item);
  }
  return result;
}

class PlainObjects final : public Elements {
 public:
  explicit PlainObjects(zarr::Array array) : array_(std::move(array)) {}

  std::uint64_t element_bytes() const override { return 4096; }

  void read(const Region& box) override { objects_ = array_.read_objects(box); }

  void append_json(std::string& out, std::uint64_t index) const override {
    out += dump_json(without_binary(objects_.at(index)), JsonStyle::line);
  }

  void append_bytes(std::string&, std::uint64_t) const override {
    throw Error(ErrorCode::invalid_argument, "its elements have no fixed size");
  }

 private:
  zarr::Array array_;
  std::vector<Json> objects_;
};

}  // namespace

std::unique_ptr<Elements> plain_objects(const std::shared_ptr<const store::ReadableStore>& store,
                                        const std::string& path) {
  const auto name = path.substr(std::min(path.find_first_not_of('/'), path.size()));
  const auto key = name.empty() ? ".zarray" : name + "/.zarray";
  if (!store->size(store::Key(key))) return nullptr;  // Reached through a link.
  auto array = zarr::Array::open(store, name);
  if (!array.metadata().is_object) return nullptr;
  const auto attributes = array.attributes();
  for (const char* meaning : kMeanings) {
    if (attributes.contains(meaning)) return nullptr;
  }
  return std::make_unique<PlainObjects>(std::move(array));
}

}  // namespace engram::cli

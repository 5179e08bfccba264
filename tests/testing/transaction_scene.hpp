#pragma once

#include <cstdint>
#include <memory>
#include <numeric>
#include <string>
#include <vector>

#include "engram/store/memory_store.hpp"
#include "engram/zarr/array.hpp"
#include "engram/zarr/consolidated.hpp"
#include "engram/zarr/group.hpp"
#include "engram/zarr/hierarchy.hpp"
#include "engram/zarr/transaction.hpp"
#include "testing/store_content.hpp"

namespace engram::testing {

/// A small store, and changes of every kind: an array that grows across the edge of a chunk, one of
/// objects, one that is made anew with other elements under the same keys, a group and an array
/// that are new, attributes that are set and removed, an array that goes.
class TransactionScene {
 public:
  static StoreContent before() {
    const auto store = std::make_shared<store::MemoryStore>();
    auto root = zarr::Group::create(store, "", {{"title", "before"}});
    root.create_group("a", {{"old", 1}});
    make(root, "a/numbers", DataType::integer(4), 5, 4);
    make(root, "a/index", DataType::unsigned_integer(1), 3, 2);
    make(root, "gone", DataType::integer(2), 2, 2);
    zarr::ArrayOptions words;
    words.object_codec = CodecConfig{"vlen-utf8"};
    words.shape = {3};
    words.chunk_shape = {2};
    words.compressor = std::nullopt;
    root.create_array("a/words", words)
        .write_objects(Region::all({3}), std::vector<Json>{"x", "y", "z"});
    zarr::consolidate(*store);
    return content_of(*store);
  }

  static void change(zarr::Transaction& transaction) {
    const std::shared_ptr<store::Store> store(&transaction, [](store::Store*) {});
    auto root = zarr::Group::open(store);
    root.array("a/numbers").append<std::int32_t>(std::vector<std::int32_t>{50, 60, 70, 80, 90, 11});
    root.array("a/words").append_objects(std::vector<Json>{"new", "newer"});
    zarr::ArrayOptions wide = options(DataType::unsigned_integer(2), 3, 2);
    const auto values =
        root.array("a/index").read<std::uint8_t>(Region::all(root.array("a/index").shape()));
    auto index = root.create_array("a/index", wide, zarr::IfExists::replace);
    index.write<std::uint16_t>(Region::all({3}),
                               std::vector<std::uint16_t>{values[0], values[1], values[2]});
    index.append<std::uint16_t>(std::vector<std::uint16_t>{700});
    root.create_group("b/c", {{"fresh", true}});
    make(root, "b/c/data", DataType::floating(8), 3, 2);
    root.set_attributes({{"title", "after"}});
    root.group("a").set_attributes(Json::object());
    root.erase("gone");
  }

  /// All metadata and values that a reader of consolidated metadata sees.
  static std::string seen(const std::shared_ptr<store::Store>& store, bool consolidated = true) {
    std::string text;
    describe(store, "", zarr::read_hierarchy(*store, consolidated), text);
    return text;
  }

 private:
  static zarr::ArrayOptions options(DataType type, std::uint64_t length, std::uint64_t chunk) {
    zarr::ArrayOptions options;
    options.type = std::move(type);
    options.shape = {length};
    options.chunk_shape = {chunk};
    options.compressor = CodecConfig{"zlib", {{"level", 1}}};
    return options;
  }

  static void make(zarr::Group& root, const std::string& path, const DataType& type,
                   std::uint64_t length, std::uint64_t chunk) {
    auto array = root.create_array(path, options(type, length, chunk));
    Bytes elements(static_cast<std::size_t>(length * type.size));
    for (std::size_t i = 0; i < elements.size(); i += type.size)
      elements[i] = std::byte(i / type.size + 1);
    array.write(Region::all({length}), elements);
  }

  static void describe(const std::shared_ptr<store::Store>& store, const std::string& path,
                       const zarr::Node& node, std::string& text) {
    text += path + " " + dump_json(node.attributes, JsonStyle::compact);
    if (node.array) {
      const zarr::Array array(store, path, *node.array);
      text += zarr::to_zarray(*node.array);
      const Region all = Region::all(array.shape());
      if (node.array->is_object) {
        for (const Json& object : array.read_objects(all))
          text += dump_json(object, JsonStyle::line);
      } else {
        text += to_base64(array.read_bytes(all));
      }
    }
    text += "\n";
    for (const zarr::Node& child : node.children)
      describe(store, path.empty() ? child.name : path + "/" + child.name, child, text);
  }
};

}  // namespace engram::testing

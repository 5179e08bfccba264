// Stores that zarr-python 2.18 and others wrote. They lie beside the checkout, where it has them.

#include "testing/corpus.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <map>

#include "engram/base/error.hpp"
#include "engram/store/directory_store.hpp"
#include "engram/zarr/array.hpp"
#include "engram/zarr/hierarchy.hpp"
#include "testing/expect_error.hpp"
#include "testing/sha256.hpp"
#include "testing/source_dir.hpp"

namespace engram::zarr {
namespace {

namespace fs = std::filesystem;

std::string read_file(const fs::path& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

std::shared_ptr<const store::ReadableStore> open_directory(const fs::path& path) {
  return std::make_shared<const store::DirectoryStore>(path.string(),
                                                       store::DirectoryStore::Mode::read);
}

// The elements as zarr-python has them in memory: fields of structured types keep their order.
std::string digest(const Array& array) {
  const ArrayMetadata& metadata = array.metadata();
  Bytes out(static_cast<std::size_t>(element_count(metadata.shape) * metadata.type.size));
  array.read(Region::all(metadata.shape), out);
  if (metadata.type.kind == Kind::structured) make_little_endian(metadata.type, out);
  return testing::sha256(out);
}

Json flat_values(const Json& json, std::size_t rank) {
  if (rank == 0) return Json::array({json});
  Json out = Json::array();
  for (const Json& item : json)
    for (const Json& value : flat_values(item, rank - 1)) out.push_back(value);
  return out;
}

std::string hexadecimal(std::string_view bytes) {
  std::string out;
  for (const char c : bytes)
    for (const unsigned shift : {4U, 0U})
      out += "0123456789abcdef"[(static_cast<unsigned char>(c) >> shift) & 0xfU];
  return out;
}

// As Python's json would show it; bytes as their hexadecimal digits.
Json plain(const Json& value) {
  if (!value.is_binary()) return value;
  const auto& bytes = value.get_binary();
  return hexadecimal({reinterpret_cast<const char*>(bytes.data()), bytes.size()});
}

Json objects(const Array& array) {
  Json list = Json::array();
  for (const Json& item : array.read_objects(Region::all(array.metadata().shape)))
    list.push_back(plain(item));
  return list;
}

// In the order of the document, but without blanks.
std::string canonical(std::string_view zarray) {
  return dump_json(parse_json(zarray), JsonStyle::line);
}

void check(const fs::path& root, const std::string& path, const Json& expected) {
  const std::string zarray = read_file(root / path / ".zarray");
  const Array array(open_directory(root), path, parse_zarray(parse_json(zarray)));
  EXPECT_EQ(canonical(to_zarray(array.metadata())), canonical(zarray));
  EXPECT_EQ(Json(array.metadata().shape), expected["shape"]);
  if (array.metadata().is_object) {
    // Compared as text, in which members are sorted.
    EXPECT_EQ(dump_json(objects(array), JsonStyle::compact),
              dump_json(flat_values(expected["values"], array.metadata().shape.size()),
                        JsonStyle::compact));
  } else if (expected["sha256"].is_string()) {
    EXPECT_EQ(digest(array), expected["sha256"].get<std::string>());
  }
}

TEST(ZarrCorpus, WhatZarrPythonWroteIsRead) {
  const auto corpus = testing::corpus();
  if (!corpus) return;
  std::size_t read = 0;
  for (const char* name : {"codecs", "dtypes", "filters", "layout", "objects"}) {
    const fs::path folder = *corpus / "generated" / "zarr2";
    const Json expected = parse_json(read_file(folder / (std::string(name) + ".expected.json")));
    for (const auto& [path, array] : expected.items()) {
      SCOPED_TRACE(std::string(name) + "/" + path);
      EXPECT_NO_THROW(check(folder / (std::string(name) + ".zarr"), path, array));
      ++read;
    }
  }
  EXPECT_EQ(read, 150U);
}

// The node at `path` of a hierarchy that was read, or nullptr.
const Node* find_node(const Node& root, const std::string& path) {
  const Node* node = &root;
  for (const fs::path& name : fs::path(path)) {
    const auto child = std::find_if(node->children.begin(), node->children.end(),
                                    [&](const Node& each) { return each.name == name; });
    if (child == node->children.end()) return nullptr;
    node = &*child;
  }
  return node;
}

// From consolidated metadata, from the single documents, and each array alone.
TEST(ZarrCorpus, WhatZarrPython3WroteIsRead) {
  const auto corpus = testing::corpus();
  if (!corpus) return;
  std::size_t read = 0;
  for (const char* name : {"codecs", "dtypes", "layout", "sharding"}) {
    const fs::path folder = *corpus / "generated" / "zarr3";
    const auto store = open_directory(folder / (std::string(name) + ".zarr"));
    const Node root = read_hierarchy(*store), single = read_hierarchy(*store, false);
    const Json expected = parse_json(read_file(folder / (std::string(name) + ".expected.json")));
    for (const auto& [path, array] : expected.items()) {
      SCOPED_TRACE(std::string(name) + "/" + path);
      const Node* const node = find_node(root, path);
      ASSERT_TRUE(node != nullptr && node->array.has_value()) << (node ? node->refusal : "");
      const Node* const same = find_node(single, path);
      ASSERT_TRUE(same != nullptr && same->array.has_value());
      EXPECT_EQ(to_zarr_json(*node->array, node->attributes),
                to_zarr_json(*same->array, same->attributes));
      EXPECT_EQ(Json(node->array->shape), array["shape"]);
      for (const Array& opened : {Array(store, path, *node->array), Array::open(store, path)}) {
        if (node->array->is_object) {
          EXPECT_EQ(objects(opened), flat_values(array["values"], node->array->shape.size()));
        } else {
          EXPECT_EQ(digest(opened), array["sha256"].get<std::string>());
          ++read;
        }
      }
    }
  }
  EXPECT_GT(read, 200U);
}

// What zarr-python reads in each array of the corpus was recorded by make_corpus_values.py.
TEST(ZarrCorpus, WhatOthersWroteIsReadAsZarrPythonReadsIt) {
  const auto corpus = testing::corpus();
  if (!corpus) return;
  const Json expected = parse_json(read_file(fs::path(testing::source_dir()) / "tests" / "data" /
                                             "zarr2" / "corpus_values.json"));
  std::size_t arrays = 0;
  for (const auto& [path, value] : expected.items()) {
    SCOPED_TRACE(path);
    const fs::path folder = *corpus / "zarr2" / path;
    try {
      const Array array = Array::open(open_directory(folder));
      EXPECT_EQ(canonical(to_zarray(array.metadata())), canonical(read_file(folder / ".zarray")));
      const std::string found =
          array.metadata().is_object
              ? testing::sha256(as_bytes(dump_json(objects(array), JsonStyle::compact)))
              : digest(array);
      EXPECT_TRUE(value == "undefined" || value == found) << found << ", not " << value;
      ++arrays;
    } catch (const Error& error) {
      // Chunks with a byte too many, and a codec that neither has.
      EXPECT_TRUE(value.is_null()) << error.what();
      EXPECT_EQ(error.code(),
                path.ends_with("unit_id") ? ErrorCode::corrupt_data : ErrorCode::unsupported)
          << error.what();
    }
  }
  EXPECT_EQ(arrays, 256U);
}

}  // namespace
}  // namespace engram::zarr

// The documents of a store: `.zgroup`, `.zarray`, `.zattrs` and `.zmetadata`. Each is a key, the
// end of a line and a text; the byte 0x1e stands between them.
#include "engram/store/memory_store.hpp"
#include "engram/zarr/consolidated.hpp"
#include "engram/zarr/group.hpp"
#include "engram/zarr/hierarchy.hpp"
#include "fuzz/seeds.hpp"
#include "fuzz/target.hpp"

namespace {

using namespace engram;

constexpr char kBetween = '\x1e';
// Of a seed: many short inputs show more than few long ones.
constexpr std::size_t kLongest = 2000;

void dump(const store::MemoryStore& store, const std::string& prefix, std::string& out) {
  const store::Listing listing = store.list_dir(prefix);
  const std::string start = prefix.empty() ? "" : prefix + '/';
  for (const std::string& name : listing.keys) {
    if (!out.empty()) out += kBetween;
    const auto value = store.get(store::Key(start + name), 1U << 20U);
    out += start + name + '\n' + std::string(as_text(*value));
  }
  for (const std::string& name : listing.prefixes) dump(store, start + name, out);
}

std::shared_ptr<store::MemoryStore> load(std::string_view input) {
  auto made = std::make_shared<store::MemoryStore>();
  while (!input.empty()) {
    const std::string_view document = input.substr(0, input.find(kBetween));
    input.remove_prefix(std::min(input.size(), document.size() + 1));
    const auto [key, text] = fuzz::head_and_rest(document);
    fuzz::is_answered(
        [&, &key = key, &text = text] { made->set(store::Key(key), as_bytes(text)); });
  }
  return made;
}

// Opens all that lies below `group`, as long as `left` lasts.
void walk(const zarr::Group& group, unsigned& left) {
  fuzz::is_answered([&] { (void)group.attributes(); });
  for (const zarr::Child& child : group.children()) {
    if (left == 0) return;
    --left;
    fuzz::is_answered([&] {
      if (child.kind == zarr::NodeKind::group) {
        walk(group.group(child.name), left);
      } else {
        (void)group.array(child.name).attributes();
      }
    });
  }
}

}  // namespace

std::vector<std::string> engram::fuzz::seeds() {
  const auto made = std::make_shared<store::MemoryStore>();
  const Json attributes = {{"unit", "m"}, {"list", {1, 2.5, nullptr}}};
  zarr::Group root = zarr::Group::create(made, "", attributes);
  zarr::ArrayOptions options;
  options.type = DataType::integer(4);
  options.shape = {4, 5};
  options.attributes = attributes;
  root.create_array("a", options);
  root.create_group("g/h", attributes).create_array("b", options);
  std::string files, consolidated;
  dump(*made, "", files);
  zarr::consolidate(*made);
  dump(*made, "", consolidated);
  std::vector<std::string> all = {files, consolidated};
  all.push_back(
      R"(zarr.json
{"zarr_format":3,"node_type":"group","attributes":{"a":1},"consolidated_metadata":{"kind":"inline","must_understand":false,"metadata":{"g":{"zarr_format":3,"node_type":"group"},"g/a":{"zarr_format":3,"node_type":"array","shape":[4],"data_type":"int16","chunk_grid":{"name":"regular","configuration":{"chunk_shape":[2]}},"chunk_key_encoding":{"name":"default"},"fill_value":0,"codecs":[{"name":"bytes","configuration":{"endian":"little"}}]}}}}g/zarr.json
{"zarr_format":3,"node_type":"group"}g/a/zarr.json
{"zarr_format":3,"node_type":"array","shape":[2,2],"data_type":{"name":"structured","configuration":{"fields":[["x","int32"],["y",{"name":"fixed_length_utf32","configuration":{"length_bytes":8}}]]}},"chunk_grid":{"name":"regular","configuration":{"chunk_shape":[2,2]}},"chunk_key_encoding":{"name":"v2"},"fill_value":"AAAAAAAAAAAAAAAA","codecs":["bytes",{"name":"gzip","configuration":{"level":1}}],"dimension_names":["a",null]})");
  for (const std::string& text : corpus_texts({".zmetadata"}, 20, kLongest))
    all.push_back(".zgroup\n{\"zarr_format\": 2}\x1e.zmetadata\n" + text);
  return all;
}

std::size_t engram::fuzz::most_memory() { return 64U << 20U; }

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const Limits limits = fuzz::small_limits();
  const auto store = load(fuzz::text_of(data, size));
  fuzz::is_answered([&] { (void)zarr::read_hierarchy(*store, true, limits); });
  fuzz::is_answered([&] { (void)zarr::read_hierarchy(*store, false, limits); });
  fuzz::is_answered([&] { (void)zarr::check_consolidated(*store, limits); });
  for (const bool from_files : {true, false}) {
    fuzz::is_answered([&] {
      unsigned left = 200;
      walk(from_files ? zarr::Group::open(store, "", limits)
                      : zarr::Group::open_consolidated(store, limits),
           left);
    });
  }
  fuzz::is_answered([&] {
    zarr::consolidate(*store, limits);
    fuzz::require(zarr::check_consolidated(*store, limits).is_current(),
                  "what was just consolidated is current");
  });
  return 0;
}

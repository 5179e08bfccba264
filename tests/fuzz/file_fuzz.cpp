// Links, references and region references of a file: its `.zmetadata`, and behind 0x1e the source
// of a link on a web server.
#include "backend/link_places.hpp"
#include "engram/backend/open_file.hpp"
#include "engram/store/memory_store.hpp"
#include "fuzz/seeds.hpp"
#include "fuzz/target.hpp"

namespace {

using namespace engram;

constexpr char kBetween = '\x1e';
// Of a seed: many short inputs show more than few long ones.
constexpr std::size_t kLongest = 2000;

const char* const kDocument = R"({"zarr_consolidated_format": 1, "metadata": {
  ".zgroup": {"zarr_format": 2}, "g/.zgroup": {"zarr_format": 2}, "g/h/.zgroup": {"zarr_format": 2},
  ".zattrs": {"object_id": "r", "zarr_link": [
    {"name": "a", "path": "/g/h", "source": "."}, {"name": "b", "path": "/a/c", "source": "."},
    {"name": "d", "path": "/d/d", "source": "."}, {"name": "e", "path": "/x", "source": "../o"}]},
  "g/.zattrs": {"object_id": "g", "neurodata_type": "T", "namespace": "n",
    "to": {"zarr_dtype": "object", "value": {"source": ".", "path": "/a/c", "object_id": "g"}},
    "part": {"_REGION": {"source": ".", "path": "/g/n", "object_id": null, "regions": [
      {"origin": [0, 1], "shape": [2, 1]}, {"origin": [0, 3], "shape": [3, 2]},
      {"origin": [1, 0], "shape": [1, 4]}]}}},
  "g/h/.zattrs": {"zarr_link": [{"name": "c", "path": "/g", "source": "."}]},
  "g/n/.zarray": {"zarr_format": 2, "shape": [4, 5], "chunks": [2, 3], "dtype": "<i2",
    "compressor": null, "fill_value": 7, "order": "C", "filters": null},
  "g/refs/.zarray": {"zarr_format": 2, "shape": [2], "chunks": [2], "dtype": "|O",
    "compressor": null, "fill_value": 0, "order": "C", "filters": [{"id": "json2"}]},
  "g/refs/.zattrs": {"zarr_dtype": "object"}}})";

const char* const kReferences =
    R"([{"object_id":null,"path":"/g/h","source":".","source_object_id":null},)"
    R"({"object_id":"g","path":"/none","source":".","source_object_id":null},"|O",[2]])";

void look_at(const hdmf::Object& object, unsigned& left) {
  if (left == 0) return;
  --left;
  (void)object.link_path();
  (void)object.is_a("T");
  for (const auto& [name, value] : object.attributes()) {
    (void)object.target(name);
    if (!value.is<hdmf::RegionReference>()) continue;
    if (const auto selection = object.file().resolve(value.as<hdmf::RegionReference>())) {
      fuzz::is_answered([&] {
        const auto values = selection->values();
        fuzz::require(values.size() == selection->count(), "a value for each that is selected");
        fuzz::require(element_count(selection->shape()) == values.size(), "the shape is theirs");
      });
    }
  }
  for (const hdmf::Object& child : object.children()) {
    fuzz::require(object.find(child.name()) == child, "what is listed is found by its name");
    look_at(child, left);
  }
}

}  // namespace

std::vector<std::string> engram::fuzz::seeds() {
  std::vector<std::string> all;
  for (const char* source : {"../b.zarr", "b c.zarr", "../../out/x", "..\\b", "/etc", "http://h/x",
                             "../sub/../../data/b#?%2e"})
    all.push_back(std::string(kDocument) + kBetween + source);
  for (const std::string& text : corpus_texts({".zmetadata"}, 10, kLongest))
    all.push_back(text + kBetween + "../b.zarr");
  return all;
}

std::size_t engram::fuzz::most_memory() { return 64U << 20U; }

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view input = fuzz::text_of(data, size);
  const std::string_view document = input.substr(0, input.find(kBetween));
  const auto made = std::make_shared<store::MemoryStore>();
  made->set(store::Key(".zmetadata"), as_bytes(document));
  made->set(store::Key("g/refs/0"), as_bytes(kReferences));
  hdmf::OpenOptions options;
  options.limits = fuzz::small_limits();
  options.max_read_bytes = 1U << 20U;
  fuzz::is_answered([&] {
    const hdmf::File file = hdmf::open(std::shared_ptr<const store::ReadableStore>(made), options);
    unsigned left = 300;
    look_at(file.root(), left);
    (void)file.find_by_type("T", hdmf::Scope::linked);
    (void)file.find_by_id("g");
    fuzz::is_answered([&] { (void)file.follow_all(); });
    for (const hdmf::Problem& problem : file.problems())
      fuzz::require(problem.text.size() < 16U << 10U, "problems are short enough to be read");
  });
  if (document.size() == input.size()) return 0;
  const backend::LinkRoot root("http://h/data/a.zarr?key", {});
  const auto places =
      root.places(root.file().location, std::string(input.substr(document.size() + 1)));
  for (const auto& place : places.places) {
    fuzz::require((place.location + '/').starts_with("http://h/data/"),
                  "links stay below their root");
    fuzz::require(place.location.find("/../") == std::string::npos, "without a step up");
  }
  return 0;
}

// Zip archives: listed, read, and appended to.
#include <filesystem>
#include <fstream>

#include "engram/store/zip_store.hpp"
#include "fuzz/seeds.hpp"
#include "fuzz/target.hpp"
#include "store/raw_zip.hpp"
#include "testing/temp_dir.hpp"

namespace {

using namespace engram;

constexpr std::uint64_t kMostValue = 1U << 20U;

void read_value(const store::ZipStore& store, const store::Key& key) {
  std::optional<Bytes> value;
  const bool is_read = fuzz::is_answered([&] { value = store.get(key, kMostValue); });
  fuzz::is_answered([&] { (void)store.size(key); });
  fuzz::is_answered([&] {
    const auto part = store.get_range(key, 3, 100);
    if (!is_read || !value) return;
    const BytesView whole(*value);
    const BytesView expected = whole.subspan(std::min<std::size_t>(3, whole.size()));
    fuzz::require(part && as_text(*part) ==
                              as_text(expected.first(std::min<std::size_t>(100, expected.size()))),
                  "a range is a part of the value");
  });
}

void read_all(const store::ZipStore& store, const std::string& prefix, unsigned& left) {
  const store::Listing listing = store.list_dir(prefix);
  const std::string start = prefix.empty() ? "" : prefix + '/';
  for (const std::string& name : listing.keys) {
    if (left == 0) return;
    --left;
    read_value(store, store::Key(start + name));
  }
  for (const std::string& name : listing.prefixes)
    if (left > 0) read_all(store, start + name, left);
}

// A directory that is there for all inputs.
const testing::TempDir& place() {
  static const testing::TempDir dir;
  return dir;
}

}  // namespace

std::vector<std::string> engram::fuzz::seeds() {
  using testing::RawEnd;
  using testing::RawEntry;
  std::string text;
  for (int i = 0; i < 100; ++i) text += "value " + std::to_string(i % 7);
  RawEntry zip64 = testing::stored("d/zip64", text);
  zip64.zip64 = true;
  RawEntry descriptor = testing::deflated("d/descriptor", text);
  descriptor.descriptor = true;
  RawEntry zstd = testing::stored("zstd", "x");
  zstd.method = 93;
  RawEnd end64, around;
  end64.zip64 = true;
  around.prefix = "#!/bin/sh\n";
  around.comment = "PK\x05\x06 stands here too, and more text than an end record has bytes";
  const std::string path = place() / "seed.zip";
  {
    store::ZipStore made(path, store::ZipStore::Mode::create);
    for (const char* key : {".zgroup", "a/.zarray", "a/0.0", "a/0.1"})
      made.set(store::Key(key), as_bytes(text));
    made.finish();
  }
  std::vector<std::string> all = {
      testing::raw_zip({testing::stored("a", "1"), testing::deflated("b/c", text)}),
      testing::raw_zip({testing::stored("a", "1"), testing::stored("a", "2"), zstd}, around),
      testing::raw_zip({zip64, descriptor, testing::stored("../x", "1")}, end64),
      testing::raw_zip({}), file_text(path)};
  std::filesystem::remove(path);
  for (std::string& archive : corpus_texts({".zip"}, 10)) all.push_back(std::move(archive));
  return all;
}

std::size_t engram::fuzz::most_memory() { return 32U << 20U; }

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string path = place() / "x.zip";
  std::ofstream(path, std::ios::binary) << fuzz::text_of(data, size);
  fuzz::is_answered([&] {
    const store::ZipStore store(path, store::ZipStore::Mode::read);
    unsigned left = 100;
    read_all(store, "", left);
  });
  fuzz::is_answered([&] {
    store::ZipStore store(path, store::ZipStore::Mode::append);
    store.set(store::Key("new"), as_bytes("value"));
    unsigned left = 100;
    read_all(store, "", left);
    // finish() waits for the disk, which would be most of the time.
    if (size % 64 != 0) return;
    store.finish();
    const store::ZipStore again(path, store::ZipStore::Mode::read);
    fuzz::require(again.size(store::Key("new")) == 5, "what was appended is there");
  });
  return 0;
}

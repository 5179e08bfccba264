// Names: keys of a store, paths of nodes, and the URLs of stores.
#include "engram/store/key.hpp"
#include "engram/store/memory_store.hpp"
#include "engram/store/open_store.hpp"
#include "fuzz/seeds.hpp"
#include "fuzz/target.hpp"
#include "store/http_url.hpp"
#include "zarr/documents.hpp"

std::vector<std::string> engram::fuzz::seeds() {
  return {"a",
          "acquisition/es/data/0.0",
          "/a/b/",
          "a/../b",
          "..",
          "a//b",
          "a\\b",
          std::string("a\0b", 3),
          ".a.0123abcd.part",
          "\xc3\xa9/\xf0\x9f\xa7\xa0",
          std::string(255, 'n') + "/x",
          "http://user:secret@host:8080/x%20y.zarr?token=1#f",
          "https://[::1]/a/b",
          "file:///tmp/a%2fb.zarr",
          "file:a.zip",
          "s3://bucket/key",
          "memory:"};
}

std::size_t engram::fuzz::most_memory() { return 16U << 20U; }

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace engram;
  const std::string text(fuzz::text_of(data, size));
  fuzz::is_answered([&] {
    const store::Key key(text);
    fuzz::require(key.str() == text && text.size() <= 4096 && is_utf8(text), "a key is its text");
    const std::string framed = '/' + text + '/';
    for (const char* bad : {"//", "/./", "/../", "\\"})
      fuzz::require(framed.find(bad) == std::string::npos, "a key leads nowhere else");
    fuzz::require(text.find('\0') == std::string::npos, "a key has no NUL");
    store::MemoryStore store;
    store.set(key, as_bytes("x"));
    fuzz::require(store.size(key) == 1, "a key is found again");
  });
  fuzz::is_answered([&] {
    const std::string path = zarr::normal_path(text);
    if (!path.empty()) (void)store::Key(path);
  });
  fuzz::is_answered([&] { (void)store::local_path(text); });
  fuzz::is_answered([&] {
    const store::HttpUrl url(text);
    const std::string of_key = url.of(store::Key("a b/%2e"));
    fuzz::require(of_key.find("a%20b/%252") != std::string::npos, "names are percent-encoded");
    fuzz::require(of_key.starts_with(url.is_secure() ? "https://" : "http://"),
                  "keys lie where the store does");
  });
  return 0;
}

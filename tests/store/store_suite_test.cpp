// All stores pass the same suites: a new one is one line in each of these lists.
#include "testing/store_suite.hpp"

#include <gtest/gtest.h>

#include <cstdlib>
#include <memory>
#include <utility>

#include "engram/store/checksum_store.hpp"
#include "engram/store/directory_store.hpp"
#include "engram/store/http_store.hpp"
#include "engram/store/memory_store.hpp"
#include "engram/store/prefix_store.hpp"
#include "engram/store/zip_store.hpp"
#include "testing/faulty_store.hpp"
#include "testing/http_server.hpp"
#include "testing/temp_dir.hpp"

namespace engram::testing {
namespace {

using store::DirectoryStore;
using store::MemoryStore;
using store::ZipStore;

/// A store and the directory that it lies in, which goes when the store does.
template <typename Store>
struct Housed {
  template <typename... Arguments>
  explicit Housed(const std::string& name, Arguments... arguments)
      : store(dir / name, arguments...) {}
  TempDir dir;
  Store store;
};

template <typename Store, typename... Arguments>
std::shared_ptr<Store> make_housed(const std::string& name, Arguments... arguments) {
  const auto housed = std::make_shared<Housed<Store>>(name, arguments...);
  return {housed, &housed->store};
}

std::shared_ptr<store::Store> make_memory() { return std::make_shared<MemoryStore>(); }

std::shared_ptr<store::Store> make_directory() {
  return make_housed<DirectoryStore>("store", DirectoryStore::Mode::create);
}

std::shared_ptr<store::Store> make_fast_directory() {
  return make_housed<DirectoryStore>("store", DirectoryStore::Mode::create_fast);
}

std::shared_ptr<store::Store> make_old_directory() {
  return make_housed<DirectoryStore>("", DirectoryStore::Mode::update);
}

std::shared_ptr<store::Store> make_zip() {
  return make_housed<ZipStore>("store.zip", ZipStore::Mode::create);
}

/// An archive that is there, without entries, to append to.
struct Appended {
  Appended() { ZipStore(path, ZipStore::Mode::create).finish(); }
  TempDir dir;
  std::string path = dir / "store.zip";
};

std::shared_ptr<store::Store> make_old_zip() {
  struct Both : Appended {
    ZipStore store{path, ZipStore::Mode::append};
  };
  const auto both = std::make_shared<Both>();
  return {both, &both->store};
}

/// One that was written, finished and opened anew.
std::shared_ptr<const store::ReadableStore> read_zip(const Contents& contents) {
  struct Finished {
    explicit Finished(const Contents& c) {
      ZipStore draft(path, ZipStore::Mode::create);
      for (const auto& [key, value] : c) draft.set(store::Key(key), as_bytes(value));
      draft.finish();
    }
    TempDir dir;
    std::string path = dir / "store.zip";
  };
  struct Both : Finished {
    explicit Both(const Contents& c) : Finished(c) {}
    ZipStore store{path, ZipStore::Mode::read};
  };
  const auto both = std::make_shared<Both>(contents);
  return {both, &both->store};
}

/// All but what must be there comes from the interface.
class PlainStore final : public store::Store {
 public:
  std::optional<Bytes> get(const store::Key& key, std::uint64_t max_size) const override {
    return memory_.get(key, max_size);
  }
  std::optional<Bytes> get_range(const store::Key& key, std::uint64_t offset,
                                 std::uint64_t size) const override {
    return memory_.get_range(key, offset, size);
  }
  std::optional<std::uint64_t> size(const store::Key& key) const override {
    return memory_.size(key);
  }
  store::Listing list_dir(const std::string& prefix) const override {
    return memory_.list_dir(prefix);
  }
  std::string name() const override { return "plain"; }
  void set(const store::Key& key, BytesView value) override { memory_.set(key, value); }
  void erase(const store::Key& key) override { memory_.erase(key); }

 private:
  MemoryStore memory_;
};

std::shared_ptr<store::Store> make_plain() { return std::make_shared<PlainStore>(); }

/// A faulty store whose fault never comes must be as good as the one behind it.
std::shared_ptr<store::Store> make_faultless() {
  struct Both {
    MemoryStore memory;
    FaultyStore store{memory, ~std::uint64_t{0}, FaultyStore::Fault::fail};
  };
  const auto both = std::make_shared<Both>();
  return {both, &both->store};
}

/// So must be one that gathers checksums.
std::shared_ptr<store::Store> make_summed() {
  return std::make_shared<store::ChecksumStore>(std::make_shared<MemoryStore>(),
                                                std::make_shared<store::Checksums>());
}

/// And one that shows a part of another, in which more lies beside it.
std::shared_ptr<store::Store> make_part_of(std::shared_ptr<store::Store> whole) {
  for (const char* beside : {"a/b", "a/b.zarr1", "b"})
    whole->set(store::Key(beside), as_bytes("not of the part"));
  return std::make_shared<store::PrefixStore>(std::move(whole), store::Key("a/b.zarr"));
}

std::shared_ptr<const store::ReadableStore> read_part(const Contents& contents) {
  const auto whole = std::make_shared<MemoryStore>();
  whole->set(store::Key("b"), as_bytes("not of the part"));
  for (const auto& [key, value] : contents) whole->set(store::Key("a/" + key), as_bytes(value));
  return std::make_shared<const store::PrefixReader>(whole, store::Key("a"));
}

enum class Server { complete, without_ranges, without_head };

/// On a web server that knows all of HTTP that a store needs, or nearly all.
auto served_by(Server kind) {
  return [kind](const Contents& contents) -> std::shared_ptr<const store::ReadableStore> {
    struct Both {
      explicit Both(HttpServer::Handler handler) : server(std::move(handler)) {}
      HttpServer server;
      store::HttpStore store{server.url("/a%20b/x.zarr/")};
    };
    const auto both = std::make_shared<Both>([=](const ServerRequest& request) {
      ServerRequest seen = request;
      if (kind == Server::without_ranges) seen.headers.erase("range");
      ServerAnswer answer = HttpServer::serve(seen, contents, "/a b/x.zarr");
      if (kind == Server::without_head && request.method == "HEAD") answer.status = 405;
      return answer;
    });
    return {both, &both->store};
  };
}

INSTANTIATE_TEST_SUITE_P(
    Stores, StoreSuite,
    ::testing::Values(StoreCase{"Memory", &make_memory}, StoreCase{"Create", &make_directory},
                      StoreCase{"CreateFast", &make_fast_directory, false},
                      StoreCase{"Update", &make_old_directory}, StoreCase{"Zip", &make_zip},
                      StoreCase{"ZipAppend", &make_old_zip}, StoreCase{"Plain", &make_plain},
                      StoreCase{"Faultless", &make_faultless}, StoreCase{"Summed", &make_summed},
                      StoreCase{"PartOfMemory", [] { return make_part_of(make_memory()); }},
                      StoreCase{"PartOfDirectory", [] { return make_part_of(make_directory()); }}),
    StoreSuite::name_of);

INSTANTIATE_TEST_SUITE_P(
    Stores, ReadableStoreSuite,
    ::testing::Values(ReadableStoreCase{"Memory", filled_by(&make_memory)},
                      ReadableStoreCase{"Directory", filled_by(&make_directory)},
                      ReadableStoreCase{"Summed", filled_by(&make_summed)},
                      ReadableStoreCase{"Part",
                                        filled_by([] { return make_part_of(make_directory()); })},
                      ReadableStoreCase{"PartToRead", &read_part},
                      ReadableStoreCase{"ZipDraft", filled_by(&make_zip)},
                      ReadableStoreCase{"Zip", &read_zip},
                      ReadableStoreCase{"Http", served_by(Server::complete), false},
                      ReadableStoreCase{"HttpNoRanges", served_by(Server::without_ranges), false},
                      ReadableStoreCase{"HttpNoHead", served_by(Server::without_head), false}),
    ReadableStoreSuite::name_of);

TEST(PrefixStoreTest, HoldsToItsPrefix) {
  const auto whole = std::make_shared<MemoryStore>();
  store::PrefixStore part(whole, store::Key("a/b.zarr"));
  EXPECT_EQ(part.name(), "memory/a/b.zarr");
  whole->set(store::Key("a/b"), as_bytes("beside"));
  part.set(store::Key("c/0"), as_bytes("x"));
  EXPECT_EQ(whole->size(store::Key("a/b.zarr/c/0")), 1U);
  part.erase_prefix("");
  EXPECT_EQ(whole->list_dir("a").keys, std::vector<std::string>{"b"});
  expect_error(ErrorCode::invalid_argument, "more than 4096 bytes", [&] {
    std::string deep = "x";
    while (deep.size() < 4090) deep += "/x";
    part.set(store::Key(deep), as_bytes("x"));
  });
  const auto lock = part.lock();
  expect_error(ErrorCode::already_exists, "another writer", [&] { (void)whole->lock(); });
}

TEST(MemoryStoreTest, HasAName) { EXPECT_EQ(MemoryStore().name(), "memory"); }

}  // namespace
}  // namespace engram::testing

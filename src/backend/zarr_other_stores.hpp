#pragma once

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "backend/link_places.hpp"
#include "engram/backend/open.hpp"
#include "engram/hdmf/builder.hpp"

namespace engram::backend {

/// Another Zarr store that links lead to, read once.
struct OtherStore {
  std::string path;  ///< Of its directory, absolute and without symbolic links.
  hdmf::GroupBuilder tree;
  std::vector<Notice> notices;  ///< What could not be read of it as it was.
};

/// The stores that links lead to from one store on.
///
/// One thread.
class OtherStores {
 public:
  /// A place in a store. Where `store` is nullptr there is none, and `why` says why.
  struct Target {
    const OtherStore* store = nullptr;
    std::string path;
    const hdmf::GroupBuilder* group = nullptr;      ///< What lies there: this,
    const hdmf::DatasetBuilder* dataset = nullptr;  ///< or this.
    std::string why;
    bool is_refused = false;  ///< It may be there, but leads out of the allowed directory.
  };

  /// From the store at `path`, whose tree is `root`: copied, as it will be changed. Stores outside
  /// of the directory that holds the first store and of those in `allowed` are refused; `anywhere`:
  /// none is.
  OtherStores(const std::string& path, const hdmf::GroupBuilder& root, const Limits& limits,
              const std::vector<std::string>& allowed, bool anywhere);

  /// The first store.
  const OtherStore& own() const noexcept { return *own_; }

  /// What a link of `from` with this `source` and `path` leads to, through other links, too.
  Target find(const OtherStore& from, const std::string& source, const std::string& path);

 private:
  const OtherStore* open(const OtherStore& from, const std::string& source, Target& target);
  const OtherStore* read(const std::string& path);

  const Limits& limits_;
  LinkRoot link_root_;
  std::map<std::string, std::unique_ptr<OtherStore>> stores_;  ///< By path.
  OtherStore* own_ = nullptr;
};

}  // namespace engram::backend

#include "engram/backend/open_file.hpp"

#include <utility>

#include "backend/link_places.hpp"
#include "engram/backend/open.hpp"
#include "engram/base/error.hpp"

namespace engram::hdmf {
namespace {

OpenedTree read(backend::Reader& reader) {
  OpenedTree tree;
  tree.root = reader.read_tree();
  tree.format = reader.format();
  for (const backend::Notice& notice : reader.notices()) {
    // Changes are of what a Zarr store would hold, not of what is read here.
    if (notice.kind == backend::Notice::Kind::changed) continue;
    const bool is_dangling = notice.kind == backend::Notice::Kind::dangling;
    tree.problems.push_back({is_dangling ? Problem::Kind::dangling : Problem::Kind::left_out, "",
                             notice.path, notice.text});
  }
  return tree;
}

backend::ReadOptions read_options(const OpenOptions& options, const backend::LinkRoot& root) {
  backend::ReadOptions result;
  result.limits = options.limits;
  // Another file may lead to what the first one may, and to no more.
  result.allow_external = root.allowed();
  return result;
}

class Opener final : public FileOpener {
 public:
  Opener(backend::LinkRoot root, const OpenOptions& options)
      : root_(std::move(root)), options_(options) {}

  LinkPlaces places(const std::string& location, const std::string& source) const override {
    if (!options_.follow_other_files) return {{}, "other files are not to be followed"};
    return root_.places(location, source);
  }

  OpenedTree open(const LinkPlaces::Place& place) const override {
    OpenedTree tree =
        read(*backend::open_reader(root_.opened(place), read_options(options_, root_)));
    tree.location = place.location;
    tree.identity = place.identity;
    return tree;
  }

 private:
  backend::LinkRoot root_;
  OpenOptions options_;
};

}  // namespace

File open(const std::string& path, const OpenOptions& options) {
  backend::LinkRoot root(path, options.allow_external);
  OpenedTree tree = read(*backend::open_reader(path, read_options(options, root)));
  tree.location = root.file().location;
  tree.identity = root.file().identity;
  return File(std::move(tree), options, std::make_shared<const Opener>(std::move(root), options));
}

File open(std::shared_ptr<const store::ReadableStore> store, const OpenOptions& options) {
  std::string name = store->name();
  OpenedTree tree = read(*backend::open_zarr_reader(std::move(store), options.limits));
  tree.location = std::move(name);
  return File(std::move(tree), options);
}

}  // namespace engram::hdmf

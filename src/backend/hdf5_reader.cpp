#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <filesystem>
#include <fstream>
#include <system_error>
#include <utility>

#include "backend/hdf5_reader_objects.hpp"
#include "backend/hdf5_reader_tree.hpp"
#include "engram/backend/activity.hpp"
#include "engram/backend/open.hpp"
#include "engram/hdf5/file.hpp"
#include "engram/hdf5/library.hpp"
#include "hdf5/file_guard.hpp"

namespace engram::backend {
namespace {

/// True when the first `size` bytes of the file are not all zero.
bool has_content(const std::string& path, std::uint64_t size) {
  std::ifstream file(path, std::ios::binary);
  std::array<char, 4096> bytes{};
  while (size > 0 && file) {
    const std::uint64_t part = std::min<std::uint64_t>(size, bytes.size());
    file.read(bytes.data(), static_cast<std::streamsize>(part));
    if (std::any_of(bytes.begin(), bytes.begin() + file.gcount(), [](char c) { return c != 0; }))
      return true;
    size -= part;
  }
  return false;
}

// HDF5 looks beside the file as it was named, and beside the one that its links lead to.
AllowedPlaces allowed_places(const std::string& path, const std::vector<std::string>& more) {
  namespace fs = std::filesystem;
  std::error_code failed;
  std::vector<std::string> directories;
  for (const fs::path& place : {fs::absolute(path, failed), fs::canonical(path, failed)})
    if (const auto directory = fs::canonical(place.parent_path(), failed); !failed)
      directories.push_back(directory.string());
  for (const std::string& one : more) directories.push_back(existing_directory(one));
  return AllowedPlaces(std::move(directories));
}

class Hdf5Reader final : public Reader {
 public:
  Hdf5Reader(const std::string& path, const ReadOptions& options)
      : file_(hdf5::File::open(
            path, std::make_shared<hdf5::FileGuard>(allowed_places(path, options.allow_external)))),
        options_(options) {}

  hdmf::GroupBuilder read_tree(const hdmf::OnNode& on_node) override {
    notices_.clear();
    const std::uint64_t user_block = file_->user_block_size();
    if (user_block > 0 && has_content(file_->path(), user_block))
      notices_.push_back(
          {Notice::Kind::left_out, "/",
           fmt::format("the file's user block of {} bytes is left out", user_block)});
    try {
      Hdf5TreeReader tree(file_, options_, std::make_shared<PlacedObjects>(), notices_, on_node);
      hdmf::GroupBuilder root = tree.read();
      std::stable_sort(notices_.begin(), notices_.end(),
                       [](const Notice& a, const Notice& b) { return a.path < b.path; });
      return root;
    } catch (Error& error) {
      error.at(file_->path());
      throw;
    }
  }

  const std::vector<Notice>& notices() const override { return notices_; }
  std::string format() const override { return "HDF5"; }

 private:
  std::shared_ptr<hdf5::File> file_;
  const ReadOptions options_;
  std::vector<Notice> notices_;
};

}  // namespace

std::uint64_t hdf5_activity() noexcept { return hdf5::calls(); }

std::unique_ptr<Reader> open_hdf5_reader(const std::string& path, const ReadOptions& options) {
  return std::make_unique<Hdf5Reader>(path, options);
}

std::unique_ptr<Reader> open_hdf5_reader(const std::string& path, const Limits& limits) {
  return open_hdf5_reader(path, ReadOptions{limits, std::nullopt, {}});
}

}  // namespace engram::backend

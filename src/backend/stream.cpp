#include "engram/backend/stream.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <mutex>
#include <utility>

#include "backend/key_path.hpp"
#include "backend/stream_create.hpp"
#include "backend/stream_values.hpp"
#include "engram/array/slices.hpp"
#include "engram/base/error.hpp"
#include "engram/store/directory_store.hpp"
#include "engram/store/open_store.hpp"
#include "engram/zarr/array.hpp"
#include "engram/zarr/consolidated.hpp"
#include "engram/zarr/group.hpp"
#include "engram/zarr/transaction.hpp"
#include "zarr/buffered_array.hpp"
#include "zarr/documents.hpp"

namespace engram::backend {
namespace {

namespace fs = std::filesystem;
using store::DirectoryStore;

std::string array_key(const std::string& path) {
  return zarr::join(key_path(path), zarr::kArrayName);
}

// A zip file is nothing until it is complete, so that nobody could read what was flushed.
std::string directory_path(const std::string& url) {
  const auto path = store::local_path(url);
  if (!path)
    throw Error(ErrorCode::unsupported,
                fmt::format("{} is no directory, and engram streams into directories only", url));
  if (path->ends_with(".zip") || store::is_zip_file(*path))
    throw Error(ErrorCode::unsupported,
                fmt::format("{} is a zip file, which can't be read while it is written: stream "
                            "into a directory and convert that afterwards",
                            url));
  return *path;
}

bool is_at_least(const Shape& a, const Shape& b) {
  for (std::size_t d = 0; d < a.size(); ++d)
    if (a[d] < b[d]) return false;
  return a.size() == b.size();
}

std::vector<OpenStream> as_opened(const std::vector<StreamOptions>& streams) {
  std::vector<OpenStream> opened;
  opened.reserve(streams.size());
  for (const StreamOptions& stream : streams) opened.push_back({stream.path, stream.max_shape});
  return opened;
}

// Brings the single files and `.zmetadata` together where a flush was interrupted between them.
void mend_shapes(const std::shared_ptr<store::Store>& store, std::vector<zarr::Array>& arrays,
                 const Limits& limits) {
  const store::Key consolidated{std::string(zarr::kConsolidatedName)};
  if (!store->size(consolidated)) return;
  const zarr::Group root = zarr::Group::open_consolidated(store, limits);
  zarr::DocumentChanges changes;
  for (zarr::Array& array : arrays) {
    std::optional<Shape> known;
    if (root.kind_of(array.path()) == zarr::NodeKind::array)
      known = root.array(array.path()).shape();
    if (known == array.shape()) continue;
    if (known && is_at_least(*known, array.shape())) {
      array.resize(*known);
    } else {
      changes.emplace(array_key(array.path()), zarr::to_zarray_json(array.metadata()));
    }
  }
  if (changes.empty()) return;
  if (const auto text = zarr::amended_consolidated(*store, changes, limits))
    store->set(consolidated, as_bytes(*text));
}

// The lock of `store` where its medium has one; a transaction that was interrupted is ended before.
std::unique_ptr<store::WriteLock> keep_others_away(store::Store& store, const Limits& limits) {
  try {
    zarr::recover(store, limits);
    return store.lock();
  } catch (const Error& error) {
    if (error.code() == ErrorCode::unsupported) return nullptr;
    throw;
  }
}

}  // namespace

struct StreamSession::Impl {
  Impl(std::shared_ptr<store::Store> opened, const StreamSessionOptions& session_options)
      : store(std::move(opened)),
        options(session_options),
        lock(keep_others_away(*store, options.limits)),
        buffer(session_options.memory / 2, session_options.pool) {}

  /// What `work` returns, with the store's name in its errors; nothing else is done meanwhile.
  template <typename Work>
  auto run(Work work) {
    const std::lock_guard guard(mutex);
    try {
      if (!is_open) throw Error(ErrorCode::invalid_argument, "the streaming session was closed");
      return work();
    } catch (Error& error) {
      error.at(store->name());
      throw;
    }
  }

  void flush();

  const std::shared_ptr<store::Store> store;
  const StreamSessionOptions options;
  std::unique_ptr<store::WriteLock> lock;  ///< Until the session is closed.
  mutable std::mutex mutex;
  bool is_open = true;
  zarr::ChunkBuffer buffer;
  std::vector<std::unique_ptr<StreamedDataset>> datasets;
};

struct StreamedDataset::Impl {
  StreamSession::Impl& session;
  const std::string path;
  const hdmf::ElementType type;
  zarr::BufferedArray array;

  std::vector<Json> objects(std::span<const hdmf::Value> values) const {
    try {
      if (!std::holds_alternative<hdmf::ObjectType>(type))
        throw Error(ErrorCode::invalid_argument,
                    "the dataset has elements of fixed size, not values");
      return objects_of(values, std::get<hdmf::ObjectType>(type), array.array().metadata());
    } catch (Error& error) {
      error.at(path);
      throw;
    }
  }

  Region behind(std::uint64_t count, std::size_t axis) const {
    try {
      return slices_behind(array.shape(), count, axis);
    } catch (Error& error) {
      error.at(path);
      throw;
    }
  }
};

// The order is what keeps the store whole at every moment: chunks that no shape has yet, then all
// shapes at once for whoever reads `.zmetadata`, then one by one for those who don't.
void StreamSession::Impl::flush() {
  buffer.write_all();
  if (options.sync) store->sync();
  zarr::DocumentChanges changes;
  for (const auto& dataset : datasets) {
    const zarr::BufferedArray& array = dataset->impl_->array;
    if (array.shape() != array.array().shape())
      changes.emplace(array_key(dataset->path()), zarr::to_zarray_json(array.grown()));
  }
  if (changes.empty()) return;
  if (const auto text = zarr::amended_consolidated(*store, changes, options.limits))
    store->set(store::Key(zarr::kConsolidatedName), as_bytes(*text));
  for (const auto& dataset : datasets) dataset->impl_->array.publish();
  if (options.sync) store->sync();
}

StreamSession::StreamSession(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
StreamSession::StreamSession(StreamSession&& other) noexcept = default;

StreamSession::~StreamSession() {
  if (impl_ == nullptr) return;
  try {
    close();
  } catch (...) {  // NOLINT(bugprone-empty-catch): who wants to know calls close()
  }
}

StreamSession StreamSession::create(const std::string& path, hdmf::GroupBuilder root,
                                    const std::vector<StreamOptions>& streams,
                                    const StreamSessionOptions& options) {
  const std::string target = directory_path(path);
  if (fs::exists(fs::symlink_status(target)))
    throw Error(ErrorCode::already_exists, fmt::format("{} is there already", target));
  const std::string part = target + ".part";
  const auto made = std::make_shared<DirectoryStore>(part, DirectoryStore::Mode::create_fast);
  std::error_code failure;
  try {
    write_stream_tree(made, std::move(root), streams, options);
    if (options.sync) made->sync();
    fs::rename(part, target, failure);
    if (failure)
      throw Error(ErrorCode::io_error,
                  fmt::format("can't rename {} to {}: {}", part, target, failure.message()));
  } catch (...) {
    std::error_code ignored;
    fs::remove_all(part, ignored);
    throw;
  }
  return open(target, as_opened(streams), options);
}

StreamSession StreamSession::create(std::shared_ptr<store::Store> store, hdmf::GroupBuilder root,
                                    const std::vector<StreamOptions>& streams,
                                    const StreamSessionOptions& options) {
  write_stream_tree(store, std::move(root), streams, options);
  return open(std::move(store), as_opened(streams), options);
}

StreamSession StreamSession::open(const std::string& path, const std::vector<OpenStream>& streams,
                                  const StreamSessionOptions& options) {
  return open(std::make_shared<DirectoryStore>(directory_path(path), DirectoryStore::Mode::update),
              streams, options);
}

StreamSession StreamSession::open(std::shared_ptr<store::Store> store,
                                  const std::vector<OpenStream>& streams,
                                  const StreamSessionOptions& options) {
  auto impl = std::make_unique<Impl>(std::move(store), options);
  return impl->run([&] {
    std::vector<zarr::Array> arrays;
    arrays.reserve(streams.size());
    for (const OpenStream& stream : streams)
      arrays.push_back(zarr::Array::open(impl->store, stream.path, options.limits));
    mend_shapes(impl->store, arrays, options.limits);
    impl->datasets.reserve(arrays.size());
    for (std::size_t i = 0; i < arrays.size(); ++i) {
      zarr::Array& array = arrays[i];
      const std::string path = "/" + array.path();
      try {
        for (const auto& other : impl->datasets)
          if (other->path() == path)
            throw Error(ErrorCode::invalid_argument, "the dataset was named twice");
        Shape max_shape = streams[i].max_shape;
        if (max_shape.empty() && !array.shape().empty()) {
          max_shape = array.shape();
          max_shape[0] = hdmf::kUnlimited;
        }
        hdmf::ElementType type = array.metadata().type.little_endian();
        if (array.metadata().is_object) type = object_type_of(array.metadata(), array.attributes());
        impl->datasets.push_back(std::unique_ptr<StreamedDataset>(
            new StreamedDataset(std::unique_ptr<StreamedDataset::Impl>(new StreamedDataset::Impl{
                *impl, path, std::move(type),
                zarr::BufferedArray(impl->buffer, impl->store, std::move(array),
                                    std::move(max_shape), false, options.limits)}))));
      } catch (Error& error) {
        error.at(path);
        throw;
      }
    }
    return StreamSession(std::move(impl));
  });
}

StreamedDataset& StreamSession::dataset(std::string_view path) {
  std::string known;
  for (const auto& dataset : impl_->datasets) {
    if (dataset->path() == path || dataset->path().substr(1) == path) return *dataset;
    known += (known.empty() ? "" : ", ") + dataset->path();
  }
  throw Error(ErrorCode::not_found,
              fmt::format("{} is none of the datasets that are streamed: {}", path, known));
}

std::vector<StreamedDataset*> StreamSession::datasets() {
  std::vector<StreamedDataset*> all;
  for (const auto& dataset : impl_->datasets) all.push_back(dataset.get());
  return all;
}

void StreamSession::flush() {
  impl_->run([&] { impl_->flush(); });
}

void StreamSession::close() {
  {
    const std::lock_guard lock(impl_->mutex);
    if (!impl_->is_open) return;
  }
  impl_->run([&] {
    impl_->flush();
    impl_->is_open = false;
    impl_->lock.reset();
  });
}

bool StreamSession::is_open() const {
  const std::lock_guard lock(impl_->mutex);
  return impl_->is_open;
}

StreamedDataset::StreamedDataset(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
StreamedDataset::~StreamedDataset() = default;

const std::string& StreamedDataset::path() const noexcept { return impl_->path; }
const hdmf::ElementType& StreamedDataset::type() const noexcept { return impl_->type; }
const Shape& StreamedDataset::max_shape() const noexcept { return impl_->array.max_shape(); }
const Shape& StreamedDataset::chunk_shape() const noexcept {
  return impl_->array.array().metadata().chunk_shape;
}

Shape StreamedDataset::shape() const {
  const std::lock_guard lock(impl_->session.mutex);
  return impl_->array.shape();
}

Shape StreamedDataset::flushed_shape() const {
  const std::lock_guard lock(impl_->session.mutex);
  return impl_->array.array().shape();
}

void StreamedDataset::check_type(const DataType& asked) const {
  const DataType* const own = std::get_if<DataType>(&impl_->type);
  if (own != nullptr && *own == asked) return;
  Error error(ErrorCode::invalid_argument,
              fmt::format("the dataset holds {}, not {}",
                          own != nullptr ? type_name(*own) : "values", type_name(asked)));
  error.at(impl_->path);
  throw Error(error);
}

void StreamedDataset::write(const Region& region, BytesView elements) {
  write(std::span(&region, 1), elements);
}

void StreamedDataset::write(std::span<const Region> selection, BytesView elements) {
  impl_->session.run([&] { impl_->array.write(selection, elements); });
}

void StreamedDataset::write(const hdmf::DataChunk& chunk) {
  if (const auto* bytes = std::get_if<Bytes>(&chunk.elements))
    return write(chunk.selection, *bytes);
  write_values(chunk.selection, std::get<std::vector<hdmf::Value>>(chunk.elements));
}

Region StreamedDataset::append(BytesView elements, std::size_t axis) {
  return impl_->session.run([&] {
    const DataType* const type = std::get_if<DataType>(&impl_->type);
    const std::uint64_t size = type != nullptr ? type->size : 1;
    if (elements.size() % size != 0) {
      Error error(
          ErrorCode::invalid_argument,
          fmt::format("{} bytes are no whole number of elements of {}", elements.size(), size));
      error.at(impl_->path);
      throw Error(error);
    }
    Region region = impl_->behind(elements.size() / size, axis);
    impl_->array.write(std::span(&region, 1), elements);
    return region;
  });
}

void StreamedDataset::write_values(const Region& region, std::span<const hdmf::Value> values) {
  write_values(std::span(&region, 1), values);
}

void StreamedDataset::write_values(std::span<const Region> selection,
                                   std::span<const hdmf::Value> values) {
  impl_->session.run([&] { impl_->array.write_objects(selection, impl_->objects(values)); });
}

Region StreamedDataset::append_values(std::span<const hdmf::Value> values, std::size_t axis) {
  return impl_->session.run([&] {
    const std::vector<Json> objects = impl_->objects(values);
    Region region = impl_->behind(objects.size(), axis);
    impl_->array.write_objects(std::span(&region, 1), objects);
    return region;
  });
}

}  // namespace engram::backend

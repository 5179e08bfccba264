#pragma once

#include <memory>
#include <optional>
#include <string>

#include "engram/store/http_store.hpp"
#include "engram/store/store.hpp"

namespace engram::store {

struct OpenOptions {
  HttpOptions http;
};

/// The store at `url`, to be read:
///
/// | url | store |
/// |---|---|
/// | a path, `file:path`, `file:///path` | the directory there, or the zip file there |
/// | `http://...`, `https://...` | HttpStore |
/// | `memory:` | an empty MemoryStore of its own |
///
/// In `file:///path` the path is percent-encoded. A file is taken for a zip by its first bytes. A
/// path that begins like another of these is written as "./memory:".
///
/// Throws Error(not_found), Error(io_error), Error(corrupt_data) as the store's constructor does,
/// Error(unsupported) for other schemes and for a file that is no zip, Error(invalid_argument) for
/// a URL that is none.
std::shared_ptr<const ReadableStore> open_store(const std::string& url,
                                                const OpenOptions& options = {});

/// A new, empty store at `url`, which must not be there: a zip file when the path ends in ".zip",
/// else a directory. Its finish() is to be called at the end. Throws Error(already_exists),
/// Error(not_found) when the directory that it would lie in is not there, Error(unsupported) for
/// `http(s):`, where nothing can be written, and as open_store().
std::shared_ptr<Store> create_store(const std::string& url);

/// The store at `url`, which is there, to be read and changed. Its finish() is to be called at the
/// end. Throws as open_store() and create_store() do.
std::shared_ptr<Store> update_store(const std::string& url);

/// The path that open_store() takes `url` for, or nullopt when it is no place in the file system.
/// Throws Error(invalid_argument), Error(unsupported) as open_store() does.
std::optional<std::string> local_path(const std::string& url);

/// True when the file at `path` begins as a zip archive does; false when it can't be read.
bool is_zip_file(const std::string& path) noexcept;

}  // namespace engram::store

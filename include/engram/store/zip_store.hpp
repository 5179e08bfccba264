#pragma once

#include <memory>
#include <string>

#include "engram/store/store.hpp"

namespace engram::store {

/// A store in one zip file, as zarr-python's ZipStore has it: the value of key "a/b" is the entry
/// "a/b".
///
/// Reading: entries that are stored or deflated, zip64, data descriptors. Opening reads the
/// archive's directory and nothing else; a value is read from its place in the file, by many
/// threads at once, without a lock. Of entries with the same name the last one counts. Entries that
/// are directories or whose names can't be keys are left out. A value's checksum is checked by
/// get(), not by get_range(); get_range() of a deflated entry inflates all that lies before the
/// range, in little memory. Entries that are encrypted or compressed in another way throw
/// Error(unsupported) when they are asked for; damaged ones Error(corrupt_data).
///
/// Writing: values are stored, not compressed (chunks are already), one after the other, with the
/// date 1980-01-01, so that the same sets in the same order give the same file. The file is built
/// as PATH.part and gets its name by finish(); until then, and when the object goes without it,
/// there is none (or still the old one). What was set can be read at once. A key that is set again
/// has the last value, and an erased one is gone, from the file too: finish() then copies what is
/// left. It is slow to change many keys often; build such a store in a directory.
///
/// After set() or finish() has thrown io_error the file can't be finished.
class ZipStore final : public Store {
 public:
  enum class Mode {
    read,    ///< The file must be there; set(), erase() and erase_prefix() throw Error(io_error).
    create,  ///< The file must not be there; its directory must.
    append,  ///< The file must be there. It is copied to PATH.part, and replaced by finish().
  };

  /// Throws Error(not_found), Error(already_exists) when a file to create is there or PATH.part is
  /// being written by another process, Error(corrupt_data) when the file is no zip archive or is
  /// damaged, Error(unsupported) when an archive to append to has entries that can't be copied,
  /// Error(io_error) with the system's reason.
  ZipStore(std::string path, Mode mode);
  ~ZipStore() override;

  std::optional<Bytes> get(const Key& key, std::uint64_t max_size) const override;
  std::optional<Bytes> get_range(const Key& key, std::uint64_t offset,
                                 std::uint64_t size) const override;
  std::optional<std::uint64_t> size(const Key& key) const override;
  Listing list_dir(const std::string& prefix) const override;
  std::string name() const override;
  void set(const Key& key, BytesView value) override;
  void erase(const Key& key) override;
  void erase_prefix(const std::string& prefix) override;

  /// Writes the archive's directory, makes the file durable and gives it its name. The store can be
  /// read after it. Does nothing when it was done already, or the store was opened for reading.
  /// Throws Error(already_exists) when a file to create has appeared meanwhile.
  void finish() override;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace engram::store

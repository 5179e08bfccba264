#pragma once

#include <cstdint>
#include <optional>
#include <string>

namespace engram::converter {

/// A directory, or a file, that appears under its name when it is complete, or not at all. Until
/// then it is built in `target` + ".part", which is locked against other conversions and removed by
/// the destructor unless publish() or keep() was called.
///
/// How it is done:
///  1. the target's parent must be there, and the target not (or be a Zarr directory, or for a file
///     an HDF5 file, that may be replaced);
///  2. mkdir TARGET.part, which fails when somebody else has it; flock on it, which a later
///     conversion asks to tell one that runs from one that was killed;
///  3. the caller fills the directory `store` in it;
///  4. what was written is made durable, if asked for;
///  5. renameat2 of `store` to TARGET: without replacing, or in exchange with the old one, which is
///     removed then, with TARGET.part. File systems that know neither get a rename after a look.
class Publication {
 public:
  struct Options {
    bool overwrite = false;  ///< A target that is there, and an unfinished one, give way.
    bool resume = false;     ///< An unfinished one is taken as it is; is_resumed() says so.
    bool is_file = false;    ///< The target is an HDF5 file.
  };

  /// Does steps 1 and 2. `source` is what the data come from: a target that is the source, lies in
  /// it or holds it is refused; "": from nowhere. Throws Error: invalid_argument (such a target, an
  /// empty name), not_found (no parent directory), already_exists (target or its .part are there
  /// and may not be replaced), io_error.
  Publication(const std::string& source, const std::string& target, Options options);
  ~Publication();
  Publication(const Publication&) = delete;
  Publication& operator=(const Publication&) = delete;

  /// The directory `target` + ".part": for what belongs to the building and not to the result.
  const std::string& part() const noexcept { return part_; }
  /// Where to build: a directory in it, empty unless is_resumed(); of a file the name for it, where
  /// nothing is.
  const std::string& store() const noexcept { return store_; }
  /// True when something was taken that an earlier conversion left.
  bool is_resumed() const noexcept { return resumed_; }

  /// What is there stays when the destructor comes without publish(), for a later `resume`.
  void keep() noexcept { kept_ = true; }

  /// Steps 4, if `sync`, and 5. Throws Error(already_exists) when a target has appeared meanwhile,
  /// Error(io_error). Returns what the user should know though the result is there (the old one
  /// could not be removed).
  std::optional<std::string> publish(bool sync);

 private:
  void lock_part();
  void make_part();
  void take_part();
  void make_durable() const;
  void rename_store();

  std::string target_, part_, store_;
  Options options_;
  int lock_ = -1;  ///< Descriptor of the directory that is being built in.
  bool resumed_ = false, kept_ = false, published_ = false;
};

/// Step 1 alone, for a dry run.
void check_target(const std::string& source, const std::string& target,
                  const Publication::Options& options);

/// The directory in which `target` is built.
std::string part_name(const std::string& target);

/// What lies under part_name(target) at one moment: tells a leftover that nobody has touched from
/// one that was made or filled since.
struct PartIdentity {
  std::uint64_t inode = 0;
  std::int64_t seconds = 0, nanoseconds = 0;  ///< Of its last change.

  friend bool operator==(const PartIdentity&, const PartIdentity&) = default;
};
std::optional<PartIdentity> part_identity(const std::string& target) noexcept;

/// Removes what a conversion to `target` that was killed has left, unless a conversion that runs
/// holds it or it was there `before`. Says whether something was removed. Throws nothing.
bool remove_leftover(const std::string& target, const std::optional<PartIdentity>& before) noexcept;

}  // namespace engram::converter

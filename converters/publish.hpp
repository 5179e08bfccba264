#pragma once

#include <cstdint>
#include <optional>
#include <string>

namespace engram::converter {

/// A directory that appears under its name when it is complete, or not at all. Until then it is
/// built as `target` + ".part", which is locked against other conversions and removed by the
/// destructor unless publish() was called.
///
/// How it is done:
///  1. the target's parent must be there, and the target not (or be a Zarr directory that may be
///     replaced);
///  2. mkdir TARGET.part, which fails when somebody else has it; flock on it, which a later
///     conversion asks to tell one that runs from one that was killed;
///  3. the caller fills it;
///  4. renameat2 to TARGET: without replacing, or in exchange with the old one, which is removed
///     then. File systems that know neither get a rename after a look.
class Publication {
 public:
  /// Does steps 1 and 2. `source` is what the data come from: a target that is the source, lies in
  /// it or holds it is refused; "": from nowhere. Throws Error: invalid_argument (such a target, an
  /// empty name), not_found (no parent directory), already_exists (target or its .part are there
  /// and may not be replaced), io_error.
  Publication(const std::string& source, const std::string& target, bool overwrite);
  ~Publication();
  Publication(const Publication&) = delete;
  Publication& operator=(const Publication&) = delete;

  /// Where to build: an empty directory.
  const std::string& part() const noexcept { return part_; }

  /// Step 4. Throws Error(already_exists) when a target has appeared meanwhile, Error(io_error).
  /// Returns what the user should know though the result is there (the old one could not be
  /// removed).
  std::optional<std::string> publish();

 private:
  void lock_part();

  std::string target_, part_;
  bool overwrite_ = false;
  int lock_ = -1;  ///< Descriptor of the directory that is being built.
  bool published_ = false;
};

/// Step 1 alone, for a dry run.
void check_target(const std::string& source, const std::string& target, bool overwrite);

/// The name under which `target` is built.
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

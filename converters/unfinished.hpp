#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "engram/base/json.hpp"

namespace engram::converter {

/// Names in the directory TARGET.part, in which a conversion builds.
namespace unfinished {
inline constexpr const char* kStore = "store";             ///< The result, as far as it is.
inline constexpr const char* kRecord = "conversion.json";  ///< From what it comes, and how.
inline constexpr const char* kWriting = "writing";         ///< See TrackedStore.
inline constexpr const char* kDurable = "durable";         ///< See Checkpoint.
inline constexpr const char* kReplaced = "replaced";       ///< A target that gives way.
}  // namespace unfinished

/// The record of a conversion that begins now: what it is made from (see source_identity()),
/// `options`, all that decide about the bytes of the result, and the versions of what makes them.
/// Whether another can go on with it is said too.
Json make_record(const std::string& source, const Json& identity, const Json& options,
                 const Json& versions, bool resumable = true);

/// Puts `record` into the directory `part`, in the place of another; whoever reads finds one of
/// them whole. Throws Error(io_error).
void write_record(const std::string& part, const Json& record);

/// The record in the directory `part`; nothing when there is none that can be read.
std::optional<Json> read_record(const std::string& part);

/// What `part` is, for a message: "an unfinished conversion of a.nwb, begun 2026-11-28T21:00:00Z";
/// without a record "left by a conversion that did not end".
std::string describe_unfinished(const std::string& part);

/// Whether what lies in `part` may be gone on with.
bool is_resumable(const std::string& part);

/// Throws Error(already_exists) unless a conversion as in `now` goes on where the one of `before`
/// stopped: the same source, not changed since, the same options, the same versions.
void check_same_conversion(const std::string& part, const Json& before, const Json& now);

/// Removes from the store in `part` each file that may not be whole, so that the others need not be
/// written again: after a kill those that were being written, and where the machine has been
/// started anew since `record`, or the file system is not one of this machine, all that were
/// written after the last Checkpoint. Files of no size, and what is neither file nor directory,
/// always. Throws Error(io_error).
void remove_doubtful(const std::string& part, const Json& record);

}  // namespace engram::converter

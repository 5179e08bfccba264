#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <stop_token>
#include <string>
#include <utility>
#include <vector>

#include "engram/backend/backend.hpp"
#include "engram/backend/open.hpp"
#include "engram/base/limits.hpp"
#include "engram/base/progress.hpp"
#include "engram/compare.hpp"

namespace engram {

/// What is done with one array.
enum class Action {
  copy,     ///< Encoded chunks as they are.
  recode,   ///< Read, decoded where needed, encoded.
  objects,  ///< Text, references and what holds them: value by value.
};
std::string_view to_string(Action action) noexcept;

/// One array of the plan.
struct PlannedArray {
  std::string path;
  Action action = Action::recode;
  std::string reason;               ///< Why it is not copied; empty when it is.
  ArrayInfo info;                   ///< Of the target; without type and fill value for objects.
  std::vector<CodecConfig> codecs;  ///< Of the target.
  std::string loss;                 ///< What encoding loses, at most so much; "": nothing.
  Shape shard_shape;                ///< Chunks lie in shards of so many elements; empty: in none.
  std::uint64_t bytes = 0;          ///< Of the decoded elements that are stored (objects: 16 each).
  std::uint64_t chunks = 0;         ///< At most so many (objects: about so many).
  std::uint64_t chunk_files = 0;    ///< At most so many files: the chunks, or the shards.
  bool contiguous = false;          ///< Of HDF5: chunks are only the pieces that it is passed in.
  std::string checksum;  ///< Of its directory, once written, with TargetOptions::checksum; else "".
};

/// What is made.
enum class TargetFormat {
  zarr,  ///< A directory with a Zarr hierarchy.
  hdf5,  ///< An HDF5 file.
};

/// HDF5 for a name that ends in .nwb, .h5, .hdf5, .hdf or .he5, else Zarr.
TargetFormat format_by_name(std::string_view target) noexcept;

/// How the target is made, by convert() and by write(). The defaults are those of the command.
struct TargetOptions {
  TargetFormat format = TargetFormat::zarr;
  /// 2 or 3: the version of Zarr. hdmf-zarr up to 0.13 opens 2 only, from 0.14 on 3 only.
  int zarr_format = 2;
  backend::Compat compat = backend::Compat::hdmf_zarr;  ///< Of Zarr v2.
  backend::TextForm text = backend::TextForm::utf8;     ///< Of Zarr v2.
  bool consolidate = true;  ///< Write `.zmetadata`, or what is that in v3.
  /// A notice that something was left out is an Error(unsupported), before values are read where
  /// it is known by then.
  bool strict = false;
  bool overwrite = false;  ///< Replace a target that is there, once the new one is complete.
  bool dry_run = false;    ///< Plan and count; write nothing.
  /// Goes on with the conversion that was interrupted where `target` + ".part" is, from the same
  /// source with the same options: chunks that it has written whole are not made again. Where there
  /// is none, a new one begins. A source that has changed meanwhile, or other options, are
  /// Error(already_exists). Not for write(), whose tree nothing identifies.
  bool resume = false;
  /// Makes the result durable before it appears under its name, and every ten seconds what there is
  /// of it, so that a power cut takes little. Without it a result that was there may be gone or
  /// damaged after one.
  bool sync = true;
  /// Compute the DANDI Zarr checksum of the target while it is written (store::Checksums), and that
  /// of each array's directory, for the report.
  bool checksum = false;
  /// A file to write with the MD5 of each file of the target, as md5sum(1) prints them; "": none.
  /// It is replaced when it is there, once the target is in place. Implies `checksum`. Neither goes
  /// with a dry run.
  std::string manifest;
  /// Reads the result again before it gets its name and compares it with the source, value by value
  /// (see compare(), CompareOptions::conversion). A difference is Error(corrupt_data), and nothing
  /// is left of the result.
  bool verify = false;
  /// Called once with what `verify` found, before that is an error.
  std::function<void(const CompareReport&)> on_verified;
  /// "keep": chunks that can be copied are copied, others get blosc:zstd:5:bitshuffle. "verbatim":
  /// the same, without a Blosc head. Else every array is encoded with the codecs that
  /// codec::parse_codecs reads, those of them that take its elements. What loses something is for
  /// arrays by path only (`codec_for`), and not with `verify`; each such array has a notice.
  ///
  /// Of HDF5: "keep" copies what every HDF5 library reads (deflate, shuffle, fletcher32, Blosc with
  /// one zlib stream in it), and encodes others with shuffle and deflate 4; "verbatim" keeps
  /// chunks under blosc, zstd and bzip2 too, for which readers need a plugin.
  std::string codec = "keep";
  /// "keep": the source's chunks, and about 10 MB where it has none. "auto": about 10 MB
  /// everywhere. Else lengths with commas, "30000,64", for arrays of that rank (others keep
  /// theirs).
  std::string chunks = "keep";
  /// Of Zarr v3: many chunks in one file, from which a reader takes those that it needs. "none";
  /// "auto": shards of up to 512 MiB of elements where an array has several chunks; else lengths
  /// with commas, whole numbers of chunks, for arrays of that rank.
  std::string shards = "none";
  /// The same for arrays by path: pairs of a glob and a codec or chunks. In a glob `*` is any text
  /// in a name, `?` any character, `[a-z]` one of a set, and the name `**` any number of names:
  /// "/acquisition/**". The last that matches counts; "verbatim" is for all arrays only.
  std::vector<std::pair<std::string, std::string>> codec_for, chunks_for, shards_for;
  /// false: no chunk is copied as it is, decoded by engram's own codecs or read for several chunks
  /// of the target at once: the source's library gives the elements of each chunk, which are
  /// encoded. The same values, slowly, where there is doubt about the ways around that.
  bool fast_paths = true;
  std::uint64_t memory = 512ULL << 20;  ///< Bytes held at a time beside the metadata.
  unsigned threads = 0;                 ///< 0: one a core.
  Limits limits;
  std::stop_token stop;
  ProgressCallback on_progress;
  /// Called once, when everything is planned and before a value is read.
  std::function<void(const std::vector<PlannedArray>&)> on_plan;
};

/// What convert() is to do.
struct ConvertOptions : TargetOptions {
  /// What becomes of what lies in other files than the source:
  ///  - copy: it is copied in, with all that hangs on it, so that the result needs no other file;
  ///  - link: the link stays one. One to a Zarr store leads to that store, from where the target
  ///    is. One to an HDF5 file leads to what comes of converting that file: b.nwb becomes
  ///    b.nwb.zarr, at the same place relative to the target as b.nwb has relative to the source.
  ///    Both then find each other, wherever they are moved together. hdmf-zarr refuses a store as
  ///    long as one of its links leads to nothing, so a notice tells of stores that are not there
  ///    yet. Values in HDF5 files that are no link (external storage, virtual datasets) are copied;
  ///  - refuse: Error(unsupported) naming the path.
  /// What can't be reached is left out, with a notice, in either of the first two.
  backend::ExternalLinks external = backend::ExternalLinks::copy;
  /// Other files are read only where they lie in the directory that the source lies in, in one of
  /// these, or below them (see backend::ReadOptions).
  std::vector<std::string> allow_external;
};

/// What tells a source from another one.
struct SourceIdentity {
  std::string path;                   ///< Canonical, where it is a file or a directory.
  std::optional<std::uint64_t> size;  ///< Of a file, in bytes.
  std::string changed;                ///< When it was changed last, as ISO 8601 in UTC, or "".
};

/// What convert() or write() did, or would do.
struct ConvertReport {
  std::string source, target, source_format;
  std::optional<SourceIdentity> source_identity;  ///< As it was at the beginning.
  std::string begun, ended;  ///< As ISO 8601 in UTC: "2026-11-28T21:40:25.125Z".
  Json options;              ///< Those that decide what was to be done.
  bool dry_run = false;
  std::uint64_t datasets = 0, groups = 0, links = 0;
  /// In datasets and attributes; of a dry run, which reads no elements, in attributes alone.
  std::uint64_t references = 0;
  std::uint64_t references_unresolved = 0;
  std::uint64_t region_references = 0;
  std::uint64_t bytes_read = 0;    ///< Decoded bytes of all datasets.
  std::uint64_t bytes_copied = 0;  ///< Those of them whose encoded chunks were kept.
  double seconds = 0;
  std::optional<CompareReport> verification;  ///< Of TargetOptions::verify.
  /// Of a dry run: what it would come to. Bytes of chunks that are encoded are then those of their
  /// elements, so that the real number will be smaller.
  backend::WriterCounters written;
  /// The DANDI Zarr checksum of the target, with TargetOptions::checksum; else "".
  std::string checksum;
  std::vector<PlannedArray> arrays;
  std::vector<backend::Notice> notices;
};

/// Copies everything that the HDF5 file or Zarr store at `source` holds into a new Zarr directory,
/// or a new HDF5 file, at `target`; nothing in the result points at the source. The result appears
/// under its name when it is complete, or not at all: until then it is built in `target` + ".part".
/// When the function fails that is removed, unless going on could help: after Error(io_error),
/// Error(cancelled) or a lack of memory it stays, for TargetOptions::resume. A source that changes
/// while it is read is Error(corrupt_data), and nothing stays.
///
/// Threads: may be called from several threads for different targets. Errors: Error, naming file
/// and object; codes are those of the command (see ErrorCode).
ConvertReport convert(const std::string& source, const std::string& target,
                      const ConvertOptions& options = {});

/// One array of the plan as JSON.
Json to_json(const PlannedArray& array);

/// The report as JSON, as `engram convert --json` prints it. "outcome" is "complete", or "planned"
/// of a dry run. The command has a report of a failure too, which says
/// {"outcome": "failed", "error": "..."}.
Json to_json(const ConvertReport& report);

/// The report in one sentence: "71 datasets, 34 groups, 12 links, 6 references (0 unresolved): 1.5
/// GB in 4.1 s, 96 % copied as it was".
std::string summary(const ConvertReport& report);

/// "999 B", "1.5 kB", "12.0 GB": powers of 1000.
std::string format_bytes(std::uint64_t bytes);

/// "0.04 s", "4.1 s", "2 min 05 s", "1 h 07 min".
std::string format_seconds(double seconds);

}  // namespace engram

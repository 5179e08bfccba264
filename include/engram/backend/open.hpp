#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "engram/backend/backend.hpp"
#include "engram/codec/adopt.hpp"
#include "engram/store/checksums.hpp"
#include "engram/store/store.hpp"

namespace engram::backend {

/// What is done with links that lead to other files.
enum class ExternalLinks {
  copy,    ///< What they lead to is read as if it lay where the link is, with all that hangs on it.
  link,    ///< They stay links; LinkBuilder::source is then the absolute path of the other file.
           ///< References to other files have it too.
  refuse,  ///< Error(unsupported) naming the link; so for values that lie in other files.
};

/// How a file is read.
struct ReadOptions {
  Limits limits;
  /// None: of HDF5 as copy. Of Zarr links stay, and their source is what the store says, relative
  /// to the store as a rule.
  std::optional<ExternalLinks> external_links;
  /// Other files are read only where they lie in the directory that the file or store itself lies
  /// in, in one of these, or below them: what links lead to, the sources of virtual datasets, at
  /// any depth, and external storage. Symbolic links don't lead out. What lies outside is never
  /// opened: links and datasets are left out with a notice that names the file, are an
  /// Error(unsupported) with ExternalLinks::refuse, and with ExternalLinks::link links stay links.
  /// Where it shows only when values are read, reading them is an Error(unsupported). Throws
  /// Error(not_found) when one is no directory.
  std::vector<std::string> allow_external;
};

/// The reader for what lies at `path`: an HDF5 file (its signature at byte 0, 512, 1024, ...), or
/// Zarr (v2 or v3) in a directory, a zip file or any other place that store::open_store() opens by
/// its URL. Throws Error(not_found), Error(io_error), or Error(unsupported) that says what was
/// found instead.
std::unique_ptr<Reader> open_reader(const std::string& path, const Limits& limits = {});
std::unique_ptr<Reader> open_reader(const std::string& path, const ReadOptions& options);

/// True when a file is at `path` that has HDF5's signature, at byte 0, 512, 1024, ...
bool is_hdf5_file(const std::string& path);

/// A reader of the HDF5 file at `path`. The file stays open as long as the reader or a source from
/// its tree lives.
std::unique_ptr<Reader> open_hdf5_reader(const std::string& path, const Limits& limits = {});
std::unique_ptr<Reader> open_hdf5_reader(const std::string& path, const ReadOptions& options);

/// A reader of the Zarr hierarchy (v2 or v3) in `store`.
std::unique_ptr<Reader> open_zarr_reader(std::shared_ptr<const store::ReadableStore> store,
                                         const Limits& limits = {});
std::unique_ptr<Reader> open_zarr_reader(std::shared_ptr<const store::ReadableStore> store,
                                         const ReadOptions& options);

/// The one array that `store` is: a Zarr array at its root, without a group around it. Its name
/// is empty. Throws Error(not_found) when there is none, and what read_tree() throws.
hdmf::DatasetBuilder read_zarr_array(std::shared_ptr<const store::ReadableStore> store,
                                     const Limits& limits = {});

/// Whose reader the result is for; `specs/zarr-layout.md` says what differs.
enum class Compat {
  hdmf_zarr,  ///< References and cached schemas as json2: hdmf-zarr 0.13 resolves every reference.
  portable,   ///< Text and native types only: zarr-python 3 opens the whole store.
};

/// How text arrays are encoded.
enum class TextForm {
  utf8,   ///< All text as vlen-utf8.
  exact,  ///< ASCII and fixed-length text arrays as vlen-bytes, as hdmf-zarr does.
};

struct ZarrWriteOptions {
  /// 2: as hdmf-zarr 0.13 and `compat` have it. 3: as hdmf-zarr 0.14 has it, which zarr-python 3
  /// opens too; `compat` and TextForm::exact mean nothing then.
  int zarr_format = 2;
  Compat compat = Compat::hdmf_zarr;
  TextForm text = TextForm::utf8;
  bool consolidate = true;
  codec::ShuffleForm shuffle_form = codec::ShuffleForm::blosc_head;
  /// For chunks of objects; nullopt: not compressed.
  std::optional<CodecConfig> object_compressor;
  /// The store may hold chunks that an earlier run, of the same tree with the same options, has
  /// written whole: ArraySink::take_over() tells of them. All else is written anew.
  bool resume = false;
  /// Given: gathers the checksums of all that the writer writes, by its threads while they write.
  /// They are complete when Writer::finish() has returned.
  std::shared_ptr<store::Checksums> checksums;
};

/// A writer of a Zarr hierarchy into `store`, which is empty but for what
/// ZarrWriteOptions::resume allows.
std::unique_ptr<Writer> make_zarr_writer(std::shared_ptr<store::Store> store,
                                         const ZarrWriteOptions& options);

/// The same into the directory at `path`, which is there, empty, and read by nobody before the
/// writer has finished.
std::unique_ptr<Writer> make_zarr_writer(const std::string& path, const ZarrWriteOptions& options);

/// A writer into nothing that lasts, to plan with: to ask what it adopts and to count metadata.
std::unique_ptr<Writer> make_zarr_planner(const ZarrWriteOptions& options);

struct Hdf5WriteOptions {
  /// Chunks under blosc, zstd and bzip2 may be kept under these names, for which HDF5 needs a
  /// plugin. Without it only deflate, shuffle and fletcher32 are, which every HDF5 library has.
  bool registered_filters = false;
};

/// A writer of a new HDF5 file at `path`, where nothing is. The tree is one that fit_to_hdf5() has
/// seen. The file is whole when Writer::finish() has returned.
std::unique_ptr<Writer> make_hdf5_writer(const std::string& path, const Hdf5WriteOptions& options);

/// A writer that makes no file, to plan with.
std::unique_ptr<Writer> make_hdf5_planner(const Hdf5WriteOptions& options);

/// Makes of `tree` what HDF5 can hold and PyNWB expects there; what becomes of values is told in
/// `notices`:
///  - text of four bytes a character becomes UTF-8 text, times become the whole numbers that they
///    are counted in;
///  - the names of dimensions that Zarr keeps as attributes go, HDF5 has other ones.
void fit_to_hdf5(hdmf::GroupBuilder& tree, std::vector<Notice>& notices);

}  // namespace engram::backend

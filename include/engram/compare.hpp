#pragma once

#include <cstdint>
#include <optional>
#include <stop_token>
#include <string>
#include <string_view>
#include <vector>

#include "engram/array/region.hpp"
#include "engram/backend/backend.hpp"
#include "engram/backend/open.hpp"
#include "engram/base/json.hpp"
#include "engram/base/limits.hpp"
#include "engram/base/progress.hpp"

/// Two files held against each other, value by value: docs/verify.md has the rules.
namespace engram {

/// What kind of difference there is.
enum class DifferenceKind {
  missing,      ///< A group, dataset, link or attribute that only A has.
  added,        ///< One that only B has.
  kind,         ///< One name, but a group, a dataset or a link in A, and another of these in B.
  type,         ///< Elements or values of another type.
  shape,        ///< Another shape; a value in one and nothing (a null dataspace) in the other.
  value,        ///< Elements of a dataset.
  attribute,    ///< The value of an attribute.
  link,         ///< A link that leads elsewhere.
  reference,    ///< An object reference, in a dataset or attribute, that leads elsewhere.
  region,       ///< A region reference to another dataset or of other elements.
  enumeration,  ///< The names of an enumeration's values.
  metadata,     ///< A document that says something else than `.zmetadata` (conversions only).
};
std::string_view to_string(DifferenceKind kind) noexcept;

/// One difference: of a dataset or an attribute there is one of each kind at most.
struct Difference {
  DifferenceKind kind = DifferenceKind::value;
  std::string path;  ///< "/a/b"; an attribute as "/a/b@name".
  std::string text;  ///< A sentence about both.
  /// The first element that differs, in C order: of a dataset, or of the lists of an attribute.
  std::optional<Shape> index;
  std::string a, b;         ///< What is there, in short; empty where nothing can be shown.
  std::uint64_t count = 0;  ///< How many elements differ.
};

/// How two files are compared.
struct CompareOptions {
  /// B is what a conversion, with whatever options, made of A: what Zarr or hdmf-zarr can't hold as
  /// it was is compared as the writer writes it, and told in CompareReport::notices. B is read as
  /// it lies: its links stay links.
  bool conversion = false;
  /// What becomes of links of A and B to other files. For a conversion: what its option was.
  backend::ExternalLinks external = backend::ExternalLinks::copy;
  std::vector<std::string> allow_external;  ///< As ReadOptions::allow_external.
  /// Numbers are equal where |a - b| <= absolute + relative * |b|. Both 0: bit for bit, so that a
  /// NaN equals the same NaN and 0.0 is not -0.0.
  double absolute = 0, relative = 0;
  std::uint64_t max_differences = 1000;  ///< So many are listed; all are counted.
  std::uint64_t memory = 512ULL << 20;   ///< Bytes held at a time beside the metadata.
  unsigned threads = 0;                  ///< 0: one a core.
  Limits limits;
  std::stop_token stop;
  ProgressCallback on_progress;  ///< Bytes are those of A's datasets.
};

/// What compare() found.
struct CompareReport {
  std::string a, b;                ///< The paths.
  std::string a_format, b_format;  ///< "HDF5", "Zarr v2" or "Zarr v3".
  bool conversion = false;         ///< As CompareOptions::conversion.
  /// What is in both and was compared. References are those in datasets and attributes of A.
  std::uint64_t groups = 0, datasets = 0, attributes = 0, links = 0;
  std::uint64_t references = 0, region_references = 0;
  std::uint64_t elements = 0;  ///< Of datasets, holes included.
  std::uint64_t bytes = 0;     ///< Of A's elements that were looked at.
  /// Those of `bytes` whose chunks are the same as they lie, so that nothing was decoded.
  std::uint64_t bytes_as_stored = 0;
  std::uint64_t differences = 0;   ///< All of them.
  std::vector<Difference> listed;  ///< The first of them by path.
  /// What readers could not bring along, and what a conversion may change and did. None of it
  /// counts as a difference.
  std::vector<backend::Notice> notices;
  double seconds = 0;

  bool is_equal() const noexcept { return differences == 0; }
};

/// Compares all groups, datasets, attributes, links and references of `a` with those of `b`, and
/// the reverse. Each is an HDF5 file or a Zarr store in a directory, a zip file or elsewhere
/// (see backend::open_reader). Values are read block by block, along the chunks of both, many
/// blocks at once. Parts that neither file stores are not read where their fill values are equal.
///
/// Threads: may be called from several threads. Errors: Error naming file and object, as soon as
/// one of the files can't be read to the end.
CompareReport compare(const std::string& a, const std::string& b,
                      const CompareOptions& options = {});

/// The report as JSON, as `engram diff --json` prints it.
Json to_json(const CompareReport& report);

/// The report in one sentence: "equal: 34 groups, 71 datasets, 512 attributes, 12 links, 6
/// references, 1.5 GB in 4.1 s".
std::string summary(const CompareReport& report);

}  // namespace engram

// Real files, whole and damaged: each is read to the last value, or refused with a sentence.
#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <iostream>
#include <string>
#include <vector>

#include "engram/array/chunk_grid.hpp"
#include "engram/backend/open.hpp"
#include "engram/base/error.hpp"
#include "testing/corpus.hpp"

namespace engram::backend {
namespace {

namespace fs = std::filesystem;

constexpr std::uint64_t kBlockElements = 1 << 20;

/// Calls `use` for regions of whole rows that cover `shape`.
template <typename Use>
void for_each_block(const Shape& shape, const Use& use) {
  if (shape.empty() || element_count(shape) == 0) {
    use(Region::all(shape));
    return;
  }
  const std::uint64_t row = element_count(shape) / shape[0];
  const std::uint64_t rows =
      std::max<std::uint64_t>(1, kBlockElements / std::max<std::uint64_t>(row, 1));
  for (std::uint64_t at = 0; at < shape[0]; at += rows) {
    Region region = Region::all(shape);
    region.origin[0] = at;
    region.shape[0] = std::min(rows, shape[0] - at);
    use(region);
  }
}

/// Reads all of `dataset`; returns why it can't be, or "".
std::string read_all(const hdmf::DatasetBuilder& dataset) {
  try {
    if (const auto* const array = dataset.array()) {
      const std::uint64_t size = array->info().type.size;
      if (element_count(dataset.shape()) > (std::uint64_t{1} << 28)) return "";  // Sparse giants.
      for_each_block(dataset.shape(), [&](const Region& region) {
        Bytes bytes(element_count(region.shape) * size);
        array->read(region, bytes);
      });
      if (const auto* const encoded = array->encoded()) {
        const ChunkGrid grid(array->info().shape, array->info().chunk_shape);
        for (const EncodedChunk& chunk : encoded->chunks()) {
          EXPECT_LT(chunk.number, grid.chunk_count());
          Bytes bytes(chunk.size);
          encoded->read(chunk, bytes);
        }
      }
    } else {
      for_each_block(dataset.shape(), [&](const Region& region) {
        EXPECT_EQ(dataset.objects()->read(region).size(), element_count(region.shape));
      });
    }
    return "";
  } catch (const Error& error) {
    return error.what();
  }
}

struct Summary {
  std::size_t datasets = 0, unreadable = 0;
};

void read_group(const hdmf::GroupBuilder& group, Summary& summary) {
  for (const auto& dataset : group.datasets) {
    ++summary.datasets;
    const std::string problem = read_all(dataset);
    if (problem.empty()) continue;
    ++summary.unreadable;
    EXPECT_EQ(problem.find("can't "), 0U) << problem;
    EXPECT_NE(problem.find(dataset.name), std::string::npos) << problem;
  }
  for (const auto& child : group.groups) read_group(child, summary);
}

/// True when the file at `path` has a tree, of which then everything was read.
bool read_file(const fs::path& path, Summary& summary) {
  try {
    const auto reader = open_hdf5_reader(path.string());
    read_group(reader->read_tree(), summary);
    return true;
  } catch (const Error& error) {
    EXPECT_NE(std::string(error.what()).find(path.filename().string()), std::string::npos)
        << error.what();
    return false;
  }
}

std::vector<fs::path> files_below(const fs::path& folder) {
  std::vector<fs::path> files;
  for (const auto& entry : fs::recursive_directory_iterator(folder))
    if (entry.is_regular_file() && entry.path().extension() != ".md") files.push_back(entry.path());
  std::sort(files.begin(), files.end());
  return files;
}

class Hdf5ReaderCorpusTest : public ::testing::TestWithParam<const char*> {};

TEST_P(Hdf5ReaderCorpusTest, IsReadToTheLastValueOrRefused) {
  const auto corpus = testing::corpus();
  if (!corpus || !fs::is_directory(*corpus / GetParam())) return;
  Summary summary;
  std::size_t whole = 0, refused = 0;
  for (const fs::path& file : files_below(*corpus / GetParam())) {
    SCOPED_TRACE(file);
    ++(read_file(file, summary) ? whole : refused);
  }
  EXPECT_GT(whole, 9 * refused) << "most of these files are sound";
  std::cout << whole << " files read, " << refused << " refused; " << summary.unreadable << " of "
            << summary.datasets << " datasets unreadable\n";
}

INSTANTIATE_TEST_SUITE_P(Folders, Hdf5ReaderCorpusTest,
                         ::testing::Values("nwb", "generated/nwb", "hdf5"), [](const auto& c) {
                           std::string name = c.param;
                           std::replace(name.begin(), name.end(), '/', '_');
                           return name;
                         });

// libhdf5 itself dies of some of these files, so each is read by a child process, as the command
// does it. What must not happen is an exception that is no Error.
TEST(Hdf5ReaderDamagedCorpusTest, EndsInAnErrorOrInsideOfHdf5) {
  constexpr unsigned kSeconds = 20;
  const auto corpus = testing::corpus();
  if (!corpus || !fs::is_directory(*corpus / "hdf5-corrupt")) return;
  std::vector<std::string> killed;
  for (const fs::path& file : files_below(*corpus / "hdf5-corrupt")) {
    const pid_t child = ::fork();
    ASSERT_GE(child, 0);
    if (child == 0) {
      ::alarm(kSeconds);
      try {
        Summary summary;
        const auto reader = open_hdf5_reader(file.string());
        read_group(reader->read_tree(), summary);
      } catch (const Error&) {
        ::_exit(0);
      } catch (...) {
        ::_exit(1);
      }
      ::_exit(0);
    }
    int status = 0;
    ASSERT_EQ(::waitpid(child, &status, 0), child);
    if (WIFSIGNALED(status)) killed.push_back(file.filename());
    EXPECT_FALSE(WIFEXITED(status) && WEXITSTATUS(status) == 1) << file;
  }
  std::cout << "libhdf5 died of " << killed.size() << " files\n";
  EXPECT_LT(killed.size(), 20U)
      << "of more than 80; a sanitizer sees faults that go unnoticed without";
}

}  // namespace
}  // namespace engram::backend

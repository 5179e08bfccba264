#include "engram/array/chunk_grid.hpp"

#include <gtest/gtest.h>

#include <limits>
#include <ostream>
#include <vector>

#include "testing/expect_error.hpp"

namespace engram {
namespace {

using testing::expect_error;

constexpr std::uint64_t kMax = std::numeric_limits<std::uint64_t>::max();

struct Case {
  const char* name;
  Shape shape;
  Shape chunk_shape;
  Shape grid_shape;
  std::uint64_t count;

  friend std::ostream& operator<<(std::ostream& out, const Case& c) { return out << c.name; }
};

const Case kGrids[] = {
    {"Scalar", {}, {}, {}, 1},
    {"OneChunk", {5}, {5}, {1}, 1},
    {"LargerThanArray", {5}, {7}, {1}, 1},
    {"Cut", {10}, {4}, {3}, 3},
    {"TwoAxes", {10, 6}, {4, 3}, {3, 2}, 6},
    {"ThreeAxes", {3, 4, 5}, {2, 2, 2}, {2, 2, 3}, 12},
    {"NoElements", {0}, {3}, {0}, 0},
    {"NoColumns", {10, 0}, {3, 1}, {4, 0}, 0},
};

class ChunkGridTest : public ::testing::TestWithParam<Case> {};

TEST_P(ChunkGridTest, CountsChunks) {
  const ChunkGrid grid(GetParam().shape, GetParam().chunk_shape);
  EXPECT_EQ(grid.shape(), GetParam().shape);
  EXPECT_EQ(grid.chunk_shape(), GetParam().chunk_shape);
  EXPECT_EQ(grid.grid_shape(), GetParam().grid_shape);
  EXPECT_EQ(grid.chunk_count(), GetParam().count);
}

TEST_P(ChunkGridTest, NumbersAndPlacesAreTheSame) {
  const ChunkGrid grid(GetParam().shape, GetParam().chunk_shape);
  for (std::uint64_t i = 0; i < grid.chunk_count(); ++i) {
    EXPECT_EQ(grid.number(grid.place(i)), i);
    if (i > 0) {
      EXPECT_LT(grid.place(i - 1), grid.place(i)) << "C order";
    }
  }
}

TEST_P(ChunkGridTest, RegionsCoverEachElementOnce) {
  const ChunkGrid grid(GetParam().shape, GetParam().chunk_shape);
  std::uint64_t covered = 0;
  for (std::uint64_t i = 0; i < grid.chunk_count(); ++i) {
    const Region region = grid.region(grid.place(i));
    EXPECT_NO_THROW(check_inside(region, grid.shape()));
    covered += element_count(region.shape);
  }
  EXPECT_EQ(covered, element_count(grid.shape()));
}

TEST_P(ChunkGridTest, RefusesWhatIsOutside) {
  const ChunkGrid grid(GetParam().shape, GetParam().chunk_shape);
  expect_error(ErrorCode::invalid_argument, "there is no chunk",
               [&] { grid.place(grid.chunk_count()); });
  expect_error(ErrorCode::invalid_argument, "there is no chunk", [&] { grid.place(kMax); });
  Shape too_long(grid.shape().size() + 1, 0);
  expect_error(ErrorCode::invalid_argument, "is not in the grid", [&] { grid.number(too_long); });
  for (std::size_t d = 0; d < grid.grid_shape().size(); ++d) {
    Shape place(grid.grid_shape().size(), 0);
    place[d] = grid.grid_shape()[d];
    expect_error(ErrorCode::invalid_argument, "is not in the grid", [&] { grid.number(place); });
    expect_error(ErrorCode::invalid_argument, "is not in the grid", [&] { grid.region(place); });
  }
}

INSTANTIATE_TEST_SUITE_P(Grids, ChunkGridTest, ::testing::ValuesIn(kGrids),
                         [](const auto& p) { return std::string(p.param.name); });

TEST(ChunkGridTest, EdgeChunksAreCut) {
  const ChunkGrid grid({10, 7}, {4, 3});
  EXPECT_EQ(grid.place(5), (Shape{1, 2}));
  EXPECT_EQ(grid.region({1, 1}), (Region{{4, 3}, {4, 3}}));
  EXPECT_EQ(grid.region({2, 2}), (Region{{8, 6}, {2, 1}}));
}

TEST(ChunkGridTest, RefusesChunkShapesThatDoNotFit) {
  for (const auto& [shape, chunk_shape] :
       std::vector<std::pair<Shape, Shape>>{{{5}, {}}, {{}, {1}}, {{5, 5}, {5}}, {{5}, {0}}}) {
    expect_error(ErrorCode::invalid_argument, "chunk shape " + to_string(chunk_shape),
                 [&, s = shape, c = chunk_shape] { ChunkGrid(s, c); });
  }
}

TEST(ChunkGridTest, NumbersStayIn64Bits) {
  expect_error(ErrorCode::limit_exceeded, "above 64 bits", [] { ChunkGrid({kMax, 2}, {1, 1}); });
  const ChunkGrid grid({kMax}, {kMax - 1});
  EXPECT_EQ(grid.chunk_count(), 2U);
  EXPECT_EQ(grid.region({1}), (Region{{kMax - 1}, {1}}));
}

}  // namespace
}  // namespace engram

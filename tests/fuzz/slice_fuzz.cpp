// Selections as `engram cat` takes them: a line with the array's shape, as JSON, and the text.
#include "cli/slice.hpp"
#include "engram/base/json.hpp"
#include "fuzz/seeds.hpp"
#include "fuzz/target.hpp"

namespace {

// Thrown to end a walk that has shown enough.
struct Enough {};

}  // namespace

std::vector<std::string> engram::fuzz::seeds() {
  return {"[100, 7]\n0:10, 3",   "[100, 7]\n..., -1",
          "[100]\n::-2",         "[]\n",
          "[5, 6, 7]\n-3:, ::2", "[1000000000]\n5:7:999",
          "[0, 4]\n:, 1:",       "[18446744073709551615]\n-1"};
}

std::size_t engram::fuzz::most_memory() { return 16U << 20U; }

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace engram;
  const auto [head, text] = fuzz::head_and_rest(fuzz::text_of(data, size));
  fuzz::is_answered([&, &head = head, &text = text] {
    const Json lengths = parse_json(head, fuzz::small_limits());
    Shape shape;
    if (!lengths.is_array() || lengths.size() > fuzz::small_limits().max_rank) return;
    for (const Json& length : lengths)
      if (length.is_number_unsigned()) shape.push_back(length.get<std::uint64_t>());
    (void)element_count(shape);
    const cli::Selection selection = cli::parse_slice(text, shape);
    fuzz::require(selection.axes.size() == shape.size(), "there is one for each dimension");
    (void)selection.shape();
    unsigned left = 100;
    try {
      cli::for_each_block(selection, 1000,
                          [&](const Region& box, const std::vector<std::uint64_t>& picked) {
                            check_inside(box, shape);
                            for (const std::uint64_t place : picked)
                              fuzz::require(place < element_count(box.shape), "it lies in the box");
                            if (--left == 0) throw Enough();
                          });
    } catch (const Enough&) {
    }
  });
  return 0;
}

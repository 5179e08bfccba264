#include "hdf5_format/version2_btree.hpp"

#include <vector>

#include "engram/base/error.hpp"

namespace engram::hdf5_format {
namespace {

constexpr std::uint64_t kNodeHead = 4 + 1 + 1;  // Signature, version, kind.
constexpr std::uint64_t kNodeExtra = kNodeHead + kChecksumSize;
constexpr std::uint64_t kMaxTreeDepth = 32;

class Tree {
 public:
  Tree(FormatFile& file, std::uint64_t address) : file_(file) {
    const Bytes header = file.read(address, 4 + 1 + 1 + 4 + 2 + 2 + 2 + file.offset_size() + 2);
    FormatCursor cursor(header);
    cursor.expect("BTHD");
    cursor.skip(1);
    kind_ = cursor.number(1);
    node_size_ = cursor.number(4);
    record_size_ = cursor.number(2);
    depth_ = cursor.number(2);
    cursor.skip(2);
    root_ = cursor.number(file.offset_size());
    root_records_ = cursor.number(2);
    if (record_size_ == 0 || depth_ > kMaxTreeDepth)
      throw Error(ErrorCode::corrupt_data, "a B-tree of an impossible form");
    measure();
  }

  std::uint64_t kind() const noexcept { return kind_; }

  void read(const TakeRecord& take) {
    if (!is_undefined(root_, file_.offset_size())) read_node(root_, root_records_, depth_, take);
  }

 private:
  // How wide the numbers beside a node's children are follows from how many records fit below.
  void measure() {
    check_room(record_size_);
    std::uint64_t most = (node_size_ - kNodeExtra) / record_size_;
    count_width_ = width_of(most);
    child_size_ = {0};
    std::uint64_t total_width = 0;  // A leaf's total is its count.
    for (std::uint64_t level = 1; level <= depth_; ++level) {
      const std::uint64_t child = file_.offset_size() + count_width_ + total_width;
      check_room(child);
      const std::uint64_t here = (node_size_ - kNodeExtra - child) / (record_size_ + child);
      most = checked_add(checked_multiply(here + 1, most, "the records of a B-tree"), here,
                         "the records of a B-tree");
      total_width = width_of(most);
      child_size_.push_back(child);
    }
  }

  void check_room(std::uint64_t size) const {
    if (node_size_ < kNodeExtra + size)
      throw Error(ErrorCode::corrupt_data, "a B-tree whose nodes have no room");
  }

  void read_node(std::uint64_t address, std::uint64_t records, std::uint64_t level,
                 const TakeRecord& take) {
    const std::uint64_t child = child_size_[level];
    const Bytes bytes = file_.read(
        address, kNodeHead + records * record_size_ + (level == 0 ? 0 : (records + 1) * child));
    FormatCursor cursor(bytes);
    cursor.expect(level == 0 ? "BTLF" : "BTIN");
    cursor.skip(1);
    if (cursor.number(1) != kind_)
      throw Error(ErrorCode::corrupt_data, "a B-tree with nodes of another kind");
    FormatCursor children(BytesView(bytes).subspan(kNodeHead + records * record_size_));
    for (std::uint64_t i = 0; i <= records; ++i) {
      if (level > 0) {
        FormatCursor below(children.take(child));
        const std::uint64_t where = below.number(file_.offset_size());
        read_node(where, below.number(count_width_), level - 1, take);
      }
      if (i < records) take(cursor.take(record_size_));
    }
  }

  FormatFile& file_;
  std::uint64_t kind_ = 0, node_size_ = 0, record_size_ = 0, depth_ = 0, root_ = 0,
                root_records_ = 0, count_width_ = 1;
  std::vector<std::uint64_t> child_size_;  // By level.
};

}  // namespace

void read_version2_btree(FormatFile& file, std::uint64_t address,
                         const std::function<TakeRecord(std::uint64_t kind)>& take) {
  Tree tree(file, address);
  tree.read(take(tree.kind()));
}

}  // namespace engram::hdf5_format

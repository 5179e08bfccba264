#include "engram/backend/stream_queue.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <utility>

#include "engram/base/error.hpp"

namespace engram::backend {
namespace {

using hdmf::ElementType;

constexpr std::chrono::milliseconds kBetweenReports{100};

bool is_same_type(const ElementType& a, const ElementType& b) {
  if (a.index() != b.index()) return false;
  if (const auto* type = std::get_if<DataType>(&a))
    return type->little_endian() == std::get<DataType>(b).little_endian();
  return std::get<hdmf::ObjectType>(a).kind == std::get<hdmf::ObjectType>(b).kind;
}

std::string name_of(const ElementType& type) {
  if (const auto* elements = std::get_if<DataType>(&type)) return type_name(*elements);
  return "values";
}

std::uint64_t size_of(const hdmf::Value& value) {
  std::uint64_t size = sizeof value;
  if (value.is<std::string>()) size += value.as<std::string>().size();
  if (value.is<hdmf::List>())
    for (const hdmf::Value& item : value.as<hdmf::List>()) size += size_of(item);
  return size;
}

std::uint64_t size_of(const hdmf::DataChunk& chunk) {
  if (const auto* bytes = std::get_if<Bytes>(&chunk.elements)) return bytes->size();
  std::uint64_t size = 0;
  for (const auto& value : std::get<std::vector<hdmf::Value>>(chunk.elements))
    size += size_of(value);
  return size;
}

}  // namespace

/// One call of exhaust().
class StreamQueue::Run {
 public:
  Run(StreamSession& session, std::vector<Item>& items, const QueueOptions& options)
      : session_(session), items_(items), options_(options) {
    progress_.nodes_total = items.size();
    bool is_known = true;
    for (const Item& item : items) {
      const Shape& shape = item.iterator->max_shape();
      const auto* type = std::get_if<DataType>(&item.iterator->type());
      is_known = is_known && type != nullptr &&
                 std::find(shape.begin(), shape.end(), hdmf::kUnlimited) == shape.end();
      if (is_known)
        progress_.bytes_total =
            checked_add(progress_.bytes_total,
                        checked_multiply(element_count(shape), type->size, "the size of a dataset"),
                        "the size of datasets");
    }
    if (!is_known) progress_.bytes_total = 0;
    for (const Item& item : items) progress_.nodes_done += item.is_over ? 1 : 0;
  }

  void all() {
    if (options_.order == QueueOptions::Order::in_turn) {
      for (Item& item : items_)
        while (!item.is_over) {
          between_pieces();
          take(item);
        }
    } else {
      while (progress_.nodes_done < items_.size()) {
        between_pieces();
        for (Item& item : items_)
          if (!item.is_over) take(item);
      }
    }
  }

  void report_end() const {
    if (options_.progress) options_.progress(progress_);
  }

 private:
  void between_pieces() {
    if (options_.stop.stop_requested())
      throw Error(ErrorCode::cancelled, "streaming was stopped on request");
    if (options_.flush_bytes == 0 || since_flush_ < options_.flush_bytes) return;
    session_.flush();
    since_flush_ = 0;
  }

  void take(Item& item) {
    progress_.path = item.dataset->path();
    const std::optional<hdmf::DataChunk> chunk = item.iterator->next();
    if (!chunk) {
      item.is_over = true;
      ++progress_.nodes_done;
      return;
    }
    item.dataset->write(*chunk);
    const std::uint64_t size = size_of(*chunk);
    since_flush_ += size;
    progress_.bytes_done += size;
    ++progress_.chunks_done;
    const auto now = std::chrono::steady_clock::now();
    if (!options_.progress || now - reported_ < kBetweenReports) return;
    reported_ = now;
    options_.progress(progress_);
  }

  StreamSession& session_;
  std::vector<Item>& items_;
  const QueueOptions& options_;
  Progress progress_;
  std::uint64_t since_flush_ = 0;
  std::chrono::steady_clock::time_point reported_ = std::chrono::steady_clock::now();
};

void StreamQueue::add(const std::string& path, std::unique_ptr<hdmf::DataChunkIterator> iterator) {
  StreamedDataset& dataset = session_.dataset(path);
  if (!is_same_type(dataset.type(), iterator->type()))
    throw Error(ErrorCode::invalid_argument,
                fmt::format("the iterator yields {}, and {} holds {}", name_of(iterator->type()),
                            dataset.path(), name_of(dataset.type())));
  items_.push_back({&dataset, std::move(iterator)});
}

void StreamQueue::exhaust(const QueueOptions& options) {
  Run run(session_, items_, options);
  try {
    run.all();
  } catch (...) {
    try {
      session_.flush();
    } catch (...) {  // NOLINT(bugprone-empty-catch): the first failure is the one to tell
    }
    throw;
  }
  session_.flush();
  run.report_end();
  items_.clear();
}

}  // namespace engram::backend

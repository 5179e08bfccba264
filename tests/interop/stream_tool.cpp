// Streams into NWB stores what the interop tests ask for, through engram's public headers only.
//
// engram_stream_tool create STORE ROWS: reads STORE's tree from the file STORE.nwb and makes the
//   store with it, and in /acquisition an ElectricalSeries "streamed" whose data (n x 3, int16) and
//   timestamps are streamed, ROWS rows; with it a table's column of text.
// engram_stream_tool append STORE ROWS [BATCH [FLUSH]]: goes on with ROWS more rows, BATCH at a
//   time, flushed after each FLUSH batches. Prints how many rows are flushed, a line each time.
// engram_stream_tool queue STORE ROWS: the same rows by iterators of a queue.
// engram_stream_tool shapes ELEMENT_SIZE CHUNK_BYTES BUFFER_BYTES LENGTH...: prints the chunk shape
//   and the buffer shape that are chosen for an array.
// engram_stream_tool repeat STORE FILE TIMES: makes the array STORE/x of int16, rows of 384, of
// FILE
//   again and again, 300 rows at a time (for bench/stream). Prints the seconds that it took.
//
// Row i has the data 3 i, 3 i + 1, 3 i + 2 (as 16 bits have it), the timestamp i / 1000 and the
// note "row i".
#include <algorithm>
#include <chrono>
#include <cstring>
#include <fstream>
#include <iostream>
#include <iterator>
#include <optional>
#include <string>
#include <vector>

#include "engram/backend/open.hpp"
#include "engram/backend/stream_queue.hpp"
#include "engram/base/error.hpp"

namespace {

using namespace engram;  // NOLINT(google-build-using-namespace)

const std::string kSeries = "/acquisition/streamed";

std::vector<std::int16_t> data_of(std::uint64_t first, std::uint64_t count) {
  std::vector<std::int16_t> values;
  for (std::uint64_t i = 3 * first; i < 3 * (first + count); ++i)
    values.push_back(static_cast<std::int16_t>(static_cast<std::uint16_t>(i)));
  return values;
}

std::vector<double> times_of(std::uint64_t first, std::uint64_t count) {
  std::vector<double> values;
  for (std::uint64_t i = first; i < first + count; ++i)
    values.push_back(static_cast<double>(i) / 1000);
  return values;
}

std::vector<hdmf::Value> notes_of(std::uint64_t first, std::uint64_t count) {
  std::vector<hdmf::Value> values;
  for (std::uint64_t i = first; i < first + count; ++i)
    values.emplace_back("row " + std::to_string(i));
  return values;
}

void append(backend::StreamSession& session, std::uint64_t first, std::uint64_t count) {
  session.dataset(kSeries + "/data").append<std::int16_t>(data_of(first, count));
  session.dataset(kSeries + "/timestamps").append<double>(times_of(first, count));
  session.dataset("/scratch/notes").append_values(notes_of(first, count));
}

hdmf::GroupBuilder& group_named(hdmf::GroupBuilder& parent, const std::string& name) {
  for (hdmf::GroupBuilder& child : parent.groups)
    if (child.name == name) return child;
  parent.groups.emplace_back().name = name;
  return parent.groups.back();
}

/// An ElectricalSeries as "raw" in the same file is one, but for its values.
hdmf::GroupBuilder series_like(const hdmf::GroupBuilder& raw) {
  hdmf::GroupBuilder series = raw;
  series.name = "streamed";
  series.attributes.set("object_id", "00000000-0000-4000-8000-00000000abcd");
  std::erase_if(series.datasets, [](const auto& dataset) {
    return dataset.name == "data" || dataset.name == "starting_time";
  });
  for (hdmf::DatasetBuilder& dataset : series.datasets)
    if (dataset.name == "electrodes")
      dataset.attributes.set("object_id", "00000000-0000-4000-8000-00000000abcf");
  hdmf::DatasetBuilder data;
  data.name = "data";
  data.attributes.set("unit", "volts");
  data.attributes.set("conversion", 1e-6);
  data.attributes.set("offset", 0.0);
  data.attributes.set("resolution", -1.0);
  hdmf::DatasetBuilder times;
  times.name = "timestamps";
  times.attributes.set("unit", "seconds");
  times.attributes.set("interval", std::int32_t{1});
  series.datasets.push_back(data);
  series.datasets.push_back(times);
  return series;
}

template <typename Type>
backend::StreamOptions stream(const std::string& path, Type type, Shape max_shape, Shape chunks) {
  backend::StreamOptions options;
  options.path = path;
  options.type = std::move(type);
  options.max_shape = std::move(max_shape);
  options.chunk_shape = std::move(chunks);
  return options;
}

backend::StreamSession create(const std::string& path, ThreadPool& pool) {
  hdmf::GroupBuilder root = backend::open_reader(path + ".nwb")->read_tree();
  const hdmf::GroupBuilder* const raw = root.find_group("/acquisition/raw");
  if (raw == nullptr) throw Error(ErrorCode::not_found, "the file has no /acquisition/raw");
  hdmf::GroupBuilder series = series_like(*raw);
  group_named(root, "acquisition").groups.push_back(std::move(series));
  hdmf::DatasetBuilder notes;
  notes.name = "notes";
  notes.attributes.set("notes", "a note for each row");
  notes.attributes.set("namespace", "core");
  notes.attributes.set("neurodata_type", "ScratchData");
  notes.attributes.set("object_id", "00000000-0000-4000-8000-00000000abce");
  group_named(root, "scratch").datasets.push_back(notes);
  return backend::StreamSession::create(
      path, std::move(root),
      {stream(kSeries + "/data", DataType::integer(2), {hdmf::kUnlimited, 3}, {64, 2}),
       stream(kSeries + "/timestamps", DataType::floating(8), {hdmf::kUnlimited}, {100}),
       stream("/scratch/notes", hdmf::ObjectType{}, {hdmf::kUnlimited}, {50})},
      {.memory = 1U << 20U, .pool = &pool});
}

backend::StreamSession open(const std::string& path, ThreadPool& pool) {
  return backend::StreamSession::open(
      path, {{kSeries + "/data"}, {kSeries + "/timestamps"}, {"/scratch/notes"}},
      {.memory = 1U << 16U, .pool = &pool});
}

void run_append(backend::StreamSession& session, std::uint64_t rows, std::uint64_t batch,
                std::uint64_t flush) {
  const std::uint64_t first = session.dataset(kSeries + "/data").shape()[0];
  std::uint64_t batches = 0;
  for (std::uint64_t done = 0; done < rows; done += batch) {
    append(session, first + done, std::min(batch, rows - done));
    if (++batches % flush != 0) continue;
    session.flush();
    std::cout << session.dataset(kSeries + "/data").flushed_shape()[0] << std::endl;
  }
}

template <typename Rows>
auto by_steps(std::uint64_t first, std::uint64_t rows, std::uint64_t step, Rows rows_of) {
  return [=, at = first]() mutable -> std::optional<decltype(rows_of(0, 0))> {
    if (at == first + rows) return std::nullopt;
    const std::uint64_t count = std::min(step, first + rows - at);
    at += count;
    return rows_of(at - count, count);
  };
}

void run_queue(backend::StreamSession& session, std::uint64_t rows) {
  const std::uint64_t first = session.dataset(kSeries + "/data").shape()[0];
  const hdmf::RowOptions options{.buffer_rows = 30, .first = first};
  backend::StreamQueue queue(session);
  queue.add(kSeries + "/data",
            hdmf::iterate_rows<std::int16_t>({hdmf::kUnlimited, 3},
                                             by_steps(first, rows, 7, data_of), options));
  queue.add(
      kSeries + "/timestamps",
      hdmf::iterate_rows<double>({hdmf::kUnlimited}, by_steps(first, rows, 11, times_of), options));
  queue.add("/scratch/notes", hdmf::iterate_values({hdmf::ObjectType{}, {hdmf::kUnlimited}},
                                                   by_steps(first, rows, 5, notes_of), options));
  queue.exhaust({.flush_bytes = 2000});
}

void print_shapes(const std::vector<std::uint64_t>& numbers) {
  const Shape shape(numbers.begin() + 3, numbers.end());
  const Shape chunk = hdmf::default_chunk_shape(shape, numbers[0], numbers[1]);
  const Shape buffer = hdmf::default_buffer_shape(shape, chunk, numbers[0], numbers[2]);
  for (const Shape& line : {chunk, buffer}) {
    for (const std::uint64_t length : line) std::cout << length << ' ';
    std::cout << '\n';
  }
}

void run_repeat(const std::string& path, const std::string& file, std::uint64_t times) {
  constexpr std::size_t kPiece = std::size_t{300} * 384;
  std::ifstream in(file, std::ios::binary);
  std::string bytes{std::istreambuf_iterator<char>(in), {}};
  std::vector<std::int16_t> values(bytes.size() / 2);
  std::memcpy(values.data(), bytes.data(), values.size() * 2);
  std::string().swap(bytes);
  const auto start = std::chrono::steady_clock::now();
  ThreadPool pool;
  backend::StreamSession session = backend::StreamSession::create(
      path, {}, {stream("/x", DataType::integer(2), {hdmf::kUnlimited, 384}, {13'020, 64})},
      {.pool = &pool});
  for (std::uint64_t time = 0; time < times; ++time)
    for (std::size_t at = 0; at < values.size(); at += kPiece)
      session.dataset("/x").append<std::int16_t>(
          std::span(values).subspan(at, std::min(kPiece, values.size() - at)));
  session.close();
  const std::chrono::duration<double> taken = std::chrono::steady_clock::now() - start;
  std::cout << taken.count() << '\n';
}

int run(const std::vector<std::string>& arguments) {
  if (arguments.at(0) == "repeat") {
    run_repeat(arguments.at(1), arguments.at(2), std::stoull(arguments.at(3)));
    return 0;
  }
  std::vector<std::uint64_t> numbers;
  const std::string& what = arguments.at(0);
  for (std::size_t i = what == "shapes" ? 1 : 2; i < arguments.size(); ++i)
    numbers.push_back(std::stoull(arguments[i]));
  if (what == "shapes") {
    print_shapes(numbers);
    return 0;
  }
  ThreadPool pool(2);
  backend::StreamSession session =
      what == "create" ? create(arguments.at(1), pool) : open(arguments.at(1), pool);
  if (what == "queue")
    run_queue(session, numbers.at(0));
  else
    run_append(session, numbers.at(0), numbers.size() > 1 ? numbers[1] : 10,
               numbers.size() > 2 ? numbers[2] : 1);
  session.close();
  return 0;
}

}  // namespace

int main(int argc, char** argv) {
  try {
    return run({argv + 1, argv + argc});
  } catch (const std::exception& error) {
    std::cerr << error.what() << '\n';
    return 1;
  }
}

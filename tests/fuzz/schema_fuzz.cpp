// Addresses of stores in a schema's storage, and the records that tables keep of them.
#include "engram/schema/address.hpp"
#include "engram/schema/record.hpp"
#include "engram/store/key.hpp"
#include "engram/zarr/codec_attributes.hpp"
#include "fuzz/seeds.hpp"
#include "fuzz/target.hpp"

std::vector<std::string> engram::fuzz::seeds() {
  return {
      "_schema/lab/recording/subject=M%2F12/session=3/movie_LX2_5hOE.zarr",
      "_schema/c=3/a=%C3%BC%3A/lab/#probe/movie_LX2_5hOE.nwb.zarr",
      "lab/__spikes/a=1/at=12:30:00/raw_waveform.zarr",
      "lab/t/a=" + std::string(50, 'x') + "_608367d7/f",
      "_schema/lab/t/a=../f_-_-_-_-_",
      "a=%00/b=%2e%2e/lab/t/f.zarr",
      R"({"path": "lab/t/a=1/f.zarr", "store": null, "codec_version": "1.0", "shape": [1000, 32],
 "dtype": "float64", "transform": "anscombe"})",
      R"({"codec_name": "photon", "codec_version": 2, "feature_flags": ["a"],
 "datajoint": {"dj-zarr-codecs": {"version": "0.2"}}})"};
}

std::size_t engram::fuzz::most_memory() { return 16U << 20U; }

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace engram;
  const std::string text(fuzz::text_of(data, size));
  for (const schema::PathOptions& options : {schema::PathOptions{}, schema::PathOptions{"", 0}}) {
    fuzz::is_answered([&] {
      const schema::SchemaAddress address = schema::parse_path(text, options);
      fuzz::require(schema::to_path(address, options) == text, "an address is its path");
      (void)store::Key(text);
      for (const schema::KeyValue& value : address.key) {
        fuzz::require(value.text().find('\0') == std::string::npos, "no value has a NUL");
        const bool is_text =
            value.kind() == schema::Spelling::plain || value.kind() == schema::Spelling::escaped;
        fuzz::require(!is_text || schema::KeyValue(value.name(), value.text()) == value,
                      "a text is spelled as it was read");
      }
    });
  }
  fuzz::is_answered([&] {
    const schema::KeyValue value("name", text);
    fuzz::require(value.kind() != schema::Spelling::foreign, "a text is spelled as one");
    fuzz::require(schema::KeyValue::spelled("name", value.spelling()) == value, "and read again");
  });
  fuzz::is_answered([&] { (void)schema::KeyValue::datetime("at", text); });
  fuzz::is_answered([&] {
    const Json json = parse_json(text, fuzz::small_limits());
    fuzz::is_answered([&] { (void)zarr::codec_attributes(json); });
    const schema::StoredRecord record = schema::parse_record(json);
    // As text, for no NaN equals itself.
    const Json written = schema::to_json(record);
    fuzz::require(dump_json(written, JsonStyle::compact) ==
                      dump_json(schema::to_json(schema::parse_record(written)), JsonStyle::compact),
                  "a record is its JSON");
    (void)store::Key(record.path);
  });
  return 0;
}

#pragma once

#include <string_view>

#include "engram/codec/codec.hpp"

namespace engram::codec {

// What filters of HDF5 wrote that numcodecs has no codec for. The name is "hdf5:" with the filter's
// registered number, and the configuration {"values": [...]} its client data, as the file has them.
// No such name stands in Zarr metadata: make_codec() does not know them. They only decode; encode()
// throws Error(unsupported).
//
// Known: lzf (32000), blosc with any inner format that c-blosc has (32001; numcodecs' blosc is
// "blosc"), lz4 (32004), bitshuffle alone, with lz4 or with Zstandard (32008), zfp (32013),
// bitgroom (32022), granular bitround (32023).

/// True when make_hdf5_decoder() knows the name.
bool is_hdf5_decoder(std::string_view name) noexcept;

/// The decoder of what the filter wrote. Throws Error(unsupported) for a filter that is not known,
/// or a way of it; Error(corrupt_data) for client data that it can't have.
BytesCodecPtr make_hdf5_decoder(const CodecConfig& config);

/// What decodes chunks of a file, be they Zarr's or HDF5's: make_hdf5_decoder() for the names that
/// it knows, make_codec() for the others.
BytesCodecPtr make_decoder(const CodecConfig& config);

}  // namespace engram::codec

#pragma once

#include <functional>
#include <optional>

#include "hdf5_format/format_file.hpp"

namespace engram::hdf5_format {

/// What a message is to say instead; nullopt: what it says.
using OlderMessage = std::function<std::optional<Bytes>(std::uint8_t type, BytesView body)>;

/// The bytes of a version 1 object header's first part, which begins with `head`; 0 when it is
/// none, as another part may be, and for 1 MiB and more.
std::uint64_t first_part_size(BytesView head);

/// `part` of a version 1 object header ("HDF5 File Format Specification Version 4.0", section
/// IV.A.1.a), its first, which begins with the header's own head, or another, with `older`
/// messages. One that becomes longer goes to `place`, and the header continues there. nullopt:
/// nothing changes, or it is no such part.
std::optional<Bytes> older_header_part(BytesView part, const FormatFile& file,
                                       const OlderMessage& older, const PlaceBytes& place);

}  // namespace engram::hdf5_format

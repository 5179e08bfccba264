#pragma once

namespace engram::hdf5 {

/// Gives libhdf5 a decoder of filter 32000, LZF, which h5py and PyTables write and no HDF5 library
/// has by itself: Debian's plugin for it can't be loaded. The caller holds the lock.
void register_lzf_filter();

}  // namespace engram::hdf5

#include "engram/zarr/store_handle.hpp"

#include "engram/base/error.hpp"

namespace engram::zarr {

store::Store& StoreHandle::writer() const {
  if (!writable_)
    throw Error(ErrorCode::invalid_argument, readable_->name() + " was opened only to be read");
  return *writable_;
}

}  // namespace engram::zarr

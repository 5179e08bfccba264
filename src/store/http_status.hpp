#pragma once

namespace engram::store {

/// RFC 9110, section 15.
inline constexpr long kOk = 200, kPartial = 206, kForbidden = 403, kNotFound = 404,
                      kNotAllowed = 405, kTimeout = 408, kGone = 410, kNoSuchRange = 416,
                      kTooMany = 429, kFirstServerError = 500, kNotImplemented = 501;

}  // namespace engram::store

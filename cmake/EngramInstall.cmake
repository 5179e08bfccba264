# find_package(engram CONFIG) gives engram::engram and engram::convert.

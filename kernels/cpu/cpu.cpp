#include "cpu/level.h"

namespace pk {

const char* level_name() { return level() == Level::v4 ? "v4" : level() == Level::v3 ? "v3" : "base"; }

}  // namespace pk

// The loops of shadow patterns, read once per level.
#include "pattern_softness.h"
#include "patterns.h"

#include "outlines.h"

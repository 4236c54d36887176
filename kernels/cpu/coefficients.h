// Tiles of quantised wavelet coefficients to rANS words and raw bits, and back.
//
// A tile is a list of segments, one per subband and plane, coarse to fine. Each is coded from what stands in the maps: for
// every coefficient already coded the magnitude that contexts see (u8), zeros around. What a map holds, encoder and decoder
// know alike. The fast profile looks at other segments only, so that all contexts of a segment are known before its first
// symbol; the dense one also at the neighbours to the west and north.
#include "cpu/contexts.h"

#include "cpu/coefficients_decoding.h"
#include "cpu/coefficients_encoding.h"

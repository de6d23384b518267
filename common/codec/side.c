#include "codec/codec.h"

const char *codec_side_name(codec_side side)
{
    return side == CODEC_ENCODER ? "encoder" : "decoder";
}

/* codec.h: the full names of the codec and uplink that UEs of a cell have: the keys codec, model
 * and precision, and uplink, codeword and references, combined. */
#ifndef CELL_CODEC_H
#define CELL_CODEC_H

#include "cell/cell.h"
#include "codec/codec.h"
#include "codec/denoiser.h"
#include "uplink/uplink.h"

/* KIND:ARGUMENTS: the key codec where it is given, else onnx:MODEL[,precision=P]. A model with a
 * scenario that depends on the channel must have been chosen before (cell/choice.h). ERR_INVALID
 * where the text is too long. */
int cell_codec(const cell_ues *ues, char spec[CODEC_SPEC_MAX], err *e);

/* KIND:ARGUMENTS: the key uplink where it is given, else analog:CODEWORD,references=N. */
int cell_uplink(const cell *c, const cell_ues *ues, char spec[UPLINK_SPEC_MAX], err *e);

/* The denoiser that a base station of these UEs runs before the decoder described by `info`:
 * *denoiser, NULL where the key denoise-payload is none. Fails as payload_denoiser_load does. */
int cell_denoiser(const cell_ues *ues, const codec_info *info, payload_denoiser **denoiser, err *e);

/* Whether the key codec gives the codec, and not model and precision. */
bool cell_names_codec(const cell_ues *ues);

#endif

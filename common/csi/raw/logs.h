/* logs.h: CSI logs of open base stations as arrays of complex numbers.
 *
 * oai-csinet: consecutive records, each 5 int32 (frame, slot, receive antennas, ports, subcarriers)
 * and int16 pairs H[rx][port][subcarrier], little-endian: the files H_f*_s*.bin that the
 * OpenAirInterface of guavamin/OAI_CSINET writes, one or several concatenated.
 *
 * oai-csi-logging: lines "frame,slot,rnti,ant_rx,port_tx,rb[,sc],real,imag" behind comments (#) and
 * one line of names: turletti/oai-csi-logging, logger v3.1. Consecutive rows with the same frame,
 * slot and rnti form one estimate; an estimate with missing or extra rows is left out. */
#ifndef CSI_RAW_LOGS_H
#define CSI_RAW_LOGS_H

#include <stddef.h>

#include "base/error.h"
#include "io/mat.h"

/* *out is [records][receive antennas][ports][subcarriers]. ERR_IO, ERR_FORMAT with the position,
 * ERR_MISMATCH for records of several shapes, ERR_NOMEM. On failure *out is all zero. */
int csi_raw_log_binary(const char *path, mat_array *out, err *e);

/* *out is [estimates][antennas of the base station][ports of the UE][resource blocks, or
 * subcarriers]; *dropped counts the estimates left out. The same errors. */
int csi_raw_log_csv(const char *path, mat_array *out, size_t *dropped, err *e);

#endif

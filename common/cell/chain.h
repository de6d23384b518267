/* chain.h: what a cell means to the chain of one report: the configurations of channel, UE and
 * schedule. One place, so that a run, its agents, `eval` and `sweep` mean the same by a cell. */
#ifndef CELL_CHAIN_H
#define CELL_CHAIN_H

#include "cell/cell.h"
#include "cell/schedule.h"
#include "chain/bs.h"
#include "chain/cell.h"
#include "chain/predict.h"
#include "chain/predict_net.h"
#include "chain/ue.h"
#include "fading/fading.h"

/* The link's sizes as far as the cell says them; nt, ni and the least tp are the codec's:
 * chain_dims_of_codec. */
csi_dims cell_dims(const cell *c);

/* For the channel of UEs that have `ues`. */
fading_config cell_fading(const cell *c, const cell_ues *ues, const csi_dims *dims);

/* For the reports of UEs that have `ues`. ERR_INVALID for an uplink that is too long. */
int cell_chain(const cell *c, const cell_ues *ues, const csi_dims *dims, chain_ue_config *config,
               err *e);

/* When these UEs report, in a cell of in_all UEs. ERR_INVALID for a period that is none. */
int cell_schedule(const cell *c, const cell_ues *ues, uint32_t in_all, chain_schedule *schedule,
                  err *e);

/* What the key on-failure says. */
chain_on_failure cell_on_failure(const cell *c);

/* How the base station predicts a channel. ERR_INVALID where it should and use-after is not a
 * time: it must know for when. */
int cell_predict(const cell *c, chain_predict *how, err *e);

/* The network of predict net, for the caller to free; *net is NULL with any other predict. Fails as
 * chain_predict_net_load does. */
int cell_load_predict_net(const cell *c, chain_predict_net **net, err *e);

/* How long the cell warms up: as it says, or as long as fits its duration. */
double cell_warm_up_s(const cell *c);

/* Opens the channel of every group. On failure nothing is open, and the message names the channel.
 */
int cell_open_channels(const cell *c, const csi_dims *dims, chain_cell *channels, err *e);

/* Logs a notice for each replayed file whose samples do not fill [0,1] but are stretched to:
 * another scale than the file's is easily taken for a network's fault. */
void cell_notice_scales(const cell *c, const chain_cell *channels);

#endif

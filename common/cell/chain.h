/* chain.h: what a cell means to the chain of one report: the configurations of channel, UE and
 * schedule. They are derived only here, so that a run, its agents, `eval` and `sweep` agree. */
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

/* The link's sizes as far as the cell gives them; nt, ni and the minimum of tp come from the codec:
 * chain_dims_of_codec. */
csi_dims cell_dims(const cell *c);

/* For the channel of UEs with the settings `ues`. */
fading_config cell_fading(const cell *c, const cell_ues *ues, const csi_dims *dims);

/* For the reports of UEs with the settings `ues`. ERR_INVALID for an uplink that is too long. */
int cell_chain(const cell *c, const cell_ues *ues, const csi_dims *dims, chain_ue_config *config,
               err *e);

/* When these UEs report, in a cell of in_all UEs. ERR_INVALID for a malformed period. */
int cell_schedule(const cell *c, const cell_ues *ues, uint32_t in_all, chain_schedule *schedule,
                  err *e);

/* The value of the key on-failure. */
chain_on_failure cell_on_failure(const cell *c);

/* How the base station predicts a channel. ERR_INVALID where it predicts but use-after is not a
 * time: it must know the time to predict for. */
int cell_predict(const cell *c, chain_predict *how, err *e);

/* The network of predict net, which the caller frees; NULL with any other predict. Fails as
 * chain_predict_net_load does. */
int cell_load_predict_net(const cell *c, chain_predict_net **net, err *e);

/* How long the cell warms up: as given, or derived from its duration. */
double cell_warm_up_s(const cell *c);

/* Opens the channel of every group. On failure nothing is open, and the message names the
 * channel. */
int cell_open_channels(const cell *c, const csi_dims *dims, chain_cell *channels, err *e);

/* Logs a notice for each replayed file with samples that do not fill [0,1] but are stretched to it:
 * a scale other than the file's is easily mistaken for a fault of the network. */
void cell_notice_scales(const cell *c, const chain_cell *channels);

#endif

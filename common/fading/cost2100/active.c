#include "fading/cost2100/active.h"

#include <math.h>

static const double TOO_MANY = 1e-9; /* allowed probability of more clusters than most_active */

/* The least count that a Poisson variable exceeds with a probability below `beyond`; most + 1 if
 * that is above `most`. */
static unsigned poisson_quantile(double mean, double beyond, unsigned most)
{
    if (mean > most)
        return most + 1;
    unsigned k = 0;
    double log_p = -mean, up_to = exp(log_p);
    while (1 - up_to >= beyond && k <= most) {
        log_p += log(mean / ++k);
        up_to += exp(log_p);
    }
    return k;
}

/* The number of VRs over a point is binomial, with a thinner tail than a Poisson number of the same
 * mean. A cluster with several VRs over the point counts once, so there are no more clusters than
 * VRs. If the number of far clusters is drawn, too, each draw gets half of the failure probability.
 */
static unsigned count_active(const cost2100_network *n)
{
    double far_clusters = n->far_clusters, beyond = TOO_MANY;
    if (n->far_is_poisson) {
        beyond /= 2;
        far_clusters = fmax(1, poisson_quantile(far_clusters, beyond, COST2100_ACTIVE_MAX));
    }
    double ratio = n->vr_radius_m / (n->vr_radius_m - n->vr_transition_m);
    return poisson_quantile(far_clusters * ratio * ratio, beyond, COST2100_ACTIVE_MAX);
}

int cost2100_limit_active(cost2100_network *n, err *e)
{
    double ratio = n->radius_m / (n->vr_radius_m - n->vr_transition_m);
    double regions = n->far_clusters * ratio * ratio;
    if (regions > COST2100_REGIONS_MAX)
        return err_set(e, ERR_INVALID,
                       "far, vr and transition make %.3g visibility regions, more than %d: "
                       "lower far, or raise vr above transition",
                       regions, COST2100_REGIONS_MAX);
    unsigned active = count_active(n);
    if (active > COST2100_ACTIVE_MAX)
        return err_set(e, ERR_INVALID,
                       "far, vr and transition can bring more than %d clusters in sight at once: "
                       "lower far, or transition against vr",
                       COST2100_ACTIVE_MAX);
    n->most_active = active > 0 ? active : 1;
    return ERR_NONE;
}

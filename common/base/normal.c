#include "base/normal.h"

#include <math.h>

double normal_tail(double z)
{
    return erfc(z * M_SQRT1_2) / 2;
}

/* Bisection: 40 steps cost nothing where this is used, and it cannot fail to converge. */
double normal_tail_inverse(double p)
{
    double low = -9, high = 9;
    for (int i = 0; i < 40; i++) {
        const double middle = (low + high) / 2;
        if (normal_tail(middle) > p)
            low = middle;
        else
            high = middle;
    }
    return (low + high) / 2;
}

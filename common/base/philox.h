/* philox.h: the constants of Philox 4x32-10 (Salmon, Moraes, Dror, Shaw: "Parallel random numbers:
 * as easy as 1, 2, 3", SC 2011), which the scalar and the vector generator share. */
#ifndef BASE_PHILOX_H
#define BASE_PHILOX_H

#define PHILOX_ROUNDS 10
#define PHILOX_M0 0xD2511F53u /* multiplier of counter word 0 */
#define PHILOX_M1 0xCD9E8D57u /* multiplier of counter word 2 */
#define PHILOX_W0 0x9E3779B9u /* added to key word 0 after each round: the golden ratio */
#define PHILOX_W1 0xBB67AE85u /* added to key word 1: sqrt(3) - 1 */

#endif

#include "io/mat_library.h"

#include <hdf5.h>
#include <matio.h>
#include <pthread.h>

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;

static void discard_message(int level, char *message)
{
    (void)level;
    (void)message;
}

/* Both libraries would print to standard error; callers report errors themselves. At exit libhdf5
 * would also flush a file that a full disk kept it from closing, and crash; csilink closes every
 * file, so libhdf5 has nothing to do at exit. */
void mat_library_lock(void)
{
    pthread_mutex_lock(&lock);
    H5dont_atexit(); /* counts only before libhdf5's first call; fails harmlessly later */
    Mat_LogInitFunc(NULL, discard_message);
    H5Eset_auto2(H5E_DEFAULT, NULL, NULL);
}

void mat_library_unlock(void)
{
    pthread_mutex_unlock(&lock);
}

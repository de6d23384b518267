/* mat_library.h: libmatio and libhdf5, neither of them thread-safe, behind one lock. */
#ifndef IO_MAT_LIBRARY_H
#define IO_MAT_LIBRARY_H

/* Takes the lock and keeps both libraries from printing messages. */
void mat_library_lock(void);
void mat_library_unlock(void);

#endif

#include "CLinux.h"

#include <malloc.h>

void clinux_keep_buffers(void) {
    mallopt(M_MMAP_THRESHOLD, 1 << 20);
    mallopt(M_TRIM_THRESHOLD, 4 << 20);
}

void clinux_return_memory(void) { malloc_trim(0); }

#define _GNU_SOURCE
#include "CLinux.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/dqblk_xfs.h>
#include <linux/fs.h>
#include <linux/quota.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#ifndef SYS_quotactl_fd
#define SYS_quotactl_fd 443
#endif

// By an open file of the file system (Linux 5.14): a device would have to be found first, and is not there in containers.
static int quota_call(int file, int command, uint32_t project, void *about) {
    return syscall(SYS_quotactl_fd, file, QCMD(command, PRJQUOTA), project, about) < 0 ? -errno : 0;
}

int clinux_quota_state(int file) {
    struct fs_quota_stat state;
    memset(&state, 0, sizeof state);
    state.qs_version = FS_QSTAT_VERSION;
    int result = quota_call(file, Q_XGETQSTAT, 0, &state);
    if (result < 0) return result;
    return (state.qs_flags & FS_QUOTA_PDQ_ACCT && state.qs_flags & FS_QUOTA_PDQ_ENFD) ? 1 : 0;
}

bool clinux_has_quota_call(void) {
    // No file has this number: whoever knows the call says so.
    return quota_call(-1, Q_XGETQSTAT, 0, NULL) == -EBADF;
}

int clinux_quota_get(int file, uint32_t project, int64_t *used, int64_t *limit) {
    struct if_dqblk about;
    memset(&about, 0, sizeof about);
    int result = quota_call(file, Q_GETQUOTA, project, &about);
    // xfs knows nothing of a project before its first file.
    if (result == -ENOENT) result = 0;
    *used = (int64_t)about.dqb_curspace;
    *limit = (int64_t)(about.dqb_bhardlimit << QIF_DQBLKSIZE_BITS);
    return result;
}

int clinux_quota_set(int file, uint32_t project, int64_t limit) {
    struct if_dqblk about;
    memset(&about, 0, sizeof about);
    about.dqb_bhardlimit = ((uint64_t)limit + QIF_DQBLKSIZE - 1) >> QIF_DQBLKSIZE_BITS;
    about.dqb_valid = QIF_BLIMITS;
    return quota_call(file, Q_SETQUOTA, project, &about);
}

int clinux_project_get(int file, uint32_t *project, bool *inherits) {
    struct fsxattr about;
    if (ioctl(file, FS_IOC_FSGETXATTR, &about) < 0) return -errno;
    *project = about.fsx_projid;
    *inherits = (about.fsx_xflags & FS_XFLAG_PROJINHERIT) != 0;
    return 0;
}

int clinux_project_set(int file, uint32_t project, bool inherits) {
    struct fsxattr about;
    if (ioctl(file, FS_IOC_FSGETXATTR, &about) < 0) return -errno;
    uint32_t flags = inherits ? about.fsx_xflags | FS_XFLAG_PROJINHERIT : about.fsx_xflags & ~FS_XFLAG_PROJINHERIT;
    if (about.fsx_projid == project && about.fsx_xflags == flags) return 0;
    about.fsx_projid = project;
    about.fsx_xflags = flags;
    return ioctl(file, FS_IOC_FSSETXATTR, &about) < 0 ? -errno : 0;
}

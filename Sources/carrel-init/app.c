#define _GNU_SOURCE
#include "app.h"

#include <errno.h>
#include <grp.h>
#include <linux/capability.h>
#include <linux/keyctl.h>
#include <signal.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

// A session keyring is inherited, and whoever has it may read what lies in it: one of the service that runs carrel would
// be common to all workspaces. The keyrings of a user live on in the kernel: what a workspace that had this user before
// left in them goes. A kernel without keys, or one that forbids them (ENOSYS, EPERM), has nothing to share.
static bool forsake_keys(uid_t uid) {
    if (syscall(SYS_keyctl, KEYCTL_JOIN_SESSION_KEYRING, NULL) < 0) return errno == ENOSYS || errno == EPERM;
    if (uid == 0) return true;
    syscall(SYS_keyctl, KEYCTL_CLEAR, KEY_SPEC_USER_KEYRING);
    syscall(SYS_keyctl, KEYCTL_CLEAR, KEY_SPEC_USER_SESSION_KEYRING);
    long lasting = syscall(SYS_keyctl, KEYCTL_GET_PERSISTENT, uid, KEY_SPEC_PROCESS_KEYRING);
    if (lasting > 0) syscall(SYS_keyctl, KEYCTL_CLEAR, lasting);
    return true;
}

bool app_drop_privileges(const struct spec *spec) {
    if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0) return false;
    if (spec->uid == 0) return forsake_keys(0);
    gid_t gid = spec->uid;
    if (setgroups(0, NULL) < 0 || setresgid(gid, gid, gid) < 0 || setresuid(spec->uid, spec->uid, spec->uid) < 0) {
        return false;
    }
    // The user's change cleared the permitted capabilities; the inheritable ones would stay.
    struct __user_cap_header_struct header = {_LINUX_CAPABILITY_VERSION_3, 0};
    struct __user_cap_data_struct none[2];
    memset(none, 0, sizeof none);
    return syscall(SYS_capset, &header, none) == 0 && forsake_keys(spec->uid);
}

static void limit(int what, long value) {
    struct rlimit both = {(rlim_t)value, (rlim_t)value};
    if (value > 0) setrlimit(what, &both);
}

void app_execute(const struct spec *spec, bool sandboxed) {
    struct rlimit no_core = {0, 0};
    setrlimit(RLIMIT_CORE, &no_core);
    limit(RLIMIT_DATA, spec->data_limit);
    limit(RLIMIT_NPROC, spec->process_limit);
    sigset_t none;
    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, NULL);
    for (int number = 1; number < NSIG; number++) signal(number, SIG_DFL);
    umask(022);
    setsid();
    // Cleared by the change of user, so it is set after that. Inside, the PID namespace does this.
    if (!sandboxed) prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (chdir(spec->cwd) < 0) return;
    // First ours, then execvp: the program is looked for in the app's PATH, not in carrel's.
    environ = (char **)spec->environment.items;
    execvp(spec->arguments.items[0], (char **)spec->arguments.items);
}

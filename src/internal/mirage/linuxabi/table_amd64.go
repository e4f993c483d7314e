package linuxabi

import "internal/mirage/linuxabi/linux"

// older is the calls that newer architectures do without: each is a case of one in table.
var older = [...]handler{
	linux.SYS_OPEN:         open,
	linux.SYS_CREAT:        creat,
	linux.SYS_STAT:         stat,
	linux.SYS_LSTAT:        lstat,
	linux.SYS_ACCESS:       access,
	linux.SYS_CHMOD:        chmod,
	linux.SYS_CHOWN:        chown,
	linux.SYS_LCHOWN:       lchown,
	linux.SYS_UTIME:        utime,
	linux.SYS_UTIMES:       utimes,
	linux.SYS_FUTIMESAT:    futimesat,
	linux.SYS_MKDIR:        mkdir,
	linux.SYS_MKNOD:        mknod,
	linux.SYS_RMDIR:        rmdir,
	linux.SYS_UNLINK:       unlink,
	linux.SYS_RENAME:       rename,
	linux.SYS_LINK:         link,
	linux.SYS_SYMLINK:      symlink,
	linux.SYS_READLINK:     readlink,
	linux.SYS_DUP2:         dup2,
	linux.SYS_PIPE:         pipe1,
	linux.SYS_EVENTFD:      eventfd,
	linux.SYS_INOTIFY_INIT: inotifyInit,
	linux.SYS_POLL:         poll,
	linux.SYS_SELECT:       select_,
	linux.SYS_EPOLL_CREATE: epollCreate,
	linux.SYS_EPOLL_WAIT:   epollPwait,
	linux.SYS_TIME:         timeSeconds,
	linux.SYS_GETPGRP:      getpid,
}

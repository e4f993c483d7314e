package linuxabi

import "internal/mirage/linuxabi/linux"

// older is the calls that newer architectures do without: each is a case of one in table.
var older = [...]entry{
	linux.SYS_OPEN:         {serve: open},
	linux.SYS_CREAT:        {serve: creat},
	linux.SYS_STAT:         {serve: stat},
	linux.SYS_LSTAT:        {serve: lstat},
	linux.SYS_ACCESS:       {serve: access},
	linux.SYS_CHMOD:        {serve: chmod},
	linux.SYS_CHOWN:        {serve: chown},
	linux.SYS_LCHOWN:       {serve: lchown},
	linux.SYS_UTIME:        {serve: utime},
	linux.SYS_UTIMES:       {serve: utimes},
	linux.SYS_FUTIMESAT:    {serve: futimesat},
	linux.SYS_MKDIR:        {serve: mkdir},
	linux.SYS_MKNOD:        {serve: mknod},
	linux.SYS_RMDIR:        {serve: rmdir},
	linux.SYS_UNLINK:       {serve: unlink},
	linux.SYS_RENAME:       {serve: rename},
	linux.SYS_LINK:         {serve: link},
	linux.SYS_SYMLINK:      {serve: symlink},
	linux.SYS_READLINK:     {serve: readlink},
	linux.SYS_DUP2:         {serve: dup2},
	linux.SYS_PIPE:         {serve: pipe1},
	linux.SYS_EVENTFD:      {serve: eventfd},
	linux.SYS_INOTIFY_INIT: {serve: inotifyInit},
	linux.SYS_POLL:         {serve: poll},
	linux.SYS_SELECT:       {serve: select_},
	linux.SYS_EPOLL_CREATE: {serve: epollCreate},
	linux.SYS_EPOLL_WAIT:   {serve: epollPwait},
	linux.SYS_TIME:         {serve: timeSeconds, leaf: true},
	linux.SYS_GETPGRP:      {serve: getpid, leaf: true},
}

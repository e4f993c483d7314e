// Package xen makes the files of a machine on which the real hypervisor runs: Xen, a Linux as its first domain, dom0, which has the
// guests' back ends and the toolstack, and the guests.
//
// All of that but the guests is made of Debian 12's packages, which apt-get downloads once into the user's cache folder; none is
// installed. The file dom0/init is dom0's only program besides the toolstack.
//
// misc/vm boots one guest in such a machine, as `mirage run -platform xen`, and test/xen boots many in one, one after the other. It
// starts no machine itself.
package xen

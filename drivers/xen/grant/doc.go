// Package grant lets other domains reach pages of ours, by version 1 of the grant table (xen/include/public/grant_table.h).
// Version 2 has half as many entries in a page of it, and nothing more for us but frames of more than 32 bits, which memory above
// 16 TiB has: the guest's, or the machine's for one of the kind PV. A page there is refused.
//
// Drivers call it, for memory that they share as a whole and for as long as the device is there: a right costs a few stores,
// but its end may have to wait for the other domain. Memory comes zeroed and goes back only when all rights to it have
// ended: a page that the other domain still holds is never used again.
package grant

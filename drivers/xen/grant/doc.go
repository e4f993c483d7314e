// Package grant lets other domains reach pages of ours, by version 1 of the grant table (xen/include/public/grant_table.h).
//
// Drivers call it, for memory that they share as a whole and for as long as the device is there: a right costs a few stores,
// but its end may have to wait for the other domain. Memory comes zeroed and goes back only when all rights to it have
// ended: a page that the other domain still holds is never used again.
package grant

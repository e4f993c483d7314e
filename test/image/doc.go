// Package image checks what is in images and in the page tables of booted ones: no instruction that enters a kernel,
// nothing both writable and executable, nothing at page 0, no write barrier on a trap stack. Each check is tried on
// something that breaks it, too.
package image

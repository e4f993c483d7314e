// Package fdt reads flattened device trees (Devicetree Specification 0.4), which tell an arm64 kernel what it runs on.
//
// Package board walks the tree for devices. Nothing is copied or allocated and nothing is imported, so that code that
// runs before there is a heap can use it too: a Walker goes over the nodes in their order and knows the way from the root
// to the one it is at, and properties are slices of the blob.
//
// The blob is checked where it is read: each offset and length against the blob, the depth against maxDepth. A walk over a
// broken tree ends early. It never writes to the tree, and knows no device.
package fdt

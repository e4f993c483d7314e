// Package bus finds the devices that the machine has by the xenstore, and goes with their back ends through the states of a
// connection (xen/include/public/io/xenbus.h).
//
// Package board asks for the devices; their drivers write what the back end needs to know and wait for its states. A folder
// of ours, such as device/vif/0, names the folder of the back end, which is another domain's.
package bus

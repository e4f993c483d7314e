package linuxabi

// older is the calls that newer architectures do without, as this one does.
var older [0]handler

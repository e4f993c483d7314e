package blkfront

// protocol says how requests lie in memory: xen/include/public/io/protocols.h.
const protocol = "arm-abi"

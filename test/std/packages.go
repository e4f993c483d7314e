package main

// packages are the patterns that are tested when none are given.
var packages = []string{
	"bufio", "bytes", "compress/...", "container/...", "context", "crypto/aes", "crypto/sha256", "encoding/...",
	"errors", "fmt", "hash/...", "math", "math/big", "math/bits", "math/cmplx", "math/rand", "math/rand/v2", "reflect",
	"regexp/...", "sort", "strconv", "strings", "sync", "sync/atomic", "text/...", "time", "unicode/...",
}

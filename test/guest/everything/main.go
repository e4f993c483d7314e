// Command everything links most of the standard library, for tests that look at an image's code.
package main

import (
	_ "archive/tar"
	_ "archive/zip"
	_ "compress/bzip2"
	_ "compress/lzw"
	_ "compress/zlib"
	_ "crypto/ecdsa"
	_ "crypto/ed25519"
	_ "crypto/rsa"
	_ "database/sql"
	_ "debug/dwarf"
	_ "encoding/gob"
	_ "encoding/xml"
	_ "go/types"
	_ "html/template"
	_ "image/gif"
	_ "image/jpeg"
	_ "image/png"
	_ "log/slog"
	_ "log/syslog"
	_ "math/big"
	_ "net/http"
	_ "net/http/cgi"
	_ "net/rpc"
	_ "net/smtp"
	_ "os/exec"
	_ "os/signal"
	_ "os/user"
	_ "plugin"
	"runtime/pprof"
	_ "runtime/trace"
	_ "syscall"
	_ "testing"
	_ "text/template"
)

// What is linked only when it is called.
func main() { pprof.StartCPUProfile(nil) }

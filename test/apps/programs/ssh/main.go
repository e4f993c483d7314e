// Command ssh is an SSH server without a shell: it says what it was asked, echoes standard input, serves files by SFTP, and
// forwards ports.
package main

import (
	"flag"
	"fmt"
	"io"
	"log"
	"os"

	"github.com/gliderlabs/ssh"
	"github.com/pkg/sftp"
)

func main() {
	listen := flag.String("listen", ":22", "the address to serve")
	hostKey := flag.String("key", "/etc/ssh/host_key", "the file of the server's private key")
	allowed := flag.String("authorized", "/etc/ssh/authorized_keys", "the file of the one public key that may log in")
	flag.Parse()
	text, err := os.ReadFile(*allowed)
	if err != nil {
		log.Fatal(err)
	}
	key, _, _, _, err := ssh.ParseAuthorizedKey(text)
	if err != nil {
		log.Fatal(err)
	}
	forward := &ssh.ForwardedTCPHandler{}
	s := &ssh.Server{
		Addr:             *listen,
		Handler:          handle,
		PublicKeyHandler: func(_ ssh.Context, k ssh.PublicKey) bool { return ssh.KeysEqual(k, key) },
		SubsystemHandlers: map[string]ssh.SubsystemHandler{"sftp": func(s ssh.Session) {
			if server, err := sftp.NewServer(s); err == nil {
				server.Serve()
			}
		}},
		ChannelHandlers:               map[string]ssh.ChannelHandler{"session": ssh.DefaultSessionHandler, "direct-tcpip": ssh.DirectTCPIPHandler},
		RequestHandlers:               map[string]ssh.RequestHandler{"tcpip-forward": forward.HandleSSHRequest, "cancel-tcpip-forward": forward.HandleSSHRequest},
		LocalPortForwardingCallback:   func(ssh.Context, string, uint32) bool { return true },
		ReversePortForwardingCallback: func(ssh.Context, string, uint32) bool { return true },
	}
	if err := s.SetOption(ssh.HostKeyFile(*hostKey)); err != nil {
		log.Fatal(err)
	}
	log.Printf("serving %s", *listen)
	log.Fatal(s.ListenAndServe())
}

func handle(s ssh.Session) {
	pty, _, isPty := s.Pty()
	fmt.Fprintf(s, "user %s, command %q, terminal %v %s\n", s.User(), s.Command(), isPty, pty.Term)
	if c := s.Command(); len(c) > 0 && c[0] == "cat" {
		io.Copy(s, s)
	}
	s.Exit(len(s.Command()))
}

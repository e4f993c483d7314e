//go:build !mirage

package linuxabi

import (
	"internal/mirage/netstack"
	"internal/mirage/netstack/wire"
	"reflect"
	"strings"
	"testing"
)

func TestWords(t *testing.T) {
	s := parseWords(`exit=debug arg0=/tmp/x.test cwd="/a b" console=hvc0 hostname=h ip=10.0.0.2/24,10.0.0.1,8.8.8.8,9.9.9.9 ip=eth1:dhcp env:A=ip=off -- ip=off cwd=/no`)
	if s.executable != "/tmp/x.test" || s.folder != "/a b" || s.console != "hvc0" || s.hostname != "h" || len(s.complaints) != 0 {
		t.Errorf("%+v", s)
	}
	want := address{static: &netstack.Static{
		Addr: wire.Prefix{Addr: wire.V4(10, 0, 0, 2), Bits: 24}, Gateway: wire.V4(10, 0, 0, 1),
		DNS: []wire.Addr{wire.V4(8, 8, 8, 8), wire.V4(9, 9, 9, 9)},
	}}
	if got := s.of("eth0", true); !reflect.DeepEqual(got, want) {
		t.Errorf("eth0 is %+v", got)
	}
	if got := s.of("eth1", false); got != (address{}) {
		t.Errorf("eth1 is %+v", got)
	}
	if got := s.of("eth2", false); !got.off {
		t.Errorf("eth2 is %+v", got)
	}
	want.static6 = &netstack.Static{Addr: prefix6("2001:db8::2/64"), Gateway: prefix6("fe80::1/128").Addr}
	s = parseWords("ip=10.0.0.2/24,10.0.0.1,8.8.8.8,9.9.9.9 ip=2001:db8::2/64,fe80::1 ip=eth1:2001:db8:1::2/64 ip=eth1:dhcp secret=x privacy=off")
	if got := s.of("eth0", true); !reflect.DeepEqual(got, want) || s.secret != "x" || !s.stable || len(s.complaints) != 0 {
		t.Errorf("eth0 is %+v of %+v", got, s)
	}
	if got := s.of("eth1", false); got.static != nil || got.static6 == nil || got.static6.Addr != prefix6("2001:db8:1::2/64") {
		t.Errorf("eth1 is %+v", got)
	}
	s = parseWords("")
	if s.of("eth0", true) != (address{}) || s.of("eth1", false) != (address{}) {
		t.Error("without a word not every interface uses DHCP")
	}
	s = parseWords("ip=off")
	if !s.of("eth0", true).off || !s.of("eth1", false).off {
		t.Error("ip=off leaves something on")
	}
}

// A word that is nearly one of ours is complained of; one that is another's is not.
func TestSpelling(t *testing.T) {
	for word, want := range map[string]string{
		"ipp=dhcp": "ip=", "p=dhcp": "ip=", "ip:dhcp": "ip=", "pi=off": "ip=", "hostnam=x": "hostname=", "mount=/a=vda:fat": "mount:", "env=A=b": "env:",
		"dma=yes": "dma=on", "exit=debgu": "exit=debug", "privacy=no": "privacy=off", "exi=debug": "exit=", "ip": "ip=",
	} {
		s := parseWords(word)
		if len(s.complaints) != 1 || !strings.Contains(s.complaints[0], word+" is no") || !strings.Contains(s.complaints[0], want) {
			t.Errorf("%q: %q", word, s.complaints)
		}
	}
	// Of GRUB, of a Raspberry Pi's firmware, of QEMU.
	for word := range strings.FieldsSeq("BOOT_IMAGE=/vmlinuz root=/dev/vda1 ro rw quiet splash panic=-1 console=ttyS0 coherent_pool=1M " +
		"8250.nr_uarts=0 snd_bcm2835.enable_hdmi=1 video=HDMI-A-1:1920x1080 smsc95xx.macaddr=B8:27:EB:00:00:00 vc_mem.mem_base=0x3ec00000 " +
		"fsck.repair=yes rootwait init=/sbin/init virtio_mmio.device=512@0xfeb00e00:12") {
		if s := parseWords(word); len(s.complaints) != 0 {
			t.Errorf("%q: %q", word, s.complaints)
		}
	}
}

// Who is asked what time it is.
func TestTimeWords(t *testing.T) {
	at := func(s string, port uint16) wire.AddrPort {
		a, _ := wire.ParseAddr(s)
		return wire.AddrPort{Addr: a, Port: port}
	}
	for word, want := range map[string]timing{
		"": {}, "ntp=dhcp": {}, "ntp=off": {off: true}, "ntp=10.0.0.1": {servers: []wire.AddrPort{at("10.0.0.1", 123)}},
		"ntp=10.0.0.1:1123,2001:db8::1,[2001:db8::2]:99": {servers: []wire.AddrPort{at("10.0.0.1", 1123), at("2001:db8::1", 123), at("2001:db8::2", 99)}},
	} {
		if s := parseWords(word); !reflect.DeepEqual(s.clock, want) || len(s.complaints) != 0 {
			t.Errorf("%q is %+v, %q", word, s.clock, s.complaints)
		}
	}
}

// What is mounted where.
func TestMountWords(t *testing.T) {
	for word, want := range map[string]mountWord{
		"mount:/data=mmc0p2:fat":                {"/data", "mmcblk0p2", "fat", false},
		"mount:/srv/files/=/dev/vda1:fat,ro":    {"/srv/files", "vda1", "fat", true},
		`"mount:/a b=xvda:fat"`:                 {"/a b", "xvda", "fat", false},
		"mount:/data=mmcblk0p2:fat mount:x=y:z": {"/data", "mmcblk0p2", "fat", false},
	} {
		if s := parseWords(word); len(s.mounts) != 1 || s.mounts[0] != want {
			t.Errorf("%q is %+v", word, s.mounts)
		}
	}
	// A volume is mounted once, and a place has one.
	for _, second := range []string{"mount:/b=vda:fat", "mount:/b=/dev/vda:fat,ro", "mount:/a/=vdb:fat", "mount:/a=vda:fat"} {
		s := parseWords("mount:/a=vda:fat " + second)
		if len(s.mounts) != 1 || len(s.complaints) != 1 || s.complaints[0] != second+" is left out: vda is what is mounted at /a" {
			t.Errorf("%q beside /a: %+v, %q", second, s.mounts, s.complaints)
		}
	}
	for _, word := range []string{"mount:", "mount:/data", "mount:/=vda:fat", "mount:data=vda:fat", "mount:/data=:fat", "mount:/data=vda", "mount:/data=vda:ext4", "mount:/data=vda:fat,rw"} {
		if s := parseWords(word); len(s.mounts) != 0 || len(s.complaints) != 1 {
			t.Errorf("%q is %+v, %q", word, s.mounts, s.complaints)
		}
	}
}

func prefix6(s string) wire.Prefix {
	p, ok := wire.ParsePrefix(s)
	if !ok {
		panic(s)
	}
	return p
}

func TestAbsentCards(t *testing.T) {
	s := parseWords("ip=eth9:dhcp ip=10.0.0.2/24 ip=eth0:2001:db8::2/64 ip=eth1:off ip=eth9:2001:db8::2/64")
	if got := s.absent(func(name string) bool { return name == "eth0" }); !reflect.DeepEqual(got, []string{"eth9", "eth1"}) {
		t.Errorf("%q", got)
	}
}

func TestBadWords(t *testing.T) {
	for _, word := range []string{"ip=", "ip=10.0.0.1", "ip=10.0.0.1/33", "ip=10.0.0.2/24,x", "ip=10.0.0.2/24,,x", "ip=eth0:", "ip=dhcp6", "ip=2001:db8::2", "ip=2001:db8::2/129", "ip=2001:db8::2/64,10.0.0.1", "ip=10.0.0.2/24,2001:db8::1", "privacy=yes", "ntp=", "ntp=x", "ntp=10.0.0.1,", "ntp=10.0.0.1:0", "ntp=10.0.0.1:65536", "ntp=pool.ntp.org"} {
		if s := parseWords(word); len(s.complaints) != 1 {
			t.Errorf("%s: %v", word, s.complaints)
		}
	}
	if s := parseWords("ip=10.0.0.2/24,,10.0.0.3"); len(s.complaints) != 0 {
		t.Errorf("name servers without a gateway: %v", s.complaints)
	}
}

func TestProgram(t *testing.T) {
	for arg0, want := range map[string]string{
		"": "/bin/program", "/tmp/x.test": "/tmp/x.test", "x": "/bin/x", "./dir/x": "/bin/x", "/": "/bin/program", "/x/": "/bin/program",
	} {
		if got := (&settings{executable: arg0}).program(); got != want {
			t.Errorf("%q is %s, want %s", arg0, got, want)
		}
	}
}

func FuzzWords(f *testing.F) {
	f.Add(`ip=eth1:10.0.0.2/24,10.0.0.1 "quoted\x41" -- x`)
	f.Fuzz(func(t *testing.T, line string) {
		s := parseWords(line)
		s.of("eth0", true)
		if p := s.program(); p[0] != '/' || p[len(p)-1] == '/' {
			t.Errorf("the program is %q", p)
		}
	})
}

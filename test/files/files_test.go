package files

import (
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"mirage.build/misc/vm"
	"mirage.build/test/harness"
)

// tool returns where a command is, and skips the test where it is not.
func tool(t *testing.T, name string) string {
	t.Helper()
	for _, path := range []string{name, "/usr/sbin/" + name, "/sbin/" + name} {
		if found, err := exec.LookPath(path); err == nil {
			return found
		}
	}
	t.Skipf("%s is not installed", name)
	return ""
}

// newVolume makes a file with an empty volume, in MiB; FAT32 from 64 on.
func newVolume(t *testing.T, mib int, options ...string) string {
	t.Helper()
	mkfs := tool(t, "mkfs.vfat")
	name := filepath.Join(t.TempDir(), "volume.img")
	if err := os.WriteFile(name, nil, 0o666); err != nil {
		t.Fatal(err)
	}
	if err := os.Truncate(name, int64(mib)<<20); err != nil {
		t.Fatal(err)
	}
	if out, err := exec.Command(mkfs, append(options, name)...).CombinedOutput(); err != nil {
		t.Fatalf("mkfs.vfat: %v\n%s", err, out)
	}
	return name
}

// sound fails if fsck.vfat has anything to say of a volume.
func sound(t *testing.T, name string) {
	t.Helper()
	if out, err := exec.Command(tool(t, "fsck.vfat"), "-n", name).CombinedOutput(); err != nil {
		t.Errorf("fsck.vfat: %v\n%s", err, out)
	}
}

// A place is a machine with a disk.
type place struct {
	name, arch, machine, disk string
}

var places = []place{
	{"amd64", "amd64", "", "vda"}, {"arm64", "arm64", "", "vda"}, {"rpi3", "arm64", "raspi3b", "mmc0"},
}

// config is the machine that runs a command on a volume.
func (p place) config(t *testing.T, volume string, args ...string) vm.Config {
	return vm.Config{
		Image: harness.Build(t, p.arch, "./test/guest/files"), Machine: p.machine, Net: "none", Args: args,
		Words: []string{"mount:/data=" + p.disk + ":fat"}, Disks: []vm.Disk{{File: volume}},
	}
}

// What programs do with files works on all disks and kinds of volumes.
func TestTour(t *testing.T) {
	for i, p := range places {
		t.Run(p.name, func(t *testing.T) {
			options := [][]string{{"-F", "32"}, {"-F", "16"}, {"-F", "32", "-s", "8"}}[i]
			name := newVolume(t, []int{64, 32, 512}[i], options...)
			b := harness.Run(t, p.config(t, name, "tour", "/data"), 0)
			if !b.Stdout.Contains("tour ok") {
				t.Errorf("it did not come to its end\n%s", b)
			}
			sound(t, name)
		})
	}
}

// A disk that never comes is said to be missing.
func TestWordThatWaits(t *testing.T) {
	c := places[0].config(t, newVolume(t, 64), "tree", "/data")
	c.Words = []string{"mount:/data=vdz:fat"}
	if b := harness.Run(t, c, 0); !strings.Contains(b.String(), "waits for its disk") {
		t.Errorf("nothing is said of a disk that is not there\n%s", b)
	}
}

// setting reads a number from the environment.
func setting(name string, otherwise int) int {
	if n, err := strconv.Atoi(os.Getenv(name)); err == nil {
		return n
	}
	return otherwise
}

// recordsPerCut is how many records of 64 KiB are written at most until power is cut: a hundred cuts have 100 MiB.
const recordsPerCut = 32

// patience is how long a machine may take in which a hundred MiB are read first, on a host that has much else to do.
const patience = 10 * time.Minute

// QEMU is killed while a program writes and syncs: what it has said to be synced is there the next time, all of it is what it
// was, and a volume that was used after a cut and ended is sound.
func TestPowerCuts(t *testing.T) {
	cuts := setting("FILES_CUTS", 3)
	for _, p := range []place{places[0], places[2]} {
		t.Run(p.name, func(t *testing.T) {
			name := newVolume(t, 256, "-F", "32", "-s", "4")
			r := rand.New(rand.NewPCG(1, 2))
			synced, dirty := 0, 0
			for cut := range cuts {
				synced = p.cut(t, name, synced, 1+r.IntN(recordsPerCut), time.Duration(r.IntN(20000))*time.Microsecond)
				if out, err := exec.Command(tool(t, "fsck.vfat"), "-n", name).CombinedOutput(); err != nil {
					dirty++
					t.Logf("cut %d, %d records: %s", cut, synced, strings.Join(strings.Split(string(out), "\n")[1:], "; "))
				}
			}
			c := p.config(t, name, "check", "/data")
			c.TimeLimit = patience
			b := harness.Run(t, c, 0)
			if last := number(b.Stdout.String(), "checked "); last < synced {
				t.Errorf("%d records of %d are there", last, synced)
			}
			sound(t, name)
			t.Logf("%d cuts, %d records of 64 KiB; fsck.vfat had something to say after %d of the cuts", cuts, synced, dirty)
			out, err := exec.Command(tool(t, "mtype"), "-i", name, "::/how many records there are").Output()
			if n, bad := strconv.Atoi(strings.TrimSpace(string(out))); err != nil || bad != nil || n < synced {
				t.Errorf("mtools read %q: %v", out, err)
			}
		})
	}
}

// cut runs the machine until it has synced some more records, and kills it a little later. It returns how many it said.
func (p place) cut(t *testing.T, name string, synced, more int, later time.Duration) int {
	t.Helper()
	c := p.config(t, name, "write", "/data")
	c.TimeLimit = patience
	b := harness.Boot(t, c)
	// It may find one more than the last cut has let it say, and goes on from there.
	b.WaitFor("\nsynced ")
	b.WaitFor(fmt.Sprintf("synced %d\n", number(b.Stdout.String(), "checked ")+more))
	time.Sleep(later) // the moment of the cut, not a thing to wait for
	b.Stop()
	text := b.Stdout.String()
	if checked := number(text, "checked "); checked < synced {
		t.Fatalf("%d records of %d are there\n%s", checked, synced, b)
	}
	return number(text, "synced ")
}

// number is the last number that a text has behind some words at the beginning of a whole line.
func number(text, words string) int {
	last := 0
	for line := range strings.Lines(text) {
		if rest, ok := strings.CutPrefix(line, words); ok && strings.HasSuffix(rest, "\n") {
			last, _ = strconv.Atoi(strings.TrimSpace(rest))
		}
	}
	return last
}

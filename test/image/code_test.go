package image

import (
	"debug/elf"
	"encoding/hex"
	"strings"
	"testing"

	"mirage.build/test/harness"
)

// Nothing of ours or of the standard library enters a kernel: there is none.
func TestNoKernelEntries(t *testing.T) {
	for _, arch := range []string{"amd64", "arm64"} {
		t.Run(arch, func(t *testing.T) {
			entries, err := kernelEntries(harness.Build(t, arch, "./test/guest/everything"))
			if err != nil {
				t.Fatal(err)
			}
			for _, e := range entries {
				t.Errorf("%s+%#x executes %s", e.symbol, e.offset, e.name)
			}
		})
	}
}

// The same check finds what third-party assembly does.
func TestFindsKernelEntries(t *testing.T) {
	for arch, want := range map[string]string{"amd64": "SYSCALL", "arm64": "SVC"} {
		t.Run(arch, func(t *testing.T) {
			entries, err := kernelEntries(harness.Build(t, arch, "./test/guest/xsysunix"))
			if err != nil {
				t.Fatal(err)
			}
			if len(entries) == 0 {
				t.Fatal("golang.org/x/sys/unix's assembly was not found")
			}
			for _, e := range entries {
				if !strings.HasPrefix(e.symbol, "golang.org/x/sys/unix.") || e.name != want {
					t.Errorf("%s+%#x executes %s", e.symbol, e.offset, e.name)
				}
			}
		})
	}
}

func TestInstructionLength(t *testing.T) {
	for code, want := range map[string]int{
		"0f05909090909090":           2,  // SYSCALL
		"c5f877909090909090":         3,  // VZEROUPPER
		"c5fd6f0690909090":           4,  // VMOVDQA (SI), Y0
		"c5fd6f442440909090":         6,  // VMOVDQA 64(SP), Y0
		"c4e37d4620209090909090":     6,  // VPERM2I128 $32, (AX), Y0, Y4
		"62f1fd48ef0590909090909090": 10, // VPXORQ 0x90909090(IP), Z0, Z0
		"62f37d4825c0ff9090":         7,  // VPTERNLOGD $255, Z0, Z0, Z0
		"c5f970c01b909090":           5,  // VPSHUFD $27, X0, X0
		"480fc7f8eb049090":           4,  // RDSEED AX
		"0f38c8c190909090":           4,  // SHA1NEXTE X1, X0
		"f3480f38f6c09090":           6,  // ADOX AX, AX
		"0f3accc10090909090":         5,  // SHA1RNDS4 $0, X1, X0
		"06909090909090":             0,  // no instruction in 64-bit mode
	} {
		b, err := hex.DecodeString(code)
		if err != nil {
			t.Fatal(err)
		}
		if got := instructionLength(b); got != want {
			t.Errorf("length of %s is %d, want %d", code, got, want)
		}
	}
}

func TestScans(t *testing.T) {
	for code, want := range map[string]string{
		"90cd80":       "INT $0x80",
		"0f34":         "SYSENTER",
		"480f05":       "SYSCALL",
		"b80f050000c3": "", // MOVL $0x50f, AX; RET
		"8b810000cd80": "", // MOVL -0x7f330000(CX), AX: ends as INT $0x80 does
	} {
		b, _ := hex.DecodeString(code)
		found, err := scanAMD64(b)
		got := ""
		if len(found) > 0 {
			got = found[0].name
		}
		if err != nil || got != want {
			t.Errorf("scanAMD64(%s) finds %q, %v, want %q", code, got, err, want)
		}
	}
	if found, _ := scanARM64([]byte{0x42, 0, 0, 0xd4, 0x01, 0xff, 0x1f, 0xd4}); len(found) != 1 || found[0].offset != 4 {
		t.Errorf("scanARM64 finds %v, want SVC at 4", found)
	}
}

// A loader maps an image by its segments.
func TestSegments(t *testing.T) {
	for _, arch := range []string{"amd64", "arm64"} {
		f, err := elf.Open(harness.Build(t, arch, "./test/guest/probe"))
		if err != nil {
			t.Fatal(err)
		}
		defer f.Close()
		for _, p := range f.Progs {
			if p.Type == elf.PT_LOAD && p.Flags&(elf.PF_W|elf.PF_X) == elf.PF_W|elf.PF_X {
				t.Errorf("%s: the segment at %#x is both writable and executable", arch, p.Vaddr)
			}
		}
	}
}

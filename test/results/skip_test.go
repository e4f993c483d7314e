package results

import "testing"

func TestParseSkips(t *testing.T) {
	for _, bad := range []string{"time TestX\n", "time\n", "time TestX reason\n", "time TestX@vax too few CPUs\n"} {
		if _, err := ParseSkips(bad); err == nil {
			t.Errorf("%q is no error", bad)
		}
	}
}

func TestPattern(t *testing.T) {
	skips, err := ParseSkips("# why\ntime TestA no reason given\ntime TestB/sub=1@arm64 no reason given\nnet * no reason given\n")
	if err != nil {
		t.Fatal(err)
	}
	for _, test := range []struct {
		pkg, arch, want string
		whole           bool
	}{
		{"time", "amd64", "^TestA$", false},
		{"time", "arm64", "^TestA$|^TestB$/^sub=1$", false},
		{"net", "amd64", "", true},
		{"os", "amd64", "", false},
	} {
		if got, whole := Pattern(skips, test.pkg, test.arch); got != test.want || whole != test.whole {
			t.Errorf("Pattern(%s, %s) = %q, %v, want %q, %v", test.pkg, test.arch, got, whole, test.want, test.whole)
		}
	}
}

package main

import "testing"

func TestSkipFile(t *testing.T) {
	if _, err := parseSkips(skipText); err != nil {
		t.Error(err)
	}
	for _, bad := range []string{"time TestX\n", "time\n", "time TestX reason\n", "time TestX@vax too few CPUs\n"} {
		if _, err := parseSkips(bad); err == nil {
			t.Errorf("%q is no error", bad)
		}
	}
}

func TestPattern(t *testing.T) {
	skips, err := parseSkips("# why\ntime TestA no reason given\ntime TestB/sub=1@arm64 no reason given\nnet * no reason given\n")
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
		if got, whole := pattern(skips, test.pkg, test.arch); got != test.want || whole != test.whole {
			t.Errorf("pattern(%s, %s) = %q, %v, want %q, %v", test.pkg, test.arch, got, whole, test.want, test.whole)
		}
	}
}

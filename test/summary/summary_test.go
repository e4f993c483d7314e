package main

import (
	"strings"
	"testing"
)

func TestSummary(t *testing.T) {
	const input = `make.bash: a line that is no JSON
{"Action":"start","Package":"a"}
{"Action":"run","Package":"a","Test":"TestX"}
{"Action":"output","Package":"a","Test":"TestX","Output":"=== RUN TestX\n"}
{"Action":"pass","Package":"a","Test":"TestX","Elapsed":0.1}
{"Action":"output","Package":"a","Test":"TestY","Output":"    y.go:1: not needed here\n"}
{"Action":"skip","Package":"a","Test":"TestY"}
{"Action":"pass","Package":"a","Elapsed":1.5}
{"Action":"output","Package":"b","Test":"TestZ/sub","Output":"    z.go:1: wrong\n"}
{"Action":"fail","Package":"b","Test":"TestZ/sub"}
{"Action":"fail","Package":"b","Test":"TestZ"}
{"Action":"fail","Package":"b","Elapsed":2}
{"ImportPath":"c","Action":"build-output","Output":"c.go:1: syntax error\n"}
{"Action":"output","Package":"c","Output":"FAIL c [build failed]\n"}
{"Action":"fail","Package":"c","Elapsed":0}
{"Action":"skip","Package":"d","Elapsed":0}
`
	const want = `make.bash: a line that is no JSON
ok   a 1.5s
    z.go:1: wrong
FAIL b 2.0s
c.go:1: syntax error
FAIL c [build failed]
FAIL c 0.0s
skipped a TestY: y.go:1: not needed here
FAIL b TestZ/sub
    z.go:1: wrong
FAIL b TestZ
FAIL c
FAIL c [build failed]
1 passed, 3 failed
`
	var out strings.Builder
	s := newSummary(&out)
	if err := s.read(strings.NewReader(input)); err != nil {
		t.Fatal(err)
	}
	if s.close() {
		t.Error("failures are a success")
	}
	if got := out.String(); got != want {
		t.Errorf("summary is\n%s\nwant\n%s", got, want)
	}
}

func TestNothingRanIsNoSuccess(t *testing.T) {
	var out strings.Builder
	if newSummary(&out).close() {
		t.Error("no tests at all are a success")
	}
}

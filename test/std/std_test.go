package main

import (
	"testing"

	"mirage.build/test/results"
)

func TestSkipFile(t *testing.T) {
	if _, err := results.ParseSkips(skipText); err != nil {
		t.Error(err)
	}
}

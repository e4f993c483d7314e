package main

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
)

// applyPatches applies root's runtime-patches, in the order of their names, to tree.
func applyPatches(tree, root string) error {
	patches, err := filepath.Glob(filepath.Join(globEscape(root), "runtime-patches", "*.patch"))
	if err != nil {
		return err
	}
	if len(patches) == 0 {
		return errors.New("runtime-patches/ is empty")
	}
	for _, p := range patches {
		if err := applyPatch(tree, p); err != nil {
			return err
		}
	}
	return nil
}

// globEscape makes a path stand for itself in a pattern.
func globEscape(p string) string {
	return strings.NewReplacer(`\`, `\\`, `*`, `\*`, `?`, `\?`, `[`, `\[`).Replace(p)
}

// applyPatch applies one patch. git apply takes no fuzz: every line of context must be there. It must not find
// the repository around tree, nor listen to anybody's settings.
func applyPatch(tree, patch string) error {
	name := filepath.Join("runtime-patches", filepath.Base(patch))
	text, err := os.ReadFile(patch)
	if err != nil {
		return err
	}
	if bytes.Contains(text, []byte("\n--- /dev/null\n")) {
		return fmt.Errorf("%s makes a new file: that is for src/", name)
	}
	cmd := exec.Command("git", "apply", "-p1", patch)
	cmd.Dir = tree
	cmd.Env = []string{
		"PATH=" + os.Getenv("PATH"),
		"LC_ALL=C",
		"GIT_CONFIG_GLOBAL=" + os.DevNull,
		"GIT_CONFIG_NOSYSTEM=1",
		"GIT_CEILING_DIRECTORIES=" + filepath.Dir(tree),
	}
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	err = cmd.Run()
	if errors.Is(err, exec.ErrNotFound) {
		return errors.New("git is needed to apply runtime-patches/")
	}
	if err != nil {
		return fmt.Errorf("%s does not apply to %s: %s", name, baseVersion, oneLine(stderr.String()))
	}
	return nil
}

// oneLine joins the lines of text.
func oneLine(text string) string {
	return strings.ReplaceAll(strings.TrimSpace(text), "\n", "; ")
}

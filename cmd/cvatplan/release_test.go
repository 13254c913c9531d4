package main

import (
	"bytes"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"

	"gopkg.in/yaml.v3"
)

// A release is what .goreleaser.yaml says of it, as far as the source must fit.
type release struct {
	Version int
	Builds  []struct {
		Main, Binary string
		Env          []string
		Ldflags      []string
		GOOS, GOARCH []string
	}
	Checksum struct {
		Algorithm string
	}
}

func readRelease(t *testing.T) release {
	t.Helper()
	text, err := os.ReadFile("../../.goreleaser.yaml")
	if err != nil {
		t.Fatal(err)
	}
	var r release
	if err := yaml.Unmarshal(text, &r); err != nil {
		t.Fatal(err)
	}
	if r.Version != 2 || len(r.Builds) != 1 || r.Checksum.Algorithm != "sha256" {
		t.Fatalf("%+v", r)
	}
	return r
}

func TestAReleaseIsStaticAndTellsItsVersion(t *testing.T) {
	b := readRelease(t).Builds[0]
	if b.Main != "./cmd/cvatplan" || b.Binary != "cvatplan" || !slices.Contains(b.Env, "CGO_ENABLED=0") {
		t.Errorf("%+v", b)
	}
	dockerfile, err := os.ReadFile("../../Dockerfile")
	if err != nil {
		t.Fatal(err)
	}
	for _, flags := range []string{strings.Join(b.Ldflags, " "), string(dockerfile)} {
		if !strings.Contains(flags, "-X main.version=") {
			t.Errorf("nothing sets the version: %s", flags)
		}
	}
	defer func(was string) { version = was }(version)
	version = "1.2.3"
	var out bytes.Buffer
	if err := (versionCmd{}).Run(&app{stdout: &out}); err != nil || !strings.HasPrefix(out.String(), "cvatplan 1.2.3 (") {
		t.Errorf("version prints %q, %v", out.String(), err)
	}
}

func TestCIBuildsAllThatIsReleased(t *testing.T) {
	script, err := os.ReadFile("../../.ci/30-cross-builds.sh")
	if err != nil {
		t.Fatal(err)
	}
	built := strings.Fields(regexp.MustCompile(`for target in (.*); do`).FindStringSubmatch(string(script))[1])
	b := readRelease(t).Builds[0]
	var released []string
	for _, system := range b.GOOS {
		for _, arch := range b.GOARCH {
			released = append(released, system+"/"+arch)
		}
	}
	if !slices.Equal(built, released) {
		t.Errorf("CI builds %v, a release has %v", built, released)
	}
}

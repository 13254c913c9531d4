package content

import (
	"testing"

	"github.com/cvatplan/cvatplan/internal/diag"
)

func TestPointersAreRecognizedByHowTheyBegin(t *testing.T) {
	tests := map[string]diag.Code{
		"version https://git-lfs.github.com/spec/v1\noid sha256:00\nsize 9\n": diag.CodeLFSPointer,
		"/annex/objects/SHA256E-s9--00.bag\n":                                 diag.CodeAnnexMissing,
		"outs:\n- md5: 00\n  path: a.bag\n":                                   diag.CodeDVCMissing,
		"outs: of memory":                                                     "",
		"":                                                                    "",
	}
	for head, want := range tests {
		if code, name := Pointer([]byte(head)); code != want || (name == "") != (want == "") {
			t.Errorf("%q: got %q, %q, want %q", head, code, name, want)
		}
	}
}

func TestWhatIsNeitherImageNorRecordingIsNamed(t *testing.T) {
	tests := map[string]string{
		"<!DOCTYPE html><html>": "an HTML page, as a download gives that needed a login",
		"hello\nworld":          "text",
		"\x00\x00":              "it begins with zeros only, as a file does whose copy was interrupted",
		"\x01\x02":              "it begins with the bytes 01 02",
		"%PDF-1.4\n":            "its content is application/pdf",
	}
	for head, want := range tests {
		if got := Describe([]byte(head)); got != want {
			t.Errorf("%q: got %q, want %q", head, got, want)
		}
	}
}

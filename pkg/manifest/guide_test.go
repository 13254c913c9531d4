package manifest

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

const gif = "GIF89a\x01\x00\x01\x00\x80\x00\x00\x00\x00\x00\xff\xff\xff,\x00\x00\x00\x00\x01\x00\x01\x00\x00\x02\x02D\x01\x00;"

// guideOf loads a manifest that names a guide of this text, in the directory of pictures/a.gif and b.gif.
func guideOf(t *testing.T, text string) *Guide {
	t.Helper()
	t.Chdir(t.TempDir())
	for name, content := range map[string]string{
		"pictures/a.gif": gif, "b.gif": gif + "b", "my b.gif": gif + "b", "docs/guide.md": text,
		"m.yaml": "version: 1\nserver: {url: https://x}\nproject: {name: p, guide: docs/guide.md}\nbags: [a]\n",
	} {
		if err := os.MkdirAll(filepath.Dir(name), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(name, []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	m, err := Load("m.yaml")
	if err != nil {
		t.Fatal(err)
	}
	return m.Project.Guide
}

// Whatever way an image is named in, its target alone is replaced, and the text comes back from what CVAT is sent.
func TestAGuideIsComparedByTheContentOfItsImages(t *testing.T) {
	a, b := "sha256:"+sumOf([]byte(gif)), "sha256:"+sumOf([]byte(gif+"b"))
	for name, c := range map[string]struct{ text, want string }{
		"none":            {"# Hi\n\nthere", "# Hi\n\nthere"},
		"line ends":       {"\n# Hi\r\n\r\nthere  \r\n\n", "# Hi\n\nthere"},
		"an image":        {"![a](../pictures/a.gif)", "![a](" + a + ")"},
		"with a title":    {`![a](../pictures/a.gif "so")`, `![a](` + a + ` "so")`},
		"two in a line":   {"![a](../pictures/a.gif)![b](../b.gif) ![a](../pictures/a.gif)", "![a](" + a + ")![b](" + b + ") ![a](" + a + ")"},
		"in angles":       {"![a](<../b.gif>)", "![a](<" + b + ">)"},
		"escaped":         {"![a](../my%20b.gif)", "![a](" + b + ")"},
		"a link":          {"[a](../b.gif)", "[a](" + b + ")"},
		"a link to it":    {"[![a](../b.gif)](https://x/b.gif)", "[![a](" + b + ")](https://x/b.gif)"},
		"a reference":     {"![a][1]\n\n[1]: ../b.gif \"so\"", "![a][1]\n\n[1]: " + b + " \"so\""},
		"HTML":            {`<p><img alt="a" src='../b.gif'/></p>`, `<p><img alt="a" src='` + b + `'/></p>`},
		"no file of ours": {"![a](https://x/b.gif) ![b](/b.gif) [c](other.md) [d](#b.gif)", "![a](https://x/b.gif) ![b](/b.gif) [c](other.md) [d](#b.gif)"},
		"code":            {"`![a](../b.gif)`\n```\n![a](../b.gif)\n```\n![a](../b.gif)", "`![a](../b.gif)`\n```\n![a](../b.gif)\n```\n![a](" + b + ")"},
	} {
		t.Run(name, func(t *testing.T) {
			g := guideOf(t, c.text)
			if diff := cmp.Diff(c.want, g.Text); diff != "" {
				t.Error(diff)
			}
			assets := map[string]string{}
			for i, image := range g.Images {
				assets[image.Sum] = "00000000-0000-4000-8000-00000000000" + string(rune('1'+i))
				if data, err := g.Open(image); err != nil || sumOf(data) != image.Sum {
					t.Error(err)
				}
			}
			sent := g.Markdown(assets)
			for _, uuid := range assets { // or CVAT would delete it
				if !strings.Contains(sent, "(/api/assets/"+uuid+")") {
					t.Errorf("%s is not mentioned", uuid)
				}
			}
			text, known := GuideText(strings.ReplaceAll(sent, "\n", "\r\n"))
			if diff := cmp.Diff(g.Text, text) + cmp.Diff(assets, known); diff != "" {
				t.Error(diff)
			}
		})
	}
}

// An image that is another one on the server is another text; what a person added there is seen.
func TestAnotherGuideOnTheServerIsAnotherText(t *testing.T) {
	g := guideOf(t, "![a](../pictures/a.gif)")
	sent := g.Markdown(map[string]string{g.Images[0].Sum: "00000000-0000-4000-8000-000000000001"})
	for name, markdown := range map[string]string{
		"a line":             "more\n" + sent,
		"a line at the end":  sent + "\nmore",
		"an image of theirs": strings.Replace(sent, "![a]", "![x](/api/assets/00000000-0000-4000-8000-000000000002)![a]", 1),
		"no comment":         strings.Split(sent, "\n")[0],
		"nothing":            "",
	} {
		if text, _ := GuideText(markdown); text == g.Text {
			t.Errorf("%s: it is taken for the same", name)
		}
	}
	if err := os.WriteFile("pictures/a.gif", []byte(gif+"x"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := g.Open(g.Images[0]); err == nil {
		t.Error("an image that changed is sent")
	}
	if m, err := Load("m.yaml"); err != nil || m.Project.Guide.Text == g.Text {
		t.Error(err)
	}
}

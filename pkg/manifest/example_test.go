package manifest_test

import (
	"fmt"

	"github.com/cvatplan/cvatplan/pkg/manifest"
)

// A manifest's mistakes come all at once, each with its place.
func Example() {
	m, err := manifest.Parse("cvatplan.yaml", []byte(`
version: 1
server: {url: https://cvat.example.com}
project: {name: Orchard}
cameras: [jai_cam]
bags: ["2026-*/"]
`))
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(m.Project.Name, m.Cameras[0].Name, m.Bags[0].Path)

	_, err = manifest.Parse("wrong.yaml", []byte("version: 1\nproject: {nam: Orchard}\nbags: []\n"))
	fmt.Println(err != nil)
	// Output:
	// Orchard jai_cam 2026-*/
	// true
}
